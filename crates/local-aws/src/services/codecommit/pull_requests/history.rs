//! What happens to a pull request: kept in its history, told to EventBridge.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::model::{self, PullRequest, PullRequestId, Status};
use crate::{
    Account, CloseEvents, ServiceError,
    services::{
        codecommit::{
            approvals::{ApprovalState, OverrideStatus},
            input::{Paging, optional_word, output, refuse},
            merges::MergeOption,
            rules::ApprovalRule,
            time::Time,
        },
        events::{self, Emitted},
    },
    store::{StoreError, Table, Transaction},
};

const RULE: &str = "approvalRuleEventMetadata";
/// `<pull request>/<number>`.
const HISTORY: Table<Entry> = Table::new("pull-request-events");

/// Something that happened to a pull request.
pub(crate) enum Happening<'a> {
    Created,
    SourceMoved,
    Closed,
    Merged,
    RuleCreated(&'a ApprovalRule),
    RuleUpdated(&'a ApprovalRule),
    RuleDeleted(&'a ApprovalRule),
    Overridden(OverrideStatus),
    ApprovalChanged(ApprovalState),
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum EventType {
    #[serde(rename = "PULL_REQUEST_CREATED")]
    Created,
    #[serde(rename = "PULL_REQUEST_STATUS_CHANGED")]
    StatusChanged,
    #[serde(rename = "PULL_REQUEST_SOURCE_REFERENCE_UPDATED")]
    SourceReferenceUpdated,
    #[serde(rename = "PULL_REQUEST_MERGE_STATE_CHANGED")]
    MergeStateChanged,
    #[serde(rename = "PULL_REQUEST_APPROVAL_RULE_CREATED")]
    ApprovalRuleCreated,
    #[serde(rename = "PULL_REQUEST_APPROVAL_RULE_UPDATED")]
    ApprovalRuleUpdated,
    #[serde(rename = "PULL_REQUEST_APPROVAL_RULE_DELETED")]
    ApprovalRuleDeleted,
    #[serde(rename = "PULL_REQUEST_APPROVAL_RULE_OVERRIDDEN")]
    ApprovalRuleOverridden,
    #[serde(rename = "PULL_REQUEST_APPROVAL_STATE_CHANGED")]
    ApprovalStateChanged,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    pull_request_id: PullRequestId,
    event_date: Time,
    pull_request_event_type: EventType,
    actor_arn: String,
    /// The one `…Metadata` member that the type has.
    #[serde(flatten)]
    metadata: serde_json::Map<String, Value>,
}

/// Writes what happened into the history and emits its events; `pull_request` is the state after it.
pub(crate) fn record(
    account: &Account,
    transaction: &mut Transaction<'_>,
    actor_arn: &str,
    pull_request: &PullRequest,
    happening: &Happening<'_>,
) -> Result<(), StoreError> {
    record_one(account, transaction, actor_arn, pull_request, happening)?;
    let two = account.settings.assumptions.close_events == CloseEvents::Two;
    if two && matches!(happening, Happening::Merged) {
        let closed = Happening::Closed;
        record_one(account, transaction, actor_arn, pull_request, &closed)?;
    }
    Ok(())
}

fn record_one(
    account: &Account,
    transaction: &mut Transaction<'_>,
    actor_arn: &str,
    pull_request: &PullRequest,
    happening: &Happening<'_>,
) -> Result<(), StoreError> {
    let (pull_request_event_type, member, metadata) = metadata(pull_request, happening);
    let entry = Entry {
        pull_request_id: pull_request.id,
        event_date: Time::now(),
        pull_request_event_type,
        actor_arn: actor_arn.to_owned(),
        metadata: serde_json::Map::from_iter([(member.to_owned(), metadata)]),
    };
    let number = transaction.next_number("pull-request-events")?;
    let key = format!("{}/{number:012}", pull_request.id.key());
    transaction.put(&HISTORY, &key, &entry)?;
    let event = Emitted {
        source: "aws.codecommit",
        detail_type: "CodeCommit Pull Request State Change",
        resources: vec![account.arn("codecommit", &pull_request.repository)],
        detail: detail(actor_arn, pull_request, happening),
    };
    events::emit(account, transaction, event)
}

/// Type, name and content of the history entry's metadata.
fn metadata(
    pull_request: &PullRequest,
    happening: &Happening<'_>,
) -> (EventType, &'static str, Value) {
    let rule = |rule: &ApprovalRule| {
        json!({
            "approvalRuleName": rule.name,
            "approvalRuleId": rule.id,
            "approvalRuleContent": rule.content,
        })
    };
    match happening {
        Happening::Created => (
            EventType::Created,
            "pullRequestCreatedEventMetadata",
            with_merge_base(
                pull_request,
                json!({
                    "repositoryName": pull_request.repository,
                    "sourceCommitId": pull_request.source_commit,
                    "destinationCommitId": pull_request.destination_tip,
                }),
            ),
        ),
        Happening::SourceMoved => (
            EventType::SourceReferenceUpdated,
            "pullRequestSourceReferenceUpdatedEventMetadata",
            with_merge_base(
                pull_request,
                json!({
                    "repositoryName": pull_request.repository,
                    "beforeCommitId": pull_request.destination_tip,
                    "afterCommitId": pull_request.source_commit,
                }),
            ),
        ),
        Happening::Closed => (
            EventType::StatusChanged,
            "pullRequestStatusChangedEventMetadata",
            json!({ "pullRequestStatus": pull_request.status }),
        ),
        Happening::Merged => (
            EventType::MergeStateChanged,
            "pullRequestMergedStateChangedEventMetadata",
            json!({
                "repositoryName": pull_request.repository,
                "destinationReference": pull_request.destination_reference,
                "mergeMetadata": pull_request.merge_metadata(),
            }),
        ),
        Happening::RuleCreated(one) => (EventType::ApprovalRuleCreated, RULE, rule(one)),
        Happening::RuleUpdated(one) => (EventType::ApprovalRuleUpdated, RULE, rule(one)),
        Happening::RuleDeleted(one) => (EventType::ApprovalRuleDeleted, RULE, rule(one)),
        Happening::Overridden(status) => (
            EventType::ApprovalRuleOverridden,
            "approvalRuleOverriddenEventMetadata",
            json!({ "revisionId": pull_request.revision_id, "overrideStatus": status }),
        ),
        Happening::ApprovalChanged(state) => (
            EventType::ApprovalStateChanged,
            "approvalStateChangedEventMetadata",
            json!({ "revisionId": pull_request.revision_id, "approvalStatus": state }),
        ),
    }
}

fn with_merge_base(pull_request: &PullRequest, mut metadata: Value) -> Value {
    if let Some(base) = &pull_request.merge_base {
        metadata["mergeBase"] = json!(base);
    }
    metadata
}

/// The event's detail: what all nine have, then what this one adds (user guide, monitoring events).
fn detail(actor_arn: &str, pull_request: &PullRequest, happening: &Happening<'_>) -> Value {
    let (event, did) = words(happening);
    let status = match pull_request.status {
        Status::Open => "Open",
        Status::Closed => "Closed",
    };
    let merged = if pull_request.merged.is_some() {
        "True"
    } else {
        "False"
    };
    let PullRequest {
        id,
        title,
        repository,
        ..
    } = pull_request;
    let mut detail = json!({
        "event": event,
        "pullRequestId": id,
        "repositoryNames": [repository],
        "sourceReference": pull_request.source_reference,
        "destinationReference": pull_request.destination_reference,
        "sourceCommit": pull_request.source_commit,
        "destinationCommit": pull_request.destination_commit,
        "revisionId": pull_request.revision_id,
        "title": title,
        "pullRequestStatus": status,
        "isMerged": merged,
        "author": pull_request.author_arn,
        "callerUserArn": actor_arn,
        "creationDate": pull_request.created.prose(),
        "lastModifiedDate": pull_request.last_activity.prose(),
        "notificationBody": format!(
            "A pull request event occurred in the following AWS CodeCommit repository: {repository}. \
             {actor_arn} {did} the pull request {id}. The title of the pull request is: {title}."
        ),
    });
    if let Some(description) = &pull_request.description {
        detail["description"] = json!(description);
    }
    match happening {
        Happening::Merged => {
            let option = pull_request.merged.as_ref().map(|merged| merged.option);
            detail["mergeOption"] = json!(option.unwrap_or(MergeOption::FastForwardMerge));
        }
        Happening::RuleCreated(rule)
        | Happening::RuleUpdated(rule)
        | Happening::RuleDeleted(rule) => {
            detail["approvalRuleName"] = json!(rule.name);
            detail["approvalRuleId"] = json!(rule.id);
            detail["approvalRuleContentSha256"] = json!(rule.sha256);
        }
        Happening::Overridden(status) => detail["overrideStatus"] = json!(status),
        Happening::ApprovalChanged(state) => detail["approvalStatus"] = json!(state),
        Happening::Created | Happening::SourceMoved | Happening::Closed => {}
    }
    detail
}

fn words(happening: &Happening<'_>) -> (&'static str, &'static str) {
    match happening {
        Happening::Created => ("pullRequestCreated", "created"),
        Happening::SourceMoved => (
            "pullRequestSourceBranchUpdated",
            "updated the source branch of",
        ),
        Happening::Closed => ("pullRequestStatusChanged", "closed"),
        Happening::Merged => ("pullRequestMergeStatusUpdated", "merged"),
        Happening::RuleCreated(_) => (
            "pullRequestApprovalRuleCreated",
            "created an approval rule of",
        ),
        Happening::RuleUpdated(_) => (
            "pullRequestApprovalRuleUpdated",
            "updated an approval rule of",
        ),
        Happening::RuleDeleted(_) => (
            "pullRequestApprovalRuleDeleted",
            "deleted an approval rule of",
        ),
        Happening::Overridden(_) => (
            "pullRequestApprovalRuleOverridden",
            "set the override of the approval rules of",
        ),
        Happening::ApprovalChanged(_) => (
            "pullRequestApprovalStateChanged",
            "changed the approval state of",
        ),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DescribeInput {
    pull_request_id: Option<String>,
    pull_request_event_type: Option<String>,
    actor_arn: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

/// DescribePullRequestEvents: the history, the oldest first.
pub(super) fn describe(account: &Account, input: DescribeInput) -> Result<Value, ServiceError> {
    let id = PullRequestId::parse(input.pull_request_id)?;
    let wanted: Option<EventType> = optional_word(
        input.pull_request_event_type,
        "pullRequestEventType",
        "InvalidPullRequestEventTypeException",
    )?;
    let actor = input.actor_arn;
    if let Some(arn) = actor.as_deref().filter(|arn| !arn.starts_with("arn:")) {
        let message = format!("actorArn `{arn}` is not an ARN");
        return refuse("InvalidActorArnException", message);
    }
    let entries = account.store.read(|tables| {
        model::load(tables, id)?;
        let entries = tables.scan(&HISTORY, &format!("{}/", id.key()));
        let entries = entries
            .filter(|(_, entry)| wanted.is_none_or(|kind| entry.pull_request_event_type == kind))
            .filter(|(_, entry)| actor.as_ref().is_none_or(|arn| entry.actor_arn == *arn))
            .map(|(key, entry)| (key.to_owned(), entry));
        Ok::<_, ServiceError>(entries.collect::<Vec<_>>())
    })?;
    let page = input.paging.cut(entries, |(key, _)| key.clone(), 100)?;
    let events: Vec<_> = page.items.into_iter().map(|(_, entry)| entry).collect();
    let mut answer = json!({ "pullRequestEvents": output(events)? });
    if let Some(token) = page.next_token {
        answer["nextToken"] = json!(token);
    }
    Ok(answer)
}

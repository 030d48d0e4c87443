//! Who approved which revision, what that amounts to, and who set the rules aside.
//!
//! An approval belongs to one revision: after a push the count starts anew.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    input::{is_hexadecimal, output, refuse, required, shape, word},
    pull_requests::{Happening, PullRequest, PullRequestId, change, load, record},
    rules::ApprovalRule,
    time::Time,
};
use crate::{
    Account, Caller, ServiceError,
    audit::Happened,
    store::{Table, Tables},
};

/// `<pull request>/<revision>/<user ARN>`.
const APPROVALS: Table<Approval> = Table::new("pull-request-approvals");
/// `<pull request>/<revision>`.
const OVERRIDES: Table<Override> = Table::new("pull-request-overrides");
const MOST_APPROVALS: usize = 200;

/// What a user says to a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum ApprovalState {
    Approve,
    Revoke,
}

/// Whether the rules of a revision are set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum OverrideStatus {
    Override,
    Revoke,
}

#[derive(Serialize, Deserialize)]
struct Approval {
    user_arn: String,
    given: Time,
}

#[derive(Serialize, Deserialize)]
struct Override {
    overrider: String,
}

/// What the approvals of the live revision amount to.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Evaluation {
    pub(crate) approved: bool,
    pub(crate) overridden: bool,
    pub(crate) approval_rules_satisfied: Vec<String>,
    pub(crate) approval_rules_not_satisfied: Vec<String>,
}

/// Evaluates the rules of a pull request for its live revision.
pub(crate) fn evaluate(tables: &Tables, pull_request: &PullRequest) -> Evaluation {
    let prefix = revision_key(pull_request.id, &pull_request.revision_id);
    let approvers: Vec<_> = tables
        .scan(&APPROVALS, &format!("{prefix}/"))
        .map(|(_, approval)| approval.user_arn)
        .collect();
    let (satisfied, not_satisfied): (Vec<_>, Vec<_>) = pull_request
        .rules
        .iter()
        .partition(|rule| rule.is_satisfied_by(&approvers));
    let names = |rules: Vec<&ApprovalRule>| {
        let names = rules.iter().map(|rule| rule.name.clone());
        names.collect::<Vec<_>>()
    };
    Evaluation {
        approved: not_satisfied.is_empty(),
        overridden: tables.get(&OVERRIDES, &prefix).is_some(),
        approval_rules_satisfied: names(satisfied),
        approval_rules_not_satisfied: names(not_satisfied),
    }
}

/// Refuses a merge that the rules do not allow.
pub(crate) fn require_satisfied(
    tables: &Tables,
    pull_request: &PullRequest,
) -> Result<(), ServiceError> {
    let evaluation = evaluate(tables, pull_request);
    if evaluation.approved || evaluation.overridden {
        return Ok(());
    }
    let message = format!(
        "the pull request {} does not satisfy its approval rules: {}",
        pull_request.id,
        evaluation.approval_rules_not_satisfied.join(", ")
    );
    refuse("PullRequestApprovalRulesNotSatisfiedException", message)
}

fn revision_key(id: PullRequestId, revision_id: &str) -> String {
    format!("{}/{revision_id}", id.key())
}

/// Answers the operations on approvals; `None` for any other.
pub(crate) fn call(
    account: &Arc<Account>,
    caller: &Caller,
    operation: &str,
    input: &Value,
) -> Option<Result<Value, ServiceError>> {
    Some(match operation {
        "UpdatePullRequestApprovalState" => {
            shape(input).and_then(|input| update_state(account, caller, input))
        }
        "OverridePullRequestApprovalRules" => {
            shape(input).and_then(|input| set_override(account, caller, input))
        }
        "GetPullRequestApprovalStates" => shape(input).and_then(|input| states(account, input)),
        "EvaluatePullRequestApprovalRules" => {
            shape(input).and_then(|input| evaluate_rules(account, input))
        }
        "GetPullRequestOverrideState" => {
            shape(input).and_then(|input| override_state(account, input))
        }
        _ => return None,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RevisionInput {
    pull_request_id: Option<String>,
    revision_id: Option<String>,
}

impl RevisionInput {
    fn checked(self) -> Result<(PullRequestId, String), ServiceError> {
        let id = PullRequestId::parse(self.pull_request_id)?;
        let revision = required(
            self.revision_id,
            "revisionId",
            "RevisionIdRequiredException",
        )?;
        if !is_hexadecimal(&revision, 64) {
            let message = format!("revisionId `{revision}` is not 64 hexadecimal digits");
            return refuse("InvalidRevisionIdException", message);
        }
        Ok((id, revision))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UpdateStateInput {
    #[serde(flatten)]
    revision: RevisionInput,
    approval_state: Option<String>,
}

fn update_state(
    account: &Account,
    caller: &Caller,
    input: UpdateStateInput,
) -> Result<Value, ServiceError> {
    let (id, revision_id) = input.revision.checked()?;
    let state: ApprovalState = word(
        input.approval_state,
        "approvalState",
        "ApprovalStateRequiredException",
        "InvalidApprovalStateException",
    )?;
    let prefix = revision_key(id, &revision_id);
    let key = format!("{prefix}/{}", caller.arn);
    change(account, id, |pull_request, transaction| {
        pull_request.require_open()?;
        pull_request.require_revision(&revision_id)?;
        if state == ApprovalState::Approve && pull_request.author_arn == caller.arn {
            return refuse(
                "PullRequestCannotBeApprovedByAuthorException",
                format!("{} created the pull request {id}", caller.arn),
            );
        }
        let given = transaction.get(&APPROVALS, &key).is_some();
        match state {
            ApprovalState::Approve if given => return Ok(()),
            ApprovalState::Revoke if !given => return Ok(()),
            ApprovalState::Revoke => transaction.delete(&APPROVALS, &key),
            ApprovalState::Approve => {
                let count = transaction.scan(&APPROVALS, &format!("{prefix}/")).count();
                if count >= MOST_APPROVALS {
                    let message = format!("a pull request has at most {MOST_APPROVALS} approvals");
                    return refuse("MaximumNumberOfApprovalsExceededException", message);
                }
                let approval = Approval {
                    user_arn: caller.arn.clone(),
                    given: Time::now(),
                };
                transaction.put(&APPROVALS, &key, &approval)?;
            }
        }
        if let Some(audit) = &account.audit {
            let happened = audited(pull_request, &caller.arn, state);
            audit.note(&happened).map_err(ServiceError::internal)?;
        }
        pull_request.last_activity = Time::now();
        let happening = Happening::ApprovalChanged(state);
        Ok(record(
            account,
            transaction,
            &caller.arn,
            pull_request,
            &happening,
        )?)
    })?;
    Ok(json!({}))
}

fn audited(pull_request: &PullRequest, user: &str, state: ApprovalState) -> Happened {
    Happened::Approval {
        pull_request: pull_request.id.to_string(),
        revision: pull_request.revision_id.clone(),
        source_commit: pull_request.source_commit.clone(),
        destination_commit: pull_request.destination_tip.clone(),
        user: user.to_owned(),
        approved: state == ApprovalState::Approve,
    }
}

fn states(account: &Account, input: RevisionInput) -> Result<Value, ServiceError> {
    let (id, revision_id) = input.checked()?;
    account.store.read(|tables| {
        load(tables, id)?;
        let prefix = format!("{}/", revision_key(id, &revision_id));
        let approvals: Vec<_> = tables
            .scan(&APPROVALS, &prefix)
            .map(|(_, approval)| {
                json!({ "userArn": approval.user_arn, "approvalState": ApprovalState::Approve })
            })
            .collect();
        Ok(json!({ "approvals": approvals }))
    })
}

fn evaluate_rules(account: &Account, input: RevisionInput) -> Result<Value, ServiceError> {
    let (id, revision_id) = input.checked()?;
    account.store.read(|tables| {
        let pull_request = load(tables, id)?;
        pull_request.require_revision(&revision_id)?;
        Ok(json!({ "evaluation": output(evaluate(tables, &pull_request))? }))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OverrideInput {
    #[serde(flatten)]
    revision: RevisionInput,
    override_status: Option<String>,
}

fn set_override(
    account: &Account,
    caller: &Caller,
    input: OverrideInput,
) -> Result<Value, ServiceError> {
    let (id, revision_id) = input.revision.checked()?;
    let status: OverrideStatus = word(
        input.override_status,
        "overrideStatus",
        "OverrideStatusRequiredException",
        "InvalidOverrideStatusException",
    )?;
    let key = revision_key(id, &revision_id);
    change(account, id, |pull_request, transaction| {
        pull_request.require_open()?;
        pull_request.require_revision(&revision_id)?;
        let set = transaction.get(&OVERRIDES, &key).is_some();
        match status {
            OverrideStatus::Override if set => {
                let message = format!("the rules of the pull request {id} are overridden already");
                return refuse("OverrideAlreadySetException", message);
            }
            OverrideStatus::Revoke if !set => return Ok(()),
            OverrideStatus::Revoke => transaction.delete(&OVERRIDES, &key),
            OverrideStatus::Override => {
                let overrider = caller.arn.clone();
                transaction.put(&OVERRIDES, &key, &Override { overrider })?;
            }
        }
        pull_request.last_activity = Time::now();
        let happening = Happening::Overridden(status);
        Ok(record(
            account,
            transaction,
            &caller.arn,
            pull_request,
            &happening,
        )?)
    })?;
    Ok(json!({}))
}

fn override_state(account: &Account, input: RevisionInput) -> Result<Value, ServiceError> {
    let (id, revision_id) = input.checked()?;
    account.store.read(|tables| {
        load(tables, id)?;
        let set = tables.get(&OVERRIDES, &revision_key(id, &revision_id));
        Ok(match set {
            None => json!({ "overridden": false }),
            Some(set) => json!({ "overridden": true, "overrider": set.overrider }),
        })
    })
}

//! What reaches the router, parsed once. An event only says that something may have changed; the live state rules.

use serde::Deserialize;
use serde_json::Value;

use crate::id::{
    BranchName, CommentId, CommitId, PullRequestId, RepositoryName, RevisionId, RunName,
};

/// An event the router acts on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A pull request was opened, pushed to, closed or merged.
    PullRequest(PullRequestEvent),
    /// Somebody commented on a pull request.
    Comment(CommentPosted),
    /// Somebody overrode the approval rules of a pull request.
    RulesOverridden(RulesOverridden),
    /// A branch points to another commit.
    BranchMoved(BranchMoved),
    /// A run failed, was aborted or timed out.
    RunDied(RunDied),
    /// A run came to its end.
    RunEnded(RunEnded),
    /// It is time to look at everything.
    Sweep,
}

/// `CodeCommit Pull Request State Change`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullRequestEvent {
    /// The pull request.
    pub pull_request: PullRequestId,
    /// Its repository.
    pub repository: RepositoryName,
    /// The source's tip when the event was made.
    pub source_commit: CommitId,
    /// Whether the event says that it is closed.
    pub closed: bool,
}

/// `CodeCommit Comment on Pull Request` of a new comment; its text is not in the event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommentPosted {
    /// The pull request.
    pub pull_request: PullRequestId,
    /// The comment.
    pub comment: CommentId,
    /// ARN of who wrote it.
    pub by: String,
}

/// `CodeCommit Pull Request State Change` that tells of an override.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesOverridden {
    /// The pull request.
    pub pull_request: PullRequestId,
    /// Its repository.
    pub repository: RepositoryName,
    /// The revision whose rules count no more.
    pub revision: RevisionId,
    /// ARN of who did it.
    pub by: String,
}

/// `CodeCommit Repository State Change` of a branch that was there before and still is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchMoved {
    /// What EventBridge calls the event, the same when it brings it again.
    pub event: String,
    /// The repository.
    pub repository: RepositoryName,
    /// The branch.
    pub branch: BranchName,
    /// The commit it pointed to before.
    pub from: Option<CommitId>,
    /// The commit it pointed to when the event was made.
    pub to: CommitId,
    /// ARN of who moved it.
    pub by: String,
}

/// `Step Functions Execution Status Change` with a happy end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunEnded {
    /// The execution's name.
    pub run: RunName,
    /// Its input, the text as it was given.
    pub input: String,
}

/// `Step Functions Execution Status Change` with an unhappy end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunDied {
    /// The execution's name.
    pub run: RunName,
    /// Its input, the text as it was given.
    pub input: String,
    /// FAILED, TIMED_OUT or ABORTED.
    pub status: String,
}

/// Why an event is not acted on. Not an error: the rule may deliver what this release has no use for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ignored {
    /// Not an event of a kind the gate knows.
    #[error("the event `{detail_type}` of `{source_name}` is none the gate acts on")]
    Foreign {
        /// `source`.
        source_name: String,
        /// `detail-type`.
        detail_type: String,
    },
    /// A kind the gate knows, in a form it does not.
    #[error("the event `{detail_type}` has not the expected form: {message}")]
    Malformed {
        /// `detail-type`.
        detail_type: String,
        /// The first difference.
        message: String,
    },
    /// A change that needs no run.
    #[error("`{event}` needs no run")]
    NoRunNeeded {
        /// The event's name.
        event: String,
    },
}

#[derive(Deserialize)]
struct Envelope {
    id: Option<String>,
    source: Option<String>,
    #[serde(rename = "detail-type")]
    detail_type: Option<String>,
    #[serde(default)]
    detail: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PullRequestDetail {
    event: String,
    pull_request_id: String,
    pull_request_status: String,
    repository_names: Vec<String>,
    source_commit: String,
    #[serde(default)]
    revision_id: Option<String>,
    #[serde(default)]
    caller_user_arn: Option<String>,
    #[serde(default)]
    override_status: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RepositoryDetail {
    event: String,
    repository_name: String,
    reference_type: String,
    reference_full_name: String,
    commit_id: String,
    #[serde(default)]
    old_commit_id: Option<String>,
    #[serde(default)]
    caller_user_arn: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CommentDetail {
    event: String,
    pull_request_id: String,
    comment_id: String,
    #[serde(default)]
    caller_user_arn: Option<String>,
}

#[derive(Deserialize)]
struct ExecutionDetail {
    name: String,
    status: String,
    #[serde(default)]
    input: Option<String>,
}

/// Pull request events that can change what is to be tested, or that there is anything to test.
const RELEVANT: [&str; 4] = [
    "pullRequestCreated",
    "pullRequestSourceBranchUpdated",
    "pullRequestStatusChanged",
    "pullRequestMergeStatusUpdated",
];

impl Event {
    /// Reads an EventBridge event.
    pub fn parse(payload: Value) -> Result<Self, Ignored> {
        let envelope: Envelope =
            serde_json::from_value(payload).map_err(|error| Ignored::Malformed {
                detail_type: "(no envelope)".to_owned(),
                message: error.to_string(),
            })?;
        let source = envelope.source.unwrap_or_default();
        let detail_type = envelope.detail_type.unwrap_or_default();
        match (source.as_str(), detail_type.as_str()) {
            ("aws.codecommit", "CodeCommit Pull Request State Change") => {
                pull_request(envelope.detail, detail_type)
            }
            ("aws.codecommit", "CodeCommit Repository State Change") => branch_moved(
                envelope.id.unwrap_or_default(),
                envelope.detail,
                &detail_type,
            ),
            ("aws.codecommit", "CodeCommit Comment on Pull Request") => {
                comment_posted(envelope.detail, detail_type)
            }
            ("aws.states", "Step Functions Execution Status Change") => {
                run_over(envelope.detail, &detail_type)
            }
            ("aws.events", "Scheduled Event") => Ok(Self::Sweep),
            _ => Err(Ignored::Foreign {
                source_name: source,
                detail_type,
            }),
        }
    }
}

/// The event of an override, and of taking one back.
const OVERRIDDEN: &str = "pullRequestApprovalRuleOverridden";

fn pull_request(detail: Value, detail_type: String) -> Result<Event, Ignored> {
    let detail: PullRequestDetail = expect(detail, &detail_type)?;
    let overridden =
        detail.event == OVERRIDDEN && detail.override_status.as_deref() == Some("OVERRIDE");
    if !overridden && !RELEVANT.contains(&detail.event.as_str()) {
        return Err(Ignored::NoRunNeeded {
            event: detail.event,
        });
    }
    verify_id(&detail.pull_request_id, &detail_type)?;
    let Some(repository) = detail.repository_names.first() else {
        let message = "`repositoryNames` is empty".to_owned();
        return Err(Ignored::Malformed {
            detail_type,
            message,
        });
    };
    let repository = RepositoryName::new(repository);
    if overridden {
        return Ok(Event::RulesOverridden(RulesOverridden {
            pull_request: PullRequestId::new(detail.pull_request_id),
            repository,
            revision: RevisionId::new(detail.revision_id.unwrap_or_default()),
            by: detail.caller_user_arn.unwrap_or_default(),
        }));
    }
    Ok(Event::PullRequest(PullRequestEvent {
        pull_request: PullRequestId::new(detail.pull_request_id),
        repository,
        source_commit: CommitId::new(detail.source_commit),
        closed: detail.pull_request_status.eq_ignore_ascii_case("closed"),
    }))
}

fn branch_moved(event: String, detail: Value, detail_type: &str) -> Result<Event, Ignored> {
    let detail: RepositoryDetail = expect(detail, detail_type)?;
    if detail.event != "referenceUpdated" || detail.reference_type != "branch" {
        return Err(Ignored::NoRunNeeded {
            event: format!("{} of a {}", detail.event, detail.reference_type),
        });
    }
    Ok(Event::BranchMoved(BranchMoved {
        event,
        repository: RepositoryName::new(detail.repository_name),
        branch: BranchName::from_reference(&detail.reference_full_name),
        from: detail.old_commit_id.map(CommitId::new),
        to: CommitId::new(detail.commit_id),
        by: detail.caller_user_arn.unwrap_or_default(),
    }))
}

/// A comment that is edited asks for nothing: what was answered stays answered.
const COMMENTED: &str = "commentOnPullRequestCreated";

fn comment_posted(detail: Value, detail_type: String) -> Result<Event, Ignored> {
    let detail: CommentDetail = expect(detail, &detail_type)?;
    if detail.event != COMMENTED {
        return Err(Ignored::NoRunNeeded {
            event: detail.event,
        });
    }
    verify_id(&detail.pull_request_id, &detail_type)?;
    if detail.comment_id.is_empty() {
        return Err(Ignored::Malformed {
            detail_type,
            message: "`commentId` is empty".to_owned(),
        });
    }
    Ok(Event::Comment(CommentPosted {
        pull_request: PullRequestId::new(detail.pull_request_id),
        comment: CommentId::new(detail.comment_id),
        by: detail.caller_user_arn.unwrap_or_default(),
    }))
}

fn verify_id(id: &str, detail_type: &str) -> Result<(), Ignored> {
    if !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    Err(Ignored::Malformed {
        detail_type: detail_type.to_owned(),
        message: format!("`pullRequestId` is no number: `{id}`"),
    })
}

fn run_over(detail: Value, detail_type: &str) -> Result<Event, Ignored> {
    let detail: ExecutionDetail = expect(detail, detail_type)?;
    if detail.status == "SUCCEEDED" {
        return Ok(Event::RunEnded(RunEnded {
            run: RunName::new(detail.name),
            input: detail.input.unwrap_or_default(),
        }));
    }
    if !["FAILED", "TIMED_OUT", "ABORTED"].contains(&detail.status.as_str()) {
        return Err(Ignored::NoRunNeeded {
            event: format!("{detail_type} {}", detail.status),
        });
    }
    Ok(Event::RunDied(RunDied {
        run: RunName::new(detail.name),
        input: detail.input.unwrap_or_default(),
        status: detail.status,
    }))
}

fn expect<T: serde::de::DeserializeOwned>(detail: Value, detail_type: &str) -> Result<T, Ignored> {
    serde_json::from_value(detail).map_err(|error| Ignored::Malformed {
        detail_type: detail_type.to_owned(),
        message: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn opened() -> Value {
        json!({
            "version": "0", "id": "01234567-0123-0123-0123-012345678901",
            "detail-type": "CodeCommit Pull Request State Change", "source": "aws.codecommit",
            "account": "123456789012", "time": "2019-06-12T10:23:43Z", "region": "us-east-2",
            "resources": ["arn:aws:codecommit:us-east-2:123456789012:MyDemoRepo"],
            "detail": {
                "author": "arn:aws:sts::123456789012:assumed-role/Admin/Mary_Major",
                "callerUserArn": "arn:aws:sts::123456789012:assumed-role/Admin/Mary_Major",
                "creationDate": "Mon Mar 11 14:42:31 PDT 2019", "lastModifiedDate": "Mon Mar 11 14:42:31 PDT 2019",
                "title": "My Example Pull Request", "event": "pullRequestCreated", "isMerged": "False",
                "pullRequestId": "1", "pullRequestStatus": "Open", "revisionId": "bdc0cb9b",
                "repositoryNames": ["MyDemoRepo"], "sourceCommit": "0701696",
                "sourceReference": "refs/heads/test-branch", "destinationCommit": "4376719",
                "destinationReference": "refs/heads/main", "notificationBody": "A pull request event occurred in …"
            }
        })
    }

    #[test]
    fn an_opened_pull_request_is_read_from_the_event_as_aws_documents_it() {
        let expected = PullRequestEvent {
            pull_request: PullRequestId::new("1"),
            repository: RepositoryName::new("MyDemoRepo"),
            source_commit: CommitId::new("0701696"),
            closed: false,
        };
        assert_eq!(Event::parse(opened()), Ok(Event::PullRequest(expected)));
    }

    #[test]
    fn every_closing_event_says_closed() {
        for event in ["pullRequestStatusChanged", "pullRequestMergeStatusUpdated"] {
            let mut payload = opened();
            payload["detail"]["event"] = json!(event);
            payload["detail"]["pullRequestStatus"] = json!("Closed");
            let Ok(Event::PullRequest(parsed)) = Event::parse(payload) else {
                panic!("{event} is not read")
            };
            assert!(parsed.closed, "{event}");
        }
    }

    #[test]
    fn a_new_comment_is_read_from_the_event_as_aws_documents_it_and_an_edit_needs_no_run() {
        let mut payload = json!({
            "detail-type": "CodeCommit Comment on Pull Request", "source": "aws.codecommit",
            "detail": {
                "event": "commentOnPullRequestCreated", "pullRequestId": "201",
                "repositoryName": "MyDemoRepo", "repositoryId": "7dd1", "commentId": "463b", "inReplyTo": "695b",
                "beforeCommitId": "3c5d", "afterCommitId": "f4d5",
                "callerUserArn": "arn:aws:sts::123456789012:federated-user/Saanvi_Sarkar",
                "notificationBody": "A comment event occurred …", "displayName": "Saanvi Sarkar"
            }
        });
        let expected = CommentPosted {
            pull_request: PullRequestId::new("201"),
            comment: CommentId::new("463b"),
            by: "arn:aws:sts::123456789012:federated-user/Saanvi_Sarkar".to_owned(),
        };
        assert_eq!(Event::parse(payload.clone()), Ok(Event::Comment(expected)));
        payload["detail"]["event"] = json!("commentOnPullRequestUpdated");
        let ignored = Event::parse(payload.clone()).unwrap_err().to_string();
        assert_eq!(ignored, "`commentOnPullRequestUpdated` needs no run");
        payload["detail"]["event"] = json!("commentOnPullRequestCreated");
        payload["detail"]["pullRequestId"] = json!("7/../8");
        let ignored = Event::parse(payload).unwrap_err().to_string();
        assert!(
            ignored.ends_with("`pullRequestId` is no number: `7/../8`"),
            "{ignored}"
        );
    }

    #[test]
    fn an_override_names_who_did_it_and_taking_one_back_needs_no_run() {
        let mut payload = opened();
        payload["detail"]["event"] = json!("pullRequestApprovalRuleOverridden");
        payload["detail"]["overrideStatus"] = json!("OVERRIDE");
        let expected = RulesOverridden {
            pull_request: PullRequestId::new("1"),
            repository: RepositoryName::new("MyDemoRepo"),
            revision: RevisionId::new("bdc0cb9b"),
            by: "arn:aws:sts::123456789012:assumed-role/Admin/Mary_Major".to_owned(),
        };
        assert_eq!(
            Event::parse(payload.clone()),
            Ok(Event::RulesOverridden(expected))
        );
        payload["detail"]["overrideStatus"] = json!("REVOKE");
        let ignored = Event::parse(payload).unwrap_err().to_string();
        assert_eq!(ignored, "`pullRequestApprovalRuleOverridden` needs no run");
    }

    #[test]
    fn refuses_what_is_foreign_malformed_or_of_no_consequence_with_a_reason() {
        let mut own_approval = opened();
        own_approval["detail"]["event"] = json!("pullRequestApprovalStateChanged");
        let mut malformed = opened();
        malformed["detail"]["pullRequestId"] = json!(1);
        let mut no_number = opened();
        no_number["detail"]["pullRequestId"] = json!("../1");
        let reasons = [
            (
                no_number,
                "the event `CodeCommit Pull Request State Change` has not the expected form: `pullRequestId` is no number: `../1`",
            ),
            (
                own_approval,
                "`pullRequestApprovalStateChanged` needs no run",
            ),
            (
                json!({"source": "aws.s3", "detail-type": "Object Created"}),
                "the event `Object Created` of `aws.s3` is none the gate acts on",
            ),
            (
                malformed,
                "the event `CodeCommit Pull Request State Change` has not the expected form: invalid type: integer `1`, expected a string",
            ),
            (json!([1]), "has not the expected form"),
        ];
        for (payload, reason) in reasons {
            let ignored = Event::parse(payload).unwrap_err().to_string();
            assert!(ignored.contains(reason), "{ignored}");
        }
    }
}

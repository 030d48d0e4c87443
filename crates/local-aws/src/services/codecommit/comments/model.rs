//! What is remembered of a comment: itself, and the comparison it stands under.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Account, Caller, ServiceError,
    services::{
        codecommit::{
            input::{output, refuse, required},
            pull_requests::PullRequestId,
            repositories::REPOSITORIES,
            time::Time,
        },
        events::{self, Emitted},
    },
    store::{StoreError, Table, Tables, Transaction},
};

const COMMENTS: Table<Comment> = Table::new("comments");
/// `pull-request/<id>/<number>` and `repository/<name>/<number>` → comment id, in the order of posting.
const ORDER: Table<String> = Table::new("comments-order");
/// In characters (user guide, quotas).
const LONGEST: usize = 10_240;

/// A comment.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Comment {
    pub(super) id: String,
    /// None once deleted.
    pub(super) content: Option<String>,
    pub(super) in_reply_to: Option<String>,
    pub(super) created: Time,
    pub(super) modified: Time,
    pub(super) author_arn: String,
    pub(super) client_request_token: Option<String>,
    pub(super) place: Place,
}

/// What a comment is about.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) pull_request: Option<PullRequestId>,
    pub(super) comparison: Comparison,
}

/// Two commits of a repository and a place between them; as on the wire.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Comparison {
    pub(super) repository_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) before_commit_id: Option<String>,
    pub(super) after_commit_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) before_blob_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) after_blob_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) location: Option<Location>,
}

/// A line of a file; as on the wire.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file_position: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) relative_file_version: Option<String>,
}

impl Place {
    /// As the answer to a comment posted here shows it.
    pub(super) fn wire(&self) -> Result<Value, ServiceError> {
        let mut wire = output(&self.comparison)?;
        if let Some(id) = self.pull_request {
            wire["pullRequestId"] = json!(id);
        }
        Ok(wire)
    }

    fn order(&self) -> String {
        match self.pull_request {
            Some(id) => order_of_pull_request(id),
            None => order_of_repository(&self.comparison.repository_name),
        }
    }
}

/// Prefix of the order of a pull request's comments.
pub(super) fn order_of_pull_request(id: PullRequestId) -> String {
    format!("pull-request/{}/", id.key())
}

/// Prefix of the order of the comments on a repository's commits.
pub(super) fn order_of_repository(name: &str) -> String {
    format!("repository/{name}/")
}

impl Comment {
    /// As the API shows it.
    pub(super) fn wire(&self) -> Value {
        let mut wire = json!({
            "commentId": self.id,
            "creationDate": self.created,
            "lastModifiedDate": self.modified,
            "authorArn": self.author_arn,
            "deleted": self.content.is_none(),
            "callerReactions": [],
            "reactionCounts": {},
        });
        let texts = [
            ("content", &self.content),
            ("inReplyTo", &self.in_reply_to),
            ("clientRequestToken", &self.client_request_token),
        ];
        for (member, text) in texts {
            if let Some(text) = text {
                wire[member] = json!(text);
            }
        }
        wire
    }

    /// Refuses a comment whose content was deleted.
    pub(super) fn require_content(&self) -> Result<(), ServiceError> {
        if self.content.is_some() {
            return Ok(());
        }
        let message = format!("the comment {} has been deleted", self.id);
        refuse("CommentDeletedException", message)
    }
}

/// A text that fits into a comment.
pub(super) fn content(value: Option<String>) -> Result<String, ServiceError> {
    let text = required(value, "content", "CommentContentRequiredException")?;
    let length = text.chars().count();
    if length > LONGEST {
        let message = format!("a comment has at most {LONGEST} characters, this one has {length}");
        return refuse("CommentContentSizeLimitExceededException", message);
    }
    Ok(text)
}

/// A comment's id out of a request's member.
pub(super) fn comment_id(value: Option<String>, member: &str) -> Result<String, ServiceError> {
    let id = required(value, member, "CommentIdRequiredException")?;
    if id
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-:".contains(&byte))
    {
        return Ok(id);
    }
    let message = format!("{member} `{id}` is not the id of a comment");
    refuse("InvalidCommentIdException", message)
}

/// The comment with this id, deleted or not.
pub(super) fn load(tables: &Tables, id: &str) -> Result<Comment, ServiceError> {
    tables.get(&COMMENTS, id).ok_or_else(|| {
        let message = format!("the comment {id} does not exist");
        ServiceError::client("CommentDoesNotExistException", message)
    })
}

/// The comments under an order's prefix, in the order of posting.
pub(super) fn posted(tables: &Tables, order: &str) -> Vec<Comment> {
    let ids = tables.scan(&ORDER, order);
    ids.filter_map(|(_, id)| tables.get(&COMMENTS, &id))
        .collect()
}

/// Writes a comment that exists.
pub(super) fn save(transaction: &mut Transaction<'_>, comment: &Comment) -> Result<(), StoreError> {
    transaction.put(&COMMENTS, &comment.id, comment)
}

/// Writes a new comment and tells of it.
pub(super) fn add(
    account: &Account,
    transaction: &mut Transaction<'_>,
    comment: &Comment,
) -> Result<(), StoreError> {
    let number = transaction.next_number("comments")?;
    let key = format!("{}{number:012}", comment.place.order());
    transaction.put(&ORDER, &key, &comment.id)?;
    save(transaction, comment)?;
    tell(
        account,
        transaction,
        &comment.author_arn,
        comment,
        "Created",
    )
}

/// Emits the event of a comment that was `Created` or `Updated`.
pub(super) fn tell(
    account: &Account,
    transaction: &mut Transaction<'_>,
    caller_arn: &str,
    comment: &Comment,
    did: &str,
) -> Result<(), StoreError> {
    let Place {
        pull_request,
        comparison,
    } = &comment.place;
    let repository = &comparison.repository_name;
    let (detail_type, subject) = match pull_request {
        Some(_) => ("CodeCommit Comment on Pull Request", "PullRequest"),
        None => ("CodeCommit Comment on Commit", "Commit"),
    };
    let mut detail = json!({
        "event": format!("commentOn{subject}{did}"),
        "repositoryName": repository,
        "commentId": comment.id,
        "afterCommitId": comparison.after_commit_id,
        "callerUserArn": caller_arn,
        "notificationBody": format!(
            "A comment event occurred in the following AWS CodeCommit repository: {repository}. \
             The user: {caller_arn} made or changed a comment. The comment ID is: {}.",
            comment.id
        ),
    });
    let id = transaction.get(&REPOSITORIES, repository);
    let members = [
        ("repositoryId", id.map(|row| row.repository_id)),
        ("pullRequestId", pull_request.map(|id| id.to_string())),
        ("beforeCommitId", comparison.before_commit_id.clone()),
        ("inReplyTo", comment.in_reply_to.clone()),
    ];
    for (member, value) in members {
        if let Some(value) = value {
            detail[member] = json!(value);
        }
    }
    let event = Emitted {
        source: "aws.codecommit",
        detail_type,
        resources: vec![account.arn("codecommit", repository)],
        detail,
    };
    events::emit(account, transaction, event)
}

/// A new comment of the caller.
pub(super) fn new(
    caller: &Caller,
    content: String,
    client_request_token: Option<String>,
    place: Place,
) -> Comment {
    let now = Time::now();
    Comment {
        id: events::unique_id(),
        content: Some(content),
        in_reply_to: None,
        created: now,
        modified: now,
        author_arn: caller.arn.clone(),
        client_request_token,
        place,
    }
}

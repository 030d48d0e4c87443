//! Changing a comment, which its author alone may, and deleting its content.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::model::{comment_id, content, load, save, tell};
use crate::{
    Account, Caller, ServiceError,
    services::codecommit::{input::refuse, time::Time},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UpdateInput {
    comment_id: Option<String>,
    content: Option<String>,
}

/// UpdateComment. The author is the whole ARN: another session of the same role is somebody else.
pub(super) fn update(
    account: &Arc<Account>,
    caller: &Caller,
    input: UpdateInput,
) -> Result<Value, ServiceError> {
    let id = comment_id(input.comment_id, "commentId")?;
    let text = content(input.content)?;
    let comment = account.store.write(|transaction| {
        let mut comment = load(transaction, &id)?;
        comment.require_content()?;
        if comment.author_arn != caller.arn {
            let message = format!("the comment {id} was created by {}", comment.author_arn);
            return refuse("CommentNotCreatedByCallerException", message);
        }
        comment.content = Some(text);
        comment.modified = Time::now();
        save(transaction, &comment)?;
        tell(account, transaction, &caller.arn, &comment, "Updated")?;
        Ok(comment)
    })?;
    account.events_bell.notify_one();
    Ok(json!({ "comment": comment.wire() }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeleteInput {
    comment_id: Option<String>,
}

/// DeleteCommentContent: the comment stays, without its text. The model knows no error for a caller who is not the author.
pub(super) fn delete(account: &Arc<Account>, input: DeleteInput) -> Result<Value, ServiceError> {
    let id = comment_id(input.comment_id, "commentId")?;
    let comment = account.store.write(|transaction| {
        let mut comment = load(transaction, &id)?;
        comment.require_content()?;
        comment.content = None;
        comment.modified = Time::now();
        save(transaction, &comment)?;
        Ok::<_, ServiceError>(comment)
    })?;
    Ok(json!({ "comment": comment.wire() }))
}

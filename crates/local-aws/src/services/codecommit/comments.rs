//! Comments on pull requests and on commits: their limit, their authors, their order.

use std::sync::Arc;

use serde_json::Value;

use super::input::shape;
use crate::{Account, Caller, ServiceError};

mod edit;
mod model;
mod post;
mod read;

/// Answers the operations on comments; `None` for any other.
pub(crate) async fn call(
    account: &Arc<Account>,
    caller: &Caller,
    operation: &str,
    input: &Value,
) -> Option<Result<Value, ServiceError>> {
    Some(match operation {
        "PostCommentForPullRequest" => match shape(input) {
            Ok(input) => post::for_pull_request(account, caller, input).await,
            Err(error) => Err(error),
        },
        "PostCommentForComparedCommit" => match shape(input) {
            Ok(input) => post::for_compared_commit(account, caller, input).await,
            Err(error) => Err(error),
        },
        "PostCommentReply" => shape(input).and_then(|input| post::reply(account, caller, input)),
        "UpdateComment" => shape(input).and_then(|input| edit::update(account, caller, input)),
        "DeleteCommentContent" => shape(input).and_then(|input| edit::delete(account, input)),
        "GetComment" => shape(input).and_then(|input| read::comment(account, input)),
        "GetCommentsForPullRequest" => match shape(input) {
            Ok(input) => read::for_pull_request(account, input).await,
            Err(error) => Err(error),
        },
        "GetCommentsForComparedCommit" => match shape(input) {
            Ok(input) => read::for_compared_commit(account, input).await,
            Err(error) => Err(error),
        },
        _ => return None,
    })
}

//! Pull requests: what they are, what happens to them, how they follow their branches and end.

use std::sync::Arc;

use serde_json::Value;

use super::{approvals, comments, input::shape, rules, templates};
use crate::{Account, Caller, ServiceError, store::Transaction};

mod create;
mod history;
mod merging;
mod model;
mod moves;
mod operations;
#[cfg(test)]
mod tests;

pub(crate) use history::{Happening, record};
pub(crate) use model::{PullRequest, PullRequestId, change, load};
pub(crate) use moves::references_moved;

/// Answers the operations on pull requests, comments, approvals, rules and templates.
pub(crate) async fn call(
    account: &Arc<Account>,
    caller: &Caller,
    operation: &str,
    input: Value,
) -> Result<Value, ServiceError> {
    let input = &input;
    if let Some(answer) = comments::call(account, caller, operation, input).await {
        return answer;
    }
    let answer = rules::call(account, caller, operation, input)
        .or_else(|| approvals::call(account, caller, operation, input))
        .or_else(|| templates::call(account, caller, operation, input));
    if let Some(answer) = answer {
        return answer;
    }
    match operation {
        "CreatePullRequest" => create::create(account, caller, shape(input)?).await,
        "GetPullRequest" => operations::get(account, shape(input)?),
        "ListPullRequests" => operations::list(account, shape(input)?),
        "DescribePullRequestEvents" => history::describe(account, shape(input)?),
        "UpdatePullRequestTitle" => operations::update_title(account, shape(input)?),
        "UpdatePullRequestDescription" => operations::update_description(account, shape(input)?),
        "UpdatePullRequestStatus" => {
            operations::update_status(account, caller, shape(input)?).await
        }
        "MergePullRequestByFastForward" => {
            merging::fast_forward(account, caller, shape(input)?).await
        }
        "MergePullRequestBySquash" => merging::squash(account, caller, shape(input)?).await,
        "MergePullRequestByThreeWay" => merging::three_way(account, caller, shape(input)?).await,
        _ => Err(ServiceError::unknown_operation("codecommit", operation)),
    }
}

/// Forgets what belongs to a deleted repository: its pull requests and which templates applied to it.
pub(crate) fn forget_repository(transaction: &mut Transaction<'_>, repository: &str) {
    model::forget_repository(transaction, repository);
    templates::forget_repository(transaction, repository);
}

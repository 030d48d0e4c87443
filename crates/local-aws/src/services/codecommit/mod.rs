//! CodeCommit: repositories, references, merges, pull requests, comments, approvals.

use std::sync::Arc;

use serde_json::Value;

use crate::{Account, Caller, ServiceError, git::GitError};

mod approvals;
mod branches;
mod comments;
mod commits;
mod differences;
mod edits;
mod files;
mod idempotency;
mod input;
mod merges;
mod pull_requests;
mod references;
pub(crate) mod repositories;
mod rules;
mod templates;
#[cfg(test)]
mod tests;
mod time;

pub(crate) use references::{
    ReferenceChange, compare_references, pusher, recover, references_moved,
};

/// Answers one operation.
pub(crate) async fn call(
    account: &Arc<Account>,
    caller: &Caller,
    operation: &str,
    input: Value,
) -> Result<Value, ServiceError> {
    let (account, caller) = (Arc::clone(account), caller.clone());
    let operation = operation.to_owned();
    // As a task of its own: a client that hangs up must not end an operation between git and the journal.
    let work = tokio::spawn(async move { dispatch(&account, &caller, &operation, input).await });
    work.await.map_err(ServiceError::internal)?
}

async fn dispatch(
    account: &Arc<Account>,
    caller: &Caller,
    operation: &str,
    input: Value,
) -> Result<Value, ServiceError> {
    match operation {
        "CreateRepository" => repositories::create(account, input).await,
        "GetRepository" => repositories::get(account, input),
        "DeleteRepository" => repositories::delete(account, input).await,
        "ListRepositories" => repositories::list(account, input),
        "BatchGetRepositories" => repositories::batch_get(account, input),
        "UpdateDefaultBranch" => repositories::update_default_branch(account, input).await,
        "CreateBranch" => branches::create(account, caller, input).await,
        "GetBranch" => branches::get(account, input).await,
        "ListBranches" => branches::list(account, input).await,
        "DeleteBranch" => branches::delete(account, caller, input).await,
        "GetCommit" => commits::get(account, input).await,
        "CreateCommit" => commits::create(account, caller, input).await,
        "PutFile" => edits::put_file(account, caller, input).await,
        "DeleteFile" => edits::delete_file(account, caller, input).await,
        "GetFile" => files::get_file(account, input).await,
        "GetFolder" => files::get_folder(account, input).await,
        "GetBlob" => files::get_blob(account, input).await,
        "GetDifferences" => differences::get(account, input).await,
        "GetMergeOptions" => merges::options(account, input).await,
        "GetMergeConflicts" => merges::conflicts(account, input).await,
        "GetMergeCommit" => merges::commit(account, input).await,
        "CreateUnreferencedMergeCommit" => {
            merges::create_unreferenced(account, caller, input).await
        }
        "MergeBranchesByFastForward" => merges::by_fast_forward(account, caller, input).await,
        "MergeBranchesBySquash" => merges::by_squash(account, caller, input).await,
        "MergeBranchesByThreeWay" => merges::by_three_way(account, caller, input).await,
        _ => pull_requests::call(account, caller, operation, input).await,
    }
}

impl From<GitError> for ServiceError {
    fn from(error: GitError) -> Self {
        match error {
            GitError::ReferenceMoved { .. } => {
                Self::client("ConcurrentReferenceUpdateException", error.to_string())
            }
            _ => Self::internal(error),
        }
    }
}

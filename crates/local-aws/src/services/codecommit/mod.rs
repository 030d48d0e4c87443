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
    let arguments = &input;
    match operation {
        "CreateRepository" => match &account.settings.code_elsewhere {
            None => repositories::create(account, arguments).await,
            Some(elsewhere) => Err(ServiceError::client(
                "OperationNotAllowedException",
                format!(
                    "CodeCommit is elsewhere, at {elsewhere}: a repository here would be gated by nobody"
                ),
            )),
        },
        "GetRepository" => repositories::get(account, arguments),
        "DeleteRepository" => repositories::delete(account, arguments).await,
        "ListRepositories" => repositories::list(account, arguments),
        "BatchGetRepositories" => repositories::batch_get(account, arguments),
        "UpdateDefaultBranch" => repositories::update_default_branch(account, arguments).await,
        "CreateBranch" => branches::create(account, caller, arguments).await,
        "GetBranch" => branches::get(account, arguments).await,
        "ListBranches" => branches::list(account, arguments),
        "DeleteBranch" => branches::delete(account, caller, arguments).await,
        "GetCommit" => commits::get(account, arguments).await,
        "CreateCommit" => commits::create(account, caller, arguments).await,
        "PutFile" => edits::put_file(account, caller, arguments).await,
        "DeleteFile" => edits::delete_file(account, caller, arguments).await,
        "GetFile" => files::get_file(account, arguments).await,
        "GetFolder" => files::get_folder(account, arguments).await,
        "GetBlob" => files::get_blob(account, arguments).await,
        "GetDifferences" => differences::get(account, arguments).await,
        "GetMergeOptions" => merges::options(account, arguments).await,
        "GetMergeConflicts" => merges::conflicts(account, arguments).await,
        "GetMergeCommit" => merges::commit(account, arguments).await,
        "CreateUnreferencedMergeCommit" => {
            merges::create_unreferenced(account, caller, arguments).await
        }
        "MergeBranchesByFastForward" => merges::by_fast_forward(account, caller, arguments).await,
        "MergeBranchesBySquash" => merges::by_squash(account, caller, arguments).await,
        "MergeBranchesByThreeWay" => merges::by_three_way(account, caller, arguments).await,
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

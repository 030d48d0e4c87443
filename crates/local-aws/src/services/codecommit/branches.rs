//! Branches: creating, reading, listing, deleting them.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    ReferenceChange,
    input::{commit_id, refuse, required, shape},
    references::reported,
    references_moved, repositories,
};
use crate::{
    Account, Caller, ServiceError,
    git::{is_object_id, is_reference_name},
    page::page,
};

/// ListBranches knows no page size; the real one is not documented.
const PAGE: usize = 100;
const HEADS: &str = "refs/heads/";
/// What file systems take, less `.lock`.
const LONGEST_PART: usize = 250;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OneBranch {
    repository_name: Option<String>,
    branch_name: Option<String>,
    commit_id: Option<String>,
}

/// CreateBranch.
pub(super) async fn create(
    account: &Arc<Account>,
    caller: &Caller,
    input: &Value,
) -> Result<Value, ServiceError> {
    let request: OneBranch = shape(input)?;
    let repository = repositories::existing(account, request.repository_name)?.repository_name;
    let branch = valid_name(request.branch_name, "branchName")?;
    let commit = commit_id(request.commit_id, "commitId")?;
    let _moving = account.references.lock().await;
    let Some(commit) = account.git.resolve(&repository, &commit).await? else {
        let message = format!("repository `{repository}` has no commit {commit}");
        return refuse("CommitDoesNotExistException", message);
    };
    let full_name = format!("{HEADS}{branch}");
    let new = Some(commit.as_str());
    let git = &account.git;
    if let Err(error) = git.set_reference(&repository, &full_name, new, None).await {
        refuse_taken(account, &repository, &branch).await?;
        return Err(error.into());
    }
    let change = ReferenceChange {
        full_name,
        old: None,
        new: Some(commit),
    };
    references_moved(account, caller, &repository, &[change]).await?;
    Ok(json!({}))
}

/// GetBranch.
pub(super) async fn get(account: &Account, input: &Value) -> Result<Value, ServiceError> {
    let request: OneBranch = shape(input)?;
    let repository = repositories::existing(account, request.repository_name)?.repository_name;
    let branch = valid_name(request.branch_name, "branchName")?;
    let commit = tip(account, &repository, &branch).await?;
    Ok(json!({ "branch": { "branchName": branch, "commitId": commit } }))
}

/// DeleteBranch. One that does not exist is deleted already.
pub(super) async fn delete(
    account: &Arc<Account>,
    caller: &Caller,
    input: &Value,
) -> Result<Value, ServiceError> {
    let request: OneBranch = shape(input)?;
    let repository = repositories::existing(account, request.repository_name)?;
    let branch = valid_name(request.branch_name, "branchName")?;
    let _moving = account.references.lock().await;
    if repository.default_branch.as_ref() == Some(&branch) {
        let message = format!("`{branch}` is the default branch");
        return refuse("DefaultBranchCannotBeDeletedException", message);
    }
    let repository = repository.repository_name;
    let full_name = format!("{HEADS}{branch}");
    let Some(commit) = account.git.resolve(&repository, &full_name).await? else {
        return Ok(json!({}));
    };
    let moved = account
        .git
        .set_reference(&repository, &full_name, None, Some(&commit));
    moved.await?;
    let change = ReferenceChange {
        full_name,
        old: Some(commit.clone()),
        new: None,
    };
    references_moved(account, caller, &repository, &[change]).await?;
    Ok(json!({ "deletedBranch": { "branchName": branch, "commitId": commit } }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    repository_name: Option<String>,
    next_token: Option<String>,
}

/// ListBranches.
pub(super) fn list(account: &Account, input: &Value) -> Result<Value, ServiceError> {
    let request: List = shape(input)?;
    let repository = repositories::existing(account, request.repository_name)?.repository_name;
    let branches = reported(account, &repository, HEADS)
        .into_keys()
        .map(|full_name| full_name[HEADS.len()..].to_owned());
    let Some(page) = page(branches, Clone::clone, PAGE, request.next_token.as_deref()) else {
        let message = "nextToken is not one that this service gave out";
        return refuse("InvalidContinuationTokenException", message);
    };
    let mut answer = json!({ "branches": page.items });
    if let Some(token) = page.next_token {
        answer["nextToken"] = json!(token);
    }
    Ok(answer)
}

/// The name of a branch in a request; a full name stands for the branch as well.
pub(crate) fn valid_name(name: Option<String>, member: &str) -> Result<String, ServiceError> {
    let name = required(name, member, "BranchNameRequiredException")?;
    let short = name.strip_prefix(HEADS).unwrap_or(&name);
    if is_reference_name(short) && !is_object_id(short) && short.chars().count() <= 256 {
        // git keeps each part as a file, and locks it under a name with `.lock` at its end.
        if short.split('/').any(|part| part.len() > LONGEST_PART) {
            let message = format!(
                "the local endpoint takes at most {LONGEST_PART} bytes between two slashes of a branch's name: `{name}`"
            );
            return refuse("InvalidBranchNameException", message);
        }
        return Ok(short.to_owned());
    }
    let message = format!("`{name}` is not a name that git allows for a branch");
    refuse("InvalidBranchNameException", message)
}

/// The commit a branch is at.
pub(crate) async fn tip(
    account: &Account,
    repository: &str,
    branch: &str,
) -> Result<String, ServiceError> {
    let full_name = format!("{HEADS}{branch}");
    let commit = account.git.resolve(repository, &full_name).await?;
    commit.ok_or_else(|| {
        let message = format!("repository `{repository}` has no branch `{branch}`");
        ServiceError::client("BranchDoesNotExistException", message)
    })
}

/// Moves a branch from `old` to `new` and reports it. Called with `account.references` held.
pub(crate) async fn set(
    account: &Arc<Account>,
    caller: &Caller,
    repository: &str,
    branch: &str,
    old: Option<&str>,
    new: &str,
) -> Result<(), ServiceError> {
    let full_name = format!("{HEADS}{branch}");
    let moved = account
        .git
        .set_reference(repository, &full_name, Some(new), old);
    moved.await?;
    let change = ReferenceChange {
        full_name,
        old: old.map(str::to_owned),
        new: Some(new.to_owned()),
    };
    references_moved(account, caller, repository, &[change]).await
}

/// A branch that exists, or whose name is a folder of another's or the reverse, cannot be created.
async fn refuse_taken(
    account: &Account,
    repository: &str,
    branch: &str,
) -> Result<(), ServiceError> {
    let references = account.git.references(repository, HEADS).await?;
    let is_below = |name: &str, folder: &str| {
        name.strip_prefix(folder)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let taken = references
        .keys()
        .map(|full_name| &full_name[HEADS.len()..])
        .find(|name| is_below(name, branch) || is_below(branch, name));
    let Some(taken) = taken else { return Ok(()) };
    let message = if taken == branch {
        format!("there is a branch `{branch}` already")
    } else {
        format!("there is a branch `{taken}` already, git cannot hold `{branch}` beside it")
    };
    refuse("BranchNameExistsException", message)
}

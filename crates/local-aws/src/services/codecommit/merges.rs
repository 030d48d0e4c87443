//! Merges of two commits: whether they are possible, what conflicts, making them on a branch or on none.
//!
//! git merges; CodeCommit's default is coarser than git (`FILE_LEVEL`: a file that both sides changed conflicts).

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    branches,
    commits::{self, UNREFERENCED, identity},
    input::{refuse, required, shape},
    references::emit_state_change,
};
use crate::{
    Account, Caller, ServiceError,
    git::{Detail, Merge, Resolution},
    page::page,
    store::StoreError,
};

mod by_hand;
mod conflicts;
mod request;

pub(crate) use by_hand::{ByHand, Wanted};
use conflicts::Versions;
pub(crate) use request::{MergeOption, Settling};
use request::{MergeRequest, Sides};

/// Conflicting files in one answer, unless the request wants fewer.
const MOST_FILES: usize = 100;

/// GetMergeOptions.
pub(super) async fn options(account: &Account, input: &Value) -> Result<Value, ServiceError> {
    let request: MergeRequest = shape(input)?;
    let sides = request.sides(account).await?;
    let mut options = Vec::new();
    if is_fast_forward(account, &sides).await? {
        options.push(MergeOption::FastForwardMerge);
    }
    if conflicting_files(account, &request, &sides)
        .await?
        .is_empty()
    {
        options.extend([MergeOption::SquashMerge, MergeOption::ThreeWayMerge]);
    }
    Ok(json!({
        "mergeOptions": options,
        "sourceCommitId": sides.source,
        "destinationCommitId": sides.destination,
        // A required member; commits without a common ancestor have no better value for it.
        "baseCommitId": base(account, &sides).await?.unwrap_or_default(),
    }))
}

/// GetMergeConflicts.
pub(super) async fn conflicts(account: &Account, input: &Value) -> Result<Value, ServiceError> {
    let request: MergeRequest = shape(input)?;
    let option = request.option()?;
    let sides = request.sides(account).await?;
    let detail = request.settling.merging()?.detail;
    let limit = match request.max_conflict_files.map(usize::try_from) {
        None => MOST_FILES,
        Some(Ok(limit)) if limit >= 1 => limit.min(MOST_FILES),
        Some(_) => {
            let message = "maxConflictFiles must be at least 1";
            return refuse("InvalidMaxConflictFilesException", message);
        }
    };
    let base = base(account, &sides).await?;
    let (mergeable, files) = if option == MergeOption::FastForwardMerge {
        (is_fast_forward(account, &sides).await?, Vec::new())
    } else {
        let files = conflicting_files(account, &request, &sides).await?;
        (files.is_empty(), files)
    };
    let Some(page) = page(files, Clone::clone, limit, request.next_token.as_deref()) else {
        let message = "nextToken is not one that this service gave out";
        return refuse("InvalidContinuationTokenException", message);
    };
    let versions = Versions::read(account, &sides, base.as_deref(), &page.items, detail).await?;
    let mut list = Vec::new();
    for path in &page.items {
        list.push(conflicts::metadata(&versions, path).await?);
    }
    let mut answer = json!({
        "mergeable": mergeable,
        "destinationCommitId": sides.destination,
        "sourceCommitId": sides.source,
        "conflictMetadataList": list,
    });
    for (member, value) in [("baseCommitId", base), ("nextToken", page.next_token)] {
        if let Some(value) = value {
            answer[member] = json!(value);
        }
    }
    Ok(answer)
}

/// GetMergeCommit: the commit by which the source came into the destination; after a fast-forward there is none.
pub(super) async fn commit(account: &Account, input: &Value) -> Result<Value, ServiceError> {
    let request: MergeRequest = shape(input)?;
    request.settling.merging()?;
    let sides = request.sides(account).await?;
    let mut answer = json!({
        "sourceCommitId": sides.source,
        "destinationCommitId": sides.destination,
    });
    if let Some(base) = base(account, &sides).await? {
        answer["baseCommitId"] = json!(base);
    }
    let git = &account.git;
    let merge = git.merge_commit_of(sides.name(), &sides.destination, &sides.source);
    if let Some(merge) = merge.await? {
        answer["mergedCommitId"] = json!(merge);
    }
    Ok(answer)
}

/// CreateUnreferencedMergeCommit.
pub(super) async fn create_unreferenced(
    account: &Arc<Account>,
    caller: &Caller,
    input: &Value,
) -> Result<Value, ServiceError> {
    let request: MergeRequest = shape(input)?;
    let option = request.option()?;
    if option == MergeOption::FastForwardMerge {
        let message =
            "a fast-forward makes no commit: mergeOption is SQUASH_MERGE or THREE_WAY_MERGE";
        return refuse("InvalidMergeOptionException", message);
    }
    let sides = request.sides(account).await?;
    let (commit, tree) = merged_commit(account, caller, &request, &sides, option).await?;
    let settling = &request.settling;
    let mut detail = json!({
        "event": "unreferencedMergeCommitCreated",
        "commitId": commit,
        "sourceCommitId": sides.source,
        "destinationCommitId": sides.destination,
        "mergeOption": option,
        "conflictDetailsLevel": settling.conflict_detail_level.as_deref().unwrap_or("FILE_LEVEL"),
        "conflictResolutionStrategy":
            settling.conflict_resolution_strategy.as_deref().unwrap_or("NONE"),
    });
    if let Some(base) = base(account, &sides).await? {
        detail["baseCommitId"] = json!(base);
    }
    account.store.write(|transaction| {
        let key = format!("{}/{commit}", sides.name());
        transaction.put(&UNREFERENCED, &key, &())?;
        emit_state_change(account, caller, transaction, &sides.repository, detail)?;
        Ok::<_, StoreError>(())
    })?;
    account.events_bell.notify_one();
    Ok(json!({ "commitId": commit, "treeId": tree }))
}

/// MergeBranchesByFastForward.
pub(super) async fn by_fast_forward(
    account: &Arc<Account>,
    caller: &Caller,
    input: &Value,
) -> Result<Value, ServiceError> {
    let request: MergeRequest = shape(input)?;
    let _moving = account.references.lock().await;
    let sides = request.sides(account).await?;
    let branch = target(account, &request, &sides).await?;
    if !is_fast_forward(account, &sides).await? {
        let message = format!(
            "{} is not in the history of {}: no fast-forward is possible",
            sides.destination, sides.source
        );
        return refuse("ManualMergeRequiredException", message);
    }
    move_target(account, caller, &sides, &branch, &sides.source).await?;
    let commit = account.git.commit(sides.name(), &sides.source).await?;
    let tree = commit.map(|commit| commit.tree).unwrap_or_default();
    Ok(json!({ "commitId": sides.source, "treeId": tree }))
}

/// MergeBranchesBySquash.
pub(super) async fn by_squash(
    account: &Arc<Account>,
    caller: &Caller,
    input: &Value,
) -> Result<Value, ServiceError> {
    by_commit(account, caller, input, MergeOption::SquashMerge).await
}

/// MergeBranchesByThreeWay.
pub(super) async fn by_three_way(
    account: &Arc<Account>,
    caller: &Caller,
    input: &Value,
) -> Result<Value, ServiceError> {
    by_commit(account, caller, input, MergeOption::ThreeWayMerge).await
}

async fn by_commit(
    account: &Arc<Account>,
    caller: &Caller,
    input: &Value,
    option: MergeOption,
) -> Result<Value, ServiceError> {
    let request: MergeRequest = shape(input)?;
    let _moving = account.references.lock().await;
    let sides = request.sides(account).await?;
    let branch = target(account, &request, &sides).await?;
    let (commit, tree) = merged_commit(account, caller, &request, &sides, option).await?;
    move_target(account, caller, &sides, &branch, &commit).await?;
    Ok(json!({ "commitId": commit, "treeId": tree }))
}

/// Makes the commit of a squash or three-way merge, on no branch. Gives commit and tree.
async fn merged_commit(
    account: &Account,
    caller: &Caller,
    request: &MergeRequest,
    sides: &Sides,
    option: MergeOption,
) -> Result<(String, String), ServiceError> {
    let Sides {
        destination,
        source,
        ..
    } = sides;
    let wanted = Wanted {
        account,
        repository: sides.name(),
        destination,
        source,
        merging: request.settling.merging()?,
        keep_empty_folders: request.keep_empty_folders,
    };
    let author = identity(caller, request.author_name.clone(), request.email.clone())?;
    let message = commits::message(request.commit_message.clone())?;
    let tree = wanted.tree(request.conflict_resolution.as_ref()).await?;
    let parents = parents(option, destination, source);
    let message = message.unwrap_or_else(|| format!("Merge {source} into {destination}"));
    let git = &account.git;
    let commit = git.commit_tree(sides.name(), &tree, &parents, &message, &author);
    Ok((commit.await?, tree))
}

/// The parents of a merge's commit: a squash forgets where its content came from.
pub(crate) fn parents<'a>(
    option: MergeOption,
    destination: &'a str,
    source: &'a str,
) -> Vec<&'a str> {
    match option {
        MergeOption::ThreeWayMerge => vec![destination, source],
        MergeOption::SquashMerge => vec![destination],
        MergeOption::FastForwardMerge => Vec::new(),
    }
}

async fn is_fast_forward(account: &Account, sides: &Sides) -> Result<bool, ServiceError> {
    let git = &account.git;
    let is_ancestor = git.is_ancestor(sides.name(), &sides.destination, &sides.source);
    Ok(is_ancestor.await?)
}

async fn base(account: &Account, sides: &Sides) -> Result<Option<String>, ServiceError> {
    let git = &account.git;
    let base = git.merge_base(sides.name(), &sides.destination, &sides.source);
    Ok(base.await?)
}

async fn conflicting_files(
    account: &Account,
    request: &MergeRequest,
    sides: &Sides,
) -> Result<Vec<String>, ServiceError> {
    let merging = request.settling.merging()?;
    if merging.detail == Detail::File && merging.resolution != Resolution::None {
        // Whatever conflicts, one side has been said to be right.
        return Ok(Vec::new());
    }
    let git = &account.git;
    let merge = git.merge(sides.name(), &sides.destination, &sides.source, merging);
    Ok(match merge.await? {
        Merge::Clean { .. } => Vec::new(),
        Merge::Conflicts { files } => files,
    })
}

/// The branch that the merge moves, which must be at the destination commit.
async fn target(
    account: &Account,
    request: &MergeRequest,
    sides: &Sides,
) -> Result<String, ServiceError> {
    let named = required(
        request.target(),
        "targetBranch",
        "BranchNameRequiredException",
    )?;
    let branch = branches::valid_name(Some(named), "targetBranch")?;
    let git = &account.git;
    let references = git.references(sides.name(), "refs/").await?;
    match references.get(&format!("refs/heads/{branch}")) {
        Some(tip) if *tip == sides.destination => Ok(branch),
        Some(tip) => {
            let message = format!("`{branch}` is at {tip}, not at {}", sides.destination);
            refuse("InvalidTargetBranchException", message)
        }
        None if references.contains_key(&format!("refs/tags/{branch}")) => {
            let message = format!("`{branch}` is a tag, not a branch");
            refuse("BranchNameIsTagNameException", message)
        }
        None => branches::tip(account, sides.name(), &branch)
            .await
            .map(|_| branch),
    }
}

async fn move_target(
    account: &Arc<Account>,
    caller: &Caller,
    sides: &Sides,
    branch: &str,
    commit: &str,
) -> Result<(), ServiceError> {
    if commit == sides.destination {
        return Ok(());
    }
    let old = Some(sides.destination.as_str());
    branches::set(account, caller, sides.name(), branch, old, commit).await
}

//! Merging a pull request by one of three ways.
//!
//! A merge is noted before the destination branch moves. The report of that move closes the pull request, in this
//! process or, after a crash in between, in the next. A note whose commit never reaches the destination has no effect.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::model::{Merged, PullRequest, PullRequestId, load};
use crate::{
    Account, Caller, ServiceError,
    services::codecommit::{
        approvals, branches,
        commits::{self, identity},
        input::{is_hexadecimal, refuse},
        merges::{ByHand, MergeOption, Settling, Wanted, parents},
        repositories::existing,
    },
    store::{Table, Tables, Transaction},
};

/// Merges that were begun, by pull request.
const BEGUN: Table<Begun> = Table::new("pull-request-merges");
const HEADS: &str = "refs/heads/";

#[derive(Serialize, Deserialize)]
struct Begun {
    /// Another source commit makes it another merge.
    source_commit: String,
    merged: Merged,
}

/// The merge that was begun for the pull request as it is.
pub(super) fn begun(account: &Account, pull_request: &PullRequest) -> Option<Merged> {
    account.store.read(|tables| begun_in(tables, pull_request))
}

/// The merge that was begun for the pull request as it is.
pub(super) fn begun_in(tables: &Tables, pull_request: &PullRequest) -> Option<Merged> {
    let begun = tables.get(&BEGUN, &pull_request.id.key())?;
    (begun.source_commit == pull_request.source_commit).then_some(begun.merged)
}

/// Forgets the merge that was begun.
pub(super) fn forget(transaction: &mut Transaction<'_>, id: PullRequestId) {
    transaction.delete(&BEGUN, &id.key());
}

/// The members that the three operations have in common.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MergeInput {
    pull_request_id: Option<String>,
    repository_name: Option<String>,
    source_commit_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CommitInput {
    #[serde(flatten)]
    merge: MergeInput,
    #[serde(flatten)]
    settling: Settling,
    conflict_resolution: Option<ByHand>,
    commit_message: Option<String>,
    author_name: Option<String>,
    email: Option<String>,
    #[serde(default)]
    keep_empty_folders: bool,
}

/// MergePullRequestByFastForward.
pub(super) async fn fast_forward(
    account: &Arc<Account>,
    caller: &Caller,
    input: MergeInput,
) -> Result<Value, ServiceError> {
    let (id, repository, expected) = checked(account, input)?;
    let _moving = account.references.lock().await;
    let pull_request = mergeable(account, id, &repository, expected.as_deref())?;
    let (source, tip) = (&pull_request.source_commit, &pull_request.destination_tip);
    if !account.git.is_ancestor(&repository, tip, source).await? {
        let message =
            "the destination has commits that the source lacks: no fast-forward is possible";
        return refuse("ManualMergeRequiredException", message);
    }
    let commit = source.clone();
    let option = MergeOption::FastForwardMerge;
    finish(account, caller, &pull_request, commit, option).await
}

/// MergePullRequestBySquash.
pub(super) async fn squash(
    account: &Arc<Account>,
    caller: &Caller,
    input: CommitInput,
) -> Result<Value, ServiceError> {
    with_commit(account, caller, input, MergeOption::SquashMerge).await
}

/// MergePullRequestByThreeWay.
pub(super) async fn three_way(
    account: &Arc<Account>,
    caller: &Caller,
    input: CommitInput,
) -> Result<Value, ServiceError> {
    with_commit(account, caller, input, MergeOption::ThreeWayMerge).await
}

async fn with_commit(
    account: &Arc<Account>,
    caller: &Caller,
    input: CommitInput,
    option: MergeOption,
) -> Result<Value, ServiceError> {
    let author = identity(caller, input.author_name, input.email)?;
    let message = commits::message(input.commit_message)?;
    let merging = input.settling.merging()?;
    let (id, repository, expected) = checked(account, input.merge)?;
    let _moving = account.references.lock().await;
    let pull_request = mergeable(account, id, &repository, expected.as_deref())?;
    let (source, destination) = (&pull_request.source_commit, &pull_request.destination_tip);
    let wanted = Wanted {
        account,
        repository: &repository,
        destination,
        source,
        merging,
        keep_empty_folders: input.keep_empty_folders,
    };
    let tree = wanted.tree(input.conflict_resolution.as_ref()).await?;
    let message = message.unwrap_or_else(|| {
        let branch = pull_request.source_reference.trim_start_matches(HEADS);
        let title = &pull_request.title;
        format!("Merge pull request {id} from {branch}\n\n{title}\n")
    });
    let parents = parents(option, destination, source);
    let git = &account.git;
    let commit = git.commit_tree(&repository, &tree, &parents, &message, &author);
    finish(account, caller, &pull_request, commit.await?, option).await
}

fn checked(
    account: &Account,
    input: MergeInput,
) -> Result<(PullRequestId, String, Option<String>), ServiceError> {
    let id = PullRequestId::parse(input.pull_request_id)?;
    let repository = existing(account, input.repository_name)?.repository_name;
    let expected = input.source_commit_id;
    if let Some(commit) = expected.as_ref().filter(|id| !is_hexadecimal(id, 40)) {
        let message = format!("sourceCommitId `{commit}` is not a full commit id");
        return refuse("InvalidCommitIdException", message);
    }
    Ok((id, repository, expected))
}

/// The pull request, if it may be merged now. With `account.references` held its commits are those of its branches.
fn mergeable(
    account: &Account,
    id: PullRequestId,
    repository: &str,
    expected: Option<&str>,
) -> Result<PullRequest, ServiceError> {
    account.store.read(|tables| {
        let pull_request = load(tables, id)?;
        pull_request.require_open()?;
        pull_request.require_repository(repository)?;
        let tip = &pull_request.source_commit;
        if let Some(expected) = expected.filter(|expected| expected != tip) {
            let message = format!("the source branch is at {tip}, not at {expected}");
            return refuse("TipOfSourceReferenceIsDifferentException", message);
        }
        approvals::require_satisfied(tables, &pull_request)?;
        Ok(pull_request)
    })
}

/// Moves the destination branch to `commit`; the report of the move closes the pull request.
async fn finish(
    account: &Arc<Account>,
    caller: &Caller,
    pull_request: &PullRequest,
    commit: String,
    option: MergeOption,
) -> Result<Value, ServiceError> {
    let id = pull_request.id;
    let merged = Merged {
        by: caller.arn.clone(),
        commit: commit.clone(),
        option,
    };
    let begun = Begun {
        source_commit: pull_request.source_commit.clone(),
        merged,
    };
    account.store.write(|transaction| {
        // Asked again: rules and approvals may have changed while git was merging.
        let live = load(transaction, id)?;
        live.require_open()?;
        approvals::require_satisfied(transaction, &live)?;
        transaction.put(&BEGUN, &id.key(), &begun)?;
        Ok::<_, ServiceError>(())
    })?;
    let reference = &pull_request.destination_reference;
    let branch = reference.strip_prefix(HEADS).unwrap_or(reference);
    let tip = Some(pull_request.destination_tip.as_str());
    let repository = &pull_request.repository;
    branches::set(account, caller, repository, branch, tip, &commit).await?;
    let pull_request = account.store.read(|tables| load(tables, id))?;
    Ok(json!({ "pullRequest": pull_request.wire() }))
}

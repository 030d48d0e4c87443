//! Merging a pull request by one of three ways.
//!
//! A merge is noted before the destination branch moves. The report of that move closes the pull request, in this
//! process or, after a crash in between, in the next.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::model::{MergeOption, Merged, PullRequest, PullRequestId, load};
use crate::{
    Account, Caller, ServiceError,
    git::{Detail, Identity, Merge, Merging, Resolution},
    services::codecommit::{
        approvals, branches,
        input::{is_hexadecimal, optional_word, refuse},
        repositories::existing,
    },
    store::{StoreError, Table, Tables, Transaction},
};

/// Merges that were begun, by pull request.
const BEGUN: Table<Begun> = Table::new("pull-request-merges");
const LONGEST_NAME: usize = 256;
const LONGEST_MESSAGE_BYTES: usize = 100 * 1024;
const HEADS: &str = "refs/heads/";

#[derive(serde::Serialize, serde::Deserialize)]
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
    conflict_detail_level: Option<String>,
    conflict_resolution_strategy: Option<String>,
    commit_message: Option<String>,
    author_name: Option<String>,
    email: Option<String>,
    conflict_resolution: Option<Value>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum DetailLevel {
    FileLevel,
    LineLevel,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Strategy {
    None,
    AcceptSource,
    AcceptDestination,
    Automerge,
}

/// The commit that a squash or a three-way merge makes.
struct NewCommit {
    merging: Merging,
    message: Option<String>,
    author: Identity,
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
        let message = "the destination branch has commits that the source branch lacks: a fast-forward is impossible";
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
    let new = new_commit(caller, &input)?;
    let (id, repository, expected) = checked(account, input.merge)?;
    let _moving = account.references.lock().await;
    let pull_request = mergeable(account, id, &repository, expected.as_deref())?;
    let (source, tip) = (&pull_request.source_commit, &pull_request.destination_tip);
    let git = &account.git;
    let tree = match git.merge(&repository, tip, source, new.merging).await? {
        Merge::Clean { tree } => tree,
        Merge::Conflicts { files } => {
            let message = format!("source and destination conflict in {}", files.join(", "));
            return refuse("ManualMergeRequiredException", message);
        }
    };
    let message = new.message.unwrap_or_else(|| {
        let branch = pull_request.source_reference.trim_start_matches(HEADS);
        format!(
            "Merge pull request {id} from {branch}\n\n{}\n",
            pull_request.title
        )
    });
    let parents: &[&str] = match option {
        MergeOption::SquashMerge => &[tip],
        MergeOption::FastForwardMerge | MergeOption::ThreeWayMerge => &[tip, source],
    };
    let commit = git
        .commit_tree(&repository, &tree, parents, &message, &new.author)
        .await?;
    finish(account, caller, &pull_request, commit, option).await
}

/// What a request says about the commit to make.
fn new_commit(caller: &Caller, input: &CommitInput) -> Result<NewCommit, ServiceError> {
    let detail = optional_word(
        input.conflict_detail_level.clone(),
        "conflictDetailLevel",
        "InvalidConflictDetailLevelException",
    )?;
    let strategy = optional_word(
        input.conflict_resolution_strategy.clone(),
        "conflictResolutionStrategy",
        "InvalidConflictResolutionStrategyException",
    )?;
    if input.conflict_resolution.is_some() || matches!(strategy, Some(Strategy::Automerge)) {
        let message = "the local endpoint does not implement conflictResolution and AUTOMERGE";
        return refuse("InvalidConflictResolutionException", message);
    }
    let name = match &input.author_name {
        Some(name) => name.clone(),
        None => caller.arn.rsplit('/').next().unwrap_or_default().to_owned(),
    };
    let email = input.email.clone().unwrap_or_default();
    if name.chars().count() > LONGEST_NAME {
        let message = format!("authorName has more than {LONGEST_NAME} characters");
        return refuse("NameLengthExceededException", message);
    }
    if email.contains(['<', '>', '\n']) {
        let message = format!("`{email}` is not an email address");
        return refuse("InvalidEmailException", message);
    }
    let message = input.commit_message.clone();
    if message
        .as_ref()
        .is_some_and(|text| text.len() > LONGEST_MESSAGE_BYTES)
    {
        let message = format!("commitMessage has more than {LONGEST_MESSAGE_BYTES} bytes");
        return refuse("CommitMessageLengthExceededException", message);
    }
    Ok(NewCommit {
        merging: Merging {
            detail: match detail {
                Some(DetailLevel::LineLevel) => Detail::Line,
                Some(DetailLevel::FileLevel) | None => Detail::File,
            },
            resolution: match strategy {
                Some(Strategy::AcceptSource) => Resolution::Source,
                Some(Strategy::AcceptDestination) => Resolution::Destination,
                Some(Strategy::None | Strategy::Automerge) | None => Resolution::None,
            },
        },
        message,
        author: Identity { name, email },
    })
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
    let moved = branches::set(account, caller, repository, branch, tip, &commit).await;
    if let Err(error) = moved {
        account.store.write(|transaction| {
            forget(transaction, id);
            Ok::<_, StoreError>(())
        })?;
        return Err(error);
    }
    let pull_request = account.store.read(|tables| load(tables, id))?;
    Ok(json!({ "pullRequest": pull_request.wire() }))
}

//! How pull requests follow their branches: a push renews the revision, a deletion closes, a push that contains the source
//! merges.
//!
//! A report of a state that is known already changes nothing, so a report may be repeated after a crash.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    history::{Happening, record},
    merging,
    model::{Merged, PullRequest, Status, change, new_revision, open_ones},
};
use crate::{
    Account, Caller, ServiceError,
    services::codecommit::{ReferenceChange, merges::MergeOption},
    store::Transaction,
};

/// What happened to a branch since a pull request last looked at it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Move {
    Stays,
    To(String),
    Gone,
}

impl Move {
    fn of(full_name: &str, known: &str, changes: &[ReferenceChange]) -> Self {
        let change = changes.iter().find(|change| change.full_name == full_name);
        match change.map(|change| &change.new) {
            Some(None) => Self::Gone,
            Some(Some(new)) if new != known => Self::To(new.clone()),
            _ => Self::Stays,
        }
    }

    fn or<'a>(&'a self, known: &'a str) -> &'a str {
        match self {
            Self::To(new) => new,
            Self::Stays | Self::Gone => known,
        }
    }
}

/// What the moves of its branches mean to one pull request.
struct Following {
    source: Move,
    destination: Move,
    merged: Option<Merged>,
    merge_base: Option<String>,
}

/// Brings pull requests in line with references that moved. Called with `account.references` held.
pub(crate) async fn references_moved(
    account: &Arc<Account>,
    caller: &Caller,
    repository: &str,
    changes: &[ReferenceChange],
) -> Result<(), ServiceError> {
    let open = account.store.read(|tables| open_ones(tables, repository));
    let contained = contained(account, repository, &open, changes).await?;
    for pull_request in open {
        let Some(following) = look(account, caller, &pull_request, changes, &contained).await?
        else {
            continue;
        };
        change(account, pull_request.id, |pull_request, transaction| {
            follow(account, transaction, caller, pull_request, following)
        })?;
    }
    Ok(())
}

/// The sources and destinations, as pairs of commits, of which a moved destination has its source in its history. One
/// question for each branch that moved, however many pull requests want to go there.
async fn contained(
    account: &Account,
    repository: &str,
    open: &[PullRequest],
    changes: &[ReferenceChange],
) -> Result<BTreeSet<(String, String)>, ServiceError> {
    let mut contained = BTreeSet::new();
    for change in changes {
        let Some(to) = &change.new else { continue };
        let comers = open.iter().filter(|pull_request| {
            pull_request.destination_reference == change.full_name
                && pull_request.destination_tip != *to
        });
        let sources: BTreeSet<String> = comers
            .map(|pull_request| {
                let known = &pull_request.source_commit;
                Move::of(&pull_request.source_reference, known, changes)
                    .or(known)
                    .to_owned()
            })
            .collect();
        let inside = account.git.ancestors_among(repository, sources, to).await?;
        contained.extend(inside.into_iter().map(|source| (source, to.clone())));
    }
    Ok(contained)
}

/// What the moves mean to a pull request; none if they mean nothing.
async fn look(
    account: &Account,
    caller: &Caller,
    pull_request: &PullRequest,
    changes: &[ReferenceChange],
    contained: &BTreeSet<(String, String)>,
) -> Result<Option<Following>, ServiceError> {
    let PullRequest {
        repository,
        source_commit,
        destination_tip,
        ..
    } = pull_request;
    let source = Move::of(&pull_request.source_reference, source_commit, changes);
    let reference = &pull_request.destination_reference;
    let destination = Move::of(reference, destination_tip, changes);
    let (from, to) = (source.or(source_commit), destination.or(destination_tip));
    let merged = match (&source, &destination) {
        (_, Move::Gone) | (Move::To(_), Move::Stays) => None,
        _ => {
            let pair = (from.to_owned(), to.to_owned());
            let arrived = destination != Move::Stays && contained.contains(&pair);
            merged(account, caller, pull_request, to, arrived).await?
        }
    };
    if (&source, &destination) == (&Move::Stays, &Move::Stays) && merged.is_none() {
        return Ok(None);
    }
    let merge_base = match &source {
        Move::To(_) => account.git.merge_base(repository, to, from).await?,
        Move::Stays | Move::Gone => pull_request.merge_base.clone(),
    };
    Ok(Some(Following {
        source,
        destination,
        merged,
        merge_base,
    }))
}

/// The merge that put the source commit into the destination: one that was asked for, or a push with which it `arrived`.
async fn merged(
    account: &Account,
    caller: &Caller,
    pull_request: &PullRequest,
    to: &str,
    arrived: bool,
) -> Result<Option<Merged>, ServiceError> {
    let repository = &pull_request.repository;
    if let Some(begun) = merging::begun(account, pull_request)
        && account
            .git
            .is_ancestor(repository, &begun.commit, to)
            .await?
    {
        return Ok(Some(begun));
    }
    Ok(arrived.then(|| Merged {
        by: caller.arn.clone(),
        commit: to.to_owned(),
        option: MergeOption::FastForwardMerge,
    }))
}

fn follow(
    account: &Account,
    transaction: &mut Transaction<'_>,
    caller: &Caller,
    pull_request: &mut PullRequest,
    following: Following,
) -> Result<(), ServiceError> {
    // Closed by somebody while git was asked: nothing follows any more.
    if pull_request.status == Status::Closed {
        return Ok(());
    }
    let assumptions = account.settings.assumptions;
    let begun = merging::begun_in(transaction, pull_request);
    let requested = following.merged.is_some() && following.merged == begun;
    if let Move::To(tip) = &following.destination {
        pull_request.destination_tip.clone_from(tip);
        if assumptions.destination_commit_follows_branch && !requested {
            pull_request.destination_commit.clone_from(tip);
        }
        if assumptions.destination_move_renews_revision && !requested {
            pull_request.revision_id = new_revision();
        }
    }
    if let Move::To(commit) = &following.source {
        pull_request.source_commit.clone_from(commit);
        pull_request.revision_id = new_revision();
        pull_request.merge_base = following.merge_base;
        let happening = Happening::SourceMoved;
        record(account, transaction, &caller.arn, pull_request, &happening)?;
    }
    let gone = [&following.source, &following.destination].contains(&&Move::Gone);
    if let Some(merged) = following.merged {
        let actor = merged.by.clone();
        pull_request.merged = Some(merged);
        pull_request.status = Status::Closed;
        merging::forget(transaction, pull_request.id);
        let happening = Happening::Merged;
        record(account, transaction, &actor, pull_request, &happening)?;
    } else if gone {
        pull_request.status = Status::Closed;
        let happening = Happening::Closed;
        record(account, transaction, &caller.arn, pull_request, &happening)?;
    }
    Ok(())
}

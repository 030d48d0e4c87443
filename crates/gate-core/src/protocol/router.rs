//! From an event and the live pull request to the run that is wanted.

use super::{Candidacy, Claim, Request, Wish};
use crate::{
    event::{PullRequestEvent, RunDied},
    id::CommitId,
    names,
    pull_request::PullRequest,
};

/// What the router does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouterDecision {
    /// Start a run.
    Start(Request, Wish),
    /// Nothing, for this reason.
    Ignore(String),
    /// Reads are older than the event: fail, so that it comes again.
    ReadsBehind(String),
    /// Not even the words could be said: fail, so that it ends among the dead letters.
    GiveUp(String),
}

/// Whether the event names a source commit that the live pull request does not show: then its own events are to be read.
pub fn needs_known_commits(event: &PullRequestEvent, live: &PullRequest) -> bool {
    live.is_open() && !event.closed && event.source_commit != live.source_commit
}

/// Decides about a pull request event. `known_commits` are read if [`needs_known_commits`] says so. `destination_tip` is
/// `None` when the branch is gone.
pub fn on_pull_request(
    event: &PullRequestEvent,
    live: Option<&PullRequest>,
    known_commits: &[CommitId],
    destination_tip: Option<&CommitId>,
    claim: Option<&Claim>,
) -> RouterDecision {
    let Some(live) = live else {
        return RouterDecision::Ignore(format!(
            "pull request {} does not exist any more",
            event.pull_request
        ));
    };
    if !live.is_open() {
        return RouterDecision::Start(close(live), Wish::Once);
    }
    if event.closed {
        // A closed pull request never reopens, so the read is the older of the two.
        return RouterDecision::ReadsBehind(format!(
            "pull request {} is still shown as open",
            live.id
        ));
    }
    if needs_known_commits(event, live) && !known_commits.contains(&event.source_commit) {
        let commit = &event.source_commit;
        return RouterDecision::ReadsBehind(format!(
            "pull request {} does not know its commit {commit} yet",
            live.id
        ));
    }
    let prefix = names::revision_prefix(&live.id, &live.revision);
    if let Some(claim) = claim.filter(|claim| claim.run.as_str().starts_with(&prefix)) {
        return RouterDecision::Ignore(format!("run {} has this revision", claim.run));
    }
    match destination_tip {
        Some(tip) => RouterDecision::Start(gate(live, tip), Wish::Once),
        None => RouterDecision::Ignore(format!(
            "the destination branch `{}` is gone",
            live.destination
        )),
    }
}

/// Decides about a run that died. `request` is what it was asked.
pub fn on_run_died(
    died: &RunDied,
    request: &Request,
    live: Option<&PullRequest>,
    destination_tip: Option<&CommitId>,
    claim: Option<&Claim>,
) -> RouterDecision {
    if let Some(live) = live.filter(|live| live.is_open()) {
        if matches!(request, Request::Close { .. }) {
            return RouterDecision::ReadsBehind(format!(
                "pull request {} is still shown as open",
                live.id
            ));
        }
        if claim.is_some_and(|claim| {
            claim.run != died.run
                && names::revision_prefix(&live.id, &live.revision).is_prefix_of(claim)
        }) {
            return RouterDecision::Ignore(format!("a newer run follows {}", died.run));
        }
        return match (request, destination_tip) {
            (Request::Say { error, .. }, _) => {
                RouterDecision::GiveUp(format!("it could not even be said: {error}"))
            }
            (Request::Gate(candidacy), _) if candidacy.revision == live.revision => {
                RouterDecision::Start(request.clone(), Wish::Again)
            }
            (_, Some(tip)) => RouterDecision::Start(gate(live, tip), Wish::Once),
            (_, None) => RouterDecision::Ignore(format!(
                "the destination branch `{}` is gone",
                live.destination
            )),
        };
    }
    let close = Request::Close {
        repository: request.repository().clone(),
        pull_request: request.pull_request().clone(),
    };
    let wish = if *request == close {
        Wish::Again
    } else {
        Wish::Once
    };
    RouterDecision::Start(close, wish)
}

pub(super) fn gate(live: &PullRequest, destination_tip: &CommitId) -> Request {
    Request::Gate(Candidacy {
        repository: live.repository.clone(),
        pull_request: live.id.clone(),
        revision: live.revision.clone(),
        source_commit: live.source_commit.clone(),
        destination_commit: destination_tip.clone(),
    })
}

fn close(live: &PullRequest) -> Request {
    Request::Close {
        repository: live.repository.clone(),
        pull_request: live.id.clone(),
    }
}

trait PrefixOf {
    fn is_prefix_of(&self, claim: &Claim) -> bool;
}

impl PrefixOf for String {
    fn is_prefix_of(&self, claim: &Claim) -> bool {
        claim.run.as_str().starts_with(self.as_str())
    }
}

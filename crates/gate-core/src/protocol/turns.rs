//! Turns: which pull requests of a branch are tested again once it has moved, and which wait.
//!
//! A pull request is outdated if its latest run is about another commit of the destination than the tip, and its rules have it
//! tested again. Approved ones come first, then the newest. Who waits is told once, and loses the approval at once.

use std::cmp::Reverse;

use super::{ApprovalRecord, Candidacy, ExecutionStatus, OpenPullRequest, Request, router};
use crate::{
    event::BranchMoved,
    id::{BranchName, PullRequestId},
    names,
    rules::{MergeRules, Rules},
    verdict::VerdictKind,
};

/// So many pull requests without an approval are told at once that they wait; the others are told at the next look.
const TOLD_AT_ONCE: usize = 20;

/// Where the latest run of an open pull request leaves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// No run is about the live revision, or what was tested stands: nobody's turn.
    None,
    /// Tested with the tip, or about to be.
    UpToDate { running: bool },
    /// To be tested again.
    Outdated(Outdated),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Outdated {
    /// Whether the gate approved it when the destination moved.
    was_approved: bool,
    /// Whether nothing is left to be told: the comment says that it waits, or will.
    told: bool,
}

fn place(found: &OpenPullRequest<'_>, rules: MergeRules) -> Place {
    let live = found.live;
    let prefix = names::revision_prefix(&live.id, &live.revision);
    let claim = found
        .claim
        .filter(|claim| claim.run.as_str().starts_with(&prefix));
    let Some((claim, (status, request))) = claim.zip(found.latest) else {
        return Place::None;
    };
    let running = status == ExecutionStatus::Running;
    let result = found
        .result
        .filter(|result| result.revision == live.revision);
    let own = result.filter(|result| result.run == claim.run);
    let deferred = own.is_some_and(|result| result.deferred.is_some());
    let is_over = match request {
        Request::Defer(_) => true,
        Request::Gate(candidacy) | Request::Command { candidacy, .. } => {
            // What it was asked to test with is older than what it tested with, if the branch moved before it began.
            let with = own.and_then(|result| result.destination_commit.as_ref());
            let at_tip = *with.unwrap_or(&candidacy.destination_commit) == *found.destination_tip;
            if at_tip && !deferred {
                return Place::UpToDate { running };
            }
            false
        }
        Request::Close { .. } | Request::Say { .. } | Request::Overridden { .. } => {
            return Place::None;
        }
    };
    let stood_on_broken_rules = result.is_some_and(|result| result.rules_broken);
    if !(is_over || deferred || stood_on_broken_rules || rules.retests()) {
        return Place::None;
    }
    Place::Outdated(Outdated {
        was_approved: result.is_some_and(|result| {
            result.approval == ApprovalRecord::Given
                || result.deferred == Some(VerdictKind::Approve)
        }),
        // A run that goes on says itself what becomes of it, and a deferral is one.
        told: (running || deferred) && !(found.approved && deferred),
    })
}

/// Whether this pull request is to be tested again because its destination moved.
pub fn is_outdated(found: &OpenPullRequest<'_>, rules: MergeRules) -> bool {
    matches!(place(found, rules), Place::Outdated(_))
}

/// The runs that are wanted on one branch: tests of those whose turn it is, and for the others the words that they wait.
/// `open` are its open pull requests, `rules` are those at its tip.
pub fn turns(open: &[OpenPullRequest<'_>], rules: MergeRules) -> Vec<Request> {
    let mut tested = 0;
    let mut outdated = Vec::new();
    for found in open {
        match place(found, rules) {
            Place::None => {}
            Place::UpToDate { running } => tested += usize::from(running),
            Place::Outdated(state) => outdated.push((found, state)),
        }
    }
    outdated.sort_by_key(|(found, state)| (!state.was_approved, Reverse(age(&found.live.id))));
    let mut told = 0;
    let mut wanted = Vec::new();
    for (found, state) in outdated {
        if tested < rules.at_most {
            tested += 1;
            wanted.push(router::gate(found.live, found.destination_tip));
        } else if !state.told && (state.was_approved || told < TOLD_AT_ONCE) {
            told += usize::from(!state.was_approved);
            wanted.push(defer(found));
        }
    }
    wanted
}

/// CodeCommit counts pull requests: the longer number is the newer one, then the larger.
fn age(id: &PullRequestId) -> (usize, &str) {
    (id.as_str().len(), id.as_str())
}

fn defer(found: &OpenPullRequest<'_>) -> Request {
    Request::Defer(Candidacy {
        repository: found.live.repository.clone(),
        pull_request: found.live.id.clone(),
        revision: found.live.revision.clone(),
        source_commit: found.live.source_commit.clone(),
        destination_commit: found.destination_tip.clone(),
    })
}

/// What a branch's move leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MoveDecision {
    /// Look at its open pull requests, under these rules.
    Look(MergeRules),
    /// Nothing, for this reason.
    Ignore(String),
}

/// What is known of a branch that moved.
#[derive(Clone, Copy, Debug)]
pub struct MovedBranch<'a> {
    /// The gated branches; `None` if this deployment does not serve the repository.
    pub gated: Option<&'a [BranchName]>,
    /// The rules at its tip; `None` if the branch is gone.
    pub rules: Option<MergeRules>,
    /// Whether the rules at the commit that it left were broken.
    pub left_broken_rules: bool,
}

/// Decides whether anything is looked at. What an event tells is not believed: the tip is read.
pub fn on_branch_moved(event: &BranchMoved, found: MovedBranch<'_>) -> MoveDecision {
    let ignore = |reason: String| MoveDecision::Ignore(reason);
    let BranchMoved {
        repository, branch, ..
    } = event;
    let Some(gated) = found.gated else {
        return ignore(format!("this gate does not serve `{repository}`"));
    };
    if !gated.contains(branch) {
        return ignore(format!("`{branch}` is not gated"));
    }
    match found.rules {
        None => ignore(format!("the branch `{branch}` is gone")),
        Some(rules) if rules.retests() || found.left_broken_rules => MoveDecision::Look(rules),
        Some(_) => ignore(format!("what was tested before `{branch}` moved stands")),
    }
}

/// Whether the end of such a run can make room for another pull request of the same branch.
pub fn makes_room(request: &Request) -> bool {
    match request {
        Request::Gate(_) | Request::Command { .. } | Request::Say { .. } => true,
        Request::Defer(_) | Request::Close { .. } | Request::Overridden { .. } => false,
    }
}

/// What the rules at a destination commit say about its moves; broken rules say nothing.
pub fn merge_rules(gate_toml: Option<&[u8]>) -> MergeRules {
    let rules = gate_toml.and_then(|bytes| Rules::parse(bytes).ok());
    rules.map_or_else(MergeRules::default, |rules| rules.merge)
}

#[cfg(test)]
mod tests;

//! What the sweep repairs: environments without an open pull request, open pull requests without the right verdict.

use super::{ApprovalRecord, Claim, ExecutionStatus, Request, ResultRecord, Wish, router::gate};
use crate::{
    id::{CommitId, PullRequestId, RepositoryName},
    names,
    pull_request::PullRequest,
};

/// Decides about something that belongs to a pull request. Only a read that succeeded counts: a throttle or a missing
/// permission says nothing. `repository` is where the leftover was found, for a pull request that does not exist.
pub fn sweep_environment(
    id: &PullRequestId,
    live: Option<&PullRequest>,
    repository: &RepositoryName,
) -> Option<Request> {
    let repository = match live {
        Some(live) if live.is_open() => return None,
        Some(live) => live.repository.clone(),
        None => repository.clone(),
    };
    Some(Request::Close {
        repository,
        pull_request: id.clone(),
    })
}

/// An open pull request as the sweep finds it.
#[derive(Clone, Debug)]
pub struct OpenPullRequest<'a> {
    /// Live.
    pub live: &'a PullRequest,
    /// The destination's tip.
    pub destination_tip: &'a CommitId,
    /// The latest run.
    pub claim: Option<&'a Claim>,
    /// That run's status and what it was asked; `None` if there is no such execution.
    pub latest: Option<(ExecutionStatus, &'a Request)>,
    /// What the reporter recorded.
    pub result: Option<&'a ResultRecord>,
    /// Whether the gate approves the live revision.
    pub approved: bool,
}

/// Decides about an open pull request; `None` when all is as it should be.
pub fn sweep_open(found: &OpenPullRequest<'_>) -> Option<(Request, Wish)> {
    let live = found.live;
    let fresh = || gate(live, found.destination_tip);
    let prefix = names::revision_prefix(&live.id, &live.revision);
    let claimed = found
        .claim
        .filter(|claim| claim.run.as_str().starts_with(&prefix));
    let Some((claim, (status, request))) = claimed.zip(found.latest) else {
        // No run ever saw this revision: its event was lost.
        return Some((fresh(), Wish::Once));
    };
    if status == ExecutionStatus::Running {
        return None;
    }
    let spoke = found
        .result
        .filter(|result| result.revision == live.revision && result.verdict.is_some());
    let right = spoke.is_some_and(|result| {
        // Without an approval rule CodeCommit reports no approvals: nothing can be compared.
        let expected = result.approval == ApprovalRecord::Given;
        result.run == claim.run
            && (found.approved == expected || !live.has_approval_rules && !found.approved)
    });
    let died_unheard = status == ExecutionStatus::Died || !right;
    died_unheard.then(|| (request.clone(), Wish::Again))
}

//! A pull request as the code host shows it now.

use serde::{Deserialize, Serialize};

use crate::id::{BranchName, CommitId, PullRequestId, RepositoryName, RevisionId};

/// Open, or closed for good: CodeCommit has no way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PullRequestStatus {
    /// Waits to be merged.
    Open,
    /// Merged or closed without a merge.
    Closed,
}

/// A pull request as it is live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullRequest {
    /// Its id.
    pub id: PullRequestId,
    /// The title, which may hold flags. Nobody knows who wrote it.
    pub title: String,
    /// Open or closed.
    pub status: PullRequestStatus,
    /// ARN of the author.
    pub author: String,
    /// What approvals belong to.
    pub revision: RevisionId,
    /// Where it lives.
    pub repository: RepositoryName,
    /// What is to be merged.
    pub source: BranchName,
    /// Into what.
    pub destination: BranchName,
    /// The source's tip.
    pub source_commit: CommitId,
    /// The destination's tip when the pull request was created, or now: AWS does not say. Comments hang on it; the
    /// tip itself is read with [`crate::host::CodeHost::branch_tip`].
    pub destination_commit: CommitId,
    /// The merge, once it happened.
    pub merge: Option<Merge>,
    /// Whether any approval rule stands on it; without one CodeCommit reports no approvals.
    pub has_approval_rules: bool,
}

/// A merge that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merge {
    /// The commit the destination then pointed to, where the code host tells.
    pub commit: Option<CommitId>,
}

impl PullRequest {
    /// Whether it can still be merged.
    pub fn is_open(&self) -> bool {
        self.status == PullRequestStatus::Open
    }
}

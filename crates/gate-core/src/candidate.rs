//! What is tested: one revision of a pull request as it will be once merged.

use serde::{Deserialize, Serialize};

use crate::id::{BranchName, CommitId, PullRequestId, RepositoryName, RevisionId, TreeId};

/// The tuple a verdict is about. An approval is given for no other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Where.
    pub repository: RepositoryName,
    /// Which pull request.
    pub pull_request: PullRequestId,
    /// Which revision of it: what the approval names.
    pub revision: RevisionId,
    /// The branch to be merged.
    pub source: BranchName,
    /// The branch it goes to.
    pub destination: BranchName,
    /// The source's tip.
    pub source_commit: CommitId,
    /// The destination's tip the preview was made with.
    pub destination_commit: CommitId,
    /// What merging makes.
    pub preview: Preview,
}

/// The commit that merging would make now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Preview {
    /// The source commit itself.
    FastForward,
    /// A merge commit on a temporary branch of this run.
    Merged {
        /// The merge commit.
        commit: CommitId,
        /// Its tree.
        tree: TreeId,
        /// The branch that makes it fetchable.
        branch: BranchName,
    },
}

impl Candidate {
    /// The commit that is built.
    pub fn tested_commit(&self) -> &CommitId {
        match &self.preview {
            Preview::FastForward => &self.source_commit,
            Preview::Merged { commit, .. } => commit,
        }
    }

    /// CodeBuild's `sourceVersion`: branch and commit, so that the branch alone never decides what is built
    /// (`refs/heads/<branch>^{<full-sha>}`, CodeBuild user guide, sample-source-version).
    pub fn source_version(&self) -> String {
        let (branch, commit) = match &self.preview {
            Preview::FastForward => (&self.source, &self.source_commit),
            Preview::Merged { commit, branch, .. } => (branch, commit),
        };
        format!("{}^{{{commit}}}", branch.reference())
    }
}

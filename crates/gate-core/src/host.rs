//! What the gate needs of a code host. CodeCommit is the first; others will come behind the same trait.

use crate::{
    error::GateError,
    id::{BranchName, CommentId, CommitId, PullRequestId, RepositoryName, RevisionId, TreeId},
    plan::Instead,
    pull_request::PullRequest,
};

/// The result of [`CodeHost`] calls.
pub type HostResult<T> = Result<T, GateError>;

/// What merging two commits would make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MergeOutcome {
    /// The destination is an ancestor of the source: the source commit is the result.
    FastForward,
    /// A new commit, reachable by no branch.
    Merged {
        /// The commit.
        commit: CommitId,
        /// Its tree.
        tree: TreeId,
    },
    /// Both sides changed the same lines.
    Conflict {
        /// The files, sorted.
        files: Vec<String>,
    },
    /// The code host cannot compute it.
    NotComputable {
        /// Its reason, in words.
        reason: String,
    },
}

/// A commit's tree and parents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitDetails {
    /// The tree.
    pub tree: TreeId,
    /// In order.
    pub parents: Vec<CommitId>,
}

/// Somebody overrode the approval rules of a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// The revision.
    pub revision: RevisionId,
    /// ARN of who did it.
    pub by: String,
}

/// A comment as it stands on a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Its id.
    pub id: CommentId,
    /// ARN of its author.
    pub author: String,
    /// The token it was posted with.
    pub token: Option<String>,
    /// Markdown.
    pub content: String,
    /// Whether its author removed it.
    pub deleted: bool,
    /// When it was posted: RFC 3339 in UTC with milliseconds.
    pub created: String,
    /// Whether its author changed it since.
    pub edited: bool,
    /// The source's side of the difference it stands beside, where the code host tells.
    pub after: Option<CommitId>,
    /// The comment it replies to.
    pub in_reply_to: Option<CommentId>,
}

/// A comment to post beside the code of a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewComment<'a> {
    /// The pull request.
    pub pull_request: &'a PullRequestId,
    /// Its repository.
    pub repository: &'a RepositoryName,
    /// The destination's side.
    pub before: &'a CommitId,
    /// The source's side.
    pub after: &'a CommitId,
    /// Markdown.
    pub content: &'a str,
    /// Makes a second post of the same comment find the first.
    pub token: &'a str,
}

/// How posting a comment ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Posted {
    /// It stands.
    Comment(Comment),
    /// The token was used with another content: a comment stands already.
    TokenUsed,
    /// Both sides are one commit: CodeCommit takes no comment there.
    SameCommit,
    /// The pull request is gone.
    NoPullRequest,
}

/// How editing a comment ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edited {
    /// It says the new words.
    Done,
    /// It is gone, or somebody else's.
    NotPossible,
}

/// What an approval call asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApprovalState {
    /// Give it.
    Approve,
    /// Take it back.
    Revoke,
}

/// How an approval call ended: all of these are outcomes, none is an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApprovalOutcome {
    /// Done.
    Done,
    /// The revision is not the live one any more.
    RevisionNotCurrent,
    /// The pull request is closed.
    Closed,
    /// The pull request is gone.
    NoPullRequest,
    /// The author may not approve.
    OwnPullRequest,
    /// No more approvals fit on this revision.
    TooMany,
}

/// How creating a branch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BranchCreated {
    /// It is there and new.
    Created,
    /// One of that name was there.
    Exists,
}

/// A code host with pull requests, comments and approvals. Every method is one question or one effect; a retry is the caller's.
pub trait CodeHost: Sync {
    /// The live pull request; `None` if there is none of that id.
    fn pull_request(
        &self,
        id: &PullRequestId,
    ) -> impl Future<Output = HostResult<Option<PullRequest>>> + Send;
    /// Ids of the open pull requests of a repository.
    fn open_pull_requests(
        &self,
        repository: &RepositoryName,
    ) -> impl Future<Output = HostResult<Vec<PullRequestId>>> + Send;
    /// Ids of the closed pull requests of a repository, in no order.
    fn closed_pull_requests(
        &self,
        repository: &RepositoryName,
    ) -> impl Future<Output = HostResult<Vec<PullRequestId>>> + Send;
    /// Paths of the files that differ between two commits, each under the names it has on either side, sorted. That of a submodule
    /// ends with a slash: what it holds differs as well, and nobody can tell which files of it.
    fn changed_files(
        &self,
        repository: &RepositoryName,
        before: &CommitId,
        after: &CommitId,
    ) -> impl Future<Output = HostResult<Vec<String>>> + Send;
    /// Paths of all files of a commit, sorted; `None` if there are more than `most`.
    fn files(
        &self,
        repository: &RepositoryName,
        commit: &CommitId,
        most: usize,
    ) -> impl Future<Output = HostResult<Option<Vec<String>>>> + Send;
    /// Every source commit the pull request ever had, as its own events tell, oldest first.
    fn known_source_commits(
        &self,
        id: &PullRequestId,
    ) -> impl Future<Output = HostResult<Vec<CommitId>>> + Send;
    /// Every time that somebody overrode the pull request's approval rules, as its own events tell, oldest first.
    fn overrides(
        &self,
        id: &PullRequestId,
    ) -> impl Future<Output = HostResult<Vec<Override>>> + Send;
    /// The repository's default branch; `None` while it has no commit.
    fn default_branch(
        &self,
        repository: &RepositoryName,
    ) -> impl Future<Output = HostResult<Option<BranchName>>> + Send;
    /// The commit a branch points to; `None` if there is no such branch.
    fn branch_tip(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
    ) -> impl Future<Output = HostResult<Option<CommitId>>> + Send;
    /// Branches whose name starts with `prefix`.
    fn branches(
        &self,
        repository: &RepositoryName,
        prefix: &str,
    ) -> impl Future<Output = HostResult<Vec<BranchName>>> + Send;
    /// Creates a branch.
    fn create_branch(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
        commit: &CommitId,
    ) -> impl Future<Output = HostResult<BranchCreated>> + Send;
    /// Deletes a branch; one that is gone is no error.
    fn delete_branch(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
    ) -> impl Future<Output = HostResult<()>> + Send;
    /// A file's bytes at a commit; `None` if there is no file: a symbolic link is none. In place of one that the code host finds too
    /// large to hand out there are as many zeros as it hands out, and one more.
    fn file(
        &self,
        repository: &RepositoryName,
        commit: &CommitId,
        path: &str,
    ) -> impl Future<Output = HostResult<Option<Vec<u8>>>> + Send;
    /// What is at a path of a commit where no file is.
    fn instead_of_file(
        &self,
        repository: &RepositoryName,
        commit: &CommitId,
        path: &str,
    ) -> impl Future<Output = HostResult<Instead>> + Send;
    /// A commit's tree and parents.
    fn commit(
        &self,
        repository: &RepositoryName,
        commit: &CommitId,
    ) -> impl Future<Output = HostResult<CommitDetails>> + Send;
    /// What merging `source` into `destination` would make; a merge commit is created for it unless it is a fast-forward.
    fn preview_merge(
        &self,
        repository: &RepositoryName,
        source: &CommitId,
        destination: &CommitId,
    ) -> impl Future<Output = HostResult<MergeOutcome>> + Send;
    /// A comment; `None` if there is none of that id, or no more.
    fn comment(&self, id: &CommentId) -> impl Future<Output = HostResult<Option<Comment>>> + Send;
    /// All comments of a pull request, oldest first.
    fn comments(&self, id: &PullRequestId)
    -> impl Future<Output = HostResult<Vec<Comment>>> + Send;
    /// Posts a comment.
    fn post_comment(
        &self,
        comment: NewComment<'_>,
    ) -> impl Future<Output = HostResult<Posted>> + Send;
    /// Replies to a comment.
    fn reply(
        &self,
        to: &CommentId,
        content: &str,
        token: &str,
    ) -> impl Future<Output = HostResult<Posted>> + Send;
    /// Replaces a comment's text.
    fn edit_comment(
        &self,
        id: &CommentId,
        content: &str,
    ) -> impl Future<Output = HostResult<Edited>> + Send;
    /// ARNs that approve this revision.
    fn approvers(
        &self,
        id: &PullRequestId,
        revision: &RevisionId,
    ) -> impl Future<Output = HostResult<Vec<String>>> + Send;
    /// Gives or takes back the caller's approval of one revision.
    fn set_approval(
        &self,
        id: &PullRequestId,
        revision: &RevisionId,
        state: ApprovalState,
    ) -> impl Future<Output = HostResult<ApprovalOutcome>> + Send;
}

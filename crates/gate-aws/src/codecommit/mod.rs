//! CodeCommit as the gate's code host.

mod approvals;
mod branches;
mod comments;
mod merge;
mod pull_requests;

use aws_sdk_codecommit::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    types::PullRequestStatusEnum,
};
use gate_core::{
    error::GateError,
    host::{
        ApprovalOutcome, ApprovalState, BranchCreated, CodeHost, Comment, CommitDetails, Edited,
        HostResult, MergeOutcome, NewComment, Override, Posted,
    },
    id::{BranchName, CommentId, CommitId, PullRequestId, RepositoryName, RevisionId},
    plan::Instead,
    pull_request::PullRequest,
};

use crate::{error, lazy::Lazy};

const SERVICE: &str = "CodeCommit";

/// The code of the error about a repository that somebody deleted: it has no branches and no pull requests.
const NO_REPOSITORY: &str = "RepositoryDoesNotExistException";

/// CodeCommit.
#[derive(Clone, Debug)]
pub struct CodeCommit {
    client: Lazy<Client>,
}

impl CodeCommit {
    /// Over a client.
    pub(crate) fn new(client: Lazy<Client>) -> Self {
        Self { client }
    }

    /// Makes the client, for a caller who waits for something else meanwhile.
    pub fn prepare(&self) {
        Lazy::prepare(&self.client);
    }
}

impl CodeHost for CodeCommit {
    async fn pull_request(&self, id: &PullRequestId) -> HostResult<Option<PullRequest>> {
        pull_requests::read(&self.client, id).await
    }

    async fn open_pull_requests(
        &self,
        repository: &RepositoryName,
    ) -> HostResult<Vec<PullRequestId>> {
        pull_requests::listed(&self.client, repository, PullRequestStatusEnum::Open).await
    }

    async fn closed_pull_requests(
        &self,
        repository: &RepositoryName,
    ) -> HostResult<Vec<PullRequestId>> {
        pull_requests::listed(&self.client, repository, PullRequestStatusEnum::Closed).await
    }

    async fn known_source_commits(&self, id: &PullRequestId) -> HostResult<Vec<CommitId>> {
        pull_requests::known_source_commits(&self.client, id).await
    }

    async fn overrides(&self, id: &PullRequestId) -> HostResult<Vec<Override>> {
        pull_requests::overrides(&self.client, id).await
    }

    async fn default_branch(&self, repository: &RepositoryName) -> HostResult<Option<BranchName>> {
        branches::default(&self.client, repository).await
    }

    async fn branch_tip(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
    ) -> HostResult<Option<CommitId>> {
        branches::tip(&self.client, repository, branch).await
    }

    async fn branches(
        &self,
        repository: &RepositoryName,
        prefix: &str,
    ) -> HostResult<Vec<BranchName>> {
        branches::list(&self.client, repository, prefix).await
    }

    async fn create_branch(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
        commit: &CommitId,
    ) -> HostResult<BranchCreated> {
        branches::create(&self.client, repository, branch, commit).await
    }

    async fn delete_branch(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
    ) -> HostResult<()> {
        branches::delete(&self.client, repository, branch).await
    }

    async fn file(
        &self,
        repository: &RepositoryName,
        commit: &CommitId,
        path: &str,
    ) -> HostResult<Option<Vec<u8>>> {
        branches::file(&self.client, repository, commit, path).await
    }

    async fn instead_of_file(
        &self,
        repository: &RepositoryName,
        commit: &CommitId,
        path: &str,
    ) -> HostResult<Instead> {
        branches::instead_of_file(&self.client, repository, commit, path).await
    }

    async fn changed_files(
        &self,
        repository: &RepositoryName,
        before: &CommitId,
        after: &CommitId,
    ) -> HostResult<Vec<String>> {
        branches::changed_files(&self.client, repository, before, after).await
    }

    async fn files(
        &self,
        repository: &RepositoryName,
        commit: &CommitId,
        most: usize,
    ) -> HostResult<Option<Vec<String>>> {
        branches::files(&self.client, repository, commit, most).await
    }

    async fn commit(
        &self,
        repository: &RepositoryName,
        commit: &CommitId,
    ) -> HostResult<CommitDetails> {
        branches::commit(&self.client, repository, commit).await
    }

    async fn preview_merge(
        &self,
        repository: &RepositoryName,
        source: &CommitId,
        destination: &CommitId,
    ) -> HostResult<MergeOutcome> {
        merge::Sides {
            client: &self.client,
            repository,
            source,
            destination,
        }
        .preview()
        .await
    }

    async fn comment(&self, id: &CommentId) -> HostResult<Option<Comment>> {
        comments::one(&self.client, id).await
    }

    async fn comments(&self, id: &PullRequestId) -> HostResult<Vec<Comment>> {
        comments::all(&self.client, id).await
    }

    async fn post_comment(&self, comment: NewComment<'_>) -> HostResult<Posted> {
        comments::post(&self.client, comment).await
    }

    async fn reply(&self, to: &CommentId, content: &str, token: &str) -> HostResult<Posted> {
        comments::reply(&self.client, to, content, token).await
    }

    async fn edit_comment(&self, id: &CommentId, content: &str) -> HostResult<Edited> {
        comments::edit(&self.client, id, content).await
    }

    async fn approvers(
        &self,
        id: &PullRequestId,
        revision: &RevisionId,
    ) -> HostResult<Vec<String>> {
        approvals::approvers(&self.client, id, revision).await
    }

    async fn set_approval(
        &self,
        id: &PullRequestId,
        revision: &RevisionId,
        state: ApprovalState,
    ) -> HostResult<ApprovalOutcome> {
        approvals::set(&self.client, id, revision, state).await
    }
}

fn failed<E>(operation: &'static str, error: &SdkError<E>) -> GateError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    error::failed(SERVICE, operation, error)
}

/// The error of an answer without a member that CodeCommit always sends.
fn lacks(operation: &'static str, member: &str) -> GateError {
    error::unreadable(SERVICE, operation, format!("the answer has no `{member}`"))
}

#[cfg(test)]
mod tests;

use aws_sdk_codecommit::Client;
use aws_smithy_mocks::mock;
use gate_core::{
    host::CodeHost,
    id::{BranchName, CommitId, PullRequestId, RepositoryName, RevisionId},
};

use crate::testing::{answer, codecommit, refusal};

mod approvals;
mod comments;
mod merge;
mod reads;

fn id() -> PullRequestId {
    PullRequestId::new("7")
}

fn repository() -> RepositoryName {
    RepositoryName::new("shop")
}

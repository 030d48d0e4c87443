//! The merge preview: the commit that merging would make, on a branch of this run.

use gate_aws::Clients;
use gate_core::{
    candidate::Preview,
    error::GateError,
    host::{BranchCreated, CodeHost, MergeOutcome},
    id::{BranchName, CommitId, TreeId},
    names,
    protocol::{Candidacy, Execution},
};

/// Makes `outcome` readable and fetchable; `None` when there is nothing to build.
pub(crate) async fn publish(
    clients: &Clients,
    candidacy: &Candidacy,
    execution: &Execution,
    outcome: &MergeOutcome,
) -> Result<Option<Preview>, GateError> {
    let (commit, tree) = match outcome {
        MergeOutcome::FastForward => return Ok(Some(Preview::FastForward)),
        MergeOutcome::Conflict { .. } | MergeOutcome::NotComputable { .. } => return Ok(None),
        MergeOutcome::Merged { commit, tree } => (commit.clone(), tree.clone()),
    };
    let branch = names::preview_branch(&candidacy.pull_request, &execution.name);
    let created = clients
        .host
        .create_branch(&candidacy.repository, &branch, &commit)
        .await?;
    let commit = match created {
        BranchCreated::Created => commit,
        BranchCreated::Exists => settle(clients, candidacy, &branch, commit, &tree).await?,
    };
    Ok(Some(Preview::Merged {
        commit,
        tree,
        branch,
    }))
}

/// A branch of this name is there: an earlier try of this step made it, or somebody who may push did. Only a merge of the
/// same two commits with the same tree is kept.
async fn settle(
    clients: &Clients,
    candidacy: &Candidacy,
    branch: &BranchName,
    commit: CommitId,
    tree: &TreeId,
) -> Result<CommitId, GateError> {
    let host = &clients.host;
    let repository = &candidacy.repository;
    if let Some(tip) = host.branch_tip(repository, branch).await? {
        let found = host.commit(repository, &tip).await?;
        let expected = [&candidacy.destination_commit, &candidacy.source_commit];
        let merges_the_same = found.parents.len() == 2
            && expected.iter().all(|parent| found.parents.contains(parent));
        if merges_the_same && found.tree == *tree {
            return Ok(tip);
        }
        tracing::warn!(branch = %branch, tip = %tip, "a foreign commit stood on the preview branch and was removed");
        host.delete_branch(repository, branch).await?;
    }
    match host.create_branch(repository, branch, &commit).await? {
        BranchCreated::Created => Ok(commit),
        BranchCreated::Exists => Err(GateError::ServiceUnavailable {
            service: "CodeCommit",
            operation: "CreateBranch",
            message: format!("`{branch}` comes back as often as it is deleted"),
        }),
    }
}

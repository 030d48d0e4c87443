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

/// What came of it.
pub(crate) enum Published {
    /// It can be built.
    Preview(Preview),
    /// There is nothing to build.
    Nothing,
    /// git cannot hold the branch beside this one.
    Blocked(BranchName),
}

/// Makes `outcome` readable and fetchable.
pub(crate) async fn publish(
    clients: &Clients,
    candidacy: &Candidacy,
    execution: &Execution,
    outcome: &MergeOutcome,
) -> Result<Published, GateError> {
    let (commit, tree) = match outcome {
        MergeOutcome::FastForward => return Ok(Published::Preview(Preview::FastForward)),
        MergeOutcome::Conflict { .. } | MergeOutcome::NotComputable { .. } => {
            return Ok(Published::Nothing);
        }
        MergeOutcome::Merged { commit, tree } => (commit.clone(), tree.clone()),
    };
    let branch = names::preview_branch(&candidacy.pull_request, &execution.name);
    let created = clients
        .host
        .create_branch(&candidacy.repository, &branch, &commit)
        .await;
    let created = match created {
        // By which error CodeCommit tells of a branch in the way is not documented.
        Ok(BranchCreated::Exists) | Err(GateError::Refused { .. }) => {
            if let Some(blocking) = in_the_way(clients, candidacy, &branch).await? {
                return Ok(Published::Blocked(blocking));
            }
            created?
        }
        created => created?,
    };
    let commit = match created {
        BranchCreated::Created => commit,
        BranchCreated::Exists => settle(clients, candidacy, &branch, commit, &tree).await?,
    };
    Ok(Published::Preview(Preview::Merged {
        commit,
        tree,
        branch,
    }))
}

/// A branch that is called like a folder of this one, or of which this one is a folder.
async fn in_the_way(
    clients: &Clients,
    candidacy: &Candidacy,
    branch: &BranchName,
) -> Result<Option<BranchName>, GateError> {
    let repository = &candidacy.repository;
    let name = branch.as_str();
    for (end, _) in name.match_indices('/') {
        let folder = BranchName::new(&name[..end]);
        if clients
            .host
            .branch_tip(repository, &folder)
            .await?
            .is_some()
        {
            return Ok(Some(folder));
        }
    }
    let below = clients
        .host
        .branches(repository, &format!("{name}/"))
        .await?;
    Ok(below.into_iter().next())
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

//! What was found is kept in the artifact bucket: by the tree it was found in, and as the baseline of the branch that the
//! tree was merged into.
//!
//! Differences are a help to the reader. Whatever is wrong with the bucket, the verdict stands, and the comment says what
//! it does not show.

use gate_aws::Clients;
use gate_core::{
    error::GateError,
    findings::{Baseline, Earlier, Findings, Point},
    id::{BranchName, CommitId, PullRequestId, RepositoryName, TreeId},
    names::objects,
};
use serde::{Serialize, de::DeserializeOwned};

/// What is known of a destination.
pub(crate) enum Memory {
    /// Nothing was merged through the gate yet.
    Nothing,
    /// The bucket could not be read.
    Unreadable,
    /// This.
    Of(Box<Baseline>),
}

impl Memory {
    pub(crate) fn earlier(&self) -> Earlier<'_> {
        match self {
            Self::Nothing => Earlier::Nothing,
            Self::Unreadable => Earlier::Unreadable,
            Self::Of(baseline) => Earlier::Of(baseline),
        }
    }

    /// The numbers of the destination's last merges, oldest first.
    pub(crate) fn history(&self) -> &[Point] {
        match self {
            Self::Nothing | Self::Unreadable => &[],
            Self::Of(baseline) => &baseline.history,
        }
    }
}

/// Puts the page with all results into the bucket; where it can be read.
pub(crate) async fn publish(clients: &Clients, key: &str, page: String) -> Option<String> {
    let kind = "text/html; charset=utf-8";
    match clients.objects.put(key, kind, page.into_bytes()).await {
        Ok(true) => clients.objects.page(key),
        Ok(false) => None,
        Err(error) => {
            tracing::warn!(object.key = key, error = %error, "failed to keep the page with all results");
            None
        }
    }
}

/// What is known of `branch`.
pub(crate) async fn of_branch(
    clients: &Clients,
    repository: &RepositoryName,
    branch: &BranchName,
) -> Result<Memory, GateError> {
    let key = objects::baseline(repository, branch);
    let baseline = get::<Baseline>(clients, &key).await?;
    Ok(baseline.map_or(Memory::Nothing, |baseline| Memory::Of(Box::new(baseline))))
}

/// Keeps what was found in a tree.
pub(crate) async fn keep(
    clients: &Clients,
    repository: &RepositoryName,
    tree: &TreeId,
    findings: &Findings,
) {
    let key = objects::findings(repository, tree);
    if let Err(error) = put(clients, &key, findings).await {
        tracing::warn!(object.key = key, error = %error, "failed to keep what was found: a merge of it will be no baseline");
    }
}

/// A merge that brought new content to `branch`.
pub(crate) struct Merge<'a> {
    pub(crate) repository: &'a RepositoryName,
    pub(crate) branch: &'a BranchName,
    pub(crate) pull_request: &'a PullRequestId,
    pub(crate) commit: &'a CommitId,
    pub(crate) tree: &'a TreeId,
    /// The tree that the gate tested last for this pull request.
    pub(crate) tested: Option<&'a TreeId>,
}

/// Makes what was found in the merged tree the branch's baseline, or says that nothing is known of it any more.
pub(crate) async fn adopt(clients: &Clients, merge: Merge<'_>) {
    let key = objects::baseline(merge.repository, merge.branch);
    if let Err(error) = try_adopt(clients, &merge, &key).await {
        tracing::warn!(object.key = key, error = %error, "failed to renew a baseline");
    }
}

async fn try_adopt(clients: &Clients, merge: &Merge<'_>, key: &str) -> Result<(), GateError> {
    let found = objects::findings(merge.repository, merge.tree);
    let findings = get::<Findings>(clients, &found).await?;
    let before = get::<Baseline>(clients, key).await?;
    let (commit, pull_request) = (merge.commit.clone(), merge.pull_request.clone());
    let after = if findings.is_none() && merge.tested == Some(merge.tree) {
        // Its tests were skipped, so it says nothing new; what was known before is the last that is known.
        let Some(before) = before else {
            return Ok(());
        };
        before.after_untested_merge(commit)
    } else {
        Baseline::after_merge(before, commit, pull_request, findings)
    };
    put(clients, key, &after).await
}

async fn get<T: DeserializeOwned>(clients: &Clients, key: &str) -> Result<Option<T>, GateError> {
    let Some(content) = clients.objects.get(key).await? else {
        return Ok(None);
    };
    let value = serde_json::from_slice(&content);
    value.map(Some).map_err(|error| damaged(key, &error))
}

async fn put<T: Serialize>(clients: &Clients, key: &str, value: &T) -> Result<(), GateError> {
    let content = serde_json::to_vec(value).map_err(|error| damaged(key, &error))?;
    clients
        .objects
        .put(key, "application/json", content)
        .await?;
    Ok(())
}

fn damaged(key: &str, error: &serde_json::Error) -> GateError {
    GateError::SettingsUnusable {
        parameter: key.to_owned(),
        message: error.to_string(),
    }
}

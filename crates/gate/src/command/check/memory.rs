//! What checks of a repository found, kept by the tree they tested: once the destination has that tree, the next check
//! compares with it. It is a convenience; whatever is wrong with it, the check goes on without.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use gate_aws::Clients;
use gate_core::{
    findings::{Baseline, Findings},
    id::{BranchName, CommitId, PullRequestId, RepositoryName, TreeId},
    names::objects,
};

use super::{history, repository::Change};
use crate::{git::Git, state};

/// Trees kept of one repository.
const KEPT: usize = 20;

/// The findings of one repository.
pub(super) struct Memory<'a> {
    pub(super) clients: &'a Clients,
    pub(super) repository: &'a RepositoryName,
    folder: Option<PathBuf>,
}

impl<'a> Memory<'a> {
    /// Of the repository at `path`.
    pub(super) async fn of(
        path: &Path,
        clients: &'a Clients,
        repository: &'a RepositoryName,
    ) -> Self {
        let name = history::name_of(path).await;
        let folder = name.and_then(|name| Some(state::directory()?.join("findings").join(name)));
        Self {
            clients,
            repository,
            folder,
        }
    }

    /// Lets the gate compare with what was found in the destination's tree, if that was ever checked.
    pub(super) async fn recall(&self, path: &Path, change: &Change) {
        let tree = format!("{}^{{tree}}", change.destination_commit);
        let Ok(tree) = Git::at(path).run(&["rev-parse", &tree]).await else {
            return;
        };
        let Some(findings) = self.read(tree.trim()) else {
            return;
        };
        let merged = CommitId::new(change.destination_commit.as_str());
        let none = PullRequestId::new("");
        let baseline = Baseline::after_merge(None, merged, none, Some(findings));
        let branch = BranchName::new(change.destination.as_str());
        let key = objects::baseline(self.repository, &branch);
        let Ok(content) = serde_json::to_vec(&baseline) else {
            return;
        };
        let put = self.clients.objects.put(&key, "application/json", content);
        if let Err(error) = put.await {
            tracing::warn!(error = %error, "failed to recall what was found before");
        }
    }

    fn read(&self, tree: &str) -> Option<Findings> {
        let file = self.folder.as_ref()?.join(format!("{tree}.json"));
        serde_json::from_slice(&fs::read(file).ok()?).ok()
    }

    /// Keeps what was found in `tree`.
    pub(super) async fn keep(&self, tree: &TreeId) {
        let Some(folder) = &self.folder else {
            return;
        };
        let key = objects::findings(self.repository, tree);
        let Ok(Some(content)) = self.clients.objects.get(&key).await else {
            return;
        };
        if let Err(error) = keep(folder, tree, &content) {
            tracing::warn!(folder = %folder.display(), error = %error, "failed to keep what was found");
        }
    }
}

/// Writes the file, and removes the oldest beyond those that are kept.
fn keep(folder: &Path, tree: &TreeId, content: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join(format!("{tree}.json")), content)?;
    let mut files: Vec<(SystemTime, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        files.push((entry.metadata()?.modified()?, entry.path()));
    }
    files.sort();
    let beyond = files.len().saturating_sub(KEPT);
    files
        .into_iter()
        .take(beyond)
        .try_for_each(|(_, file)| fs::remove_file(file))
}

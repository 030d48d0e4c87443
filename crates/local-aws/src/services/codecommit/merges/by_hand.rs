//! Conflicts settled in the request itself, file by file, and what a merge makes of them.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::{
    Account, ServiceError,
    git::{Edit, Entry, EntryKind, Merge, Merging, Resolution},
    services::codecommit::{
        edits::{emptied_folders, file_mode},
        files::{content, valid_path},
        input::{refuse, required},
    },
};

/// `conflictResolution` of a request.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ByHand {
    #[serde(default)]
    replace_contents: Vec<Replacement>,
    #[serde(default)]
    delete_files: Vec<Deletion>,
    #[serde(default)]
    set_file_modes: Vec<ModeChange>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Replacement {
    file_path: Option<String>,
    #[serde(rename = "replacementType")]
    kind: Option<String>,
    content: Option<String>,
    file_mode: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Deletion {
    file_path: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ModeChange {
    file_path: Option<String>,
    file_mode: Option<String>,
}

/// A merge of two commits, to be made or to be refused.
pub(crate) struct Wanted<'a> {
    pub(crate) account: &'a Account,
    pub(crate) repository: &'a str,
    pub(crate) destination: &'a str,
    pub(crate) source: &'a str,
    pub(crate) merging: Merging,
    /// Folders that lose their last file by the merge get a `.gitkeep`.
    pub(crate) keep_empty_folders: bool,
}

impl Wanted<'_> {
    /// The merged tree. Conflicts that nothing settles are `ManualMergeRequiredException`.
    pub(crate) async fn tree(&self, by_hand: Option<&ByHand>) -> Result<String, ServiceError> {
        let tree = self.settled_tree(by_hand).await?;
        if self.keep_empty_folders {
            return self.with_keepers(tree).await;
        }
        Ok(tree)
    }

    async fn with_keepers(&self, tree: String) -> Result<String, ServiceError> {
        let git = &self.account.git;
        let files = async |tree: &str| {
            let entries = git.tree(self.repository, tree, true).await?;
            let files = entries.into_iter().map(|entry| entry.path);
            Ok::<BTreeSet<_>, ServiceError>(files.collect())
        };
        let emptied = emptied_folders(&files(self.destination).await?, &files(&tree).await?);
        if emptied.is_empty() {
            return Ok(tree);
        }
        let blob = git.write_blob(self.repository, b"").await?;
        let keepers: Vec<Edit> = emptied
            .into_iter()
            .map(|folder| Edit::Put {
                path: format!("{folder}/.gitkeep"),
                blob: blob.clone(),
                kind: EntryKind::File,
            })
            .collect();
        Ok(git
            .edit_tree(self.repository, Some(&tree), &keepers)
            .await?)
    }

    async fn settled_tree(&self, by_hand: Option<&ByHand>) -> Result<String, ServiceError> {
        let files = match self.merge(self.merging).await? {
            Merge::Clean { tree } => return Ok(tree),
            Merge::Conflicts { files } => files,
        };
        let Some(by_hand) = by_hand else {
            return unsettled(&files);
        };
        let mut edits = Vec::new();
        let mut settled = BTreeSet::new();
        for deletion in &by_hand.delete_files {
            let path = valid_path(deletion.file_path.clone())?;
            once(&mut settled, &path)?;
            edits.push(Edit::Delete { path });
        }
        for replacement in &by_hand.replace_contents {
            let edit = self.replace(by_hand, replacement).await?;
            let (Edit::Put { path, .. } | Edit::Delete { path }) = &edit;
            once(&mut settled, path)?;
            edits.push(edit);
        }
        let left: Vec<String> = files
            .into_iter()
            .filter(|file| !settled.contains(file))
            .collect();
        if !left.is_empty() {
            return unsettled(&left);
        }
        // What is settled is overwritten below, so whoever wins there wins nothing.
        let resolution = Resolution::Destination;
        let merging = Merging {
            resolution,
            ..self.merging
        };
        let tree = match self.merge(merging).await? {
            Merge::Clean { tree } => tree,
            Merge::Conflicts { files } => return unsettled(&files),
        };
        let git = &self.account.git;
        Ok(git.edit_tree(self.repository, Some(&tree), &edits).await?)
    }

    async fn merge(&self, merging: Merging) -> Result<Merge, ServiceError> {
        let git = &self.account.git;
        let merge = git.merge(self.repository, self.destination, self.source, merging);
        Ok(merge.await?)
    }

    async fn replace(
        &self,
        by_hand: &ByHand,
        replacement: &Replacement,
    ) -> Result<Edit, ServiceError> {
        let git = &self.account.git;
        let path = valid_path(replacement.file_path.clone())?;
        let kind = replacement.kind.clone();
        let kind = required(kind, "replacementType", "ReplacementTypeRequiredException")?;
        let kept = match kind.as_str() {
            "KEEP_SOURCE" => git.entry(self.repository, self.source, &path).await?,
            "KEEP_DESTINATION" => git.entry(self.repository, self.destination, &path).await?,
            "KEEP_BASE" => {
                let base = git.merge_base(self.repository, self.destination, self.source);
                match base.await? {
                    Some(base) => git.entry(self.repository, &base, &path).await?,
                    None => None,
                }
            }
            "USE_NEW_CONTENT" => Some(self.new_content(&path, replacement).await?),
            other => {
                let message = format!("replacementType cannot be `{other}`");
                return refuse("InvalidReplacementTypeException", message);
            }
        };
        let Some(entry) = kept else {
            return Ok(Edit::Delete { path });
        };
        let mode = by_hand.set_file_modes.iter().find(|change| {
            let changed = change.file_path.as_deref().unwrap_or_default();
            changed.strip_prefix('/').unwrap_or(changed) == path
        });
        let kind = match mode.and_then(|change| change.file_mode.as_deref()) {
            Some(mode) => file_mode(Some(mode))?,
            None => entry.kind,
        };
        let blob = entry.id;
        Ok(Edit::Put { path, blob, kind })
    }

    /// The content of the request as if it were in a tree already.
    async fn new_content(
        &self,
        path: &str,
        replacement: &Replacement,
    ) -> Result<Entry, ServiceError> {
        let Some(text) = &replacement.content else {
            let message = format!("`{path}` needs content");
            return refuse("ReplacementContentRequiredException", message);
        };
        let git = &self.account.git;
        let kind: EntryKind = file_mode(replacement.file_mode.as_deref())?;
        Ok(Entry {
            kind,
            id: git.write_blob(self.repository, &content(text)?).await?,
            path: path.to_owned(),
            size: None,
        })
    }
}

fn once(settled: &mut BTreeSet<String>, path: &str) -> Result<(), ServiceError> {
    if settled.insert(path.to_owned()) {
        return Ok(());
    }
    let message = format!("two entries of conflictResolution speak of `{path}`");
    refuse("MultipleConflictResolutionEntriesException", message)
}

fn unsettled<T>(files: &[String]) -> Result<T, ServiceError> {
    let message = format!("the merge has conflicts in {}", files.join(", "));
    refuse("ManualMergeRequiredException", message)
}

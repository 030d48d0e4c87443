//! New trees from old ones: files put, moved away, deleted.

use super::{EntryKind, Git, GitError, command::first_line, command::succeeded};

/// One change of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Edit {
    /// The file at `path` becomes this blob.
    Put {
        path: String,
        blob: String,
        kind: EntryKind,
    },
    /// Nothing is at `path` any more.
    Delete { path: String },
}

impl Git {
    /// The tree that `edits`, in their order, make of `tree`; without `tree` they start from nothing.
    pub(crate) async fn edit_tree(
        &self,
        repository: &str,
        tree: Option<&str>,
        edits: &[Edit],
    ) -> Result<String, GitError> {
        // The index lives for one edit, beside the objects so that it is on the same disk.
        let folder = tempfile::Builder::new()
            .prefix("index-")
            .tempdir_in(self.path(repository))?;
        let index = folder.path().join("index");
        let run = async |arguments: &[&str], input: &[u8]| {
            let variables = [("GIT_INDEX_FILE", index.as_os_str())];
            let output = self.run_with(repository, arguments, variables, input);
            succeeded(arguments, output.await?)
        };
        if let Some(tree) = tree {
            run(&["read-tree", tree], b"").await?;
        }
        run(&["update-index", "-z", "--index-info"], &index_info(edits)).await?;
        Ok(first_line(&run(&["write-tree"], b"").await?))
    }
}

fn index_info(edits: &[Edit]) -> Vec<u8> {
    let mut lines = String::new();
    for edit in edits {
        let line = match edit {
            Edit::Put { path, blob, kind } => format!("{} {blob}\t{path}\0", kind.mode()),
            Edit::Delete { path } => format!("0 {:040}\t{path}\0", 0),
        };
        lines.push_str(&line);
    }
    lines.into_bytes()
}

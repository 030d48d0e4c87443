//! What differs between two commits.

use super::{Entry, EntryKind, Git, GitError};

/// The git object id that names the tree without entries, which every repository has.
pub(crate) const EMPTY_TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/// How a file differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChangeKind {
    Added,
    Modified,
    Deleted,
}

/// One file that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) kind: ChangeKind,
    pub(crate) path: String,
    /// Without its size.
    pub(crate) before: Option<Entry>,
    /// Without its size.
    pub(crate) after: Option<Entry>,
}

impl Git {
    /// The files that differ between two commits or trees, by path; a rename is a deletion and an addition. Without
    /// `before` everything in `after` is added.
    pub(crate) async fn changed_files(
        &self,
        repository: &str,
        before: Option<&str>,
        after: &str,
    ) -> Result<Vec<Change>, GitError> {
        let before = before.unwrap_or(EMPTY_TREE);
        let arguments = [
            "diff-tree",
            "-r",
            "-z",
            "--raw",
            "--no-renames",
            "--no-abbrev",
            before,
            after,
            "--",
        ];
        let answer = self.answer(repository, &arguments, b"").await?;
        let mut words = answer.split(|byte| *byte == 0);
        let mut changes = Vec::new();
        while let (Some(facts), Some(path)) = (words.next(), words.next()) {
            let path = String::from_utf8_lossy(path).into_owned();
            changes.extend(parse_change(&String::from_utf8_lossy(facts), path));
        }
        Ok(changes)
    }
}

/// `:<mode before> <mode after> <id before> <id after> <status>`.
fn parse_change(facts: &str, path: String) -> Option<Change> {
    let facts: Vec<&str> = facts.strip_prefix(':')?.split(' ').collect();
    let &[mode_before, mode_after, id_before, id_after, status] = facts.as_slice() else {
        return None;
    };
    let entry = |mode: &str, id: &str| {
        (mode != "000000").then(|| Entry {
            kind: EntryKind::from_mode(mode),
            id: id.to_owned(),
            path: path.clone(),
            size: None,
        })
    };
    Some(Change {
        kind: match status {
            "A" => ChangeKind::Added,
            "D" => ChangeKind::Deleted,
            _ => ChangeKind::Modified,
        },
        before: entry(mode_before, id_before),
        after: entry(mode_after, id_after),
        path,
    })
}

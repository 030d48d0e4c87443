//! What GetMergeConflicts says of each file that conflicts.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::request::Sides;
use crate::{
    Account, ServiceError,
    git::{Detail, Entry, EntryKind},
    services::codecommit::edits::mode_word,
};

/// git's own measure of what is binary: a NUL byte among the first so many.
const LOOKED_AT: usize = 8000;

/// One version of a conflicting file.
struct Version {
    entry: Option<Entry>,
    binary: bool,
}

/// What the versions of some conflicting files are.
pub(super) struct Versions<'a> {
    account: &'a Account,
    repository: &'a str,
    base: BTreeMap<String, Entry>,
    source: BTreeMap<String, Entry>,
    destination: BTreeMap<String, Entry>,
    /// The tree of a merge by lines, with git's marks where it could not; only where lines are asked for.
    marked: Option<BTreeMap<String, Entry>>,
}

impl<'a> Versions<'a> {
    /// Reads the entries of `paths`.
    pub(super) async fn read(
        account: &'a Account,
        sides: &'a Sides,
        base: Option<&str>,
        paths: &[String],
        detail: Detail,
    ) -> Result<Self, ServiceError> {
        let (git, repository) = (&account.git, sides.name());
        let (source, destination) = (&sides.source, &sides.destination);
        let base = match base {
            Some(base) => git.entries(repository, base, paths).await?,
            None => BTreeMap::new(),
        };
        let marked = match detail {
            Detail::Line if !paths.is_empty() => {
                let tree = git.marked_tree(repository, destination, source).await?;
                Some(git.entries(repository, &tree, paths).await?)
            }
            _ => None,
        };
        Ok(Self {
            account,
            repository,
            base,
            source: git.entries(repository, source, paths).await?,
            destination: git.entries(repository, destination, paths).await?,
            marked,
        })
    }

    async fn content(&self, entry: &Entry) -> Result<Option<Vec<u8>>, ServiceError> {
        if entry.size.is_none() {
            return Ok(None);
        }
        Ok(self.account.git.blob(self.repository, &entry.id).await?)
    }

    async fn version(&self, entry: Option<&Entry>) -> Result<Version, ServiceError> {
        let content = match entry {
            Some(entry) => self.content(entry).await?,
            None => None,
        };
        let binary =
            content.is_some_and(|content| content.iter().take(LOOKED_AT).any(|byte| *byte == 0));
        Ok(Version {
            entry: entry.cloned(),
            binary,
        })
    }

    /// How many places of a file git could not merge by their lines; none where it is no matter of lines.
    async fn hunks(&self, marked: Option<&Entry>) -> Result<usize, ServiceError> {
        let content = match marked {
            Some(entry) => self.content(entry).await?.unwrap_or_default(),
            None => Vec::new(),
        };
        let lines = content.split(|byte| *byte == b'\n');
        Ok(lines.filter(|line| line.starts_with(b"<<<<<<< ")).count())
    }
}

/// `conflictMetadata` of one file; a member of which git knows nothing for a version is left out.
pub(super) async fn metadata(of: &Versions<'_>, path: &str) -> Result<Value, ServiceError> {
    let base = of.version(of.base.get(path)).await?;
    let source = of.version(of.source.get(path)).await?;
    let destination = of.version(of.destination.get(path)).await?;
    let versions = [
        ("base", &base),
        ("source", &source),
        ("destination", &destination),
    ];
    let facts = |fact: fn(&Version) -> Option<Value>| -> Value {
        let versions = versions.iter();
        versions
            .filter_map(|(name, version)| Some(((*name).to_owned(), fact(version)?)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let kinds = (kind(&source), kind(&destination));
    let mut metadata = json!({
        "filePath": path,
        "fileSizes": facts(|version| Some(json!(version.entry.as_ref()?.size?))),
        "fileModes": facts(|version| Some(json!(mode_word(is_file(version.entry.as_ref()?)?)))),
        "objectTypes": facts(|version| Some(json!(object_type(version.entry.as_ref()?)))),
        "isBinaryFile": facts(|version| version.entry.is_some().then_some(json!(version.binary))),
        "contentConflict": id(&source) != id(&destination),
        "fileModeConflict": conflicts(kinds, |kind| mode_word(kind).to_owned()),
        "objectTypeConflict": conflicts(kinds, |kind| format!("{:?}", plain(kind))),
        "mergeOperations": {
            "source": operation(&base, &source),
            "destination": operation(&base, &destination),
        },
    });
    let of_content = match &of.marked {
        _ if id(&source) == id(&destination) => 0,
        None => 1,
        Some(marked) => of.hunks(marked.get(path)).await?.max(1),
    };
    let of_kind = ["fileModeConflict", "objectTypeConflict"]
        .iter()
        .filter(|member| metadata[**member] == true);
    metadata["numberOfConflicts"] = json!(of_content + of_kind.count());
    Ok(metadata)
}

fn id(version: &Version) -> Option<&str> {
    version.entry.as_ref().map(|entry| entry.id.as_str())
}

fn kind(version: &Version) -> Option<EntryKind> {
    version.entry.as_ref().map(|entry| entry.kind)
}

/// Whether both sides have the file and `fact` differs.
fn conflicts(
    kinds: (Option<EntryKind>, Option<EntryKind>),
    fact: impl Fn(EntryKind) -> String,
) -> bool {
    matches!(kinds, (Some(source), Some(destination)) if fact(source) != fact(destination))
}

fn is_file(entry: &Entry) -> Option<EntryKind> {
    entry.size.is_some().then_some(entry.kind)
}

/// The kind without the executable bit.
fn plain(kind: EntryKind) -> EntryKind {
    match kind {
        EntryKind::Executable => EntryKind::File,
        kind => kind,
    }
}

fn object_type(entry: &Entry) -> &'static str {
    match entry.kind {
        EntryKind::File | EntryKind::Executable => "FILE",
        EntryKind::SymbolicLink => "SYMBOLIC_LINK",
        EntryKind::Folder => "DIRECTORY",
        EntryKind::Submodule => "GIT_LINK",
    }
}

fn operation(base: &Version, side: &Version) -> &'static str {
    match (&base.entry, &side.entry) {
        (None, _) => "A",
        (_, None) => "D",
        _ => "M",
    }
}

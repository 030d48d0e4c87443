//! What GetMergeConflicts says of each file that conflicts.

use serde_json::{Value, json};

use super::request::Sides;
use crate::{
    Account, ServiceError,
    git::{Entry, EntryKind},
    services::codecommit::edits::mode_word,
};

/// git's own measure of what is binary: a NUL byte among the first so many.
const LOOKED_AT: usize = 8000;

/// One version of a conflicting file.
struct Version {
    entry: Option<Entry>,
    binary: bool,
}

/// `conflictMetadata` of one file; a member of which git knows nothing for a version is left out. `marked` is the tree of a merge by
/// lines, where these are asked for.
pub(super) async fn metadata(
    account: &Account,
    sides: &Sides,
    base: Option<&str>,
    path: &str,
    marked: Option<&str>,
) -> Result<Value, ServiceError> {
    let version = async |commit: Option<&str>| version(account, sides.name(), commit, path).await;
    let base = version(base).await?;
    let source = version(Some(&sides.source)).await?;
    let destination = version(Some(&sides.destination)).await?;
    let versions = [
        ("base", &base),
        ("source", &source),
        ("destination", &destination),
    ];
    let of = |fact: fn(&Version) -> Option<Value>| -> Value {
        let facts = versions.iter();
        facts
            .filter_map(|(name, version)| Some(((*name).to_owned(), fact(version)?)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let kinds = (kind(&source), kind(&destination));
    let mut metadata = json!({
        "filePath": path,
        "fileSizes": of(|version| Some(json!(version.entry.as_ref()?.size?))),
        "fileModes": of(|version| Some(json!(mode_word(is_file(version.entry.as_ref()?)?)))),
        "objectTypes": of(|version| Some(json!(object_type(version.entry.as_ref()?)))),
        "isBinaryFile": of(|version| version.entry.is_some().then_some(json!(version.binary))),
        "contentConflict": id(&source) != id(&destination),
        "fileModeConflict": conflicts(kinds, |kind| mode_word(kind).to_owned()),
        "objectTypeConflict": conflicts(kinds, |kind| format!("{:?}", plain(kind))),
        "mergeOperations": {
            "source": operation(&base, &source),
            "destination": operation(&base, &destination),
        },
    });
    let of_content = match marked {
        _ if id(&source) == id(&destination) => 0,
        None => 1,
        Some(tree) => {
            let hunks = account.git.conflicting_hunks(sides.name(), tree, path);
            hunks.await?.max(1)
        }
    };
    let of_kind = ["fileModeConflict", "objectTypeConflict"]
        .iter()
        .filter(|member| metadata[**member] == true);
    metadata["numberOfConflicts"] = json!(of_content + of_kind.count());
    Ok(metadata)
}

async fn version(
    account: &Account,
    repository: &str,
    commit: Option<&str>,
    path: &str,
) -> Result<Version, ServiceError> {
    let entry = match commit {
        Some(commit) => account.git.entry(repository, commit, path).await?,
        None => None,
    };
    let content = match &entry {
        Some(entry) if entry.size.is_some() => account.git.blob(repository, &entry.id).await?,
        _ => None,
    };
    let binary =
        content.is_some_and(|content| content.iter().take(LOOKED_AT).any(|byte| *byte == 0));
    Ok(Version { entry, binary })
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

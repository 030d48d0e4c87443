//! What differs between two commits.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    commits::specified,
    files::valid_path,
    input::{refuse, shape},
    repositories,
};
use crate::{
    Account, ServiceError,
    git::{Change, ChangeKind, EMPTY_TREE, Entry, EntryKind},
    page::page,
};

const MOST: usize = 500;
const DEFAULT: usize = 100;

/// The only CodeCommit operation whose paging members are capitalised.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Get {
    repository_name: Option<String>,
    before_commit_specifier: Option<String>,
    after_commit_specifier: Option<String>,
    before_path: Option<String>,
    after_path: Option<String>,
    #[serde(rename = "MaxResults")]
    max_results: Option<i64>,
    #[serde(rename = "NextToken")]
    next_token: Option<String>,
}

/// GetDifferences.
pub(super) async fn get(account: &Account, input: &Value) -> Result<Value, ServiceError> {
    let request: Get = shape(input)?;
    let repository = repositories::existing(account, request.repository_name)?.repository_name;
    let repository = repository.as_str();
    let after = specified(
        account,
        repository,
        request.after_commit_specifier,
        "afterCommitSpecifier",
    );
    let after = after.await?;
    let before = match request.before_commit_specifier {
        None => None,
        before => Some(specified(account, repository, before, "beforeCommitSpecifier").await?),
    };
    let (before_path, after_path) = (folder(request.before_path)?, folder(request.after_path)?);
    let places = Places {
        account,
        repository,
    };
    let old = places.of(before.as_deref(), before_path.as_ref(), after_path.as_ref());
    let old = old.await?;
    let new = places.of(Some(&after), after_path.as_ref(), before_path.as_ref());
    let new = new.await?;
    let limit = match request.max_results.map(usize::try_from) {
        None => DEFAULT,
        Some(Ok(limit)) if (1..=MOST).contains(&limit) => limit,
        Some(_) => {
            let message = format!("MaxResults must be between 1 and {MOST}");
            return refuse("InvalidMaxResultsException", message);
        }
    };
    let changes = places.changes(old, new).await?;
    let key = |change: &Change| change.path.clone();
    let Some(page) = page(changes, key, limit, request.next_token.as_deref()) else {
        let message = "NextToken is not one that this service gave out";
        return refuse("InvalidContinuationTokenException", message);
    };
    let differences: Vec<Value> = page.items.iter().map(described).collect();
    let mut answer = json!({ "differences": differences });
    if let Some(token) = page.next_token {
        answer["NextToken"] = json!(token);
    }
    Ok(answer)
}

/// The path that a member asks for; the root is as good as none.
fn folder(path: Option<String>) -> Result<Option<String>, ServiceError> {
    let path = path.map(|path| path.trim_matches('/').to_owned());
    match path.filter(|path| !path.is_empty()) {
        None => Ok(None),
        Some(path) => valid_path(Some(path)).map(Some),
    }
}

/// What stands at one side's path.
enum Place {
    Nothing,
    Folder(String),
    File(Entry),
}

struct Places<'a> {
    account: &'a Account,
    repository: &'a str,
}

impl Places<'_> {
    /// What stands at `path` of a commit, the whole of it without one. A path that only the `other` side names is meant for
    /// both, and need not exist here.
    async fn of(
        &self,
        commit: Option<&str>,
        path: Option<&String>,
        other: Option<&String>,
    ) -> Result<Place, ServiceError> {
        let Some(commit) = commit else {
            return Ok(Place::Nothing);
        };
        let Some(wanted) = path.or(other) else {
            return Ok(Place::Folder(commit.to_owned()));
        };
        let git = &self.account.git;
        match git.entry(self.repository, commit, wanted).await? {
            Some(entry) if entry.kind == EntryKind::Folder => Ok(Place::Folder(entry.id)),
            Some(entry) => Ok(Place::File(entry)),
            None if path.is_none() => Ok(Place::Nothing),
            None => {
                let message = format!("there is no `{wanted}` at {commit}");
                refuse("PathDoesNotExistException", message)
            }
        }
    }

    /// What differs, with paths from the places: a file is below nothing but its own name.
    async fn changes(&self, old: Place, new: Place) -> Result<Vec<Change>, ServiceError> {
        let (old_tree, old_file) = old.parts();
        let (new_tree, new_file) = new.parts();
        let git = &self.account.git;
        let mut changes = match (old_tree, new_tree) {
            (None, None) => Vec::new(),
            (old, new) => {
                let new = new.as_deref().unwrap_or(EMPTY_TREE);
                git.changed_files(self.repository, old.as_deref(), new)
                    .await?
            }
        };
        let is_same = |old: &Entry, new: &Entry| (&old.id, old.kind) == (&new.id, new.kind);
        let kind = match (&old_file, &new_file) {
            (None, None) => return Ok(changes),
            (Some(old), Some(new)) if is_same(old, new) => return Ok(changes),
            (Some(_), Some(_)) => ChangeKind::Modified,
            (None, Some(_)) => ChangeKind::Added,
            (Some(_), None) => ChangeKind::Deleted,
        };
        let name = new_file.as_ref().or(old_file.as_ref());
        let path = name.map_or_else(String::new, |entry| entry.path.clone());
        changes.push(Change {
            kind,
            path,
            before: old_file,
            after: new_file,
        });
        Ok(changes)
    }
}

impl Place {
    /// The folder's tree, or the file under its bare name.
    fn parts(self) -> (Option<String>, Option<Entry>) {
        match self {
            Self::Nothing => (None, None),
            Self::Folder(tree) => (Some(tree), None),
            Self::File(mut entry) => {
                let name = entry.path.rsplit('/').next().unwrap_or_default().to_owned();
                entry.path = name;
                (None, Some(entry))
            }
        }
    }
}

fn described(change: &Change) -> Value {
    let mut described = json!({
        "changeType": match change.kind {
            ChangeKind::Added => "A",
            ChangeKind::Modified => "M",
            ChangeKind::Deleted => "D",
        },
    });
    for (member, side) in [("beforeBlob", &change.before), ("afterBlob", &change.after)] {
        if let Some(entry) = side {
            described[member] =
                json!({ "blobId": entry.id, "path": entry.path, "mode": entry.kind.mode() });
        }
    }
    described
}

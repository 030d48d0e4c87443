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
    git::{Change, ChangeKind, Entry},
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
    let before_path = existing_path(account, repository, before.as_deref(), request.before_path);
    let before_path = before_path.await?;
    let after_path = existing_path(account, repository, Some(&after), request.after_path).await?;
    let limit = match request.max_results.map(usize::try_from) {
        None => DEFAULT,
        Some(Ok(limit)) if (1..=MOST).contains(&limit) => limit,
        Some(_) => {
            let message = format!("MaxResults must be between 1 and {MOST}");
            return refuse("InvalidMaxResultsException", message);
        }
    };
    let changes = account
        .git
        .changed_files(repository, before.as_deref(), &after);
    let changes = changes.await?.into_iter().filter(|change| {
        is_within(change.before.as_ref(), before_path.as_deref())
            && is_within(change.after.as_ref(), after_path.as_deref())
    });
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

/// A file or folder at `commit`; the root stands for no restriction.
async fn existing_path(
    account: &Account,
    repository: &str,
    commit: Option<&str>,
    path: Option<String>,
) -> Result<Option<String>, ServiceError> {
    let path = path.map(|path| path.trim_matches('/').to_owned());
    let (Some(path), Some(commit)) = (path.filter(|path| !path.is_empty()), commit) else {
        return Ok(None);
    };
    let path = valid_path(Some(path))?;
    if account
        .git
        .entry(repository, commit, &path)
        .await?
        .is_none()
    {
        let message = format!("there is no `{path}` at {commit}");
        return refuse("PathDoesNotExistException", message);
    }
    Ok(Some(path))
}

/// Whether a side of a change, if it is there, lies in `folder`.
fn is_within(side: Option<&Entry>, folder: Option<&str>) -> bool {
    let (Some(side), Some(folder)) = (side, folder) else {
        return true;
    };
    side.path
        .strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
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

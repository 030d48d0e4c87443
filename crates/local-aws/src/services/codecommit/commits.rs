//! Commits: which one a request means, reading it, making one out of changes to files.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    branches,
    edits::{Draft, file_mode, mode_word, parent},
    files::{content, valid_path},
    input::{commit_id, refuse, required, shape},
    repositories,
};
use crate::{
    Account, Caller, MergeCommits, ServiceError,
    git::{ChangeKind, Commit, EntryKind, Identity, Signature, is_object_id, is_reference_name},
    store::Table,
};

/// Repository and id of each commit that CreateUnreferencedMergeCommit made.
pub(super) const UNREFERENCED: Table<()> = Table::new("unreferenced_merge_commits");

/// CreateCommit takes at most so many entries (user guide, quotas).
const MOST_ENTRIES: usize = 100;
/// Longest name of an author, in characters (user guide, quotas).
const LONGEST_NAME: usize = 1000;
/// Longest email address, in characters (user guide, quotas).
const LONGEST_EMAIL: usize = 256;
/// Longest message of a commit, in bytes (API reference, CreateCommit).
const LONGEST_MESSAGE: usize = 256 << 10;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Get {
    repository_name: Option<String>,
    commit_id: Option<String>,
}

/// GetCommit.
pub(super) async fn get(account: &Account, input: &Value) -> Result<Value, ServiceError> {
    let request: Get = shape(input)?;
    let repository = repositories::existing(account, request.repository_name)?.repository_name;
    let id = commit_id(request.commit_id, "commitId")?.to_ascii_lowercase();
    let Some(commit) = account.git.commit(&repository, &id).await? else {
        let message = format!("repository `{repository}` has no commit {id}");
        return refuse("CommitIdDoesNotExistException", message);
    };
    Ok(json!({ "commit": described(commit) }))
}

fn described(commit: Commit) -> Value {
    let person = |signature: Signature| json!({ "name": signature.name, "email": signature.email, "date": signature.date });
    json!({
        "commitId": commit.id,
        "treeId": commit.tree,
        "parents": commit.parents,
        "message": commit.message,
        "author": person(commit.author),
        "committer": person(commit.committer),
        "additionalData": "",
    })
}

/// The commit that a member of a request means: a branch, a tag, a full reference name, HEAD or a full commit id.
pub(crate) async fn specified(
    account: &Account,
    repository: &str,
    specifier: Option<String>,
    member: &str,
) -> Result<String, ServiceError> {
    let specifier = required(specifier, member, "CommitRequiredException")?;
    if specifier != "HEAD" && !is_reference_name(&specifier) && !is_object_id(&specifier) {
        let message = format!("{member} `{specifier}` is neither a reference nor a full commit id");
        return refuse("InvalidCommitException", message);
    }
    let commit = account.git.resolve(repository, &specifier).await?;
    let hidden = match &commit {
        Some(commit) => is_object_id(&specifier) && is_hidden(account, repository, commit).await?,
        None => false,
    };
    commit.filter(|_| !hidden).ok_or_else(|| {
        let message = format!("repository `{repository}` has no commit `{specifier}`");
        ServiceError::client("CommitDoesNotExistException", message)
    })
}

/// Whether this is a merge commit that no reference holds, where such commits are hidden.
async fn is_hidden(
    account: &Account,
    repository: &str,
    commit: &str,
) -> Result<bool, ServiceError> {
    if account.settings.assumptions.merge_commits == MergeCommits::Readable {
        return Ok(false);
    }
    let key = format!("{repository}/{commit}");
    let made = account
        .store
        .read(|tables| tables.get(&UNREFERENCED, &key).is_some());
    Ok(made && !account.git.is_held(repository, commit).await?)
}

/// The author of a commit: as the request says, else the caller.
pub(crate) fn identity(
    caller: &Caller,
    name: Option<String>,
    email: Option<String>,
) -> Result<Identity, ServiceError> {
    let own_name = || caller.arn.rsplit('/').next().unwrap_or_default().to_owned();
    let name = name
        .filter(|name| !name.is_empty())
        .unwrap_or_else(own_name);
    let email = email.unwrap_or_default();
    if name.chars().count() > LONGEST_NAME {
        let message = format!("the author's name has more than {LONGEST_NAME} characters");
        return refuse("NameLengthExceededException", message);
    }
    if email.chars().count() > LONGEST_EMAIL || email.contains(['<', '>', '\n']) {
        let message =
            format!("`{email}` is not an email address of at most {LONGEST_EMAIL} characters");
        return refuse("InvalidEmailException", message);
    }
    Ok(Identity { name, email })
}

/// The message of a commit, if the request has one.
pub(crate) fn message(message: Option<String>) -> Result<Option<String>, ServiceError> {
    if message
        .as_ref()
        .is_some_and(|text| text.len() > LONGEST_MESSAGE)
    {
        let message = format!("the commit's message has more than {LONGEST_MESSAGE} bytes");
        return refuse("CommitMessageLengthExceededException", message);
    }
    Ok(message)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    repository_name: Option<String>,
    branch_name: Option<String>,
    parent_commit_id: Option<String>,
    author_name: Option<String>,
    email: Option<String>,
    commit_message: Option<String>,
    #[serde(default)]
    keep_empty_folders: bool,
    #[serde(default)]
    put_files: Vec<PutFile>,
    #[serde(default)]
    delete_files: Vec<DeleteFile>,
    #[serde(default)]
    set_file_modes: Vec<SetFileMode>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PutFile {
    file_path: Option<String>,
    file_mode: Option<String>,
    file_content: Option<String>,
    source_file: Option<SourceFile>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SourceFile {
    file_path: Option<String>,
    #[serde(default)]
    is_move: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeleteFile {
    file_path: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SetFileMode {
    file_path: Option<String>,
    file_mode: Option<String>,
}

/// CreateCommit.
pub(super) async fn create(
    account: &Arc<Account>,
    caller: &Caller,
    input: &Value,
) -> Result<Value, ServiceError> {
    let mut request: Create = shape(input)?;
    let repository = repositories::existing(account, request.repository_name.take())?;
    let repository = repository.repository_name;
    let branch = branches::valid_name(request.branch_name.take(), "branchName")?;
    let author = identity(caller, request.author_name.take(), request.email.take())?;
    let message = message(request.commit_message.take())?;
    let _moving = account.references.lock().await;
    let parent = parent(
        account,
        &repository,
        &branch,
        request.parent_commit_id.take(),
    )
    .await?;
    let mut draft = Draft::of(account, &repository, parent.as_deref()).await?;
    let message = message.unwrap_or_else(|| "Changed files".to_owned());
    fill(&mut draft, request).await?;
    let (commit, tree) = draft.commit(caller, &branch, &message, &author).await?;
    let mut answer = json!({
        "commitId": commit,
        "treeId": tree,
        "filesAdded": [],
        "filesUpdated": [],
        "filesDeleted": [],
    });
    let before = parent.as_deref();
    for change in account
        .git
        .changed_files(&repository, before, &commit)
        .await?
    {
        let member = match change.kind {
            ChangeKind::Added => "filesAdded",
            ChangeKind::Modified => "filesUpdated",
            ChangeKind::Deleted => "filesDeleted",
        };
        let entry = change.after.or(change.before);
        let described = entry.map(|entry| {
            json!({
                "absolutePath": entry.path,
                "blobId": entry.id,
                "fileMode": mode_word(entry.kind),
            })
        });
        if let Some(list) = answer[member].as_array_mut() {
            list.extend(described);
        }
    }
    Ok(answer)
}

/// Takes all entries of the request into the draft: deletions first, so that what they free can be put anew.
async fn fill(draft: &mut Draft<'_>, request: Create) -> Result<(), ServiceError> {
    let entries =
        request.put_files.len() + request.delete_files.len() + request.set_file_modes.len();
    if entries == 0 {
        return refuse(
            "FileEntryRequiredException",
            "a commit needs at least one file entry",
        );
    }
    if entries > MOST_ENTRIES {
        let message = format!("a commit takes at most {MOST_ENTRIES} file entries");
        return refuse("MaximumFileEntriesExceededException", message);
    }
    for deletion in request.delete_files {
        draft.delete(&valid_path(deletion.file_path)?)?;
    }
    let mut puts = Vec::new();
    for put in request.put_files {
        puts.push(prepare(draft, put).await?);
    }
    for (path, kind, blob) in puts {
        draft.put(path, kind, blob)?;
    }
    for change in request.set_file_modes {
        let path = valid_path(change.file_path)?;
        let mode = required(change.file_mode, "fileMode", "FileModeRequiredException")?;
        draft.set_mode(path, file_mode(Some(&mode))?)?;
    }
    if request.keep_empty_folders {
        draft.keep_empty_folders().await?;
    }
    Ok(())
}

/// The path, kind and blob of a file to put; a file that moves leaves its place.
async fn prepare(
    draft: &mut Draft<'_>,
    put: PutFile,
) -> Result<(String, EntryKind, String), ServiceError> {
    let path = valid_path(put.file_path)?;
    let wanted = put.file_mode;
    let source = match (put.file_content, put.source_file) {
        (None, None) => {
            let message = format!("`{path}` needs fileContent or sourceFile");
            return refuse("SourceFileOrContentRequiredException", message);
        }
        (Some(_), Some(_)) => {
            let message = format!("`{path}` has both fileContent and sourceFile");
            return refuse("FileContentAndSourceFileSpecifiedException", message);
        }
        (Some(text), None) => {
            let blob = draft.write(&content(&text)?).await?;
            return Ok((path, file_mode(wanted.as_deref())?, blob));
        }
        (None, Some(source)) => source,
    };
    let source_path = valid_path(source.file_path)?;
    let (kind, blob) = draft.source(&source_path)?;
    if source.is_move {
        draft.delete(&source_path)?;
    }
    let kind = match wanted {
        Some(mode) => file_mode(Some(&mode))?,
        None => kind,
    };
    Ok((path, kind, blob))
}

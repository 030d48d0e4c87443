//! Files and folders at a commit, and the paths and contents of files in requests.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    commits::specified,
    edits::mode_word,
    input::{refuse, required, shape},
    repositories::{self, Repository},
};
use crate::{
    Account, ServiceError,
    git::{Entry, EntryKind, is_object_id},
};

/// Bytes of a file that a request or an answer can carry (botocore's model: `fileContent`).
const MOST_BYTES: usize = 6_291_456;
/// Longest path, in characters, and the most folders in one (user guide, quotas).
const LONGEST_PATH: usize = 4096;
const MOST_FOLDERS: usize = 20;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct At {
    repository_name: Option<String>,
    commit_specifier: Option<String>,
    file_path: Option<String>,
    folder_path: Option<String>,
}

/// GetFile.
pub(super) async fn get_file(account: &Account, input: &Value) -> Result<Value, ServiceError> {
    let request: At = shape(input)?;
    let repository = repositories::existing(account, request.repository_name)?;
    let path = valid_path(request.file_path)?;
    let commit = commit_or_default(account, &repository, request.commit_specifier).await?;
    let name = &repository.repository_name;
    let Some((entry, content)) = account.git.file(name, &commit, &path).await? else {
        let message = format!("there is no file `{path}` at {commit}");
        return refuse("FileDoesNotExistException", message);
    };
    refuse_large(&content)?;
    Ok(json!({
        "commitId": commit,
        "blobId": entry.id,
        "filePath": path,
        "fileMode": mode_word(entry.kind),
        "fileSize": content.len(),
        "fileContent": BASE64.encode(content),
    }))
}

/// GetFolder.
pub(super) async fn get_folder(account: &Account, input: &Value) -> Result<Value, ServiceError> {
    let request: At = shape(input)?;
    let repository = repositories::existing(account, request.repository_name)?;
    let Some(path) = request.folder_path else {
        return refuse("PathRequiredException", "folderPath is required");
    };
    let path = match path.trim_matches('/') {
        "" => String::new(),
        path => valid_path(Some(path.to_owned()))?,
    };
    let commit = commit_or_default(account, &repository, request.commit_specifier).await?;
    let name = &repository.repository_name;
    let tree = match path.as_str() {
        "" => account
            .git
            .commit(name, &commit)
            .await?
            .map(|commit| commit.tree),
        path => account
            .git
            .entry(name, &commit, path)
            .await?
            .filter(|entry| entry.kind == EntryKind::Folder)
            .map(|entry| entry.id),
    };
    let Some(tree) = tree else {
        let message = format!("there is no folder `{path}` at {commit}");
        return refuse("FolderDoesNotExistException", message);
    };
    let entries = account.git.tree(name, &tree, false).await?;
    let of = |kinds: &[EntryKind], id: &str| -> Vec<Value> {
        let entries = entries.iter().filter(|entry| kinds.contains(&entry.kind));
        entries.map(|entry| listed(entry, &path, id)).collect()
    };
    Ok(json!({
        "commitId": commit,
        "folderPath": path,
        "treeId": tree,
        "subFolders": of(&[EntryKind::Folder], "treeId"),
        "files": of(&[EntryKind::File, EntryKind::Executable], "blobId"),
        "symbolicLinks": of(&[EntryKind::SymbolicLink], "blobId"),
        "subModules": of(&[EntryKind::Submodule], "commitId"),
    }))
}

fn listed(entry: &Entry, folder: &str, id: &str) -> Value {
    let absolute = match folder {
        "" => entry.path.clone(),
        folder => format!("{folder}/{}", entry.path),
    };
    let mut listed = json!({ "absolutePath": absolute, "relativePath": entry.path });
    listed[id] = json!(entry.id);
    if id == "blobId" {
        listed["fileMode"] = json!(mode_word(entry.kind));
    }
    listed
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GetBlob {
    repository_name: Option<String>,
    blob_id: Option<String>,
}

/// GetBlob.
pub(super) async fn get_blob(account: &Account, input: &Value) -> Result<Value, ServiceError> {
    let request: GetBlob = shape(input)?;
    let repository = repositories::existing(account, request.repository_name)?.repository_name;
    let id = required(request.blob_id, "blobId", "BlobIdRequiredException")?;
    if !is_object_id(&id) {
        let message = format!("blobId `{id}` is not a full object id");
        return refuse("InvalidBlobIdException", message);
    }
    let Some(content) = account.git.blob(&repository, &id).await? else {
        let message = format!("repository `{repository}` has no blob {id}");
        return refuse("BlobIdDoesNotExistException", message);
    };
    refuse_large(&content)?;
    Ok(json!({ "content": BASE64.encode(content) }))
}

/// The commit a request means; without one the tip of the default branch.
async fn commit_or_default(
    account: &Account,
    repository: &Repository,
    specifier: Option<String>,
) -> Result<String, ServiceError> {
    let name = &repository.repository_name;
    let specifier = match (specifier, &repository.default_branch) {
        (Some(specifier), _) => specifier,
        (None, Some(branch)) => format!("refs/heads/{branch}"),
        (None, None) => {
            let message = format!("repository `{name}` has no commit yet");
            return refuse("CommitDoesNotExistException", message);
        }
    };
    specified(account, name, Some(specifier), "commitSpecifier").await
}

/// The content of a file in a request.
pub(super) fn content(text: &str) -> Result<Vec<u8>, ServiceError> {
    let content = BASE64.decode(text).map_err(|error| {
        ServiceError::malformed(format!("the content of a file is not base64: {error}"))
    })?;
    if content.len() > MOST_BYTES {
        let message = format!("a file in a request has at most {MOST_BYTES} bytes");
        return refuse("FileContentSizeLimitExceededException", message);
    }
    Ok(content)
}

/// A path from the root of the repository; one slash before it is dropped.
pub(super) fn valid_path(path: Option<String>) -> Result<String, ServiceError> {
    let path = required(path, "the path", "PathRequiredException")?;
    let inner = path.strip_prefix('/').unwrap_or(&path);
    let fits = |component: &str| {
        !matches!(component, "" | "." | "..") && !component.eq_ignore_ascii_case(".git")
    };
    if inner.chars().count() > LONGEST_PATH || inner.matches('/').count() > MOST_FOLDERS {
        let message = format!(
            "a path has at most {LONGEST_PATH} characters and leads through at most {MOST_FOLDERS} folders"
        );
        return refuse("InvalidPathException", message);
    }
    if inner.split('/').all(fits) && !inner.contains('\0') {
        return Ok(inner.to_owned());
    }
    let message = format!("`{path}` is no path inside a repository");
    refuse("InvalidPathException", message)
}

fn refuse_large(content: &[u8]) -> Result<(), ServiceError> {
    if content.len() > MOST_BYTES {
        let message = format!("the file has more than {MOST_BYTES} bytes: use git");
        return refuse("FileTooLargeException", message);
    }
    Ok(())
}

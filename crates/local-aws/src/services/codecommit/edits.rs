//! A commit in the making: the files of its parent with the changes of a request, checked as CodeCommit checks them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    branches,
    commits::{self, identity},
    files::{content, valid_path},
    input::{refuse, required, shape},
    repositories,
};
use crate::{
    Account, Caller, ServiceError,
    git::{Edit, EntryKind, Identity, is_object_id},
};

type File = (EntryKind, String);

/// The files a commit will have.
pub(super) struct Draft<'a> {
    account: &'a Arc<Account>,
    repository: &'a str,
    parent: Option<&'a str>,
    /// As the parent has them.
    before: BTreeMap<String, File>,
    /// As the commit will have them.
    files: BTreeMap<String, File>,
    /// Paths that an entry of the request speaks of.
    touched: BTreeSet<String>,
    /// Paths that an entry of the request fills.
    filled: BTreeSet<String>,
}

impl<'a> Draft<'a> {
    /// Starts with the files of `parent`, or with none.
    pub(super) async fn of(
        account: &'a Arc<Account>,
        repository: &'a str,
        parent: Option<&'a str>,
    ) -> Result<Self, ServiceError> {
        let entries = match parent {
            Some(parent) => account.git.tree(repository, parent, true).await?,
            None => Vec::new(),
        };
        let before: BTreeMap<String, File> = entries
            .into_iter()
            .map(|entry| (entry.path, (entry.kind, entry.id)))
            .collect();
        Ok(Self {
            account,
            repository,
            parent,
            files: before.clone(),
            before,
            touched: BTreeSet::new(),
            filled: BTreeSet::new(),
        })
    }

    /// Stores content; nothing refers to it yet.
    pub(super) async fn write(&self, content: &[u8]) -> Result<String, ServiceError> {
        Ok(self
            .account
            .git
            .write_blob(self.repository, content)
            .await?)
    }

    /// A file of the parent.
    pub(super) fn source(&self, path: &str) -> Result<File, ServiceError> {
        match self.before.get(path) {
            Some(file) if file.0 != EntryKind::Submodule => Ok(file.clone()),
            _ => refuse(
                "FileDoesNotExistException",
                format!("there is no file `{path}`"),
            ),
        }
    }

    /// Takes a file out.
    pub(super) fn delete(&mut self, path: &str) -> Result<(), ServiceError> {
        self.source(path)?;
        self.touch(path)?;
        self.files.remove(path);
        Ok(())
    }

    /// Puts a file in, over the one that is there.
    pub(super) fn put(
        &mut self,
        path: String,
        kind: EntryKind,
        blob: String,
    ) -> Result<(), ServiceError> {
        self.touch(&path)?;
        self.refuse_conflict(&path)?;
        self.filled.insert(path.clone());
        self.files.insert(path, (kind, blob));
        Ok(())
    }

    /// Gives a file of the parent another mode.
    pub(super) fn set_mode(&mut self, path: String, kind: EntryKind) -> Result<(), ServiceError> {
        let (_, blob) = self.source(&path)?;
        self.touch(&path)?;
        self.files.insert(path, (kind, blob));
        Ok(())
    }

    /// Puts a `.gitkeep` into each folder that deletions have emptied.
    pub(super) async fn keep_empty_folders(&mut self) -> Result<(), ServiceError> {
        let emptied = emptied_folders(
            &self.before.keys().cloned().collect(),
            &self.files.keys().cloned().collect(),
        );
        if emptied.is_empty() {
            return Ok(());
        }
        let nothing = self.write(b"").await?;
        for folder in emptied {
            let keeper = (EntryKind::File, nothing.clone());
            self.files.insert(format!("{folder}/.gitkeep"), keeper);
        }
        Ok(())
    }

    /// Makes the commit and moves the branch to it. Called with `account.references` held. Gives commit and tree.
    pub(super) async fn commit(
        self,
        caller: &Caller,
        branch: &str,
        message: &str,
        author: &Identity,
    ) -> Result<(String, String), ServiceError> {
        if self.files == self.before {
            return refuse("NoChangeException", "the commit would change nothing");
        }
        let Self {
            account,
            repository,
            parent,
            ..
        } = self;
        let git = &account.git;
        let tree = git.edit_tree(repository, parent, &self.edits()).await?;
        let parents: Vec<&str> = parent.into_iter().collect();
        let commit = git.commit_tree(repository, &tree, &parents, message, author);
        let commit = commit.await?;
        branches::set(account, caller, repository, branch, parent, &commit).await?;
        Ok((commit, tree))
    }

    fn edits(&self) -> Vec<Edit> {
        let gone = self
            .before
            .keys()
            .filter(|path| !self.files.contains_key(*path))
            .map(|path| Edit::Delete { path: path.clone() });
        let put = self
            .files
            .iter()
            .filter(|(path, file)| self.before.get(*path) != Some(*file))
            .map(|(path, (kind, blob))| Edit::Put {
                path: path.clone(),
                blob: blob.clone(),
                kind: *kind,
            });
        gone.chain(put).collect()
    }

    fn touch(&mut self, path: &str) -> Result<(), ServiceError> {
        if self.touched.insert(path.to_owned()) {
            return Ok(());
        }
        let message = format!("two file entries speak of `{path}`");
        refuse("SamePathRequestException", message)
    }

    fn is_folder(&self, path: &str) -> bool {
        let inside = format!("{path}/");
        let mut from = self.files.range(inside.clone()..);
        from.next()
            .is_some_and(|(path, _)| path.starts_with(&inside))
    }

    /// A path cannot be both a file and a folder.
    fn refuse_conflict(&self, path: &str) -> Result<(), ServiceError> {
        let above = path
            .match_indices('/')
            .map(|(at, _)| &path[..at])
            .find_map(|folder| Some((folder, self.files.get(folder)?)));
        if let Some((folder, (kind, _))) = above {
            let code = match kind {
                EntryKind::Submodule => "FilePathConflictsWithSubmodulePathException",
                _ if self.filled.contains(folder) => "PutFileEntryConflictException",
                _ => "DirectoryNameConflictsWithFileNameException",
            };
            return refuse(
                code,
                format!("`{folder}` is no folder, `{path}` cannot be in it"),
            );
        }
        if self.is_folder(path) {
            let inside = format!("{path}/");
            let own = self.filled.iter().any(|other| other.starts_with(&inside));
            let code = if own {
                "PutFileEntryConflictException"
            } else {
                "FileNameConflictsWithDirectoryNameException"
            };
            return refuse(code, format!("`{path}` is a folder and cannot be a file"));
        }
        if self
            .files
            .get(path)
            .is_some_and(|(kind, _)| *kind == EntryKind::Submodule)
        {
            let message = format!("`{path}` is a submodule and cannot be a file");
            return refuse("FilePathConflictsWithSubmodulePathException", message);
        }
        Ok(())
    }
}

/// The folders that lost their last file.
pub(super) fn emptied_folders(
    before: &BTreeSet<String>,
    after: &BTreeSet<String>,
) -> BTreeSet<String> {
    let is_folder = |path: &str| {
        let inside = format!("{path}/");
        let mut from = after.range(inside.clone()..);
        from.next().is_some_and(|path| path.starts_with(&inside))
    };
    let gone = before.difference(after);
    gone.filter_map(|path| Some(path.rsplit_once('/')?.0.to_owned()))
        .filter(|folder| !is_folder(folder))
        .collect()
}

/// The commit that a new one on `branch` is to follow: its tip, which the request must name. None in a repository
/// without references, where the first commit makes the branch.
pub(super) async fn parent(
    account: &Account,
    repository: &str,
    branch: &str,
    named: Option<String>,
) -> Result<Option<String>, ServiceError> {
    let references = account.git.references(repository, "refs/").await?;
    let named = named.filter(|id| !id.is_empty());
    let Some(tip) = references.get(&format!("refs/heads/{branch}")) else {
        if references.contains_key(&format!("refs/tags/{branch}")) {
            let message = format!("`{branch}` is a tag, not a branch");
            return refuse("BranchNameIsTagNameException", message);
        }
        if !references.is_empty() {
            branches::tip(account, repository, branch).await?;
        }
        return match named {
            None => Ok(None),
            Some(id) => refuse(
                "ParentCommitDoesNotExistException",
                no_commit(repository, &id),
            ),
        };
    };
    let id = required(named, "parentCommitId", "ParentCommitIdRequiredException")?;
    if !is_object_id(&id) {
        let message = format!("parentCommitId `{id}` is not a full commit id");
        return refuse("InvalidParentCommitIdException", message);
    }
    if id.eq_ignore_ascii_case(tip) {
        return Ok(Some(tip.clone()));
    }
    if account.git.resolve(repository, &id).await?.is_none() {
        return refuse(
            "ParentCommitDoesNotExistException",
            no_commit(repository, &id),
        );
    }
    let message = format!("`{branch}` is at {tip}, not at {id}");
    refuse("ParentCommitIdOutdatedException", message)
}

fn no_commit(repository: &str, id: &str) -> String {
    format!("repository `{repository}` has no commit {id}")
}

/// The kind of file a `fileMode` means; NORMAL without one.
pub(super) fn file_mode(mode: Option<&str>) -> Result<EntryKind, ServiceError> {
    match mode {
        None | Some("NORMAL") => Ok(EntryKind::File),
        Some("EXECUTABLE") => Ok(EntryKind::Executable),
        Some("SYMLINK") => Ok(EntryKind::SymbolicLink),
        Some(other) => refuse(
            "InvalidFileModeException",
            format!("fileMode cannot be `{other}`"),
        ),
    }
}

/// The `fileMode` of a kind of file.
pub(super) fn mode_word(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Executable => "EXECUTABLE",
        EntryKind::SymbolicLink => "SYMLINK",
        _ => "NORMAL",
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OneFile {
    repository_name: Option<String>,
    branch_name: Option<String>,
    file_path: Option<String>,
    file_content: Option<String>,
    file_mode: Option<String>,
    parent_commit_id: Option<String>,
    commit_message: Option<String>,
    name: Option<String>,
    email: Option<String>,
    #[serde(default)]
    keep_empty_folders: bool,
}

/// PutFile.
pub(super) async fn put_file(
    account: &Arc<Account>,
    caller: &Caller,
    input: &Value,
) -> Result<Value, ServiceError> {
    let request: OneFile = shape(input)?;
    let repository = repositories::existing(account, request.repository_name)?.repository_name;
    let branch = branches::valid_name(request.branch_name, "branchName")?;
    let path = valid_path(request.file_path)?;
    let kind = file_mode(request.file_mode.as_deref())?;
    let Some(text) = request.file_content else {
        return refuse("FileContentRequiredException", "fileContent is required");
    };
    let content = content(&text)?;
    let author = identity(caller, request.name, request.email)?;
    let message = commits::message(request.commit_message)?;
    let _moving = account.references.lock().await;
    let parent = parent(account, &repository, &branch, request.parent_commit_id).await?;
    let mut draft = Draft::of(account, &repository, parent.as_deref()).await?;
    let blob = draft.write(&content).await?;
    if draft.before.get(&path) == Some(&(kind, blob.clone())) {
        let message = format!("`{path}` has this content and mode already");
        return refuse("SameFileContentException", message);
    }
    let message = message.unwrap_or_else(|| format!("Put {path}"));
    draft.put(path, kind, blob.clone())?;
    let (commit, tree) = draft.commit(caller, &branch, &message, &author).await?;
    Ok(json!({ "commitId": commit, "blobId": blob, "treeId": tree }))
}

/// DeleteFile.
pub(super) async fn delete_file(
    account: &Arc<Account>,
    caller: &Caller,
    input: &Value,
) -> Result<Value, ServiceError> {
    let request: OneFile = shape(input)?;
    let repository = repositories::existing(account, request.repository_name)?.repository_name;
    let branch = branches::valid_name(request.branch_name, "branchName")?;
    let path = valid_path(request.file_path)?;
    // Of the operations that make commits, this one alone is documented to name its caller in full.
    let name = request.name.filter(|name| !name.is_empty());
    let name = name.unwrap_or_else(|| caller.arn.clone());
    let author = identity(caller, Some(name), request.email)?;
    let message = commits::message(request.commit_message)?;
    let _moving = account.references.lock().await;
    branches::tip(account, &repository, &branch).await?;
    let parent = parent(account, &repository, &branch, request.parent_commit_id).await?;
    let mut draft = Draft::of(account, &repository, parent.as_deref()).await?;
    let (_, blob) = draft.source(&path)?;
    draft.delete(&path)?;
    if request.keep_empty_folders {
        draft.keep_empty_folders().await?;
    }
    let message = message.unwrap_or_else(|| format!("Deleted {path}"));
    let (commit, tree) = draft.commit(caller, &branch, &message, &author).await?;
    Ok(json!({ "commitId": commit, "blobId": blob, "treeId": tree, "filePath": path }))
}

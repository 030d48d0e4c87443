//! Branches, commits and files of a repository.

use std::collections::BTreeSet;

use aws_sdk_codecommit::{
    Client,
    error::ProvideErrorMetadata,
    operation::{
        create_branch::CreateBranchError, get_branch::GetBranchError,
        get_differences::builders::GetDifferencesFluentBuilder, get_file::GetFileError,
        get_folder::GetFolderError,
    },
    types::FileModeTypeEnum,
};
use gate_core::{
    host::{BranchCreated, CommitDetails, HostResult},
    id::{BranchName, CommitId, RepositoryName, TreeId},
    plan::Instead,
};

use super::{NO_REPOSITORY, failed, lacks};

pub(super) async fn default(
    client: &Client,
    repository: &RepositoryName,
) -> HostResult<Option<BranchName>> {
    let output = client
        .get_repository()
        .repository_name(repository.as_str())
        .send()
        .await
        .map_err(|error| failed("GetRepository", &error))?;
    let metadata = output
        .repository_metadata
        .ok_or_else(|| lacks("GetRepository", "repositoryMetadata"))?;
    Ok(metadata.default_branch.map(BranchName::new))
}

pub(super) async fn tip(
    client: &Client,
    repository: &RepositoryName,
    branch: &BranchName,
) -> HostResult<Option<CommitId>> {
    const OPERATION: &str = "GetBranch";
    let answer = client
        .get_branch()
        .repository_name(repository.as_str())
        .branch_name(branch.as_str())
        .send()
        .await;
    match answer {
        Ok(output) => {
            let commit = output
                .branch
                .and_then(|branch| branch.commit_id)
                .ok_or_else(|| lacks(OPERATION, "commitId"))?;
            Ok(Some(CommitId::new(commit)))
        }
        Err(error) => match error.as_service_error() {
            Some(GetBranchError::BranchDoesNotExistException(_)) => Ok(None),
            _ => Err(failed(OPERATION, &error)),
        },
    }
}

/// ListBranches has no filter: all names are read. A repository that does not exist has none.
pub(super) async fn list(
    client: &Client,
    repository: &RepositoryName,
    prefix: &str,
) -> HostResult<Vec<BranchName>> {
    let names = client
        .list_branches()
        .repository_name(repository.as_str())
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await;
    match names {
        Ok(names) => Ok(names
            .into_iter()
            .filter(|name| name.starts_with(prefix))
            .map(BranchName::new)
            .collect()),
        Err(error) if error.code() == Some(NO_REPOSITORY) => Ok(Vec::new()),
        Err(error) => Err(failed("ListBranches", &error)),
    }
}

pub(super) async fn create(
    client: &Client,
    repository: &RepositoryName,
    branch: &BranchName,
    commit: &CommitId,
) -> HostResult<BranchCreated> {
    let answer = client
        .create_branch()
        .repository_name(repository.as_str())
        .branch_name(branch.as_str())
        .commit_id(commit.as_str())
        .send()
        .await;
    match answer {
        Ok(_) => Ok(BranchCreated::Created),
        Err(error) => match error.as_service_error() {
            Some(CreateBranchError::BranchNameExistsException(_)) => Ok(BranchCreated::Exists),
            _ => Err(failed("CreateBranch", &error)),
        },
    }
}

pub(super) async fn delete(
    client: &Client,
    repository: &RepositoryName,
    branch: &BranchName,
) -> HostResult<()> {
    let answer = client
        .delete_branch()
        .repository_name(repository.as_str())
        .branch_name(branch.as_str())
        .send()
        .await;
    match answer {
        Ok(_) => Ok(()),
        // Not among the errors that the service's model lists for DeleteBranch, so it is told by its code.
        Err(error)
            if matches!(
                error.code(),
                Some("BranchDoesNotExistException" | NO_REPOSITORY)
            ) =>
        {
            Ok(())
        }
        Err(error) => Err(failed("DeleteBranch", &error)),
    }
}

/// GetFile hands out no larger file (user guide, limits: 6 MB).
const LARGEST_FILE: usize = 6 * 1024 * 1024;

/// In place of a file that CodeCommit does not hand out: too large for whatever it was wanted for, and nothing else.
fn too_large() -> Vec<u8> {
    vec![0; LARGEST_FILE + 1]
}

pub(super) async fn file(
    client: &Client,
    repository: &RepositoryName,
    commit: &CommitId,
    path: &str,
) -> HostResult<Option<Vec<u8>>> {
    let answer = client
        .get_file()
        .repository_name(repository.as_str())
        .commit_specifier(commit.as_str())
        .file_path(path)
        .send()
        .await;
    match answer {
        // Of a link the content is where it leads to.
        Ok(output) if output.file_mode == FileModeTypeEnum::Symlink => Ok(None),
        Ok(output) => Ok(Some(output.file_content.into_inner())),
        Err(error) => match error.as_service_error() {
            // CodeCommit takes no such path, and so has no file there.
            Some(
                GetFileError::FileDoesNotExistException(_) | GetFileError::InvalidPathException(_),
            ) => Ok(None),
            Some(GetFileError::FileTooLargeException(_)) => Ok(Some(too_large())),
            // A folder on the way that is not there; not among the errors that the model lists for GetFile.
            _ if error.code() == Some("PathDoesNotExistException") => Ok(None),
            _ => Err(failed("GetFile", &error)),
        },
    }
}

pub(super) async fn instead_of_file(
    client: &Client,
    repository: &RepositoryName,
    commit: &CommitId,
    path: &str,
) -> HostResult<Instead> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("/", path));
    let answer = client
        .get_folder()
        .repository_name(repository.as_str())
        .commit_specifier(commit.as_str())
        .folder_path(folder)
        .send()
        .await;
    let output = match answer {
        Ok(output) => output,
        Err(error) => {
            return match error.as_service_error() {
                Some(GetFolderError::FolderDoesNotExistException(_)) => Ok(Instead::Nothing),
                _ => Err(failed("GetFolder", &error)),
            };
        }
    };
    let named = |found: Option<&str>| found == Some(name);
    let mut folders = output.sub_folders().iter();
    let mut submodules = output.sub_modules().iter();
    let mut links = output.symbolic_links().iter();
    Ok(if folders.any(|folder| named(folder.relative_path())) {
        Instead::Folder
    } else if submodules.any(|submodule| named(submodule.relative_path())) {
        Instead::Submodule
    } else if links.any(|link| named(link.relative_path())) {
        Instead::Link
    } else {
        Instead::Nothing
    })
}

/// The mode of a submodule (API reference, `BlobMetadata`).
const SUBMODULE: &str = "160000";

/// GetDifferences gives at most this many at once (its `MaxResults`).
const DIFFERENCES_PER_READ: i32 = 500;

pub(super) async fn changed_files(
    client: &Client,
    repository: &RepositoryName,
    before: &CommitId,
    after: &CommitId,
) -> HostResult<Vec<String>> {
    let differences = client
        .get_differences()
        .before_commit_specifier(before.as_str());
    let paths = paths(differences, repository, after, usize::MAX).await?;
    Ok(paths.unwrap_or_default())
}

/// Without a commit before it, GetDifferences answers everything that a commit holds.
pub(super) async fn files(
    client: &Client,
    repository: &RepositoryName,
    commit: &CommitId,
    most: usize,
) -> HostResult<Option<Vec<String>>> {
    paths(client.get_differences(), repository, commit, most).await
}

async fn paths(
    differences: GetDifferencesFluentBuilder,
    repository: &RepositoryName,
    after: &CommitId,
    most: usize,
) -> HostResult<Option<Vec<String>>> {
    let mut pages = differences
        .repository_name(repository.as_str())
        .after_commit_specifier(after.as_str())
        .max_results(DIFFERENCES_PER_READ)
        .into_paginator()
        .send();
    let mut paths = BTreeSet::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| failed("GetDifferences", &error))?;
        let blobs = page
            .differences
            .into_iter()
            .flatten()
            .flat_map(|difference| [difference.before_blob, difference.after_blob]);
        paths.extend(blobs.flatten().filter_map(|blob| {
            let is_submodule = blob.mode.as_deref() == Some(SUBMODULE);
            let slash = if is_submodule { "/" } else { "" };
            blob.path.map(|path| format!("{path}{slash}"))
        }));
        if paths.len() > most {
            return Ok(None);
        }
    }
    Ok(Some(paths.into_iter().collect()))
}

pub(super) async fn commit(
    client: &Client,
    repository: &RepositoryName,
    commit: &CommitId,
) -> HostResult<CommitDetails> {
    const OPERATION: &str = "GetCommit";
    let output = client
        .get_commit()
        .repository_name(repository.as_str())
        .commit_id(commit.as_str())
        .send()
        .await
        .map_err(|error| failed(OPERATION, &error))?;
    let commit = output.commit.ok_or_else(|| lacks(OPERATION, "commit"))?;
    let parents = commit.parents.unwrap_or_default();
    Ok(CommitDetails {
        tree: TreeId::new(commit.tree_id.ok_or_else(|| lacks(OPERATION, "treeId"))?),
        parents: parents.into_iter().map(CommitId::new).collect(),
    })
}

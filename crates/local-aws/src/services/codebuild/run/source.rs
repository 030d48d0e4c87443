//! The source of a build: the exact commit, checked out into a folder of its own, and the buildspec in it.

use std::{
    path::{Component, Path},
    process::{Output, Stdio},
    sync::Arc,
};

use tokio::process::Command;

use super::super::{model::Build, rules};
use super::{Fault, Folders};
use crate::{
    Account,
    buildspec::{self, Buildspec},
    git::is_object_id,
    program,
};

const DEFAULT_BUILDSPEC: &str = "buildspec.yml";
const LARGEST_BUILDSPEC: u64 = 1 << 20;
const CLONES: usize = 8;

/// What a build needs and cannot have: it fails, and nobody else is to blame.
#[derive(Debug)]
pub(super) struct Unavailable {
    /// In CodeBuild's words.
    pub(super) code: &'static str,
    pub(super) message: String,
}

fn client_error(message: impl Into<String>) -> Unavailable {
    Unavailable {
        code: "CLIENT_ERROR",
        message: message.into(),
    }
}

/// Checks the source out and says which commit it is; a build without source has none.
pub(super) async fn check_out(
    account: &Arc<Account>,
    build: &Build,
    folders: &Folders,
) -> Result<Result<Option<String>, Unavailable>, Fault> {
    if build.source.kind == "NO_SOURCE" {
        return Ok(Ok(None));
    }
    let Ok(repository) = rules::repository_of(&build.source) else {
        return Ok(Err(client_error("the source has no location")));
    };
    let location = build.source.location.as_deref().unwrap_or_default();
    let elsewhere = account.settings.code_elsewhere.as_deref();
    if elsewhere.is_some_and(|base| location.starts_with(base))
        && let Some(unavailable) = mirror(account, repository, location, folders).await?
    {
        return Ok(Err(unavailable));
    }
    if !account.git.exists(repository) {
        return Ok(Err(client_error(format!(
            "repository not found for primary source: {repository}"
        ))));
    }
    let version = build
        .source_version
        .as_deref()
        .filter(|version| !version.is_empty());
    let commit = match resolve(account, repository, version.unwrap_or("HEAD"), folders).await? {
        Ok(commit) => commit,
        Err(unavailable) => return Ok(Err(unavailable)),
    };
    let bare = account.git.path(repository);
    let source = folders.source();
    let address = build.source.location.as_deref().unwrap_or_default();
    let steps: [&[&std::ffi::OsStr]; 2] = [
        // A push from inside a build must not go past the endpoint.
        &[
            "-C".as_ref(),
            source.as_ref(),
            "remote".as_ref(),
            "set-url".as_ref(),
            "origin".as_ref(),
            address.as_ref(),
        ],
        &[
            "-C".as_ref(),
            source.as_ref(),
            "checkout".as_ref(),
            "--quiet".as_ref(),
            "--detach".as_ref(),
            commit.as_ref(),
        ],
    ];
    let mut output = clone(folders, &bare, &source).await?;
    for step in steps {
        if output.status.success() {
            output = git(folders).args(step).output().await?;
        }
    }
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Ok(Err(client_error(format!(
            "failed to get {commit} of {repository}: {}",
            said.trim()
        ))));
    }
    Ok(Ok(Some(commit)))
}

/// Brings a copy of somebody else's repository to where they have it now.
async fn mirror(
    account: &Arc<Account>,
    repository: &str,
    location: &str,
    folders: &Folders,
) -> Result<Option<Unavailable>, Fault> {
    // One at a time: two would be in each other's way at the same branch.
    let _moving = account.references.lock().await;
    if !account.git.exists(repository)
        && let Err(error) = account.git.create(repository, None).await
    {
        return Ok(Some(client_error(error.to_string())));
    }
    let output = git(folders)
        .arg("-C")
        .arg(account.git.path(repository))
        .args([
            "fetch",
            "--quiet",
            "--prune",
            "--no-write-fetch-head",
            "--",
            location,
        ])
        .args(["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"])
        .output()
        .await?;
    if output.status.success() {
        return Ok(None);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let message = format!("failed to fetch {location}: {}", said.trim());
    Ok(Some(client_error(message)))
}

/// Clones without checking out; what the last try said. A branch that is removed while git lists it is an error to git; the
/// next list is without it.
async fn clone(folders: &Folders, bare: &Path, source: &Path) -> Result<Output, Fault> {
    let mut clone = git(folders);
    clone
        // Shared: otherwise each of the repository's objects, of which there may be thousands, would be linked.
        .args(["clone", "--quiet", "--shared", "--no-checkout"])
        .args(["--template=", "--"])
        .args([bare, source]);
    let mut output = clone.output().await?;
    for _ in 1..CLONES {
        if output.status.success() {
            break;
        }
        output = clone.output().await?;
    }
    Ok(output)
}

/// The commit of a `sourceVersion`: a branch, a tag, a full id, or `refs/heads/<branch>^{<id>}`.
async fn resolve(
    account: &Arc<Account>,
    repository: &str,
    version: &str,
    folders: &Folders,
) -> Result<Result<String, Unavailable>, Fault> {
    let git = &account.git;
    let not_found = || {
        client_error(format!(
            "reference not found for primary source and source version {version}"
        ))
    };
    let pinned = version
        .strip_suffix('}')
        .and_then(|version| version.split_once("^{"));
    if let Some((branch, commit)) = pinned {
        let is_branch = branch.starts_with("refs/heads/");
        let tip = if is_branch {
            git.resolve(repository, branch).await?
        } else {
            None
        };
        let known = if is_object_id(commit) {
            git.resolve(repository, commit).await?
        } else {
            None
        };
        let (Some(tip), Some(commit)) = (tip, known) else {
            return Ok(Err(not_found()));
        };
        let is_on_branch = git.is_ancestor(repository, &commit, &tip).await?;
        return Ok(if is_on_branch {
            Ok(commit)
        } else {
            Err(not_found())
        });
    }
    let Some(commit) = git.resolve(repository, version).await? else {
        return Ok(Err(not_found()));
    };
    if is_object_id(version) && !is_referenced(account, repository, &commit, folders).await? {
        return Ok(Err(not_found()));
    }
    Ok(Ok(commit))
}

/// Whether any branch or tag leads to the commit: CodeBuild fetches no others.
async fn is_referenced(
    account: &Arc<Account>,
    repository: &str,
    commit: &str,
    folders: &Folders,
) -> Result<bool, Fault> {
    let tips = account.git.references(repository, "refs/").await?;
    if tips.values().any(|tip| tip == commit) {
        return Ok(true);
    }
    let output = git(folders)
        .arg("-C")
        .arg(account.git.path(repository))
        .args(["for-each-ref", "--count=1", "--contains", commit])
        .output()
        .await?;
    Ok(output.status.success() && !output.stdout.is_empty())
}

/// git without the configuration and the hooks of whoever started the endpoint.
pub(super) fn git(folders: &Folders) -> Command {
    let mut command = Command::new(program::git());
    command
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .env("HOME", folders.home())
        .env("LC_ALL", "C")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_ATTR_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .args([
            "-c",
            "core.hooksPath=/dev/null",
            "-c",
            "safe.directory=*",
            "-c",
            "advice.detachedHead=false",
        ])
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

/// The buildspec of a build: the text it was given, or the file that this names.
pub(super) fn buildspec(build: &Build, source: &Path) -> Result<Buildspec, Unavailable> {
    let given = build
        .source
        .buildspec
        .as_deref()
        .filter(|given| !given.trim().is_empty());
    let (place, text) = match given {
        Some(inline) if rules::is_inline(inline) => ("the buildspec", inline.to_owned()),
        path => {
            let path = path.unwrap_or(DEFAULT_BUILDSPEC);
            (path, read(source, path)?)
        }
    };
    buildspec::parse(&text).map_err(|error| yaml_error(format!("{place}: {error}")))
}

fn yaml_error(message: String) -> Unavailable {
    Unavailable {
        code: "YAML_FILE_ERROR",
        message,
    }
}

fn read(source: &Path, path: &str) -> Result<String, Unavailable> {
    let relative = Path::new(path);
    if !relative
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
    {
        return Err(yaml_error(format!(
            "{path}: a buildspec lies below the folder of the source"
        )));
    }
    let missing = || yaml_error(format!("YAML file does not exist: {path}"));
    let file = source
        .join(relative)
        .canonicalize()
        .map_err(|_| missing())?;
    let inside = source
        .canonicalize()
        .is_ok_and(|source| file.starts_with(source));
    let metadata = std::fs::metadata(&file).map_err(|_| missing())?;
    if !inside || !metadata.is_file() {
        return Err(missing());
    }
    if metadata.len() > LARGEST_BUILDSPEC {
        return Err(yaml_error(format!(
            "{path}: {} bytes are too many for a buildspec",
            metadata.len()
        )));
    }
    std::fs::read_to_string(&file).map_err(|error| yaml_error(format!("{path}: {error}")))
}

//! git: bare repositories in a folder, driven by the `git` program.
//!
//! Names that come from callers are checked before git sees them, never take the place of an option and never pass
//! a shell. What git is asked for is one process per question, but for the reading of objects; nothing is kept between two
//! questions but what cannot change.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Mutex,
};

use tokio::sync::Semaphore;

mod changes;
mod command;
pub(crate) mod http_backend;
mod merge;
mod objects;
mod reader;
mod references;
mod trees;

pub(crate) use changes::{Change, ChangeKind, EMPTY_TREE};
pub(crate) use merge::{Detail, Merge, Merging, Resolution};
pub(crate) use objects::{Commit, Entry, EntryKind, Identity, Signature, is_object_id};
pub(crate) use references::is_reference_name;
pub(crate) use trees::Edit;

/// Why git could not do it.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The program or the file system said no.
    #[error("failed to run git: {0}")]
    Run(#[from] io::Error),
    /// git ended with an error.
    #[error("git {command} failed: {message}")]
    Failed {
        /// The subcommand.
        command: String,
        /// What git wrote to its error output.
        message: String,
    },
    /// git answered something this program does not understand.
    #[error("git {command} answered `{answer}`")]
    Answer {
        /// The subcommand.
        command: &'static str,
        /// The beginning of the answer.
        answer: String,
    },
    /// A compare-and-set met another value than the expected one.
    #[error("`{reference}` is at {}, not where it was expected", found.as_deref().unwrap_or("no commit"))]
    ReferenceMoved {
        /// Full name of the reference.
        reference: String,
        /// Where it is; none if it does not exist.
        found: Option<String>,
    },
    /// A name that git does not allow for a reference.
    #[error("`{0}` is no name for a reference")]
    ReferenceName(String),
}

/// The folder of repositories.
pub(crate) struct Git {
    directory: PathBuf,
    /// Bounds the git processes that run at once: a hundred pull requests opened together must not start a hundred.
    processes: Semaphore,
    readers: reader::Readers,
    merge_bases: Mutex<merge::MergeBases>,
}

impl Git {
    /// Uses `directory`, which is created.
    pub(crate) fn new(directory: PathBuf) -> Result<Self, GitError> {
        fs::create_dir_all(&directory)?;
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        Ok(Self {
            directory: fs::canonicalize(directory)?,
            processes: Semaphore::new(2 * processors + 2),
            readers: reader::Readers::default(),
            merge_bases: Mutex::default(),
        })
    }

    /// The bare repository's folder.
    pub(crate) fn path(&self, repository: &str) -> PathBuf {
        self.directory.join(format!("{repository}.git"))
    }

    /// The error output of the last push. It is locked for as long as git works on that push, whoever lives to see it.
    fn push_path(&self, repository: &str) -> PathBuf {
        self.path(repository).join("last-push")
    }

    /// Whether the repository is there.
    pub(crate) fn exists(&self, repository: &str) -> bool {
        self.path(repository).join("HEAD").is_file()
    }

    /// Makes an empty repository whose HEAD names `default_branch`, or `main`.
    pub(crate) async fn create(
        &self,
        repository: &str,
        default_branch: Option<&str>,
    ) -> Result<(), GitError> {
        let path = self.path(repository);
        let branch = format!("--initial-branch={}", default_branch.unwrap_or("main"));
        fs::create_dir_all(&path)?;
        let arguments = ["init", "--quiet", "--bare", "--template=", &branch];
        self.answer(repository, &arguments, b"").await?;
        // Commits that no branch reaches, merge previews among them, are kept for as long as the repository.
        append(&path.join("config"), "[gc]\n\tauto = 0\n")?;
        Ok(())
    }

    /// Removes the repository; one that does not exist is removed already.
    pub(crate) async fn delete(&self, repository: &str) -> Result<(), GitError> {
        // Renamed first: a repository half removed must not be found again after a crash.
        let doomed = self
            .directory
            .join(format!(".removed-{:016x}", fastrand::u64(..)));
        let renamed = fs::rename(self.path(repository), &doomed);
        self.stop_reading(repository);
        match renamed {
            Ok(()) => Ok(tokio::fs::remove_dir_all(doomed).await?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Points HEAD at a branch, which clones then check out.
    pub(crate) async fn set_head(&self, repository: &str, branch: &str) -> Result<(), GitError> {
        let full_name = format!("refs/heads/{branch}");
        let arguments = ["symbolic-ref", "HEAD", &full_name];
        self.answer(repository, &arguments, b"").await.map(drop)
    }
}

fn append(path: &Path, text: &str) -> io::Result<()> {
    use io::Write as _;
    fs::OpenOptions::new()
        .append(true)
        .open(path)?
        .write_all(text.as_bytes())
}

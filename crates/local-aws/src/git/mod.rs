//! git: bare repositories in a folder, driven by the `git` program.

use std::path::PathBuf;

pub(crate) mod http_backend;

/// Why git could not do it.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The program or the file system said no.
    #[error("failed to run git: {0}")]
    Run(#[from] std::io::Error),
}

/// The folder of repositories.
pub(crate) struct Git {
    pub(crate) directory: PathBuf,
}

impl Git {
    /// Uses `directory`, which is created.
    pub(crate) fn new(directory: PathBuf) -> Result<Self, GitError> {
        std::fs::create_dir_all(&directory)?;
        Ok(Self { directory })
    }
}

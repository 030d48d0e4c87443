//! How long a repository's checks took before, kept from check to check: the gate looks at the right time, and a person
//! sees how long it will take. It is a convenience; whatever is wrong with it, the check goes on without.

use std::{
    fs,
    path::{Path, PathBuf},
};

use gate_core::{names, protocol::Durations};

use crate::{git::Git, state};

/// The durations of one repository and where they are kept.
pub(super) struct History {
    pub(super) durations: Durations,
    file: Option<PathBuf>,
}

impl History {
    /// What is known of the repository at `path`.
    pub(super) async fn of(path: &Path) -> Self {
        let file = file(path).await;
        let known = file.as_ref().and_then(|file| fs::read(file).ok());
        let durations = known.and_then(|text| serde_json::from_slice(&text).ok());
        Self {
            durations: durations.unwrap_or(Durations {
                version: 1,
                ..Durations::default()
            }),
            file,
        }
    }

    /// Keeps what is known now.
    pub(super) fn keep(&self, durations: &Durations) {
        let Some(file) = self.file.as_ref().filter(|_| *durations != self.durations) else {
            return;
        };
        let kept = serde_json::to_vec(durations)
            .map_err(std::io::Error::from)
            .and_then(|text| {
                if let Some(folder) = file.parent() {
                    fs::create_dir_all(folder)?;
                }
                fs::write(file, text)
            });
        if let Err(error) = kept {
            tracing::warn!(file = %file.display(), error = %error, "failed to keep how long the checks took");
        }
    }
}

async fn file(path: &Path) -> Option<PathBuf> {
    let name = name_of(path).await?;
    Some(
        state::directory()?
            .join("durations")
            .join(format!("{name}.json")),
    )
}

/// One name per repository, whichever of its worktrees and folders is asked for.
pub(super) async fn name_of(path: &Path) -> Option<String> {
    let folder = Git::at(path)
        .run(&["rev-parse", "--git-common-dir"])
        .await
        .ok()?;
    let folder = path.join(folder).canonicalize().ok()?;
    Some(names::hash(&[&folder.to_string_lossy()], 16))
}

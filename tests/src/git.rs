//! A person's clone.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A clone in a folder that somebody else looks after.
pub struct WorkingCopy {
    directory: PathBuf,
}

impl WorkingCopy {
    /// Clones `url` into `directory`.
    pub fn clone(url: &str, directory: PathBuf) -> Self {
        std::fs::create_dir_all(&directory).expect("a folder");
        let copy = Self { directory };
        copy.git(&["clone", "--quiet", url, "."]);
        copy.git(&["config", "user.name", "Ann"]);
        copy.git(&["config", "user.email", "ann@example.com"]);
        copy
    }

    /// The clone that is in `directory` already, whose origin is now `url`.
    pub fn moved(url: &str, directory: PathBuf) -> Self {
        let copy = Self { directory };
        copy.git(&["remote", "set-url", "origin", url]);
        copy
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.directory
    }

    /// Writes files, commits them on `branch` (made from `from` if it does not exist) and pushes it. Answers the commit.
    pub fn push(&self, branch: &str, from: &str, files: &[(&str, &str)]) -> String {
        self.commit(branch, from, files);
        self.send(branch);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Writes files and commits them on `branch`, made from `from` if it does not exist.
    pub fn commit(&self, branch: &str, from: &str, files: &[(&str, &str)]) {
        let exists = self
            .try_git(&[
                "rev-parse",
                "--verify",
                "--quiet",
                &format!("refs/heads/{branch}"),
            ])
            .is_ok();
        if exists {
            self.git(&["checkout", "--quiet", branch]);
        } else if from.is_empty() {
            self.git(&["checkout", "--quiet", "--orphan", branch]);
        } else {
            self.git(&["checkout", "--quiet", "-b", branch, from]);
        }
        for (path, content) in files {
            let path = self.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(path, content).expect("a file");
        }
        self.git(&["add", "--all"]);
        self.git(&[
            "commit",
            "--quiet",
            "--allow-empty",
            "--message",
            &format!("Change {branch}"),
        ]);
    }

    /// Pushes `branch` as it is.
    pub fn send(&self, branch: &str) {
        self.git(&["push", "--quiet", "origin", &format!("{branch}:{branch}")]);
    }

    /// Runs git; answers its output; panics with its words if it fails.
    pub fn git(&self, arguments: &[&str]) -> String {
        self.try_git(arguments)
            .unwrap_or_else(|error| panic!("git {arguments:?}: {error}"))
    }

    /// Runs git.
    pub fn try_git(&self, arguments: &[&str]) -> Result<String, String> {
        run(self.path(), arguments)
    }
}

/// Runs git in a folder.
pub(crate) fn run(directory: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(directory)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

//! Running `git`: a clean environment, no hooks, no prompts, nothing from the configuration of whoever started us.

use std::{
    ffi::OsStr,
    process::{Output, Stdio},
};

use tokio::{io::AsyncWriteExt as _, process::Command};

use super::{Git, GitError};
use crate::program;

/// Configuration for every process, stronger than that of a repository.
const CONFIGURATION: [(&str, &str); 8] = [
    ("core.hooksPath", "/dev/null"),
    ("core.logAllRefUpdates", "false"),
    ("core.fsync", "none"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("http.receivepack", "true"),
    ("uploadpack.allowAnySHA1InWant", "true"),
    // The folder is ours even where a container mounts it under another user.
    ("safe.directory", "*"),
];

impl Git {
    /// `git` on one repository, to be given its arguments. It never looks for another repository in the folders above.
    pub(super) fn command(&self, repository: &str) -> Command {
        let path = self.path(repository);
        let mut command = Command::new(program::git());
        command
            .env_clear()
            .envs(
                ["PATH", "TMPDIR"]
                    .iter()
                    .filter_map(|name| Some((name, std::env::var_os(name)?))),
            )
            .env("HOME", &self.directory)
            .env("LC_ALL", "C")
            .env("GIT_DIR", &path)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_ATTR_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_LITERAL_PATHSPECS", "1")
            .env("GIT_CONFIG_COUNT", CONFIGURATION.len().to_string())
            .current_dir(&self.directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        for (index, (key, value)) in CONFIGURATION.iter().enumerate() {
            command
                .env(format!("GIT_CONFIG_KEY_{index}"), key)
                .env(format!("GIT_CONFIG_VALUE_{index}"), value);
        }
        command
    }

    /// Runs git to its end, whatever its exit code.
    pub(super) async fn run(
        &self,
        repository: &str,
        arguments: &[&str],
        input: &[u8],
    ) -> Result<Output, GitError> {
        let none: [(&str, &OsStr); 0] = [];
        self.run_with(repository, arguments, none, input).await
    }

    /// As [`Git::run`], with further environment variables.
    pub(super) async fn run_with<'a, V: AsRef<OsStr>>(
        &self,
        repository: &str,
        arguments: &[&str],
        variables: impl IntoIterator<Item = (&'a str, V)>,
        input: &[u8],
    ) -> Result<Output, GitError> {
        let mut command = self.command(repository);
        command.args(arguments).envs(variables);
        let _permit = self.processes.acquire().await;
        let mut child = command.spawn()?;
        let stdin = child.stdin.take();
        let feed = async {
            if let Some(mut stdin) = stdin {
                // git may end without reading all; its exit code says what that means.
                let _ = stdin.write_all(input).await;
            }
        };
        let ((), output) = tokio::join!(feed, child.wait_with_output());
        Ok(output?)
    }

    /// What git writes; a failure is an error.
    pub(super) async fn answer(
        &self,
        repository: &str,
        arguments: &[&str],
        input: &[u8],
    ) -> Result<Vec<u8>, GitError> {
        succeeded(arguments, self.run(repository, arguments, input).await?)
    }
}

/// The output of a git that ended well.
pub(super) fn succeeded(arguments: &[&str], output: Output) -> Result<Vec<u8>, GitError> {
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(failed(arguments, &output))
}

/// The error of a git that did not.
pub(super) fn failed(arguments: &[&str], output: &Output) -> GitError {
    let message = String::from_utf8_lossy(&output.stderr);
    GitError::Failed {
        command: arguments.first().copied().unwrap_or_default().to_owned(),
        message: match message.trim() {
            "" => output.status.to_string(),
            message => message.to_owned(),
        },
    }
}

/// The first line of an answer, as text.
pub(super) fn first_line(answer: &[u8]) -> String {
    let line = answer.split(|byte| *byte == b'\n').next();
    String::from_utf8_lossy(line.unwrap_or_default()).into_owned()
}

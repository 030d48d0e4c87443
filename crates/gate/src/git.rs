//! The git program, run so that neither its caller's environment nor its configuration decides what it does.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Stdio,
};

use gate_core::secret;
use tokio::process::Command;

/// Variables by which a hook tells git where it is; a repository is named by its path here.
const POSITION: [&str; 6] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_COMMON_DIR",
    "GIT_PREFIX",
];

/// Settings for every call: nothing that the repository's configuration names is run, no credentials from a helper, no
/// proxy between two parts of one machine.
const SETTINGS: [&str; 8] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "log.showSignature=false",
    "credential.helper=",
    "http.proxy=",
    "push.followTags=false",
    "push.gpgSign=false",
    "push.pushOption=",
];

/// Why git did not do what it was told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GitFailure {
    /// It could not be started.
    #[error("failed to run git: {source}")]
    NotRun {
        /// The cause.
        source: std::io::Error,
    },
    /// It ended with a complaint.
    #[error("`git {command}` failed: {message}")]
    Refused {
        /// Its first argument.
        command: String,
        /// Its words.
        message: String,
    },
}

/// git in one directory.
#[derive(Clone, Debug)]
pub(crate) struct Git {
    directory: PathBuf,
    /// Whether the user's and the system's configuration count for nothing.
    alone: bool,
}

impl Git {
    pub(crate) fn at(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            alone: false,
        }
    }

    /// git in a directory of the gate's own. No configuration but the repository's counts.
    pub(crate) fn alone(directory: &Path) -> Self {
        Self {
            alone: true,
            ..Self::at(directory)
        }
    }

    /// Pushes commits to branches of a repository elsewhere. It goes out from a repository without any configuration that has the
    /// objects of this one: `url.*.insteadOf`, remotes called like an address, proxies and whatever else a configuration has
    /// could send a push to others.
    pub(crate) async fn push(
        &self,
        url: &str,
        branches: &[(&str, &str)],
    ) -> Result<(), GitFailure> {
        let not_run = |source| GitFailure::NotRun { source };
        let objects = [
            "rev-parse",
            "--path-format=absolute",
            "--git-path",
            "objects",
        ];
        let objects = self.run(&objects).await?;
        let folder = tempfile::tempdir().map_err(not_run)?;
        let own = Self::alone(folder.path());
        own.run(&["init", "--quiet", "--bare", "--template=", "."])
            .await?;
        let alternates = folder.path().join("objects/info/alternates");
        let made = alternates.parent().map_or(Ok(()), std::fs::create_dir_all);
        made.and_then(|()| std::fs::write(alternates, format!("{objects}\n")))
            .map_err(not_run)?;
        for (commit, branch) in branches {
            let what = format!("{commit}:refs/heads/{branch}");
            own.run(&["push", "--quiet", "--no-verify", url, &what])
                .await?;
        }
        Ok(())
    }

    /// Runs git; what it says, without the end of the last line.
    pub(crate) async fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<String, GitFailure> {
        self.run_with(&[], arguments).await
    }

    /// As [`Git::run`], with further settings.
    async fn run_with<S: AsRef<OsStr>>(
        &self,
        settings: &[(String, &str)],
        arguments: &[S],
    ) -> Result<String, GitFailure> {
        let mut command = Command::new("git");
        command.arg("-C").arg(&self.directory);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        for variable in POSITION {
            command.env_remove(variable);
        }
        if self.alone {
            command
                .env("GIT_CONFIG_GLOBAL", "/dev/null")
                .env("GIT_CONFIG_NOSYSTEM", "1")
                .env_remove("GIT_CONFIG_PARAMETERS");
        }
        // In variables: a name in a configuration may hold any character.
        command.env("GIT_CONFIG_COUNT", settings.len().to_string());
        for (index, (key, value)) in settings.iter().enumerate() {
            command
                .env(format!("GIT_CONFIG_KEY_{index}"), key)
                .env(format!("GIT_CONFIG_VALUE_{index}"), value);
        }
        let output = command
            .args(arguments)
            // git's words are read, and no index is refreshed in a repository that is only looked at.
            .envs([
                ("LC_ALL", "C"),
                ("GIT_TERMINAL_PROMPT", "0"),
                ("GIT_OPTIONAL_LOCKS", "0"),
            ])
            .env("NO_PROXY", "127.0.0.1")
            .env("no_proxy", "127.0.0.1")
            .env("GIT_ASKPASS", "")
            // A remote of the repository must not name a program as its transport.
            .env("GIT_ALLOW_PROTOCOL", "http:https")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .map_err(|source| GitFailure::NotRun { source })?;
        if output.status.success() {
            let text = String::from_utf8_lossy(&output.stdout);
            return Ok(text.trim_end_matches('\n').to_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let first = arguments
            .first()
            .map(|word| word.as_ref().to_string_lossy().into_owned());
        Err(GitFailure::Refused {
            command: first.unwrap_or_default(),
            message: secret::hide(said.trim()).into_owned(),
        })
    }

    /// How many files have changes that no commit holds. Neither the filters of the repository's configuration nor
    /// anything of its submodules' is run, so a filtered file that was touched counts as changed.
    pub(crate) async fn uncommitted(&self) -> Result<usize, GitFailure> {
        let drivers = ["config", "--name-only", "--get-regexp", r"^filter\."];
        let settings: Vec<_> = self
            .ask(&drivers)
            .await?
            .unwrap_or_default()
            .lines()
            .filter_map(|key| match key.rsplit_once('.')?.1 {
                "clean" | "process" => Some((key.to_owned(), "")),
                "required" => Some((key.to_owned(), "false")),
                _ => None,
            })
            .collect();
        let status = [
            "status",
            "--porcelain",
            "--untracked-files=normal",
            "--ignore-submodules=dirty",
        ];
        let status = self.run_with(&settings, &status).await?;
        Ok(status.lines().count())
    }

    /// The answer to a question that git answers by failing; `None` for a failure.
    pub(crate) async fn ask(&self, arguments: &[&str]) -> Result<Option<String>, GitFailure> {
        match self.run(arguments).await {
            Ok(answer) => Ok(Some(answer)),
            Err(GitFailure::Refused { .. }) => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}

//! A place of its own for each story: a home without configuration, a folder for temporary files that must end empty.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;

/// What a user has around a command.
pub(crate) struct Place {
    folder: TempDir,
}

/// What a command said.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::create_dir(place.temporary()).unwrap();
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    pub(crate) fn temporary(&self) -> PathBuf {
        self.path("tmp")
    }

    fn around(&self, command: &mut Command) {
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.folder.path())
            .env("TMPDIR", self.temporary())
            .env("NO_COLOR", "1")
            .envs([
                ("GIT_CONFIG_NOSYSTEM", "1"),
                ("GIT_AUTHOR_NAME", "Ann"),
                ("GIT_AUTHOR_EMAIL", "ann@example.com"),
            ])
            .envs([
                ("GIT_COMMITTER_NAME", "Ann"),
                ("GIT_COMMITTER_EMAIL", "ann@example.com"),
            ])
            .current_dir(self.folder.path());
    }

    /// `gate` with these arguments, not yet started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.command_of(env!("CARGO_BIN_EXE_gate"), arguments)
    }

    /// Runs `gate`.
    pub(crate) fn gate(&self, arguments: &[&str]) -> Said {
        self.command(arguments).output().unwrap().into()
    }

    /// Another program, not yet started.
    pub(crate) fn command_of(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments);
        self.around(&mut command);
        command
    }

    /// git in the repository `name`, not yet started.
    pub(crate) fn command_of_git(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        self.around(&mut command);
        command.arg("-C").arg(self.path(name)).args(arguments);
        command
    }

    /// Runs git in the repository `name`; what it says.
    pub(crate) fn git(&self, name: &str, arguments: &[&str]) -> String {
        let output = self.command_of_git(name, arguments).output().unwrap();
        let said = Said::from(output);
        assert_eq!(said.code, 0, "git {arguments:?}: {}", said.stderr);
        said.stdout.trim().to_owned()
    }

    /// A repository with one commit on `main` that holds these files.
    pub(crate) fn repository(&self, name: &str, files: &[(&str, &str)]) {
        fs::create_dir_all(self.path(name)).unwrap();
        self.git(name, &["init", "--quiet", "--initial-branch=main"]);
        self.commit(name, files, "Begin");
    }

    pub(crate) fn commit(&self, name: &str, files: &[(&str, &str)], message: &str) {
        for (file, content) in files {
            let path = self.path(name).join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        self.git(name, &["add", "--all"]);
        self.git(
            name,
            &["commit", "--quiet", "--allow-empty", "--message", message],
        );
    }

    /// Asserts that no temporary file is left.
    pub(crate) fn assert_clean(&self) {
        let left: Vec<_> = fs::read_dir(self.temporary())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        assert_eq!(left, Vec::<PathBuf>::new());
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Whether a process whose command line holds `words` runs.
pub(crate) fn runs(words: &str) -> bool {
    fs::read_dir("/proc").unwrap().any(|entry| {
        let command = entry.unwrap().path().join("cmdline");
        let command = fs::read(command).unwrap_or_default();
        String::from_utf8_lossy(&command)
            .replace('\0', " ")
            .contains(words)
    })
}

/// Waits until `holds`, at most half a minute.
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while !holds() {
        assert!(std::time::Instant::now() < deadline, "{what}");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

/// A report that the examples wrote.
pub(crate) fn fixture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test-reports/tests/fixtures");
    folder.join(name).display().to_string()
}

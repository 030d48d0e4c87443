//! What the stories stand on: an account, a repository in it, and a patient look at builds.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{Account, Caller, ServiceError, Settings, services};

pub(super) struct Bench {
    pub(super) account: Arc<Account>,
    pub(super) folder: Arc<tempfile::TempDir>,
}

impl Bench {
    pub(super) async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    pub(super) async fn open_with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::open_in(Arc::new(tempfile::tempdir().unwrap()), change).await
    }

    pub(super) async fn open_in(
        folder: Arc<tempfile::TempDir>,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let mut settings = Settings::new(folder.path().join("data"));
        settings.concurrent_builds = 2;
        settings.engine = false;
        change(&mut settings);
        let account = Account::open(settings).await.unwrap();
        account.start();
        Self { account, folder }
    }

    pub(super) async fn ask(&self, operation: &str, input: Value) -> Result<Value, ServiceError> {
        let caller = Caller {
            arn: "arn:aws:sts::000000000000:assumed-role/Gate/builder".to_owned(),
        };
        super::super::call(&self.account, &caller, operation, input).await
    }

    pub(super) async fn did(&self, operation: &str, input: Value) -> Value {
        self.ask(operation, input).await.unwrap()
    }

    /// The code and the words of a refusal.
    pub(super) async fn refusal(&self, operation: &str, input: Value) -> (String, String) {
        let error = self.ask(operation, input).await.unwrap_err();
        (error.code, error.message)
    }

    /// A repository `demo` with these files on `main`; gives the commit's id.
    pub(super) fn repository(&self, files: &[(&str, &str)]) -> String {
        let bare = self.bare();
        git(
            self.folder.path(),
            &[
                "init",
                "--quiet",
                "--bare",
                "--initial-branch=main",
                bare.to_str().unwrap(),
            ],
        );
        git(
            self.folder.path(),
            &["clone", "--quiet", bare.to_str().unwrap(), "work"],
        );
        git(&self.work(), &["checkout", "--quiet", "-B", "main"]);
        self.push("main", files)
    }

    /// Commits these files on top of what is checked out and pushes them to a branch.
    pub(super) fn push(&self, branch: &str, files: &[(&str, &str)]) -> String {
        let work = self.work();
        for (name, text) in files {
            let path = work.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        git(&work, &["add", "--all"]);
        git(
            &work,
            &["commit", "--quiet", "--allow-empty", "-m", "a change"],
        );
        git(
            &work,
            &[
                "push",
                "--quiet",
                "--force",
                "origin",
                &format!("HEAD:refs/heads/{branch}"),
            ],
        );
        git(&work, &["rev-parse", "HEAD"])
    }

    pub(super) fn bare(&self) -> PathBuf {
        self.account.git.path("demo")
    }

    pub(super) fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// A project `demo` over the repository `demo`.
    pub(super) async fn project(&self, change: impl FnOnce(&mut Value)) {
        let mut input = project_input("demo");
        change(&mut input);
        self.did("CreateProject", input).await;
    }

    /// A project that runs an inline buildspec without any source.
    pub(super) async fn project_of(&self, buildspec: &str) {
        self.project(|input| {
            input["source"] = json!({ "type": "NO_SOURCE", "buildspec": buildspec });
        })
        .await;
    }

    pub(super) async fn start(&self, mut input: Value) -> String {
        input["projectName"] = "demo".into();
        let started = self.did("StartBuild", input).await;
        started["build"]["id"].as_str().unwrap().to_owned()
    }

    pub(super) async fn build(&self, id: &str) -> Value {
        let answer = self.did("BatchGetBuilds", json!({ "ids": [id] })).await;
        answer["builds"][0].clone()
    }

    pub(super) async fn ended(&self, id: &str) -> Value {
        self.until(id, |build| build["buildComplete"] == true).await
    }

    /// Waits until a build of these inputs is over.
    pub(super) async fn run(&self, input: Value) -> Value {
        let id = self.start(input).await;
        self.ended(&id).await
    }

    pub(super) async fn until(&self, id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let build = self.build(id).await;
            if wanted(&build) {
                return build;
            }
            assert!(
                Instant::now() < deadline,
                "waited in vain: {build:#}\n{}",
                self.log(&build)
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until a build's commands have made this file.
    pub(super) async fn until_exists(&self, path: &Path) -> String {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            match fs::read_to_string(path) {
                Ok(text) if text.ends_with('\n') => return text.trim().to_owned(),
                _ => assert!(Instant::now() < deadline, "{} never came", path.display()),
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The log of a build as GetLogEvents gives it.
    pub(super) fn log(&self, build: &Value) -> String {
        let input = json!({
            "logGroupName": build["logs"]["groupName"],
            "logStreamName": build["logs"]["streamName"],
            "startFromHead": true,
        });
        let answer = services::logs::call(&self.account, "GetLogEvents", input).unwrap();
        let events = answer["events"].as_array().unwrap().iter();
        events
            .map(|event| event["message"].as_str().unwrap())
            .collect()
    }

    /// A file outside all builds, for commands to leave a trace in.
    pub(super) fn trace(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

pub(super) fn project_input(name: &str) -> Value {
    json!({
        "name": name,
        "source": { "type": "CODECOMMIT", "location": "https://git-codecommit.us-east-1.amazonaws.com/v1/repos/demo" },
        "artifacts": { "type": "NO_ARTIFACTS" },
        "environment": { "type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "computeType": "BUILD_GENERAL1_SMALL" },
        "serviceRole": "arn:aws:iam::000000000000:role/build",
    })
}

/// A buildspec whose build phase has these commands.
pub(super) fn spec(commands: &[&str]) -> String {
    let commands: Vec<String> = commands
        .iter()
        .map(|command| format!("      - {}\n", json!(command)))
        .collect();
    format!(
        "version: 0.2\nphases:\n  build:\n    commands:\n{}",
        commands.concat()
    )
}

/// The phase of a build.
pub(super) fn phase<'a>(build: &'a Value, kind: &str) -> &'a Value {
    let phases = build["phases"].as_array().unwrap();
    phases
        .iter()
        .find(|phase| phase["phaseType"] == kind)
        .unwrap_or(&Value::Null)
}

/// The phases of a build with their status.
pub(super) fn phases(build: &Value) -> String {
    let phases = build["phases"].as_array().unwrap().iter();
    let words = phases.map(|phase| {
        let status = phase["phaseStatus"].as_str().unwrap_or("-");
        format!("{} {status}", phase["phaseType"].as_str().unwrap())
    });
    words.collect::<Vec<_>>().join(", ")
}

pub(super) fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=Ann", "-c", "user.email=ann@example.com"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "git {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Whether the process with this pid runs.
pub(super) fn is_alive(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

pub(super) async fn until_dead(pid: &str) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while is_alive(pid) {
        assert!(Instant::now() < deadline, "process {pid} lives on");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

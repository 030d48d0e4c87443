//! The system under the stories.

use std::{ops::Deref, path::Path, process::Command, time::Duration};

use gate::system::{Options, System};
use gate_aws::Deployment;
use local_aws::{Observer, Settings, audit::Happened};
use tempfile::TempDir;

use crate::{People, WorkingCopy};

/// An access key of the gate itself, for stories in which it is where it should not be.
pub const THE_GATE: &str = "the-gate";
const REPORTER: &str =
    "arn:aws:sts::000000000000:assumed-role/mergegate-reporter-us-east-1/mergegate-reporter";

/// How a stage differs from the usual one.
#[derive(Clone, Copy, Debug)]
pub struct StageOptions {
    /// Builds at once.
    pub concurrent_builds: usize,
    /// Facts about AWS that nobody could confirm.
    pub assumptions: local_aws::Assumptions,
    /// Whether pull requests get the rule that only the gate can satisfy.
    pub rule: bool,
    /// Whether the endpoint writes down what really happens.
    pub audit: bool,
    /// How long a minute of a build's time limits is.
    pub build_minute: Duration,
}

impl Default for StageOptions {
    fn default() -> Self {
        Self {
            concurrent_builds: 4,
            assumptions: local_aws::Assumptions::default(),
            rule: true,
            audit: false,
            build_minute: Duration::from_mins(1),
        }
    }
}

/// A running system with one repository `demo`, whose `main` is what the story began with, and the people around it.
pub struct Stage {
    /// The system.
    pub system: System,
    people: People,
    directory: TempDir,
}

impl Deref for Stage {
    type Target = People;

    fn deref(&self) -> &People {
        &self.people
    }
}

impl Stage {
    /// Sets the stage: `files` on `main`.
    pub async fn set(files: &[(&str, &str)]) -> Self {
        Self::set_with(StageOptions::default(), files).await
    }

    /// Sets the stage with options.
    pub async fn set_with(options: StageOptions, files: &[(&str, &str)]) -> Self {
        Self::set_seen_by(options, None, files).await
    }

    /// The same, with an observer that sees every call from the first one on.
    pub async fn set_seen_by(
        options: StageOptions,
        observer: Option<Observer>,
        files: &[(&str, &str)],
    ) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let system = start(&options, directory.path(), observer).await;
        let client = aws_sdk_codecommit::Client::new(&system.config_as("ann"));
        let create = client.create_repository().repository_name("demo");
        create.send().await.expect("a repository");
        let copy = WorkingCopy::clone(&clone_url(&system.url()), directory.path().join("copy"));
        copy.push("main", "", files);
        let stage = Self::over(system, copy, directory);
        if options.rule {
            stage.require_the_gate().await;
        }
        stage
    }

    fn over(system: System, copy: WorkingCopy, directory: TempDir) -> Self {
        let data = directory.path().join("data");
        let people = People::at(&system.url(), system.deployment(), &data, copy);
        Self {
            system,
            people,
            directory,
        }
    }

    /// Ends the system and starts it again over its state, which `meanwhile` may change.
    pub async fn restarted(self, meanwhile: impl FnOnce(&Path)) -> Self {
        let Self {
            system,
            people,
            directory,
        } = self;
        system.shut_down().await;
        drop((system, people));
        meanwhile(&directory.path().join("data"));
        let system = start(&StageOptions::default(), directory.path(), None).await;
        let copy = WorkingCopy::moved(&clone_url(&system.url()), directory.path().join("copy"));
        Self::over(system, copy, directory)
    }

    /// Waits until no execution runs and no event is on its way.
    pub async fn quiet(&self) {
        let mut calm = 0;
        self.eventually("quiet", async || {
            let busy = self.system.account().has_undelivered()
                || !self.executions(Some("RUNNING")).await.is_empty();
            calm = if busy { 0 } else { calm + 1 };
            (calm == 3).then_some(())
        })
        .await;
    }

    /// Two sweeps, each with everything that comes of it.
    pub async fn swept(&self) {
        for _ in 0..2 {
            self.quiet().await;
            let swept = self.system.sweep().await;
            swept.expect("the sweep looks at everything");
        }
        self.quiet().await;
    }

    /// Everything that really happened so far; needs [`StageOptions::audit`].
    pub fn audit(&self) -> Vec<Happened> {
        local_aws::audit::read(&self.directory.path().join("data")).expect("the audit")
    }

    /// Ends the system.
    pub async fn strike(self) {
        self.system.shut_down().await;
    }
}

async fn start(options: &StageOptions, directory: &Path, observer: Option<Observer>) -> System {
    let mut settings = Settings::new(directory.join("data"));
    settings.wait_scale = 0.02;
    settings.concurrent_builds = options.concurrent_builds;
    settings.assumptions = options.assumptions;
    settings.audit = options.audit;
    settings.build_minute = options.build_minute;
    settings
        .callers
        .insert(THE_GATE.to_owned(), REPORTER.to_owned());
    let options = Options {
        observer,
        ..Options::new(settings)
    };
    let started = System::start(options).await;
    started.expect("the system starts")
}

fn clone_url(endpoint: &str) -> String {
    format!("{endpoint}/v1/repos/demo")
}

/// A stage that was set once and is copied for every scenario that begins the same way.
pub struct Scene {
    directory: TempDir,
    deployment: Deployment,
}

impl Scene {
    /// Sets the stage and lets `begin` go on from there.
    pub async fn set(files: &[(&str, &str)], begin: impl AsyncFnOnce(&Stage)) -> Self {
        let stage = Stage::set(files).await;
        begin(&stage).await;
        stage.quiet().await;
        stage.system.shut_down().await;
        Self {
            deployment: stage.system.deployment().clone(),
            directory: stage.directory,
        }
    }

    /// A stage of its own for one scenario; of the options, the rule is as it was set.
    pub async fn stage(&self, options: StageOptions) -> Stage {
        self.set_again(options, None).await
    }

    /// The same, with an observer that sees every call from the first one on.
    pub async fn stage_seen_by(&self, options: StageOptions, observer: Observer) -> Stage {
        self.set_again(options, Some(observer)).await
    }

    async fn set_again(&self, options: StageOptions, observer: Option<Observer>) -> Stage {
        let directory = self.copied();
        let system = start(&options, directory.path(), observer).await;
        let copy = WorkingCopy::moved(&clone_url(&system.url()), directory.path().join("copy"));
        Stage::over(system, copy, directory)
    }

    /// A folder with the state of the endpoint in `data` and Ann's clone in `copy`.
    pub fn copied(&self) -> TempDir {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let copied = Command::new("cp")
            .arg("-a")
            .arg(self.directory.path().join("."))
            .arg(directory.path())
            .status();
        assert!(copied.expect("cp runs").success(), "cp fails");
        directory
    }

    /// People at an endpoint over a copied folder.
    pub fn people(&self, url: &str, directory: &Path) -> People {
        let copy = WorkingCopy::moved(&clone_url(url), directory.join("copy"));
        People::at(url, &self.deployment, &directory.join("data"), copy)
    }
}

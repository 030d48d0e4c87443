//! A build as CodeBuild shows it.

use std::time::Duration;

use crate::id::{BuildId, CheckName, CommitId, RunName};

/// How a build stands. Only `Succeeded` is a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildStatus {
    /// Queued or running.
    InProgress,
    /// Every phase succeeded.
    Succeeded,
    /// A phase failed.
    Failed,
    /// CodeBuild itself failed.
    Fault,
    /// The build or its wait in the queue took too long.
    TimedOut,
    /// Somebody stopped it.
    Stopped,
    /// CodeBuild does not know it any more.
    Lost,
}

/// Variables that every build of the gate carries, by which it is found again.
pub mod variable {
    /// The run that asked for the build.
    pub const RUN: &str = "MERGEGATE_RUN";
    /// When that run began, so that its place in the order of runs is known.
    pub const RUN_STARTED: &str = "MERGEGATE_RUN_STARTED";
    /// The check it is for.
    pub const CHECK: &str = "MERGEGATE_CHECK";
    /// 1, or 2 after an infrastructure fault.
    pub const ATTEMPT: &str = "MERGEGATE_ATTEMPT";
    /// The pull request's id.
    pub const PULL_REQUEST: &str = "MERGEGATE_PULL_REQUEST";
    /// The destination branch.
    pub const DESTINATION: &str = "MERGEGATE_DESTINATION";
    /// `true` when `[skip-tests]` is in the title.
    pub const SKIP_TESTS: &str = "MERGEGATE_SKIP_TESTS";
    /// URI of the repository that images may be pushed to; set for `[container]` builds.
    pub const IMAGE_REPOSITORY: &str = "MERGEGATE_IMAGE_REPOSITORY";
}

/// What a build was started for, read from its variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purpose {
    /// The run.
    pub run: RunName,
    /// When that run began, as its claim says it; empty if the build does not tell.
    pub run_started: String,
    /// The check.
    pub check: CheckName,
    /// From 1.
    pub attempt: u32,
}

/// One build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// Its id.
    pub id: BuildId,
    /// How it stands.
    pub status: BuildStatus,
    /// Whether nothing of it runs any more (`buildComplete`).
    pub complete: bool,
    /// The commit it really built.
    pub resolved_commit: Option<CommitId>,
    /// What it was started for; `None` for a build that is not the gate's.
    pub purpose: Option<Purpose>,
    /// From its start to now or its end.
    pub duration: Duration,
    /// Where its log can be read; `None` before it has one.
    pub log_url: Option<String>,
    /// Where its log is kept; `None` before it has one.
    pub log: Option<LogStream>,
    /// The first phase that failed.
    pub failure: Option<PhaseFailure>,
    /// ARNs of its reports.
    pub reports: Vec<String>,
}

/// A log in CloudWatch Logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogStream {
    /// Its group.
    pub group: String,
    /// Its name in the group.
    pub stream: String,
}

/// Where a build broke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhaseFailure {
    /// CodeBuild's phase, such as `BUILD`.
    pub phase: String,
    /// Its words, code under test may have written parts of them.
    pub message: String,
}

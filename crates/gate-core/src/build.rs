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
    /// What its variables say that it was started for; `None` if they say nothing. Whoever may start builds may copy them.
    pub purpose: Option<Purpose>,
    /// Whether the gate started it, as far as CodeBuild tells who did.
    pub own: bool,
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

/// Whether who started a build is this session of a role, `arn:…:assumed-role/<role>/<session>`.
///
/// CodeBuild's documentation has no form for the initiator of an assumed role. These leave no doubt; of any other nobody knows
/// whose it is.
pub fn is_started_by(initiator: &str, session_arn: &str) -> bool {
    let Some((_, session)) = session_arn.split_once(":assumed-role/") else {
        return false;
    };
    let named = initiator.strip_prefix("assumed-role/").unwrap_or(initiator);
    initiator == session_arn || named == session
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

#[cfg(test)]
mod tests {
    use super::*;

    const BUILDER: &str =
        "arn:aws:sts::123456789012:assumed-role/gate-builder-eu-central-1/gate-builder";

    #[test]
    fn a_build_is_the_gates_in_each_plausible_form_of_its_builder() {
        for initiator in [
            BUILDER,
            "assumed-role/gate-builder-eu-central-1/gate-builder",
            "gate-builder-eu-central-1/gate-builder",
        ] {
            assert!(is_started_by(initiator, BUILDER), "{initiator}");
        }
    }

    #[test]
    fn refuses_the_builds_of_everybody_else() {
        for initiator in [
            "",
            "mallory",
            "gate-builder",
            "gate-builder-eu-central-1",
            "gate-builder-eu-central-1/mallory",
            "mallory/gate-builder",
            "gate-builder-eu-central-1/gate-builder/mallory",
            "assumed-role/assumed-role/gate-builder-eu-central-1/gate-builder",
            "arn:aws:sts::210987654321:assumed-role/gate-builder-eu-central-1/gate-builder",
            "arn:aws:iam::123456789012:user/gate-builder",
            "codepipeline/gate-builder",
        ] {
            assert!(!is_started_by(initiator, BUILDER), "{initiator}");
        }
        assert!(!is_started_by("", ""));
        assert!(!is_started_by("gate-builder", "gate-builder"));
    }
}

//! From CodeBuild's build to the gate's.

use std::time::{Duration, SystemTime};

use aws_sdk_codebuild::{
    primitives::DateTime,
    types::{self, BuildPhase, StatusType},
};
use gate_core::{
    build::{
        Build, BuildStatus, LogStream, MadeOf, PhaseFailure, Purpose, is_started_by, variable,
    },
    id::{BuildId, CheckName, CommitId, RunName},
};

/// `None` for a build without an id, which CodeBuild does not send. `builder` is who starts builds for the gate.
pub(super) fn build(build: types::Build, builder: &str) -> Option<Build> {
    let initiator = build.initiator.as_deref();
    let (start, end) = (build.start_time.as_ref(), build.end_time.as_ref());
    let left_queue = left_queue(build.phases());
    let queue_end = left_queue.as_ref().map_or(end, Some);
    let running = match (left_queue.as_ref(), is_queued(build.phases())) {
        (Some(left), _) => duration(Some(left), end),
        (None, true) => Duration::ZERO,
        (None, false) => duration(start, end),
    };
    Some(Build {
        own: initiator.is_some_and(|initiator| is_started_by(initiator, builder)),
        made_of: made_of(&build),
        status: status(build.build_status.as_ref()),
        complete: build.build_complete,
        purpose: build.environment.as_ref().and_then(purpose),
        queued: if is_queued(build.phases()) {
            duration(start, queue_end)
        } else {
            Duration::ZERO
        },
        duration: running,
        log: build.logs.as_ref().and_then(log),
        log_url: build.logs.and_then(|logs| log_url(logs.deep_link?)),
        failure: build.phases.as_deref().and_then(failure),
        id: BuildId::new(build.id?),
        resolved_commit: build.resolved_source_version.map(CommitId::new),
        reports: build.report_arns.unwrap_or_default(),
    })
}

fn made_of(build: &types::Build) -> MadeOf {
    let source = build.source.as_ref();
    let environment = build.environment.as_ref();
    let in_bucket = |cache: &types::ProjectCache| cache.r#type == types::CacheType::S3;
    MadeOf {
        repository: source.and_then(|source| source.location.clone()),
        image: environment.map(|environment| environment.image.clone()),
        role: build.service_role.clone(),
        variables: environment.map(|environment| {
            let variables = environment.environment_variables().iter();
            variables.map(named).collect()
        }),
        more: Some(
            build.cache.as_ref().is_some_and(in_bucket) || !build.secondary_sources().is_empty(),
        ),
    }
}

/// A variable whose value is elsewhere is another than one with the same text.
fn named(variable: &types::EnvironmentVariable) -> (String, String) {
    let value = match &variable.r#type {
        None | Some(types::EnvironmentVariableType::Plaintext) => variable.value.clone(),
        Some(elsewhere) => format!("{} {}", elsewhere.as_str(), variable.value),
    };
    (variable.name.clone(), value)
}

/// A build that CodeBuild does not know any more.
pub(super) fn lost(id: &BuildId) -> Build {
    Build {
        id: id.clone(),
        status: BuildStatus::Lost,
        complete: true,
        resolved_commit: None,
        purpose: None,
        own: false,
        made_of: MadeOf::default(),
        queued: Duration::ZERO,
        duration: Duration::ZERO,
        log_url: None,
        log: None,
        failure: None,
        reports: Vec::new(),
    }
}

/// A status this release does not know is a fault, which is never a pass.
fn status(status: Option<&StatusType>) -> BuildStatus {
    match status {
        Some(StatusType::InProgress) => BuildStatus::InProgress,
        Some(StatusType::Succeeded) => BuildStatus::Succeeded,
        Some(StatusType::Failed) => BuildStatus::Failed,
        Some(StatusType::TimedOut) => BuildStatus::TimedOut,
        Some(StatusType::Stopped) => BuildStatus::Stopped,
        _ => BuildStatus::Fault,
    }
}

fn purpose(environment: &types::ProjectEnvironment) -> Option<Purpose> {
    // A variable of the project and one of the build may share a name: the build's comes last and holds.
    let value = |name: &str| {
        let mut variables = environment.environment_variables().iter().rev();
        variables
            .find(|variable| variable.name == name)
            .map(|variable| variable.value.as_str())
    };
    Some(Purpose {
        run: RunName::new(value(variable::RUN)?),
        run_started: value(variable::RUN_STARTED).unwrap_or_default().to_owned(),
        check: CheckName::new(value(variable::CHECK)?),
        attempt: value(variable::ATTEMPT)?.parse().ok()?,
    })
}

/// Whether CodeBuild tells that it has been in the queue.
fn is_queued(phases: &[BuildPhase]) -> bool {
    phases.iter().any(is_of_queue)
}

fn is_of_queue(phase: &BuildPhase) -> bool {
    phase.phase_type == Some(types::BuildPhaseType::Queued)
}

/// When its time in the queue was over.
fn left_queue(phases: &[BuildPhase]) -> Option<DateTime> {
    phases.iter().find(|phase| is_of_queue(phase))?.end_time
}

fn duration(start: Option<&DateTime>, end: Option<&DateTime>) -> Duration {
    let time = |date: &DateTime| SystemTime::try_from(*date).ok();
    let Some(start) = start.and_then(time) else {
        return Duration::ZERO;
    };
    let end = end.and_then(time).unwrap_or_else(SystemTime::now);
    end.duration_since(start).unwrap_or_default()
}

fn log(logs: &types::LogsLocation) -> Option<LogStream> {
    Some(LogStream {
        group: logs.group_name.clone()?,
        stream: logs.stream_name.clone()?,
    })
}

/// Before a build has a log, CodeBuild's link is empty or leads nowhere.
fn log_url(link: String) -> Option<String> {
    (link.starts_with("https://") || link.starts_with("http://")).then_some(link)
}

fn failure(phases: &[BuildPhase]) -> Option<PhaseFailure> {
    let broken = |phase: &&BuildPhase| {
        let status = phase.phase_status.as_ref();
        status
            .is_some_and(|status| !matches!(status, StatusType::Succeeded | StatusType::InProgress))
    };
    let phase = phases.iter().find(broken)?;
    let words: Vec<&str> = phase
        .contexts()
        .iter()
        .filter_map(types::PhaseContext::message)
        .filter(|message| !message.is_empty())
        .collect();
    Some(PhaseFailure {
        phase: phase
            .phase_type
            .as_ref()
            .map_or_else(String::new, |phase| phase.as_str().to_owned()),
        message: words.join("; "),
    })
}

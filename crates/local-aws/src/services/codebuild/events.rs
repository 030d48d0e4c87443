//! The events that CodeBuild emits when a build starts and ends.

use serde_json::{Value, json};

use super::model::{Build, Phase, Seconds};
use crate::{
    Account,
    services::events::{self, Emitted},
    store::{StoreError, Transaction},
};

/// `CodeBuild Build State Change`, in the transaction that changes the state.
pub(super) fn emit_state_change(
    account: &Account,
    tables: &mut Transaction<'_>,
    build: &Build,
) -> Result<(), StoreError> {
    let event = Emitted {
        source: "aws.codebuild",
        detail_type: "CodeBuild Build State Change",
        resources: vec![build.arn.clone()],
        detail: detail(build),
    };
    events::emit(account, tables, event)
}

fn detail(build: &Build) -> Value {
    let environment = &build.environment;
    let context = build.phases.last().map_or_else(String::new, contexts);
    json!({
        "build-status": build.build_status.word(),
        "project-name": build.project_name,
        "build-id": build.arn,
        "additional-information": {
            "artifact": { "location": build.artifacts.location },
            "environment": {
                "image": environment.image,
                "privileged-mode": environment.privileged_mode,
                "compute-type": environment.compute_type,
                "type": environment.kind,
                "environment-variables": environment.environment_variables,
            },
            "timeout-in-minutes": build.timeout_in_minutes,
            "build-complete": build.build_complete,
            "build-number": build.build_number,
            "initiator": build.initiator,
            "build-start-time": words(build.start_time),
            "source": { "location": build.source.location, "type": build.source.kind },
            "source-version": build.source_version,
            "logs": {
                "group-name": build.logs.group_name,
                "stream-name": build.logs.stream_name,
                "deep-link": build.logs.deep_link,
            },
            "phases": build.phases.iter().map(phase).collect::<Vec<_>>(),
        },
        "current-phase": build.current_phase.word(),
        "current-phase-context": context,
        "version": "1",
    })
}

fn phase(phase: &Phase) -> Value {
    let mut detail = json!({
        "phase-context": [contexts(phase)],
        "phase-type": phase.phase_type.word(),
        "start-time": words(phase.start_time),
    });
    if let Some(status) = phase.phase_status {
        detail["phase-status"] = status.word().into();
    }
    if let (Some(end), Some(duration)) = (phase.end_time, phase.duration_in_seconds) {
        detail["end-time"] = words(end).into();
        detail["duration-in-seconds"] = duration.into();
    }
    detail
}

fn contexts(phase: &Phase) -> String {
    let contexts: Vec<String> = phase
        .contexts
        .iter()
        .map(|context| format!("{}: {}", context.status_code, context.message))
        .collect();
    format!("[{}]", contexts.join(", "))
}

/// A time as these events write it: `Sep 1, 2017 4:12:29 PM`.
fn words(time: Seconds) -> String {
    #[allow(
        clippy::cast_possible_truncation,
        reason = "seconds since 1970 fit an i64"
    )]
    let seconds = time as i64;
    jiff::Timestamp::from_second(seconds)
        .map(|time| time.strftime("%b %-d, %Y %-I:%M:%S %p").to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_codebuild_writes_them_in_events() {
        assert_eq!(words(1_504_239_149.5), "Sep 1, 2017 4:12:29 AM");
    }
}

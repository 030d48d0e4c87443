//! Which history events an execution writes, and with what details.

use serde_json::Value;

use super::Status;
use crate::definition::{Kind, State};
use crate::failure::{Failure, TIMEOUT};
use crate::history::{
    DataDetails, EventDetails, EventKind, Outcome, Succeeded, TaskEnded, TaskSucceeded,
};

/// The event that ends an execution; none while it runs.
pub(super) fn ending(status: &Status) -> Option<(EventKind, EventDetails)> {
    match status.clone() {
        Status::Running => None,
        Status::Succeeded { output } => {
            let details = Succeeded {
                output: output.to_string(),
                output_details: DataDetails::default(),
            };
            Some((
                EventKind::ExecutionSucceeded,
                EventDetails::ExecutionSucceeded(details),
            ))
        }
        Status::Failed { error, cause } => Some((
            EventKind::ExecutionFailed,
            EventDetails::ExecutionFailed(Outcome { error, cause }),
        )),
        Status::TimedOut => Some((
            EventKind::ExecutionTimedOut,
            EventDetails::ExecutionTimedOut(Outcome::default()),
        )),
        Status::Aborted { error, cause } => Some((
            EventKind::ExecutionAborted,
            EventDetails::ExecutionAborted(Outcome { error, cause }),
        )),
    }
}

/// `lambda` and `invoke` of `arn:aws:states:::lambda:invoke`.
pub(super) fn resource_parts(resource: &str) -> (String, String) {
    let mut parts = resource.rsplit(':').map(str::to_owned);
    let action = parts.next().unwrap_or_default();
    (parts.next().unwrap_or_default(), action)
}

pub(super) fn task_ended(
    resource: &str,
    result: &Result<Value, Failure>,
) -> (EventKind, EventDetails) {
    let (resource_type, resource) = resource_parts(resource);
    match result {
        Ok(output) => {
            let (output, output_details) = (output.to_string(), DataDetails::default());
            let details = TaskSucceeded {
                resource_type,
                resource,
                output,
                output_details,
            };
            (
                EventKind::TaskSucceeded,
                EventDetails::TaskSucceeded(details),
            )
        }
        Err(failure) => {
            let (error, cause) = (failure.error.clone(), Some(failure.cause.clone()));
            (
                EventKind::TaskFailed,
                EventDetails::TaskFailed(TaskEnded {
                    resource_type,
                    resource,
                    error,
                    cause,
                }),
            )
        }
    }
}

pub(super) fn task_timed_out(resource: &str) -> (EventKind, EventDetails) {
    let (resource_type, resource) = resource_parts(resource);
    let details = TaskEnded {
        resource_type,
        resource,
        error: TIMEOUT.to_owned(),
        cause: None,
    };
    (EventKind::TaskTimedOut, EventDetails::TaskTimedOut(details))
}

pub(super) fn entered(state: &State) -> EventKind {
    match state.kind {
        Kind::Task(_) => EventKind::TaskStateEntered,
        Kind::Choice { .. } => EventKind::ChoiceStateEntered,
        Kind::Wait { .. } => EventKind::WaitStateEntered,
        Kind::Pass(_) => EventKind::PassStateEntered,
        Kind::Succeed => EventKind::SucceedStateEntered,
        Kind::Fail(_) => EventKind::FailStateEntered,
    }
}

/// None for Fail, which is never left.
pub(super) fn exited(state: &State) -> Option<EventKind> {
    match state.kind {
        Kind::Task(_) => Some(EventKind::TaskStateExited),
        Kind::Choice { .. } => Some(EventKind::ChoiceStateExited),
        Kind::Wait { .. } => Some(EventKind::WaitStateExited),
        Kind::Pass(_) => Some(EventKind::PassStateExited),
        Kind::Succeed => Some(EventKind::SucceedStateExited),
        Kind::Fail(_) => None,
    }
}

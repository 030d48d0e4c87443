//! A host for tests: workers are closures, and waiting moves the clock.

use asl::{
    EventKind, Execution, ExecutionIdentity, HistoryEvent, Invocation, StateMachine, Status, Step,
    TaskError,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// How a worker ends.
pub(crate) enum Answer {
    Payload(Value),
    Error(&'static str),
    /// It never answers.
    Silence,
}

/// A run that has ended.
pub(crate) struct Run {
    pub(crate) status: Status,
    pub(crate) events: Vec<HistoryEvent>,
    /// Seconds of every wait.
    pub(crate) waits: Vec<f64>,
    /// Parameters of every invocation.
    pub(crate) invocations: Vec<Value>,
    pub(crate) seconds: f64,
}

impl Run {
    pub(crate) fn output(&self) -> &Value {
        match &self.status {
            Status::Succeeded { output } => output,
            other => panic!("the execution did not succeed: {other:?}"),
        }
    }

    pub(crate) fn failure(&self) -> (&str, &str) {
        match &self.status {
            Status::Failed { error, cause } => (
                error.as_deref().unwrap_or(""),
                cause.as_deref().unwrap_or(""),
            ),
            other => panic!("the execution did not fail: {other:?}"),
        }
    }

    pub(crate) fn kinds(&self) -> Vec<EventKind> {
        self.events.iter().map(|event| event.kind).collect()
    }
}

pub(crate) fn start_time() -> Timestamp {
    "2026-11-20T12:00:00.123Z".parse().unwrap()
}

pub(crate) fn later(seconds: i64) -> Timestamp {
    start_time() + SignedDuration::from_secs(seconds)
}

pub(crate) fn identity() -> ExecutionIdentity {
    ExecutionIdentity {
        execution_arn: "arn:aws:states:eu-central-1:000000000000:execution:gate:pr-7".to_owned(),
        execution_name: "pr-7".to_owned(),
        state_machine_arn: "arn:aws:states:eu-central-1:000000000000:stateMachine:gate".to_owned(),
        state_machine_name: "gate".to_owned(),
        role_arn: "arn:aws:iam::000000000000:role/gate".to_owned(),
    }
}

pub(crate) fn machine(definition: &Value) -> StateMachine {
    StateMachine::parse(&definition.to_string()).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn start(machine: &StateMachine, input: Value) -> Execution {
    Execution::start(machine, identity(), input, start_time())
}

/// A Task state that invokes `function` with the whole input as its payload.
pub(crate) fn task(function: &str, more: Value) -> Value {
    let task = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload.$": "$"},
        "End": true,
    });
    with(task, more)
}

/// `object` with the members of `more`; a member that is null in `more` is taken away.
pub(crate) fn with(object: Value, more: Value) -> Value {
    let (Value::Object(mut object), Value::Object(more)) = (object, more) else {
        panic!("two objects are needed")
    };
    for (name, value) in more {
        if value.is_null() && name != "ResultPath" {
            object.remove(&name);
        } else {
            object.insert(name, value);
        }
    }
    Value::Object(object)
}

/// A machine of one state.
pub(crate) fn single(state: Value) -> Value {
    json!({"StartAt": "Only", "States": {"Only": state}})
}

pub(crate) fn invoke_result(payload: Value) -> Value {
    json!({"ExecutedVersion": "$LATEST", "Payload": payload, "StatusCode": 200})
}

/// Runs to the end; the worker gets each invocation and the time.
pub(crate) fn run(
    definition: &Value,
    input: Value,
    worker: impl FnMut(&Invocation, Timestamp) -> Answer,
) -> Run {
    run_with(&machine(definition), input, worker, |execution| execution)
}

/// As [`run`], with `between` applied to the execution before every step.
pub(crate) fn run_with(
    machine: &StateMachine,
    input: Value,
    mut worker: impl FnMut(&Invocation, Timestamp) -> Answer,
    mut between: impl FnMut(Execution) -> Execution,
) -> Run {
    let mut random = fastrand::Rng::with_seed(7);
    let mut now = start_time();
    let mut execution = start(machine, input);
    let (mut events, mut waits, mut invocations) = (Vec::new(), Vec::new(), Vec::new());
    loop {
        execution = between(execution);
        match execution.step(machine, now, &mut random) {
            Step::Finished => break,
            Step::Wait { until } => {
                waits.push(until.duration_since(now).as_secs_f64());
                now = until;
            }
            Step::Invoke(invocation) => {
                invocations.push(invocation.parameters.clone());
                let result = match worker(&invocation, now) {
                    Answer::Payload(payload) => Ok(invoke_result(payload)),
                    Answer::Error(error) => Err(TaskError {
                        error: error.to_owned(),
                        cause: format!("{error} happened"),
                    }),
                    Answer::Silence => {
                        now = invocation.deadline.expect("silence would last for ever");
                        continue;
                    }
                };
                execution = between(execution);
                execution.complete(invocation.id, result, now);
            }
        }
        events.append(&mut execution.drain_history());
    }
    events.append(&mut execution.drain_history());
    let seconds = now.duration_since(start_time()).as_secs_f64();
    Run {
        status: execution.status().clone(),
        events,
        waits,
        invocations,
        seconds,
    }
}

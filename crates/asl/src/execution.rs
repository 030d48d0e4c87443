//! One run of a state machine as a value: the host asks for the next step, does it, and reports back.

mod context;
mod events;
mod recover;
mod turn;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::definition::{State, StateMachine};
use crate::failure::{DATA_LIMIT_LEVELS, Failure, TaskError, levels, within_data_limit};
use crate::history::{
    DataDetails, EventDetails, EventKind, ExecutionStarted, History, HistoryEvent, StateEntered,
    StateExited,
};
use crate::recovery::Wild;
use crate::timestamp;
use turn::Turn;

/// Who an execution is, for the context object and the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct ExecutionIdentity {
    pub execution_arn: String,
    pub execution_name: String,
    pub state_machine_arn: String,
    pub state_machine_name: String,
    pub role_arn: String,
}

/// How an execution stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Status {
    /// It has more to do.
    Running,
    /// It came to the end of the machine.
    Succeeded {
        /// The output of the last state.
        output: Value,
    },
    /// A Fail state, or an error that nobody caught.
    Failed {
        /// The error's name, where there is one.
        error: Option<String>,
        /// Details for people, where there are any.
        cause: Option<String>,
    },
    /// It ran longer than the machine's `TimeoutSeconds`.
    TimedOut,
    /// It was stopped from outside.
    Aborted {
        /// As given to [`Execution::stop`].
        error: Option<String>,
        /// As given to [`Execution::stop`].
        cause: Option<String>,
    },
}

impl Status {
    /// AWS's word for it, as in DescribeExecution.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded { .. } => "SUCCEEDED",
            Self::Failed { .. } => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Aborted { .. } => "ABORTED",
        }
    }
}

/// A task that the host is to run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Invocation {
    /// To be given back to [`Execution::complete`]; never used twice in an execution.
    pub id: u64,
    /// The resource, for example `arn:aws:states:::lambda:invoke`.
    pub resource: String,
    /// The task's input after InputPath and Parameters, for example `{"FunctionName": …, "Payload": …}`.
    pub parameters: Value,
    /// When a result comes too late.
    pub deadline: Option<Timestamp>,
}

/// What an execution needs from outside before it can go on.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Run this task, then call [`Execution::complete`].
    Invoke(Invocation),
    /// Call [`Execution::step`] again at this time.
    Wait {
        /// The time, never after the execution's own deadline.
        until: Timestamp,
    },
    /// Nothing more: see [`Execution::status`].
    Finished,
}

/// The whole state of one run; it can be serialised at any moment and taken up again from there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    identity: ExecutionIdentity,
    input: Value,
    started: Timestamp,
    deadline: Option<Timestamp>,
    status: Status,
    visit: Option<Visit>,
    invocations: u64,
    history: History,
}

/// The state that an execution is in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Visit {
    state: String,
    input: Value,
    entered: Timestamp,
    entered_event: u64,
    /// Retries so far, by the position of the retrier.
    retries: Vec<u32>,
    phase: Phase,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Phase {
    Ready,
    Invoking(Invocation),
    Settled(Result<Value, Failure>),
    Waiting { until: Timestamp },
    BackingOff { until: Timestamp },
}

impl Execution {
    /// Starts a run and enters its first state. An input over the limit fails the run at once; one of more than
    /// [`crate::DATA_LIMIT_LEVELS`] is not kept.
    pub fn start(
        machine: &StateMachine,
        identity: ExecutionIdentity,
        input: Value,
        now: Timestamp,
    ) -> Self {
        let is_kept = levels(&input) <= DATA_LIMIT_LEVELS;
        let mut execution = Self {
            identity,
            input: if is_kept { input.clone() } else { Value::Null },
            started: now,
            deadline: machine
                .timeout_seconds
                .map(|seconds| timestamp::after_seconds(now, seconds)),
            status: Status::Running,
            visit: None,
            invocations: 0,
            history: History::default(),
        };
        let details = ExecutionStarted {
            input: input.to_string(),
            input_details: DataDetails::default(),
            role_arn: execution.identity.role_arn.clone(),
        };
        execution.history.append(
            now,
            EventKind::ExecutionStarted,
            EventDetails::ExecutionStarted(details),
        );
        let entered = within_data_limit(&input, "The execution was started")
            .and_then(|()| execution.enter(machine, &machine.start_at, input, now));
        if let Err(failure) = entered {
            execution.fail(failure, now);
        }
        execution
    }

    /// Advances until something outside is needed. Asking again gives the same answer until it was dealt with.
    pub fn step(
        &mut self,
        machine: &StateMachine,
        now: Timestamp,
        random: &mut fastrand::Rng,
    ) -> Step {
        while self.status == Status::Running {
            if self.deadline.is_some_and(|deadline| deadline <= now) {
                self.end(Status::TimedOut, now);
                break;
            }
            match self.advance(machine, now, random) {
                Ok(Some(step)) => return self.bounded(step),
                Ok(None) => {}
                Err(failure) => self.fail(failure, now),
            }
        }
        Step::Finished
    }

    /// Reports how the task invocation `id` ended. An id that is not outstanding, or a result after its deadline, is ignored.
    pub fn complete(&mut self, id: u64, result: Result<Value, TaskError>, now: Timestamp) {
        let Some(Visit { phase, .. }) = &mut self.visit else {
            return;
        };
        let Phase::Invoking(invocation) = phase else {
            return;
        };
        let late = [self.deadline, invocation.deadline]
            .into_iter()
            .flatten()
            .any(|deadline| deadline <= now);
        if invocation.id != id || late {
            return;
        }
        let (resource_type, _) = events::resource_parts(&invocation.resource);
        let subject = format!("The state/task '{resource_type}' returned a result");
        let result = match result {
            Ok(value) => within_data_limit(&value, &subject).map(|()| value),
            Err(error) => Err(error.into()),
        };
        let (kind, details) = events::task_ended(&invocation.resource, &result);
        *phase = Phase::Settled(result);
        if let Err(failure) = self.history.add(now, kind, details) {
            self.fail(failure, now);
        }
    }

    /// Ends a running execution from outside, as StopExecution does.
    pub fn stop(&mut self, error: Option<String>, cause: Option<String>, now: Timestamp) {
        if self.status == Status::Running {
            self.end(Status::Aborted { error, cause }, now);
        }
    }

    /// How the execution stands.
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// The state it is in; none once it has ended.
    pub fn current_state(&self) -> Option<&str> {
        self.visit.as_ref().map(|visit| visit.state.as_str())
    }

    /// Who it is.
    pub fn identity(&self) -> &ExecutionIdentity {
        &self.identity
    }

    /// What it was started with.
    pub fn input(&self) -> &Value {
        &self.input
    }

    /// When it was started.
    pub fn started(&self) -> Timestamp {
        self.started
    }

    /// Events in all so far, drained or not.
    pub fn event_count(&self) -> u64 {
        self.history.count()
    }

    /// The events since the last call.
    pub fn drain_history(&mut self) -> Vec<HistoryEvent> {
        self.history.drain()
    }

    /// One turn of the current state; a step if something outside is needed.
    fn advance(
        &mut self,
        machine: &StateMachine,
        now: Timestamp,
        random: &mut fastrand::Rng,
    ) -> Result<Option<Step>, Failure> {
        let Some(mut visit) = self.visit.take() else {
            return Err(Failure::runtime("The execution is in no state."));
        };
        let Some(state) = machine.states.get(&visit.state) else {
            return Err(Failure::runtime(format!(
                "The definition has no state '{}' any more.",
                visit.state
            )));
        };
        let of_results = if machine.all_takes_large_results {
            Wild::TakesDataLimit
        } else {
            Wild::LeavesDataLimit
        };
        match self.turn(state, &mut visit, of_results, now, random)? {
            Turn::Again => self.visit = Some(visit),
            Turn::Pause(step) => {
                self.visit = Some(visit);
                return Ok(Some(step));
            }
            Turn::Leave { output, next } => {
                self.leave(machine, state, &visit, output, next, now)?;
            }
            Turn::Fail { error, cause } => self.end(Status::Failed { error, cause }, now),
        }
        Ok(None)
    }

    fn enter(
        &mut self,
        machine: &StateMachine,
        name: &str,
        input: Value,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let Some(state) = machine.states.get(name) else {
            return Err(Failure::runtime(format!(
                "The definition has no state '{name}'."
            )));
        };
        let details = EventDetails::StateEntered(StateEntered::new(name, &input));
        let entered_event = self.history.add(now, events::entered(state), details)?;
        let (state, retries, phase) = (name.to_owned(), Vec::new(), Phase::Ready);
        self.visit = Some(Visit {
            state,
            input,
            entered: now,
            entered_event,
            retries,
            phase,
        });
        Ok(())
    }

    fn leave(
        &mut self,
        machine: &StateMachine,
        state: &State,
        visit: &Visit,
        output: Value,
        next: Option<&str>,
        now: Timestamp,
    ) -> Result<(), Failure> {
        within_data_limit(
            &output,
            &format!("The state/task '{}' returned a result", visit.state),
        )?;
        if let Some(kind) = events::exited(state) {
            self.history.add(
                now,
                kind,
                EventDetails::StateExited(StateExited::new(&visit.state, &output)),
            )?;
        }
        if let Some(next) = next {
            return self.enter(machine, next, output, now);
        }
        self.end(Status::Succeeded { output }, now);
        Ok(())
    }

    fn fail(&mut self, failure: Failure, now: Timestamp) {
        self.end(
            Status::Failed {
                error: Some(failure.error),
                cause: Some(failure.cause),
            },
            now,
        );
    }

    fn end(&mut self, status: Status, now: Timestamp) {
        if let Some((kind, details)) = events::ending(&status) {
            self.history.append(now, kind, details);
        }
        self.status = status;
        self.visit = None;
    }

    /// No step lasts longer than the execution may.
    fn bounded(&self, step: Step) -> Step {
        match (step, self.deadline) {
            (Step::Wait { until }, Some(deadline)) => Step::Wait {
                until: until.min(deadline),
            },
            (Step::Invoke(mut invocation), Some(deadline)) => {
                invocation.deadline = Some(
                    invocation
                        .deadline
                        .map_or(deadline, |task| task.min(deadline)),
                );
                Step::Invoke(invocation)
            }
            (step, _) => step,
        }
    }
}

impl Visit {
    /// A failure of the interpreter on behalf of this visit, in AWS's words.
    fn explain(&self, failure: Failure) -> Failure {
        failure.in_state(&self.state, self.entered_event)
    }
}

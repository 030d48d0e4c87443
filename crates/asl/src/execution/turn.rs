//! What each kind of state does when its turn comes.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::events::{resource_parts, task_timed_out};
use super::recover::recover;
use super::{Execution, Invocation, Phase, Step, Visit};
use crate::choice::Branch;
use crate::definition::{Fail, Kind, Pass, State, Task, Wait};
use crate::expression::select;
use crate::failure::{Failure, NO_CHOICE_MATCHED, TIMEOUT, within_data_limit};
use crate::fields::LONGEST_SECONDS;
use crate::history::{EventDetails, EventKind, TaskScheduled, TaskStarted};
use crate::path::Scope;
use crate::recovery::Wild;
use crate::timestamp;

/// Longest wait: as many seconds as fit 31 bits (an execution recorded on AWS waits 24,855 days and fails at 24,856).
const LONGEST_WAIT: SignedDuration = SignedDuration::from_secs(i32::MAX as i64);

/// What comes after a turn.
pub(super) enum Turn<'a> {
    /// Another turn of the same visit.
    Again,
    /// The visit waits for something outside.
    Pause(Step),
    /// The state is done; without a next state so is the execution.
    Leave {
        output: Value,
        next: Option<&'a str>,
    },
    /// The execution fails.
    Fail {
        error: Option<String>,
        cause: Option<String>,
    },
}

impl Execution {
    pub(super) fn turn<'a>(
        &mut self,
        state: &'a State,
        visit: &mut Visit,
        of_results: Wild,
        now: Timestamp,
        random: &mut fastrand::Rng,
    ) -> Result<Turn<'a>, Failure> {
        let context = self.context(&state.kind, visit);
        let turn = match &state.kind {
            Kind::Task(task) => {
                let moment = (now, random);
                return self.task_turn(state, task, visit, &context, of_results, moment);
            }
            Kind::Choice { branches, default } => {
                choose(state, branches, default.as_deref(), visit, &context)
            }
            Kind::Wait { wait, next } => {
                wait_turn(state, wait, next.as_deref(), visit, &context, now)
            }
            Kind::Pass(pass) => {
                pass_output(state, pass, visit, &context).map(|output| Turn::Leave {
                    output,
                    next: pass.next.as_deref(),
                })
            }
            Kind::Succeed => {
                through(state, visit, &context).map(|output| Turn::Leave { output, next: None })
            }
            Kind::Fail(fail) => fail_turn(fail, visit, &context),
        };
        turn.map_err(|failure| visit.explain(failure))
    }

    fn task_turn<'a>(
        &mut self,
        state: &'a State,
        task: &'a Task,
        visit: &mut Visit,
        context: &Value,
        of_results: Wild,
        (now, random): (Timestamp, &mut fastrand::Rng),
    ) -> Result<Turn<'a>, Failure> {
        let of_data = Wild::LeavesDataLimit;
        match std::mem::replace(&mut visit.phase, Phase::Ready) {
            Phase::Ready => match task_input(state, task, visit, context) {
                Ok(parameters) => self.schedule(task, visit, parameters, now),
                Err(failure) => {
                    let failure = visit.explain(failure);
                    recover(task, visit, failure, of_data, now, random)
                }
            },
            Phase::Invoking(invocation)
                if invocation.deadline.is_some_and(|deadline| deadline <= now) =>
            {
                let (kind, details) = task_timed_out(&invocation.resource);
                self.history.add(now, kind, details)?;
                let failure = Failure::new(TIMEOUT, "");
                recover(task, visit, failure, of_data, now, random)
            }
            Phase::Invoking(invocation) => {
                visit.phase = Phase::Invoking(invocation.clone());
                Ok(Turn::Pause(Step::Invoke(invocation)))
            }
            Phase::Settled(Ok(result)) => match task_output(state, task, visit, result, context) {
                Ok(output) => Ok(Turn::Leave {
                    output,
                    next: task.next.as_deref(),
                }),
                Err(failure) => {
                    let failure = visit.explain(failure);
                    recover(task, visit, failure, of_data, now, random)
                }
            },
            Phase::Settled(Err(failure)) => recover(task, visit, failure, of_results, now, random),
            Phase::Waiting { until } | Phase::BackingOff { until } if now < until => {
                visit.phase = Phase::BackingOff { until };
                Ok(Turn::Pause(Step::Wait { until }))
            }
            Phase::Waiting { .. } | Phase::BackingOff { .. } => Ok(Turn::Again),
        }
    }

    fn schedule<'a>(
        &mut self,
        task: &Task,
        visit: &mut Visit,
        parameters: Value,
        now: Timestamp,
    ) -> Result<Turn<'a>, Failure> {
        let (resource_type, resource) = resource_parts(&task.resource);
        let scheduled = TaskScheduled {
            resource_type: resource_type.clone(),
            resource: resource.clone(),
            region: self
                .identity
                .state_machine_arn
                .split(':')
                .nth(3)
                .unwrap_or_default()
                .to_owned(),
            parameters: parameters.to_string(),
            timeout_in_seconds: task.timeout_seconds,
        };
        self.history.add(
            now,
            EventKind::TaskScheduled,
            EventDetails::TaskScheduled(scheduled),
        )?;
        let started = TaskStarted {
            resource_type,
            resource,
        };
        self.history.add(
            now,
            EventKind::TaskStarted,
            EventDetails::TaskStarted(started),
        )?;
        self.invocations += 1;
        visit.phase = Phase::Invoking(Invocation {
            id: self.invocations,
            resource: task.resource.clone(),
            parameters,
            deadline: task
                .timeout_seconds
                .map(|seconds| timestamp::after_seconds(now, seconds)),
        });
        Ok(Turn::Again)
    }
}

/// The input after InputPath.
fn effective_input(state: &State, visit: &Visit, context: &Value) -> Result<Value, Failure> {
    state.input_path.apply(
        "InputPath",
        Scope {
            data: &visit.input,
            context,
        },
    )
}

/// The output of a state that only passes its input on.
fn through(state: &State, visit: &Visit, context: &Value) -> Result<Value, Failure> {
    let input = effective_input(state, visit, context)?;
    state.output_path.apply(
        "OutputPath",
        Scope {
            data: &input,
            context,
        },
    )
}

fn task_input(
    state: &State,
    task: &Task,
    visit: &Visit,
    context: &Value,
) -> Result<Value, Failure> {
    let input = effective_input(state, visit, context)?;
    let parameters = task.parameters.fill(Scope {
        data: &input,
        context,
    })?;
    within_data_limit(
        &parameters,
        &format!("The state/task '{}' was given an input", visit.state),
    )?;
    Ok(parameters)
}

fn task_output(
    state: &State,
    task: &Task,
    visit: &Visit,
    result: Value,
    context: &Value,
) -> Result<Value, Failure> {
    let selected = match &task.result_selector {
        Some(selector) => selector.fill(Scope {
            data: &result,
            context,
        })?,
        None => result,
    };
    let combined = task.result_path.apply(&visit.input, selected)?;
    let output = state.output_path.apply(
        "OutputPath",
        Scope {
            data: &combined,
            context,
        },
    )?;
    within_data_limit(
        &output,
        &format!("The state/task '{}' returned a result", visit.state),
    )?;
    Ok(output)
}

fn pass_output(
    state: &State,
    pass: &Pass,
    visit: &Visit,
    context: &Value,
) -> Result<Value, Failure> {
    let input = effective_input(state, visit, context)?;
    let result = match (&pass.result, &pass.parameters) {
        (Some(result), _) => result.clone(),
        (None, Some(parameters)) => parameters.fill(Scope {
            data: &input,
            context,
        })?,
        (None, None) => input,
    };
    let combined = pass.result_path.apply(&visit.input, result)?;
    state.output_path.apply(
        "OutputPath",
        Scope {
            data: &combined,
            context,
        },
    )
}

fn choose<'a>(
    state: &State,
    branches: &'a [Branch],
    default: Option<&'a str>,
    visit: &Visit,
    context: &Value,
) -> Result<Turn<'a>, Failure> {
    let input = effective_input(state, visit, context)?;
    let scope = Scope {
        data: &input,
        context,
    };
    let mut next = default;
    for branch in branches {
        if branch.rule.holds(scope)? {
            next = Some(&branch.next);
            break;
        }
    }
    let Some(next) = next else {
        return Err(Failure::new(
            NO_CHOICE_MATCHED,
            "Failed to transition out of the state: no choice rule matched.",
        ));
    };
    let output = state.output_path.apply("OutputPath", scope)?;
    Ok(Turn::Leave {
        output,
        next: Some(next),
    })
}

fn wait_turn<'a>(
    state: &State,
    wait: &Wait,
    next: Option<&'a str>,
    visit: &mut Visit,
    context: &Value,
    now: Timestamp,
) -> Result<Turn<'a>, Failure> {
    let until = match &visit.phase {
        Phase::Waiting { until } => *until,
        _ => wait_until(
            wait,
            &effective_input(state, visit, context)?,
            context,
            visit.entered,
        )?,
    };
    if until.duration_since(visit.entered) > LONGEST_WAIT {
        return Err(Failure::runtime(format!(
            "The state cannot wait until {}: that is more than {} seconds away.",
            timestamp::format(until),
            LONGEST_WAIT.as_secs()
        )));
    }
    if now < until {
        visit.phase = Phase::Waiting { until };
        return Ok(Turn::Pause(Step::Wait { until }));
    }
    let output = through(state, visit, context)?;
    Ok(Turn::Leave { output, next })
}

fn wait_until(
    wait: &Wait,
    input: &Value,
    context: &Value,
    entered: Timestamp,
) -> Result<Timestamp, Failure> {
    let scope = Scope {
        data: input,
        context,
    };
    match wait {
        Wait::Seconds(seconds) => Ok(timestamp::after_seconds(entered, *seconds)),
        Wait::Timestamp(until) => Ok(*until),
        Wait::SecondsPath(path) => {
            let value = select(path, "SecondsPath", scope)?;
            let seconds = whole_seconds(&value).map_err(|why| {
                let place = format!("{} == {}", path.text(), shown(&value));
                Failure::runtime(format!("The SecondsPath parameter {why}: {place}"))
            })?;
            Ok(timestamp::after_seconds(entered, seconds))
        }
        Wait::TimestampPath(path) => {
            let value = select(path, "TimestampPath", scope)?;
            value.as_str().and_then(timestamp::parse).ok_or_else(|| {
                Failure::runtime(format!(
                    "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: {} == {}",
                    path.text(),
                    shown(&value)
                ))
            })
        }
    }
}

fn whole_seconds(value: &Value) -> Result<u32, String> {
    let Some(seconds) = value.as_i64() else {
        return Err("cannot be parsed as a long value".to_owned());
    };
    if seconds < 0 {
        return Err("references a negative value".to_owned());
    }
    u32::try_from(seconds)
        .ok()
        .filter(|seconds| *seconds <= LONGEST_SECONDS)
        .ok_or_else(|| format!("references a value over {LONGEST_SECONDS}"))
}

/// As AWS's sentences quote a value: a text without its quotes.
fn shown(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn fail_turn<'a>(fail: &Fail, visit: &Visit, context: &Value) -> Result<Turn<'a>, Failure> {
    let scope = Scope {
        data: &visit.input,
        context,
    };
    let error = fail
        .error
        .as_ref()
        .map(|text| text.evaluate("ErrorPath", scope))
        .transpose()?;
    let cause = fail
        .cause
        .as_ref()
        .map(|text| text.evaluate("CausePath", scope))
        .transpose()?;
    Ok(Turn::Fail { error, cause })
}

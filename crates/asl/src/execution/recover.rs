//! What a task state does about a failure: retry, catch, or let the execution fail.

use jiff::Timestamp;
use serde_json::json;

use super::turn::Turn;
use super::{Phase, Visit};
use crate::definition::Task;
use crate::failure::{Failure, within_data_limit};
use crate::recovery::{Catcher, Wild};
use crate::timestamp;

/// The first retrier that takes the error decides about retries; once it is exhausted, the first catcher does.
pub(super) fn recover<'a>(
    task: &'a Task,
    visit: &mut Visit,
    failure: Failure,
    wild: Wild,
    now: Timestamp,
    random: &mut fastrand::Rng,
) -> Result<Turn<'a>, Failure> {
    if let Some(until) = back_off(task, visit, &failure, wild, now, random) {
        visit.phase = Phase::BackingOff { until };
        return Ok(Turn::Again);
    }
    let mut catchers = task.catchers.iter();
    if let Some(catcher) = catchers.find(|catcher| catcher.takes(&failure.error, wild)) {
        return caught(catcher, visit, &failure).map_err(|failure| visit.explain(failure));
    }
    let cause = Some(failure.cause).filter(|cause| !cause.is_empty());
    Ok(Turn::Fail {
        error: Some(failure.error),
        cause,
    })
}

fn back_off(
    task: &Task,
    visit: &mut Visit,
    failure: &Failure,
    wild: Wild,
    now: Timestamp,
    random: &mut fastrand::Rng,
) -> Option<Timestamp> {
    let index = task
        .retriers
        .iter()
        .position(|retrier| retrier.takes(&failure.error, wild))?;
    let retrier = task.retriers.get(index)?;
    if visit.retries.len() <= index {
        visit.retries.resize(index + 1, 0);
    }
    let so_far = visit.retries.get_mut(index)?;
    if *so_far >= retrier.max_attempts {
        return None;
    }
    let delay = retrier.delay(*so_far, random);
    *so_far += 1;
    Some(timestamp::after(now, delay))
}

fn caught<'a>(catcher: &'a Catcher, visit: &Visit, failure: &Failure) -> Result<Turn<'a>, Failure> {
    let error = json!({ "Error": failure.error, "Cause": failure.cause });
    let output = catcher.result_path.apply(&visit.input, error)?;
    within_data_limit(
        &output,
        &format!("The state/task '{}' returned a result", visit.state),
    )?;
    Ok(Turn::Leave {
        output,
        next: Some(&catcher.next),
    })
}

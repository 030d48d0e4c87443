//! `lambdas/environment`: whether a run that a command asked for continues the run before it.

use gate_core::{
    host::CommitDetails,
    id::{CheckName, RunName},
    protocol::{
        Before, Request as CoreRequest, again, earlier, is_that_merge, missing_builds, taken_over,
    },
};

use super::Step;
use crate::{
    calls::Call,
    numbers,
    replay::Handled,
    world::{Record, Request},
};

/// What was tested before.
pub(crate) struct Tested {
    again: Vec<CheckName>,
    failed: Vec<CheckName>,
    plan: String,
    runs: Vec<RunName>,
    record: Record,
}

/// `take_over.rs`: what the comment asked for, and what was tested before it. The merge of two commits is never gone.
pub(crate) fn look(step: &mut Step<'_, '_>) -> Handled<Option<Tested>> {
    let Request::Command(_, comment) = step.request else {
        return Ok(None);
    };
    let asked = step.calls.accepted()?[usize::from(comment)];
    let record = step.calls.record()?;
    let (Some(record), true) = (record, asked > 0) else {
        return Ok(None);
    };
    let result = numbers::record(step.calls.runs, record);
    let commands = step.calls.asked[usize::from(comment)].wish.commands();
    let CoreRequest::Command { candidacy, .. } = numbers::request(step.request) else {
        return Ok(None);
    };
    let asked = again(&commands, Some(&result));
    let (Some(again), Ok(before)) = (asked, earlier(&candidacy, Some(&result))) else {
        return Ok(None);
    };
    let found = record.tested.map(|tested| CommitDetails {
        tree: numbers::tree(tested),
        parents: vec![numbers::tip(tested.tip), numbers::source(tested.revision)],
    });
    let is_there = found.is_some_and(|found| is_that_merge(&candidacy, before, &found));
    Ok(is_there.then(|| Tested {
        again,
        failed: result.failed.clone(),
        plan: before.plan.to_owned(),
        runs: before.runs.to_vec(),
        record,
    }))
}

/// Gives the run the builds that count for it; whether they are all there is to it.
pub(crate) fn give(step: &mut Step<'_, '_>, tested: Option<Tested>) -> Handled<bool> {
    let planned = step.planned()?;
    if let Some(tested) = tested {
        let builds = step.calls.builds(Call::ReadBuildsOfProject)?;
        let before = Before {
            plan: &tested.plan,
            runs: &tested.runs,
            again: &tested.again,
            retried: &planned.plan.conversation.retried,
            failed: &tested.failed,
        };
        let taken = taken_over(
            &planned.plan,
            &planned.fingerprint,
            &numbers::candidate(step.candidate()?),
            before,
            &numbers::all_shown(step.calls.runs, &builds),
        );
        if let Some(taken) = taken.ok().filter(|taken| !taken.is_empty()) {
            step.memory.builds = taken.iter().map(numbers::known).collect();
            step.memory.continues = tested.record.continues | 1 << tested.record.run;
        }
    }
    let started = numbers::started(&step.memory);
    Ok(!started.is_empty()
        && missing_builds(&planned.plan, &started, &[], &step.execution()).is_empty())
}

//! `lambdas/environment`: whether a run that a command asked for, or a further attempt, continues the run before it.

use gate_core::{
    host::CommitDetails,
    id::{CheckName, RunName},
    protocol::{
        Before, ResultRecord, again, earlier, is_repair, is_that_merge, missing_builds, taken_over,
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

/// `take_over.rs`: what is to be built again, and what was tested before. The merge of two commits is never gone.
pub(crate) fn look(step: &mut Step<'_, '_>) -> Handled<Option<Tested>> {
    let is_first = step.calls.runs[usize::from(step.run)].attempt == 1;
    if is_first && !matches!(step.request, Request::Command(..)) {
        return Ok(None);
    }
    let Some(record) = step.calls.record()? else {
        return Ok(None);
    };
    let result = numbers::record(step.calls.runs, record);
    let Some(again) = asked(step, &result)? else {
        return Ok(None);
    };
    let live = step.candidate()?;
    let candidacy = numbers::candidacy(live.revision, live.tip);
    let Ok(before) = earlier(&candidacy, Some(&result)) else {
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

/// The checks that are to be built again; `None` is everything.
fn asked(step: &mut Step<'_, '_>, result: &ResultRecord) -> Handled<Option<Vec<CheckName>>> {
    if is_repair(&numbers::request(step.request), Some(result)) {
        return Ok(Some(Vec::new()));
    }
    let Request::Command(_, comment) = step.request else {
        return Ok(None);
    };
    if step.calls.accepted()?[usize::from(comment)] == 0 {
        return Ok(None);
    }
    let commands = step.calls.asked[usize::from(comment)].wish.commands();
    Ok(again(&commands, Some(result)))
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

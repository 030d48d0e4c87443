//! `lambdas/router`: the sweep.

use gate_core::protocol::{Limit, Wanted, Wish, is_outdated, sweep_environment, sweep_open};

use super::{router::start, turns, unasked};
use crate::{
    calls::{Answer, Call},
    numbers,
    replay::{Handled, Replay, Stop},
};

/// `sweep.rs`: environments first, then open pull requests. What fails for one does not keep the other from its turn.
pub(crate) fn sweep(calls: &mut Replay<'_>) -> Handled<()> {
    let mut outcome = Ok(());
    if any_environment(calls)? {
        outcome = failed_only(environment(calls))?;
    }
    if calls.found(Call::ListOpenPullRequests)? {
        outcome = outcome.and(failed_only(open_pull_request(calls))?);
    }
    outcome
}

/// A failure is kept for later, a question is asked now.
fn failed_only(handled: Handled<()>) -> Handled<Handled<()>> {
    match handled {
        Err(Stop::Ask(call)) => Err(Stop::Ask(call)),
        other => Ok(other),
    }
}

fn any_environment(calls: &mut Replay<'_>) -> Handled<bool> {
    let projects = calls.found(Call::ListProjects)?;
    let groups = calls.found(Call::ListReportGroups)?;
    let parameters = match calls.ask(Call::ListParameters)? {
        Answer::Parameters(parameters) => parameters.any(),
        other => return unasked(&other),
    };
    let branches = match calls.ask(Call::ListBranches)? {
        Answer::Branches(runs) => runs != 0,
        other => return unasked(&other),
    };
    Ok(projects || groups || parameters || branches)
}

fn environment(calls: &mut Replay<'_>) -> Handled<()> {
    let live = numbers::pull_request(calls.pull_request()?);
    let Some(request) = sweep_environment(&live.id, Some(&live), &live.repository) else {
        return Ok(());
    };
    start(calls, Wanted::new(request, Wish::Again, Limit::None))
}

fn open_pull_request(calls: &mut Replay<'_>) -> Handled<()> {
    let Some(found) = turns::find(calls, true)? else {
        return Ok(());
    };
    let tip_number = calls.tip()?;
    let tip = numbers::tip(tip_number);
    let open = found.at(&tip);
    if is_outdated(&open, calls.rules.merge()) {
        return turns::take_turns(calls, &found, tip_number);
    }
    if sweep_open(&open).is_none() {
        return Ok(());
    }
    let Some(again) = turns::find(calls, true)? else {
        return Ok(());
    };
    match sweep_open(&again.at(&tip)) {
        Some((request, wish)) => start(calls, Wanted::new(request, wish, Limit::ThenSay)),
        None => Ok(()),
    }
}

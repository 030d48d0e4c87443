//! `lambdas/router`: the sweep.

use gate_core::protocol::{OpenPullRequest, Wish, sweep_environment, sweep_open};

use super::{
    router::{Limit, start},
    unasked,
};
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
    start(
        calls,
        numbers::request_of(&request),
        Wish::Again,
        Limit::None,
    )
}

fn open_pull_request(calls: &mut Replay<'_>) -> Handled<()> {
    let view = calls.pull_request()?;
    if !view.open {
        return Ok(());
    }
    let live = numbers::pull_request(view);
    let tip = numbers::tip(calls.tip()?);
    let claim = calls.claim()?;
    let latest = match claim {
        Some(run) => match calls.ask(Call::ReadOwnExecution { run })? {
            Answer::Execution(latest) => latest,
            other => return unasked(&other),
        },
        None => None,
    };
    let latest =
        latest.map(|(request, status)| (numbers::status(status), numbers::request(request)));
    let record = calls.record()?;
    let approved = calls.found(Call::ReadApproval {
        revision: view.revision,
    })?;
    let claim = claim.map(|run| numbers::claim(calls.runs, run));
    let result = record.map(|record| numbers::record(calls.runs, record));
    let found = OpenPullRequest {
        live: &live,
        destination_tip: &tip,
        claim: claim.as_ref(),
        latest: latest.as_ref().map(|(status, request)| (*status, request)),
        result: result.as_ref(),
        approved,
    };
    match sweep_open(&found) {
        Some((request, wish)) => start(calls, numbers::request_of(&request), wish, Limit::ThenSay),
        None => Ok(()),
    }
}

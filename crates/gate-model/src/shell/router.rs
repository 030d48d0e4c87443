//! `lambdas/router`: an event.

use gate_core::{
    event::{PullRequestEvent, RunDied},
    protocol::{
        AttemptStep, Existing, MAX_ATTEMPTS, RouterDecision, State, Wish, needs_known_commits,
        next_attempt, on_pull_request, on_run_died,
    },
};

use super::{turns, unasked};
use crate::{
    calls::{Answer, Call},
    numbers,
    replay::{Handled, Replay, Stop},
    world::{Event, Request, RunId, View},
};

/// How often a request may be tried.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    ThenSay,
    ThenFail,
    None,
}

pub(crate) fn handle(calls: &mut Replay<'_>, event: Event) -> Handled<()> {
    match event {
        Event::PullRequest { revision, closed } => pull_request(calls, revision, closed),
        Event::Died(run) => run_died(calls, run),
        Event::Look => turns::look(calls),
    }
}

/// `lib.rs`: a pull request event.
fn pull_request(calls: &mut Replay<'_>, revision: u8, closed: bool) -> Handled<()> {
    let event = PullRequestEvent {
        pull_request: numbers::pull_request_id(),
        repository: numbers::repository(),
        source_commit: numbers::source(revision),
        closed,
    };
    let view = calls.pull_request()?;
    let live = numbers::pull_request(view);
    let known = if needs_known_commits(&event, &live) {
        match calls.ask(Call::ReadKnownCommits)? {
            Answer::KnownCommits(last) => (1..=last).map(numbers::source).collect(),
            other => return unasked(&other),
        }
    } else {
        Vec::new()
    };
    let (tip, claim) = tip_and_claim(calls, view)?;
    let tip = tip.map(numbers::tip);
    let claim = claim.map(|run| numbers::claim(calls.runs, run));
    let decision = on_pull_request(&event, Some(&live), &known, tip.as_ref(), claim.as_ref());
    act(calls, decision)
}

/// `lib.rs`: a run that died.
fn run_died(calls: &mut Replay<'_>, run: RunId) -> Handled<()> {
    let request = numbers::request(calls.runs[usize::from(run)].request);
    let died = RunDied {
        run: numbers::execution(calls.runs, run).name,
        input: State::input_text(&request),
        status: "ABORTED".to_owned(),
    };
    let view = calls.pull_request()?;
    let live = numbers::pull_request(view);
    let (tip, claim) = tip_and_claim(calls, view)?;
    let tip = tip.map(numbers::tip);
    let claim = claim.map(|run| numbers::claim(calls.runs, run));
    let decision = on_run_died(&died, &request, Some(&live), tip.as_ref(), claim.as_ref());
    act(calls, decision)
}

fn tip_and_claim(calls: &mut Replay<'_>, live: View) -> Handled<(Option<u8>, Option<RunId>)> {
    if !live.open {
        return Ok((None, None));
    }
    Ok((Some(calls.tip()?), calls.claim()?))
}

fn act(calls: &mut Replay<'_>, decision: RouterDecision) -> Handled<()> {
    match decision {
        RouterDecision::Start(request, wish) => {
            let request = numbers::request_of(&request);
            let limit = match request {
                Request::Gate(_) => Limit::ThenSay,
                Request::Close | Request::Defer(_) | Request::Say(_) => Limit::ThenFail,
            };
            start(calls, request, wish, limit)
        }
        RouterDecision::Ignore(_) => Ok(()),
        RouterDecision::ReadsBehind(_) | RouterDecision::GiveUp(_) => Err(Stop::Fail),
    }
}

/// `start.rs`: the first attempt whose name is free.
pub(crate) fn start(
    calls: &mut Replay<'_>,
    request: Request,
    wish: Wish,
    limit: Limit,
) -> Handled<()> {
    let (mut request, mut wish, mut limit, mut attempt) = (request, wish, limit, 1);
    loop {
        let order = Call::StartExecution { request, attempt };
        if calls.ask(order)? == Answer::Started(true) {
            return Ok(());
        }
        match next_attempt(existing(calls, request, attempt)?, wish) {
            AttemptStep::AlreadyThere => return Ok(()),
            AttemptStep::TryNext => attempt += 1,
        }
        let exhausted = limit != Limit::None && u32::from(attempt) > MAX_ATTEMPTS;
        match (request, limit) {
            (Request::Gate(commit), Limit::ThenSay) if exhausted => {
                request = Request::Say(commit);
                (limit, wish, attempt) = (Limit::ThenFail, Wish::Once, 1);
            }
            _ if exhausted => return Err(Stop::Fail),
            _ => {}
        }
    }
}

fn existing(calls: &mut Replay<'_>, request: Request, attempt: u8) -> Handled<Existing> {
    let (found, status) = match calls.ask(Call::ReadExecution { request, attempt })? {
        Answer::Execution(Some(run)) => run,
        Answer::Execution(None) => return Err(Stop::Fail),
        other => return unasked(&other),
    };
    Ok(if found == request || matches!(request, Request::Say(_)) {
        Existing::SameInput(numbers::status(status))
    } else {
        Existing::OtherInput
    })
}

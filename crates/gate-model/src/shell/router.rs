//! `lambdas/router`: an event.

use gate_core::{
    event::{CommentPosted, PullRequestEvent, RunDied},
    protocol::{
        Limit, RouterDecision, State, Taken, Wanted, is_asked, needs_known_commits, on_comment,
        on_pull_request, on_run_died,
    },
};

use super::{turns, unasked};
use crate::{
    calls::{Answer, Call},
    conversation, numbers,
    replay::{Handled, Replay, Stop},
    world::{Event, RunId, View},
};

/// Who speaks for the gate.
const REPORTER: &str = "arn:aws:sts::000000000000:assumed-role/reporter/reporter";

pub(crate) fn handle(calls: &mut Replay<'_>, event: Event) -> Handled<()> {
    match event {
        Event::PullRequest { revision, closed } => pull_request(calls, revision, closed),
        Event::Died(run) => run_died(calls, run),
        Event::Look => turns::look(calls),
        Event::Comment(number) => comment(calls, number),
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

/// `lib.rs`: a comment. What stands in it never changes, and it has a command.
fn comment(calls: &mut Replay<'_>, comment: u8) -> Handled<()> {
    let asked = calls.asked[usize::from(comment)];
    let event = CommentPosted {
        pull_request: numbers::pull_request_id(),
        comment: conversation::comment_id(comment),
        by: asked.by.arn().to_owned(),
    };
    if is_asked(Some(&conversation::shown(comment, asked)), REPORTER).is_err() {
        return Ok(());
    }
    let view = calls.pull_request()?;
    let tip = if view.open { Some(calls.tip()?) } else { None };
    let tip = tip.map(numbers::tip);
    let live = numbers::pull_request(view);
    act(calls, on_comment(&event, Some(&live), tip.as_ref()))
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
            let limit = Limit::of(&request);
            start(calls, Wanted::new(request, wish, limit))
        }
        RouterDecision::Ignore(_) => Ok(()),
        RouterDecision::ReadsBehind(_) | RouterDecision::GiveUp(_) => Err(Stop::Fail),
    }
}

/// `start.rs`: the first attempt whose name is free.
pub(crate) fn start(calls: &mut Replay<'_>, mut wanted: Wanted) -> Handled<()> {
    loop {
        let request = numbers::request_of(wanted.request());
        let attempt = numbers::attempt(&wanted.name());
        let order = Call::StartExecution { request, attempt };
        if calls.ask(order)? == Answer::Started(true) {
            return Ok(());
        }
        let taken = match calls.ask(Call::ReadExecution { request, attempt })? {
            Answer::Execution(Some((found, status))) => {
                let input = State::input_text(&numbers::request(found));
                wanted.taken(&input, numbers::status(status))
            }
            Answer::Execution(None) => wanted.taken_unseen(),
            other => return unasked(&other),
        };
        wanted = match taken {
            Taken::Try(next) => next,
            Taken::AlreadyThere => return Ok(()),
            Taken::GiveUp { .. } => return Err(Stop::Fail),
        };
    }
}

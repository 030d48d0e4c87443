//! `lambdas/reporter`: the commands of a comment.

use gate_core::{
    command::Line,
    conversation::Conversation,
    protocol::{self, Afterwards, Asked, Decision, Follow, answer as decide},
};

use super::{Step, reporter::withdraw_approval};
use crate::{
    calls::Call,
    conversation::{self, records},
    numbers,
    replay::{Handled, Stop},
    world::Request,
};

/// `answer.rs`: decide, write down, take an approval back, look what follows, reply.
pub(crate) fn answer(step: &mut Step<'_, '_>) -> Handled<Follow> {
    let Request::Command(commit, comment) = step.request else {
        return Err(Stop::Fail);
    };
    let asked = step.calls.asked;
    let place = usize::from(comment);
    let accepted = step.calls.accepted()?;
    let lines: Vec<Line> = if accepted[place] > 0 {
        let commands = asked[place].wish.commands();
        commands.iter().map(Line::of).collect()
    } else {
        asked[place].wish.lines()
    };
    let live = step.calls.pull_request()?;
    let name = step.execution().name;
    let shown = numbers::pull_request(live);
    let candidacy = numbers::candidacy(commit.revision, commit.tip);
    protocol::shown(&candidacy, &shown, &name).map_err(|_| Stop::Refuse)?;
    let tip = step.calls.tip()?;
    let result = step.calls.record()?;
    let result = result.map(|record| numbers::record(step.calls.runs, record));
    let others = records(asked, accepted, Some(comment));
    let revision = numbers::revision(live.revision);
    let decision = decide(
        Asked {
            comment: &conversation::shown(comment, asked[place]),
            live: Some(&numbers::pull_request(live)),
            candidacy: &numbers::candidacy(commit.revision, tip),
            rules: step.calls.rules.parsed(),
            conversation: &Conversation::of(others, &revision),
            result: result.as_ref(),
            built: &[],
            recorded: accepted[place] > 0,
            // A hold is lifted once it has its reply.
            awaits_hold: false,
        },
        lines,
    );
    if !decision.accepted.is_empty() {
        let revision = live.revision;
        step.calls.act(Call::WriteCommand { comment, revision })?;
    }
    let follow = follow(step, &decision)?;
    step.calls.act(Call::Reply { comment })?;
    Ok(follow)
}

/// Whatever is read here is read after the commands were written down.
fn follow(step: &mut Step<'_, '_>, decision: &Decision) -> Handled<Follow> {
    if decision.accepted.is_empty() {
        return Ok(Follow::Nothing);
    }
    let live = step.calls.pull_request()?;
    if decision.withdraws {
        withdraw_approval(step, live.revision)?;
    }
    let result = step.calls.record()?;
    let claim = step.calls.claim()?;
    let commit = step.candidate()?;
    let runs = step.calls.runs;
    Ok(decision.follow(Afterwards {
        live: Some(&numbers::pull_request(live)),
        candidacy: &numbers::candidacy(commit.revision, commit.tip),
        result: result.map(|record| numbers::record(runs, record)).as_ref(),
        claim: claim.map(|run| numbers::claim(runs, run)).as_ref(),
        own: &numbers::claim(runs, step.run),
    }))
}

//! `lambdas/reporter`: the commands of a comment.

use gate_core::{
    command::Line,
    protocol::{Asked, Next, answer as decide},
};

use super::{Step, reporter::withdraw_approval};
use crate::{
    calls::Call,
    numbers,
    replay::{Handled, Stop},
    world::Request,
};

/// `answer.rs`: decide, write down, take an approval back.
pub(crate) fn answer(step: &mut Step<'_, '_>) -> Handled<Next> {
    let Request::Command(commit, comment) = step.request else {
        return Err(Stop::Fail);
    };
    let asked = step.calls.asked;
    let place = usize::from(comment);
    let others = step.calls.conversation()? & !(1 << comment);
    let live = step.calls.pull_request()?;
    let record = step.calls.record()?;
    let result = record.map(|record| numbers::record(step.calls.runs, asked, record));
    let command = numbers::command(asked[place].wish);
    let decision = decide(
        Asked {
            comment: &numbers::comment(comment, asked[place]),
            live: Some(&numbers::pull_request(live)),
            candidacy: &numbers::candidacy(commit.revision, commit.tip),
            rules: None,
            conversation: &numbers::conversation(asked, others, live.revision),
            result: result.as_ref(),
        },
        vec![Line::of(&command)],
    );
    if !decision.accepted.is_empty() {
        step.calls.act(Call::WriteCommand { comment })?;
        if decision.withdraws {
            withdraw_approval(step, live.revision)?;
        }
    }
    Ok(if decision.goes_on {
        Next::Prepare
    } else {
        Next::End
    })
}

//! `gate-aws::run`: whether a run still speaks for its pull request.

use gate_core::protocol::{self, ClaimStep, Standing};

use super::{Step, unasked};
use crate::{
    calls::{Answer, Call},
    numbers,
    replay::{Handled, Replay, Stop},
    world::{RunId, View},
};

const MAX_ROUNDS: u32 = 5;

/// The live pull request, then the claim.
pub(crate) fn standing(step: &mut Step<'_, '_>) -> Handled<(Standing, View)> {
    let candidate = step.candidate()?;
    let run = step.run;
    let asked = numbers::request(step.request);
    let answer = step.calls.summed_up(|calls| {
        let live = calls.pull_request()?;
        let asked = asked.candidacy().ok_or(Stop::Refuse)?;
        let shown = numbers::pull_request(live);
        let name = numbers::execution(calls.runs, run).name;
        protocol::shown(asked, &shown, &name).map_err(|_| Stop::Refuse)?;
        let held = live.open && holds_claim(calls, run)?;
        Ok(Answer::Standing(live, held))
    })?;
    let Answer::Standing(live, held) = answer else {
        return unasked(&answer);
    };
    let standing = protocol::standing(
        Some(&numbers::pull_request(live)),
        &numbers::revision(candidate.revision),
        held,
    );
    Ok((standing, live))
}

/// Whether a newer run has taken the claim.
pub(crate) fn is_overtaken(step: &mut Step<'_, '_>) -> Handled<bool> {
    let runs = step.calls.runs;
    let read = step.calls.claim()?.map(|run| numbers::claim(runs, run));
    let own = numbers::claim(runs, step.run);
    Ok(protocol::claim(read.as_ref(), &own) == ClaimStep::Lost)
}

fn holds_claim(calls: &mut Replay<'_>, run: RunId) -> Handled<bool> {
    let own = numbers::claim(calls.runs, run);
    for round in 0..=MAX_ROUNDS {
        let read = calls.claim()?.map(|run| numbers::claim(calls.runs, run));
        match protocol::claim(read.as_ref(), &own) {
            ClaimStep::Held => return Ok(true),
            ClaimStep::Lost => return Ok(false),
            ClaimStep::Write if round < MAX_ROUNDS => calls.act(Call::WriteClaim { run })?,
            ClaimStep::Write => {}
        }
    }
    Err(Stop::Fail)
}

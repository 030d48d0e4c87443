//! `lambdas/builder`.

use gate_core::{
    protocol::{
        self, CheckDecision, Claim, Next, Standing, StartDecision, StopDecision, foreign_builds,
        missing_builds, older_builds, stops_own_builds,
    },
    title::Flag,
};

use super::{Step, standing::standing, unasked};
use crate::{
    calls::{Answer, Call},
    numbers,
    replay::{Handled, Stop},
    world::{Build, Known},
};

/// `start.rs`: stop older builds, start what is missing, look again.
pub(crate) fn start_builds(step: &mut Step<'_, '_>) -> Handled<Next> {
    let (standing, _) = self::standing(step)?;
    if standing != Standing::Current {
        return withdraw(step, standing);
    }
    let builds = step.calls.builds(Call::ReadBuildsOfProject)?;
    let own = Claim::from(&step.execution());
    for older in older_builds(&numbers::all_shown(step.calls.runs, &builds), &own) {
        let build = numbers::build_number(&older);
        step.calls.act(Call::StopBuild { build })?;
    }
    start_missing(step, &builds)?;
    let known = numbers::started(&step.memory);
    let shown = numbers::all_shown(step.calls.runs, &builds);
    for foreign in foreign_builds(&shown, &known, &step.execution()) {
        let build = numbers::build_number(&foreign);
        step.calls.act(Call::StopBuild { build })?;
    }
    let (standing, _) = self::standing(step)?;
    if standing != Standing::Current {
        return withdraw(step, standing);
    }
    Ok(if step.planned()?.plan.builds() {
        Next::Wait
    } else {
        Next::Report
    })
}

fn missing(step: &Step<'_, '_>, builds: &[Build]) -> Handled<Vec<StartDecision>> {
    Ok(missing_builds(
        &step.planned()?.plan,
        &numbers::started(&step.memory),
        &numbers::all_shown(step.calls.runs, builds),
        &step.execution(),
    ))
}

fn start_missing(step: &mut Step<'_, '_>, builds: &[Build]) -> Handled<()> {
    for decision in missing(step, builds)? {
        let started = match decision {
            StartDecision::Found(found) => Some(numbers::known(&found)),
            StartDecision::Start { attempt, .. } => start_one(step, attempt)?,
        };
        match started {
            Some(build) => step.memory.builds.push(build),
            None => break,
        }
    }
    Ok(())
}

fn start_one(step: &mut Step<'_, '_>, attempt: u32) -> Handled<Option<Known>> {
    let attempt = u8::try_from(attempt).unwrap_or(u8::MAX);
    let order = Call::StartBuild {
        run: step.run,
        attempt,
        tested: !step.planned()?.plan.flags.has(Flag::SkipTests),
    };
    match step.calls.ask(order)? {
        Answer::Build(build) => Ok(Some(Known {
            attempt,
            build,
            tried_again: false,
        })),
        Answer::NoCapacity => Ok(None),
        Answer::NoProject => Err(Stop::Fail),
        other => unasked(&other),
    }
}

/// `stop.rs`: ends a run without a word, and its builds with it unless somebody else will.
fn withdraw(step: &mut Step<'_, '_>, standing: Standing) -> Handled<Next> {
    if !stops_own_builds(standing) {
        return Ok(Next::End);
    }
    let builds = step.calls.builds(Call::ReadBuildsOfProject)?;
    let mut own: Vec<u8> = (0..)
        .zip(&builds)
        .filter(|(_, build)| build.run == step.run && !build.is_complete())
        .map(|(number, _)| number)
        .collect();
    own.extend(step.memory.builds.iter().map(|known| known.build));
    for build in own {
        step.calls.act(Call::StopBuild { build })?;
    }
    Ok(Next::End)
}

/// `check.rs`: look at the builds.
pub(crate) fn check_builds(step: &mut Step<'_, '_>) -> Handled<Next> {
    let (standing, _) = self::standing(step)?;
    if standing != Standing::Current {
        return withdraw(step, standing);
    }
    let builds = step.calls.builds(Call::ReadBuilds)?;
    if !missing(step, &builds)?.is_empty() {
        let all = step.calls.builds(Call::ReadBuildsOfProject)?;
        start_missing(step, &all)?;
        let (standing, _) = self::standing(step)?;
        if standing != Standing::Current {
            return withdraw(step, standing);
        }
    }
    let decision = protocol::check(
        &step.planned()?.plan,
        &numbers::started(&step.memory),
        &numbers::all_shown(step.calls.runs, &builds),
        &step.execution(),
    );
    Ok(match decision {
        CheckDecision::Report => Next::Report,
        CheckDecision::Wait => Next::Wait,
    })
}

/// `stop.rs`: stops all builds of a closed pull request.
pub(crate) fn stop_builds(step: &mut Step<'_, '_>) -> Handled<Next> {
    if step.calls.pull_request()?.open {
        return Err(Stop::Fail);
    }
    let builds = step.calls.builds(Call::ReadBuildsOfProject)?;
    match protocol::stop_builds(&numbers::all_shown(step.calls.runs, &builds)) {
        StopDecision::Delete => Ok(Next::TearDown),
        StopDecision::Stop(running) => {
            for id in running {
                let build = numbers::build_number(&id);
                step.calls.act(Call::StopBuild { build })?;
            }
            Ok(Next::Wait)
        }
    }
}

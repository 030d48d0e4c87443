//! `lambdas/environment`.

use gate_core::{
    plan::NoBuild,
    protocol::{Next, Standing},
};

use super::{Step, standing::standing, take_over, unasked};
use crate::{
    calls::{Answer, Call},
    replay::Handled,
    world::Commit,
};

/// `prepare.rs`: claim, plan, preview branch, project.
pub(crate) fn prepare(step: &mut Step<'_, '_>) -> Handled<Next> {
    let (standing, live) = standing(step)?;
    if standing != Standing::Current {
        return Ok(if standing == Standing::Closed {
            Next::TearDown
        } else {
            Next::End
        });
    }
    step.memory.tip = Some(step.calls.tip()?);
    step.memory.title = Some(live.title);
    step.memory.heard = step.calls.accepted()?;
    let planned = step.planned()?;
    if matches!(planned.plan.no_build, Some(NoBuild::Stopped { .. })) {
        return Ok(Next::Build);
    }
    let continued = take_over::look(step)?;
    // Nothing is merged for a run that builds nothing at all; any other gets its branch before the rules are read.
    if !matches!(planned.plan.no_build, Some(NoBuild::SkipCi)) {
        let run = step.run;
        step.calls.act(Call::CreateBranch { run })?;
    }
    if !planned.plan.builds() {
        return Ok(Next::Report);
    }
    step.calls.act(Call::PutProject)?;
    step.calls.act(Call::WriteEnvironment)?;
    if !step.calls.pull_request()?.open {
        return Ok(Next::TearDown);
    }
    if take_over::give(step, continued)? {
        return Ok(Next::Report);
    }
    Ok(Next::Build)
}

/// `lib.rs`: drop the run's preview branch.
pub(crate) fn release(step: &mut Step<'_, '_>) -> Handled<()> {
    let runs = 1 << step.run;
    step.calls.act(Call::DeleteBranches { runs })
}

/// `tear_down.rs`: report groups, branches, project, parameters last.
pub(crate) fn tear_down(step: &mut Step<'_, '_>) -> Handled<Next> {
    let calls = &mut *step.calls;
    if calls.found(Call::ListReportGroups)? {
        calls.act(Call::DeleteReportGroups)?;
    }
    let runs = match calls.ask(Call::ListBranches)? {
        Answer::Branches(runs) => runs,
        other => return unasked(&other),
    };
    if runs != 0 {
        calls.act(Call::DeleteBranches { runs })?;
    }
    if calls.ask(Call::DeleteProject)? == Answer::BuildsRunning {
        return Ok(Next::Wait);
    }
    let parameters = match calls.ask(Call::ListParameters)? {
        Answer::Parameters(parameters) => parameters,
        other => return unasked(&other),
    };
    if parameters.any() {
        calls.act(Call::DeleteParameters(parameters))?;
    }
    Ok(Next::End)
}

/// What the run tests; `None` when it builds nothing.
pub(crate) fn tested(step: &Step<'_, '_>) -> Handled<Option<Commit>> {
    let candidate = step.candidate()?;
    let builds = step.planned()?.plan.no_build.is_none();
    Ok(builds.then_some(candidate))
}

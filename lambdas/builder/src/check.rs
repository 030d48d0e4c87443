//! Look at the builds: is the candidate still current, are they done, how long to wait next?

use gate_aws::{Clients, run};
use gate_core::{
    error::GateError,
    id::BuildId,
    protocol::{CheckDecision, Invocation, Next, Standing, State, check, missing_builds},
};

use crate::{start, stop};

pub(crate) async fn check_builds(
    clients: &Clients,
    invocation: Invocation,
) -> Result<State, GateError> {
    let candidacy = invocation.candidacy()?.clone();
    let mut run = invocation.run()?.clone();
    let Invocation {
        execution, state, ..
    } = invocation;
    let (standing, _) = run::standing(clients, &candidacy, &execution).await?;
    if standing != Standing::Current {
        return stop::withdraw(clients, standing, &run, &execution, state).await;
    }
    let ids: Vec<BuildId> = run.builds.iter().map(|build| build.id.clone()).collect();
    let builds = clients.builds.builds(&ids).await?;
    for started in &mut run.builds {
        let build = builds.iter().find(|build| build.id == started.id);
        started.log_url = build
            .and_then(|build| build.log_url.clone())
            .or(started.log_url.take());
    }
    if !missing_builds(&run.plan, &run.builds, &builds, &execution).is_empty() {
        let all = clients.builds.builds_of_project(&run.project).await?;
        start::start_missing(clients, &mut run, &all, &execution).await?;
        let (standing, _) = run::standing(clients, &candidacy, &execution).await?;
        if standing != Standing::Current {
            return stop::withdraw(clients, standing, &run, &execution, state).await;
        }
    }
    let decision = check(&run.plan, &run.builds, &builds, &execution);
    let seconds = start::wait_seconds(&run, &builds);
    let state = State {
        run: Some(run),
        ..state
    };
    Ok(match decision {
        CheckDecision::Report => state.then(Next::Report),
        CheckDecision::Wait => state.wait(seconds),
    })
}

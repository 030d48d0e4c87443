//! Stop builds: the own ones of a run that is no longer wanted, all of a pull request that is closed.

use gate_aws::{Clients, let_go};
use gate_core::{
    error::GateError,
    host::CodeHost,
    protocol::{
        Execution, Invocation, Next, Request, Run, Standing, State, StopDecision,
        stop_builds as decide, stops_own_builds,
    },
};

use crate::start;

/// Longest wait between two looks at builds that were told to stop.
const LONGEST_WAIT_SECONDS: u64 = 30;

/// Ends a run without a word. Its builds are stopped, also those it does not remember starting, unless somebody else will.
pub(crate) async fn withdraw(
    clients: &Clients,
    standing: Standing,
    run: &Run,
    execution: &Execution,
    state: State,
) -> Result<State, GateError> {
    if !stops_own_builds(standing) {
        return Ok(start::ended(run.clone(), state));
    }
    for build in clients.builds.builds_of_project(&run.project).await? {
        let own = build
            .purpose
            .as_ref()
            .is_some_and(|purpose| purpose.run == execution.name);
        if own && !build.complete {
            clients.builds.stop_build(&build.id).await?;
        }
    }
    for started in &run.builds {
        // The project, and with it the list of its builds, may be gone.
        clients.builds.stop_build(&started.id).await?;
    }
    Ok(start::ended(run.clone(), state))
}

/// Stops all builds of a closed pull request; waits until nothing runs.
pub(crate) async fn stop_builds(
    clients: &Clients,
    invocation: Invocation,
) -> Result<State, GateError> {
    invocation.named()?;
    let mut state = invocation.state;
    let request = &state.request;
    let live = match clients.host.pull_request(request.pull_request()).await {
        // Nothing is left to be read of a repository that is not gated any more: its environments go like those of closed ones.
        Err(error @ GateError::NotPermitted { .. }) => {
            if !let_go::is_let_go(clients, request.repository()).await? {
                return Err(error);
            }
            None
        }
        live => live?,
    };
    if let (Some(live), Request::Close { repository, .. }) = (&live, &mut state.request) {
        // Whatever repository the run was started with.
        repository.clone_from(&live.repository);
    }
    let pull_request = state.request.pull_request();
    if live.is_some_and(|live| live.is_open()) {
        // A closed pull request never reopens: this read is the older one.
        return Err(GateError::ReadsBehind {
            message: format!("pull request {pull_request} is still shown as open"),
        });
    }
    let project = gate_core::names::project(&clients.deployment.service, pull_request);
    let builds = clients.builds.builds_of_project(&project).await?;
    match decide(&builds) {
        StopDecision::Delete => Ok(state.then(Next::TearDown)),
        StopDecision::Stop(running) => {
            for build in running {
                clients.builds.stop_build(&build).await?;
            }
            let seconds = state
                .wait_seconds
                .map_or(1, |last| (last * 2).min(LONGEST_WAIT_SECONDS));
            Ok(state.wait(seconds))
        }
    }
}

//! environment: what exists per open pull request. Prepares it for a run, drops the run's branch, tears all of it down.

mod prepare;
mod preview;
mod report_groups;
mod rules;
mod take_over;
mod tear_down;

use gate_aws::Clients;
use gate_core::{
    error::GateError,
    host::CodeHost,
    id::RunName,
    names,
    protocol::{Invocation, Next, Request, State, Step},
};
use serde_json::Value;

/// Carries out one step of the state machine.
pub async fn handle(payload: Value, clients: &Clients) -> Result<Value, GateError> {
    let invocation = clients.seals.open(payload).await?;
    let execution = invocation.execution.clone();
    let state = match invocation.step {
        Step::Prepare => Box::pin(prepare(clients, invocation)).await?,
        Step::Release => release(clients, invocation).await?,
        Step::TearDown => tear_down::tear_down(clients, invocation).await?,
        step => return Err(step.not_here("environment")),
    };
    clients.seals.close(&execution, state).await
}

/// A run that ends here is not released: what it made of a branch goes now. After an error that passes the step comes again.
async fn prepare(clients: &Clients, invocation: Invocation) -> Result<State, GateError> {
    let (request, run) = (
        invocation.state.request.clone(),
        invocation.execution.name.clone(),
    );
    let prepared = Box::pin(prepare::prepare(clients, invocation)).await;
    if prepared.as_ref().is_err_and(|error| !error.is_transient())
        && let Err(error) = drop_branch(clients, &request, &run).await
    {
        tracing::warn!(run.name = %run, error = %error, "a preview branch stays until the pull request closes");
    }
    prepared
}

async fn release(clients: &Clients, invocation: Invocation) -> Result<State, GateError> {
    let Invocation {
        execution, state, ..
    } = invocation;
    drop_branch(clients, &state.request, &execution.name).await?;
    Ok(state.then(Next::End))
}

/// Drops a run's preview branch. Its name is known even if the run never came to make it.
async fn drop_branch(clients: &Clients, request: &Request, run: &RunName) -> Result<(), GateError> {
    let branch = names::preview_branch(request.pull_request(), run);
    let host = &clients.host;
    host.delete_branch(request.repository(), &branch).await
}

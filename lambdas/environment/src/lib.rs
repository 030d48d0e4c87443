//! environment: what exists per open pull request. Prepares it for a run, drops the run's branch, tears all of it down.

mod prepare;
mod preview;
mod report_groups;
mod take_over;
mod tear_down;

use gate_aws::Clients;
use gate_core::{
    error::GateError,
    host::CodeHost,
    names,
    protocol::{Invocation, Next, State, Step},
};
use serde_json::Value;

/// Carries out one step of the state machine.
pub async fn handle(payload: Value, clients: &Clients) -> Result<Value, GateError> {
    let invocation = clients.seals.open(payload).await?;
    let execution = invocation.execution.clone();
    let state = match invocation.step {
        Step::Prepare => Box::pin(prepare::prepare(clients, invocation)).await?,
        Step::Release => release(clients, invocation).await?,
        Step::TearDown => tear_down::tear_down(clients, invocation).await?,
        step => return Err(step.not_here("environment")),
    };
    clients.seals.close(&execution, state).await
}

/// Drops the run's preview branch. Its name is known even if the run never came to make it.
async fn release(clients: &Clients, invocation: Invocation) -> Result<State, GateError> {
    let Invocation {
        execution, state, ..
    } = invocation;
    let branch = names::preview_branch(state.request.pull_request(), &execution.name);
    clients
        .host
        .delete_branch(state.request.repository(), &branch)
        .await?;
    Ok(state.then(Next::End))
}

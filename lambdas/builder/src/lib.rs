//! builder: starts, watches and stops the builds of a pull request.

mod check;
mod start;
mod stop;

use gate_aws::Clients;
use gate_core::{error::GateError, protocol::Step};
use serde_json::Value;

/// Carries out one step of the state machine.
pub async fn handle(payload: Value, clients: &Clients) -> Result<Value, GateError> {
    let invocation = clients.seals.open(payload).await?;
    let execution = invocation.execution.clone();
    let state = match invocation.step {
        Step::StartBuilds => Box::pin(start::start_builds(clients, invocation)).await?,
        Step::CheckBuilds => Box::pin(check::check_builds(clients, invocation)).await?,
        Step::StopBuilds => stop::stop_builds(clients, invocation).await?,
        step => return Err(step.not_here("builder")),
    };
    clients.seals.close(&execution, state).await
}

//! Starting a run: the first attempt whose name is free, or the answer that a run is there already.

use gate_aws::{Clients, StartedExecution};
use gate_core::{
    error::GateError,
    protocol::{Request, Taken, Wanted},
};
use serde_json::{Value, json};

/// Starts what is wanted under the first name that is free and allowed.
pub(crate) async fn start(clients: &Clients, mut wanted: Wanted) -> Result<Value, GateError> {
    loop {
        let name = wanted.name();
        if clients.executions.start(&name, &wanted.input()).await? == StartedExecution::Started {
            tracing::info!(run.name = %name, action = action(wanted.request()), "started a run");
            return Ok(json!({ "started": name }));
        }
        let there = clients.executions.describe(&name).await?;
        let there = there.ok_or_else(|| GateError::ReadsBehind {
            message: format!("run {name} exists and is not shown yet"),
        })?;
        wanted = match wanted.taken(&there.input, there.status) {
            Taken::Try(next) => next,
            Taken::AlreadyThere => {
                tracing::info!(run.name = %name, "the run is there already");
                return Ok(json!({ "already": name }));
            }
            Taken::GiveUp { run, message } => {
                return Err(GateError::GaveUp {
                    run: run.to_string(),
                    message,
                });
            }
        };
    }
}

/// A request as it reads in the log.
fn action(request: &Request) -> &'static str {
    match request {
        Request::Gate(_) => "gate",
        Request::Defer(_) => "defer",
        Request::Command { .. } => "command",
        Request::Close { .. } => "close",
        Request::Say { .. } => "say",
        Request::Overridden { .. } => "overridden",
    }
}

//! Starting a run: the first attempt whose name is free, or the answer that a run is there already.

use std::time::Duration;

use gate_aws::{Clients, DescribedExecution, StartedExecution};
use gate_core::{
    error::GateError,
    id::RunName,
    protocol::{Request, Taken, Wanted},
};
use serde_json::{Value, json};

/// DescribeExecution is eventually consistent: so often it is asked for a run whose name is taken, after such a pause.
const LOOKS: u32 = 4;
const PAUSE: Duration = Duration::from_secs(1);

/// Starts what is wanted under the first name that is free and allowed.
pub(crate) async fn start(clients: &Clients, mut wanted: Wanted) -> Result<Value, GateError> {
    loop {
        let name = wanted.name();
        if clients.executions.start(&name, &wanted.input()).await? == StartedExecution::Started {
            tracing::info!(run.name = %name, action = action(wanted.request()), "started a run");
            return Ok(json!({ "started": name }));
        }
        let taken = if let Some(there) = look(clients, &name, &wanted).await? {
            wanted.taken(&there.input, there.status)
        } else {
            tracing::warn!(run.name = %name, "the name is taken by a run that cannot be seen");
            wanted.taken_unseen()
        };
        wanted = match taken {
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

/// The run that has taken a name; `None` if it is none of this state machine. Where one such run was met, others are no surprise.
async fn look(
    clients: &Clients,
    name: &RunName,
    wanted: &Wanted,
) -> Result<Option<DescribedExecution>, GateError> {
    let looks = if wanted.has_met_unseen() { 1 } else { LOOKS };
    for look in 1..=looks {
        let there = clients.executions.describe(name).await?;
        if there.is_some() || look == looks {
            return Ok(there);
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(None)
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

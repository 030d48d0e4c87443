//! Whether a run still speaks for its pull request: the question every step of a run begins and ends with.

use std::time::{Duration, SystemTime};

use aws_smithy_types::date_time::{DateTime, Format};
use gate_core::{
    error::GateError,
    host::CodeHost,
    id::PullRequestId,
    protocol::{self, Candidacy, Claim, ClaimStep, Execution, Standing},
    pull_request::PullRequest,
};

use crate::{Clients, error};

/// Writes of the claim before the run gives up and is tried again later.
const MAX_ROUNDS: u32 = 5;

/// A read right after a write may still show the older claim; the wait grows by this much from round to round.
const PAUSE_PER_ROUND: Duration = Duration::from_millis(50);

/// By how much the clocks of Lambda and Step Functions may differ.
const CLOCKS_DIFFER: Duration = Duration::from_mins(5);

/// Reads the live pull request, refuses what it does not show, then takes the claim or sees who holds it. The claim of a closed pull request is left
/// alone: tear-down deletes it, and nobody may write it again.
pub async fn standing(
    clients: &Clients,
    candidacy: &Candidacy,
    execution: &Execution,
) -> Result<(Standing, Option<PullRequest>), GateError> {
    if !protocol::has_begun(&execution.start_time, &latest()) {
        return Err(GateError::InvalidInput {
            step: execution.name.to_string(),
            message: format!(
                "its run begins in the future, at `{}`",
                execution.start_time
            ),
        });
    }
    let live = clients.host.pull_request(&candidacy.pull_request).await?;
    if let Some(live) = &live {
        protocol::shown(candidacy, live, &execution.name)?;
    }
    let open = live.as_ref().is_some_and(PullRequest::is_open);
    let held = open && holds_claim(clients, &candidacy.pull_request, execution).await?;
    let standing = protocol::standing(live.as_ref(), &candidacy.revision, held);
    Ok((standing, live))
}

/// Whether a newer run has taken the claim. Writes nothing.
pub async fn is_overtaken(
    clients: &Clients,
    pull_request: &PullRequestId,
    execution: &Execution,
) -> Result<bool, GateError> {
    let name = clients.names().claim(pull_request);
    let read = read_claim(clients, &name).await?;
    let step = protocol::claim(read.as_ref(), &Claim::from(execution));
    Ok(step == ClaimStep::Lost)
}

/// The claim as it stands. Whoever may write parameters may write one: what is none, or is of a run that has not begun yet, keeps
/// nobody from the say.
async fn read_claim(clients: &Clients, name: &str) -> Result<Option<Claim>, GateError> {
    let read: Option<Claim> = match clients.parameters.get(name).await {
        Err(GateError::SettingsUnusable { message, .. }) => {
            tracing::warn!(
                parameter.name = name,
                message,
                "what stands in place of a claim is none"
            );
            None
        }
        read => read?,
    };
    let latest = latest();
    Ok(read.filter(|claim| {
        let begun = protocol::has_begun(&claim.start_time, &latest);
        if !begun {
            tracing::warn!(parameter.name = name, run.name = %claim.run, "a claim of the future is none");
        }
        begun
    }))
}

/// Now, by the clock that is ahead.
fn latest() -> String {
    let now = DateTime::from(SystemTime::now() + CLOCKS_DIFFER);
    now.fmt(Format::DateTime).unwrap_or_default()
}

async fn holds_claim(
    clients: &Clients,
    pull_request: &PullRequestId,
    execution: &Execution,
) -> Result<bool, GateError> {
    let name = clients.names().claim(pull_request);
    let own = Claim::from(execution);
    for round in 0..=MAX_ROUNDS {
        let read = read_claim(clients, &name).await?;
        match protocol::claim(read.as_ref(), &own) {
            ClaimStep::Held => return Ok(true),
            ClaimStep::Lost => return Ok(false),
            ClaimStep::Write if round < MAX_ROUNDS => {
                clients.parameters.put(&name, &own).await?;
                tokio::time::sleep(PAUSE_PER_ROUND * round).await;
            }
            ClaimStep::Write => {}
        }
    }
    let message = format!("`{name}` still shows an older claim after {MAX_ROUNDS} writes");
    Err(error::unavailable(
        "Parameter Store",
        "GetParameter",
        message,
    ))
}

#[cfg(test)]
mod tests;

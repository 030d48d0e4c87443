//! How a gated branch came to its new tip, as far as CodeCommit and the gate's memory tell.

use std::{cmp::Reverse, collections::BTreeSet};

use gate_aws::Clients;
use gate_core::{
    error::GateError,
    event::BranchMoved,
    host::CodeHost,
    id::PullRequestId,
    protocol::{MergedAtTip, Passage, ToldMoves, is_merge_of, may_be_merge_of, passage_by_merge},
    pull_request::PullRequest,
};

/// So many of the newest closed pull requests are looked at, and all older ones that anything of an environment is left of.
const NEWEST: usize = 100;

/// Finds out, and tells the log, which is counted; answers whether it went past the gate, and whether that was told now.
pub(crate) async fn tell(
    clients: &Clients,
    event: &BranchMoved,
) -> Result<(bool, bool), GateError> {
    match &find(clients, event).await? {
        Passage::PastTheGate => return Ok((true, tell_once(clients, event).await?)),
        Passage::Unknown(reason) => tracing::info!(
            repository.name = %event.repository,
            repository.branch = %event.branch,
            event.from = event.from.as_ref().map(ToString::to_string),
            event.commit = %event.to,
            event.caller = event.by,
            reason,
            "it cannot be told how a branch was moved"
        ),
        Passage::Approved(_) | Passage::Overridden(_) => {}
    }
    Ok((false, false))
}

/// The log line is counted, and an alarm: an event that comes again is none.
async fn tell_once(clients: &Clients, event: &BranchMoved) -> Result<bool, GateError> {
    let name = clients.names().moves(&event.repository, &event.branch);
    let told: Option<ToldMoves> = clients.parameters.get(&name).await?;
    let Some(told) = told.unwrap_or_default().with(event) else {
        tracing::info!(
            repository.name = %event.repository,
            repository.branch = %event.branch,
            event.commit = %event.to,
            "a move was told of already"
        );
        return Ok(false);
    };
    tracing::warn!(
        repository.name = %event.repository,
        repository.branch = %event.branch,
        event.from = event.from.as_ref().map(ToString::to_string),
        event.commit = %event.to,
        event.caller = event.by,
        "a branch was moved past the gate"
    );
    // Told twice at worst, where this fails; never not at all.
    clients.parameters.put(&name, &told).await?;
    Ok(true)
}

async fn find(clients: &Clients, event: &BranchMoved) -> Result<Passage, GateError> {
    // In this order: a pull request that is closed meanwhile is in one of both lists.
    let open = clients.host.open_pull_requests(&event.repository).await?;
    let mut closed = clients.host.closed_pull_requests(&event.repository).await?;
    // CodeCommit counts pull requests, and promises no order.
    closed.sort_by_key(|id| Reverse((id.as_str().len(), id.clone())));
    let older = closed.split_off(closed.len().min(NEWEST));
    for id in closed {
        if let Some(passage) = by_merge(clients, event, &id).await? {
            return Ok(passage);
        }
    }
    for id in remembered(clients, older).await? {
        if let Some(passage) = by_merge(clients, event, &id).await? {
            return Ok(passage);
        }
    }
    let tip = match clients.host.commit(&event.repository, &event.to).await {
        Ok(tip) => tip,
        Err(error) if error.is_transient() => return Err(error),
        Err(error) => {
            return Ok(Passage::Unknown(format!(
                "the commit cannot be read: {error}"
            )));
        }
    };
    for id in open {
        let Some(live) = clients.host.pull_request(&id).await? else {
            continue;
        };
        if is_merge_of(event, &live) {
            return merged(clients, &live).await;
        }
        let result = clients.parameters.get(&clients.names().result(&id)).await?;
        if let Some(passage) = may_be_merge_of(event, &tip, &live, result.as_ref()) {
            return Ok(passage);
        }
    }
    Ok(Passage::PastTheGate)
}

/// Those that anything is remembered of: their close is not over.
async fn remembered(
    clients: &Clients,
    closed: Vec<PullRequestId>,
) -> Result<Vec<PullRequestId>, GateError> {
    if closed.is_empty() {
        return Ok(closed);
    }
    let names = clients.names();
    let parameters = clients
        .parameters
        .names_below(&names.pull_requests())
        .await?;
    let known: BTreeSet<_> = parameters
        .iter()
        .filter_map(|name| names.pull_request_of(name))
        .collect();
    Ok(closed.into_iter().filter(|id| known.contains(id)).collect())
}

async fn by_merge(
    clients: &Clients,
    event: &BranchMoved,
    id: &PullRequestId,
) -> Result<Option<Passage>, GateError> {
    match clients.host.pull_request(id).await? {
        Some(live) if is_merge_of(event, &live) => merged(clients, &live).await.map(Some),
        _ => Ok(None),
    }
}

async fn merged(clients: &Clients, live: &PullRequest) -> Result<Passage, GateError> {
    let result = clients
        .parameters
        .get(&clients.names().result(&live.id))
        .await?;
    let approvers = clients.host.approvers(&live.id, &live.revision).await?;
    let overrides = clients.host.overrides(&live.id).await?;
    let overridden = overrides
        .iter()
        .any(|known| known.revision == live.revision);
    Ok(passage_by_merge(MergedAtTip {
        live,
        result: result.as_ref(),
        approved: approvers.contains(&clients.deployment.reporter_arn),
        overridden,
    }))
}

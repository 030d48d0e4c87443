//! A destination moved, or a run ended and made room: whose turn is it to be tested again?

use gate_aws::Clients;
use gate_core::{
    error::GateError,
    event::{BranchMoved, RunEnded},
    host::CodeHost,
    id::{BranchName, CommitId, RepositoryName},
    protocol::{MoveDecision, MovedBranch, OpenPullRequest, State, makes_room, on_branch_moved},
    rules::{self, MergeRules, Rules},
};
use serde_json::{Value, json};

use crate::{
    branch::{self, Found},
    passage,
};

pub(crate) async fn branch_moved(
    clients: &Clients,
    event: &BranchMoved,
) -> Result<Value, GateError> {
    let BranchMoved {
        repository, branch, ..
    } = event;
    tracing::info!(
        repository.name = %repository,
        repository.branch = %branch,
        event.commit = %event.to,
        event.caller = event.by,
        "a branch moved"
    );
    let gated = branch::gated(clients, repository).await?;
    let is_gated = gated.as_ref().is_some_and(|gated| gated.contains(branch));
    let tip = if is_gated {
        clients.host.branch_tip(repository, branch).await?
    } else {
        None
    };
    let rules = match &tip {
        Some(tip) => Some(branch::rules_at(clients, repository, tip).await?),
        None => None,
    };
    let left_broken_rules = match (&event.from, rules) {
        (Some(from), Some(rules)) if !rules.retests() => {
            had_broken_rules(clients, repository, from).await
        }
        _ => false,
    };
    let found = MovedBranch {
        gated: gated.as_deref(),
        rules,
        left_broken_rules,
    };
    let is_there = tip.is_some();
    let mut answer = match (on_branch_moved(event, found), tip) {
        (MoveDecision::Look(rules), Some(tip)) => {
            look(clients, repository, branch, &tip, rules).await?
        }
        (MoveDecision::Look(_), None) => ignored("the branch is gone"),
        (MoveDecision::Ignore(reason), _) => ignored(&reason),
    };
    // Last, so that an event that comes again is not counted again for what failed after this.
    if is_there {
        let (past_the_gate, told) = passage::tell(clients, event).await?;
        answer["past_the_gate"] = json!(past_the_gate);
        answer["told"] = json!(told);
    }
    Ok(answer)
}

/// A commit that cannot be read any more may have had any rules: then it is looked.
async fn had_broken_rules(
    clients: &Clients,
    repository: &RepositoryName,
    commit: &CommitId,
) -> bool {
    match clients.host.file(repository, commit, rules::PATH).await {
        Ok(file) => file.is_some_and(|bytes| Rules::parse(&bytes).is_err()),
        Err(_) => true,
    }
}

pub(crate) async fn run_ended(clients: &Clients, ended: &RunEnded) -> Result<Value, GateError> {
    let state: State =
        serde_json::from_str(&ended.input).map_err(|error| GateError::InvalidInput {
            step: format!("run {}", ended.run),
            message: format!("its input is not one of this gate: {error}"),
        })?;
    let request = &state.request;
    if !makes_room(request) {
        return Ok(ignored("it tested nothing"));
    }
    let Some(live) = clients.host.pull_request(request.pull_request()).await? else {
        return Ok(ignored("its pull request does not exist any more"));
    };
    let (repository, branch) = (&live.repository, &live.destination);
    let gated = branch::gated(clients, repository).await?;
    if !gated.is_some_and(|gated| gated.contains(branch)) {
        return Ok(ignored("its destination is not gated"));
    }
    let Some(tip) = clients.host.branch_tip(repository, branch).await? else {
        return Ok(ignored("its destination is gone"));
    };
    let rules = branch::rules_at(clients, repository, &tip).await?;
    if !rules.retests() {
        return Ok(ignored("nobody waits for a turn"));
    }
    look(clients, repository, branch, &tip, rules).await
}

fn ignored(reason: &str) -> Value {
    tracing::info!(reason, "ignored an event");
    json!({ "ignored": reason })
}

/// Looks at all open pull requests of one branch.
async fn look(
    clients: &Clients,
    repository: &RepositoryName,
    branch: &BranchName,
    tip: &CommitId,
    rules: MergeRules,
) -> Result<Value, GateError> {
    let mut found: Vec<Found> = Vec::new();
    for id in clients.host.open_pull_requests(repository).await? {
        found.extend(branch::find(clients, &id, Some(branch)).await?);
    }
    let open: Vec<OpenPullRequest<'_>> = found.iter().map(|found| found.at(tip)).collect();
    let started = branch::take_turns(clients, &open, rules).await?;
    tracing::info!(
        repository.name = %repository,
        repository.branch = %branch,
        repository.tip = %tip,
        pull_requests.open = open.len(),
        runs.started = started,
        "looked at the pull requests of a branch"
    );
    Ok(json!({ "started": started }))
}

//! router: from an event to the run that is wanted. It reads the live pull request, decides, starts an execution under a
//! name that makes a second one of the same impossible.

mod branch;
mod moved;
mod passage;
mod start;
mod sweep;

use gate_aws::Clients;
use gate_core::{
    error::GateError,
    event::{CommentPosted, Event, PullRequestEvent, RunDied},
    host::CodeHost,
    id::CommitId,
    protocol::{
        Claim, Limit, Request, RouterDecision, State, Wanted, did_override, is_asked,
        needs_known_commits, on_comment, on_pull_request, on_rules_overridden, on_run_died,
    },
    pull_request::PullRequest,
    secret,
};
use serde_json::{Value, json};

/// Handles one EventBridge event. An event the gate has no use for is ignored with a reason in the log.
pub async fn handle(payload: Value, clients: &Clients) -> Result<Value, GateError> {
    let caller = payload.pointer("/detail/callerUserArn").cloned();
    let event = match Event::parse(payload) {
        Ok(event) => event,
        Err(ignored) => {
            let reason = ignored.to_string();
            let reason = secret::hide(&reason);
            // The rule for the break-glass role delivers whatever that role caused: this line is its record.
            let caller = caller.as_ref().and_then(Value::as_str);
            tracing::info!(reason = %reason, event.caller = caller, "ignored an event");
            return Ok(json!({ "ignored": reason }));
        }
    };
    match event {
        Event::PullRequest(event) => pull_request(clients, &event).await,
        Event::Comment(event) => comment(clients, &event).await,
        Event::RulesOverridden(event) => {
            tracing::warn!(
                pull_request.id = %event.pull_request,
                pull_request.repository = %event.repository,
                event.caller = event.by,
                "approval rules were overridden"
            );
            act(clients, on_rules_overridden(event), "").await
        }
        Event::BranchMoved(event) => moved::branch_moved(clients, &event).await,
        Event::RunDied(died) => run_died(clients, &died).await,
        Event::RunEnded(ended) => moved::run_ended(clients, &ended).await,
        Event::Sweep => sweep::sweep(clients).await,
    }
}

async fn pull_request(clients: &Clients, event: &PullRequestEvent) -> Result<Value, GateError> {
    let (live, ()) = tokio::join!(
        clients.host.pull_request(&event.pull_request),
        // While CodeCommit answers: what comes next is mostly a run.
        async { clients.executions.prepare() }
    );
    let live = live?;
    let known = match &live {
        Some(live) if needs_known_commits(event, live) => {
            clients.host.known_source_commits(&live.id).await?
        }
        _ => Vec::new(),
    };
    let tip = destination_tip(clients, live.as_ref()).await?;
    let claim = claim(clients, live.as_ref()).await?;
    let decision = on_pull_request(event, live.as_ref(), &known, tip.as_ref(), claim.as_ref());
    act(clients, decision, "").await
}

/// Whether a comment asks for anything is seen before the pull request is read: most do not.
async fn comment(clients: &Clients, event: &CommentPosted) -> Result<Value, GateError> {
    let reporter = &clients.deployment.reporter_arn;
    if event.by == *reporter {
        let decision = RouterDecision::Ignore("the comment is the gate's own".to_owned());
        return act(clients, decision, "").await;
    }
    let comment = clients.host.comment(&event.comment).await?;
    if let Err(reason) = is_asked(comment.as_ref(), reporter) {
        return act(clients, RouterDecision::Ignore(reason.to_owned()), "").await;
    }
    let live = clients.host.pull_request(&event.pull_request).await?;
    let tip = destination_tip(clients, live.as_ref()).await?;
    act(clients, on_comment(event, live.as_ref(), tip.as_ref()), "").await
}

async fn run_died(clients: &Clients, died: &RunDied) -> Result<Value, GateError> {
    let state: State =
        serde_json::from_str(&died.input).map_err(|error| GateError::InvalidInput {
            step: format!("run {}", died.run),
            message: format!("its input is not one of this gate: {error}"),
        })?;
    if matches!(state.request, Request::Overridden { .. }) {
        let known = clients.host.overrides(state.request.pull_request());
        if !did_override(&state.request, &known.await?) {
            let reason = format!("{} told of an override that there is not", died.run);
            return act(clients, RouterDecision::Ignore(reason), "").await;
        }
    }
    let live = clients
        .host
        .pull_request(state.request.pull_request())
        .await?;
    let tip = destination_tip(clients, live.as_ref()).await?;
    let claim = claim(clients, live.as_ref()).await?;
    let decision = on_run_died(
        died,
        &state.request,
        live.as_ref(),
        tip.as_ref(),
        claim.as_ref(),
    );
    act(clients, decision, &died.run.to_string()).await
}

/// The destination's tip, needed for open pull requests only.
async fn destination_tip(
    clients: &Clients,
    live: Option<&PullRequest>,
) -> Result<Option<CommitId>, GateError> {
    match live.filter(|live| live.is_open()) {
        Some(live) => {
            clients
                .host
                .branch_tip(&live.repository, &live.destination)
                .await
        }
        None => Ok(None),
    }
}

/// The latest run, needed for open pull requests only.
async fn claim(clients: &Clients, live: Option<&PullRequest>) -> Result<Option<Claim>, GateError> {
    match live.filter(|live| live.is_open()) {
        Some(live) => {
            clients
                .parameters
                .get(&clients.names().claim(&live.id))
                .await
        }
        None => Ok(None),
    }
}

/// Carries a decision out. `run` is the one that it is about, if any.
async fn act(clients: &Clients, decision: RouterDecision, run: &str) -> Result<Value, GateError> {
    match decision {
        RouterDecision::Start(request, wish) => {
            let limit = Limit::of(&request);
            start::start(clients, Wanted::new(request, wish, limit)).await
        }
        RouterDecision::Ignore(reason) => {
            tracing::info!(reason, "ignored an event");
            Ok(json!({ "ignored": reason }))
        }
        RouterDecision::ReadsBehind(message) => Err(GateError::ReadsBehind { message }),
        RouterDecision::GiveUp(message) => Err(GateError::GaveUp {
            run: run.to_owned(),
            message,
        }),
    }
}

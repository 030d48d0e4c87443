//! reporter: the only function that comments and approves. CodeCommit's "who" includes the function's name, and only the
//! author of a comment may edit it.

mod answer;
mod audit;
mod conclude;
mod defer;
mod evidence;
mod gave_up;
mod memory;
mod raw;
mod report;
mod voice;

use gate_aws::{Clients, run};
use gate_core::{
    comment::{self, Stage, View},
    error::GateError,
    findings::Earlier,
    host::{ApprovalState, CodeHost},
    id::{CommentId, PullRequestId, RevisionId},
    names,
    outcome::{self, Subject},
    protocol::{
        ApprovalRecord, Candidacy, Failure, Invocation, MAX_ATTEMPTS, Next, Request, ResultRecord,
        Standing, State, Step, did_override, shown,
    },
    verdict::VerdictKind,
};
use serde_json::Value;

/// Carries out one step of the state machine.
pub async fn handle(payload: Value, clients: &Clients) -> Result<Value, GateError> {
    let invocation = clients.seals.open(payload).await?;
    let execution = invocation.execution.clone();
    let state = match invocation.step {
        Step::Answer => Box::pin(answer::answer(clients, invocation)).await?,
        Step::Revoke => revoke(clients, invocation).await?,
        Step::Announce => announce(clients, invocation).await?,
        Step::Report => report::report(clients, invocation).await?,
        Step::Explain => explain(clients, invocation).await?,
        Step::Say => say(clients, invocation).await?,
        Step::Conclude => conclude::conclude(clients, invocation).await?,
        step => return Err(step.not_here("reporter")),
    };
    clients.seals.close(&execution, state).await
}

/// Takes back an earlier approval of this revision before anything is built again.
async fn revoke(clients: &Clients, invocation: Invocation) -> Result<State, GateError> {
    let candidacy = invocation.candidacy()?.clone();
    let Invocation {
        execution, state, ..
    } = invocation;
    let (standing, _) = run::standing(clients, &candidacy, &execution).await?;
    if standing != Standing::Current {
        return Ok(state.then(Next::End));
    }
    withdraw_approval(clients, &candidacy.pull_request, &candidacy.revision).await?;
    Ok(state.then(Next::Build))
}

/// Takes back the gate's approval of a revision, if there is one.
async fn withdraw_approval(
    clients: &Clients,
    pull_request: &PullRequestId,
    revision: &RevisionId,
) -> Result<(), GateError> {
    let recorded = voice::record(clients, pull_request)
        .await?
        .is_some_and(|record| {
            record.revision == *revision && record.approval == ApprovalRecord::Given
        });
    let approvers = clients.host.approvers(pull_request, revision).await?;
    if recorded || approvers.contains(&clients.deployment.reporter_arn) {
        let outcome = clients
            .host
            .set_approval(pull_request, revision, ApprovalState::Revoke)
            .await?;
        tracing::info!(pull_request.id = %pull_request, outcome = ?outcome, "took back the approval");
    }
    Ok(())
}

/// Says that builds run, with links. Where the rules want no comment for that, one that is there says so all the same: an old verdict
/// never stands beside running builds.
async fn announce(clients: &Clients, invocation: Invocation) -> Result<State, GateError> {
    let candidacy = invocation.candidacy()?.clone();
    let run_state = invocation.run()?.clone();
    let Invocation {
        execution, state, ..
    } = invocation;
    let (standing, live) = run::standing(clients, &candidacy, &execution).await?;
    let Some(live) = live.filter(|_| standing == Standing::Current) else {
        return Ok(state.then(Next::End));
    };
    voice::mark_superseded(clients, &candidacy, &execution).await?;
    let results = evidence::running(clients, &run_state).await?;
    let view = View {
        run: &execution.name,
        candidacy: &candidacy,
        title: &live.title,
        source: &live.source,
        destination: &live.destination,
        candidate: run_state.candidate.as_ref(),
        plan: Some(&run_state.plan),
        results: &results,
        earlier: Earlier::NotAsked,
        changed: None,
        report: None,
        exhausted: None,
        stage: Stage::Running {
            badge: run_state.badge.as_deref(),
        },
    };
    let comment = if run_state.plan.comment.announce {
        voice::speak(clients, &candidacy, &live, &view).await?
    } else {
        voice::speak_again(clients, &candidacy, &view).await?
    };
    let (run, revision) = (execution.name.clone(), candidacy.revision.clone());
    let record = ResultRecord::spoken(run, revision, comment);
    let record = voice::put_record(clients, &candidacy.pull_request, &execution, record).await?;
    let comment = record.comment.as_ref();
    voice::mark_overtaken(clients, &candidacy, &execution.name, comment).await?;
    let seconds = state.wait_seconds.unwrap_or(1);
    Ok(state.wait(seconds))
}

/// Says why the run failed. The state machine ends it as failed; the router starts the next attempt.
async fn explain(clients: &Clients, invocation: Invocation) -> Result<State, GateError> {
    let attempt = names::attempt(&invocation.execution.name).unwrap_or(1);
    let failure = invocation.state.failure.clone();
    let error = failure.as_ref().map_or_else(String::new, Failure::message);
    let candidacy = invocation.candidacy()?.clone();
    tracing::error!(pull_request.id = %candidacy.pull_request, run.name = %invocation.execution.name, error, "the run failed");
    // The run may have died before it claimed, or long after a newer one did: its failure never covers another's verdict.
    let (standing, _) = run::standing(clients, &candidacy, &invocation.execution).await?;
    if standing == Standing::Current {
        let earlier = voice::record(clients, &candidacy.pull_request).await?;
        let failed = Failed {
            error: &error,
            again: attempt < MAX_ATTEMPTS,
            // Whatever this run gave stays until the next attempt or the last word takes it back.
            approval: earlier
                .filter(|record| record.revision == candidacy.revision)
                .map_or(ApprovalRecord::NotGiven, |record| record.approval),
        };
        say_failure(clients, &invocation, &candidacy, failed).await?;
    }
    Ok(invocation.state)
}

async fn say(clients: &Clients, invocation: Invocation) -> Result<State, GateError> {
    invocation.named()?;
    match invocation.state.request.clone() {
        Request::Say {
            candidacy, comment, ..
        } => say_gave_up(clients, invocation, candidacy, comment).await,
        Request::Overridden {
            pull_request,
            revision,
            by,
            ..
        } => say_overridden(clients, invocation.state, (&pull_request, &revision, &by)).await,
        Request::Defer(candidacy) => defer::defer(clients, invocation, candidacy).await,
        Request::Gate(_) | Request::Command { .. } | Request::Close { .. } => {
            Err(invocation.step.not_here("reporter"))
        }
    }
}

/// What a sentence about this request is about.
pub(crate) fn subject<'a>(clients: &'a Clients, request: &'a Request) -> Subject<'a> {
    Subject {
        region: &clients.deployment.region,
        repository: request.repository(),
        pull_request: request.pull_request(),
    }
}

/// Says who overrode the approval rules, if the pull request's own events tell the same.
async fn say_overridden(
    clients: &Clients,
    mut state: State,
    (pull_request, revision, by): (&PullRequestId, &RevisionId, &str),
) -> Result<State, GateError> {
    let known = clients.host.overrides(pull_request).await?;
    if !did_override(&state.request, &known) {
        return Err(GateError::ReadsBehind {
            message: format!(
                "pull request {pull_request} is not shown with an override by {by} of its revision {revision} yet"
            ),
        });
    }
    let live = clients.host.pull_request(pull_request).await?;
    if let Some(live) = live {
        let parts = ["overridden", pull_request.as_str(), revision.as_str(), by];
        let token = names::hash(&parts, 64);
        voice::remark(clients, &live, &comment::overridden(by), &token).await?;
    }
    state.outcome = Some(outcome::of_override(subject(clients, &state.request), by));
    Ok(state.then(Next::End))
}

/// Says that the gate gave up on a revision, whose approval is taken back: only where no attempt is left indeed.
async fn say_gave_up(
    clients: &Clients,
    invocation: Invocation,
    candidacy: Candidacy,
    comment: Option<CommentId>,
) -> Result<State, GateError> {
    let live = clients.host.pull_request(&candidacy.pull_request).await?;
    let live = live.filter(|live| live.is_open() && live.revision == candidacy.revision);
    if let Some(live) = live {
        shown(&candidacy, &live, &invocation.execution.name)?;
        let error = gave_up::why(clients, &live, &candidacy, comment).await?;
        let Some(error) = error else {
            return Err(GateError::InvalidInput {
                step: format!("run {}", invocation.execution.name),
                message: "the gate has not given up".to_owned(),
            });
        };
        withdraw_approval(clients, &candidacy.pull_request, &candidacy.revision).await?;
        // Whoever starts the last word knows that runs died; why they did they said themselves, if they could.
        let explained = voice::record(clients, &candidacy.pull_request)
            .await?
            .filter(|record| record.revision == candidacy.revision)
            .and_then(|record| record.gate_failure);
        let failed = Failed {
            error: explained.as_deref().unwrap_or(&error),
            again: false,
            approval: ApprovalRecord::NotGiven,
        };
        say_failure(clients, &invocation, &candidacy, failed).await?;
    }
    Ok(invocation.state.then(Next::End))
}

/// A failure of the gate itself, for the comment and the record.
struct Failed<'a> {
    error: &'a str,
    again: bool,
    approval: ApprovalRecord,
}

async fn say_failure(
    clients: &Clients,
    invocation: &Invocation,
    candidacy: &Candidacy,
    failed: Failed<'_>,
) -> Result<(), GateError> {
    let Failed {
        error,
        again,
        approval,
    } = failed;
    let live = clients.host.pull_request(&candidacy.pull_request).await?;
    let Some(live) = live.filter(|live| live.is_open() && live.revision == candidacy.revision)
    else {
        return Ok(());
    };
    let run = invocation.state.run.as_ref();
    let view = View {
        run: &invocation.execution.name,
        candidacy,
        title: &live.title,
        source: &live.source,
        destination: &live.destination,
        candidate: run.and_then(|run| run.candidate.as_ref()),
        plan: run.map(|run| &run.plan),
        results: &[],
        earlier: Earlier::NotAsked,
        changed: None,
        report: None,
        exhausted: None,
        stage: Stage::Failed { error, again },
    };
    voice::mark_superseded(clients, candidacy, &invocation.execution).await?;
    let comment = voice::speak(clients, candidacy, &live, &view).await?;
    let (run, revision) = (
        invocation.execution.name.clone(),
        candidacy.revision.clone(),
    );
    let record = ResultRecord {
        // A comment that promises a further attempt is marked when a push or a close comes before it; the last word stays.
        verdict: (!again).then_some(VerdictKind::Hold),
        approval,
        gate_failure: Some(error.to_owned()),
        headline: Some(comment::headline(&view)),
        ..ResultRecord::spoken(run, revision, comment)
    };
    let execution = &invocation.execution;
    let record = voice::put_record(clients, &candidacy.pull_request, execution, record).await?;
    if again {
        let comment = record.comment.as_ref();
        voice::mark_overtaken(clients, candidacy, &record.run, comment).await?;
    }
    Ok(())
}

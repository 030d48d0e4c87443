//! Defer: the destination moved under a pull request that was tested. Its approval is taken back, and its comment says that it
//! waits for its turn to be tested again.

use gate_aws::{Clients, run};
use gate_core::{
    comment::{self, Stage, View},
    error::GateError,
    findings::Earlier,
    host::{CodeHost, Edited},
    id::{BranchName, CommentId, RunName},
    protocol::{Candidacy, Invocation, Next, ResultRecord, Standing, State},
    pull_request::PullRequest,
    verdict::VerdictKind,
};

use crate::{voice, withdraw_approval};

pub(crate) async fn defer(
    clients: &Clients,
    invocation: Invocation,
    candidacy: Candidacy,
) -> Result<State, GateError> {
    let Invocation {
        execution, state, ..
    } = invocation;
    let state = state.then(Next::End);
    if !waits(clients, &candidacy).await? {
        tracing::info!(pull_request.id = %candidacy.pull_request, "nothing is to be deferred");
        return Ok(state);
    }
    let (standing, live) = run::standing(clients, &candidacy, &execution).await?;
    let Some(live) = live.filter(|_| standing == Standing::Current) else {
        return Ok(state);
    };
    withdraw_approval(clients, &candidacy.pull_request, &candidacy.revision).await?;
    let earlier = voice::record(clients, &candidacy.pull_request).await?;
    let earlier = earlier.filter(|record| record.revision == candidacy.revision);
    let comment = earlier.as_ref().and_then(|record| record.comment.clone());
    let was = earlier
        .and_then(|record| record.verdict.or(record.deferred))
        .unwrap_or(VerdictKind::Hold);
    let comment = match comment {
        Some(comment) if say_so(clients, &candidacy, &comment, was, &live.destination).await? => {
            Some(comment)
        }
        // Somebody deleted it. Other words than that it is not approved any more are not missed.
        Some(_) if was == VerdictKind::Approve => {
            say_anew(clients, &candidacy, &live, &execution.name).await?
        }
        comment => comment,
    };
    let record = ResultRecord {
        deferred: Some(was),
        ..ResultRecord::spoken(execution.name.clone(), candidacy.revision, comment)
    };
    voice::put_record(clients, &candidacy.pull_request, &execution, record).await?;
    tracing::info!(pull_request.id = %candidacy.pull_request, verdict = ?was, "deferred a further test");
    Ok(state)
}

/// Says it in a comment of its own.
async fn say_anew(
    clients: &Clients,
    candidacy: &Candidacy,
    live: &PullRequest,
    run: &RunName,
) -> Result<Option<CommentId>, GateError> {
    let view = View {
        run,
        candidacy,
        title: &live.title,
        source: &live.source,
        destination: &live.destination,
        candidate: None,
        plan: None,
        results: &[],
        earlier: Earlier::NotAsked,
        changed: None,
        report: None,
        exhausted: None,
        stage: Stage::Deferred,
    };
    voice::speak(clients, candidacy, live, &view).await
}

/// Whether a further test is to come: nothing says so of what was tested with the tip. Looked at before the claim, which a
/// verdict's run would lose.
async fn waits(clients: &Clients, candidacy: &Candidacy) -> Result<bool, GateError> {
    let Some(live) = clients.host.pull_request(&candidacy.pull_request).await? else {
        return Ok(false);
    };
    let tip = clients
        .host
        .branch_tip(&live.repository, &live.destination)
        .await?;
    let record = voice::record(clients, &candidacy.pull_request).await?;
    let is_up_to_date = record.is_some_and(|record| {
        record.revision == live.revision
            && record.verdict.is_some()
            && tip.is_some()
            && record.destination_commit == tip
    });
    Ok(!is_up_to_date)
}

/// Adds to the comment that its verdict is not the last word; false if it is gone.
async fn say_so(
    clients: &Clients,
    candidacy: &Candidacy,
    comment: &CommentId,
    was: VerdictKind,
    destination: &BranchName,
) -> Result<bool, GateError> {
    let comments = clients.host.comments(&candidacy.pull_request).await?;
    let said = comments.iter().find(|said| said.id == *comment);
    let Some(said) = said.filter(|said| !said.deleted) else {
        return Ok(false);
    };
    let words = comment::deferred(&said.content, was, destination);
    Ok(clients.host.edit_comment(comment, &words).await? == Edited::Done)
}

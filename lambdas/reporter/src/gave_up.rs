//! Whether the gate has given up on a revision. A run that says so may be started by anybody: what it says is looked up.

use gate_aws::{Clients, DescribedExecution, conversation};
use gate_core::{
    error::GateError,
    host::CodeHost,
    id::{CommentId, RunName},
    protocol::{
        Candidacy, Claim, ExecutionStatus, Limit, OpenPullRequest, Request, State, Taken, Wanted,
        Wish, Words, sweep_open,
    },
    pull_request::PullRequest,
};

use crate::voice;

/// Why it has, in words; `None` if all is well with the revision, or an attempt is left.
pub(crate) async fn why(
    clients: &Clients,
    live: &PullRequest,
    candidacy: &Candidacy,
    comment: Option<CommentId>,
) -> Result<Option<String>, GateError> {
    let wanted = match comment {
        Some(comment) => Request::Command {
            candidacy: candidacy.clone(),
            comment,
        },
        None => Request::Gate(candidacy.clone()),
    };
    let Some((run, last)) = last_attempt(clients, wanted).await? else {
        return Ok(None);
    };
    if !lacks_a_verdict(clients, live).await? {
        return Ok(None);
    }
    Ok(Some(match last.status {
        ExecutionStatus::Died => format!("run {run} ended as {}", last.word),
        ExecutionStatus::Running | ExecutionStatus::Succeeded => {
            format!("run {run} ended without a verdict")
        }
    }))
}

/// Whether the sweep would have the revision tested again.
async fn lacks_a_verdict(clients: &Clients, live: &PullRequest) -> Result<bool, GateError> {
    let tip = clients
        .host
        .branch_tip(&live.repository, &live.destination)
        .await?;
    let claim: Option<Claim> = clients
        .parameters
        .get(&clients.names().claim(&live.id))
        .await?;
    let latest = match &claim {
        Some(claim) => clients.executions.describe(&claim.run).await?,
        None => None,
    };
    let latest = latest.and_then(|run| {
        let state: State = serde_json::from_str(&run.input).ok()?;
        Some((run.status, state.request))
    });
    let result = voice::record(clients, &live.id).await?;
    let conversation = conversation::of(clients, &live.id, &live.revision).await?;
    let approvers = clients.host.approvers(&live.id, &live.revision).await?;
    let comment = result.as_ref().and_then(|result| result.comment.as_ref());
    let comments = match comment {
        Some(_) => clients.host.comments(&live.id).await?,
        None => Vec::new(),
    };
    let said = comments
        .iter()
        .find(|said| Some(&said.id) == comment && !said.deleted);
    let found = OpenPullRequest {
        live,
        destination_tip: tip.as_ref().unwrap_or(&live.destination_commit),
        claim: claim.as_ref(),
        latest: latest.as_ref().map(|(status, request)| (*status, request)),
        result: result.as_ref(),
        conversation: &conversation,
        approved: approvers.contains(&clients.deployment.reporter_arn),
        said: match comment {
            Some(_) => Words::of(said.map(|said| said.content.as_str())),
            None => Words::NotRead,
        },
    };
    Ok(sweep_open(&found).is_some())
}

/// The last of the attempts at a request; `None` if one is left.
async fn last_attempt(
    clients: &Clients,
    request: Request,
) -> Result<Option<(RunName, DescribedExecution)>, GateError> {
    let mut wanted = Wanted::new(request, Wish::Again, Limit::ThenSay);
    loop {
        let name = wanted.name();
        let Some(there) = clients.executions.describe(&name).await? else {
            // Free, or taken by a run that nobody can see: then others follow.
            wanted = match wanted.taken_unseen() {
                Taken::Try(next) => next,
                Taken::AlreadyThere | Taken::GiveUp { .. } => return Ok(None),
            };
            continue;
        };
        wanted = match wanted.taken(&there.input, there.status) {
            Taken::Try(next) if matches!(next.request(), Request::Say { .. }) => {
                return Ok(Some((name, there)));
            }
            Taken::Try(next) => next,
            // DescribeExecution may be behind the event of a run's end.
            Taken::AlreadyThere => {
                return Err(GateError::ReadsBehind {
                    message: format!("run {name} is still shown as running"),
                });
            }
            Taken::GiveUp { .. } => return Ok(None),
        };
    }
}

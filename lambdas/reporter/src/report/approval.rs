//! Gives or takes back the approval that a verdict asks for, and looks again whether it may stand.

use gate_aws::{Clients, run};
use gate_core::{
    comment::ApprovalRefused,
    conversation::Conversation,
    error::GateError,
    host::{ApprovalOutcome, ApprovalState, CodeHost},
    protocol::{Candidacy, Execution, Run, Standing, after_approval, look_again, tip_has_moved},
    verdict::{Approval, Verdict},
};

use super::heard as heard_now;
use crate::withdraw_approval;

/// What became of the approval.
pub(super) enum Settled {
    /// It is as the verdict says, but for what CodeCommit refused.
    Stands(Option<ApprovalRefused>),
    /// It was deserved and is not given: the destination has moved.
    Moved,
    /// The run lost its say meanwhile.
    Lost,
    /// Somebody held the pull request meanwhile: the approval is taken back and the verdict another.
    Held,
}

/// Gives or takes back the approval.
pub(super) async fn settle(
    clients: &Clients,
    candidacy: &Candidacy,
    execution: &Execution,
    run_state: &Run,
    verdict: &Verdict,
    heard: &Conversation,
) -> Result<Settled, GateError> {
    let Candidacy {
        pull_request,
        revision,
        ..
    } = candidacy;
    let Verdict::Approve(approval) = verdict else {
        withdraw_approval(clients, pull_request, revision).await?;
        return Ok(Settled::Stands(None));
    };
    if has_moved(clients, candidacy, run_state).await? {
        withdraw_approval(clients, pull_request, revision).await?;
        return Ok(Settled::Moved);
    }
    let refused = match approve(clients, approval).await? {
        ApprovalOutcome::Done => None,
        ApprovalOutcome::NoPullRequest => return Ok(Settled::Lost),
        ApprovalOutcome::RevisionNotCurrent => Some(ApprovalRefused::RevisionNotCurrent),
        ApprovalOutcome::Closed => Some(ApprovalRefused::Closed),
        ApprovalOutcome::OwnPullRequest => Some(ApprovalRefused::OwnPullRequest),
        ApprovalOutcome::TooMany => Some(ApprovalRefused::TooMany),
    };
    if refused.is_some() {
        return Ok(Settled::Stands(refused));
    }
    let (standing, _) = run::standing(clients, candidacy, execution).await?;
    if after_approval(standing) {
        take_back(clients, candidacy, &format!("{standing:?}")).await?;
        return Ok(Settled::Lost);
    }
    if standing == Standing::Current && has_moved(clients, candidacy, run_state).await? {
        take_back(clients, candidacy, "the destination moved").await?;
        return Ok(Settled::Moved);
    }
    if look_again(heard, &heard_now(clients, candidacy).await?) {
        take_back(clients, candidacy, "somebody held it").await?;
        return Ok(Settled::Held);
    }
    Ok(Settled::Stands(None))
}

/// Takes back an approval that came too late.
async fn take_back(clients: &Clients, candidacy: &Candidacy, why: &str) -> Result<(), GateError> {
    let Candidacy {
        pull_request,
        revision,
        ..
    } = candidacy;
    tracing::info!(pull_request.id = %pull_request, why, "the approval came too late and is taken back");
    let revoke = ApprovalState::Revoke;
    clients
        .host
        .set_approval(pull_request, revision, revoke)
        .await?;
    Ok(())
}

/// Whether by the rules the run must not approve, because its destination is not what it tested with.
async fn has_moved(
    clients: &Clients,
    candidacy: &Candidacy,
    run_state: &Run,
) -> Result<bool, GateError> {
    let Some(candidate) = run_state
        .candidate
        .as_ref()
        .filter(|_| run_state.plan.retest)
    else {
        return Ok(false);
    };
    let tip = clients
        .host
        .branch_tip(&candidacy.repository, &candidate.destination)
        .await?;
    Ok(tip_has_moved(
        &run_state.plan,
        &candidacy.destination_commit,
        tip.as_ref(),
    ))
}

async fn approve(clients: &Clients, approval: &Approval) -> Result<ApprovalOutcome, GateError> {
    clients
        .host
        .set_approval(
            approval.pull_request(),
            approval.revision(),
            ApprovalState::Approve,
        )
        .await
}

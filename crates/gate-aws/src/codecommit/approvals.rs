//! Approvals of a revision. That one cannot be given is an outcome.

use aws_sdk_codecommit::{
    Client,
    operation::{
        get_pull_request_approval_states::GetPullRequestApprovalStatesError,
        update_pull_request_approval_state::UpdatePullRequestApprovalStateError,
    },
    types,
};
use gate_core::{
    host::{ApprovalOutcome, ApprovalState, HostResult},
    id::{PullRequestId, RevisionId},
};

use super::failed;

pub(super) async fn approvers(
    client: &Client,
    id: &PullRequestId,
    revision: &RevisionId,
) -> HostResult<Vec<String>> {
    let answer = client
        .get_pull_request_approval_states()
        .pull_request_id(id.as_str())
        .revision_id(revision.as_str())
        .send()
        .await;
    let approvals = match answer {
        Ok(output) => output.approvals.unwrap_or_default(),
        Err(error) => {
            return match error.as_service_error() {
                Some(GetPullRequestApprovalStatesError::PullRequestDoesNotExistException(_)) => {
                    Ok(Vec::new())
                }
                _ => Err(failed("GetPullRequestApprovalStates", &error)),
            };
        }
    };
    Ok(approvals
        .into_iter()
        .filter(|approval| approval.approval_state == Some(types::ApprovalState::Approve))
        .filter_map(|approval| approval.user_arn)
        .collect())
}

pub(super) async fn set(
    client: &Client,
    id: &PullRequestId,
    revision: &RevisionId,
    state: ApprovalState,
) -> HostResult<ApprovalOutcome> {
    use UpdatePullRequestApprovalStateError as Refusal;
    let state = match state {
        ApprovalState::Approve => types::ApprovalState::Approve,
        ApprovalState::Revoke => types::ApprovalState::Revoke,
    };
    let answer = client
        .update_pull_request_approval_state()
        .pull_request_id(id.as_str())
        .revision_id(revision.as_str())
        .approval_state(state)
        .send()
        .await;
    let Err(error) = answer else {
        return Ok(ApprovalOutcome::Done);
    };
    Ok(match error.as_service_error() {
        Some(Refusal::RevisionNotCurrentException(_)) => ApprovalOutcome::RevisionNotCurrent,
        Some(Refusal::PullRequestAlreadyClosedException(_)) => ApprovalOutcome::Closed,
        Some(Refusal::PullRequestDoesNotExistException(_)) => ApprovalOutcome::NoPullRequest,
        Some(Refusal::PullRequestCannotBeApprovedByAuthorException(_)) => {
            ApprovalOutcome::OwnPullRequest
        }
        Some(Refusal::MaximumNumberOfApprovalsExceededException(_)) => ApprovalOutcome::TooMany,
        _ => return Err(failed("UpdatePullRequestApprovalState", &error)),
    })
}

use aws_sdk_codecommit::types;
use gate_core::{
    error::GateError,
    host::{ApprovalOutcome, ApprovalState},
};
use serde_json::json;

use super::*;

async fn approve_is_answered(
    status: u16,
    code: &'static str,
) -> Result<ApprovalOutcome, GateError> {
    let rule = mock!(Client::update_pull_request_approval_state)
        .then_http_response(move || refusal(status, code, "no"));
    codecommit(&[&rule])
        .set_approval(&id(), &RevisionId::new("r1"), ApprovalState::Approve)
        .await
}

#[tokio::test]
async fn an_approval_that_cannot_be_given_is_an_outcome() {
    let table = [
        (
            "RevisionNotCurrentException",
            ApprovalOutcome::RevisionNotCurrent,
        ),
        ("PullRequestAlreadyClosedException", ApprovalOutcome::Closed),
        (
            "PullRequestDoesNotExistException",
            ApprovalOutcome::NoPullRequest,
        ),
        (
            "PullRequestCannotBeApprovedByAuthorException",
            ApprovalOutcome::OwnPullRequest,
        ),
        (
            "MaximumNumberOfApprovalsExceededException",
            ApprovalOutcome::TooMany,
        ),
    ];
    for (code, outcome) in table {
        assert_eq!(approve_is_answered(400, code).await, Ok(outcome), "{code}");
    }
}

#[tokio::test]
async fn fails_with_the_word_for_what_went_wrong() {
    let table = [
        (400, "ThrottlingException", "Throttled"),
        (429, "SomethingElse", "Throttled"),
        (500, "InternalFailure", "ServiceUnavailable"),
        (503, "SomethingElse", "ServiceUnavailable"),
        (400, "AccessDeniedException", "NotPermitted"),
        (400, "EncryptionKeyAccessDeniedException", "NotPermitted"),
        (400, "InvalidRevisionIdException", "Refused"),
    ];
    for (status, code, word) in table {
        let error = approve_is_answered(status, code).await.unwrap_err();
        assert_eq!(error.word(), word, "{status} {code}");
    }
}

#[tokio::test]
async fn refuses_with_the_services_own_words() {
    let error = approve_is_answered(400, "InvalidRevisionIdException").await;
    assert_eq!(
        error.unwrap_err().to_string(),
        "CodeCommit refused UpdatePullRequestApprovalState: InvalidRevisionIdException: no"
    );
}

#[tokio::test]
async fn the_revision_that_was_built_is_approved_not_the_live_one() {
    let rule = mock!(Client::update_pull_request_approval_state)
        .match_requests(|request| {
            request.revision_id() == Some("r1")
                && request.pull_request_id() == Some("7")
                && request.approval_state().map(types::ApprovalState::as_str) == Some("APPROVE")
        })
        .then_http_response(|| answer(&json!({})));
    let outcome = codecommit(&[&rule])
        .set_approval(&id(), &RevisionId::new("r1"), ApprovalState::Approve)
        .await;
    assert_eq!(outcome, Ok(ApprovalOutcome::Done));
}

#[tokio::test]
async fn only_who_approves_now_is_an_approver() {
    let rule = mock!(Client::get_pull_request_approval_states).then_http_response(|| {
        answer(&json!({ "approvals": [
            { "userArn": "arn:ann", "approvalState": "APPROVE" },
            { "userArn": "arn:bob", "approvalState": "REVOKE" },
        ]}))
    });
    let revision = RevisionId::new("r1");
    let approvers = codecommit(&[&rule]).approvers(&id(), &revision).await;
    assert_eq!(approvers, Ok(vec!["arn:ann".to_owned()]));
}

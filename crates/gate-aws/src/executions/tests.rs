use aws_sdk_sfn::Client;
use aws_smithy_mocks::mock;
use serde_json::json;

use super::*;
use crate::testing::{STATE_MACHINE, answer, executions, refusal};

fn name() -> RunName {
    RunName::new("pr-7-3f2a91c0d1e2-81c0d2e4-1")
}

#[tokio::test]
async fn a_run_is_started_by_name_and_a_taken_name_is_an_outcome() {
    let started = mock!(Client::start_execution)
        .match_requests(|request| {
            request.state_machine_arn() == Some(STATE_MACHINE)
                && request.name() == Some("pr-7-3f2a91c0d1e2-81c0d2e4-1")
                && request.input() == Some("{}")
        })
        .then_http_response(|| answer(&json!({ "executionArn": "arn:run", "startDate": 100.0 })));
    let outcome = executions(&[&started]).start(&name(), "{}").await;
    assert_eq!(outcome, Ok(StartedExecution::Started));

    let taken = mock!(Client::start_execution)
        .then_http_response(|| refusal(400, "ExecutionAlreadyExists", "taken"));
    let outcome = executions(&[&taken]).start(&name(), "{}").await;
    assert_eq!(outcome, Ok(StartedExecution::AlreadyExists));
}

#[tokio::test]
async fn a_run_is_found_by_its_name_with_what_it_was_asked() {
    let table = [
        ("RUNNING", ExecutionStatus::Running),
        ("PENDING_REDRIVE", ExecutionStatus::Running),
        ("SUCCEEDED", ExecutionStatus::Succeeded),
        ("FAILED", ExecutionStatus::Died),
        ("TIMED_OUT", ExecutionStatus::Died),
        ("ABORTED", ExecutionStatus::Died),
    ];
    for (word, status) in table {
        let rule = mock!(Client::describe_execution)
            .match_requests(|request| {
                request.execution_arn()
                    == Some("arn:aws:states:eu-central-1:123456789012:execution:gate-runs:pr-7-3f2a91c0d1e2-81c0d2e4-1")
            })
            .then_http_response(move || {
                answer(&json!({
                    "executionArn": "arn:run", "stateMachineArn": STATE_MACHINE,
                    "startDate": 100.0, "status": word, "input": "{\"version\":1}",
                }))
            });
        let described = executions(&[&rule]).describe(&name()).await;
        let input = "{\"version\":1}".to_owned();
        assert_eq!(
            described,
            Ok(Some(DescribedExecution {
                status,
                word: word.to_owned(),
                input
            })),
            "{word}"
        );
    }
}

#[tokio::test]
async fn a_run_that_never_was_is_none() {
    let rule = mock!(Client::describe_execution)
        .then_http_response(|| refusal(400, "ExecutionDoesNotExist", "no"));
    assert_eq!(executions(&[&rule]).describe(&name()).await, Ok(None));
}

#[tokio::test]
async fn refuses_a_status_it_does_not_know() {
    let rule = mock!(Client::describe_execution).then_http_response(|| {
        answer(&json!({
            "executionArn": "arn:run", "stateMachineArn": STATE_MACHINE,
            "startDate": 100.0, "status": "PAUSED",
        }))
    });
    let error = executions(&[&rule]).describe(&name()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "Step Functions refused DescribeExecution: UnreadableAnswer: the status `PAUSED` is not known"
    );
}

#[tokio::test]
async fn fails_for_a_while_when_too_many_runs_are_open() {
    let rule = mock!(Client::start_execution)
        .then_http_response(|| refusal(400, "ExecutionLimitExceeded", "1,000,000"));
    let error = executions(&[&rule]).start(&name(), "{}").await;
    assert_eq!(error.unwrap_err().word(), "Throttled");
}

#[tokio::test]
async fn refuses_to_start_a_run_without_a_state_machine() {
    let unset = Executions {
        state_machine_arn: String::new(),
        ..executions(&[])
    };
    let error = unset.start(&name(), "{}").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the parameter `MERGEGATE_STATE_MACHINE_ARN` is not usable: the environment variable is not set; redeploy the gate"
    );
}

//! What reaches the router without being of use to it.

use mergegate_tests::{Stage, green_files, pull_request_event};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn foreign_and_malformed_events_are_ignored_with_a_reason() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("change", "main", &[("value", "5\n")]);
    let id = stage.open("change", "Change").await;
    stage.verdict(&id).await;
    stage.quiet().await;
    let good = pull_request_event("pullRequestCreated", &stage.pull_request(&id).await);
    let with = |member: &str, value: Value| {
        let mut event = good.clone();
        event["detail"][member] = value;
        event
    };
    let table = [
        (
            json!(null),
            "the event `(no envelope)` has not the expected form: ",
        ),
        (
            json!("text"),
            "the event `(no envelope)` has not the expected form: ",
        ),
        (json!({}), "the event `` of `` is none the gate acts on"),
        (
            json!({ "source": "aws.s3", "detail-type": "Object Created", "detail": {} }),
            "the event `Object Created` of `aws.s3` is none the gate acts on",
        ),
        (
            json!({ "source": "aws.codecommit", "detail-type": "CodeCommit Pull Request State Change" }),
            "the event `CodeCommit Pull Request State Change` has not the expected form: ",
        ),
        (
            with("event", json!("pullRequestApprovalStateChanged")),
            "`pullRequestApprovalStateChanged` needs no run",
        ),
        (
            with("event", json!("pullRequestEnchanted")),
            "`pullRequestEnchanted` needs no run",
        ),
        (
            with("pullRequestId", json!(7)),
            "the event `CodeCommit Pull Request State Change` has not the expected form: invalid type: integer `7`",
        ),
        (
            with("pullRequestId", json!("../../etc/passwd")),
            "the event `CodeCommit Pull Request State Change` has not the expected form: `pullRequestId` is no number: `../../etc/passwd`",
        ),
        (
            with("pullRequestId", json!("")),
            "the event `CodeCommit Pull Request State Change` has not the expected form: `pullRequestId` is no number: ``",
        ),
        (
            with("repositoryNames", json!([])),
            "the event `CodeCommit Pull Request State Change` has not the expected form: `repositoryNames` is empty",
        ),
        (
            with("pullRequestId", json!("999")),
            "pull request 999 does not exist any more",
        ),
    ];
    for (event, reason) in table {
        let answer = stage.tell_router(&event).await;
        let answer = answer.unwrap_or_else(|error| panic!("{event} is an error: {error}"));
        let ignored = answer["ignored"].as_str().unwrap_or_default();
        assert!(
            ignored.starts_with(reason),
            "{event} is answered by {answer}"
        );
    }
    stage.quiet().await;
    assert_eq!(stage.executions(None).await.len(), 1);
    stage.assert_right(&id).await;
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_somebody_started_with_an_input_of_their_own_harms_nobody() {
    let stage = Stage::set(&green_files()).await;
    let client = stage.step_functions();
    let machine = &stage.system.deployment().state_machine_arn;
    let start = client
        .start_execution()
        .state_machine_arn(machine)
        .name("mine")
        .input(r#"{"request":{"action":"dance"}}"#);
    start.send().await.unwrap();
    stage.quiet().await;
    assert_eq!(stage.executions(Some("FAILED")).await, ["mine"]);
    let letters = stage.system.account().dead_letters();
    assert_eq!(
        letters.len(),
        1,
        "whoever looks after the gate is told: {letters:#?}"
    );
    assert!(
        letters[0].error.starts_with("InvalidInput: the input of `run mine` is not usable: its input is not one of this gate: "),
        "{letters:#?}"
    );
    stage.strike().await;
}

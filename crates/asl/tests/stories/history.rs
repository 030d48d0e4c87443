//! The history, as GetExecutionHistory gives it.

use asl::HistoryEvent;
use serde_json::{Value, json};

use crate::driver::{Answer, Run, run, single, task};

fn written(run: &Run) -> Vec<Value> {
    run.events
        .iter()
        .map(|event| serde_json::to_value(event).unwrap())
        .collect()
}

fn kinds(run: &Run) -> Vec<String> {
    written(run)
        .iter()
        .map(|event| event["type"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_task_is_told_member_for_member() {
    let definition = single(task(
        "builder",
        json!({"TimeoutSeconds": 60, "ResultPath": null}),
    ));
    let run = run(&definition, json!({"id": 7}), |_, _| {
        Answer::Payload(json!(true))
    });
    let at = 1_795_176_000.123;
    let shown = json!({"truncated": false});
    assert_eq!(
        written(&run),
        [
            json!({"id": 1, "previousEventId": 0, "timestamp": at, "type": "ExecutionStarted", "executionStartedEventDetails":
            {"input": "{\"id\":7}", "inputDetails": shown, "roleArn": "arn:aws:iam::000000000000:role/gate"}}),
            json!({"id": 2, "previousEventId": 0, "timestamp": at, "type": "TaskStateEntered", "stateEnteredEventDetails":
            {"name": "Only", "input": "{\"id\":7}", "inputDetails": shown}}),
            json!({"id": 3, "previousEventId": 2, "timestamp": at, "type": "TaskScheduled", "taskScheduledEventDetails":
            {"resourceType": "lambda", "resource": "invoke", "region": "eu-central-1", "timeoutInSeconds": 60,
             "parameters": "{\"FunctionName\":\"builder\",\"Payload\":{\"id\":7}}"}}),
            json!({"id": 4, "previousEventId": 3, "timestamp": at, "type": "TaskStarted", "taskStartedEventDetails":
            {"resourceType": "lambda", "resource": "invoke"}}),
            json!({"id": 5, "previousEventId": 4, "timestamp": at, "type": "TaskSucceeded", "taskSucceededEventDetails":
            {"resourceType": "lambda", "resource": "invoke", "outputDetails": shown,
             "output": "{\"ExecutedVersion\":\"$LATEST\",\"Payload\":true,\"StatusCode\":200}"}}),
            json!({"id": 6, "previousEventId": 5, "timestamp": at, "type": "TaskStateExited", "stateExitedEventDetails":
            {"name": "Only", "output": "{\"id\":7}", "outputDetails": shown}}),
            json!({"id": 7, "previousEventId": 6, "timestamp": at, "type": "ExecutionSucceeded", "executionSucceededEventDetails":
            {"output": "{\"id\":7}", "outputDetails": shown}}),
        ]
    );
}

#[test]
fn every_kind_of_state_is_entered_and_left_in_aws_order() {
    let definition = json!({"StartAt": "Pass", "States": {
        "Pass": {"Type": "Pass", "Next": "Wait"},
        "Wait": {"Type": "Wait", "Seconds": 1, "Next": "Choose"},
        "Choose": {"Type": "Choice", "Choices": [{"Variable": "$.fail", "BooleanEquals": true, "Next": "Fail"}], "Default": "Good"},
        "Good": {"Type": "Succeed"},
        "Fail": {"Type": "Fail", "Error": "Word"},
    }});
    let nobody = |_: &asl::Invocation, _| Answer::Silence;
    let shared = [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "WaitStateEntered",
        "WaitStateExited",
        "ChoiceStateEntered",
        "ChoiceStateExited",
    ];
    let good = run(&definition, json!({"fail": false}), nobody);
    let ending = [
        "SucceedStateEntered",
        "SucceedStateExited",
        "ExecutionSucceeded",
    ];
    assert_eq!(kinds(&good), [shared.as_slice(), &ending].concat());
    let bad = run(&definition, json!({"fail": true}), nobody);
    assert_eq!(
        kinds(&bad),
        [shared.as_slice(), &["FailStateEntered", "ExecutionFailed"]].concat()
    );
    assert_eq!(
        written(&bad)[8]["executionFailedEventDetails"],
        json!({"error": "Word"})
    );
}

#[test]
fn a_retried_and_then_caught_task_is_scheduled_twice_and_left_once() {
    let definition = json!({"StartAt": "Try", "States": {
        "Try": task("f", json!({
            "Retry": [{"ErrorEquals": ["Flaky"], "MaxAttempts": 1}],
            "Catch": [{"ErrorEquals": ["Flaky"], "Next": "Explain"}],
        })),
        "Explain": {"Type": "Succeed"},
    }});
    let run = run(&definition, json!({}), |_, _| Answer::Error("Flaky"));
    assert_eq!(
        kinds(&run),
        [
            "ExecutionStarted",
            "TaskStateEntered",
            "TaskScheduled",
            "TaskStarted",
            "TaskFailed",
            "TaskScheduled",
            "TaskStarted",
            "TaskFailed",
            "TaskStateExited",
            "SucceedStateEntered",
            "SucceedStateExited",
            "ExecutionSucceeded",
        ]
    );
    let events = written(&run);
    assert_eq!(
        events[4]["taskFailedEventDetails"],
        json!({
            "resourceType": "lambda", "resource": "invoke", "error": "Flaky", "cause": "Flaky happened",
        })
    );
    let backed_off =
        events[5]["timestamp"].as_f64().unwrap() - events[4]["timestamp"].as_f64().unwrap();
    assert!((backed_off - 1.0).abs() < 0.001);
}

#[test]
fn what_was_written_can_be_read_again() {
    let run = run(
        &single(task("f", json!({"TimeoutSeconds": 1}))),
        json!({}),
        |_, _| Answer::Silence,
    );
    assert_eq!(kinds(&run)[4..], ["TaskTimedOut", "ExecutionFailed"]);
    for event in &run.events {
        let text = serde_json::to_string(event).unwrap();
        assert_eq!(
            &serde_json::from_str::<HistoryEvent>(&text).unwrap(),
            event,
            "{text}"
        );
    }
}

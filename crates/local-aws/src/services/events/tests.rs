use std::sync::Arc;

use serde_json::{Value, json};

use super::{Emitted, call, emit};
use crate::{
    Account, Caller, ServiceError,
    services::{
        lambda::testing::{Seen, eventually, failure, live},
        states,
    },
    store::StoreError,
};

const FUNCTION: &str = "arn:aws:lambda:us-east-1:000000000000:function:router";

fn ask(account: &Arc<Account>, operation: &str, input: Value) -> Result<Value, ServiceError> {
    let caller = Caller::from_access_key("ann", "000000000000", &account.settings.callers);
    call(account, &caller, operation, input)
}

fn told(account: &Arc<Account>, operation: &str, input: Value) -> Value {
    ask(account, operation, input).unwrap()
}

fn refusal(account: &Arc<Account>, operation: &str, input: Value) -> String {
    ask(account, operation, input).unwrap_err().to_string()
}

/// A rule on pull request events whose target is the function `router`.
fn route_pull_requests(account: &Arc<Account>, target: &Value) {
    let pattern =
        json!({ "source": ["aws.codecommit"], "detail": { "event": ["pullRequestCreated"] } });
    told(
        account,
        "PutRule",
        json!({ "Name": "pull-requests", "EventPattern": pattern.to_string() }),
    );
    let mut target = target.clone();
    target["Id"] = json!("router");
    told(
        account,
        "PutTargets",
        json!({ "Rule": "pull-requests", "Targets": [target] }),
    );
}

fn pull_request(account: &Arc<Account>, event: &str) {
    let emitted = Emitted {
        source: "aws.codecommit",
        detail_type: "CodeCommit Pull Request State Change",
        resources: vec!["arn:aws:codecommit:us-east-1:000000000000:demo".to_owned()],
        detail: json!({ "event": event, "pullRequestId": "7" }),
    };
    account
        .store
        .write(|transaction| emit(account, transaction, emitted))
        .unwrap_or_else(|error: StoreError| panic!("{error}"));
    account.events_bell.notify_one();
}

/// Everything sent so far has arrived once this is true.
async fn quiet() {
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
}

#[test]
fn an_event_invokes_the_function_of_a_matching_rule_once() {
    let directory = tempfile::tempdir().unwrap();
    live(directory.path(), 1.0, async |account| {
        let seen = Seen::default();
        account.register_function("router", seen.function(|payload, _| Ok(payload)));
        route_pull_requests(&account, &json!({ "Arn": FUNCTION }));
        account.start();
        pull_request(&account, "pullRequestStatusChanged");
        pull_request(&account, "pullRequestCreated");
        let mut event = seen.at_least(1).await.remove(0);
        quiet().await;
        assert_eq!(seen.payloads().len(), 1);
        let id = event["id"].take();
        assert_eq!(id.as_str().unwrap().len(), 36);
        let time = event["time"].take();
        assert!(
            time.as_str().unwrap().ends_with('Z') && time.as_str().unwrap().len() == 20,
            "{time}"
        );
        let expected = json!({
            "version": "0", "id": null, "time": null, "source": "aws.codecommit",
            "detail-type": "CodeCommit Pull Request State Change", "account": "000000000000",
            "region": "us-east-1", "resources": ["arn:aws:codecommit:us-east-1:000000000000:demo"],
            "detail": { "event": "pullRequestCreated", "pullRequestId": "7" },
        });
        assert_eq!(event, expected);
    });
}

#[test]
fn an_event_emitted_before_a_kill_arrives_after_the_restart() {
    let directory = tempfile::tempdir().unwrap();
    live(directory.path(), 1.0, async |account| {
        route_pull_requests(&account, &json!({ "Arn": FUNCTION }));
        pull_request(&account, "pullRequestCreated");
    });
    let seen = Seen::default();
    for _ in 0..2 {
        live(directory.path(), 1.0, async |account| {
            account.register_function("router", seen.function(|payload, _| Ok(payload)));
            account.start();
            seen.at_least(1).await;
            quiet().await;
        });
    }
    assert_eq!(seen.payloads().len(), 1);
}

#[test]
fn an_event_whose_function_fails_for_good_or_does_not_exist_is_a_dead_letter() {
    let directory = tempfile::tempdir().unwrap();
    live(directory.path(), 0.0001, async |account| {
        let seen = Seen::default();
        account.register_function(
            "router",
            seen.function(|_, _| Err(failure("Broken", "for good"))),
        );
        route_pull_requests(&account, &json!({ "Arn": FUNCTION }));
        let gone =
            json!({ "Id": "gone", "Arn": "arn:aws:lambda:us-east-1:000000000000:function:gone" });
        told(
            &account,
            "PutTargets",
            json!({ "Rule": "pull-requests", "Targets": [gone] }),
        );
        account.start();
        pull_request(&account, "pullRequestCreated");
        let letters =
            eventually(|| Some(account.dead_letters()).filter(|letters| letters.len() == 2)).await;
        assert_eq!(letters[0].error, "no such function");
        assert_eq!(letters[1].error, "Broken: for good");
        assert_eq!(letters[1].payload["detail"]["pullRequestId"], "7");
        assert_eq!(seen.payloads().len(), 3);
    });
}

#[test]
fn a_disabled_rule_wants_nothing_until_it_is_enabled() {
    let directory = tempfile::tempdir().unwrap();
    live(directory.path(), 1.0, async |account| {
        let seen = Seen::default();
        account.register_function("router", seen.function(|payload, _| Ok(payload)));
        route_pull_requests(
            &account,
            &json!({ "Arn": FUNCTION, "InputPath": "$.detail.event" }),
        );
        account.start();
        told(&account, "DisableRule", json!({ "Name": "pull-requests" }));
        pull_request(&account, "pullRequestCreated");
        quiet().await;
        assert!(seen.payloads().is_empty());
        told(&account, "EnableRule", json!({ "Name": "pull-requests" }));
        pull_request(&account, "pullRequestCreated");
        assert_eq!(seen.at_least(1).await, [json!("pullRequestCreated")]);
        told(
            &account,
            "RemoveTargets",
            json!({ "Rule": "pull-requests", "Ids": ["router"] }),
        );
        pull_request(&account, "pullRequestCreated");
        quiet().await;
        assert_eq!(seen.payloads().len(), 1);
    });
}

#[test]
fn a_target_may_be_a_state_machine_and_get_a_constant_input() {
    let directory = tempfile::tempdir().unwrap();
    live(directory.path(), 1.0, async |account| {
        let caller = Caller::from_access_key("ann", "000000000000", &account.settings.callers);
        let machine = json!({
            "name": "gate", "roleArn": "arn:aws:iam::000000000000:role/Machine",
            "definition": json!({ "StartAt": "Done", "States": { "Done": { "Type": "Succeed" } } }).to_string(),
        });
        let created = states::call(&account, &caller, "CreateStateMachine", machine).unwrap();
        let arn = &created["stateMachineArn"];
        route_pull_requests(&account, &json!({ "Arn": arn, "Input": "{\"a\":1}" }));
        account.start();
        pull_request(&account, "pullRequestCreated");
        let execution = eventually(|| {
            let listed = json!({ "stateMachineArn": arn, "statusFilter": "SUCCEEDED" });
            let listed = states::call(&account, &caller, "ListExecutions", listed).unwrap();
            listed["executions"].get(0).cloned()
        })
        .await;
        let asked = json!({ "executionArn": execution["executionArn"] });
        let described = states::call(&account, &caller, "DescribeExecution", asked).unwrap();
        assert_eq!(described["input"], "{\"a\":1}");
    });
}

#[test]
fn a_schedule_fires_every_interval_and_goes_on_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let seen = Seen::default();
    for life in 0..2 {
        live(directory.path(), 0.001, async |account| {
            account.register_function("router", seen.function(|payload, _| Ok(payload)));
            if life == 0 {
                told(
                    &account,
                    "PutRule",
                    json!({ "Name": "sweep", "ScheduleExpression": "rate(1 minute)" }),
                );
                let target = json!({ "Id": "router", "Arn": FUNCTION });
                told(
                    &account,
                    "PutTargets",
                    json!({ "Rule": "sweep", "Targets": [target] }),
                );
            }
            account.start();
            let before = seen.payloads().len();
            seen.at_least(before + 2).await;
        });
    }
    let event = &seen.payloads()[3];
    assert_eq!(event["source"], "aws.events");
    assert_eq!(event["detail-type"], "Scheduled Event");
    assert_eq!(event["detail"], json!({}));
    assert_eq!(
        event["resources"],
        json!(["arn:aws:events:us-east-1:000000000000:rule/sweep"])
    );
}

#[test]
fn put_events_takes_own_events_and_refuses_those_of_aws() {
    let directory = tempfile::tempdir().unwrap();
    live(directory.path(), 1.0, async |account| {
        let seen = Seen::default();
        account.register_function(
            "router",
            seen.function(|payload, _| Ok(payload["detail"].clone())),
        );
        told(
            &account,
            "PutRule",
            json!({ "Name": "all", "EventPattern": r#"{"account":["000000000000"]}"# }),
        );
        let target = json!({ "Id": "router", "Arn": FUNCTION, "InputPath": "$.detail" });
        told(
            &account,
            "PutTargets",
            json!({ "Rule": "all", "Targets": [target] }),
        );
        account.start();
        let entry = |source: &str, detail: &str| json!({ "Source": source, "DetailType": "t", "Detail": detail });
        let answer = told(
            &account,
            "PutEvents",
            json!({ "Entries": [entry("aws.codecommit", "{}"), entry("mine", "[]"), entry("", "{}"), entry("mine", "{\"a\":1}")] }),
        );
        assert_eq!(answer["FailedEntryCount"], 3);
        let codes: Vec<_> = answer["Entries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| &entry["ErrorCode"])
            .collect();
        assert_eq!(
            codes,
            [
                &json!("NotAuthorizedForSourceException"),
                &json!("MalformedDetail"),
                &json!("InvalidArgument"),
                &json!(null)
            ]
        );
        assert_eq!(seen.at_least(1).await, [json!({ "a": 1 })]);
    });
}

#[test]
fn a_rule_is_described_listed_in_pages_and_deleted_without_its_targets() {
    let directory = tempfile::tempdir().unwrap();
    live(directory.path(), 1.0, async |account| {
        route_pull_requests(&account, &json!({ "Arn": FUNCTION }));
        for name in ["a", "b", "c", "d"] {
            let rule =
                json!({ "Name": name, "EventPattern": r#"{"source":["s"]}"#, "State": "DISABLED" });
            told(&account, "PutRule", rule);
        }
        assert_eq!(
            told(
                &account,
                "DescribeRule",
                json!({ "Name": "a", "EventBusName": "default" })
            ),
            json!({
                "Name": "a", "Arn": "arn:aws:events:us-east-1:000000000000:rule/a", "State": "DISABLED",
                "EventBusName": "default", "EventPattern": r#"{"source":["s"]}"#,
            })
        );
        let mut names = Vec::new();
        let mut input = json!({ "Limit": 2 });
        for page in 0..3 {
            let answer = told(&account, "ListRules", input.clone());
            names.extend(
                answer["Rules"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|rule| rule["Name"].clone()),
            );
            assert_eq!(answer.get("NextToken").is_some(), page < 2);
            input["NextToken"] = answer.get("NextToken").cloned().unwrap_or_default();
        }
        assert_eq!(names, ["a", "b", "c", "d", "pull-requests"]);
        assert_eq!(
            told(
                &account,
                "ListTargetsByRule",
                json!({ "Rule": "pull-requests" })
            ),
            json!({ "Targets": [{ "Id": "router", "Arn": FUNCTION }] })
        );
        assert_eq!(
            refusal(&account, "DeleteRule", json!({ "Name": "pull-requests" })),
            "ValidationException: Rule can't be deleted since it has targets."
        );
        told(
            &account,
            "RemoveTargets",
            json!({ "Rule": "pull-requests", "Ids": ["router"] }),
        );
        told(&account, "DeleteRule", json!({ "Name": "pull-requests" }));
        assert_eq!(
            refusal(&account, "DescribeRule", json!({ "Name": "pull-requests" })),
            "ResourceNotFoundException: Rule pull-requests does not exist on EventBus default."
        );
    });
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table with a row per refusal")]
fn refuses_rules_and_targets_that_are_wrong_or_not_built() {
    let directory = tempfile::tempdir().unwrap();
    live(directory.path(), 1.0, async |account| {
        route_pull_requests(&account, &json!({ "Arn": FUNCTION }));
        let target = |extra: Value| {
            let mut target = json!({ "Id": "t", "Arn": FUNCTION });
            target
                .as_object_mut()
                .unwrap()
                .extend(extra.as_object().unwrap().clone());
            json!({ "Rule": "pull-requests", "Targets": [target] })
        };
        let rows = [
            (
                "PutRule",
                json!({ "Name": "a b", "EventPattern": "{}" }),
                "ValidationException",
                "`a b` is no name",
            ),
            (
                "PutRule",
                json!({ "Name": "a" }),
                "ValidationException",
                "EventPattern or ScheduleExpression",
            ),
            (
                "PutRule",
                json!({ "Name": "a", "EventPattern": "[" }),
                "InvalidEventPatternException",
                "not JSON",
            ),
            (
                "PutRule",
                json!({ "Name": "a", "ScheduleExpression": "cron(0 * * * ? *)" }),
                "ValidationException",
                "use rate()",
            ),
            (
                "PutRule",
                json!({ "Name": "a", "ScheduleExpression": "rate(1 minute)", "EventBusName": "other" }),
                "ResourceNotFoundException",
                "Event bus other does not exist.",
            ),
            (
                "PutTargets",
                json!({ "Rule": "none", "Targets": [] }),
                "ResourceNotFoundException",
                "Rule none does not exist",
            ),
            (
                "PutTargets",
                target(json!({ "Arn": "arn:aws:sqs:us-east-1:000000000000:q" })),
                "ValidationException",
                "arn:aws:sqs:us-east-1:000000000000:q",
            ),
            (
                "PutTargets",
                target(json!({ "InputTransformer": { "InputTemplate": "x" } })),
                "ValidationException",
                "unknown field `InputTransformer`",
            ),
            (
                "PutTargets",
                target(json!({ "Input": "{" })),
                "ValidationException",
                "JSON syntax error in input for target t",
            ),
            (
                "PutTargets",
                target(json!({ "InputPath": "detail" })),
                "ValidationException",
                "Invalid InputPath for target t",
            ),
            (
                "ListRules",
                json!({ "NextToken": "***" }),
                "ValidationException",
                "NextToken",
            ),
            (
                "TestEventPattern",
                json!({ "EventPattern": r#"{"a":[{"b":1}]}"#, "Event": "{}" }),
                "InvalidEventPatternException",
                "Unrecognized match type b at /a/0/b",
            ),
            (
                "TestEventPattern",
                json!({ "EventPattern": r#"{"a":[1]}"#, "Event": "{}" }),
                "ValidationException",
                "`id` is missing",
            ),
            (
                "CreateEventBus",
                json!({}),
                "UnknownOperationException",
                "events CreateEventBus",
            ),
        ];
        for (operation, input, code, words) in rows {
            let error = ask(&account, operation, input.clone()).unwrap_err();
            assert_eq!(error.code, code, "{operation} {input}");
            assert!(
                error.message.contains(words),
                "{operation} {input}: {}",
                error.message
            );
        }
    });
}

#[test]
fn a_pattern_can_be_tried_on_an_event() {
    let directory = tempfile::tempdir().unwrap();
    live(directory.path(), 1.0, async |account| {
        let event = json!({
            "id": "1", "detail-type": "t", "source": "s", "account": "1", "time": "2026-11-20T00:00:00Z",
            "region": "r", "resources": [],
        });
        for (pattern, result) in [
            (r#"{"source":["s"]}"#, true),
            (r#"{"source":["t"]}"#, false),
        ] {
            let asked = json!({ "EventPattern": pattern, "Event": event.to_string() });
            assert_eq!(
                told(&account, "TestEventPattern", asked),
                json!({ "Result": result })
            );
        }
    });
}

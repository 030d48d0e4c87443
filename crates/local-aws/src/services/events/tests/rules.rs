//! Rules, targets, patterns and own events, as the API has them.

use super::*;

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
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100), "]".repeat(100));
        let answer = told(
            &account,
            "PutEvents",
            json!({ "Entries": [entry("aws.codecommit", "{}"), entry("mine", "[]"), entry("mine", &deep), entry("", "{}"), entry("mine", "{\"a\":1}")] }),
        );
        assert_eq!(answer["FailedEntryCount"], 4);
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

#[test]
fn put_events_takes_just_under_a_mebibyte() {
    let directory = tempfile::tempdir().unwrap();
    live(directory.path(), 1.0, async |account| {
        // With `mine`, `t` and the braces, quotes and name around the text.
        let request = |bytes: usize| {
            let detail = json!({ "a": "x".repeat(bytes - 13) }).to_string();
            json!({ "Entries": [{ "Source": "mine", "DetailType": "t", "Detail": detail }] })
        };
        let answer = told(&account, "PutEvents", request((1 << 20) - 1));
        assert_eq!(answer["FailedEntryCount"], 0);
        let refusal = refusal(&account, "PutEvents", request(1 << 20));
        assert_eq!(
            refusal,
            "ValidationException: Total size of the entries in the request is over the limit."
        );
    });
}

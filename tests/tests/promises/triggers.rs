//! `triggers.json` and `gate_core::event`: the rules deliver exactly what the router acts on.

use gate_core::event::Event;
use serde_json::{Value, json};

use mergegate_tests::tools;

/// All values of `detail.event` of `CodeCommit Pull Request State Change`
/// (CodeCommit user guide, "Monitoring CodeCommit events in Amazon EventBridge").
const PULL_REQUEST_EVENTS: [&str; 9] = [
    "pullRequestCreated",
    "pullRequestSourceBranchUpdated",
    "pullRequestStatusChanged",
    "pullRequestMergeStatusUpdated",
    "pullRequestApprovalRuleCreated",
    "pullRequestApprovalRuleUpdated",
    "pullRequestApprovalRuleDeleted",
    "pullRequestApprovalRuleOverridden",
    "pullRequestApprovalStateChanged",
];

/// All values of `detail.status` of `Step Functions Execution Status Change`
/// (Step Functions API reference, `ExecutionStatus`).
const EXECUTION_STATUSES: [&str; 6] = [
    "RUNNING",
    "SUCCEEDED",
    "FAILED",
    "TIMED_OUT",
    "ABORTED",
    "PENDING_REDRIVE",
];

fn triggers() -> Value {
    serde_json::from_str(&tools::read("statemachine/triggers.json")).expect("triggers.json is JSON")
}

/// Whether a pattern lists `value` at `pointer`.
fn lists(trigger: &Value, pointer: &str, value: &str) -> bool {
    let listed = trigger["eventPattern"].pointer(pointer);
    let listed = listed.and_then(Value::as_array);
    listed
        .unwrap_or_else(|| panic!("no list at {pointer}"))
        .contains(&json!(value))
}

fn acts_on(detail_type: &str, source: &str, detail: &Value) -> bool {
    let event = json!({ "source": source, "detail-type": detail_type, "detail": detail });
    Event::parse(event).is_ok()
}

#[test]
fn the_rule_for_pull_requests_lets_through_what_the_router_acts_on_and_nothing_else() {
    let (source, detail_type) = ("aws.codecommit", "CodeCommit Pull Request State Change");
    let trigger = &triggers()["pullRequest"];
    assert!(lists(trigger, "/source", source) && lists(trigger, "/detail-type", detail_type));
    for event in PULL_REQUEST_EVENTS {
        let detail = json!({
            "event": event,
            "pullRequestId": "7",
            "pullRequestStatus": "Open",
            "repositoryNames": ["demo"],
            "sourceCommit": "0701696",
        });
        assert_eq!(
            acts_on(detail_type, source, &detail),
            lists(trigger, "/detail/event", event),
            "{event}"
        );
    }
    let listed = trigger["eventPattern"]["detail"]["event"]
        .as_array()
        .expect("a list");
    for event in listed {
        assert!(
            PULL_REQUEST_EVENTS.map(Value::from).contains(event),
            "{event} is no event of CodeCommit"
        );
    }
}

#[test]
fn the_rule_for_dead_runs_lets_through_what_the_router_acts_on_and_nothing_else() {
    let (source, detail_type) = ("aws.states", "Step Functions Execution Status Change");
    let trigger = &triggers()["runDied"];
    assert!(lists(trigger, "/source", source) && lists(trigger, "/detail-type", detail_type));
    assert!(lists(
        trigger,
        "/detail/stateMachineArn",
        "${StateMachineArn}"
    ));
    for status in EXECUTION_STATUSES {
        let detail = json!({ "name": "pr-7-x-1", "status": status, "input": "{}" });
        assert_eq!(
            acts_on(detail_type, source, &detail),
            lists(trigger, "/detail/status", status),
            "{status}"
        );
    }
}

#[test]
fn the_schedule_leads_to_a_sweep_every_quarter_of_an_hour() {
    let triggers = triggers();
    assert_eq!(triggers["sweep"]["scheduleExpression"], "rate(15 minutes)");
    let event = json!({ "source": "aws.events", "detail-type": "Scheduled Event", "detail": {} });
    assert_eq!(Event::parse(event), Ok(Event::Sweep));
}

#[test]
fn there_is_no_rule_that_no_test_here_looks_at() {
    let triggers = triggers();
    let names: Vec<_> = triggers.as_object().expect("an object").keys().collect();
    assert_eq!(names, ["pullRequest", "runDied", "sweep"]);
}

//! `triggers.json` and `gate_core::event`: the rules deliver exactly what the router acts on. `notifications.json` and
//! `gate_core::outcome`: people are told of exactly what a run says for them.

use gate_core::{
    event::Event,
    id::{PullRequestId, RepositoryName},
    outcome::{self, Subject},
    verdict::VerdictKind,
};
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

/// All values of `detail.event` of `CodeCommit Repository State Change` (the same page).
const REPOSITORY_EVENTS: [&str; 4] = [
    "referenceCreated",
    "referenceUpdated",
    "referenceDeleted",
    "unreferencedMergeCommitCreated",
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
fn the_rule_for_comments_lets_through_what_the_router_acts_on_and_nothing_else() {
    let (source, detail_type) = ("aws.codecommit", "CodeCommit Comment on Pull Request");
    let trigger = &triggers()["comment"];
    assert!(lists(trigger, "/source", source) && lists(trigger, "/detail-type", detail_type));
    for event in ["commentOnPullRequestCreated", "commentOnPullRequestUpdated"] {
        let detail = json!({ "event": event, "pullRequestId": "7", "commentId": "463b" });
        assert_eq!(
            acts_on(detail_type, source, &detail),
            lists(trigger, "/detail/event", event),
            "{event}"
        );
    }
}

#[test]
fn the_rule_for_overrides_lets_through_what_the_router_acts_on_and_nothing_else() {
    let (source, detail_type) = ("aws.codecommit", "CodeCommit Pull Request State Change");
    let trigger = &triggers()["rulesOverridden"];
    assert!(lists(trigger, "/source", source) && lists(trigger, "/detail-type", detail_type));
    assert_eq!(
        trigger["eventPattern"]["detail"]["event"],
        json!(["pullRequestApprovalRuleOverridden"])
    );
    for status in ["OVERRIDE", "REVOKE"] {
        let detail = json!({
            "event": "pullRequestApprovalRuleOverridden",
            "overrideStatus": status,
            "pullRequestId": "7",
            "pullRequestStatus": "Open",
            "repositoryNames": ["demo"],
            "sourceCommit": "0701696",
            "revisionId": "3f2a91c0d1e2",
            "callerUserArn": "arn:aws:iam::000000000000:user/bob",
        });
        assert_eq!(
            acts_on(detail_type, source, &detail),
            lists(trigger, "/detail/overrideStatus", status),
            "{status}"
        );
    }
}

#[test]
fn people_are_told_of_red_and_held_pull_requests_and_of_overrides_and_of_nothing_else() {
    let notifications: Value =
        serde_json::from_str(&tools::read("statemachine/notifications.json"))
            .expect("notifications.json is JSON");
    let detail = &notifications["verdict"]["eventPattern"]["detail"];
    assert_eq!(detail["status"], json!(["SUCCEEDED"]));
    let (repository, pull_request) = (RepositoryName::new("demo"), PullRequestId::new("7"));
    let subject = Subject {
        region: "us-east-1",
        repository: &repository,
        pull_request: &pull_request,
    };
    // The event holds the output as JSON text.
    let told = |output: &Value| {
        let text = output.to_string();
        let patterns = detail["output"].as_array().expect("patterns");
        patterns.iter().any(|pattern| {
            let prefix = pattern["prefix"].as_str().expect("a prefix");
            text.starts_with(prefix)
        })
    };
    for (verdict, expected) in [
        (VerdictKind::Approve, false),
        (VerdictKind::Reject, true),
        (VerdictKind::Hold, true),
        (VerdictKind::NotGated, false),
    ] {
        let output = json!(outcome::of_verdict(subject, verdict, "\"held: rejected: "));
        assert_eq!(told(&output), expected, "{verdict:?}");
    }
    assert!(told(&json!(outcome::of_override(subject, "arn"))));
    assert!(!told(&Value::Null), "a run that had nothing to say");
}

#[test]
fn the_rule_for_moved_branches_lets_through_what_the_router_acts_on_and_nothing_else() {
    let (source, detail_type) = ("aws.codecommit", "CodeCommit Repository State Change");
    let trigger = &triggers()["branchMoved"];
    assert!(lists(trigger, "/source", source) && lists(trigger, "/detail-type", detail_type));
    for event in REPOSITORY_EVENTS {
        for kind in ["branch", "tag"] {
            let detail = json!({
                "event": event,
                "repositoryName": "demo",
                "referenceType": kind,
                "referenceName": "main",
                "referenceFullName": "refs/heads/main",
                "commitId": "0701696",
            });
            let listed = lists(trigger, "/detail/event", event)
                && lists(trigger, "/detail/referenceType", kind);
            assert_eq!(
                acts_on(detail_type, source, &detail),
                listed,
                "{event} {kind}"
            );
        }
    }
}

#[test]
fn the_rules_for_runs_let_through_what_the_router_acts_on_and_nothing_else() {
    let (source, detail_type) = ("aws.states", "Step Functions Execution Status Change");
    let (triggers, names) = (triggers(), ["runEnded", "runDied"]);
    for name in names {
        let trigger = &triggers[name];
        assert!(lists(trigger, "/source", source) && lists(trigger, "/detail-type", detail_type));
        let machine = "${StateMachineArn}";
        assert!(lists(trigger, "/detail/stateMachineArn", machine));
    }
    for status in EXECUTION_STATUSES {
        let detail = json!({ "name": "pr-7-x-1", "status": status, "input": "{}" });
        assert_eq!(
            acts_on(detail_type, source, &detail),
            names
                .iter()
                .any(|name| lists(&triggers[*name], "/detail/status", status)),
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
    assert_eq!(
        names,
        [
            "pullRequest",
            "comment",
            "rulesOverridden",
            "branchMoved",
            "runEnded",
            "runDied",
            "sweep"
        ]
    );
}

//! Events on their way to targets, and schedules.

use super::*;

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

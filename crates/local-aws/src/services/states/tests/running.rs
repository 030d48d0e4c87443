//! Stories of machines at work.

use serde_json::{Value, json};

use super::{FAST, create, definition, describe, ended, events, invoke, outcome, start, told};
use crate::{
    Interference, Moment, ServiceError,
    services::lambda::testing::{Seen, failure, live, live_with, spoiling},
};

fn caught(function: &str) -> Value {
    let mut task = invoke(function, "Done");
    task["Catch"] = json!([{ "ErrorEquals": ["States.ALL"], "Next": "Done" }]);
    definition(
        "Work",
        &json!({ "Work": task, "Done": { "Type": "Succeed" } }),
    )
}

fn output(execution: &Value) -> Value {
    serde_json::from_str(execution["output"].as_str().unwrap()).unwrap()
}

#[test]
fn a_machine_waits_an_hour_in_milliseconds() {
    let directory = tempfile::tempdir().unwrap();
    let seen = Seen::default();
    let machine = definition(
        "Rest",
        &json!({
            "Rest": { "Type": "Wait", "Seconds": 3600, "Next": "Work" },
            "Work": invoke("work", "Done"),
            "Done": { "Type": "Succeed" },
        }),
    );
    let (execution, kinds) = outcome(directory.path(), &machine, &json!({ "a": 1 }), |account| {
        account.register_function("work", seen.function(|payload, _| Ok(json!([payload]))));
    });
    assert_eq!(execution["status"], "SUCCEEDED");
    assert_eq!(execution["input"], "{\"a\":1}");
    assert_eq!(execution["output"], "[{\"a\":1}]");
    assert_eq!(execution["outputDetails"], json!({ "included": true }));
    assert_eq!(
        kinds,
        [
            "ExecutionStarted",
            "WaitStateEntered",
            "WaitStateExited",
            "TaskStateEntered",
            "TaskScheduled",
            "TaskStarted",
            "TaskSucceeded",
            "TaskStateExited",
            "SucceedStateEntered",
            "SucceedStateExited",
            "ExecutionSucceeded",
        ]
    );
}

#[test]
fn a_result_of_a_function_comes_as_the_integration_gives_it() {
    let directory = tempfile::tempdir().unwrap();
    let mut task = invoke("work", "Done");
    task["OutputPath"] = json!("$");
    let machine = definition(
        "Work",
        &json!({ "Work": task, "Done": { "Type": "Succeed" } }),
    );
    let (execution, _) = outcome(directory.path(), &machine, &json!({}), |account| {
        let seen = Seen::default();
        account.register_function("work", seen.function(|_, _| Ok(json!({ "z": 1, "a": 2 }))));
    });
    let result = output(&execution);
    let members: Vec<_> = result.as_object().unwrap().keys().collect();
    assert_eq!(
        members,
        [
            "ExecutedVersion",
            "Payload",
            "SdkHttpMetadata",
            "SdkResponseMetadata",
            "StatusCode"
        ]
    );
    assert_eq!(result["Payload"].to_string(), r#"{"z":1,"a":2}"#);
    let metadata = &result["SdkHttpMetadata"];
    assert_eq!(metadata["HttpStatusCode"], 200);
    assert_eq!(metadata["HttpHeaders"]["Content-Length"], "13");
    let request = &result["SdkResponseMetadata"]["RequestId"];
    assert!(request.is_string());
    assert_eq!(metadata["HttpHeaders"]["x-amzn-RequestId"], *request);
    assert_eq!(
        metadata["AllHttpHeaders"]["x-amzn-RequestId"],
        json!([request])
    );
}

/// What a function gives that answers with more than a state may have, under a setting.
fn large_result(all_takes_large_results: bool) -> Value {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = crate::Settings::new(directory.path());
    settings.wait_scale = FAST;
    settings.assumptions.all_takes_large_results = all_takes_large_results;
    live_with(settings, async |account| {
        let large = Seen::default().function(|_, _| Ok("x".repeat(300_000).into()));
        account.register_function("large", large);
        create(&account, &caught("large"));
        account.start();
        let arn = start(&account, "one", &json!({}));
        ended(&account, &arn).await
    })
}

#[test]
fn a_result_over_the_limit_is_caught_by_all_if_aws_does_so() {
    let cause = "The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit.";
    let taken = large_result(true);
    assert_eq!(taken["status"], "SUCCEEDED");
    assert_eq!(
        output(&taken),
        json!({ "Error": "States.DataLimitExceeded", "Cause": cause })
    );
    let left = large_result(false);
    assert_eq!(
        (&left["status"], &left["error"], &left["cause"]),
        (
            &json!("FAILED"),
            &json!("States.DataLimitExceeded"),
            &json!(cause)
        )
    );
}

#[test]
fn a_task_fails_in_the_words_of_its_function() {
    let bad = "\"errorMessage\":\"revision 3 is gone\"";
    let rows = [
        ("bad", "RevisionStale", bad),
        ("panicking", "Lambda.Unknown", "no such luck"),
        (
            "none",
            "Lambda.ResourceNotFoundException",
            "Function not found: arn:aws:lambda:us-east-1:000000000000:function:none (Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException;",
        ),
    ];
    for (function, error, cause) in rows {
        let directory = tempfile::tempdir().unwrap();
        let seen = Seen::default();
        let (execution, _) = outcome(directory.path(), &caught(function), &json!({}), |account| {
            account.register_function(
                "bad",
                seen.function(|_, _| Err(failure("RevisionStale", "revision 3 is gone"))),
            );
            account.register_function("panicking", seen.function(|_, _| panic!("no such luck")));
        });
        let output = output(&execution);
        assert_eq!(output["Error"], error);
        assert!(
            output["Cause"].as_str().unwrap().contains(cause),
            "{output}"
        );
    }
}

#[test]
fn an_error_that_nobody_catches_fails_the_execution() {
    let directory = tempfile::tempdir().unwrap();
    let machine = definition(
        "Work",
        &json!({ "Work": invoke("none", "Done"), "Done": { "Type": "Succeed" } }),
    );
    let (execution, kinds) = outcome(directory.path(), &machine, &json!({}), |_| {});
    assert_eq!(execution["status"], "FAILED");
    assert_eq!(execution["error"], "Lambda.ResourceNotFoundException");
    assert!(
        execution["cause"].as_str().unwrap().starts_with(
            "Function not found: arn:aws:lambda:us-east-1:000000000000:function:none ("
        )
    );
    assert!(execution["stopDate"].is_number());
    assert_eq!(kinds.last().unwrap(), "ExecutionFailed");
}

#[test]
fn a_spoilt_invocation_is_retried_by_its_word() {
    let throttled = ServiceError {
        status: 429,
        ..ServiceError::client("TooManyRequestsException", "slow down")
    };
    for (interference, word, moment) in [
        (
            Interference::Fail(throttled),
            "Lambda.TooManyRequestsException",
            Moment::Before,
        ),
        (Interference::Drop, "Lambda.Unknown", Moment::After),
        (Interference::Die(0), "Runtime.ExitError", Moment::Before),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let seen = Seen::default();
        let mut machine = caught("work");
        machine["States"]["Work"]["Retry"] =
            json!([{ "ErrorEquals": [word], "IntervalSeconds": 60 }]);
        let (execution, kinds) = outcome(directory.path(), &machine, &json!(7), |account| {
            account.register_function("work", seen.function(|payload, _| Ok(payload)));
            let struck = std::sync::atomic::AtomicBool::new(false);
            spoiling(account, move |call, now, _| {
                assert_eq!(call.caller, "arn:aws:iam::000000000000:role/Machine");
                assert_eq!(
                    (call.function.as_deref(), call.state.as_deref()),
                    (Some("work"), Some("Work"))
                );
                if now == moment && !struck.swap(true, std::sync::atomic::Ordering::SeqCst) {
                    return interference.clone();
                }
                Interference::Pass
            });
        });
        assert_eq!(execution["output"], "7");
        assert_eq!(kinds.iter().filter(|kind| *kind == "TaskFailed").count(), 1);
        assert_eq!(
            seen.payloads().len(),
            if moment == Moment::Before { 1 } else { 2 }
        );
    }
}

#[test]
fn a_task_that_is_too_slow_times_out() {
    let directory = tempfile::tempdir().unwrap();
    let seen = Seen::default();
    let mut machine = caught("slow");
    machine["States"]["Work"]["TimeoutSeconds"] = json!(1);
    let (execution, kinds) = outcome(directory.path(), &machine, &json!({}), |account| {
        account.register_function("slow", seen.hanging_function());
    });
    assert_eq!(output(&execution)["Error"], "States.Timeout");
    assert!(kinds.contains(&"TaskTimedOut".to_owned()));
}

#[test]
fn a_machine_that_waits_longer_than_it_may_times_out() {
    let directory = tempfile::tempdir().unwrap();
    let mut machine = definition(
        "Rest",
        &json!({ "Rest": { "Type": "Wait", "Seconds": 3600, "Next": "Done" }, "Done": { "Type": "Succeed" } }),
    );
    machine["TimeoutSeconds"] = json!(600);
    let (execution, kinds) = outcome(directory.path(), &machine, &json!({}), |_| {});
    assert_eq!(execution["status"], "TIMED_OUT");
    assert_eq!(kinds.last().unwrap(), "ExecutionTimedOut");
}

#[test]
fn a_stopped_execution_ends_at_once_and_its_function_runs_on() {
    let directory = tempfile::tempdir().unwrap();
    live(directory.path(), FAST, async |account| {
        let (entered, left) = (Seen::default(), Seen::default());
        let (remember, leave) = (
            entered.function(|payload, _| Ok(payload)),
            left.function(|payload, _| Ok(payload)),
        );
        account.register_function(
            "slow",
            std::sync::Arc::new(move |payload: Value| {
                let (entering, leaving) = (remember(payload.clone()), leave(payload));
                Box::pin(async move {
                    entering.await?;
                    tokio::time::sleep(std::time::Duration::from_millis(60)).await;
                    leaving.await
                })
            }),
        );
        create(&account, &caught("slow"));
        account.start();
        let arn = start(&account, "one", &json!({}));
        entered.at_least(1).await;
        let stop = json!({ "executionArn": arn, "error": "Superseded", "cause": "a newer run" });
        let stopped = told(&account, "StopExecution", stop.clone());
        let execution = describe(&account, &arn);
        assert_eq!(execution["status"], "ABORTED");
        assert_eq!(
            (&execution["error"], &execution["cause"]),
            (&json!("Superseded"), &json!("a newer run"))
        );
        assert_eq!(execution["stopDate"], stopped["stopDate"]);
        left.at_least(1).await;
        assert_eq!(
            told(&account, "StopExecution", stop),
            stopped,
            "a closed execution stays as it is"
        );
        let last = events(&account, &arn).last().unwrap().clone();
        assert_eq!(
            (&last["type"], &last["previousEventId"]),
            (&json!("ExecutionAborted"), &json!(0))
        );
        assert_eq!(execution["redriveStatus"], "REDRIVABLE");
    });
}

#[test]
fn its_start_and_its_end_are_events() {
    let directory = tempfile::tempdir().unwrap();
    live(directory.path(), FAST, async |account| {
        let seen = Seen::default();
        account.register_function("watch", seen.function(|payload, _| Ok(payload)));
        let caller = crate::Caller {
            arn: "arn:aws:iam::000000000000:user/ann".to_owned(),
        };
        let events = |operation: &str, input: Value| {
            crate::services::events::call(&account, &caller, operation, input).unwrap()
        };
        events(
            "PutRule",
            json!({ "Name": "watch", "EventPattern": r#"{"source":["aws.states"]}"# }),
        );
        let target =
            json!({ "Id": "watch", "Arn": "arn:aws:lambda:us-east-1:000000000000:function:watch" });
        events(
            "PutTargets",
            json!({ "Rule": "watch", "Targets": [target] }),
        );
        create(
            &account,
            &definition(
                "Oh",
                &json!({ "Oh": { "Type": "Fail", "Error": "E", "Cause": "no" } }),
            ),
        );
        account.start();
        let arn = start(&account, "one", &json!({ "a": 1 }));
        ended(&account, &arn).await;
        let mut heard = seen.at_least(2).await;
        heard.sort_by_key(|event| event["detail"]["status"].to_string());
        let (failed, running) = (&heard[0], &heard[1]);
        assert_eq!(
            failed["detail-type"],
            "Step Functions Execution Status Change"
        );
        assert_eq!(failed["resources"], json!([arn]));
        assert_eq!(running["detail"]["status"], "RUNNING");
        assert_eq!(running["detail"]["stopDate"], Value::Null);
        assert_eq!(
            running["detail"]["redriveStatusReason"],
            "Execution is RUNNING and cannot be redriven"
        );
        let mut detail = failed["detail"].clone();
        assert!(detail["startDate"].take().is_i64() && detail["stopDate"].take().is_i64());
        assert_eq!(
            detail,
            json!({
                "executionArn": arn, "stateMachineArn": super::MACHINE, "name": "one", "status": "FAILED",
                "startDate": null, "stopDate": null, "input": "{\"a\":1}", "inputDetails": { "included": true },
                "output": null, "outputDetails": null, "error": "E", "cause": "no",
                "stateMachineVersionArn": null, "stateMachineAliasArn": null, "redriveCount": 0, "redriveDate": null,
                "redriveStatus": "REDRIVABLE", "redriveStatusReason": null,
            })
        );
    });
}

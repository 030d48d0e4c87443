//! Retries, catches, time limits and being stopped.

use asl::{EventKind, Status, Step, TaskError};
use serde_json::{Value, json};

use crate::driver::{Answer, later, machine, run, single, start, start_time, task};

fn fails_then_works(failures: usize) -> impl FnMut(&asl::Invocation, jiff::Timestamp) -> Answer {
    let mut calls = 0;
    move |_, _| {
        calls += 1;
        if calls <= failures {
            Answer::Error("Lambda.TooManyRequestsException")
        } else {
            Answer::Payload(json!(calls))
        }
    }
}

fn retrying(more: Value) -> Value {
    let retrier = json!({"ErrorEquals": ["Lambda.TooManyRequestsException"], "MaxAttempts": 6, "IntervalSeconds": 2});
    single(task(
        "f",
        json!({"Retry": [crate::driver::with(retrier, more)]}),
    ))
}

#[test]
fn a_retry_backs_off_up_to_its_longest_delay() {
    let run_of = |more| run(&retrying(more), json!({}), fails_then_works(5));
    assert_eq!(run_of(json!({})).waits, [2.0, 4.0, 8.0, 16.0, 32.0]);
    assert_eq!(
        run_of(json!({"BackoffRate": 1.5, "MaxDelaySeconds": 5})).waits,
        [2.0, 3.0, 4.5, 5.0, 5.0]
    );
    assert_eq!(
        run_of(json!({"BackoffRate": 1, "JitterStrategy": "NONE"})).waits,
        [2.0; 5]
    );
    assert_eq!(run_of(json!({})).output()["Payload"], 6);
}

#[test]
fn full_jitter_waits_anything_up_to_the_delay() {
    let definition =
        retrying(json!({"JitterStrategy": "FULL", "MaxDelaySeconds": 10, "MaxAttempts": 500}));
    let waits = run(&definition, json!({}), fails_then_works(400)).waits;
    assert_eq!(waits.len(), 400);
    assert!(waits[0] <= 2.0 && waits[1] <= 4.0, "{:?}", &waits[..2]);
    assert!(waits.iter().all(|seconds| (0.0..=10.0).contains(seconds)));
    let late = &waits[3..];
    let mean = late.iter().sum::<f64>() / f64::from(u16::try_from(late.len()).unwrap());
    assert!(
        (4.0..6.0).contains(&mean),
        "the mean of evenly spread waits is near 5, not {mean}"
    );
}

#[test]
fn an_exhausted_retry_is_caught_by_the_word_of_the_error() {
    let definition = json!({"StartAt": "Build", "States": {
        "Build": task("f", json!({
            "Retry": [{"ErrorEquals": ["Flaky"], "MaxAttempts": 1}],
            "Catch": [
                {"ErrorEquals": ["StaleRevision"], "Next": "Never"},
                {"ErrorEquals": ["Flaky"], "ResultPath": "$.failure", "Next": "Explain"},
                {"ErrorEquals": ["States.ALL"], "Next": "Never"},
            ],
        })),
        "Explain": {"Type": "Pass", "End": true},
        "Never": {"Type": "Fail"},
    }});
    let run = run(&definition, json!({"id": 7}), |_, _| Answer::Error("Flaky"));
    assert_eq!(
        run.output(),
        &json!({"id": 7, "failure": {"Error": "Flaky", "Cause": "Flaky happened"}})
    );
    assert_eq!((run.invocations.len(), run.waits), (2, vec![1.0]));
}

#[test]
fn each_retrier_counts_for_itself_and_the_context_counts_them_all() {
    let definition = single(task(
        "f",
        json!({
            "Parameters": {"FunctionName": "f", "Payload.$": "$$.State.RetryCount"},
            "Retry": [
                {"ErrorEquals": ["A"], "MaxAttempts": 2, "IntervalSeconds": 3, "BackoffRate": 10},
                {"ErrorEquals": ["States.ALL"], "MaxAttempts": 1, "IntervalSeconds": 5},
            ],
        }),
    ));
    let mut errors = ["A", "B", "A", "A"].into_iter();
    let run = run(&definition, json!({}), |_, _| {
        Answer::Error(errors.next().unwrap())
    });
    assert_eq!(run.failure(), ("A", "A happened"));
    assert_eq!(run.waits, [3.0, 5.0, 30.0]);
    let counts: Vec<_> = run
        .invocations
        .iter()
        .map(|parameters| parameters["Payload"].clone())
        .collect();
    assert_eq!(counts, [0, 1, 2, 3]);
}

#[test]
fn a_task_that_never_answers_times_out_and_task_failed_does_not_catch_it() {
    let definition = |word: &str| {
        json!({"StartAt": "Build", "States": {
            "Build": task("f", json!({"TimeoutSeconds": 60, "Catch": [{"ErrorEquals": [word], "Next": "Explain"}]})),
            "Explain": {"Type": "Succeed"},
        }})
    };
    let caught = run(&definition("States.Timeout"), json!({}), |_, _| {
        Answer::Silence
    });
    assert_eq!(
        caught.output(),
        &json!({"Error": "States.Timeout", "Cause": ""})
    );
    assert!((caught.seconds - 60.0).abs() < 0.001);
    assert!(caught.kinds().contains(&EventKind::TaskTimedOut));
    let uncaught = run(&definition("States.TaskFailed"), json!({}), |_, _| {
        Answer::Silence
    });
    assert_eq!(uncaught.failure().0, "States.Timeout");
    let failed = run(&definition("States.TaskFailed"), json!({}), |_, _| {
        Answer::Error("Any")
    });
    assert_eq!(failed.output()["Error"], "Any");
}

#[test]
fn a_result_after_the_deadline_is_too_late() {
    let machine = machine(&single(task("f", json!({"TimeoutSeconds": 60}))));
    let mut random = fastrand::Rng::with_seed(1);
    let mut execution = start(&machine, json!({}));
    let Step::Invoke(invocation) = execution.step(&machine, start_time(), &mut random) else {
        panic!("no invocation")
    };
    execution.complete(invocation.id, Ok(json!("late")), later(60));
    assert_eq!(
        execution.step(&machine, later(61), &mut random),
        Step::Finished
    );
    assert!(
        matches!(execution.status(), Status::Failed { error: Some(error), .. } if error == "States.Timeout")
    );
}

#[test]
fn the_whole_execution_times_out_in_a_wait_and_in_a_task() {
    let mut definition = single(json!({"Type": "Wait", "Seconds": 1000, "End": true}));
    definition["TimeoutSeconds"] = json!(30);
    let waiting = run(&definition, json!({}), |_, _| Answer::Silence);
    assert_eq!(
        (&waiting.status, waiting.waits.as_slice()),
        (&Status::TimedOut, [30.0].as_slice())
    );
    let mut definition = single(task(
        "f",
        json!({"TimeoutSeconds": 60, "Catch": [
            {"ErrorEquals": ["States.ALL"], "Next": "Only"},
        ]}),
    ));
    definition["TimeoutSeconds"] = json!(30);
    let working = run(&definition, json!({}), |_, _| Answer::Silence);
    assert_eq!(working.status, Status::TimedOut);
    assert_eq!(working.kinds().last(), Some(&EventKind::ExecutionTimedOut));
}

#[test]
fn a_stopped_execution_is_aborted_and_ignores_what_comes_later() {
    let machine = machine(&single(task("f", json!({}))));
    let mut random = fastrand::Rng::with_seed(1);
    let mut execution = start(&machine, json!({}));
    let Step::Invoke(invocation) = execution.step(&machine, start_time(), &mut random) else {
        panic!("no invocation")
    };
    execution.stop(
        Some("Superseded".to_owned()),
        Some("a newer run".to_owned()),
        later(1),
    );
    execution.complete(invocation.id, Ok(json!({})), later(2));
    execution.stop(None, None, later(3));
    assert_eq!(
        execution.step(&machine, later(4), &mut random),
        Step::Finished
    );
    let (error, cause) = (
        Some("Superseded".to_owned()),
        Some("a newer run".to_owned()),
    );
    assert_eq!(execution.status(), &Status::Aborted { error, cause });
    assert_eq!(execution.status().word(), "ABORTED");
    let history = execution.drain_history();
    let last = history.last().unwrap();
    assert_eq!(
        (last.kind, last.previous_event_id),
        (EventKind::ExecutionAborted, 0)
    );
}

#[test]
fn fails_for_good_when_a_path_leads_nowhere_whatever_is_caught() {
    let all = json!([{"ErrorEquals": ["States.ALL"], "Next": "Only"}]);
    let definition = single(task(
        "f",
        json!({
            "Parameters": {"FunctionName": "f", "Payload.$": "$.none"}, "Catch": all.clone(),
        }),
    ));
    let lost = run(&definition, json!({"a": 1}), |_, _| Answer::Silence);
    assert_eq!(
        lost.failure(),
        (
            "States.Runtime",
            "An error occurred while executing the state 'Only' (entered at the event id #2). The JSONPath '$.none' \
         specified for the field 'Payload.$' could not be found in the input '{\"a\":1}'",
        )
    );
}

#[test]
fn a_result_that_cannot_be_placed_is_caught_like_any_other_error() {
    let definition = json!({"StartAt": "Build", "States": {
        "Build": task("f", json!({"ResultPath": "$.a.b", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Explain"}]})),
        "Explain": {"Type": "Succeed"},
    }});
    let run = run(&definition, json!({"a": "text"}), |_, _| {
        Answer::Payload(json!(1))
    });
    assert_eq!(run.output()["Error"], "States.ResultPathMatchFailure");
}

#[test]
fn an_error_is_shortened_to_what_the_service_keeps() {
    let machine = machine(&single(task("f", json!({}))));
    let mut random = fastrand::Rng::with_seed(1);
    let mut execution = start(&machine, json!({}));
    let Step::Invoke(invocation) = execution.step(&machine, start_time(), &mut random) else {
        panic!("no invocation")
    };
    let long = TaskError {
        error: "é".repeat(300),
        cause: "ü".repeat(40_000),
    };
    execution.complete(invocation.id, Err(long), start_time());
    execution.step(&machine, start_time(), &mut random);
    let Status::Failed {
        error: Some(error),
        cause: Some(cause),
    } = execution.status()
    else {
        panic!("it failed")
    };
    assert_eq!(
        (error.chars().count(), cause.chars().count()),
        (256, 32_768)
    );
}

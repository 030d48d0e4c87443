//! The limits that AWS sets: 25,000 events, 256 KiB of data.

use std::time::{Duration, Instant};

use asl::{
    DATA_LIMIT_BYTES, DATA_LIMIT_LEVELS, EventKind, Execution, HISTORY_LIMIT_EVENTS, Status,
};
use serde_json::{Value, json};

use crate::driver::{Answer, later, machine, run, run_with, single, start, task, with};

/// Waits, asks a task, and goes round until the task says that it is done.
fn poll_loop() -> Value {
    json!({"StartAt": "Wait", "States": {
        "Wait": {"Type": "Wait", "SecondsPath": "$.wait", "Next": "Check"},
        "Check": with(task("builder", json!({"ResultSelector": {"wait.$": "$.Payload.wait", "done.$": "$.Payload.done"}})),
            json!({"End": null, "Next": "Done?"})),
        "Done?": {"Type": "Choice", "Choices": [{"Variable": "$.done", "BooleanEquals": true, "Next": "Done"}], "Default": "Wait"},
        "Done": {"Type": "Succeed"},
    }})
}

/// A string whose JSON has exactly `bytes` bytes.
fn text_of(bytes: usize) -> Value {
    "x".repeat(bytes - 2).into()
}

#[test]
fn an_eight_hour_build_polled_every_fifteen_seconds_takes_milliseconds_and_fits_the_history() {
    let begun = Instant::now();
    let mut polls = 0;
    let run = run(&poll_loop(), json!({"wait": 15}), |_, now| {
        polls += 1;
        let done = now >= crate::driver::later(8 * 3600);
        Answer::Payload(json!({"wait": 15, "done": done}))
    });
    assert_eq!((polls, run.seconds), (1920, 8.0 * 3600.0));
    let (started, last) = (1, 3);
    assert_eq!(
        run.events.len(),
        started + 1920 * 9 + last,
        "a round is Wait 2, Task 5, Choice 2"
    );
    assert!(run.events.len() < 25_000);
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn fails_at_the_history_limit_with_exactly_25_000_events() {
    let run = run(&poll_loop(), json!({"wait": 10}), |_, _| {
        Answer::Payload(json!({"wait": 10, "done": false}))
    });
    assert_eq!(
        run.failure(),
        (
            "States.Runtime",
            "The execution reached the maximum number of history events (25000)."
        )
    );
    assert_eq!(
        u64::try_from(run.events.len()).unwrap(),
        HISTORY_LIMIT_EVENTS
    );
    assert_eq!(run.kinds().last(), Some(&EventKind::ExecutionFailed));
    let hours = run.seconds / 3600.0;
    assert!(
        (7.7..7.8).contains(&hours),
        "a fixed ten seconds reaches the limit after 7 h 43 min, not {hours} h"
    );
}

#[test]
fn an_execution_may_still_succeed_with_its_last_event() {
    // Start, n rounds of Pass and Choice (4 events each), a Pass (2), the end: 25,000 = 1 + 4 n + 2 + 2 + 2 + 1 for n = 6,248.
    let machine = |rounds: u32| {
        json!({"StartAt": "Count", "States": {
            "Count": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)"}, "Next": "Enough?"},
            "Enough?": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericEquals": rounds, "Next": "Last"}], "Default": "Count"},
            "Last": {"Type": "Pass", "Next": "End"},
            "End": {"Type": "Succeed"},
        }})
    };
    let nobody = |_: &asl::Invocation, _| Answer::Silence;
    let fits = run(&machine(6_248), json!({"n": 0}), nobody);
    assert_eq!(
        (fits.events.len(), fits.output()),
        (24_998, &json!({"n": 6_248}))
    );
    let full = run(&machine(6_249), json!({"n": 0}), nobody);
    assert_eq!(
        (full.events.len(), full.failure().0),
        (25_000, "States.Runtime")
    );
    let with_two_more = json!({"n": 0});
    let mut definition = machine(6_248);
    definition["States"]["Last"]["Next"] = json!("Almost");
    definition["States"]["Almost"] = json!({"Type": "Pass", "Next": "End"});
    let exactly = run(&definition, with_two_more, nobody);
    assert_eq!(
        (exactly.events.len(), exactly.kinds().last().copied()),
        (25_000, Some(EventKind::ExecutionSucceeded))
    );
}

#[test]
fn fails_at_once_when_the_input_is_over_the_limit() {
    let definition = single(json!({"Type": "Succeed"}));
    let nobody = |_: &asl::Invocation, _| Answer::Silence;
    assert_eq!(
        run(&definition, text_of(DATA_LIMIT_BYTES), nobody)
            .status
            .word(),
        "SUCCEEDED"
    );
    let over = run(&definition, text_of(DATA_LIMIT_BYTES + 1), nobody);
    assert_eq!(over.failure().0, "States.DataLimitExceeded");
    assert_eq!(
        over.kinds(),
        [EventKind::ExecutionStarted, EventKind::ExecutionFailed]
    );
    let wide = Value::from("ü".repeat(DATA_LIMIT_BYTES / 2));
    assert_eq!(
        run(&definition, wide, nobody).failure().0,
        "States.DataLimitExceeded"
    );
}

#[test]
fn a_result_over_the_limit_is_caught_by_all_or_by_its_own_word_alone() {
    let definition = |word: &str| {
        json!({"StartAt": "Big", "States": {
            "Big": task("f", json!({"Catch": [{"ErrorEquals": [word], "Next": "Explain"}]})),
            "Explain": {"Type": "Succeed"},
        }})
    };
    let cause = "The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit.";
    let big = |_: &asl::Invocation, _| Answer::Payload(text_of(DATA_LIMIT_BYTES));
    let as_it_was_recorded = |word: &str| run(&definition(word), json!({}), big);
    let as_the_guide_says = |word: &str| {
        let machine = machine(&definition(word)).with_all_taking_large_results(false);
        run_with(&machine, json!({}), big, |execution| execution)
    };
    for caught in [
        as_it_was_recorded("States.ALL"),
        as_it_was_recorded("States.TaskFailed"),
        as_it_was_recorded("States.DataLimitExceeded"),
        as_the_guide_says("States.DataLimitExceeded"),
    ] {
        assert_eq!(
            caught.output(),
            &json!({"Error": "States.DataLimitExceeded", "Cause": cause})
        );
        assert!(caught.kinds().contains(&EventKind::TaskFailed));
    }
    for word in ["States.ALL", "States.TaskFailed"] {
        let uncaught = as_the_guide_says(word);
        assert_eq!(uncaught.failure(), ("States.DataLimitExceeded", cause));
    }
}

#[test]
fn fails_when_a_state_makes_too_much_of_a_result_whatever_all_takes() {
    let definition = json!({"StartAt": "Double", "States": {
        "Double": task("f", json!({
            "ResultSelector": {"a.$": "$.Payload", "b.$": "$.Payload"},
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Explain"}],
        })),
        "Explain": {"Type": "Succeed"},
    }});
    let half = |_: &asl::Invocation, _| Answer::Payload(text_of(DATA_LIMIT_BYTES / 2 + 1));
    let (error, cause) = (
        "States.DataLimitExceeded",
        "An error occurred while executing the state 'Double' (entered at the event id #2). The state/task 'Double' returned a result with a size exceeding the maximum number of bytes service limit.",
    );
    assert_eq!(run(&definition, json!({}), half).failure(), (error, cause));
}

/// Objects within objects.
fn nested(levels: usize) -> Value {
    (0..levels).fold(json!(1), |inner, _| json!({ "a": inner }))
}

#[test]
fn fails_before_the_data_has_more_levels_than_can_be_read_again() {
    let definition = json!({"StartAt": "Wrap", "States": {
        "Wrap": {"Type": "Pass", "Parameters": {"a.$": "$"}, "Next": "Enough?"},
        "Enough?": {"Type": "Choice", "Choices": [{"Variable": "$.enough", "IsPresent": true, "Next": "Done"}], "Default": "Wrap"},
        "Done": {"Type": "Succeed"},
    }});
    let nobody = |_: &asl::Invocation, _| Answer::Silence;
    let endless = run(&definition, json!({}), nobody);
    let (error, cause) = endless.failure();
    assert_eq!(error, "States.Runtime");
    assert!(
        cause.ends_with("with 101 levels of arrays and objects, more than 100."),
        "{cause}"
    );
    let deepest = run(
        &single(json!({"Type": "Succeed"})),
        nested(DATA_LIMIT_LEVELS),
        nobody,
    );
    assert_eq!(asl::levels(deepest.output()), DATA_LIMIT_LEVELS);
}

#[test]
fn an_execution_is_read_again_at_every_depth() {
    let echo = machine(&single(task("f", json!({}))));
    let mut random = fastrand::Rng::with_seed(7);
    for levels in 0..DATA_LIMIT_LEVELS + 20 {
        let mut execution = start(&echo, nested(levels));
        execution.step(&echo, later(0), &mut random);
        let written = serde_json::to_string(&execution).unwrap();
        assert_eq!(
            serde_json::from_str::<Execution>(&written).unwrap(),
            execution
        );
    }
}

#[test]
fn fails_when_a_state_makes_more_of_its_input_than_may_be_passed_on() {
    let double = json!({"a.$": "$", "b.$": "$"});
    let pass = single(json!({"Type": "Pass", "Parameters": double, "End": true}));
    let input = text_of(DATA_LIMIT_BYTES / 2 + 1);
    let nobody = |_: &asl::Invocation, _| Answer::Silence;
    assert_eq!(
        run(&pass, input.clone(), nobody).failure().0,
        "States.DataLimitExceeded"
    );
    let task = single(task(
        "f",
        json!({"Parameters": {"FunctionName": "f", "Payload": double}}),
    ));
    let refused = run(&task, input, nobody);
    assert_eq!(
        (refused.failure().0, refused.invocations.len()),
        ("States.DataLimitExceeded", 0)
    );
    assert!(matches!(refused.status, Status::Failed { .. }));
}

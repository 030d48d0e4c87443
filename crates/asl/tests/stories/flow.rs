//! Data and control flow: paths, templates, choices, waits.

use asl::Step;
use serde_json::{Value, json};

use crate::driver::{Answer, later, machine, run, single, start, start_time, task, with};

fn no_worker(_: &asl::Invocation, _: jiff::Timestamp) -> Answer {
    panic!("nothing is to be invoked")
}

/// Where a Choice with one rule goes: "yes", "no", or the error that fails it.
fn choose(rule: Value, input: Value) -> String {
    let definition = json!({"StartAt": "Ask", "States": {
        "Ask": {"Type": "Choice", "Choices": [with(rule, json!({"Next": "Yes"}))], "Default": "No"},
        "Yes": {"Type": "Pass", "Result": "yes", "End": true},
        "No": {"Type": "Pass", "Result": "no", "End": true},
    }});
    let run = run(&definition, input, no_worker);
    match &run.status {
        asl::Status::Succeeded { output } => output.as_str().unwrap().to_owned(),
        _ => run.failure().0.to_owned(),
    }
}

#[test]
fn a_task_sees_selected_input_and_its_result_is_placed_beside_it() {
    let definition = single(task(
        "builder",
        json!({
            "InputPath": "$.run",
            "Parameters": {
                "FunctionName": "builder",
                "Payload": {
                    "action": "start",
                    "id.$": "$.id",
                    "name.$": "States.Format('{}-{}', $$.Execution.Name, $.id)",
                    "nested": [{"state.$": "$$.State.Name"}],
                },
            },
            "ResultSelector": {"builds.$": "$.Payload.builds[*].id", "code.$": "$.StatusCode"},
            "ResultPath": "$.run.started",
            "OutputPath": "$.run",
        }),
    ));
    let input = json!({"run": {"id": 7}, "other": true});
    let run = run(&definition, input, |_, _| {
        Answer::Payload(json!({"builds": [{"id": "a"}, {"id": "b"}]}))
    });
    assert_eq!(
        run.invocations,
        [json!({
            "FunctionName": "builder",
            "Payload": {"action": "start", "id": 7, "name": "pr-7-7", "nested": [{"state": "Only"}]},
        })]
    );
    assert_eq!(
        run.output(),
        &json!({"id": 7, "started": {"builds": ["a", "b"], "code": 200}})
    );
}

#[test]
fn null_paths_select_nothing_and_drop_the_result() {
    let definition = single(json!({
        "Type": "Pass", "InputPath": null, "Parameters": {"seen.$": "$"}, "ResultPath": "$.pass", "End": true,
    }));
    assert_eq!(
        run(&definition, json!({"a": 1}), no_worker).output(),
        &json!({"a": 1, "pass": {"seen": {}}})
    );
    let definition = single(task("f", json!({"ResultPath": null})));
    assert_eq!(
        run(&definition, json!({"a": 1}), |_, _| Answer::Payload(json!(
            2
        )))
        .output(),
        &json!({"a": 1})
    );
    let definition = single(json!({"Type": "Succeed", "OutputPath": null}));
    assert_eq!(
        run(&definition, json!({"a": 1}), no_worker).output(),
        &json!({})
    );
}

#[test]
fn the_context_object_tells_who_where_and_when() {
    let definition =
        single(json!({"Type": "Pass", "Parameters": {"context.$": "$$"}, "End": true}));
    let context = json!({"context": {
        "Execution": {
            "Id": "arn:aws:states:eu-central-1:000000000000:execution:gate:pr-7",
            "Input": {"a": 1},
            "StartTime": "2026-11-20T12:00:00.123Z",
            "Name": "pr-7",
            "RoleArn": "arn:aws:iam::000000000000:role/gate",
            "RedriveCount": 0,
        },
        "StateMachine": {"Id": "arn:aws:states:eu-central-1:000000000000:stateMachine:gate", "Name": "gate"},
        "State": {"Name": "Only", "EnteredTime": "2026-11-20T12:00:00.123Z"},
    }});
    let run = run(&definition, json!({"a": 1}), no_worker);
    assert_eq!(run.output().to_string(), context.to_string());
}

#[test]
fn only_a_task_has_a_retry_count() {
    let count = json!({"n.$": "$$.State.RetryCount"});
    let pass = single(json!({"Type": "Pass", "Parameters": count, "End": true}));
    assert_eq!(
        run(&pass, json!({}), no_worker).failure().0,
        "States.Runtime"
    );
}

#[test]
fn members_keep_their_order() {
    let definition = json!({"StartAt": "Build", "States": {
        "Build": task("f", json!({
            "Parameters": {"Payload": {"z.$": "$.y", "a": 1}, "FunctionName": "f"},
            "ResultSelector": {"second.$": "$.Payload", "first": 1},
            "ResultPath": "$.built", "End": null, "Next": "Merge",
        })),
        "Merge": {"Type": "Pass", "Parameters": {"merged.$": "States.JsonToString(States.JsonMerge($.built, $.y, false))"}, "End": true},
    }});
    let input = json!({"y": {"zebra": 1, "ape": 2}, "b": 3});
    let run = run(&definition, input, |_, _| {
        Answer::Payload(json!({"y": 1, "x": 2}))
    });
    assert_eq!(
        run.invocations[0].to_string(),
        r#"{"Payload":{"z":{"zebra":1,"ape":2},"a":1},"FunctionName":"f"}"#
    );
    assert_eq!(
        run.output()["merged"],
        r#"{"second":{"y":1,"x":2},"first":1,"zebra":1,"ape":2}"#
    );
}

#[test]
fn every_comparison_decides_on_values_and_on_paths() {
    let data = json!({
        "s": "b", "n": 5, "f": 5.0, "yes": true, "t": "2026-11-20T12:00:00Z", "null": null, "list": [1],
        "a": "a", "four": 4, "no": false, "early": "2026-11-20T12:59:59+01:00",
    });
    for (operator, variable, operand, expected) in [
        ("StringEquals", "$.s", json!("b"), "yes"),
        ("StringEqualsPath", "$.s", json!("$.a"), "no"),
        ("StringGreaterThan", "$.s", json!("a"), "yes"),
        ("StringLessThanPath", "$.s", json!("$.a"), "no"),
        ("StringGreaterThanEquals", "$.s", json!("b"), "yes"),
        ("StringLessThanEquals", "$.s", json!("a"), "no"),
        ("StringMatches", "$.t", json!("2026-*Z"), "yes"),
        ("NumericEquals", "$.n", json!(5.0), "yes"),
        ("NumericEqualsPath", "$.n", json!("$.f"), "yes"),
        ("NumericGreaterThanPath", "$.n", json!("$.four"), "yes"),
        ("NumericLessThan", "$.n", json!(5), "no"),
        ("NumericLessThanEquals", "$.n", json!(5), "yes"),
        ("NumericGreaterThanEquals", "$.f", json!(5), "yes"),
        ("BooleanEquals", "$.yes", json!(true), "yes"),
        ("BooleanEqualsPath", "$.yes", json!("$.no"), "no"),
        (
            "TimestampEquals",
            "$.t",
            json!("2026-11-20T13:00:00+01:00"),
            "yes",
        ),
        ("TimestampGreaterThanPath", "$.t", json!("$.early"), "yes"),
        (
            "TimestampLessThan",
            "$.t",
            json!("2026-11-20T12:00:00Z"),
            "no",
        ),
        (
            "TimestampLessThanEquals",
            "$.t",
            json!("2026-11-20T12:00:00Z"),
            "yes",
        ),
        (
            "TimestampGreaterThanEqualsPath",
            "$.early",
            json!("$.t"),
            "no",
        ),
        ("IsNull", "$.null", json!(true), "yes"),
        ("IsNull", "$.s", json!(false), "yes"),
        ("IsString", "$.s", json!(true), "yes"),
        ("IsNumeric", "$.s", json!(true), "no"),
        ("IsBoolean", "$.no", json!(true), "yes"),
        ("IsTimestamp", "$.t", json!(true), "yes"),
        ("IsTimestamp", "$.s", json!(true), "no"),
        ("IsPresent", "$.null", json!(true), "yes"),
        ("IsPresent", "$.none", json!(false), "yes"),
        ("IsPresent", "$.list[1]", json!(true), "no"),
        ("StringEquals", "$$.State.Name", json!("Ask"), "yes"),
        ("NumericEquals", "$.s", json!(5), "no"),
        ("StringEquals", "$.n", json!("5"), "no"),
        ("StringEquals", "$.none", json!("b"), "States.Runtime"),
        ("StringEqualsPath", "$.s", json!("$.none"), "States.Runtime"),
    ] {
        let rule = json!({"Variable": variable, operator: operand});
        assert_eq!(choose(rule.clone(), data.clone()), expected, "{rule}");
    }
}

#[test]
fn and_or_and_not_look_no_further_than_they_must() {
    let present = json!({"Variable": "$.a", "IsPresent": true});
    let equals = json!({"Variable": "$.a", "NumericEquals": 1});
    let guarded = json!({"And": [present, equals]});
    assert_eq!(choose(guarded.clone(), json!({})), "no");
    assert_eq!(choose(guarded.clone(), json!({"a": 1})), "yes");
    assert_eq!(choose(json!({"Not": guarded}), json!({})), "yes");
    let either = json!({"Or": [{"Not": present}, equals]});
    assert_eq!(choose(either.clone(), json!({})), "yes");
    assert_eq!(choose(either.clone(), json!({"a": 1})), "yes");
    assert_eq!(choose(either, json!({"a": 2})), "no");
}

#[test]
fn fails_when_no_choice_matches_and_there_is_no_default() {
    let definition = json!({"StartAt": "Ask", "States": {
        "Ask": {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsPresent": true, "Next": "Yes"}]},
        "Yes": {"Type": "Succeed"},
    }});
    let (error, cause) = {
        let run = run(&definition, json!({}), no_worker);
        (run.failure().0.to_owned(), run.failure().1.to_owned())
    };
    assert_eq!(error, "States.NoChoiceMatched");
    assert!(
        cause.starts_with(
            "An error occurred while executing the state 'Ask' (entered at the event id #2)."
        ),
        "{cause}"
    );
}

#[test]
fn a_wait_lasts_as_long_as_the_definition_or_the_data_says() {
    let until = later(90);
    for (field, value, expected) in [
        ("Seconds", json!(30), vec![30.0]),
        ("SecondsPath", json!("$.seconds"), vec![45.0]),
        ("Timestamp", json!("2026-11-20T12:01:00.123Z"), vec![60.0]),
        ("TimestampPath", json!("$.until"), vec![90.0]),
        ("Timestamp", json!("2020-01-01T00:00:00Z"), vec![]),
        ("Seconds", json!(0), vec![]),
    ] {
        let definition = single(json!({"Type": "Wait", field: value, "End": true}));
        let input = json!({"seconds": 45, "until": until.to_string()});
        let run = run(&definition, input.clone(), no_worker);
        assert_eq!(
            (run.waits.clone(), run.output()),
            (expected, &input),
            "{field}"
        );
    }
}

#[test]
fn fails_when_the_data_has_no_time_to_wait() {
    for (field, path, input, why) in [
        (
            "SecondsPath",
            "$.seconds",
            json!({"seconds": -1}),
            "The SecondsPath parameter references a negative value: $.seconds == -1",
        ),
        (
            "SecondsPath",
            "$.seconds",
            json!({"seconds": 1.5}),
            "The SecondsPath parameter cannot be parsed as a long value: $.seconds == 1.5",
        ),
        (
            "SecondsPath",
            "$.seconds",
            json!({"seconds": "5"}),
            "The SecondsPath parameter cannot be parsed as a long value: $.seconds == 5",
        ),
        (
            "SecondsPath",
            "$.seconds",
            json!({"seconds": 100_000_000}),
            "The SecondsPath parameter references a value over 99999999: $.seconds == 100000000",
        ),
        (
            "SecondsPath",
            "$.seconds",
            json!({}),
            "The JSONPath '$.seconds' specified for the field 'SecondsPath' could not be found in the input '{}'",
        ),
        (
            "TimestampPath",
            "$.until",
            json!({"until": "soon"}),
            "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: $.until == soon",
        ),
    ] {
        let definition = single(json!({"Type": "Wait", field: path, "End": true}));
        let run = run(&definition, input.clone(), no_worker);
        let (error, cause) = run.failure();
        assert_eq!(error, "States.Runtime", "{input}");
        let state =
            "An error occurred while executing the state 'Only' (entered at the event id #2). ";
        assert_eq!(cause, format!("{state}{why}"));
    }
}

#[test]
fn a_wait_of_more_seconds_than_31_bits_hold_fails_at_once() {
    let days = |days: i64| later(days * 24 * 3600).to_string();
    for wait in [
        json!({"TimestampPath": "$.until"}),
        json!({"Timestamp": days(24_856)}),
    ] {
        let definition = single(with(json!({"Type": "Wait", "End": true}), wait));
        let run = run(&definition, json!({"until": days(24_856)}), no_worker);
        assert_eq!(
            (run.failure().0, run.waits.as_slice()),
            ("States.Runtime", [].as_slice())
        );
    }
    let long = single(json!({"Type": "Wait", "TimestampPath": "$.until", "End": true}));
    let run = run(&long, json!({"until": days(24_855)}), no_worker);
    assert_eq!(run.waits, [24_855.0 * 24.0 * 3600.0]);
}

#[test]
fn fails_with_the_words_of_a_fail_state() {
    let definition = single(
        json!({"Type": "Fail", "Error": "Gone", "CausePath": "States.Format('run {}', $.id)"}),
    );
    assert_eq!(
        run(&definition, json!({"id": 7}), no_worker).failure(),
        ("Gone", "run 7")
    );
    let definition = single(json!({"Type": "Fail", "ErrorPath": "$.error", "Cause": "it said so"}));
    assert_eq!(
        run(&definition, json!({"error": "Lost"}), no_worker).failure(),
        ("Lost", "it said so")
    );
    assert_eq!(
        run(&definition, json!({"error": 7}), no_worker).failure().0,
        "States.Runtime"
    );
}

#[test]
fn asking_again_gives_the_same_answer_until_it_was_dealt_with() {
    let machine = machine(&json!({"StartAt": "Wait", "States": {
        "Wait": {"Type": "Wait", "Seconds": 10, "Next": "Work"},
        "Work": task("f", json!({"TimeoutSeconds": 60})),
    }}));
    let mut random = fastrand::Rng::with_seed(1);
    let mut execution = start(&machine, json!({}));
    assert_eq!(execution.current_state(), Some("Wait"));
    for now in [start_time(), later(3), later(9)] {
        assert_eq!(
            execution.step(&machine, now, &mut random),
            Step::Wait { until: later(10) }
        );
    }
    let first = execution.step(&machine, later(12), &mut random);
    assert_eq!(execution.step(&machine, later(13), &mut random), first);
    let Step::Invoke(invocation) = first else {
        panic!("a task is to be invoked")
    };
    assert_eq!((invocation.id, invocation.deadline), (1, Some(later(72))));
    assert_eq!(execution.current_state(), Some("Work"));
    execution.complete(99, Ok(json!("somebody else's")), later(14));
    execution.complete(invocation.id, Ok(json!("done")), later(14));
    execution.complete(invocation.id, Ok(json!("done twice")), later(14));
    assert_eq!(
        execution.step(&machine, later(14), &mut random),
        Step::Finished
    );
    assert_eq!(
        execution.status(),
        &asl::Status::Succeeded {
            output: json!("done")
        }
    );
    assert_eq!(execution.current_state(), None);
}

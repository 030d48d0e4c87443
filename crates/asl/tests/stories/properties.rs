//! What holds for every machine and every moment.

use asl::{Execution, StateMachine};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::driver::{Answer, machine, run_with, task, with};

/// Every kind of state, with retries, catches, a timeout and a loop.
fn winding() -> Value {
    let check = task(
        "check",
        json!({
            "TimeoutSeconds": 20,
            "Retry": [{"ErrorEquals": ["Flaky"], "IntervalSeconds": 2, "MaxAttempts": 4, "JitterStrategy": "FULL"}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "Explain"}],
            "ResultSelector": {"done.$": "$.Payload"},
            "ResultPath": "$.check",
            "Next": "Done?",
        }),
    );
    json!({"StartAt": "Prepare", "TimeoutSeconds": 400, "States": {
        "Prepare": {"Type": "Pass", "Result": 0.1, "ResultPath": "$.fraction", "Next": "Wait"},
        "Wait": {"Type": "Wait", "SecondsPath": "$.seconds", "Next": "Check"},
        "Check": with(check, json!({"End": null})),
        "Done?": {"Type": "Choice", "Choices": [{"Variable": "$.check.done", "BooleanEquals": true, "Next": "Good"}], "Default": "Wait"},
        "Good": {"Type": "Succeed"},
        "Explain": {"Type": "Fail", "ErrorPath": "$.failure.Error", "CausePath": "$.failure.Cause"},
    }})
}

fn restarted(execution: Execution) -> Execution {
    let written = serde_json::to_string(&execution).unwrap();
    let read: Execution = serde_json::from_str(&written).unwrap();
    assert_eq!(read, execution);
    read
}

/// Texts that mean something somewhere in a definition.
const WORDS: &str = "$ $.a $..a $$ Task Choice Wait Pass Succeed Fail Map A B States.ALL States.Array($.a) States. \
    arn:aws:states:::lambda:invoke 2026-11-20T12:00:00Z $['";

/// Names of members.
const NAMES: &str = "StartAt States A B Type Next End Default Choices Variable And Or Not IsPresent StringEquals \
    NumericLessThanPath Retry Catch ErrorEquals ResultPath Parameters FunctionName Payload.$ Resource Seconds \
    TimestampPath BackoffRate MaxDelaySeconds TimeoutSeconds InputPath OutputPath Result ErrorPath Error Comment \
    Condition Credentials ~/é";

fn any_of(words: &'static str) -> impl Strategy<Value = &'static str> + Clone {
    prop::sample::select(words.split_whitespace().collect::<Vec<_>>())
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any_of(WORDS).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 96, 8, |inner| {
        let members = prop::collection::vec((any_of(NAMES), inner.clone()), 0..8);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            members.prop_map(|members| {
                members
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect()
            }),
        ]
    })
}

/// Parses, and checks that every fault's place is in the document.
fn parse(definition: &Value) -> Result<StateMachine, asl::DefinitionError> {
    let parsed = StateMachine::parse(&definition.to_string());
    if let Err(error) = &parsed {
        assert!(!error.faults.is_empty());
        for fault in &error.faults {
            assert!(
                definition.pointer(&fault.place).is_some(),
                "{fault} is nowhere in {definition}"
            );
            assert_ne!(
                fault.message, "the definition is incomplete",
                "{definition}"
            );
        }
    }
    parsed
}

proptest! {
    #[test]
    fn a_run_taken_up_again_at_any_moment_ends_the_same(answers in prop::collection::vec(0..5_u8, 1..40), seconds in 0..60_u32) {
        let machine = machine(&winding());
        let input = json!({"seconds": seconds, "exact": 0.1 + 0.2});
        let worker = || {
            let mut answers = answers.clone().into_iter().cycle();
            move |_: &asl::Invocation, _| match answers.next() {
                Some(0) => Answer::Payload(json!(true)),
                Some(1 | 2) => Answer::Error("Flaky"),
                Some(3) => Answer::Payload(json!(false)),
                _ => Answer::Silence,
            }
        };
        let straight = run_with(&machine, input.clone(), worker(), |execution| execution);
        let resumed = run_with(&machine, input, worker(), restarted);
        prop_assert_eq!(&straight.status, &resumed.status);
        prop_assert_eq!(&straight.events, &resumed.events);
        prop_assert_eq!(&straight.waits, &resumed.waits);
    }

    #[test]
    fn any_json_is_parsed_or_refused_with_places(definition in any_json()) {
        let _ = parse(&definition);
    }

    #[test]
    fn any_states_are_parsed_or_refused_with_places(a in any_json(), b in any_json()) {
        let _ = parse(&json!({"StartAt": "A", "States": {"A": a, "B": b}}));
    }

    #[test]
    fn any_text_is_refused_or_parsed(text in ".*") {
        prop_assert!(StateMachine::parse(&text).is_err());
    }

    #[test]
    fn any_expression_in_a_template_is_refused_or_runs(tail in "[a-zA-Z0-9_.$*?@:,'\"\\\\ \\[\\](){}é-]{0,24}", call in any::<bool>()) {
        let expression = if call { format!("States.Format('{tail}, $.a)") } else { format!("${tail}") };
        let state = json!({"Type": "Pass", "Parameters": {"x.$": expression}, "End": true});
        if let Ok(machine) = parse(&json!({"StartAt": "A", "States": {"A": state}})) {
            let run = run_with(&machine, json!({"a": [1]}), |_, _| Answer::Silence, |execution| execution);
            prop_assert!(["SUCCEEDED", "FAILED"].contains(&run.status.word()));
        }
    }
}

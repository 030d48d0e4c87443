//! Definitions, mutated: each is refused with the places of its faults, or runs without a panic.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;

use asl::{Execution, ExecutionIdentity, StateMachine, Step, TaskError};
use fuzz::search;
use jiff::Timestamp;
use serde_json::{Value, json};

/// Texts that mean something in a definition.
const PIECES: [&str; 40] = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "\\",
    "\\u0000",
    "null",
    "true",
    "-1",
    "1e999",
    "99999999999",
    "0.5",
    "\"$.a[0]\"",
    "\"$$.Execution.Name\"",
    "\"$..a\"",
    "\"$['a']\"",
    "\".$\"",
    "\"States.Format('{}', $.a)\"",
    "States.Array(",
    ")",
    "'",
    "States.ALL",
    "\"Next\":\"B\"",
    "\"End\":true",
    "\"Type\":\"Pass\"",
    "\"Type\":\"Wait\"",
    "\"Type\":\"Choice\"",
    "\"ResultPath\":null",
    "\"IsPresent\":true",
    "\"Not\":",
    "2026-11-20T12:00:00Z",
    "\"Timestamp\":\"",
    "\"Seconds\":",
    "\"BackoffRate\":",
    "\"MaxAttempts\":",
    "~1",
    "🐢",
];

/// A run longer than this goes round in circles, which a definition may.
const STEPS: u32 = 300;

fn identity() -> ExecutionIdentity {
    ExecutionIdentity {
        execution_arn: "arn:aws:states:eu-central-1:000000000000:execution:gate:pr-7".to_owned(),
        execution_name: "pr-7".to_owned(),
        state_machine_arn: "arn:aws:states:eu-central-1:000000000000:stateMachine:gate".to_owned(),
        state_machine_name: "gate".to_owned(),
        role_arn: "arn:aws:iam::000000000000:role/gate".to_owned(),
    }
}

/// Runs the machine; workers answer in turn well, ill and never.
fn run(machine: &StateMachine) {
    let mut now: Timestamp = "2026-11-20T12:00:00.123Z".parse().unwrap();
    let mut random = fastrand::Rng::with_seed(7);
    let input =
        json!({ "seconds": 3, "a": [1, "x", { "b": null }], "text": "2026-11-20T12:00:05Z" });
    let mut execution = Execution::start(machine, identity(), input, now);
    for turn in 0..STEPS {
        match execution.step(machine, now, &mut random) {
            Step::Finished => break,
            Step::Wait { until } => now = until.max(now),
            Step::Invoke(invocation) => match turn % 3 {
                0 => {
                    let result = json!({ "Payload": { "done": turn > 20 }, "StatusCode": 200 });
                    execution.complete(invocation.id, Ok(result), now);
                }
                1 => {
                    let error = TaskError {
                        error: "Flaky".to_owned(),
                        cause: "as foreseen".to_owned(),
                    };
                    execution.complete(invocation.id, Err(error), now);
                }
                _ => match invocation.deadline {
                    Some(deadline) => now = deadline.max(now),
                    None => break,
                },
            },
        }
    }
    let written = serde_json::to_string(&execution).unwrap();
    assert_eq!(
        serde_json::from_str::<Execution>(&written).unwrap(),
        execution
    );
}

#[test]
fn any_definition_is_refused_with_its_places_or_runs() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/definitions");
    search(&corpus, &PIECES, |input| {
        let text = String::from_utf8_lossy(input);
        match StateMachine::parse(&text) {
            Ok(machine) => run(&machine),
            Err(error) => {
                assert!(!error.faults.is_empty());
                // Of two members of one name only the last is in the document, the places are of both.
                let is_ambiguous = error
                    .faults
                    .iter()
                    .any(|fault| fault.message.ends_with("is written twice"));
                let document: Value = serde_json::from_str(&text).unwrap_or_default();
                for fault in &error.faults {
                    assert!(!fault.message.is_empty());
                    let is_there =
                        fault.place.is_empty() || document.pointer(&fault.place).is_some();
                    assert!(is_there || is_ambiguous, "{fault} is nowhere");
                }
            }
        }
    });
}

//! A kill in every state of a machine: the next life ends as an undisturbed one does.

use std::sync::Arc;

use futures::FutureExt;
use serde_json::{Value, json};

use super::{FAST, create, definition, ended, events, invoke, kinds, outcome, start};
use crate::{
    Account, Call, Interference,
    services::lambda::testing::{Seen, eventually, live},
};

/// Pass → Task → Wait → Choice → Task → Succeed.
fn machine() -> Value {
    definition(
        "Prepare",
        &json!({
            "Prepare": { "Type": "Pass", "Result": { "ready": true }, "Next": "Build" },
            "Build": invoke("count", "Rest"),
            "Rest": { "Type": "Wait", "Seconds": 600, "Next": "Enough" },
            "Enough": {
                "Type": "Choice",
                "Choices": [{ "Variable": "$.ready", "BooleanEquals": true, "Next": "Report" }],
                "Default": "Build",
            },
            "Report": invoke("count", "Done"),
            "Done": { "Type": "Succeed" },
        }),
    )
}

fn register(account: &Account) -> Seen {
    let seen = Seen::default();
    account.register_function("count", seen.function(|payload, _| Ok(payload)));
    seen
}

fn undisturbed() -> (Value, Vec<String>) {
    let directory = tempfile::tempdir().unwrap();
    outcome(directory.path(), &machine(), &json!({}), |account| {
        drop(register(account));
    })
}

/// Lets the observer hold the call at its `moment`-th look for ever; `held` hears of it.
fn hold(account: &Account, moment: usize, held: &Seen) {
    let looks = std::sync::atomic::AtomicUsize::new(0);
    let remember = held.function(|payload, _| Ok(payload));
    account.observe(Arc::new(move |call: Call, _| {
        let strike = looks.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == moment;
        let remembered = remember(json!(call.state));
        async move {
            if strike {
                drop(remembered.await);
                std::future::pending::<()>().await;
            }
            Interference::Pass
        }
        .boxed()
    }));
}

#[test]
fn a_kill_before_or_after_any_task_changes_nothing_in_the_end() {
    let (expected, expected_kinds) = undisturbed();
    for moment in 0..4 {
        let directory = tempfile::tempdir().unwrap();
        let arn = live(directory.path(), FAST, async |account| {
            register(&account);
            let held = Seen::default();
            hold(&account, moment, &held);
            create(&account, &machine());
            account.start();
            let arn = start(&account, "one", &json!({}));
            let state = held.at_least(1).await.remove(0);
            assert_eq!(state, if moment < 2 { "Build" } else { "Report" });
            arn
        });
        live(directory.path(), FAST, async |account| {
            let seen = register(&account);
            account.start();
            let execution = ended(&account, &arn).await;
            assert_eq!(execution["status"], expected["status"]);
            assert_eq!(execution["output"], expected["output"]);
            assert_eq!(kinds(&events(&account, &arn)), expected_kinds);
            assert_eq!(seen.payloads().len(), if moment < 2 { 2 } else { 1 });
        });
    }
}

#[test]
fn a_kill_while_it_waits_or_before_it_began_changes_nothing_in_the_end() {
    let (expected, expected_kinds) = undisturbed();
    for waits in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let arn = live(directory.path(), 1.0, async |account| {
            register(&account);
            create(&account, &machine());
            if waits {
                account.start();
            }
            let arn = start(&account, "one", &json!({}));
            if waits {
                let waiting = || {
                    kinds(&events(&account, &arn))
                        .last()
                        .is_some_and(|kind| kind == "WaitStateEntered")
                };
                eventually(|| waiting().then_some(())).await;
            }
            arn
        });
        live(directory.path(), FAST, async |account| {
            register(&account);
            account.start();
            let execution = ended(&account, &arn).await;
            assert_eq!(execution["output"], expected["output"]);
            assert_eq!(kinds(&events(&account, &arn)), expected_kinds);
        });
    }
}

#[test]
fn a_running_execution_keeps_its_definition_and_a_finished_one_is_not_run_again() {
    let directory = tempfile::tempdir().unwrap();
    let fails = definition("Oh", &json!({ "Oh": { "Type": "Fail" } }));
    let arn = live(directory.path(), FAST, async |account| {
        create(&account, &machine());
        let arn = start(&account, "old", &json!({}));
        let update = json!({ "stateMachineArn": super::MACHINE, "definition": fails.to_string() });
        super::told(&account, "UpdateStateMachine", update);
        arn
    });
    let histories: Vec<_> = (0..2)
        .map(|_| {
            live(directory.path(), FAST, async |account| {
                let seen = register(&account);
                account.start();
                assert_eq!(ended(&account, &arn).await["status"], "SUCCEEDED");
                let new = start(&account, &format!("new-{}", fastrand::u64(..)), &json!({}));
                assert_eq!(ended(&account, &new).await["status"], "FAILED");
                (events(&account, &arn), seen.payloads().len())
            })
        })
        .collect();
    assert_eq!(histories[0].0, histories[1].0);
    assert_eq!((histories[0].1, histories[1].1), (2, 0));
}

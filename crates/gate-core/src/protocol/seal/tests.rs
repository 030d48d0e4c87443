use serde_json::json;

use super::*;
use crate::{
    protocol::{Failure, Next},
    samples::{candidacy, execution},
};

fn key() -> Key {
    Key::new(&"k".repeat(SHORTEST)).unwrap()
}

fn state() -> State {
    State::of(Request::Gate(candidacy())).then(Next::Report)
}

fn sealed() -> Value {
    state().sealed(&execution(), &key())
}

fn open(step: Step, state: &Value) -> Result<Invocation, GateError> {
    let payload = json!({ "step": step, "execution": execution(), "state": state });
    Invocation::open(payload, &key())
}

#[test]
fn what_a_step_has_put_out_is_read_by_every_step_of_its_run() {
    for step in [Step::Revoke, Step::StartBuilds, Step::Report, Step::Release] {
        assert_eq!(open(step, &sealed()).unwrap().state, state());
    }
}

#[test]
fn what_the_state_machine_adds_and_the_order_of_members_break_no_seal() {
    let mut failed = sealed();
    failed["failure"] = json!({ "Error": "GaveUp", "Cause": "" });
    let read = open(Step::Explain, &failed).unwrap();
    let failure = Failure {
        error: "GaveUp".to_owned(),
        cause: String::new(),
    };
    assert_eq!(read.state.failure, Some(failure));
    let Value::Object(members) = sealed() else {
        panic!("a state is an object")
    };
    let turned: Map<String, Value> = members.into_iter().rev().collect();
    assert!(open(Step::Report, &Value::Object(turned)).is_ok());
}

#[test]
fn refuses_a_state_in_which_anything_was_changed() {
    let changes: [fn(&mut Value); 6] = [
        |state| state["next"] = json!("build"),
        |state| state["run"] = json!({ "plan": {}, "project": "mallory" }),
        |state| state["request"]["revision"] = json!("another"),
        |state| state["unknown"] = json!(1),
        |state| state["seal"] = json!("0".repeat(64)),
        |state| state["seal"] = json!(""),
    ];
    for change in changes {
        let mut forged = sealed();
        change(&mut forged);
        let error = open(Step::Report, &forged).unwrap_err();
        if error.word() != "InvalidInput" {
            assert_eq!(error.word(), "BrokenSeal", "{forged}");
        }
    }
}

#[test]
fn refuses_the_state_of_another_run_and_of_another_deployment() {
    let payload = |execution: Execution| json!({ "step": Step::Report, "execution": execution, "state": sealed() });
    let later = Execution {
        start_time: "2026-11-20T10:00:00.001Z".to_owned(),
        ..execution()
    };
    let other = Key::new(&"o".repeat(SHORTEST)).unwrap();
    for (execution, key) in [(later, key()), (execution(), other)] {
        let error = Invocation::open(payload(execution), &key).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the state that `Report` was handed does not bear the gate's seal: it was changed, is another run's, or was made with another key"
        );
    }
}

#[test]
fn the_input_of_a_run_is_read_without_a_seal_where_such_runs_begin_and_nowhere_else() {
    let input = |request: &Request| serde_json::from_str(&State::input_text(request)).unwrap();
    let gate: Value = input(&Request::Gate(candidacy()));
    let close: Value = input(&Request::Close {
        repository: candidacy().repository,
        pull_request: candidacy().pull_request,
    });
    assert!(open(Step::Prepare, &gate).is_ok());
    assert!(open(Step::StopBuilds, &close).is_ok());
    for (step, input) in [
        (Step::Report, &gate),
        (Step::Revoke, &gate),
        (Step::Answer, &gate),
        (Step::TearDown, &close),
        (Step::Conclude, &close),
        (Step::Prepare, &json!(state())),
    ] {
        let error = open(step, input).unwrap_err();
        assert_eq!(error.word(), "BrokenSeal", "{step:?}");
        assert!(error.to_string().contains("by hand"), "{error}");
    }
}

#[test]
fn of_a_broken_state_the_request_and_the_failure_are_left() {
    let forged = json!({ "step": Step::Explain, "execution": execution(), "state": State {
        failure: Some(Failure { error: "BrokenSeal".to_owned(), cause: "no".to_owned() }),
        outcome: Some("passed".to_owned()),
        ..state()
    } });
    let left = Invocation::parse(forged).unwrap().with_request_alone();
    assert_eq!(left.state.request, state().request);
    assert_eq!((left.state.next, &left.state.outcome), (Next::End, &None));
    assert!(left.state.failure.is_some());
}

#[test]
fn refuses_a_key_that_can_be_guessed() {
    assert!(Key::new("").is_none());
    assert!(Key::new(&"k".repeat(SHORTEST - 1)).is_none());
}

#[test]
fn tokens_differ_by_every_part_and_by_the_key() {
    let token = |parts: &[&str]| key().token(parts);
    assert_eq!(token(&["a", "b"]).len(), 64);
    assert_eq!(token(&["a", "b"]), token(&["a", "b"]));
    assert_ne!(token(&["a", "b"]), token(&["ab", ""]));
    let other = Key::new(&"o".repeat(SHORTEST)).unwrap();
    assert_ne!(token(&["a", "b"]), other.token(&["a", "b"]));
}

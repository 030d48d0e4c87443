use axum::{
    body::to_bytes,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    invoke,
    testing::{Seen, eventually, failure, live, spoiling},
};
use crate::{Interference, Moment, ServiceError};

/// Makes 60 s and 120 s of retry delay 6 ms and 12 ms.
const FAST: f64 = 0.0001;

async fn body(response: Response) -> Value {
    serde_json::from_slice(&to_bytes(response.into_body(), 1 << 20).await.unwrap()).unwrap()
}

#[test]
fn a_function_answers_by_name_by_arn_and_with_a_qualifier() {
    let directory = tempfile::tempdir().unwrap();
    live(directory.path(), 1.0, async |account| {
        let seen = Seen::default();
        account.register_function("echo", seen.function(|payload, _| Ok(payload)));
        for name in [
            "echo",
            "echo:live",
            "000000000000:function:echo",
            "arn:aws:lambda:us-east-1:000000000000:function:echo",
            "arn:aws:lambda:us-east-1:000000000000:function:echo:$LATEST",
        ] {
            let invoked = invoke(&account, name, "RequestResponse", br#"{"a":1}"#);
            let response = invoked.await.unwrap().into_response();
            assert_eq!(response.status(), 200);
            assert_eq!(response.headers()["x-amz-executed-version"], "$LATEST");
            assert!(!response.headers().contains_key("x-amz-function-error"));
            assert_eq!(body(response).await, json!({ "a": 1 }), "{name}");
        }
        let dry = invoke(&account, "echo", "DryRun", b"").await.unwrap();
        assert_eq!(dry.into_response().status(), 204);
        assert_eq!(seen.payloads().len(), 5);
    });
}

#[test]
fn a_failing_and_a_panicking_function_are_function_errors() {
    let directory = tempfile::tempdir().unwrap();
    live(directory.path(), 1.0, async |account| {
        let seen = Seen::default();
        account.register_function(
            "failing",
            seen.function(|_, _| Err(failure("RevisionStale", "revision 3 is gone"))),
        );
        account.register_function("panicking", seen.function(|_, _| panic!("no such luck")));
        for (name, expected) in [
            (
                "failing",
                json!({ "errorType": "RevisionStale", "errorMessage": "revision 3 is gone" }),
            ),
            (
                "panicking",
                json!({ "errorType": "Runtime.ExitError", "errorMessage": "panicked: no such luck" }),
            ),
        ] {
            let invoked = invoke(&account, name, "RequestResponse", b"{}").await;
            let response = invoked.unwrap().into_response();
            assert_eq!(response.status(), 200);
            assert_eq!(response.headers()["x-amz-function-error"], "Unhandled");
            assert_eq!(body(response).await, expected);
        }
    });
}

#[test]
fn refuses_what_lambda_refuses() {
    let directory = tempfile::tempdir().unwrap();
    live(directory.path(), 1.0, async |account| {
        account.register_function("echo", Seen::default().function(|payload, _| Ok(payload)));
        let large = format!("\"{}\"", "x".repeat(6 << 20));
        let queued = format!("\"{}\"", "x".repeat(1 << 20));
        for (name, kind, payload, status, code) in [
            (
                "none",
                "RequestResponse",
                "{}",
                404,
                "ResourceNotFoundException",
            ),
            ("none", "Event", "{}", 404, "ResourceNotFoundException"),
            (
                "echo",
                "RequestResponse",
                "{",
                400,
                "InvalidRequestContentException",
            ),
            (
                "echo",
                "Sometime",
                "{}",
                400,
                "InvalidParameterValueException",
            ),
            (
                "echo",
                "RequestResponse",
                &large,
                413,
                "RequestTooLargeException",
            ),
            ("echo", "Event", &queued, 413, "RequestTooLargeException"),
        ] {
            let refused = invoke(&account, name, kind, payload.as_bytes()).await;
            let error = refused.err().unwrap();
            assert_eq!(
                (error.status, error.code.as_str()),
                (status, code),
                "{name} {kind}"
            );
        }
    });
}

#[test]
fn an_asynchronous_invocation_is_tried_three_times() {
    let directory = tempfile::tempdir().unwrap();
    live(directory.path(), FAST, async |account| {
        let seen = Seen::default();
        account.register_function(
            "third-time-lucky",
            seen.function(|payload, count| match count {
                3 => Ok(payload),
                _ => Err(failure("NotYet", "not yet")),
            }),
        );
        account.start();
        let queued = invoke(&account, "third-time-lucky", "Event", br#"{"a":1}"#).await;
        assert_eq!(queued.unwrap().into_response().status(), 202);
        assert_eq!(seen.at_least(3).await, vec![json!({ "a": 1 }); 3]);
        tokio::time::sleep(std::time::Duration::from_millis(60)).await;
        assert_eq!(seen.payloads().len(), 3);
        assert!(account.dead_letters().is_empty());
    });
}

#[test]
fn what_fails_three_times_is_a_dead_letter_that_survives() {
    let directory = tempfile::tempdir().unwrap();
    let seen = Seen::default();
    live(directory.path(), FAST, async |account| {
        account.register_function(
            "bad",
            seen.function(|_, _| Err(failure("Broken", "for good"))),
        );
        account.start();
        invoke(&account, "bad", "Event", b"7").await.unwrap();
        eventually(|| account.dead_letters().pop()).await;
    });
    live(directory.path(), FAST, async |account| {
        let letters = account.dead_letters();
        assert_eq!(letters.len(), 1);
        assert_eq!(
            letters[0].target,
            "arn:aws:lambda:us-east-1:000000000000:function:bad"
        );
        assert_eq!(letters[0].payload, json!(7));
        assert_eq!(letters[0].error, "Broken: for good");
        assert_eq!(seen.payloads().len(), 3);
    });
}

#[test]
fn an_invocation_in_flight_is_taken_up_again_after_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let seen = Seen::default();
    live(directory.path(), FAST, async |account| {
        account.register_function("slow", seen.hanging_function());
        account.start();
        invoke(&account, "slow", "Event", b"7").await.unwrap();
        seen.at_least(1).await;
    });
    for _ in 0..2 {
        live(directory.path(), FAST, async |account| {
            account.register_function("slow", seen.function(|payload, _| Ok(payload)));
            account.start();
            assert_eq!(seen.at_least(2).await, [json!(7), json!(7)]);
            tokio::time::sleep(std::time::Duration::from_millis(30)).await;
            assert!(account.dead_letters().is_empty());
        });
    }
    assert_eq!(
        seen.payloads().len(),
        2,
        "an answered invocation is not repeated"
    );
}

#[test]
fn a_delivery_may_be_repeated_lost_or_refused_and_still_arrives() {
    for interference in [
        Interference::Repeat,
        Interference::Drop,
        Interference::Fail(ServiceError::client(
            "TooManyRequestsException",
            "slow down",
        )),
    ] {
        for struck in [Moment::Before, Moment::After] {
            let directory = tempfile::tempdir().unwrap();
            live(directory.path(), FAST, async |account| {
                let spoil = interference.clone();
                let seen = Seen::default();
                account.register_function("echo", seen.function(|payload, _| Ok(payload)));
                let first = usize::from(struck == Moment::After);
                spoiling(&account, move |_, moment, before| match before {
                    before if before == first && moment == struck => spoil.clone(),
                    _ => Interference::Pass,
                });
                account.start();
                invoke(&account, "echo", "Event", b"7").await.unwrap();
                let twice = !matches!(
                    (&interference, struck),
                    (Interference::Repeat, Moment::After)
                        | (Interference::Drop | Interference::Fail(_), Moment::Before)
                );
                seen.at_least(1 + usize::from(twice)).await;
                tokio::time::sleep(std::time::Duration::from_millis(40)).await;
                assert_eq!(seen.payloads().len(), 1 + usize::from(twice), "{struck:?}");
                assert!(account.dead_letters().is_empty());
            });
        }
    }
}

#[test]
fn a_forgotten_delivery_never_arrives_and_nobody_hears_of_it() {
    let directory = tempfile::tempdir().unwrap();
    live(directory.path(), FAST, async |account| {
        let seen = Seen::default();
        account.register_function("echo", seen.function(|payload, _| Ok(payload)));
        spoiling(&account, |_, _, before| match before {
            0 => Interference::Forget,
            _ => Interference::Pass,
        });
        account.start();
        invoke(&account, "echo", "Event", b"7").await.unwrap();
        eventually(|| (!account.has_undelivered()).then_some(())).await;
        invoke(&account, "echo", "Event", b"8").await.unwrap();
        assert_eq!(seen.at_least(1).await, [json!(8)]);
        assert!(account.dead_letters().is_empty());
    });
}

#[test]
fn a_function_that_dies_in_its_middle_is_invoked_again() {
    let directory = tempfile::tempdir().unwrap();
    live(directory.path(), FAST, async |account| {
        let (first_step, second_step) = (Seen::default(), Seen::default());
        let steps = [&first_step, &second_step].map(|seen| seen.function(|payload, _| Ok(payload)));
        let handler: crate::FunctionHandler = std::sync::Arc::new(move |payload| {
            let [first, second] = steps.clone();
            Box::pin(async move {
                first(payload.clone()).await?;
                tokio::task::yield_now().await;
                second(payload).await
            })
        });
        account.register_function("two-steps", handler);
        spoiling(&account, |_, _, before| match before {
            0 => Interference::Die(1),
            _ => Interference::Pass,
        });
        account.start();
        invoke(&account, "two-steps", "Event", b"7").await.unwrap();
        assert_eq!(second_step.at_least(1).await, [json!(7)]);
        assert_eq!(first_step.payloads(), [json!(7), json!(7)]);
        assert!(account.dead_letters().is_empty());
    });
}

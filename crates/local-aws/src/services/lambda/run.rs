//! One run of a function's handler: what can come of it, and how a caller hears of that.

use std::{
    any::Any,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::{Mutex, PoisonError},
    task::{Context, Poll},
};

use futures::{FutureExt, future::BoxFuture};
use serde_json::{Value, json};
use tokio::{
    sync::{Notify, oneshot},
    task::JoinSet,
};

use super::{function_name, not_found};
use crate::{
    Account, FunctionError, ServiceError,
    account::FunctionHandler,
    interference::{Passed, Spoilt},
    wire,
};

/// What Lambda calls a function whose process ended.
const EXIT_ERROR: &str = "Runtime.ExitError";

/// Why an invocation has no result.
#[derive(Debug)]
pub(crate) enum Failure {
    /// No function of this name is registered.
    Unknown,
    /// The function says so.
    Function(FunctionError),
    /// The function panicked, with these words.
    Panic(String),
    /// The service refused, for example by throttling.
    Service(ServiceError),
    /// No answer came; whether the function ran is unknown.
    Lost,
    /// The function's process was killed.
    Killed,
}

impl Failure {
    /// The failure as a `lambda:invoke` task of a state machine sees it.
    pub(crate) fn task_error(self, account: &Account, function: &str) -> asl::TaskError {
        let (error, cause) = match self {
            Self::Unknown => {
                let error = not_found(account, function);
                (format!("Lambda.{}", error.code), service_cause(&error))
            }
            Self::Function(error) => {
                let cause = error_payload(&error).to_string();
                (error.error_type, cause)
            }
            Self::Panic(message) => ("Lambda.Unknown".to_owned(), unknown_cause(&message)),
            Self::Service(error) => (format!("Lambda.{}", error.code), service_cause(&error)),
            Self::Lost => (
                "Lambda.Unknown".to_owned(),
                unknown_cause("the answer was lost"),
            ),
            Self::Killed => (EXIT_ERROR.to_owned(), killed_payload().to_string()),
        };
        asl::TaskError { error, cause }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown => formatter.write_str("no such function"),
            Self::Function(error) => {
                write!(formatter, "{}: {}", error.error_type, error.error_message)
            }
            Self::Panic(message) => write!(formatter, "the function panicked: {message}"),
            Self::Service(error) => error.fmt(formatter),
            Self::Lost => formatter.write_str("the answer was lost"),
            Self::Killed => formatter.write_str("the function was killed"),
        }
    }
}

impl From<Spoilt> for Failure {
    fn from(spoilt: Spoilt) -> Self {
        match spoilt {
            Spoilt::Failed(error) => Self::Service(error),
            Spoilt::Dropped | Spoilt::Truncated | Spoilt::Late(_) | Spoilt::Forgotten => Self::Lost,
        }
    }
}

/// As AWS's integration quotes a refusal of Lambda.
fn service_cause(error: &ServiceError) -> String {
    format!(
        "{} (Service: AWSLambda; Status Code: {}; Error Code: {}; Request ID: {}; Proxy: null)",
        error.message,
        error.status,
        error.code,
        wire::request_id()
    )
}

fn unknown_cause(message: &str) -> String {
    format!(
        "The cause could not be determined because Lambda did not return an error type. Returned payload: {}",
        json!({ "errorMessage": message })
    )
}

/// A function's own failure as Lambda's payload.
pub(super) fn error_payload(error: &FunctionError) -> Value {
    json!({ "errorType": error.error_type, "errorMessage": error.error_message })
}

/// A panic as Lambda's payload.
pub(super) fn panic_payload(message: &str) -> Value {
    json!({ "errorType": EXIT_ERROR, "errorMessage": format!("panicked: {message}") })
}

/// The end of a function's process as Lambda's payload.
pub(super) fn killed_payload() -> Value {
    json!({ "errorType": EXIT_ERROR, "errorMessage": "Runtime exited with error: signal: killed" })
}

/// The handlers at work. They outlive the caller that waits for them, as a Lambda function does; they end with the account.
#[derive(Default)]
pub(crate) struct Invocations {
    tasks: Mutex<JoinSet<()>>,
    /// Rung when an asynchronous invocation was queued.
    pub(crate) bell: Notify,
}

impl Invocations {
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// Ends every handler where it stands.
    pub(crate) fn abort_all(&self) {
        self.tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .abort_all();
    }
}

fn handler(account: &Account, name: &str) -> Option<FunctionHandler> {
    account
        .functions
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .get(function_name(name))
        .cloned()
}

/// Whether Invoke would find the function.
pub(super) fn is_registered(account: &Account, name: &str) -> bool {
    handler(account, name).is_some()
}

/// Runs the function that `name` names. Whoever stops waiting does not stop the function; `passed` may end it in its
/// middle.
pub(crate) async fn run(
    account: &Account,
    name: &str,
    payload: Value,
    passed: Passed,
) -> Result<Value, Failure> {
    let handler = handler(account, name).ok_or(Failure::Unknown)?;
    let (answer, answered) = oneshot::channel();
    let wakings = match passed {
        Passed::Dying(wakings) => Some(wakings),
        _ => None,
    };
    account.invocations.spawn(async move {
        let mortal = Mortal {
            handler: async move { handler(payload).await }.boxed(),
            wakings,
        };
        let outcome = match AssertUnwindSafe(mortal).catch_unwind().await {
            Ok(Some(result)) => result.map_err(Failure::Function),
            Ok(None) => Err(Failure::Killed),
            Err(panic) => Err(Failure::Panic(words(panic.as_ref()))),
        };
        // Nobody may be waiting any more: the result is then lost, as Lambda's is.
        drop(answer.send(outcome));
    });
    match answered.await {
        Ok(outcome) => outcome,
        // The account is shutting down: the caller is ended too and must not take this for an outcome.
        Err(_) => std::future::pending().await,
    }
}

/// A handler that may end in its middle, at one of the moments at which it goes on after waiting.
struct Mortal {
    handler: BoxFuture<'static, Result<Value, FunctionError>>,
    wakings: Option<u32>,
}

impl Future for Mortal {
    /// Nothing if it died.
    type Output = Option<Result<Value, FunctionError>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.wakings {
            Some(0) => return Poll::Ready(None),
            Some(left) => *left -= 1,
            None => {}
        }
        self.handler.poll_unpin(context).map(Some)
    }
}

fn words(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}

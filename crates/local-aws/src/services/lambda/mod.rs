//! Lambda: Invoke of registered functions, in the words of its REST protocol.

mod queue;
mod run;

use std::sync::Arc;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::{Account, DeadLetter, ServiceError, interference::Passed, wire};

pub(crate) use queue::{Undeliverable, bury, enqueue};
pub(crate) use run::{Failure, Invocations, run};

/// Largest payload of a synchronous invocation, in bytes.
const SYNCHRONOUS_LIMIT_BYTES: usize = 6 << 20;
/// Largest payload of an asynchronous invocation, in bytes.
const ASYNCHRONOUS_LIMIT_BYTES: usize = 1 << 20;

/// The answer to an Invoke.
pub(crate) enum Invoked {
    /// RequestResponse: the function's result.
    Result(Value),
    /// RequestResponse: the function failed.
    FunctionError(Value),
    /// Event: the payload is in the queue.
    Queued,
    /// DryRun: the function exists.
    DryRun,
}

impl IntoResponse for Invoked {
    fn into_response(self) -> Response {
        let (status, body, failed) = match self {
            Self::Result(value) => (StatusCode::OK, value.to_string(), false),
            Self::FunctionError(value) => (StatusCode::OK, value.to_string(), true),
            Self::Queued => (StatusCode::ACCEPTED, String::new(), false),
            Self::DryRun => (StatusCode::NO_CONTENT, String::new(), false),
        };
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        headers.insert(
            "x-amz-executed-version",
            HeaderValue::from_static("$LATEST"),
        );
        if failed {
            headers.insert(
                "x-amz-function-error",
                HeaderValue::from_static("Unhandled"),
            );
        }
        if let Ok(id) = HeaderValue::from_str(&wire::request_id()) {
            headers.insert("x-amzn-requestid", id);
        }
        response
    }
}

/// Invokes the function that `name` names; `kind` is RequestResponse, Event or DryRun.
pub(crate) async fn invoke(
    account: &Arc<Account>,
    name: &str,
    kind: &str,
    body: &[u8],
) -> Result<Invoked, ServiceError> {
    let limit = if kind == "Event" {
        ASYNCHRONOUS_LIMIT_BYTES
    } else {
        SYNCHRONOUS_LIMIT_BYTES
    };
    if body.len() > limit {
        let message =
            format!("Request must be smaller than {limit} bytes for the InvokeFunction operation");
        return Err(ServiceError {
            status: 413,
            ..ServiceError::client("RequestTooLargeException", message)
        });
    }
    let payload = parse_payload(body)?;
    if !run::is_registered(account, name) {
        return Err(not_found(account, name));
    }
    match kind {
        "RequestResponse" => answer(account, name, payload).await,
        "Event" => {
            let target = account.arn("lambda", &format!("function:{}", function_name(name)));
            account
                .store
                .write(|transaction| enqueue(transaction, &target, payload))?;
            account.invocations.bell.notify_one();
            Ok(Invoked::Queued)
        }
        "DryRun" => Ok(Invoked::DryRun),
        other => Err(ServiceError::client(
            "InvalidParameterValueException",
            format!("`{other}` is no InvocationType: use RequestResponse, Event or DryRun"),
        )),
    }
}

async fn answer(
    account: &Arc<Account>,
    name: &str,
    payload: Value,
) -> Result<Invoked, ServiceError> {
    Ok(match run(account, name, payload, Passed::Once).await {
        Ok(value) => Invoked::Result(value),
        Err(Failure::Function(error)) => Invoked::FunctionError(run::error_payload(&error)),
        Err(Failure::Panic(message)) => Invoked::FunctionError(run::panic_payload(&message)),
        Err(Failure::Killed) => Invoked::FunctionError(run::killed_payload()),
        Err(Failure::Unknown) => return Err(not_found(account, name)),
        Err(Failure::Service(error)) => return Err(error),
        Err(Failure::Lost) => return Err(ServiceError::internal("the invocation was lost")),
    })
}

fn parse_payload(body: &[u8]) -> Result<Value, ServiceError> {
    if body.is_empty() {
        return Ok(json!({}));
    }
    wire::json(body).map_err(|error| {
        ServiceError::client(
            "InvalidRequestContentException",
            format!("Could not parse request body into json: {error}"),
        )
    })
}

fn not_found(account: &Account, name: &str) -> ServiceError {
    let arn = account.arn("lambda", &format!("function:{}", function_name(name)));
    ServiceError {
        status: 404,
        ..ServiceError::client(
            "ResourceNotFoundException",
            format!("Function not found: {arn}"),
        )
    }
}

/// The bare name in a function's name, partial ARN or ARN, with or without a qualifier.
pub(crate) fn function_name(name: &str) -> &str {
    let name = name.rsplit_once("function:").map_or(name, |(_, name)| name);
    name.split(':').next().unwrap_or(name)
}

/// Works off asynchronous invocations.
pub(crate) fn start(account: &Arc<Account>) -> Vec<JoinHandle<()>> {
    vec![tokio::spawn(queue::work(account.clone()))]
}

/// Whether any asynchronous invocation still waits for its function's answer.
pub(crate) fn has_queued(account: &Account) -> bool {
    !queue::is_empty(account)
}

/// What no target would take, oldest first.
pub(crate) fn dead_letters(account: &Account) -> Vec<DeadLetter> {
    queue::dead_letters(account)
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

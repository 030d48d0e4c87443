//! Runs a handler on the Lambda runtime: logs as JSON lines, errors as the words the state machine knows.

use gate_core::error::GateError;
pub use lambda_runtime::Error;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;
use tracing_subscriber::EnvFilter;

/// What is logged unless `RUST_LOG` says otherwise.
const DEFAULT_FILTER: &str = "info";

/// Hands every event to `handler` until Lambda ends the process.
///
/// Each event has one span with its request id. An error is logged once, here, and reaches the caller as `errorType` (its
/// word) and `errorMessage` (its sentence).
pub async fn run<H, F>(handler: H) -> Result<(), Error>
where
    H: Fn(Value) -> F,
    F: Future<Output = Result<Value, GateError>>,
{
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter())
        .try_init()?;
    // `run` itself opens the span, with the request id and the trace id.
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| {
        answer(&handler, event.payload)
    }))
    .await
}

fn filter() -> EnvFilter {
    EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER))
}

async fn answer<H, F>(handler: &H, payload: Value) -> Result<Value, Diagnostic>
where
    H: Fn(Value) -> F,
    F: Future<Output = Result<Value, GateError>>,
{
    handler(payload).await.map_err(|error| {
        if error.is_transient() {
            tracing::warn!(error.word = error.word(), error.message = %error, "the event failed and may be tried again");
        } else {
            tracing::error!(error.word = error.word(), error.message = %error, "the event failed");
        }
        diagnostic(&error)
    })
}

fn diagnostic(error: &GateError) -> Diagnostic {
    Diagnostic {
        error_type: error.word().to_owned(),
        error_message: error.to_string(),
    }
}

#[cfg(test)]
mod tests;

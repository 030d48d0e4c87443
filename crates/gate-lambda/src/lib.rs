//! Runs a handler on the Lambda runtime: logs as JSON lines, errors as the words the state machine knows.

use gate_core::{error::GateError, secret};
pub use lambda_runtime::Error;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;
use tracing::Level;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

/// What is logged unless `RUST_LOG` says otherwise.
const DEFAULT_LEVEL: Level = Level::INFO;

/// Hands every event to `handler` until Lambda ends the process.
///
/// Each event has one span with its request id. An error is logged once, here, and reaches the caller as `errorType` (its
/// word) and `errorMessage` (its sentence).
pub async fn run<H, F>(handler: H) -> Result<(), Error>
where
    H: Fn(Value) -> F,
    F: Future<Output = Result<Value, GateError>>,
{
    tracing_subscriber::registry()
        .with(tracing_subscriber::fmt::layer().json())
        .with(filter())
        .try_init()?;
    // `run` itself opens the span, with the request id and the trace id.
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| {
        answer(&handler, event.payload)
    }))
    .await
}

/// `RUST_LOG` as `level` or `target=level`, separated by commas. What is deployed says nothing below `info`.
fn filter() -> Targets {
    let wished = std::env::var("RUST_LOG").ok();
    let filter = wished.and_then(|wished| wished.parse::<Targets>().ok());
    filter.unwrap_or_else(|| Targets::new().with_default(DEFAULT_LEVEL))
}

async fn answer<H, F>(handler: &H, payload: Value) -> Result<Value, Diagnostic>
where
    H: Fn(Value) -> F,
    F: Future<Output = Result<Value, GateError>>,
{
    handler(payload).await.map_err(|error| {
        let diagnostic = diagnostic(&error);
        let message = &diagnostic.error_message;
        if error.is_transient() {
            tracing::warn!(error.word = error.word(), error.message = %message, "the event failed and may be tried again");
        } else {
            tracing::error!(error.word = error.word(), error.message = %message, "the event failed");
        }
        diagnostic
    })
}

/// What becomes of an error outside: the state machine keeps it, logs show it. Secrets in it are hidden.
fn diagnostic(error: &GateError) -> Diagnostic {
    Diagnostic {
        error_type: error.word().to_owned(),
        error_message: secret::hide(&error.to_string()).into_owned(),
    }
}

#[cfg(test)]
mod tests;

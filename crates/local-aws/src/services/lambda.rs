//! Lambda: Invoke of registered functions, asynchronous invocations with their retries, dead letters.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::{Account, DeadLetter, ServiceError};

/// The answer to an Invoke.
pub(crate) struct Invoked {}

impl IntoResponse for Invoked {
    fn into_response(self) -> Response {
        Response::default()
    }
}

/// Invokes `name`; `kind` is RequestResponse, Event or DryRun.
pub(crate) async fn invoke(
    _account: &Arc<Account>,
    _name: &str,
    _kind: &str,
    _payload: Value,
) -> Result<Invoked, ServiceError> {
    Err(ServiceError::unknown_operation("lambda", "Invoke"))
}

/// Works off asynchronous invocations.
pub(crate) fn start(_account: &Arc<Account>) -> Vec<JoinHandle<()>> {
    Vec::new()
}

/// What no target would take, oldest first.
pub(crate) fn dead_letters(_account: &Account) -> Vec<DeadLetter> {
    Vec::new()
}

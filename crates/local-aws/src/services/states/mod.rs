//! Step Functions: machines, executions, histories; the engine that runs them.

use std::sync::Arc;

use serde_json::Value;
use tokio::task::JoinHandle;

use crate::{Account, Caller, ServiceError};

/// The executions that run in this process.
#[derive(Default)]
pub(crate) struct Running {}

/// Answers one operation.
pub(crate) fn call(
    _account: &Arc<Account>,
    _caller: &Caller,
    operation: &str,
    _input: Value,
) -> Result<Value, ServiceError> {
    Err(ServiceError::unknown_operation("states", operation))
}

/// Runs executions, those in flight at the last end first.
pub(crate) fn start(_account: &Arc<Account>) -> Vec<JoinHandle<()>> {
    Vec::new()
}

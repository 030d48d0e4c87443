//! CloudWatch Logs: the logs of builds, readable while they grow.

use std::sync::Arc;

use serde_json::Value;

use crate::{Account, ServiceError};

/// Answers one operation.
pub(crate) fn call(
    _account: &Arc<Account>,
    operation: &str,
    _input: Value,
) -> Result<Value, ServiceError> {
    Err(ServiceError::unknown_operation("logs", operation))
}

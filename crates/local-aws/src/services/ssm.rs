//! Parameter Store.

use std::sync::Arc;

use serde_json::Value;

use crate::{Account, Caller, ServiceError};

/// Answers one operation.
pub(crate) fn call(
    _account: &Arc<Account>,
    _caller: &Caller,
    operation: &str,
    _input: Value,
) -> Result<Value, ServiceError> {
    Err(ServiceError::unknown_operation("ssm", operation))
}

//! Pull requests.

use std::sync::Arc;

use serde_json::Value;

use super::ReferenceChange;
use crate::{Account, Caller, ServiceError};

/// Answers the operations on pull requests, comments, approvals and rules.
pub(crate) async fn call(
    _account: &Arc<Account>,
    _caller: &Caller,
    operation: &str,
    _input: Value,
) -> Result<Value, ServiceError> {
    Err(ServiceError::unknown_operation("codecommit", operation))
}

/// Brings pull requests in line with references that moved.
pub(crate) async fn references_moved(
    _account: &Arc<Account>,
    _caller: &Caller,
    _repository: &str,
    _changes: &[ReferenceChange],
) -> Result<(), ServiceError> {
    Ok(())
}

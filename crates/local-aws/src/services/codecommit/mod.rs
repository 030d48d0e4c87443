//! CodeCommit: repositories, references, merges, pull requests, comments, approvals.

use std::sync::Arc;

use serde_json::Value;

use crate::{Account, Caller, OpenError, ServiceError};

/// Answers one operation.
pub(crate) async fn call(
    _account: &Arc<Account>,
    _caller: &Caller,
    operation: &str,
    _input: Value,
) -> Result<Value, ServiceError> {
    Err(ServiceError::unknown_operation("codecommit", operation))
}

/// Brings pull requests in line with their branches after a crash between a push and the journal.
pub(crate) async fn recover(_account: &Arc<Account>) -> Result<(), OpenError> {
    Ok(())
}

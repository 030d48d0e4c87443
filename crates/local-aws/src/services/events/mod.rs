//! EventBridge: rules, targets, schedules, and the events that the other services emit.

use std::sync::Arc;

use serde_json::Value;
use tokio::task::JoinHandle;

use crate::{
    Account, Caller, ServiceError,
    store::{StoreError, Transaction},
};

/// Answers one operation.
pub(crate) fn call(
    _account: &Arc<Account>,
    _caller: &Caller,
    operation: &str,
    _input: Value,
) -> Result<Value, ServiceError> {
    Err(ServiceError::unknown_operation("events", operation))
}

/// An event of an AWS service, before it has its envelope.
pub(crate) struct Emitted<'a> {
    /// For example `aws.codecommit`.
    pub(crate) source: &'a str,
    /// For example `CodeCommit Pull Request State Change`.
    pub(crate) detail_type: &'a str,
    /// ARNs.
    pub(crate) resources: Vec<String>,
    pub(crate) detail: Value,
}

/// Puts an event into the outbox, in the same transaction as the change it tells of; ring `account.events_bell` afterwards.
pub(crate) fn emit(
    _account: &Account,
    _transaction: &mut Transaction<'_>,
    _event: Emitted<'_>,
) -> Result<(), StoreError> {
    Ok(())
}

/// Delivers events from the outbox to the targets of matching rules; fires schedules.
pub(crate) fn start(_account: &Arc<Account>) -> Vec<JoinHandle<()>> {
    Vec::new()
}

//! EventBridge: rules, targets, schedules, and the events that the other services emit.

mod delivery;
mod envelope;
mod pattern;
mod put_events;
mod rules;
mod schedule;
mod targets;

use std::sync::Arc;

use serde_json::Value;
use tokio::task::JoinHandle;

use crate::{
    Account, Caller, ServiceError,
    account::now,
    services::{parse_validated as parse, refuse_without_engine},
    store::{StoreError, Transaction},
};

use envelope::{Contents, Event};
use pattern::InvalidPattern;

pub(crate) use envelope::unique_id;
pub(crate) use pattern::Pattern;

/// Whether an event still waits to be matched with the rules.
pub(crate) fn has_waiting(account: &Account) -> bool {
    delivery::has_waiting(account)
}

/// Answers one operation.
pub(crate) fn call(
    account: &Arc<Account>,
    _caller: &Caller,
    operation: &str,
    input: Value,
) -> Result<Value, ServiceError> {
    refuse_without_engine(account, "events", operation)?;
    match operation {
        "PutRule" => rules::put(account, input),
        "DescribeRule" => rules::describe(account, input),
        "ListRules" => rules::list(account, input),
        "DeleteRule" => rules::delete(account, input),
        "EnableRule" => rules::enable(account, input, true),
        "DisableRule" => rules::enable(account, input, false),
        "PutTargets" => targets::put(account, input),
        "RemoveTargets" => targets::remove(account, input),
        "ListTargetsByRule" => targets::list(account, input),
        "PutEvents" => put_events::put(account, input),
        "TestEventPattern" => put_events::test_pattern(input),
        other => Err(ServiceError::unknown_operation("events", other)),
    }
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
    account: &Account,
    transaction: &mut Transaction<'_>,
    event: Emitted<'_>,
) -> Result<(), StoreError> {
    if !account.settings.engine {
        // Nobody would ever take it out.
        return Ok(());
    }
    let contents = Contents {
        source: event.source.to_owned(),
        detail_type: event.detail_type.to_owned(),
        time: now(),
        resources: event.resources,
        detail: event.detail,
    };
    delivery::post(transaction, &Event::new(account, contents))
}

/// Delivers events from the outbox to the targets of matching rules; fires schedules.
pub(crate) fn start(account: &Arc<Account>) -> Vec<JoinHandle<()>> {
    vec![tokio::spawn(delivery::work(account.clone()))]
}

impl From<InvalidPattern> for ServiceError {
    fn from(error: InvalidPattern) -> Self {
        Self::client("InvalidEventPatternException", error.to_string())
    }
}

fn validation(message: impl Into<String>) -> ServiceError {
    ServiceError::client("ValidationException", message)
}

#[cfg(test)]
mod tests;

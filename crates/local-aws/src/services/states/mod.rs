//! Step Functions: machines, executions, histories; the engine that runs them.

mod engine;
mod executions;
mod history;
mod journal;
mod machines;
mod names;
mod notice;
mod task;

use std::sync::Arc;

use serde_json::Value;
use tokio::task::JoinHandle;

use super::events::unique_id;
use crate::{
    Account, Caller, ServiceError, page,
    services::{parse_validated as parse, refuse_without_engine},
    store::Transaction,
};

pub(crate) use engine::Running;

/// Answers one operation.
pub(crate) fn call(
    account: &Arc<Account>,
    _caller: &Caller,
    operation: &str,
    input: Value,
) -> Result<Value, ServiceError> {
    refuse_without_engine(account, "states", operation)?;
    match operation {
        "CreateStateMachine" => machines::create(account, input),
        "UpdateStateMachine" => machines::update(account, input),
        "DescribeStateMachine" => machines::describe(account, input),
        "ListStateMachines" => machines::list(account, input),
        "DeleteStateMachine" => machines::delete(account, input),
        "ValidateStateMachineDefinition" => machines::validate(input),
        "StartExecution" => executions::start(account, input),
        "DescribeExecution" => executions::describe(account, input),
        "ListExecutions" => executions::list(account, input),
        "StopExecution" => executions::stop(account, input),
        "GetExecutionHistory" => history::get(account, input),
        other => Err(ServiceError::unknown_operation("states", other)),
    }
}

/// Starts an execution for an event, under a generated name as EventBridge does; ring `account.states_bell` afterwards.
pub(crate) fn start_from_event(
    account: &Account,
    transaction: &mut Transaction<'_>,
    machine_arn: &str,
    input: String,
) -> Result<(), ServiceError> {
    executions::begin(account, transaction, machine_arn, &unique_id(), input).map(drop)
}

/// Runs executions, those in flight at the last end first.
pub(crate) fn start(account: &Arc<Account>) -> Vec<JoinHandle<()>> {
    vec![tokio::spawn(engine::work(account.clone()))]
}

fn validation(message: impl Into<String>) -> ServiceError {
    ServiceError::client("ValidationException", message)
}

/// `maxResults`: 1 to 1,000; 0 stands for 100.
fn page_size(limit: Option<i64>) -> Result<usize, ServiceError> {
    page::size(limit.filter(|limit| *limit != 0), 100, 1000)
        .ok_or_else(|| validation("maxResults must be from 0 to 1000"))
}

/// `nextToken`: 1 to `longest` characters.
fn check_token(token: Option<&str>, longest: usize) -> Result<(), ServiceError> {
    let (limit, characters) = match token.map(|token| token.chars().count()) {
        Some(0) => ("greater than or equal to", 1),
        Some(count) if count > longest => ("less than or equal to", longest),
        _ => return Ok(()),
    };
    Err(validation(format!(
        "1 validation error detected: Value at 'nextToken' failed to satisfy constraint: Member must have length {limit} {characters}"
    )))
}

fn invalid_token() -> ServiceError {
    ServiceError::client("InvalidToken", "Invalid Token: 'Invalid token'")
}

#[cfg(test)]
mod tests;

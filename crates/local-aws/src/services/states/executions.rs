//! Executions: starting by name, looking, stopping. What is journaled here is what a restart goes on from.

use asl::{Execution, ExecutionIdentity, Status};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::{Value, json};

use super::{history, machines, names, notice, validation};
use crate::{
    Account, ServiceError,
    account::{epoch_seconds, now},
    page::page,
    services::{events::unique_id, parse},
    store::{StoreError, Table, Tables, Transaction},
};

/// By ARN.
const RECORDS: Table<Record> = Table::new("executions");
/// Those that run, by ARN.
const OPEN: Table<Open> = Table::new("open_executions");
const OPEN_KEYS: Table<IgnoredAny> = Table::new("open_executions");

/// What DescribeExecution tells.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Record {
    /// Counts all executions of the account: their order.
    number: u64,
    pub(super) arn: String,
    pub(super) machine_arn: String,
    pub(super) name: String,
    pub(super) status: String,
    pub(super) start: Timestamp,
    pub(super) stop: Option<Timestamp>,
    pub(super) input: String,
    pub(super) output: Option<String>,
    pub(super) error: Option<String>,
    pub(super) cause: Option<String>,
}

/// A running execution as it is taken up again.
#[derive(Serialize, Deserialize)]
pub(super) struct Open {
    pub(super) execution: Execution,
    pub(super) definition_key: String,
    /// How far the execution's clock is ahead of the real one, because its waits were shortened.
    ahead_milliseconds: i64,
}

impl Open {
    /// The time as the execution sees it.
    pub(super) fn now(&self) -> Timestamp {
        let now = now();
        let ahead = jiff::SignedDuration::from_millis(self.ahead_milliseconds);
        now.checked_add(ahead).unwrap_or(now)
    }

    /// Sets the execution's clock to `time`, unless it is later already.
    pub(super) fn skip_to(&mut self, time: Timestamp) {
        let missing = time.as_millisecond() - self.now().as_millisecond();
        self.ahead_milliseconds += missing.max(0);
    }
}

impl Record {
    fn describe(&self) -> Value {
        let mut description = json!({
            "executionArn": self.arn,
            "stateMachineArn": self.machine_arn,
            "name": self.name,
            "status": self.status,
            "startDate": epoch_seconds(self.start),
            "redriveCount": 0,
        });
        if let Some(stop) = self.stop {
            description["stopDate"] = json!(epoch_seconds(stop));
        }
        description
    }

    fn close(&mut self, status: &Status) {
        status.word().clone_into(&mut self.status);
        self.stop = Some(now());
        match status {
            Status::Succeeded { output } => self.output = Some(output.to_string()),
            Status::Failed { error, cause } | Status::Aborted { error, cause } => {
                self.error.clone_from(error);
                self.cause.clone_from(cause);
            }
            Status::Running | Status::TimedOut => {}
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Start {
    state_machine_arn: String,
    name: Option<String>,
    input: Option<String>,
}

pub(super) fn start(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: Start = parse(input)?;
    let name = input.name.unwrap_or_else(unique_id);
    let text = input.input.unwrap_or_else(|| "{}".to_owned());
    let record = account
        .store
        .write(|transaction| begin(account, transaction, &input.state_machine_arn, &name, text))?;
    account.states_bell.notify_one();
    account.events_bell.notify_one();
    Ok(json!({ "executionArn": record.arn, "startDate": epoch_seconds(record.start) }))
}

/// Starts an execution or finds the running one of the same name and input.
pub(super) fn begin(
    account: &Account,
    transaction: &mut Transaction<'_>,
    machine_arn: &str,
    name: &str,
    text: String,
) -> Result<Record, ServiceError> {
    let machine_name = names::machine_of(account, machine_arn)?;
    names::check(name)?;
    let input = parse_input(&text)?;
    let (machine, definition) = machines::get(transaction, account, machine_name)?;
    let arn = names::execution_arn(account, machine_name, name);
    if let Some(before) = transaction.get(&RECORDS, &arn) {
        if before.status == Status::Running.word() && before.input == text {
            return Ok(before);
        }
        return Err(ServiceError::client(
            "ExecutionAlreadyExists",
            format!("Execution Already Exists: '{arn}'"),
        ));
    }
    let identity = ExecutionIdentity {
        execution_arn: arn.clone(),
        execution_name: name.to_owned(),
        state_machine_arn: machine_arn.to_owned(),
        state_machine_name: machine_name.to_owned(),
        role_arn: machine.role_arn.clone(),
    };
    let definition = machines::parse_definition(&definition)?;
    let record = Record {
        number: transaction.next_number("executions")?,
        arn,
        machine_arn: machine_arn.to_owned(),
        name: name.to_owned(),
        status: Status::Running.word().to_owned(),
        start: now(),
        stop: None,
        input: text,
        output: None,
        error: None,
        cause: None,
    };
    let mut open = Open {
        execution: Execution::start(&definition, identity, input, record.start),
        definition_key: machine.definition_key(),
        ahead_milliseconds: 0,
    };
    transaction.put(&RECORDS, &record.arn, &record)?;
    notice::emit(account, transaction, &record)?;
    transaction.put(&OPEN, &record.arn, &open)?;
    journal(account, transaction, &record.arn, &mut open)?;
    Ok(record)
}

fn parse_input(text: &str) -> Result<Value, ServiceError> {
    if text.len() > asl::DATA_LIMIT_BYTES {
        return Err(validation(format!(
            "1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have length less than or equal to {}",
            asl::DATA_LIMIT_BYTES
        )));
    }
    serde_json::from_str(text).map_err(|error| {
        ServiceError::client(
            "InvalidExecutionInput",
            format!("Invalid State Machine Execution Input: '{error}'"),
        )
    })
}

/// Whether an execution may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Journaled {
    Running,
    /// It has ended: by itself now, or somebody stopped it before.
    Ended,
}

/// Writes down how far an execution has come; at its end also what came of it.
pub(super) fn journal(
    account: &Account,
    transaction: &mut Transaction<'_>,
    arn: &str,
    open: &mut Open,
) -> Result<Journaled, StoreError> {
    let record = transaction
        .get(&RECORDS, arn)
        .filter(|_| transaction.get(&OPEN_KEYS, arn).is_some());
    let Some(mut record) = record else {
        return Ok(Journaled::Ended);
    };
    history::append(transaction, arn, open.execution.drain_history())?;
    if *open.execution.status() == Status::Running {
        transaction.put(&OPEN, arn, open)?;
        return Ok(Journaled::Running);
    }
    record.close(open.execution.status());
    transaction.put(&RECORDS, arn, &record)?;
    transaction.delete(&OPEN, arn);
    notice::emit(account, transaction, &record)?;
    Ok(Journaled::Ended)
}

/// The ARNs of all running executions.
pub(super) fn running(tables: &Tables) -> Vec<String> {
    let keys = tables.scan(&OPEN_KEYS, "").map(|(arn, _)| arn.to_owned());
    keys.collect()
}

/// A running execution.
pub(super) fn open(tables: &Tables, arn: &str) -> Option<Open> {
    tables.get(&OPEN, arn)
}

/// The execution, or the error that it does not exist.
pub(super) fn get(tables: &Tables, arn: &str) -> Result<Record, ServiceError> {
    tables.get(&RECORDS, arn).ok_or_else(|| {
        ServiceError::client(
            "ExecutionDoesNotExist",
            format!("Execution Does Not Exist: '{arn}'"),
        )
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    execution_arn: String,
}

pub(super) fn describe(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: Named = parse(input)?;
    names::check_execution_arn(account, &input.execution_arn)?;
    let record = account
        .store
        .read(|tables| get(tables, &input.execution_arn))?;
    let mut description = record.describe();
    description["input"] = json!(record.input);
    description["inputDetails"] = json!({ "included": true });
    if let Some(output) = record.output {
        description["output"] = json!(output);
        description["outputDetails"] = json!({ "included": true });
    }
    for (name, value) in [("error", record.error), ("cause", record.cause)] {
        if let Some(value) = value {
            description[name] = json!(value);
        }
    }
    Ok(description)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    state_machine_arn: Option<String>,
    status_filter: Option<String>,
    max_results: Option<usize>,
    next_token: Option<String>,
    map_run_arn: Option<String>,
    redrive_filter: Option<String>,
}

/// Newest first.
pub(super) fn list(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: List = parse(input)?;
    if input.map_run_arn.is_some() || input.redrive_filter.is_some() {
        return Err(validation(
            "the local endpoint lists executions by stateMachineArn and statusFilter alone",
        ));
    }
    let arn = input.state_machine_arn.ok_or_else(|| {
        validation("Must specify one of StateMachineArn or MapRunArn in the request")
    })?;
    let machine = names::machine_of(account, &arn)?;
    let limit = super::page_size(input.max_results)?;
    let page = account.store.read(|tables| {
        machines::get(tables, account, machine)?;
        let prefix = names::execution_arn(account, machine, "");
        let wanted = |record: &Record| {
            let filter = input.status_filter.as_deref();
            filter.is_none_or(|status| status == record.status)
        };
        let mut records: Vec<Record> = tables
            .scan(&RECORDS, &prefix)
            .map(|(_, record)| record)
            .filter(wanted)
            .collect();
        records.sort_by_key(|record| std::cmp::Reverse(record.number));
        let key = |record: &Record| record.number.to_string();
        page(records, key, limit, input.next_token.as_deref()).ok_or_else(super::invalid_token)
    })?;
    let executions: Vec<_> = page.items.iter().map(Record::describe).collect();
    let mut output = json!({ "executions": executions });
    if let Some(token) = page.next_token {
        output["nextToken"] = json!(token);
    }
    Ok(output)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stop {
    execution_arn: String,
    error: Option<String>,
    cause: Option<String>,
}

/// Stops a running execution; a closed one stays as it is. A function that a task waits for runs on, as on AWS.
pub(super) fn stop(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: Stop = parse(input)?;
    let arn = &input.execution_arn;
    names::check_execution_arn(account, arn)?;
    let record = account.store.write(|transaction| {
        get(transaction, arn)?;
        abort(account, transaction, arn, input.error, input.cause)?;
        get(transaction, arn)
    })?;
    account.executions.abandon(arn);
    account.events_bell.notify_one();
    let stop = record.stop.unwrap_or(record.start);
    Ok(json!({ "stopDate": epoch_seconds(stop) }))
}

fn abort(
    account: &Account,
    transaction: &mut Transaction<'_>,
    arn: &str,
    error: Option<String>,
    cause: Option<String>,
) -> Result<(), StoreError> {
    if let Some(mut open) = open(transaction, arn) {
        let now = open.now();
        open.execution.stop(error, cause, now);
        journal(account, transaction, arn, &mut open)?;
    }
    Ok(())
}

/// Aborts all executions of a machine.
pub(super) fn abort_all(
    account: &Account,
    transaction: &mut Transaction<'_>,
    machine: &str,
) -> Result<(), StoreError> {
    let prefix = names::execution_arn(account, machine, "");
    let running = running(transaction);
    for arn in running.iter().filter(|arn| arn.starts_with(&prefix)) {
        abort(account, transaction, arn, None, None)?;
        account.executions.abandon(arn);
    }
    Ok(())
}

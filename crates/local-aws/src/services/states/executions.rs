//! Executions: starting by name, looking, stopping.

use asl::{Execution, ExecutionIdentity, Status};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    journal::{self, Open, RECORDS, Record, get},
    machines, names, parse, validation,
};
use crate::{
    Account, ServiceError,
    account::{epoch_seconds, now},
    page::page,
    services::events::unique_id,
    store::Transaction,
    wire,
};

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
        if !before.forgotten && before.status == Status::Running.word() && before.input == text {
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
    let mut record = Record {
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
        forgotten: false,
    };
    let execution = Execution::start(&definition, identity, input, record.start);
    let open = Open::new(execution, machine.definition_key());
    journal::open_new(account, transaction, &mut record, open)?;
    Ok(record)
}

fn parse_input(text: &str) -> Result<Value, ServiceError> {
    if text.len() > asl::DATA_LIMIT_BYTES {
        return Err(validation(format!(
            "1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have length less than or equal to {}",
            asl::DATA_LIMIT_BYTES
        )));
    }
    wire::json(text.as_bytes()).map_err(|error| {
        ServiceError::client(
            "InvalidExecutionInput",
            format!("Invalid State Machine Execution Input: '{error}'"),
        )
    })
}

/// What lists and descriptions share.
fn summary(record: &Record) -> Value {
    let mut description = json!({
        "executionArn": record.arn,
        "stateMachineArn": record.machine_arn,
        "name": record.name,
        "status": record.status,
        "startDate": epoch_seconds(record.start),
        "redriveCount": 0,
    });
    if let Some(stop) = record.stop {
        description["stopDate"] = json!(epoch_seconds(stop));
    }
    description
}

/// Whether AWS would take RedriveExecution, and why not. It is not built here.
pub(super) fn redrive(status: &str) -> (&'static str, Option<String>) {
    match status {
        "RUNNING" | "SUCCEEDED" => (
            "NOT_REDRIVABLE",
            Some(format!("Execution is {status} and cannot be redriven")),
        ),
        _ => ("REDRIVABLE", None),
    }
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
    let mut description = summary(&record);
    description["input"] = json!(record.input);
    description["inputDetails"] = json!({ "included": true });
    if let Some(output) = record.output {
        description["output"] = json!(output);
        description["outputDetails"] = json!({ "included": true });
    }
    let (status, reason) = redrive(&record.status);
    description["redriveStatus"] = json!(status);
    if let Some(reason) = reason {
        description["redriveStatusReason"] = json!(reason);
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
    max_results: Option<i64>,
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
    check_filter(input.status_filter.as_deref())?;
    let limit = super::page_size(input.max_results)?;
    super::check_token(input.next_token.as_deref(), 3096)?;
    let page = account.store.read(|tables| {
        machines::get(tables, account, machine)?;
        let prefix = names::execution_arn(account, machine, "");
        let wanted = |record: &Record| {
            let filter = input.status_filter.as_deref();
            !record.forgotten && filter.is_none_or(|status| status == record.status)
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
    let executions: Vec<_> = page.items.iter().map(summary).collect();
    let mut output = json!({ "executions": executions });
    if let Some(token) = page.next_token {
        output["nextToken"] = json!(token);
    }
    Ok(output)
}

fn check_filter(filter: Option<&str>) -> Result<(), ServiceError> {
    match filter {
        None | Some("RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED") => Ok(()),
        Some("PENDING_REDRIVE") => Err(validation(
            "A PENDING_REDRIVE statusFilter needs a mapRunArn",
        )),
        Some(other) => Err(validation(format!(
            "1 validation error detected: Value '{other}' at 'statusFilter' failed to satisfy constraint: Member must satisfy enum value set: [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]"
        ))),
    }
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
        journal::abort(account, transaction, arn, input.error, input.cause)?;
        get(transaction, arn)
    })?;
    account.executions.abandon(arn);
    account.events_bell.notify_one();
    let stop = record.stop.unwrap_or(record.start);
    Ok(json!({ "stopDate": epoch_seconds(stop) }))
}

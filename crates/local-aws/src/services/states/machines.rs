//! State machines and their definitions. A definition is kept under its revision, for executions that started with it.

use asl::StateMachine;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{journal, names, parse, validation};
use crate::{
    Account, ServiceError,
    account::{epoch_seconds, now},
    page::page,
    services::events::unique_id,
    store::{Table, Tables},
};

const MACHINES: Table<Machine> = Table::new("state_machines");
/// By `<machine>/<revision>`.
const DEFINITIONS: Table<String> = Table::new("state_machine_definitions");

/// What AWS calls the revision of a machine that was never updated.
const INITIAL: &str = "INITIAL";
/// Longest definition, in bytes.
const LIMIT_BYTES: usize = 1 << 20;

/// A machine without its definition.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Machine {
    pub(super) name: String,
    pub(super) role_arn: String,
    created: Timestamp,
    revision: Option<String>,
}

impl Machine {
    /// Under which its definition is kept.
    pub(super) fn definition_key(&self) -> String {
        let revision = self.revision.as_deref().unwrap_or(INITIAL);
        format!("{}/{revision}", self.name)
    }
}

/// The members that only one value is built of.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    logging_configuration: Option<Logging>,
    tracing_configuration: Option<Tracing>,
    encryption_configuration: Option<Encryption>,
    #[serde(default)]
    publish: bool,
    version_description: Option<String>,
    #[serde(default)]
    tags: Vec<Value>,
}

#[derive(Deserialize)]
struct Logging {
    level: Option<String>,
}

#[derive(Deserialize)]
struct Tracing {
    #[serde(default)]
    enabled: bool,
}

#[derive(Deserialize)]
struct Encryption {
    #[serde(rename = "type")]
    kind: String,
}

impl Options {
    fn check(&self) -> Result<(), ServiceError> {
        if self.version_description.is_some() && !self.publish {
            return Err(validation(
                "Version description can only be set when publish is true",
            ));
        }
        let logs = self
            .logging_configuration
            .as_ref()
            .and_then(|logging| logging.level.as_deref());
        let refused = [
            (
                "loggingConfiguration",
                logs.is_some_and(|level| level != "OFF"),
            ),
            (
                "tracingConfiguration",
                self.tracing_configuration
                    .as_ref()
                    .is_some_and(|tracing| tracing.enabled),
            ),
            (
                "encryptionConfiguration",
                self.encryption_configuration
                    .as_ref()
                    .is_some_and(|encryption| encryption.kind != "AWS_OWNED_KEY"),
            ),
            ("publish", self.publish),
            ("tags", !self.tags.is_empty()),
        ];
        match refused.iter().find(|(_, refused)| *refused) {
            None => Ok(()),
            Some((name, _)) => Err(validation(format!(
                "the local endpoint does not implement this `{name}` of state machines"
            ))),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    name: String,
    definition: String,
    role_arn: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(flatten)]
    options: Options,
}

/// Creates a machine. Names of executions are taken for 90 days (StartExecution), so also those of an earlier machine of this
/// name, whose executions nothing shows any more.
pub(super) fn create(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: Create = parse(input)?;
    names::check(&input.name)?;
    check_kind(input.kind.as_deref())?;
    input.options.check()?;
    check_role(&input.role_arn)?;
    parse_definition(&input.definition)?;
    let machine = account.store.write(|transaction| {
        if let Some(machine) = transaction.get(&MACHINES, &input.name) {
            let definition = transaction.get(&DEFINITIONS, &machine.definition_key());
            if definition.as_ref() == Some(&input.definition) {
                return Ok(machine);
            }
            let arn = names::machine_arn(account, &input.name);
            return Err(ServiceError::client(
                "StateMachineAlreadyExists",
                format!("State Machine Already Exists: '{arn}'"),
            ));
        }
        journal::forget_all(account, transaction, &input.name)?;
        let machine = Machine {
            name: input.name,
            role_arn: input.role_arn,
            created: now(),
            revision: None,
        };
        transaction.put(&DEFINITIONS, &machine.definition_key(), &input.definition)?;
        transaction.put(&MACHINES, &machine.name, &machine)?;
        Ok(machine)
    })?;
    Ok(json!({
        "stateMachineArn": names::machine_arn(account, &machine.name),
        "creationDate": epoch_seconds(machine.created),
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Update {
    state_machine_arn: String,
    definition: Option<String>,
    role_arn: Option<String>,
    #[serde(flatten)]
    options: Options,
}

pub(super) fn update(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: Update = parse(input)?;
    let name = names::machine_of(account, &input.state_machine_arn)?;
    input.options.check()?;
    if input.definition.is_none() && input.role_arn.is_none() {
        return Err(ServiceError::client(
            "MissingRequiredParameter",
            "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified",
        ));
    }
    if let Some(definition) = &input.definition {
        parse_definition(definition)?;
    }
    if let Some(role) = &input.role_arn {
        check_role(role)?;
    }
    let revision = unique_id();
    account.store.write(|transaction| {
        let (mut machine, before) = get(transaction, account, name)?;
        machine.revision = Some(revision.clone());
        machine.role_arn = input.role_arn.unwrap_or(machine.role_arn);
        let definition = input.definition.unwrap_or(before);
        transaction.put(&DEFINITIONS, &machine.definition_key(), &definition)?;
        transaction.put(&MACHINES, name, &machine)?;
        Ok::<_, ServiceError>(())
    })?;
    Ok(json!({ "updateDate": epoch_seconds(now()), "revisionId": revision }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    state_machine_arn: String,
}

pub(super) fn describe(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: Named = parse(input)?;
    let name = names::machine_of(account, &input.state_machine_arn)?;
    let (machine, definition) = account.store.read(|tables| get(tables, account, name))?;
    let mut description = json!({
        "stateMachineArn": input.state_machine_arn,
        "name": machine.name,
        "status": "ACTIVE",
        "definition": definition,
        "roleArn": machine.role_arn,
        "type": "STANDARD",
        "creationDate": epoch_seconds(machine.created),
        "loggingConfiguration": { "level": "OFF", "includeExecutionData": false },
        "tracingConfiguration": { "enabled": false },
    });
    if let Some(revision) = machine.revision {
        description["revisionId"] = json!(revision);
    }
    Ok(description)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    max_results: Option<i64>,
    next_token: Option<String>,
}

pub(super) fn list(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: List = parse(input)?;
    let limit = super::page_size(input.max_results)?;
    super::check_token(input.next_token.as_deref(), 1024)?;
    let page = account.store.read(|tables| {
        let machines = tables.scan(&MACHINES, "").map(|(_, machine)| machine);
        page(
            machines,
            |machine| machine.name.clone(),
            limit,
            input.next_token.as_deref(),
        )
    });
    let page = page.ok_or_else(super::invalid_token)?;
    let machines = page.items.iter().map(|machine| {
        json!({
            "stateMachineArn": names::machine_arn(account, &machine.name),
            "name": machine.name,
            "type": "STANDARD",
            "creationDate": epoch_seconds(machine.created),
        })
    });
    let mut output = json!({ "stateMachines": machines.collect::<Vec<_>>() });
    if let Some(token) = page.next_token {
        output["nextToken"] = json!(token);
    }
    Ok(output)
}

/// Deletes the machine and aborts its executions, which AWS does at their next transition.
pub(super) fn delete(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: Named = parse(input)?;
    let name = names::machine_of(account, &input.state_machine_arn)?;
    account.store.write(|transaction| {
        journal::abort_all(account, transaction, name)?;
        transaction.delete(&MACHINES, name);
        let keys: Vec<String> = transaction
            .scan(&DEFINITIONS, &format!("{name}/"))
            .map(|(key, _)| key.to_owned())
            .collect();
        for key in keys {
            transaction.delete(&DEFINITIONS, &key);
        }
        Ok::<_, ServiceError>(())
    })?;
    account.events_bell.notify_one();
    Ok(json!({}))
}

#[derive(Deserialize)]
struct Validate {
    definition: String,
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// ValidateStateMachineDefinition.
pub(super) fn validate(input: Value) -> Result<Value, ServiceError> {
    let input: Validate = parse(input)?;
    check_kind(input.kind.as_deref())?;
    let faults = match StateMachine::parse(&input.definition) {
        Ok(_) => Vec::new(),
        Err(error) => error.faults,
    };
    let diagnostics = faults.iter().map(|fault| {
        json!({
            "severity": "ERROR",
            "code": "SCHEMA_VALIDATION_FAILED",
            "message": fault.message,
            "location": fault.place,
        })
    });
    Ok(json!({
        "result": if faults.is_empty() { "OK" } else { "FAIL" },
        "diagnostics": diagnostics.collect::<Vec<_>>(),
        "truncated": false,
    }))
}

/// The machine and its definition, or the error that it does not exist.
pub(super) fn get(
    tables: &Tables,
    account: &Account,
    name: &str,
) -> Result<(Machine, String), ServiceError> {
    let found = tables.get(&MACHINES, name).and_then(|machine| {
        let definition = definition(tables, &machine.definition_key())?;
        Some((machine, definition))
    });
    found.ok_or_else(|| {
        let arn = names::machine_arn(account, name);
        ServiceError::client(
            "StateMachineDoesNotExist",
            format!("State Machine Does Not Exist: '{arn}'"),
        )
    })
}

/// A definition by its key.
pub(super) fn definition(tables: &Tables, key: &str) -> Option<String> {
    tables.get(&DEFINITIONS, key)
}

/// The definition as a machine, or all its faults.
pub(super) fn parse_definition(definition: &str) -> Result<StateMachine, ServiceError> {
    if definition.len() > LIMIT_BYTES {
        return Err(ServiceError::client(
            "InvalidDefinition",
            format!("Invalid State Machine Definition: larger than {LIMIT_BYTES} bytes"),
        ));
    }
    StateMachine::parse(definition).map_err(|error| {
        ServiceError::client(
            "InvalidDefinition",
            format!("Invalid State Machine Definition: {error}"),
        )
    })
}

fn check_kind(kind: Option<&str>) -> Result<(), ServiceError> {
    match kind {
        None | Some("STANDARD") => Ok(()),
        Some(other) => Err(ServiceError::client(
            "StateMachineTypeNotSupported",
            format!("the local endpoint does not implement state machines of type `{other}`"),
        )),
    }
}

fn check_role(arn: &str) -> Result<(), ServiceError> {
    if arn.starts_with("arn:aws:iam::") && arn.contains(":role/") {
        return Ok(());
    }
    Err(ServiceError::client(
        "InvalidArn",
        format!("Invalid Role Arn: '{arn}'"),
    ))
}

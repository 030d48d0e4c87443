mod api;
mod restart;
mod running;

use std::{path::Path, sync::Arc};

use serde_json::{Value, json};

use super::call;
use crate::{
    Account, Caller, ServiceError,
    services::lambda::testing::{eventually, live},
};

/// An hour of waiting takes 36 ms.
const FAST: f64 = 0.00001;
const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:gate";

fn ask(account: &Arc<Account>, operation: &str, input: Value) -> Result<Value, ServiceError> {
    let caller = Caller::from_access_key("ann", "000000000000", &account.settings.callers);
    call(account, &caller, operation, input)
}

fn told(account: &Arc<Account>, operation: &str, input: Value) -> Value {
    ask(account, operation, input).unwrap()
}

fn code(account: &Arc<Account>, operation: &str, input: Value) -> String {
    ask(account, operation, input).unwrap_err().code
}

/// A Task state that invokes `function` with its whole input and keeps the payload.
fn invoke(function: &str, next: &str) -> Value {
    json!({
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": { "FunctionName": function, "Payload.$": "$" },
        "OutputPath": "$.Payload", "Next": next,
    })
}

/// A machine whose states are `states`, to be started at the first of `names`.
fn definition(start_at: &str, states: &Value) -> Value {
    json!({ "StartAt": start_at, "States": states })
}

fn create(account: &Arc<Account>, definition: &Value) {
    told(
        account,
        "CreateStateMachine",
        json!({
            "name": "gate", "definition": definition.to_string(),
            "roleArn": "arn:aws:iam::000000000000:role/Machine",
        }),
    );
}

/// Starts the execution `name`; its ARN.
fn start(account: &Arc<Account>, name: &str, input: &Value) -> Value {
    let input = json!({ "stateMachineArn": MACHINE, "name": name, "input": input.to_string() });
    told(account, "StartExecution", input)["executionArn"].clone()
}

fn describe(account: &Arc<Account>, arn: &Value) -> Value {
    told(account, "DescribeExecution", json!({ "executionArn": arn }))
}

/// The description once the execution has ended.
async fn ended(account: &Arc<Account>, arn: &Value) -> Value {
    eventually(|| Some(describe(account, arn)).filter(|execution| execution["status"] != "RUNNING"))
        .await
}

fn events(account: &Arc<Account>, arn: &Value) -> Vec<Value> {
    let history = told(
        account,
        "GetExecutionHistory",
        json!({ "executionArn": arn }),
    );
    history["events"].as_array().unwrap().clone()
}

fn kinds(events: &[Value]) -> Vec<String> {
    events
        .iter()
        .map(|event| event["type"].as_str().unwrap().to_owned())
        .collect()
}

/// Creates the machine, starts it with `input` and gives what came of it.
fn outcome(
    directory: &Path,
    machine: &Value,
    input: &Value,
    prepare: impl FnOnce(&Arc<Account>),
) -> (Value, Vec<String>) {
    live(directory, FAST, async |account| {
        prepare(&account);
        create(&account, machine);
        account.start();
        let arn = start(&account, "one", input);
        let execution = ended(&account, &arn).await;
        (execution, kinds(&events(&account, &arn)))
    })
}

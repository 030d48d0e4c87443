//! Parameter Store: standard parameters of types String and StringList.
//!
//! The latest version of each parameter is kept. SecureString, advanced parameters, policies, patterns and labels are
//! refused by name.

mod name;
mod read;
mod write;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Account, Caller, ServiceError,
    store::{Table, Tables},
};

const PARAMETERS: Table<Parameter> = Table::new("ssm-parameters");

/// A parameter as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Parameter {
    name: String,
    kind: String,
    value: String,
    version: u64,
    /// Seconds since 1970.
    last_modified: f64,
    last_modified_user: String,
    description: Option<String>,
}

/// Answers one operation.
pub(crate) fn call(
    account: &Arc<Account>,
    caller: &Caller,
    operation: &str,
    input: Value,
) -> Result<Value, ServiceError> {
    match operation {
        "GetParameter" => read::get(account, input),
        "GetParameters" => read::get_many(account, input),
        "GetParametersByPath" => read::by_path(account, input),
        "DescribeParameters" => read::describe(account, input),
        "PutParameter" => write::put(account, caller, input),
        "DeleteParameter" => write::delete(account, input),
        "DeleteParameters" => write::delete_many(account, input),
        _ => Err(ServiceError::unknown_operation("ssm", operation)),
    }
}

/// The value that a build asks for by `name`.
pub(crate) fn value(tables: &Tables, name: &str) -> Option<String> {
    read::find(tables, name)
        .ok()
        .map(|(parameter, _)| parameter.value)
}

fn validation(message: impl Into<String>) -> ServiceError {
    ServiceError::client("ValidationException", message)
}

fn not_found(name: &str) -> ServiceError {
    ServiceError::client("ParameterNotFound", format!("Parameter {name} not found."))
}

/// A member that the operation cannot do without.
fn required<T>(member: Option<T>, name: &str) -> Result<T, ServiceError> {
    member.ok_or_else(|| validation(format!("1 validation error detected: Value at '{name}' failed to satisfy constraint: Member must not be null")))
}

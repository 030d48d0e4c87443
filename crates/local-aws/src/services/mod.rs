//! One module per AWS service. Each has `call`: operation name and input in, output or modelled error out.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Account, ServiceError, strict};

pub(crate) mod codebuild;
pub(crate) mod codecommit;
pub(crate) mod events;
pub(crate) mod lambda;
pub(crate) mod logs;
pub(crate) mod s3;
pub(crate) mod secretsmanager;
pub(crate) mod ssm;
pub(crate) mod states;

/// The input of an operation as its type.
#[allow(
    clippy::needless_pass_by_value,
    reason = "operations hand over their input"
)]
pub(crate) fn parse<T: DeserializeOwned>(input: Value) -> Result<T, ServiceError> {
    strict::read(&input).map_err(ServiceError::malformed)
}

/// [`parse`] for services that answer a missing member with `ValidationException`.
#[allow(
    clippy::needless_pass_by_value,
    reason = "operations hand over their input"
)]
pub(crate) fn parse_validated<T: DeserializeOwned>(input: Value) -> Result<T, ServiceError> {
    strict::read(&input).map_err(|error| {
        let text = error.to_string();
        let missing = text
            .strip_prefix("missing field `")
            .and_then(|rest| rest.split('`').next());
        match missing {
            None => ServiceError::malformed(error),
            Some(name) => ServiceError::client(
                "ValidationException",
                format!(
                    "1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"
                ),
            ),
        }
    })
}

/// Rules and machines that nothing would ever run are refused rather than kept.
pub(crate) fn refuse_without_engine(
    account: &Account,
    service: &str,
    operation: &str,
) -> Result<(), ServiceError> {
    if account.settings.engine {
        return Ok(());
    }
    Err(ServiceError::client(
        "UnknownOperationException",
        format!(
            "the local endpoint was started without its engine: send {service} {operation} to the emulator that has it"
        ),
    ))
}

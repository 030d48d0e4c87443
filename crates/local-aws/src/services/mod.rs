//! One module per AWS service. Each has `call`: operation name and input in, output or modelled error out.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::ServiceError;

pub(crate) mod codebuild;
pub(crate) mod codecommit;
pub(crate) mod events;
pub(crate) mod lambda;
pub(crate) mod logs;
pub(crate) mod ssm;
pub(crate) mod states;

/// The input of an operation as its type.
pub(crate) fn parse<T: DeserializeOwned>(input: Value) -> Result<T, ServiceError> {
    serde_json::from_value(input).map_err(ServiceError::malformed)
}

//! Errors as AWS's JSON protocols send them: a status code, `__type` and `message`.

use serde_json::{Value, json};

/// An error answer of a service.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ServiceError {
    /// HTTP status code: 400 for what the caller did, 500 and above for the service.
    pub status: u16,
    /// The modelled error name, such as `PullRequestDoesNotExistException`.
    pub code: String,
    /// A sentence for a person.
    pub message: String,
}

impl ServiceError {
    /// An error of the caller's making (status 400).
    pub fn client(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            code: code.into(),
            message: message.into(),
        }
    }

    /// A failure of this endpoint itself (status 500).
    pub fn internal(message: impl std::fmt::Display) -> Self {
        Self {
            status: 500,
            code: "InternalFailure".to_owned(),
            message: message.to_string(),
        }
    }

    /// What is not built: named, so that nobody takes silence for success.
    pub fn unknown_operation(service: &str, operation: &str) -> Self {
        Self::client(
            "UnknownOperationException",
            format!("the local endpoint does not implement {service} {operation}"),
        )
    }

    /// A request that does not fit the operation's shape.
    pub fn malformed(message: impl std::fmt::Display) -> Self {
        Self::client("SerializationException", message.to_string())
    }

    pub(crate) fn body(&self) -> Value {
        json!({ "__type": self.code, "message": self.message })
    }
}

impl From<crate::store::StoreError> for ServiceError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::internal(error)
    }
}

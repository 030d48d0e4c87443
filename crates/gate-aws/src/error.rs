//! From every way an AWS call can fail to the one error of the gate.

use std::error::Error;

use aws_sdk_codecommit::{
    config::http::HttpResponse,
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
};
use gate_core::error::GateError;

/// Codes that ask to slow down, over all services (AWS SDK reference guide, retry behavior), with those of SSM, KMS and
/// Step Functions that mean the same.
const THROTTLED: [&str; 17] = [
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottledException",
    "RequestThrottled",
    "TooManyRequestsException",
    "TooManyRequests",
    "ProvisionedThroughputExceededException",
    "TransactionInProgressException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "SlowDown",
    "PriorRequestNotComplete",
    "KmsThrottlingException",
    "TooManyUpdates",
    "ExecutionLimitExceeded",
];

/// Codes of a service that failed by itself, or whose answer a repeated call may change.
const UNAVAILABLE: [&str; 7] = [
    "InternalFailure",
    "InternalServerError",
    "InternalServiceError",
    "ServiceUnavailable",
    "RequestTimeout",
    "RequestTimeoutException",
    "ConcurrentReferenceUpdateException",
];

/// Codes of a missing permission. The encryption key's is CodeCommit's.
const NOT_PERMITTED: [&str; 6] = [
    "AccessDeniedException",
    "AccessDenied",
    "UnauthorizedOperation",
    "NotAuthorized",
    "EncryptionKeyAccessDeniedException",
    "KmsAccessDeniedException",
];

/// The error of a failed call; outcomes are to be taken out before.
pub(crate) fn failed<E>(
    service: &'static str,
    operation: &'static str,
    error: &SdkError<E, HttpResponse>,
) -> GateError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let status = error
        .raw_response()
        .map(|response| response.status().as_u16());
    let code = error.code().unwrap_or_default().to_owned();
    let message = match error.message() {
        Some(message) if !message.is_empty() => message.to_owned(),
        _ => DisplayErrorContext(error).to_string(),
    };
    match error {
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => {
            unavailable(service, operation, message)
        }
        _ if THROTTLED.contains(&code.as_str()) || status == Some(429) => GateError::Throttled {
            service,
            operation,
            message,
        },
        _ if UNAVAILABLE.contains(&code.as_str()) || status.is_some_and(|status| status >= 500) => {
            unavailable(service, operation, message)
        }
        _ if NOT_PERMITTED.contains(&code.as_str()) => GateError::NotPermitted {
            service,
            operation,
            message,
        },
        _ => GateError::Refused {
            service,
            operation,
            code: if code.is_empty() {
                "UnknownError".to_owned()
            } else {
                code
            },
            message,
        },
    }
}

/// The error of a call that may succeed later.
pub(crate) fn unavailable(
    service: &'static str,
    operation: &'static str,
    message: impl Into<String>,
) -> GateError {
    GateError::ServiceUnavailable {
        service,
        operation,
        message: message.into(),
    }
}

/// The error of an answer that lacks what its service promises, or says a word this release does not know.
pub(crate) fn unreadable(
    service: &'static str,
    operation: &'static str,
    message: impl Into<String>,
) -> GateError {
    GateError::Refused {
        service,
        operation,
        code: "UnreadableAnswer".to_owned(),
        message: message.into(),
    }
}

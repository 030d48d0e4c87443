//! From every way an AWS call can fail to the one error of the gate.

use std::error::Error;

use aws_sdk_codecommit::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};
use gate_core::{error::GateError, secret};

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

/// The error of a failed call; outcomes are to be taken out before. AWS quotes what it was given, so secrets are hidden.
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
        Some(message) if !message.is_empty() => secret::hide(message).into_owned(),
        _ => secret::hide(&causes(error)).into_owned(),
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

/// The sentences of an error and its causes. The SDK's own `DisplayErrorContext` adds a dump of request and response,
/// which has no place on a pull request.
fn causes(error: &(dyn Error + 'static)) -> String {
    std::iter::successors(Some(error), |error| (*error).source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
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

#[cfg(test)]
mod tests {
    use aws_sdk_codecommit::error::ErrorMetadata;

    use super::*;

    /// The error of a call whose answer never came, or came like this.
    fn mapped(error: &SdkError<Modelled, HttpResponse>) -> GateError {
        failed("CodeCommit", "GetBranch", error)
    }

    #[derive(Debug, Default)]
    struct Modelled(ErrorMetadata);

    impl std::fmt::Display for Modelled {
        fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("nobody knows this error")
        }
    }

    impl Error for Modelled {}

    impl ProvideErrorMetadata for Modelled {
        fn meta(&self) -> &ErrorMetadata {
            &self.0
        }
    }

    fn response(status: u16) -> HttpResponse {
        HttpResponse::new(status.try_into().unwrap(), "secret".to_owned().into())
    }

    #[test]
    fn fails_for_a_while_when_the_answer_is_late_or_broken() {
        let late = mapped(&SdkError::timeout_error("20 s passed"));
        assert_eq!(
            late.to_string(),
            "CodeCommit did not complete GetBranch: request has timed out: 20 s passed"
        );
        let broken = mapped(&SdkError::response_error("half a line", response(200)));
        assert!(broken.is_transient(), "{broken}");
    }

    #[test]
    fn refuses_an_error_without_a_code_in_words_and_without_the_response() {
        let odd = mapped(&SdkError::service_error(Modelled::default(), response(400)));
        assert_eq!(
            odd.to_string(),
            "CodeCommit refused GetBranch: UnknownError: service error: nobody knows this error"
        );
    }

    #[test]
    fn a_secret_that_an_error_quotes_is_hidden() {
        let quoted =
            "no such thing: https://ann:correct-horse@example.com, key AKIAABCDEFGHIJKLMNOP";
        assert_eq!(
            mapped(&SdkError::timeout_error(quoted)).to_string(),
            "CodeCommit did not complete GetBranch: request has timed out: no such thing: \
             https://ann:(password hidden)@example.com, key (access key hidden)"
        );
    }

    #[test]
    fn refuses_a_request_that_cannot_be_built() {
        let error = mapped(&SdkError::construction_failure("no branch name"));
        assert_eq!(error.word(), "Refused");
    }
}

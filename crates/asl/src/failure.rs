//! What goes wrong in a run: error names as the language has them, and the limit on data.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Largest input, output or task result, in bytes of UTF-8.
pub const DATA_LIMIT_BYTES: usize = 262_144;

/// Most levels of arrays and objects in an input, output or task result. AWS documents none; readers of JSON, the one that
/// takes up a serialised execution among them, have one of 128.
pub const DATA_LIMIT_LEVELS: usize = 100;

/// Longest error name, in characters (botocore: `SensitiveError`).
const ERROR_LIMIT: usize = 256;
/// Longest cause, in characters (botocore: `SensitiveCause`).
const CAUSE_LIMIT: usize = 32_768;

pub(crate) const ALL: &str = "States.ALL";
pub(crate) const DATA_LIMIT_EXCEEDED: &str = "States.DataLimitExceeded";
pub(crate) const INTRINSIC_FAILURE: &str = "States.IntrinsicFailure";
pub(crate) const NO_CHOICE_MATCHED: &str = "States.NoChoiceMatched";
pub(crate) const RESULT_PATH_MATCH_FAILURE: &str = "States.ResultPathMatchFailure";
pub(crate) const RUNTIME: &str = "States.Runtime";
pub(crate) const TASK_FAILED: &str = "States.TaskFailed";
pub(crate) const TIMEOUT: &str = "States.Timeout";

/// The `States.` names that `ErrorEquals` may hold, beside those that start with [`HTTP`].
const RESERVED: [&str; 16] = [
    ALL,
    DATA_LIMIT_EXCEEDED,
    INTRINSIC_FAILURE,
    NO_CHOICE_MATCHED,
    RESULT_PATH_MATCH_FAILURE,
    RUNTIME,
    TASK_FAILED,
    TIMEOUT,
    "States.BranchFailed",
    "States.ExceedToleratedFailureThreshold",
    "States.HeartbeatTimeout",
    "States.ItemReaderFailed",
    "States.ParameterPathFailure",
    "States.Permissions",
    "States.QueryEvaluationError",
    "States.ResultWriterFailed",
];

/// How the names of errors of HTTP tasks start: `States.Http.Socket`, `States.Http.StatusCode.404`.
const HTTP: &str = "States.Http.";

/// Whether a name that starts with `States.` is one of the language's.
pub(crate) fn is_reserved(word: &str) -> bool {
    RESERVED.contains(&word) || word.strip_prefix(HTTP).is_some_and(|rest| !rest.is_empty())
}

/// How a task invocation failed, as the host reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskError {
    /// The word that `ErrorEquals` matches, for example `Lambda.TooManyRequestsException`.
    pub error: String,
    /// Details for people.
    pub cause: String,
}

/// A failure inside a state: of its task, or of the interpreter on the state's behalf.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    pub(crate) error: String,
    pub(crate) cause: String,
}

impl Failure {
    pub(crate) fn new(error: &str, cause: impl Into<String>) -> Self {
        Self {
            error: error.to_owned(),
            cause: cause.into(),
        }
        .shortened()
    }

    pub(crate) fn runtime(cause: impl Into<String>) -> Self {
        Self::new(RUNTIME, cause)
    }

    pub(crate) fn intrinsic(cause: impl Into<String>) -> Self {
        Self::new(INTRINSIC_FAILURE, cause)
    }

    /// Says which visit of which state failed, in AWS's words.
    pub(crate) fn in_state(self, name: &str, entered_event: u64) -> Self {
        let cause = format!(
            "An error occurred while executing the state '{name}' (entered at the event id #{entered_event}). {}",
            self.cause
        );
        Self {
            error: self.error,
            cause,
        }
        .shortened()
    }

    fn shortened(mut self) -> Self {
        shorten(&mut self.error, ERROR_LIMIT);
        shorten(&mut self.cause, CAUSE_LIMIT);
        self
    }
}

impl From<TaskError> for Failure {
    fn from(error: TaskError) -> Self {
        Self {
            error: error.error,
            cause: error.cause,
        }
        .shortened()
    }
}

fn shorten(text: &mut String, characters: usize) {
    if let Some((end, _)) = text.char_indices().nth(characters) {
        text.truncate(end);
    }
}

/// How many levels of arrays and objects a value has; a text has none.
pub fn levels(value: &Value) -> usize {
    let deepest = match value {
        Value::Array(items) => items.iter().map(levels).max(),
        Value::Object(members) => members.values().map(levels).max(),
        _ => return 0,
    };
    1 + deepest.unwrap_or(0)
}

/// Refuses data over the limits; `what` starts the sentence.
pub(crate) fn within_data_limit(value: &Value, what: &str) -> Result<(), Failure> {
    let levels = levels(value);
    if levels > DATA_LIMIT_LEVELS {
        return Err(Failure::runtime(format!(
            "{what} with {levels} levels of arrays and objects, more than {DATA_LIMIT_LEVELS}."
        )));
    }
    if value.to_string().len() <= DATA_LIMIT_BYTES {
        return Ok(());
    }
    let cause = format!("{what} with a size exceeding the maximum number of bytes service limit.");
    Err(Failure::new(DATA_LIMIT_EXCEEDED, cause))
}

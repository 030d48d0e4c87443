//! The right-hand side of a `….$` field: a path or an intrinsic function.

use serde_json::Value;

use crate::failure::Failure;
use crate::intrinsic::Call;
use crate::path::{Path, Scope};

/// Something that is computed when a state runs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    Path(Path),
    Call(Call),
}

impl Expression {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.starts_with("States.") {
            return Call::parse(text).map(Self::Call);
        }
        Path::parse(text).map(Self::Path).map_err(|why| {
            if text.starts_with('$') {
                why
            } else {
                format!("`{text}` is neither a path nor an intrinsic function")
            }
        })
    }

    /// The value; `field` names the place in the definition that asks.
    pub(crate) fn evaluate(&self, field: &str, scope: Scope<'_>) -> Result<Value, Failure> {
        match self {
            Self::Path(path) => select(path, field, scope),
            Self::Call(call) => call.evaluate(field, scope),
        }
    }
}

/// The value at `path`, which must exist.
pub(crate) fn select(path: &Path, field: &str, scope: Scope<'_>) -> Result<Value, Failure> {
    path.select(scope)
        .ok_or_else(|| not_found(path, field, scope))
}

pub(crate) fn not_found(path: &Path, field: &str, scope: Scope<'_>) -> Failure {
    Failure::runtime(format!(
        "The JSONPath '{}' specified for the field '{field}' could not be found in the input '{}'",
        path.text(),
        scope.data
    ))
}

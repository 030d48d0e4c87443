//! The context object `$$`, and the paths and templates that are applied around a state.

use serde_json::{Value, json};

use super::{Execution, Visit};
use crate::definition::{Kind, Placement, Selection, Text};
use crate::expression::select;
use crate::failure::Failure;
use crate::path::Scope;
use crate::timestamp;

impl Execution {
    /// The context object as `visit` sees it.
    pub(super) fn context(&self, kind: &Kind, visit: &Visit) -> Value {
        let mut context = json!({
            "Execution": {
                "Id": self.identity.execution_arn,
                "Input": self.input,
                "StartTime": timestamp::format(self.started),
                "Name": self.identity.execution_name,
                "RoleArn": self.identity.role_arn,
                "RedriveCount": 0,
            },
            "StateMachine": {
                "Id": self.identity.state_machine_arn,
                "Name": self.identity.state_machine_name,
            },
            "State": {
                "Name": visit.state,
                "EnteredTime": timestamp::format(visit.entered),
            },
        });
        if matches!(kind, Kind::Task(_)) {
            context["State"]["RetryCount"] = json!(visit.retries.iter().sum::<u32>());
        }
        context
    }
}

impl Selection {
    /// Applies InputPath or OutputPath, whichever `field` says.
    pub(super) fn apply(&self, field: &str, scope: Scope<'_>) -> Result<Value, Failure> {
        match self {
            Self::All => Ok(scope.data.clone()),
            Self::Nothing => Ok(json!({})),
            Self::Path(path) => select(path, field, scope),
        }
    }
}

impl Placement {
    /// Combines a result with the state's raw input.
    pub(super) fn apply(&self, input: &Value, result: Value) -> Result<Value, Failure> {
        match self {
            Self::Replace => Ok(result),
            Self::Discard => Ok(input.clone()),
            Self::At(path) => path.place(input.clone(), result),
        }
    }
}

impl Text {
    /// The text; what is computed must come out as a string.
    pub(super) fn evaluate(&self, field: &str, scope: Scope<'_>) -> Result<String, Failure> {
        match self {
            Self::Literal(text) => Ok(text.clone()),
            Self::Computed(expression) => match expression.evaluate(field, scope)? {
                Value::String(text) => Ok(text),
                other => Err(Failure::runtime(format!(
                    "The field '{field}' must be a string but was: {other}"
                ))),
            },
        }
    }
}

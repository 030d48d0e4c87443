//! A Task state's `lambda:invoke`: the call, its result object, and its errors in the language's words.

use asl::{Execution, Invocation, TaskError};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Account, Call, Moment,
    interference::consult,
    services::lambda::{self, Failure, function_name},
};

const RESOURCE: &str = "arn:aws:states:::lambda:invoke";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Parameters {
    function_name: String,
    #[serde(default)]
    payload: Option<Value>,
    /// Ignored: a function has one version here.
    #[serde(default, rename = "Qualifier")]
    _qualifier: Option<String>,
    #[serde(default)]
    invocation_type: RequestResponse,
}

/// The one invocation type that is built for tasks.
#[derive(Default, Deserialize)]
enum RequestResponse {
    #[default]
    RequestResponse,
}

/// Invokes the function that a task names.
pub(super) async fn perform(
    account: &Account,
    execution: &Execution,
    invocation: &Invocation,
) -> Result<Value, TaskError> {
    if invocation.resource != RESOURCE {
        return Err(TaskError {
            error: "States.Runtime".to_owned(),
            cause: format!(
                "the local endpoint does not implement `{}`",
                invocation.resource
            ),
        });
    }
    let parameters: Parameters =
        serde_json::from_value(invocation.parameters.clone()).map_err(|error| TaskError {
            error: "States.Runtime".to_owned(),
            cause: format!("the parameters of lambda:invoke are refused: {error}"),
        })?;
    let Parameters {
        function_name: function,
        payload,
        invocation_type: RequestResponse::RequestResponse,
        ..
    } = parameters;
    let call = Call {
        service: "lambda",
        operation: "Invoke".to_owned(),
        caller: execution.identity().role_arn.clone(),
        function: Some(function_name(&function).to_owned()),
        state: execution.current_state().map(str::to_owned),
    };
    let payload = payload.unwrap_or_else(|| json!({}));
    let result = invoke(account, &call, &function, payload).await;
    let payload = result.map_err(|failure| failure.task_error(&function))?;
    Ok(json!({ "ExecutedVersion": "$LATEST", "Payload": payload, "StatusCode": 200 }))
}

async fn invoke(
    account: &Account,
    call: &Call,
    function: &str,
    payload: Value,
) -> Result<Value, Failure> {
    let passed = consult(account, call, Moment::Before).await?;
    let result = lambda::run(account, function, payload, passed).await;
    consult(account, call, Moment::After).await?;
    result
}

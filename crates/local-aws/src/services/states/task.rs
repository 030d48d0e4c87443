//! A Task state's `lambda:invoke`: the call, its result object, and its errors in the language's words.

use std::collections::BTreeMap;

use asl::{Execution, Invocation, TaskError};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    Account, Call, Moment, account,
    interference::consult,
    services::lambda::{self, Failure, function_name},
    wire,
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
    #[serde(default, rename = "LogType")]
    _log_type: NoLogs,
}

/// The one invocation type that is built for tasks.
#[derive(Default, Deserialize)]
enum RequestResponse {
    #[default]
    RequestResponse,
}

/// The one log type that is built for tasks.
#[derive(Default, Deserialize)]
enum NoLogs {
    #[default]
    None,
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
    let payload = result.map_err(|failure| failure.task_error(account, &function))?;
    Ok(integration_result(&payload))
}

/// What AWS's integration makes of an answer of Lambda.
fn integration_result(payload: &Value) -> Value {
    let request = wire::request_id();
    let length = payload.to_string().len().to_string();
    let date = account::now()
        .strftime("%a, %d %b %Y %H:%M:%S GMT")
        .to_string();
    let seconds = account::now().as_second();
    let trace = format!(
        "Root=1-{seconds:x}-{:024x};Sampled=0",
        fastrand::u128(..) >> 32
    );
    let headers = [
        ("X-Amz-Executed-Version", "$LATEST"),
        ("x-amzn-Remapped-Content-Length", "0"),
        ("Connection", "keep-alive"),
        ("x-amzn-RequestId", &request),
        ("Content-Length", &length),
        ("Date", &date),
        ("X-Amzn-Trace-Id", &trace),
        ("Content-Type", "application/json"),
    ];
    let all: Map<String, Value> = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!([value])))
        .collect();
    let first: BTreeMap<&str, &str> = headers.into_iter().collect();
    json!({
        "ExecutedVersion": "$LATEST",
        "Payload": payload,
        "SdkHttpMetadata": { "AllHttpHeaders": all, "HttpHeaders": first, "HttpStatusCode": 200 },
        "SdkResponseMetadata": { "RequestId": request },
        "StatusCode": 200,
    })
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

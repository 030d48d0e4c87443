//! HTTP: AWS JSON 1.0 and 1.1 by `X-Amz-Target`, Lambda's REST, git's smart protocol.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::{
    Account, Call, Caller, ServiceError,
    git::http_backend,
    interference::observed,
    services::{codebuild, codecommit, events, lambda, logs, ssm, states},
};

/// A running endpoint.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    /// `http://127.0.0.1:<port>`, for `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops accepting and answering.
    pub fn stop(&self) {
        self.task.abort();
    }
}

/// Serves `account` on `listener` in the background.
pub fn serve(account: Arc<Account>, listener: TcpListener) -> std::io::Result<Server> {
    let address = listener.local_addr()?;
    account.set_base_url(format!("http://{address}"));
    let router = Router::new()
        .route("/", post(json_protocol))
        .route("/2015-03-31/functions/{name}/invocations", post(invoke))
        .route("/v1/repos/{*path}", any(http_backend::handle))
        .route("/logs/{build}", get(logs::web::show))
        .fallback(refuse_unknown_path)
        .layer(DefaultBodyLimit::max(32 << 20))
        .with_state(account);
    let task = tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(error = %error, "the local endpoint stopped serving");
        }
    });
    Ok(Server { address, task })
}

async fn refuse_unknown_path(request: axum::extract::Request) -> Response {
    let message = format!(
        "the local endpoint serves nothing at {} {}",
        request.method(),
        request.uri().path()
    );
    failure(
        &ServiceError {
            status: 404,
            ..ServiceError::client("UnknownOperationException", message)
        },
        JSON_1_1,
    )
}

const JSON_1_1: &str = "application/x-amz-json-1.1";
const JSON_1_0: &str = "application/x-amz-json-1.0";

/// The service behind a target prefix.
fn service_of(prefix: &str) -> Option<(&'static str, &'static str)> {
    Some(match prefix {
        "CodeCommit_20150413" => ("codecommit", JSON_1_1),
        "CodeBuild_20161006" => ("codebuild", JSON_1_1),
        "AmazonSSM" => ("ssm", JSON_1_1),
        "AWSEvents" => ("events", JSON_1_1),
        "Logs_20140328" => ("logs", JSON_1_1),
        "AWSStepFunctions" => ("states", JSON_1_0),
        _ => return None,
    })
}

async fn json_protocol(
    State(account): State<Arc<Account>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let target = headers
        .get("x-amz-target")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let Some((prefix, operation)) = target.split_once('.') else {
        let message = "the request has no `X-Amz-Target` header of the form `Service.Operation`";
        return failure(&ServiceError::client("MissingAction", message), JSON_1_1);
    };
    let Some((service, content_type)) = service_of(prefix) else {
        return failure(
            &ServiceError::unknown_operation(prefix, operation),
            JSON_1_1,
        );
    };
    let input = match parse_body(&body) {
        Ok(input) => input,
        Err(error) => return failure(&error, content_type),
    };
    let caller = caller(&account, &headers);
    let call = Call {
        service,
        operation: operation.to_owned(),
        caller: caller.arn.clone(),
        function: None,
        state: None,
    };
    let dispatched = observed(&account, call, async {
        match service {
            "codecommit" => codecommit::call(&account, &caller, operation, input).await,
            "codebuild" => codebuild::call(&account, &caller, operation, input).await,
            "ssm" => ssm::call(&account, &caller, operation, input),
            "events" => events::call(&account, &caller, operation, input),
            "logs" => logs::call(&account, operation, input),
            _ => states::call(&account, &caller, operation, input),
        }
    });
    match dispatched.await {
        Some(Ok(output)) => json_response(StatusCode::OK, content_type, &output),
        Some(Err(error)) => failure(&error, content_type),
        None => dropped(),
    }
}

async fn invoke(
    State(account): State<Arc<Account>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let call = Call {
        service: "lambda",
        operation: "Invoke".to_owned(),
        caller: caller(&account, &headers).arn,
        function: Some(lambda::function_name(&name).to_owned()),
        state: None,
    };
    let kind = headers
        .get("x-amz-invocation-type")
        .and_then(|value| value.to_str().ok())
        .unwrap_or("RequestResponse");
    match observed(&account, call, lambda::invoke(&account, &name, kind, &body)).await {
        Some(Ok(invoked)) => invoked.into_response(),
        Some(Err(error)) => failure(&error, "application/json"),
        None => dropped(),
    }
}

fn parse_body(body: &Bytes) -> Result<Value, ServiceError> {
    if body.is_empty() {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    serde_json::from_slice(body)
        .map_err(|error| ServiceError::malformed(format!("the request body is not JSON: {error}")))
}

fn caller(account: &Account, headers: &HeaderMap) -> Caller {
    let authorization = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let key = Caller::access_key(authorization).unwrap_or("anonymous");
    Caller::from_access_key(key, &account.settings.account_id, &account.settings.callers)
}

pub(crate) fn json_response(
    status: StatusCode,
    content_type: &'static str,
    body: &Value,
) -> Response {
    let mut response = (status, body.to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(id) = HeaderValue::from_str(&request_id()) {
        headers.insert("x-amzn-requestid", id);
    }
    response
}

pub(crate) fn request_id() -> String {
    format!("{:032x}", fastrand::u128(..))
}

fn failure(error: &ServiceError, content_type: &'static str) -> Response {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json_response(status, content_type, &error.body());
    if let Ok(code) = HeaderValue::from_str(&error.code) {
        response.headers_mut().insert("x-amzn-errortype", code);
    }
    response
}

/// An answer whose body breaks off: the client sees a closed connection.
fn dropped() -> Response {
    let broken = futures::stream::once(async {
        Err::<Bytes, _>(std::io::Error::other("dropped on request"))
    });
    let mut response = Response::new(Body::from_stream(broken));
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, HeaderValue::from_static("1000000"));
    response
}

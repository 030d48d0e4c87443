//! HTTP: AWS JSON 1.0 and 1.1 by `X-Amz-Target`, Lambda's REST, S3's path style, git's smart protocol.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{
        DefaultBodyLimit, Path, State,
        rejection::{BytesRejection, PathRejection},
    },
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header, response},
    middleware,
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use futures::StreamExt as _;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::{
    Account, Call, Caller, ServiceError,
    answers::Read,
    git::http_backend,
    guard,
    interference::{Heard, observed},
    overview,
    services::{codebuild, codecommit, events, lambda, logs, s3, secretsmanager, ssm, states},
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

/// Serves `account` on `listener` in the background. Whoever reaches the endpoint may do anything, so a listener that
/// other machines reach is refused.
pub fn serve(account: Arc<Account>, listener: TcpListener) -> std::io::Result<Server> {
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() {
        return Err(std::io::Error::other(format!(
            "the local endpoint is for this machine only, {address} is not loopback"
        )));
    }
    account.set_base_url(format!("http://{address}"));
    let router = Router::new()
        .route("/", post(json_protocol).get(front))
        .route("/2015-03-31/functions/{name}/invocations", post(invoke))
        .route("/v1/repos/{*path}", any(http_backend::handle))
        .route("/logs/{build}", get(logs::web::show))
        .route("/badges", get(codebuild::badge::show))
        .fallback(object_or_nothing)
        .method_not_allowed_fallback(async |method: Method, uri: Uri| nothing_here(&method, &uri))
        .layer(middleware::from_fn(guard::check))
        .layer(DefaultBodyLimit::max(32 << 20))
        .with_state(account);
    let task = tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(error = %error, "the local endpoint stopped serving");
        }
    });
    Ok(Server { address, task })
}

/// SDKs sign what they ask, and ask for the list of buckets here; a browser is shown what there is.
async fn front(
    state: State<Arc<Account>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    if headers.contains_key(header::AUTHORIZATION) {
        return object_or_nothing(state, method, uri, headers, body).await;
    }
    overview::show(&state.0).await
}

/// S3 has every address that begins with a bucket's name.
async fn object_or_nothing(
    State(account): State<Arc<Account>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Some(request) = s3::Request::read(&method, &uri) else {
        return nothing_here(&method, &uri);
    };
    let body = match received(body) {
        Ok(body) => body,
        Err(error) => return s3::failure(&error, &request),
    };
    let call = Call {
        service: "s3",
        operation: request.operation(),
        caller: caller(&account, &headers).arn,
        function: None,
        state: None,
    };
    let request = Arc::new(request);
    let effect = {
        let (account, request) = (account.clone(), request.clone());
        async move { s3::call(&account, &request, &headers, body).await }
    };
    let heard = observed(&account, call, effect, || None).await;
    respond(heard, |result| match result {
        Ok(response) => response,
        Err(error) => s3::failure(&error, &request),
    })
    .await
}

fn nothing_here(method: &Method, uri: &Uri) -> Response {
    let path = uri.path();
    let message = format!("the local endpoint serves nothing at {method} {path}");
    failure(
        &ServiceError {
            status: 404,
            ..ServiceError::client("UnknownOperationException", message)
        },
        JSON_1_1,
    )
}

pub(crate) const JSON_1_1: &str = "application/x-amz-json-1.1";
const JSON_1_0: &str = "application/x-amz-json-1.0";

/// The service behind a target prefix.
fn service_of(prefix: &str) -> Option<(&'static str, &'static str)> {
    Some(match prefix {
        "CodeCommit_20150413" => ("codecommit", JSON_1_1),
        "CodeBuild_20161006" => ("codebuild", JSON_1_1),
        "AmazonSSM" => ("ssm", JSON_1_1),
        "AWSEvents" => ("events", JSON_1_1),
        "Logs_20140328" => ("logs", JSON_1_1),
        "secretsmanager" => ("secretsmanager", JSON_1_1),
        "AWSStepFunctions" => ("states", JSON_1_0),
        _ => return None,
    })
}

async fn json_protocol(
    State(account): State<Arc<Account>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
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
    let input = match received(body).and_then(|body| parse_body(&body)) {
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
    let read = Read::new(operation, &input);
    let effect = {
        let (account, operation, read) = (account.clone(), operation.to_owned(), read.clone());
        async move {
            let answer = match service {
                "codecommit" => codecommit::call(&account, &caller, &operation, input).await,
                "codebuild" => codebuild::call(&account, &caller, &operation, input).await,
                "ssm" => ssm::call(&account, &caller, &operation, input),
                "events" => events::call(&account, &caller, &operation, input),
                "logs" => logs::call(&account, &operation, input),
                "secretsmanager" => secretsmanager::call(&account, &operation, input),
                _ => states::call(&account, &caller, &operation, input),
            };
            if let (Some(read), Ok(output)) = (read, &answer) {
                account.answers.keep(read, output);
            }
            answer
        }
    };
    let older = || account.answers.recall(&read?);
    let heard = observed(&account, call, effect, older).await;
    respond(heard, |result| match result {
        Ok(output) => json_response(StatusCode::OK, content_type, &output),
        Err(error) => failure(&error, content_type),
    })
    .await
}

async fn invoke(
    State(account): State<Arc<Account>>,
    name: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let name = name.map_err(|rejection| ServiceError::malformed(rejection.body_text()));
    let (name, body) = match name.and_then(|Path(name)| Ok((name, received(body)?))) {
        Ok(received) => received,
        Err(error) => return failure(&error, "application/json"),
    };
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
    let effect = {
        let (account, kind) = (account.clone(), kind.to_owned());
        async move { lambda::invoke(&account, &name, &kind, &body).await }
    };
    let heard = observed(&account, call, effect, || None).await;
    respond(heard, |result| match result {
        Ok(invoked) => invoked.into_response(),
        Err(error) => failure(&error, "application/json"),
    })
    .await
}

/// The body, unless it is too large or broke off.
fn received(body: Result<Bytes, BytesRejection>) -> Result<Bytes, ServiceError> {
    body.map_err(|rejection| {
        let status = rejection.status();
        let code = match status {
            StatusCode::PAYLOAD_TOO_LARGE => "RequestEntityTooLargeException",
            _ => "SerializationException",
        };
        ServiceError {
            status: status.as_u16(),
            ..ServiceError::client(code, rejection.body_text())
        }
    })
}

/// JSON that somebody wrote and that is kept as it is. What has more levels than data may have in an execution is refused: it
/// could not be read from the journal again.
pub(crate) fn json(text: &[u8]) -> Result<Value, String> {
    let text = str::from_utf8(text).map_err(|error| error.to_string())?;
    let value = asl::data(text).map_err(|error| error.to_string())?;
    match asl::levels(&value) {
        0..=asl::DATA_LIMIT_LEVELS => Ok(value),
        levels => Err(format!(
            "{levels} levels of arrays and objects are more than {}",
            asl::DATA_LIMIT_LEVELS
        )),
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

pub(crate) fn failure(error: &ServiceError, content_type: &'static str) -> Response {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json_response(status, content_type, &error.body());
    if let Ok(code) = HeaderValue::from_str(&error.code) {
        response.headers_mut().insert("x-amzn-errortype", code);
    }
    response
}

async fn respond<T>(
    heard: Heard<T>,
    answer: impl FnOnce(Result<T, ServiceError>) -> Response,
) -> Response {
    match heard {
        Heard::Answer(result) => answer(result),
        Heard::Half(result) => {
            let (parts, body) = answer(result).into_parts();
            let body = axum::body::to_bytes(body, usize::MAX).await;
            let body = body.unwrap_or_default();
            broken(parts, body.slice(..body.len() / 2))
        }
        Heard::Nothing => broken(Response::new(()).into_parts().0, Bytes::new()),
    }
}

/// How long a part of an answer has to get to the client.
const PART: Duration = Duration::from_millis(20);

/// An answer that breaks off after `part`, or before it has begun.
fn broken(parts: response::Parts, part: Bytes) -> Response {
    let length = part.len() + 1_000_000;
    let begun = !part.is_empty();
    let end = async move {
        if begun {
            tokio::time::sleep(PART).await;
        }
        Err::<Bytes, _>(std::io::Error::other("dropped on request"))
    };
    let beginning = futures::stream::iter(begun.then_some(Ok(part)));
    let body = Body::from_stream(beginning.chain(futures::stream::once(end)));
    let mut response = Response::from_parts(parts, body);
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    response
}

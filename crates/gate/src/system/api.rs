//! Calls of the local endpoint by AWS's JSON protocol, for the services the gate itself has no SDK client for.

use http_body_util::{BodyExt, Full};
use hyper::{Method, Request, body::Bytes, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// Why a call of the local endpoint gave no answer that could be used.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// AWS's error.
    #[error("{operation} was refused: {code}: {message}")]
    Refused {
        /// For example `PutRule`.
        operation: String,
        /// The error's name, for example `ValidationException`.
        code: String,
        /// AWS's words.
        message: String,
    },
    /// The connection or the answer broke.
    #[error("{operation} got no answer: {message}")]
    NoAnswer {
        /// For example `PutRule`.
        operation: String,
        /// What happened.
        message: String,
    },
}

impl ApiError {
    /// Whether this is AWS's error of that name.
    pub fn is(&self, name: &str) -> bool {
        matches!(self, Self::Refused { code, .. } if code == name)
    }
}

/// One caller of the local endpoint.
#[derive(Clone, Debug)]
pub(super) struct Api {
    address: String,
    access_key: String,
}

/// A status, the name of a function's error if there is one, and the body.
struct Answer {
    success: bool,
    function_failed: bool,
    body: Bytes,
}

impl Api {
    /// `address` is `http://HOST:PORT`.
    pub(super) fn new(address: &str, access_key: &str) -> Self {
        Self {
            address: address.trim_start_matches("http://").to_owned(),
            access_key: access_key.to_owned(),
        }
    }

    /// Calls `target`, an operation with its service's prefix, such as `AWSEvents.PutRule`.
    pub(super) async fn call(&self, target: &str, input: &Value) -> Result<Value, ApiError> {
        let operation = target.rsplit('.').next().unwrap_or(target);
        let request = self.request("/").header("x-amz-target", target);
        let answer = self.send(operation, request, input).await?;
        read(operation, &answer)
    }

    /// Invokes a function and waits for it; the function's own failure is an error.
    pub(super) async fn invoke(&self, function: &str, payload: &Value) -> Result<Value, ApiError> {
        let path = format!("/2015-03-31/functions/{function}/invocations");
        let operation = format!("Invoke of {function}");
        let answer = self.send(&operation, self.request(&path), payload).await?;
        if !answer.function_failed {
            return read(&operation, &answer);
        }
        let failure: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        Err(refused(
            &operation,
            &failure["errorType"],
            &failure["errorMessage"],
        ))
    }

    /// Creates a bucket of S3; one that is there already is no error.
    pub(super) async fn create_bucket(&self, name: &str) -> Result<(), ApiError> {
        let operation = "CreateBucket";
        let request = self.request(&format!("/{name}")).method(Method::PUT);
        let answer = self.send(operation, request, &Value::Null).await?;
        if answer.success {
            return Ok(());
        }
        let message = String::from_utf8_lossy(&answer.body).into_owned();
        Err(refused(operation, &Value::Null, &Value::String(message)))
    }

    fn request(&self, path: &str) -> hyper::http::request::Builder {
        let credential = format!(
            "AWS4-HMAC-SHA256 Credential={}/20150101/local/local/aws4_request, SignedHeaders=host, Signature=none",
            self.access_key
        );
        Request::post(path)
            .header(header::HOST, &self.address)
            .header(header::AUTHORIZATION, credential)
            .header(header::CONTENT_TYPE, "application/x-amz-json-1.1")
    }

    async fn send(
        &self,
        operation: &str,
        request: hyper::http::request::Builder,
        input: &Value,
    ) -> Result<Answer, ApiError> {
        let exchange = async {
            let request = request.body(Full::new(Bytes::from(input.to_string())))?;
            let stream = TokioIo::new(TcpStream::connect(&self.address).await?);
            let (mut sender, connection) = http1::handshake(stream).await?;
            tokio::spawn(connection);
            let response = sender.send_request(request).await?;
            let success = response.status().is_success();
            let function_failed = response.headers().contains_key("x-amz-function-error");
            let body = response.into_body().collect().await?.to_bytes();
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(Answer {
                success,
                function_failed,
                body,
            })
        };
        exchange.await.map_err(|error| ApiError::NoAnswer {
            operation: operation.to_owned(),
            message: error.to_string(),
        })
    }
}

fn read(operation: &str, answer: &Answer) -> Result<Value, ApiError> {
    let body: Value = serde_json::from_slice(&answer.body).map_err(|error| ApiError::NoAnswer {
        operation: operation.to_owned(),
        message: error.to_string(),
    })?;
    if answer.success {
        return Ok(body);
    }
    Err(refused(operation, &body["__type"], &body["message"]))
}

fn refused(operation: &str, code: &Value, message: &Value) -> ApiError {
    ApiError::Refused {
        operation: operation.to_owned(),
        code: code.as_str().unwrap_or("an unnamed error").to_owned(),
        message: message.as_str().unwrap_or_default().to_owned(),
    }
}

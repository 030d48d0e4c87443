//! Requests of services of which the gate needs one or two operations: signed by the SDK's own signer, sent, timed and
//! tried again by the SDK's own machinery.
//!
//! The SDK's clients of these services have a hundred operations each, with endpoint rules, checksums or event streams
//! that every cold start would load and every build would compile.

use std::{fmt, time::SystemTime};

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::{
    http_request::{
        PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
        UriPathNormalizationMode, sign,
    },
    sign::v4,
};
use aws_smithy_runtime::client::{
    orchestrator::operation::Operation,
    retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier},
};
use aws_smithy_runtime_api::client::{
    identity::Identity,
    orchestrator::{HttpRequest, HttpResponse, OrchestratorError},
};
use aws_smithy_types::{
    body::SdkBody,
    error::{ErrorMetadata, metadata::ProvideErrorMetadata},
};
use aws_types::service_config::ServiceConfigKey;
use gate_core::error::GateError;
use serde_json::Value;

use crate::error;

/// A service and who asks it.
pub(crate) struct Signed {
    /// The service's name for people.
    service: &'static str,
    /// Its name in a signature.
    signing_name: &'static str,
    region: String,
    endpoint: String,
    credentials: SharedCredentialsProvider,
    send: Operation<Call, Option<Vec<u8>>, Refusal>,
}

/// What an answer means: the content, nothing where there is nothing, or why not.
pub(crate) type Read = fn(&HttpResponse) -> Result<Option<Vec<u8>>, OrchestratorError<Refusal>>;

/// What is asked.
#[derive(Debug)]
pub(crate) struct Question {
    /// As IAM calls it.
    pub(crate) operation: &'static str,
    pub(crate) method: &'static str,
    /// Escaped already.
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

/// A signed request.
#[derive(Debug)]
struct Call {
    method: &'static str,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// The service says no.
#[derive(Debug)]
pub(crate) struct Refusal(ErrorMetadata);

impl Refusal {
    pub(crate) fn new(code: String, message: String) -> OrchestratorError<Self> {
        let metadata = ErrorMetadata::builder().code(code).message(message);
        OrchestratorError::operation(Self(metadata.build()))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.message().unwrap_or("no reason given"))
    }
}

impl std::error::Error for Refusal {}

impl ProvideErrorMetadata for Refusal {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

impl Signed {
    /// `None` without credentials or a way to send, which no configuration of the gate leaves out.
    pub(crate) fn new(
        config: &SdkConfig,
        service: &'static str,
        signing_name: &'static str,
        endpoint: String,
        read: Read,
    ) -> Option<Self> {
        let mut send = Operation::builder()
            .service_name(service)
            .operation_name(signing_name)
            .behavior_version(BehaviorVersion::latest())
            .http_client(config.http_client()?)
            .endpoint_url(&endpoint)
            .no_auth()
            .retry_classifier(HttpStatusCodeClassifier::default())
            .retry_classifier(TransientErrorClassifier::<Refusal>::new())
            .standard_retry(config.retry_config()?);
        if let Some(timeouts) = config.timeout_config() {
            send = send.timeout_config(timeouts.clone());
        }
        Some(Self {
            service,
            signing_name,
            region: config.region()?.to_string(),
            endpoint,
            credentials: config.credentials_provider()?,
            send: send.serializer(request).deserializer(read).build(),
        })
    }

    /// Where the service is.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Asks, and tries again what may go well later.
    pub(crate) async fn ask(&self, question: Question) -> Result<Option<Vec<u8>>, GateError> {
        let (service, operation) = (self.service, question.operation);
        let credentials = self.credentials.provide_credentials().await;
        let credentials = credentials
            .map_err(|error| error::unavailable(service, operation, error.to_string()))?;
        let headers = self
            .sign(&question, &credentials.into())
            .map_err(|message| error::unreadable(service, operation, message))?;
        let call = Call {
            method: question.method,
            path: question.path,
            headers,
            body: question.body,
        };
        let answer = self.send.invoke(call).await;
        answer.map_err(|error| error::failed(service, operation, &error))
    }

    /// All headers of a request. Its signature holds for some minutes, longer than it is tried again.
    pub(crate) fn sign(
        &self,
        question: &Question,
        identity: &Identity,
    ) -> Result<Vec<(String, String)>, String> {
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        let parameters = v4::SigningParams::builder()
            .identity(identity)
            .region(&self.region)
            .name(self.signing_name)
            .time(SystemTime::now())
            .settings(settings)
            .build()
            .map_err(|error| error.to_string())?
            .into();
        let own = question
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()));
        let url = format!("{}{}", self.endpoint, question.path);
        let body = SignableBody::Bytes(&question.body);
        let signable = SignableRequest::new(question.method, url, own.clone(), body)
            .map_err(|error| error.to_string())?;
        let signed = sign(signable, &parameters).map_err(|error| error.to_string())?;
        let (instructions, _) = signed.into_parts();
        Ok(own
            .chain(instructions.headers())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect())
    }
}

/// The endpoint that the configuration names, for this service or for all.
pub(crate) fn named_endpoint(config: &SdkConfig, service_id: &'static str) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id(service_id)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok()?;
    let of_service = config.service_config();
    let named = of_service.and_then(|settings| settings.load_config(key));
    let named = named.or_else(|| config.endpoint_url().map(str::to_owned));
    named.map(|endpoint| endpoint.trim_end_matches('/').to_owned())
}

/// The answer of a service that speaks JSON, nothing of what is not there, or why not.
pub(crate) fn read_json(
    response: &HttpResponse,
) -> Result<Option<Vec<u8>>, OrchestratorError<Refusal>> {
    let body = response.body().bytes().unwrap_or_default();
    if response.status().is_success() {
        return Ok(Some(body.to_vec()));
    }
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    let member = |name: &str| said.get(name).and_then(Value::as_str).unwrap_or_default();
    let code = member("__type")
        .rsplit('#')
        .next()
        .unwrap_or_default()
        .to_owned();
    if code == "ResourceNotFoundException" {
        return Ok(None);
    }
    // Secrets Manager begins it with a capital.
    let message = match (member("message"), member("Message")) {
        ("", "") => format!("status {}", response.status()),
        ("", message) | (message, _) => message.to_owned(),
    };
    Err(Refusal::new(code, message))
}

fn request(call: Call) -> Result<HttpRequest, Box<dyn std::error::Error + Send + Sync + 'static>> {
    let Call {
        method,
        path,
        headers,
        body,
    } = call;
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method(method)?;
    request.set_uri(path)?;
    for (name, value) in headers {
        request.headers_mut().try_insert(name, value)?;
    }
    Ok(request)
}

//! The artifact bucket: what outlives a pull request, read and written whole.

use std::{
    fmt::{self, Write as _},
    sync::Arc,
};

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use gate_core::error::GateError;

use crate::{
    Deployment,
    signed::{Question, Refusal, Signed, domain, named_endpoint},
};

const SERVICE: &str = "S3";

/// Objects of the deployment's bucket, or none where there is no bucket.
#[derive(Clone)]
pub struct Objects {
    bucket: Option<Arc<Bucket>>,
}

/// Where the bucket is.
struct Bucket {
    name: String,
    region: String,
    /// The path of the bucket behind the endpoint, if its name is not part of the host.
    path: String,
    /// Whether the endpoint is AWS's own.
    of_aws: bool,
    signed: Signed,
}

/// What is asked of S3, as IAM calls it.
#[derive(Clone, Copy, Debug)]
enum Ask {
    GetObject,
    PutObject,
}

impl fmt::Debug for Objects {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.bucket.as_ref().map(|bucket| bucket.name.as_str());
        formatter.debug_tuple("Objects").field(&name).finish()
    }
}

impl Objects {
    /// Of the deployment's bucket.
    pub fn new(config: &SdkConfig, deployment: &Deployment) -> Self {
        let name = deployment.artifact_bucket.as_str();
        let bucket = (!name.is_empty())
            .then(|| Bucket::new(config, name, &deployment.region))
            .flatten();
        Self {
            bucket: bucket.map(Arc::new),
        }
    }

    /// Without a bucket: there is nothing, and nothing is kept.
    pub fn none() -> Self {
        Self { bucket: None }
    }

    /// An object's content; `None` if there is no such object.
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, GateError> {
        match &self.bucket {
            Some(bucket) => bucket.ask(Ask::GetObject, key, None, Vec::new()).await,
            None => Ok(None),
        }
    }

    /// Writes an object, over whatever stands there; `false` without a bucket.
    pub async fn put(&self, key: &str, kind: &str, content: Vec<u8>) -> Result<bool, GateError> {
        let Some(bucket) = &self.bucket else {
            return Ok(false);
        };
        bucket.ask(Ask::PutObject, key, Some(kind), content).await?;
        Ok(true)
    }

    /// Where a person can read an object: AWS's console, or the endpoint on a laptop itself.
    pub fn page(&self, key: &str) -> Option<String> {
        let bucket = self.bucket.as_ref()?;
        let Bucket { name, region, .. } = &**bucket;
        Some(if bucket.of_aws {
            let domain = if region.starts_with("cn-") {
                "console.amazonaws.cn"
            } else {
                "console.aws.amazon.com"
            };
            let key = escaped(key, false);
            format!("https://{region}.{domain}/s3/object/{name}?region={region}&prefix={key}")
        } else {
            format!(
                "{}{}/{}",
                bucket.signed.endpoint(),
                bucket.path,
                escaped(key, true)
            )
        })
    }
}

impl Bucket {
    fn new(config: &SdkConfig, name: &str, region: &str) -> Option<Self> {
        let named = named_endpoint(config, SERVICE);
        let of_aws = named.is_none();
        let own = || format!("https://{name}.s3.{region}.{}", domain(region));
        let path = named.as_ref().map(|_| format!("/{name}"));
        let endpoint = named.unwrap_or_else(own);
        Some(Self {
            name: name.to_owned(),
            region: region.to_owned(),
            path: path.unwrap_or_default(),
            of_aws,
            signed: Signed::new(config, SERVICE, "s3", endpoint, read)?,
        })
    }

    async fn ask(
        &self,
        ask: Ask,
        key: &str,
        kind: Option<&str>,
        body: Vec<u8>,
    ) -> Result<Option<Vec<u8>>, GateError> {
        self.signed.ask(self.question(ask, key, kind, body)).await
    }

    fn question(&self, ask: Ask, key: &str, kind: Option<&str>, body: Vec<u8>) -> Question {
        let (operation, method) = match ask {
            Ask::GetObject => ("GetObject", "GET"),
            Ask::PutObject => ("PutObject", "PUT"),
        };
        let kind = kind.map(|kind| ("content-type", kind.to_owned()));
        Question {
            operation,
            method,
            path: format!("{}/{}", self.path, escaped(key, true)),
            headers: kind.into_iter().collect(),
            body,
        }
    }
}

/// The object, nothing if there is none, or why not.
fn read(response: &HttpResponse) -> Result<Option<Vec<u8>>, OrchestratorError<Refusal>> {
    let body = response.body().bytes().unwrap_or_default();
    if response.status().is_success() {
        return Ok(Some(body.to_vec()));
    }
    let text = String::from_utf8_lossy(body);
    let member = |name: &str| {
        let (_, after) = text.split_once(&format!("<{name}>"))?;
        Some(after.split_once('<')?.0.to_owned())
    };
    let code = member("Code").unwrap_or_default();
    if code == "NoSuchKey" {
        return Ok(None);
    }
    let message = member("Message").unwrap_or_else(|| format!("status {}", response.status()));
    Err(Refusal::new(code, message))
}

/// A key as part of an address: everything but unreserved characters in `%41` (S3 user guide, object keys).
fn escaped(key: &str, keep_slashes: bool) -> String {
    let mut escaped = String::with_capacity(key.len());
    for byte in key.bytes() {
        let plain = byte.is_ascii_alphanumeric()
            || b"-._~".contains(&byte)
            || (keep_slashes && byte == b'/');
        if plain {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests;

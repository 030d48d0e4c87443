//! The artifact bucket: what outlives a pull request, read and written whole.

use std::{
    fmt::{self, Write as _},
    ops::RangeInclusive,
    sync::Arc,
};

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use gate_core::{error::GateError, partition};

use crate::{
    Deployment, error,
    signed::{Question, Refusal, Signed, named_endpoint},
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
    ListBucket,
    PutObject,
}

/// An object as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// Its bytes.
    pub size: u64,
}

/// What lists show of a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Objects in the order of their keys.
    pub objects: Vec<Listed>,
    /// Whether there are more than one list holds (1,000).
    pub more: bool,
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
            Some(bucket) => {
                let at = bucket.key(key);
                bucket.ask(Ask::GetObject, at, None, Vec::new()).await
            }
            None => Ok(None),
        }
    }

    /// Some bytes of an object, fewer at its end; `None` if there is no such object.
    pub async fn piece(
        &self,
        key: &str,
        bytes: RangeInclusive<u64>,
    ) -> Result<Option<Vec<u8>>, GateError> {
        let Some(bucket) = &self.bucket else {
            return Ok(None);
        };
        let range = format!("bytes={}-{}", bytes.start(), bytes.end());
        let at = bucket.key(key);
        let header = Some(("range", range));
        bucket.ask(Ask::GetObject, at, header, Vec::new()).await
    }

    /// The objects whose keys start with `prefix`; none without a bucket.
    pub async fn list(&self, prefix: &str) -> Result<Listing, GateError> {
        let Some(bucket) = &self.bucket else {
            return Ok(Listing::default());
        };
        let at = format!(
            "{}/?list-type=2&prefix={}",
            bucket.path,
            escaped(prefix, false)
        );
        let answer = bucket.ask(Ask::ListBucket, at, None, Vec::new()).await?;
        listing(&answer.unwrap_or_default())
            .ok_or_else(|| error::unreadable(SERVICE, "ListBucket", "the list is no list of keys"))
    }

    /// Whether this is the name of the bucket.
    pub fn is(&self, bucket: &str) -> bool {
        self.bucket.as_ref().is_some_and(|own| own.name == bucket)
    }

    /// Writes an object, over whatever stands there; `false` without a bucket.
    pub async fn put(&self, key: &str, kind: &str, content: Vec<u8>) -> Result<bool, GateError> {
        let Some(bucket) = &self.bucket else {
            return Ok(false);
        };
        let header = Some(("content-type", kind.to_owned()));
        let at = bucket.key(key);
        bucket.ask(Ask::PutObject, at, header, content).await?;
        Ok(true)
    }

    /// Where a person can read an object: AWS's console, or the endpoint on a laptop itself.
    pub fn page(&self, key: &str) -> Option<String> {
        let bucket = self.bucket.as_ref()?;
        let Bucket { name, region, .. } = &**bucket;
        Some(if bucket.of_aws {
            let console = partition::of(region).console;
            let key = escaped(key, false);
            format!("https://{region}.{console}/s3/object/{name}?region={region}&prefix={key}")
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
        let own = || {
            format!(
                "https://{name}.s3.{region}.{}",
                partition::of(region).suffix
            )
        };
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

    /// The address of an object behind the endpoint.
    fn key(&self, key: &str) -> String {
        format!("{}/{}", self.path, escaped(key, true))
    }

    async fn ask(
        &self,
        ask: Ask,
        at: String,
        header: Option<(&'static str, String)>,
        body: Vec<u8>,
    ) -> Result<Option<Vec<u8>>, GateError> {
        self.signed.ask(question(ask, at, header, body)).await
    }
}

fn question(
    ask: Ask,
    at: String,
    header: Option<(&'static str, String)>,
    body: Vec<u8>,
) -> Question {
    let (operation, method) = match ask {
        Ask::GetObject => ("GetObject", "GET"),
        Ask::ListBucket => ("ListBucket", "GET"),
        Ask::PutObject => ("PutObject", "PUT"),
    };
    Question {
        operation,
        method,
        path: at,
        headers: header.into_iter().collect(),
        body,
    }
}

/// Reads the answer to ListObjectsV2; `None` if it is none.
fn listing(answer: &[u8]) -> Option<Listing> {
    let text = std::str::from_utf8(answer).ok()?;
    let (head, contents) = text.split_once("<Contents>").unwrap_or((text, ""));
    let objects = contents.split("<Contents>").filter(|it| !it.is_empty());
    let objects: Option<Vec<Listed>> = objects
        .map(|object| {
            Some(Listed {
                key: unescaped(member(object, "Key")?)?,
                size: member(object, "Size")?.parse().ok()?,
            })
        })
        .collect();
    // Where `IsTruncated` stands in the document is nowhere promised.
    let more = member(head, "IsTruncated").or_else(|| member(contents, "IsTruncated"))?;
    Some(Listing {
        objects: objects?,
        more: more == "true",
    })
}

/// The text of the first element of this name.
fn member<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, after) = text.split_once(&format!("<{name}>"))?;
    Some(after.split_once('<')?.0)
}

/// A text of XML without its references; `None` if one of them is unknown.
fn unescaped(text: &str) -> Option<String> {
    let mut parts = text.split('&');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(';')?;
        let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok();
        plain.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => {
                let digits = name.strip_prefix('#')?;
                char::from_u32(match digits.strip_prefix('x') {
                    Some(hex) => number(hex, 16)?,
                    None => number(digits, 10)?,
                })?
            }
        });
        plain.push_str(rest);
    }
    Some(plain)
}

/// The object, nothing if there is none, or why not.
fn read(response: &HttpResponse) -> Result<Option<Vec<u8>>, OrchestratorError<Refusal>> {
    let body = response.body().bytes().unwrap_or_default();
    if response.status().is_success() {
        return Ok(Some(body.to_vec()));
    }
    let text = String::from_utf8_lossy(body);
    let member = |name: &str| member(&text, name).map(str::to_owned);
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

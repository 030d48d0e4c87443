//! S3, as far as artifacts need it: buckets in path style, objects whole or a range of their bytes, lists of keys.
//!
//! Objects are files below the data directory. What a request asks for beyond that, such as versions or parts, is refused
//! by the name of the operation.

mod chunks;
mod listing;
mod range;
mod shelf;
mod xml;

use std::sync::Arc;

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

use crate::{Account, ServiceError, wire::request_id};
use shelf::Shelf;

/// A request to S3: the bucket, the key if there is one, the query.
#[derive(Debug)]
pub(crate) struct Request {
    method: Method,
    bucket: String,
    key: Option<String>,
    query: Vec<(String, String)>,
}

impl Request {
    /// What a method and an address mean; `None` if the path starts with nothing that can be a bucket. The root stands for
    /// all buckets.
    pub(crate) fn read(method: &Method, uri: &Uri) -> Option<Self> {
        let path = uri.path().strip_prefix('/')?;
        if path.is_empty() {
            return Some(Self {
                method: method.clone(),
                bucket: String::new(),
                key: None,
                query: query(uri.query().unwrap_or_default()),
            });
        }
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        let key = decoded(key)?;
        is_bucket(bucket).then(|| Self {
            method: method.clone(),
            bucket: bucket.to_owned(),
            key: (!key.is_empty()).then_some(key),
            query: query(uri.query().unwrap_or_default()),
        })
    }

    /// The operation's name.
    pub(crate) fn operation(&self) -> String {
        let parameter = self.query.iter().map(|(name, _)| name.as_str());
        let special = parameter
            .filter(|name| !["list-type", "prefix", "max-keys", "x-id"].contains(name))
            .filter(|name| !["continuation-token", "encoding-type", "start-after"].contains(name))
            .find(|name| !["delimiter", "fetch-owner", "max-buckets"].contains(name));
        let object = self.key.is_some();
        let name = match (&self.method, object, special) {
            (_, _, Some(special)) => return format!("{} ?{special}", self.method),
            (&Method::GET, true, None) => "GetObject",
            (&Method::HEAD, true, None) => "HeadObject",
            (&Method::PUT, true, None) => "PutObject",
            (&Method::DELETE, true, None) => "DeleteObject",
            (&Method::GET, false, None) if self.bucket.is_empty() => "ListBuckets",
            (&Method::GET, false, None) => match self.parameter("list-type") {
                Some("2") => "ListObjectsV2",
                _ => "ListObjects",
            },
            (&Method::PUT, false, None) if !self.bucket.is_empty() => "CreateBucket",
            (method, ..) => return method.to_string(),
        };
        name.to_owned()
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        let mut found = self.query.iter().filter(|(key, _)| key == name);
        found.next().map(|(_, value)| value.as_str())
    }
}

/// Lower-case letters, digits, hyphens and dots, 3 to 63 (user guide, bucket naming rules).
fn is_bucket(name: &str) -> bool {
    let allowed = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.'
    };
    (3..=63).contains(&name.len()) && name.bytes().all(allowed) && !name.contains("..")
}

fn query(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .filter_map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decoded(name)?, decoded(&value.replace('+', " "))?))
        })
        .collect()
}

/// Resolves `%41`; `None` for what is not UTF-8.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let pair = after.get(..2).filter(|_| *first == b'%');
        let value = pair
            .and_then(|pair| std::str::from_utf8(pair).ok())
            .and_then(|pair| u8::from_str_radix(pair, 16).ok());
        if let Some(value) = value {
            bytes.push(value);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

/// Answers one request.
pub(crate) async fn call(
    account: &Arc<Account>,
    request: &Request,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<Response, ServiceError> {
    let operation = request.operation();
    let shelf = Shelf::new(account, &request.bucket);
    if !["CreateBucket", "ListBuckets"].contains(&operation.as_str()) {
        shelf.check().await?;
    }
    let key = request.key.as_deref().unwrap_or_default();
    match operation.as_str() {
        "ListBuckets" => Ok(xml::response(
            StatusCode::OK,
            &listing::buckets(request, account, &shelf::buckets(account).await?)?,
        )),
        "CreateBucket" => {
            shelf.create().await?;
            Ok(StatusCode::OK.into_response())
        }
        "PutObject" => {
            let object = shelf::Object {
                key: key.to_owned(),
                content_type: text(headers, header::CONTENT_TYPE.as_str())
                    .unwrap_or("binary/octet-stream")
                    .to_owned(),
                body: chunks::whole(headers, &body)?,
            };
            let tag = shelf.put(&object).await?;
            Ok(with_tag(StatusCode::OK.into_response(), &tag))
        }
        "GetObject" | "HeadObject" => {
            let object = shelf.get(key).await?;
            match text(headers, header::RANGE.as_str()).and_then(range::Range::read) {
                None => Ok(found(object)),
                Some(range) => part(object, range),
            }
        }
        "DeleteObject" => {
            shelf.delete(key).await?;
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        "ListObjectsV2" => Ok(xml::response(
            StatusCode::OK,
            &listing::list(request, shelf.all().await?)?,
        )),
        _ => Err(ServiceError {
            status: 501,
            ..ServiceError::client(
                "NotImplemented",
                format!("the local endpoint does not implement S3 {operation}"),
            )
        }),
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// An object as a browser and an SDK take it; a HEAD request's body is dropped on the way out.
fn found(object: shelf::Object) -> Response {
    let tag = object.tag();
    let kind = HeaderValue::from_str(&object.content_type);
    let kind = kind.unwrap_or(HeaderValue::from_static("binary/octet-stream"));
    let mut response = object.body.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    with_tag(response, &tag)
}

/// Some bytes of an object.
fn part(mut object: shelf::Object, range: range::Range) -> Result<Response, ServiceError> {
    let size = object.body.len();
    let bytes = range.of(size).ok_or_else(|| ServiceError {
        status: 416,
        ..ServiceError::client("InvalidRange", "The requested range is not satisfiable")
    })?;
    let place = format!("bytes {}-{}/{size}", bytes.start, bytes.end - 1);
    let tag = object.tag();
    object.body = object.body[bytes].to_vec();
    let mut response = with_tag(found(object), &tag);
    *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    if let Ok(place) = HeaderValue::from_str(&place) {
        response.headers_mut().insert(header::CONTENT_RANGE, place);
    }
    Ok(response)
}

/// Puts an object of another service's making.
pub(crate) async fn put(
    account: &Account,
    bucket: &str,
    key: &str,
    body: Vec<u8>,
) -> Result<(), ServiceError> {
    let shelf = Shelf::new(account, bucket);
    shelf.check().await?;
    let object = shelf::Object {
        key: key.to_owned(),
        content_type: "binary/octet-stream".to_owned(),
        body,
    };
    shelf.put(&object).await?;
    Ok(())
}

fn with_tag(mut response: Response, tag: &str) -> Response {
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{tag}\"")) {
        headers.insert(header::ETAG, tag);
    }
    if let Ok(id) = HeaderValue::from_str(&request_id()) {
        headers.insert("x-amz-request-id", id);
    }
    response
}

/// An error as S3 sends it.
pub(crate) fn failure(error: &ServiceError, request: &Request) -> Response {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let resource = format!(
        "/{}/{}",
        request.bucket,
        request.key.as_deref().unwrap_or_default()
    );
    let body = xml::element(
        "Error",
        &[
            ("Code", &error.code),
            ("Message", &error.message),
            ("Resource", &resource),
            ("RequestId", &request_id()),
        ],
    );
    xml::response(status, &body)
}

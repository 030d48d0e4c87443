//! ListObjectsV2: keys by prefix, in pages.

use super::{Request, shelf::Object, xml};
use crate::{ServiceError, account};

const MOST_KEYS: usize = 1000;

/// The page that `request` asks for.
pub(super) fn list(request: &Request, objects: Vec<Object>) -> Result<String, ServiceError> {
    let most = match request.parameter("max-keys") {
        None => MOST_KEYS,
        Some(number) => number.parse::<usize>().map_err(|_| {
            let message =
                format!("Provided max-keys {number} not an integer or within integer range");
            ServiceError::client("InvalidArgument", message)
        })?,
    };
    let prefix = request.parameter("prefix").unwrap_or_default();
    // A token is the last key of the page before.
    let after = request
        .parameter("continuation-token")
        .or_else(|| request.parameter("start-after"))
        .unwrap_or_default();
    let mut wanted: Vec<Object> = objects
        .into_iter()
        .filter(|object| object.key.starts_with(prefix) && object.key.as_str() > after)
        .collect();
    let more = wanted.len() > most.min(MOST_KEYS);
    wanted.truncate(most.min(MOST_KEYS));
    let token = wanted.last().map(|object| object.key.clone());
    let mut members: Vec<(&str, String)> = vec![
        ("Name", request.bucket.clone()),
        ("Prefix", prefix.to_owned()),
        ("KeyCount", wanted.len().to_string()),
        ("MaxKeys", most.to_string()),
        ("IsTruncated", more.to_string()),
    ];
    members.extend(
        token
            .filter(|_| more)
            .map(|token| ("NextContinuationToken", token)),
    );
    let members: Vec<(&str, &str)> = members
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let head = xml::element("ListBucketResult", &members);
    let contents: String = wanted.iter().map(content).collect();
    let head = head.replacen(
        "<ListBucketResult>",
        "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">",
        1,
    );
    let end = "</ListBucketResult>";
    Ok(format!("{}{contents}{end}", head.trim_end_matches(end)))
}

fn content(object: &Object) -> String {
    xml::element(
        "Contents",
        &[
            ("Key", &object.key),
            ("LastModified", &account::now().to_string()),
            ("ETag", &format!("\"{}\"", object.tag())),
            ("Size", &object.body.len().to_string()),
            ("StorageClass", "STANDARD"),
        ],
    )
}

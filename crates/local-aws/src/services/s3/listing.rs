//! ListObjectsV2, keys by prefix and delimiter, and ListBuckets; both in pages.

use jiff::Timestamp;

use super::{Request, shelf::Object, xml};
use crate::{Account, ServiceError, account};

const MOST_KEYS: usize = 1000;
const MOST_BUCKETS: usize = 10_000;

/// One line of a list: an object, or the part of keys up to a delimiter that several may share.
enum Line {
    Object(Object),
    Common(String),
}

impl Line {
    fn key(&self) -> &str {
        match self {
            Self::Object(object) => &object.key,
            Self::Common(prefix) => prefix,
        }
    }

    fn xml(&self) -> String {
        match self {
            Self::Object(object) => content(object),
            Self::Common(prefix) => xml::element("CommonPrefixes", &[("Prefix", prefix)]),
        }
    }
}

/// The page that `request` asks for.
pub(super) fn list(request: &Request, objects: Vec<Object>) -> Result<String, ServiceError> {
    let most = most(request, "max-keys", MOST_KEYS)?;
    let prefix = request.parameter("prefix").unwrap_or_default();
    let delimiter = request
        .parameter("delimiter")
        .filter(|text| !text.is_empty());
    // A token is the last key of the page before.
    let after = request
        .parameter("continuation-token")
        .or_else(|| request.parameter("start-after"))
        .unwrap_or_default();
    let mut lines: Vec<Line> = Vec::new();
    for object in objects {
        let line = match rolled_up(&object.key, prefix, delimiter) {
            Some(common) => Line::Common(common),
            None => Line::Object(object),
        };
        let is_new = lines.last().is_none_or(|last| last.key() != line.key());
        if line.key().starts_with(prefix) && line.key() > after && is_new {
            lines.push(line);
        }
    }
    let more = lines.len() > most;
    lines.truncate(most);
    let token = lines
        .last()
        .filter(|_| more)
        .map(|line| line.key().to_owned());
    let mut members: Vec<(&str, String)> = vec![
        ("Name", request.bucket.clone()),
        ("Prefix", prefix.to_owned()),
        ("KeyCount", lines.len().to_string()),
        ("MaxKeys", most.to_string()),
        ("IsTruncated", more.to_string()),
    ];
    members.extend(delimiter.map(|delimiter| ("Delimiter", delimiter.to_owned())));
    members.extend(token.map(|token| ("NextContinuationToken", token)));
    let lines: String = lines.iter().map(Line::xml).collect();
    Ok(document("ListBucketResult", &members, &lines))
}

/// The beginning of a key up to the first delimiter after the prefix.
fn rolled_up(key: &str, prefix: &str, delimiter: Option<&str>) -> Option<String> {
    let (delimiter, rest) = (delimiter?, key.strip_prefix(prefix)?);
    let (common, _) = rest.split_once(delimiter)?;
    Some(format!("{prefix}{common}{delimiter}"))
}

/// ListBuckets.
pub(super) fn buckets(
    request: &Request,
    account: &Account,
    buckets: &[(String, Timestamp)],
) -> Result<String, ServiceError> {
    let most = most(request, "max-buckets", MOST_BUCKETS)?;
    let prefix = request.parameter("prefix").unwrap_or_default();
    let after = request.parameter("continuation-token").unwrap_or_default();
    let wanted: Vec<_> = buckets
        .iter()
        .filter(|(name, _)| name.starts_with(prefix) && name.as_str() > after)
        .collect();
    let shown = &wanted[..most.min(wanted.len())];
    let list: String = shown
        .iter()
        .map(|(name, since)| {
            let since = since.to_string();
            xml::element("Bucket", &[("CreationDate", &since), ("Name", name)])
        })
        .collect();
    let owner = xml::element("Owner", &[("ID", &account.settings.account_id)]);
    let mut members = Vec::new();
    if shown.len() < wanted.len() {
        let token = shown.last().map(|(name, _)| name.clone());
        members.extend(token.map(|token| ("ContinuationToken", token)));
    }
    let lines = format!("<Buckets>{list}</Buckets>{owner}");
    Ok(document("ListAllMyBucketsResult", &members, &lines))
}

fn most(request: &Request, parameter: &str, default: usize) -> Result<usize, ServiceError> {
    let Some(number) = request.parameter(parameter) else {
        return Ok(default);
    };
    let most = number.parse::<usize>().map_err(|_| {
        let message =
            format!("Provided {parameter} {number} not an integer or within integer range");
        ServiceError::client("InvalidArgument", message)
    })?;
    Ok(most.min(default))
}

fn document(name: &str, members: &[(&str, String)], lines: &str) -> String {
    let members: Vec<(&str, &str)> = members
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let head = xml::element(name, &members);
    let (start, end) = (format!("<{name}>"), format!("</{name}>"));
    let named = format!("<{name} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    let head = head.replacen(&start, &named, 1);
    format!("{}{lines}{end}", head.trim_end_matches(&end))
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

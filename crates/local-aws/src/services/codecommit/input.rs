//! Members of requests, checked as CodeCommit does: every fault has an error name of its own.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    ServiceError,
    page::{self, Page},
    strict,
};

/// The input of an operation as its type.
pub(crate) fn shape<'a, T: Deserialize<'a>>(input: &'a Value) -> Result<T, ServiceError> {
    strict::read(input).map_err(ServiceError::malformed)
}

/// The output of an operation as JSON.
pub(crate) fn output(answer: impl Serialize) -> Result<Value, ServiceError> {
    serde_json::to_value(answer).map_err(ServiceError::internal)
}

/// An error of the caller's making.
pub(crate) fn refuse<T>(code: &str, message: impl Into<String>) -> Result<T, ServiceError> {
    Err(ServiceError::client(code, message))
}

/// A text that must be there and not empty.
pub(crate) fn required(
    value: Option<String>,
    member: &str,
    error: &str,
) -> Result<String, ServiceError> {
    match value {
        Some(value) if !value.is_empty() => Ok(value),
        _ => refuse(error, format!("{member} is required")),
    }
}

/// A full commit id: 40 hexadecimal digits.
pub(crate) fn commit_id(value: Option<String>, member: &str) -> Result<String, ServiceError> {
    let id = required(value, member, "CommitIdRequiredException")?;
    if is_hexadecimal(&id, 40) {
        return Ok(id);
    }
    let message = format!("{member} `{id}` is not a full commit id");
    refuse("InvalidCommitIdException", message)
}

/// `digits` lower-case or upper-case hexadecimal digits and nothing else.
pub(crate) fn is_hexadecimal(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A name of a rule or of a template: 1 to 100 letters, digits, periods, spaces, underscores and dashes (user guide, quotas).
pub(crate) fn rule_name(
    value: Option<String>,
    missing: &str,
    invalid: &str,
) -> Result<String, ServiceError> {
    let name = required(value, "the approval rule's name", missing)?;
    let fits = |letter: char| letter.is_alphanumeric() || ". _-".contains(letter);
    let is_free = name.strip_suffix(".git").is_none();
    if name.chars().count() <= 100 && name.chars().all(fits) && is_free {
        return Ok(name);
    }
    let message = format!(
        "`{name}` is not a name of 1 to 100 letters, digits, periods, spaces, underscores and dashes that does not end in `.git`"
    );
    refuse(invalid, message)
}

/// A word out of an enumeration.
pub(crate) fn word<T: for<'a> Deserialize<'a>>(
    value: Option<String>,
    member: &str,
    missing: &str,
    invalid: &str,
) -> Result<T, ServiceError> {
    let text = required(value, member, missing)?;
    optional_word(Some(text), member, invalid)?
        .ok_or_else(|| ServiceError::client(missing, format!("{member} is required")))
}

/// A word out of an enumeration, or none.
pub(crate) fn optional_word<T: for<'a> Deserialize<'a>>(
    value: Option<String>,
    member: &str,
    invalid: &str,
) -> Result<Option<T>, ServiceError> {
    let Some(text) = value else { return Ok(None) };
    let message = format!("{member} cannot be `{text}`");
    T::deserialize(Value::String(text))
        .map(Some)
        .map_err(|_| ServiceError::client(invalid, message))
}

/// `maxResults` and `nextToken` of a list operation.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Paging {
    max_results: Option<i64>,
    next_token: Option<String>,
}

impl Paging {
    /// One page of at most `most` items, `most` also being the default.
    pub(crate) fn cut<T>(
        &self,
        items: impl IntoIterator<Item = T>,
        key: impl Fn(&T) -> String,
        most: usize,
    ) -> Result<Page<T>, ServiceError> {
        self.cut_by(items, key, most, most)
    }

    /// One page of `default` items unless the request wants fewer or, up to `most`, more.
    pub(crate) fn cut_by<T>(
        &self,
        items: impl IntoIterator<Item = T>,
        key: impl Fn(&T) -> String,
        default: usize,
        most: usize,
    ) -> Result<Page<T>, ServiceError> {
        let limit = match self.max_results.map(usize::try_from) {
            None => default,
            Some(Ok(limit)) if (1..=most).contains(&limit) => limit,
            Some(_) => {
                let message = format!("maxResults must be between 1 and {most}");
                return refuse("InvalidMaxResultsException", message);
            }
        };
        page::page(items, key, limit, self.next_token.as_deref()).ok_or_else(|| {
            let message = "nextToken is not one that this service gave out";
            ServiceError::client("InvalidContinuationTokenException", message)
        })
    }
}

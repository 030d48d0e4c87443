//! Lists of names and ids, a page at a time.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::invalid;
use crate::{ServiceError, page};

/// How many a page holds where the request does not say.
pub(super) const PAGE: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum SortOrder {
    Ascending,
    Descending,
}

/// A page of names.
pub(super) fn answer(
    member: &str,
    names: Vec<String>,
    limit: Option<usize>,
    token: Option<&str>,
) -> Result<Value, ServiceError> {
    answer_by(member, names, Clone::clone, limit, token)
}

/// A page of whatever `key` identifies.
pub(super) fn answer_by<T: Serialize>(
    member: &str,
    items: Vec<T>,
    key: impl Fn(&T) -> String,
    limit: Option<usize>,
    token: Option<&str>,
) -> Result<Value, ServiceError> {
    let limit = limit.unwrap_or(PAGE);
    if !(1..=PAGE).contains(&limit) {
        return Err(invalid(format!(
            "maxResults must be from 1 to {PAGE}, not {limit}"
        )));
    }
    let page = page::page(items, key, limit, token)
        .ok_or_else(|| invalid("Invalid next token: it was not given by this operation"))?;
    let mut answer = json!({ member: page.items });
    if let Some(token) = page.next_token {
        answer["nextToken"] = token.into();
    }
    Ok(answer)
}

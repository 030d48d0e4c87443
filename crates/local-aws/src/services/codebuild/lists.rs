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
    limit: Option<i64>,
    token: Option<&str>,
) -> Result<Value, ServiceError> {
    answer_by(member, names, Clone::clone, limit, token)
}

/// A page of whatever `key` identifies.
pub(super) fn answer_by<T: Serialize>(
    member: &str,
    items: Vec<T>,
    key: impl Fn(&T) -> String,
    limit: Option<i64>,
    token: Option<&str>,
) -> Result<Value, ServiceError> {
    let size = page::size(limit, PAGE, PAGE)
        .ok_or_else(|| invalid(format!("maxResults must be from 1 to {PAGE}")))?;
    let page = page::page(items, key, size, token)
        .ok_or_else(|| invalid("Invalid next token: it was not given by this operation"))?;
    let mut answer = json!({ member: page.items });
    if let Some(token) = page.next_token {
        answer["nextToken"] = token.into();
    }
    Ok(answer)
}

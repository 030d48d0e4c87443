//! Pagination: an opaque token that survives changes of the list between two pages.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};

/// One page of a list.
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) next_token: Option<String>,
}

/// Cuts a page out of `items`, which are ordered by the key that `key` gives. `None` for a token this endpoint did not write.
pub(crate) fn page<T>(
    items: impl IntoIterator<Item = T>,
    key: impl Fn(&T) -> String,
    limit: usize,
    token: Option<&str>,
) -> Option<Page<T>> {
    let after = match token {
        None => None,
        Some(token) => Some(String::from_utf8(BASE64.decode(token).ok()?).ok()?),
    };
    let mut rest = items.into_iter();
    let mut page = Vec::new();
    if let Some(after) = &after {
        // The item the token names may be gone: without it the list starts over, which repeats but loses nothing.
        let all: Vec<T> = rest.collect();
        let start = all
            .iter()
            .position(|item| key(item) == *after)
            .map_or(0, |at| at + 1);
        let mut all = all.into_iter().skip(start);
        page.extend(all.by_ref().take(limit));
        let more = all.next().is_some();
        return Some(finish(page, more, key));
    }
    page.extend(rest.by_ref().take(limit));
    let more = rest.next().is_some();
    Some(finish(page, more, key))
}

fn finish<T>(items: Vec<T>, more: bool, key: impl Fn(&T) -> String) -> Page<T> {
    let next_token = items
        .last()
        .filter(|_| more)
        .map(|last| BASE64.encode(key(last)));
    Page { items, next_token }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_pages_hold_every_item_once() {
        let items = ["a", "b", "c", "d", "e"];
        let mut token = None;
        let mut seen = Vec::new();
        for _ in 0..3 {
            let page = page(items, |item| (*item).to_owned(), 2, token.as_deref()).unwrap();
            seen.extend(page.items);
            token = page.next_token;
        }
        assert_eq!(seen, items);
        assert_eq!(token, None);
    }

    #[test]
    fn refuses_a_foreign_token() {
        assert!(page(["a"], |item| (*item).to_owned(), 1, Some("***")).is_none());
    }
}

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

/// How many items a page is to hold: what the request asks for, else `default`. `None` outside of 1 to `most`.
pub(crate) fn size(asked: Option<i64>, default: usize, most: usize) -> Option<usize> {
    let Some(asked) = asked else {
        return Some(default);
    };
    let size = usize::try_from(asked).ok()?;
    (1..=most).contains(&size).then_some(size)
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
    fn a_page_is_as_large_as_asked_or_as_usual() {
        assert_eq!(size(None, 100, 1000), Some(100));
        assert_eq!(size(Some(1000), 100, 1000), Some(1000));
    }

    #[test]
    fn refuses_pages_of_no_size_and_too_large_ones() {
        for asked in [-1, 0, 1001] {
            assert_eq!(size(Some(asked), 100, 1000), None, "{asked}");
        }
    }

    #[test]
    fn refuses_a_foreign_token() {
        assert!(page(["a"], |item| (*item).to_owned(), 1, Some("***")).is_none());
    }
}

//! What looks like a secret is hidden before a text leaves the gate: comments, log lines, error texts, state input.
//!
//! Code under test prints what it likes, and AWS quotes what it was given. Known forms are hidden, each named by what was
//! there: access keys, session tokens, bearer tokens, tokens of well-known services, private keys, passwords in URLs, and
//! the values of variables that are called like secrets, and words as random and as long as AWS's secret keys. A secret of no known form is not recognised.

mod bare;
mod named;
mod token;
mod url;

use std::borrow::Cow;

/// `text` without anything that looks like a secret. The same text again gives the same text.
pub fn hide(text: &str) -> Cow<'_, str> {
    let mut hidden = Cow::Borrowed(text);
    for pass in [
        private_keys,
        url::passwords,
        token::bearer,
        named::values,
        token::known_forms,
        bare::secret_keys,
        bare::tokens,
    ] {
        if let Some(changed) = pass(&hidden) {
            hidden = Cow::Owned(changed);
        }
    }
    hidden
}

/// `-----BEGIN … PRIVATE KEY-----` to its end; one that was cut off, to the end of the text.
fn private_keys(text: &str) -> Option<String> {
    const BEGIN: &str = "-----BEGIN ";
    const WORDS: &str = "PRIVATE KEY";
    const DASHES: &str = "-----";
    let mut hidden = String::new();
    let mut rest = text;
    let mut found = false;
    while let Some(at) = rest.find(BEGIN) {
        let (before, from) = rest.split_at(at);
        hidden.push_str(before);
        let label = from[BEGIN.len()..].split(DASHES).next().unwrap_or_default();
        let is_label = label
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' ');
        if !is_label || !label.trim_end_matches(" BLOCK").ends_with(WORDS) {
            hidden.push_str(BEGIN);
            rest = &from[BEGIN.len()..];
            continue;
        }
        found = true;
        hidden.push_str("(private key hidden)");
        let end = format!("-----END {label}{DASHES}");
        rest = from.find(&end).map_or("", |at| &from[at + end.len()..]);
    }
    hidden.push_str(rest);
    found.then_some(hidden)
}

/// Replaces what `find` finds, from left to right; `None` if it finds nothing. A range that `find` gives lies behind the
/// place it was given.
fn replace(
    text: &str,
    word: &str,
    find: impl Fn(&str, usize) -> Option<std::ops::Range<usize>>,
) -> Option<String> {
    let mut hidden = String::new();
    let mut done = 0;
    while let Some(range) = find(text, done) {
        hidden.push_str(text.get(done..range.start)?);
        hidden.push_str(word);
        done = range.end;
    }
    if done == 0 {
        return None;
    }
    hidden.push_str(text.get(done..)?);
    Some(hidden)
}

#[cfg(test)]
mod tests;

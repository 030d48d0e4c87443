//! What looks like a secret is hidden before a text leaves the gate: comments, log lines, error texts, state input.
//!
//! Code under test prints what it likes, and AWS quotes what it was given. Known forms are hidden, each named by what was
//! there: access keys, session tokens, bearer tokens, tokens of well-known services, private keys, passwords in URLs and of
//! command lines, addresses of webhooks, the values of variables that are called like secrets, and words as random and as long
//! as AWS's secret keys. A secret of no known form is not recognised.

mod argument;
mod bare;
mod named;
mod pairs;
mod token;
mod url;

use std::borrow::Cow;

/// `text` without anything that looks like a secret. The same text again gives the same text.
pub fn hide(text: &str) -> Cow<'_, str> {
    let mut hidden = Cow::Borrowed(text);
    for pass in [
        private_keys,
        private_key_ends,
        url::passwords,
        url::webhooks,
        token::bearer,
        argument::users,
        argument::logins,
        argument::options,
        named::values,
        pairs::values,
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

/// The end of a private key whose beginning was cut off: the lines of base64 before `-----END … PRIVATE KEY-----`.
fn private_key_ends(text: &str) -> Option<String> {
    const END: &str = "-----END ";
    replace(text, "(private key hidden)", |text, from| {
        let mut at = from;
        loop {
            let mark = at + text.get(at..)?.find(END)?;
            at = mark + END.len();
            let Some(dashes) = text[at..].find("-----") else {
                continue;
            };
            if !text[at..at + dashes]
                .trim_end_matches(" BLOCK")
                .ends_with("PRIVATE KEY")
            {
                continue;
            }
            let mut start = mark;
            for line in text[from..mark].trim_end_matches('\n').rsplit('\n') {
                let is_part =
                    |byte: u8| byte.is_ascii_alphanumeric() || b"+/=\r \\".contains(&byte);
                if line.is_empty() || !line.bytes().all(is_part) || line.trim().contains(' ') {
                    break;
                }
                start = text[..start].trim_end_matches('\n').len() - line.len();
            }
            if start < mark {
                return Some(start..at + dashes + "-----".len());
            }
        }
    })
}

/// Whether a word of base64 or the like has so many characters, letters and digits among them, that nobody thought it up.
fn is_random(word: &str, least: usize) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=_-.%".contains(&byte);
    let count = |is_kind: fn(&u8) -> bool| word.bytes().filter(is_kind).count();
    word.len() >= least
        && word.bytes().all(is_part)
        && count(u8::is_ascii_digit) >= 2
        && count(u8::is_ascii_alphabetic) >= 2
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

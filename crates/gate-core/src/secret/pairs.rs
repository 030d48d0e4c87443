//! A name and its value in two members, as ECS, CodeBuild, Kubernetes and Parameter Store write them:
//! `{"name": "DB_PASSWORD", "value": "…"}`, `- name: DB_PASSWORD`, `"Type": "SecureString"`.

use std::ops::Range;

use super::{named, replace};

/// So far from its value a name is looked for, in bytes.
const REACH: usize = 300;
/// A shorter value is no secret worth the name.
const SHORTEST: usize = 4;

pub(super) fn values(text: &str) -> Option<String> {
    replace(text, "(secret hidden)", |text, from| {
        let mut at = from;
        loop {
            let key = next_member(text, "value", at)?;
            if let Some(value) = scalar(text, key.end).filter(|value| is_secret(text, &key, value))
            {
                return Some(value);
            }
            at = key.end;
        }
    })
}

/// Whether the members beside a value call it a secret. They stand in the same braces, or within some lines of the same list item.
fn is_secret(text: &str, key: &Range<usize>, value: &Range<usize>) -> bool {
    let written = &text[value.clone()];
    if written.chars().count() < SHORTEST || written.starts_with(['(', '{', '[', '$']) {
        return false;
    }
    let start = text.floor_char_boundary(key.start.saturating_sub(REACH));
    let before = &text[start..key.start];
    let before = before.rsplit(['{', '}']).next().unwrap_or_default();
    let end = text.floor_char_boundary(value.end + REACH);
    let after = &text[value.end..end];
    let after = after.split(['{', '}']).next().unwrap_or_default();
    // In a list without braces the next item has a name of its own.
    let after = after.split("\n-").next().unwrap_or_default();
    let after = after.split("- name").next().unwrap_or_default();
    [before, after].iter().any(|part| calls_a_secret(part))
}

fn calls_a_secret(part: &str) -> bool {
    let mut at = 0;
    let mut last = None;
    while let Some(key) = next_member(part, "name", at) {
        last = scalar(part, key.end).map(|name| part[name].to_owned());
        at = key.end;
    }
    let by_name = last.is_some_and(|name| {
        let name = name.rsplit('/').next().unwrap_or_default();
        matches!(
            named::called(name),
            Some(named::Called::Secret | named::Called::Token)
        )
    });
    by_name || part.contains("SecureString")
}

/// The next key of this name, from its first letter to behind its colon.
fn next_member(text: &str, name: &str, from: usize) -> Option<Range<usize>> {
    let mut at = from;
    loop {
        let colon = at + text.get(at..)?.find(':')?;
        let key = text[..colon].trim_end_matches([' ', '"', '\'', '\\']);
        let start = key.len().saturating_sub(name.len());
        let is_named = key
            .get(start..)
            .is_some_and(|end| end.eq_ignore_ascii_case(name));
        // A member begins a line or follows a sign; a word of a sentence follows a word.
        let before = key.get(..start).unwrap_or_default();
        let before = before.trim_end_matches([' ', '\t', '"', '\'', '\\']);
        if is_named && (before.is_empty() || before.ends_with(['{', '[', ',', '-', '\n'])) {
            return Some(start..colon + 1);
        }
        at = colon + 1;
    }
}

/// The text that stands here, without its quotes.
fn scalar(text: &str, from: usize) -> Option<Range<usize>> {
    let rest = &text[from..];
    let start = from + (rest.len() - rest.trim_start_matches([' ', '\\']).len());
    let quote = text[start..]
        .chars()
        .next()
        .filter(|first| "\"'".contains(*first));
    let start = start + quote.map_or(0, char::len_utf8);
    let length = text[start..].find(|character: char| match quote {
        Some(quote) => character == quote || character == '\\' || character == '\n',
        None => character.is_whitespace() || ",;}]".contains(character),
    });
    let end = start + length.unwrap_or(text.len() - start);
    (end > start).then_some(start..end)
}

//! From bytes to a [`Document`], with every fault and not only the first: what is refused is taken out, and the rest is read
//! again.

use std::ops::Range;

use serde::Deserialize;
use toml::{
    Spanned,
    de::{DeArray, DeTable, DeValue, Deserializer},
};
use toml_parser::{Source, lexer::TokenKind};

use super::{Document, Fault, PATH, order};
use crate::text;

/// No `gate.toml` needs more; a larger file is a mistake.
const MAX_BYTES: usize = 256 * 1024;
/// More than anybody mends at once.
const MAX_FAULTS: usize = 50;
/// Brackets that are open at once. `toml` bounds how deep values nest, but not how deep it goes to find the end of what it cannot
/// read.
const MAX_OPEN_BRACKETS: usize = 100;

/// What can be read of a file, and what is wrong with it.
pub(super) struct Read {
    /// What is left once all that is refused is taken out; `None` where the file is no TOML.
    pub(super) document: Option<Document>,
    /// Sorted by place.
    pub(super) faults: Vec<Fault>,
}

impl Read {
    fn nothing(faults: Vec<Fault>) -> Self {
        Self {
            document: None,
            faults,
        }
    }
}

pub(super) fn document(bytes: &[u8]) -> Result<Document, Vec<Fault>> {
    let Read { document, faults } = whatever(bytes);
    match document {
        Some(document) if faults.is_empty() => Ok(document),
        _ => Err(faults),
    }
}

pub(super) fn whatever(bytes: &[u8]) -> Read {
    match table(bytes) {
        Ok((text, table)) => read(text, table),
        Err(faults) => Read::nothing(faults),
    }
}

/// The text and what it is as TOML.
fn table(bytes: &[u8]) -> Result<(&str, Spanned<DeTable<'_>>), Vec<Fault>> {
    if bytes.len() > MAX_BYTES {
        return Err(Fault::of_file(format!(
            "`{PATH}` has {} bytes, more than {MAX_BYTES}",
            bytes.len()
        )));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        let end = valid.len();
        vec![Fault::at(&valid, end..end, "this is not UTF-8 text")]
    })?;
    if let Some(span) = bracket_too_deep(text) {
        let words = format!("more than {MAX_OPEN_BRACKETS} brackets are open here");
        return Err(vec![Fault::at(text, span, words)]);
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let faults = errors
            .iter()
            .take(MAX_FAULTS)
            .map(|error| fault(text, error));
        return Err(sorted(faults.collect()));
    }
    Ok((text, table))
}

/// The first bracket too many. One that closes another kind than the last that was opened closes none.
fn bracket_too_deep(text: &str) -> Option<Range<usize>> {
    let mut open = Vec::new();
    for token in Source::new(text).lex() {
        let opened_by = match token.kind() {
            kind @ (TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket) => {
                open.push(kind);
                if open.len() > MAX_OPEN_BRACKETS {
                    return Some(token.span().start()..token.span().end());
                }
                continue;
            }
            TokenKind::RightSquareBracket => TokenKind::LeftSquareBracket,
            TokenKind::RightCurlyBracket => TokenKind::LeftCurlyBracket,
            _ => continue,
        };
        if open.last() == Some(&opened_by) {
            open.pop();
        }
    }
    None
}

fn read(text: &str, mut table: Spanned<DeTable<'_>>) -> Read {
    let mut faults = Vec::new();
    loop {
        let error = match Document::deserialize(Deserializer::from(table.clone())) {
            Ok(document) => {
                faults.extend(order::faults(text, &document, faults.is_empty()));
                return Read {
                    document: Some(document),
                    faults: sorted(faults),
                };
            }
            Err(error) => error,
        };
        faults.push(fault(text, &error));
        let removed = error
            .span()
            .is_some_and(|span| remove_from_table(table.get_mut(), &span));
        if !removed || faults.len() == MAX_FAULTS {
            return Read::nothing(sorted(faults));
        }
    }
}

fn sorted(mut faults: Vec<Fault>) -> Vec<Fault> {
    faults.sort();
    faults.dedup();
    faults
}

/// Removes the innermost entry that `span` is about.
fn remove_from_table(table: &mut DeTable<'_>, span: &Range<usize>) -> bool {
    if table
        .iter_mut()
        .any(|(_, value)| remove_within(value, span))
    {
        return true;
    }
    let mut found = None;
    for (key, value) in table.iter() {
        if covers(&key.span(), span) || covers(&value.span(), span) {
            found = Some(key.clone());
        }
    }
    found.is_some_and(|key| table.remove(&key).is_some())
}

fn remove_within(value: &mut Spanned<DeValue<'_>>, span: &Range<usize>) -> bool {
    match value.get_mut() {
        DeValue::Table(table) => remove_from_table(table, span),
        DeValue::Array(array) => remove_from_array(array, span),
        _ => false,
    }
}

fn remove_from_array(array: &mut DeArray<'_>, span: &Range<usize>) -> bool {
    if array.iter_mut().any(|value| remove_within(value, span)) {
        return true;
    }
    let before = array.len();
    let kept = std::mem::replace(array, DeArray::from_iter([])).into_iter();
    *array = kept.filter(|value| !covers(&value.span(), span)).collect();
    array.len() < before
}

fn covers(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

fn fault(text: &str, error: &toml::de::Error) -> Fault {
    let span = error.span().unwrap_or(0..0);
    Fault::at(text, span, words(error.message()))
}

/// serde's words, with the nearest of the known keys or values first.
fn words(message: &str) -> String {
    let first = message.lines().next().unwrap_or_default();
    for (start, what) in [
        ("unknown field ", "is no key here"),
        ("unknown variant ", "is no value for this"),
    ] {
        let Some(rest) = first.strip_prefix(start) else {
            continue;
        };
        let mut quoted = rest.split('`').skip(1).step_by(2);
        let Some(found) = quoted.next() else { continue };
        let known: Vec<&str> = quoted.collect();
        let found: String = found.chars().take(60).collect();
        return match nearest(&found, &known) {
            Some(nearest) => format!("`{found}` {what}; did you mean `{nearest}`?"),
            None => format!("`{found}` {what}; known are {}", text::quoted(&known)),
        };
    }
    // serde's names of types say nothing to who wrote the file.
    let (found, expected) = first.rsplit_once(", expected ").unwrap_or((first, ""));
    match expected {
        "" => first.to_owned(),
        "a sequence" if found.ends_with("map") => {
            "this is one table and must be a list: write `[[…]]`, or a list in brackets".to_owned()
        }
        "a sequence" => format!("{found}, expected a list"),
        _ if expected.starts_with("struct ") || expected == "a map" => {
            format!("{found}, expected a table")
        }
        _ => first.to_owned(),
    }
}

fn nearest<'a>(found: &str, known: &[&'a str]) -> Option<&'a str> {
    let distance = |name: &&&str| strsim::damerau_levenshtein(found, name);
    let name = known.iter().min_by_key(distance)?;
    (distance(&name) <= 1 + name.len() / 4).then_some(*name)
}

//! An element's beginning: its name and attributes, cut out of the text without copies.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr;

use crate::error::ReadError;
use crate::limits;
use crate::text::{clip, unescape};
use crate::window::Held;

/// Where an attribute's name and its raw value are.
#[derive(Debug, Clone)]
pub(super) struct Attribute {
    name: Range<usize>,
    value: Range<usize>,
}

/// An element's beginning.
pub(crate) struct Tag<'a> {
    pub(super) text: &'a str,
    /// Where `text` is in the whole document.
    pub(super) held: &'a Held,
    pub(super) start: usize,
    pub(super) name: Range<usize>,
    pub(super) attributes: &'a [Attribute],
}

impl<'a> Tag<'a> {
    /// The element's name without a namespace prefix.
    pub(crate) fn name(&self) -> &'a str {
        let name = &self.text[self.name.clone()];
        memchr(b':', name.as_bytes()).map_or(name, |colon| &name[colon + 1..])
    }

    /// Every attribute with its value as it is written.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let text = self.text;
        self.attributes.iter().map(|attribute| {
            (
                &text[attribute.name.clone()],
                &text[attribute.value.clone()],
            )
        })
    }

    /// The value of an attribute as it is written; the first of a name counts.
    pub(crate) fn raw(&self, name: &str) -> Option<&'a str> {
        let mut attributes = self.attributes();
        attributes.find_map(|(known, value)| (known == name).then_some(value))
    }

    /// The value of an attribute. Line breaks in it are kept: tools mean them.
    pub(crate) fn value(&self, name: &str) -> Option<Cow<'a, str>> {
        self.raw(name).map(unescape)
    }

    /// The value of an attribute, at most `limit` bytes of it.
    pub(crate) fn attribute(&self, name: &str, limit: usize) -> Option<String> {
        self.value(name).map(|value| clip(value, limit))
    }

    /// The same, unless there is nothing but blanks in it.
    pub(crate) fn filled(&self, name: &str, limit: usize) -> Option<String> {
        self.value(name)
            .filter(|value| !value.trim_ascii().is_empty())
            .map(|value| clip(value, limit))
    }

    /// Whether the attribute is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.raw(name).is_some()
    }

    /// Whether the attribute has one of these values.
    pub(crate) fn says(&self, name: &str, values: &[&str]) -> bool {
        self.raw(name).is_some_and(|value| values.contains(&value))
    }

    /// A whole number.
    pub(crate) fn number<N: std::str::FromStr>(&self, name: &str) -> Option<N> {
        self.raw(name)?.trim_ascii().parse().ok()
    }

    /// An error at the `<` of the tag.
    pub(crate) fn fault(&self, message: impl Into<String>) -> ReadError {
        self.held.position_of(self.start).fault(message)
    }
}

/// What the scan of a tag found.
pub(super) enum Scan {
    /// The tag goes on beyond the text, in the middle of the value that begins at this offset perhaps.
    Incomplete {
        value: Option<usize>,
    },
    Complete {
        name: Range<usize>,
        end: usize,
        /// Closed at once by `/>`.
        empty: bool,
    },
    Fault {
        at: usize,
        message: String,
    },
}

/// Scans the tag whose `<` is at `start`; fills `attributes`.
pub(super) fn scan(text: &str, start: usize, attributes: &mut Vec<Attribute>) -> Scan {
    attributes.clear();
    let mut scanner = Scanner {
        text,
        bytes: text.as_bytes(),
        at: start + 1,
        unclosed: None,
    };
    let scan = scanner.tag(start, attributes);
    scan.unwrap_or(Scan::Incomplete {
        value: scanner.unclosed,
    })
}

/// Whether a value is so long that no more of it need be in memory.
pub(super) fn has_long_value(attributes: &[Attribute]) -> bool {
    let mut values = attributes.iter().map(|attribute| &attribute.value);
    values.any(|value| value.len() >= limits::VALUE_BYTES)
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// Where a value begins whose end is not in the text.
    unclosed: Option<usize>,
}

impl Scanner<'_> {
    /// `None` where the text ends first.
    fn tag(&mut self, start: usize, attributes: &mut Vec<Attribute>) -> Option<Scan> {
        let name = self.word(|byte| matches!(byte, b'/' | b'>'));
        if name.len() > limits::ELEMENT_NAME_BYTES {
            let longest = limits::ELEMENT_NAME_BYTES;
            let message = format!("an element's name is longer than {longest} bytes");
            return Some(Scan::Fault { at: start, message });
        }
        self.peek()?;
        if name.is_empty() {
            return Some(ill_formed(start, "`<` does not begin an element"));
        }
        loop {
            self.skip_blanks();
            match self.peek()? {
                b'>' => return Some(self.complete(name, 1, false)),
                b'/' => {
                    return match self.bytes.get(self.at + 1)? {
                        b'>' => Some(self.complete(name, 2, true)),
                        _ => Some(self.fault_in(&name, "`/` is not followed by `>`")),
                    };
                }
                _ => match self.attribute()? {
                    Ok(attribute) => attributes.push(attribute),
                    Err(message) => return Some(self.fault_in(&name, &message)),
                },
            }
        }
    }

    fn attribute(&mut self) -> Option<Result<Attribute, String>> {
        let name = self.word(|byte| matches!(byte, b'=' | b'/' | b'>' | b'<' | b'"' | b'\''));
        self.skip_blanks();
        if self.peek()? != b'=' || name.is_empty() {
            self.at = name.start;
            let shown = clip(Cow::Borrowed(&self.text[name]), limits::SHOWN_BYTES);
            return Some(Err(format!("attribute `{shown}` has no value")));
        }
        self.at += 1;
        self.skip_blanks();
        let quote = self.peek()?;
        if !matches!(quote, b'"' | b'\'') {
            let shown = clip(Cow::Borrowed(&self.text[name]), limits::SHOWN_BYTES);
            return Some(Err(format!(
                "the value of attribute `{shown}` is not in quotes"
            )));
        }
        let start = self.at + 1;
        let Some(length) = memchr(quote, &self.bytes[start..]) else {
            self.unclosed = Some(start);
            return None;
        };
        let end = start + length;
        self.at = end + 1;
        Some(Ok(Attribute {
            name,
            value: start..end,
        }))
    }

    /// Up to a blank or where `ends` says so.
    fn word(&mut self, ends: impl Fn(u8) -> bool) -> Range<usize> {
        let start = self.at;
        let length = self.bytes[start..]
            .iter()
            .position(|&byte| is_blank(byte) || ends(byte));
        self.at = length.map_or(self.bytes.len(), |length| start + length);
        start..self.at
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(is_blank) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn complete(&self, name: Range<usize>, more: usize, empty: bool) -> Scan {
        Scan::Complete {
            name,
            end: self.at + more,
            empty,
        }
    }

    fn fault_in(&self, element: &Range<usize>, message: &str) -> Scan {
        let element = &self.text[element.clone()];
        ill_formed(self.at, &format!("in `<{element}>`: {message}"))
    }
}

fn ill_formed(at: usize, message: &str) -> Scan {
    Scan::Fault {
        at,
        message: format!("not well-formed XML: {message}"),
    }
}

pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\t' | b'\r')
}

//! What is wrong with a `gate.toml`, and where.

use std::{fmt, ops::Range};

use serde::{Deserialize, Serialize};

use crate::protocol::shorten;

/// A fault's message has at most so many characters.
const LONGEST: usize = 500;

/// One fault and its place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Fault {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong and what to write, as a sentence without its full stop.
    pub message: String,
}

impl Fault {
    /// The fault at a range of bytes of `text`.
    pub(super) fn at(text: &str, span: Range<usize>, message: impl Into<String>) -> Self {
        let before = text.get(..span.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message: bounded(message.into()),
        }
    }

    /// A fault of the file as a whole.
    pub(super) fn of_file(message: impl Into<String>) -> Vec<Self> {
        vec![Self {
            line: 1,
            column: 1,
            message: bounded(message.into()),
        }]
    }
}

/// A message that quotes what it refuses may quote any length of it.
fn bounded(mut message: String) -> String {
    shorten(&mut message, LONGEST);
    message
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            line,
            column,
            message,
        } = self;
        write!(formatter, "line {line}, column {column}: {message}")
    }
}

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

/// A fault of any file that the rules consist of: `gate.toml` or a buildspec.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FileFault {
    /// The file.
    pub path: String,
    /// Line and column, both from 1; `None` for the file as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<(usize, usize)>,
    /// What is wrong and what to write, as a sentence without its full stop.
    pub message: String,
}

impl FileFault {
    /// A fault at a place.
    pub(crate) fn at(
        path: impl Into<String>,
        line: usize,
        column: usize,
        message: impl Into<String>,
    ) -> Self {
        Self {
            path: path.into(),
            place: Some((line, column)),
            message: bounded(message.into()),
        }
    }

    /// A fault of a file as a whole.
    pub fn of_file(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            place: None,
            message: bounded(message.into()),
        }
    }

    /// A fault of `gate.toml`.
    pub fn of_rules(fault: Fault) -> Self {
        Self::at(super::PATH, fault.line, fault.column, fault.message)
    }
}

impl fmt::Display for FileFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            place,
            message,
        } = self;
        match place {
            Some((line, column)) => {
                write!(formatter, "{path}: line {line}, column {column}: {message}")
            }
            None => write!(formatter, "{path}: {message}"),
        }
    }
}

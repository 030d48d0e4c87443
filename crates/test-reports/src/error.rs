//! What is wrong with a report, and where.

use thiserror::Error;

/// A report could not be read to its end.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}, column {column}: {message}")]
pub struct ReadError {
    /// Line of the fault, from 1.
    pub line: u64,
    /// Column of the fault in characters, from 1.
    pub column: u64,
    /// What is wrong, without its place.
    pub message: String,
}

/// A place in the decoded text of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) line: u64,
    pub(crate) column: u64,
}

impl Position {
    pub(crate) const START: Self = Self { line: 1, column: 1 };

    /// Moves past `text`.
    pub(crate) fn advance(&mut self, text: &str) {
        let last_line = match memchr::memrchr(b'\n', text.as_bytes()) {
            None => text,
            Some(last) => {
                self.line += memchr::memchr_iter(b'\n', text.as_bytes()).count() as u64;
                self.column = 1;
                &text[last + 1..]
            }
        };
        self.column += last_line.chars().count() as u64;
    }

    /// Moves past a text that from [`Self::START`] led to `over`.
    pub(crate) fn pass(&mut self, over: Self) {
        self.column = if over.line > 1 {
            over.column
        } else {
            self.column + over.column - 1
        };
        self.line += over.line - 1;
    }

    /// An error at this place.
    pub(crate) fn fault(self, message: impl Into<String>) -> ReadError {
        ReadError {
            line: self.line,
            column: self.column,
            message: message.into(),
        }
    }
}

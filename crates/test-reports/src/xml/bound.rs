//! Keeps what the XML parser holds in memory small, and knows where in the text it is.
//!
//! The parser takes in a text, a CDATA section or a tag whole. So of a long text only the beginning is let through;
//! the rest is read past. Markup that is too long is refused, because a part of it means nothing.

use std::io::{self, BufRead, Read};

use super::decode::Utf8;
use crate::error::{Position, is_continuation};
use crate::limits;

/// How much of one run of text passes: more than is kept, so that the cut is noticed.
const TEXT_RUN_BYTES: usize = 2 * limits::TEXT_BYTES;

/// Stands for the length of a run whose rest is dropped.
const DROPPING: usize = usize::MAX;

/// The decoded text with overlong runs shortened.
pub(crate) struct Bounded<R> {
    source: Utf8<R>,
    lexer: Lexer,
    chunk: Vec<u8>,
    taken: usize,
    position: Position,
    event_bytes: usize,
}

impl<R: BufRead> Bounded<R> {
    pub(crate) fn new(source: Utf8<R>) -> Self {
        Self {
            source,
            lexer: Lexer::Text { run: 0 },
            chunk: Vec::new(),
            taken: 0,
            position: Position::START,
            event_bytes: 0,
        }
    }

    /// Says that the parser begins to read the next event; returns where.
    pub(crate) fn begin_event(&mut self) -> Position {
        self.event_bytes = 0;
        self.position
    }

    /// The first bytes of the text; nothing is consumed.
    pub(crate) fn peek(&mut self) -> io::Result<&[u8]> {
        self.source.fill()
    }

    /// Takes the next run of bytes that share a fate and either keeps or passes over them.
    fn refill(&mut self) -> io::Result<()> {
        self.chunk.clear();
        self.taken = 0;
        loop {
            let available = self.source.fill()?;
            if available.is_empty() {
                return Ok(());
            }
            let (fate, count) = self.lexer.next_run(available);
            match fate {
                Fate::Keep => self.chunk.extend_from_slice(&available[..count]),
                Fate::Drop => self.position.advance(&available[..count]),
                Fate::EndSection => {
                    self.position.column -= 2;
                    self.chunk.extend_from_slice(b"]]>");
                }
            }
            self.source.consume(count);
            if !self.chunk.is_empty() {
                return Ok(());
            }
        }
    }
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.event_bytes > limits::MARKUP_BYTES {
            let message = format!(
                "a piece of markup is longer than {} bytes",
                limits::MARKUP_BYTES
            );
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        if self.taken == self.chunk.len() {
            self.refill()?;
        }
        Ok(&self.chunk[self.taken..])
    }

    fn consume(&mut self, count: usize) {
        let end = (self.taken + count).min(self.chunk.len());
        self.position.advance(&self.chunk[self.taken..end]);
        self.taken = end;
        self.event_bytes += count;
    }
}

impl<R: BufRead> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

/// What becomes of a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Keep,
    Drop,
    /// The `>` that ends a CDATA section whose `]]` was dropped.
    EndSection,
}

/// Tells text from markup, as coarsely as shortening needs.
#[derive(Debug)]
enum Lexer {
    Text {
        run: usize,
    },
    /// After `<`.
    Opened,
    /// After `<!`.
    Bang,
    Tag {
        quote: Option<u8>,
    },
    Comment {
        dashes: u8,
    },
    Section {
        run: usize,
        brackets: u8,
    },
    Instruction {
        question_mark: bool,
    },
    Doctype {
        brackets: u32,
    },
}

impl Lexer {
    /// How many bytes from the beginning of `bytes`, at least one, share which fate.
    fn next_run(&mut self, bytes: &[u8]) -> (Fate, usize) {
        let dull = self.dull_beginning(bytes);
        if dull > 0 {
            return (Fate::Drop, dull);
        }
        let mut first = None;
        for (index, &byte) in bytes.iter().enumerate() {
            let fate = self.fate(byte);
            match first {
                Some(known) if known != fate || known == Fate::EndSection => return (known, index),
                _ => first = Some(fate),
            }
            self.advance(byte, fate);
        }
        (first.unwrap_or(Fate::Keep), bytes.len())
    }

    /// How many bytes are dropped without a change of state: the quick way through a long text.
    fn dull_beginning(&self, bytes: &[u8]) -> usize {
        let until = |stop: &[u8]| {
            bytes
                .iter()
                .position(|byte| stop.contains(byte))
                .unwrap_or(bytes.len())
        };
        match self {
            Self::Text { run: DROPPING } => until(b"<&"),
            Self::Section {
                run: DROPPING,
                brackets: 0,
            } => until(b"]"),
            _ => 0,
        }
    }

    fn fate(&self, byte: u8) -> Fate {
        match *self {
            Self::Text { .. } if matches!(byte, b'<' | b'&') => Fate::Keep,
            Self::Section {
                run: DROPPING,
                brackets: 2,
            } if byte == b'>' => Fate::EndSection,
            Self::Section { brackets: 2, .. } if byte == b'>' => Fate::Keep,
            Self::Text { run: DROPPING } | Self::Section { run: DROPPING, .. } => Fate::Drop,
            Self::Text { run } | Self::Section { run, .. }
                if run >= TEXT_RUN_BYTES && !is_continuation(byte) =>
            {
                Fate::Drop
            }
            _ => Fate::Keep,
        }
    }

    fn advance(&mut self, byte: u8, fate: Fate) {
        let longer = |run: usize| {
            if fate == Fate::Drop {
                DROPPING
            } else {
                run + 1
            }
        };
        if self.ends_with(byte) {
            *self = Self::Text { run: 0 };
            return;
        }
        *self = match (&*self, byte) {
            (Self::Text { .. }, b'<') => Self::Opened,
            (Self::Text { .. }, b'&') => Self::Text { run: 0 },
            (Self::Text { run }, _) => Self::Text { run: longer(*run) },
            (Self::Opened, b'!') => Self::Bang,
            (Self::Opened, b'?') => Self::Instruction {
                question_mark: false,
            },
            (Self::Opened, _) => Self::Tag { quote: None },
            (Self::Bang, b'[') => Self::Section {
                run: 0,
                brackets: 0,
            },
            (Self::Bang, b'-') => Self::Comment { dashes: 0 },
            (Self::Bang, _) => Self::Doctype { brackets: 0 },
            (Self::Tag { quote: None }, b'"' | b'\'') => Self::Tag { quote: Some(byte) },
            (Self::Tag { quote }, _) => Self::Tag {
                quote: quote.filter(|&quote| quote != byte),
            },
            (Self::Comment { dashes }, b'-') => Self::Comment {
                dashes: (dashes + 1).min(2),
            },
            (Self::Comment { .. }, _) => Self::Comment { dashes: 0 },
            (Self::Section { run, brackets }, b']') => {
                let brackets = (brackets + 1).min(2);
                Self::Section {
                    run: longer(*run),
                    brackets,
                }
            }
            (Self::Section { run, .. }, _) => Self::Section {
                run: longer(*run),
                brackets: 0,
            },
            (Self::Instruction { .. }, _) => Self::Instruction {
                question_mark: byte == b'?',
            },
            (Self::Doctype { brackets }, _) => Self::Doctype {
                brackets: match byte {
                    b'[' => brackets.saturating_add(1),
                    b']' => brackets.saturating_sub(1),
                    _ => *brackets,
                },
            },
        };
    }

    /// Whether `byte` is the `>` that ends the markup.
    fn ends_with(&self, byte: u8) -> bool {
        byte == b'>'
            && matches!(
                self,
                Self::Opened
                    | Self::Tag { quote: None }
                    | Self::Comment { dashes: 2 }
                    | Self::Section { brackets: 2, .. }
                    | Self::Instruction {
                        question_mark: true
                    }
                    | Self::Doctype { brackets: 0 }
            )
    }
}

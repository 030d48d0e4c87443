//! The part of a report's text that is in memory, and where in the text it is.
//!
//! Bytes that the encoding does not know become U+FFFD: test programs print what they like, and a stray byte in a log
//! hides no result. The window grows only while a reader asks for more without consuming; readers set the limits.

mod encoding;

use std::io::{self, BufRead, Chain, Cursor, Read};

use encoding_rs::{CoderResult, Decoder};

use crate::error::{Position, ReadError};

/// How much is decoded at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// Decoded text, a piece at a time.
pub(crate) struct Window<R> {
    source: Chain<Cursor<Vec<u8>>, R>,
    decoder: Decoder,
    held: Held,
    /// How much of the text is consumed.
    start: usize,
    ended: bool,
}

/// What is decoded and still of use, and where in the whole text it is.
pub(crate) struct Held {
    text: String,
    /// Where `text` begins.
    position: Position,
    /// What was taken out of `text`, in the order of its places.
    cuts: Vec<Cut>,
}

/// A piece that was taken out at an offset: how far it went.
struct Cut {
    at: usize,
    over: Position,
}

impl Held {
    /// Where in the whole text `offset` is.
    pub(crate) fn position_of(&self, offset: usize) -> Position {
        let mut position = self.position;
        let mut from = 0;
        for cut in self.cuts.iter().take_while(|cut| cut.at <= offset) {
            position.advance(&self.text[from..cut.at]);
            position.pass(cut.over);
            from = cut.at;
        }
        position.advance(&self.text[from..offset]);
        position
    }
}

impl<R: BufRead> Window<R> {
    pub(crate) fn new(mut source: R) -> Result<Self, ReadError> {
        let mut prefix = Vec::new();
        let decoder = source
            .by_ref()
            .take(encoding::PREFIX_BYTES)
            .read_to_end(&mut prefix)
            .and_then(|_| encoding::of(&prefix))
            .map_err(|error| cannot_read(Position::START, &error))?
            .new_decoder_with_bom_removal();
        Ok(Self {
            source: Cursor::new(prefix).chain(source),
            decoder,
            held: Held {
                text: String::with_capacity(2 * CHUNK_BYTES),
                position: Position::START,
                cuts: Vec::new(),
            },
            start: 0,
            ended: false,
        })
    }

    /// All text in memory; offsets are into it and hold until the next [`Self::refill`].
    pub(crate) fn text(&self) -> &str {
        &self.held.text
    }

    /// The offset of the first byte that is not consumed.
    pub(crate) fn start(&self) -> usize {
        self.start
    }

    /// What is in memory and not consumed.
    pub(crate) fn rest(&self) -> &str {
        &self.held.text[self.start..]
    }

    /// Whether there is nothing beyond what is in memory.
    pub(crate) fn ended(&self) -> bool {
        self.ended
    }

    /// Consumes up to `offset`, or goes back to it.
    pub(crate) fn go_to(&mut self, offset: usize) {
        self.start = offset;
    }

    /// Consumes `bytes` of the rest.
    pub(crate) fn skip(&mut self, bytes: usize) {
        self.start += bytes;
    }

    /// Gives up what is consumed and takes in more. Says whether there was more.
    pub(crate) fn refill(&mut self) -> Result<bool, ReadError> {
        self.held.position = self.held.position_of(self.start);
        self.held.cuts.retain_mut(|cut| {
            let is_ahead = cut.at > self.start;
            cut.at -= if is_ahead { self.start } else { 0 };
            is_ahead
        });
        let text = &mut self.held.text;
        text.drain(..self.start);
        self.start = 0;
        let wanted = text.len() + CHUNK_BYTES;
        text.reserve(CHUNK_BYTES);
        let before = text.len();
        while text.len() < wanted && !self.ended {
            let bytes = match self.source.fill_buf() {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    let end = text.len();
                    return Err(cannot_read(self.position_of(end), &error));
                }
            };
            let last = bytes.is_empty();
            let (result, read, _) = self.decoder.decode_to_string(bytes, text, last);
            self.source.consume(read);
            self.ended = last && result == CoderResult::InputEmpty;
            if result == CoderResult::OutputFull {
                break;
            }
        }
        Ok(text.len() > before)
    }

    /// Takes what is behind `offset` out of memory; places of what follows stay right. Says whether there was anything.
    pub(crate) fn cut_from(&mut self, offset: usize) -> bool {
        let text = &mut self.held.text;
        let at = text.floor_char_boundary(offset);
        let mut over = Position::START;
        over.advance(&text[at..]);
        let has_more = text.len() > at;
        text.truncate(at);
        if has_more {
            self.held.cuts.push(Cut { at, over });
        }
        has_more
    }

    /// Where in the whole text `offset` is.
    pub(crate) fn position_of(&self, offset: usize) -> Position {
        self.held.position_of(offset)
    }

    /// What is in memory, with its place.
    pub(crate) fn held(&self) -> &Held {
        &self.held
    }

    /// An error at `offset`.
    pub(crate) fn fault(&self, offset: usize, message: impl Into<String>) -> ReadError {
        self.position_of(offset).fault(message)
    }
}

fn cannot_read(position: Position, error: &io::Error) -> ReadError {
    position.fault(format!("cannot be read: {error}"))
}

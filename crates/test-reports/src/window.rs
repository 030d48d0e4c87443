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
    /// What is decoded and still of use.
    text: String,
    /// How much of `text` is consumed.
    start: usize,
    /// Where `text` begins.
    position: Position,
    ended: bool,
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
            text: String::with_capacity(2 * CHUNK_BYTES),
            start: 0,
            position: Position::START,
            ended: false,
        })
    }

    /// All text in memory; offsets are into it and hold until the next [`Self::refill`].
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The offset of the first byte that is not consumed.
    pub(crate) fn start(&self) -> usize {
        self.start
    }

    /// What is in memory and not consumed.
    pub(crate) fn rest(&self) -> &str {
        &self.text[self.start..]
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
        self.position.advance(&self.text[..self.start]);
        self.text.drain(..self.start);
        self.start = 0;
        let wanted = self.text.len() + CHUNK_BYTES;
        self.text.reserve(CHUNK_BYTES);
        let before = self.text.len();
        while self.text.len() < wanted && !self.ended {
            let bytes = match self.source.fill_buf() {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(cannot_read(self.position_of(self.text.len()), &error)),
            };
            let last = bytes.is_empty();
            let (result, read, _) = self.decoder.decode_to_string(bytes, &mut self.text, last);
            self.source.consume(read);
            self.ended = last && result == CoderResult::InputEmpty;
            if result == CoderResult::OutputFull {
                break;
            }
        }
        Ok(self.text.len() > before)
    }

    /// Where in the whole text `offset` is.
    pub(crate) fn position_of(&self, offset: usize) -> Position {
        let mut position = self.position;
        position.advance(&self.text[..offset]);
        position
    }

    /// Where in the whole text the window begins.
    pub(crate) fn beginning(&self) -> Position {
        self.position
    }

    /// An error at `offset`.
    pub(crate) fn fault(&self, offset: usize, message: impl Into<String>) -> ReadError {
        self.position_of(offset).fault(message)
    }
}

fn cannot_read(position: Position, error: &io::Error) -> ReadError {
    position.fault(format!("cannot be read: {error}"))
}

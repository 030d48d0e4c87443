//! Bytes of any encoding to UTF-8, a chunk at a time.
//!
//! A byte order mark rules, then the pattern of a UTF-16 `<?xml`, then the encoding that the declaration names, then
//! UTF-8. Bytes that the encoding does not know become U+FFFD: test programs print what they like, and a stray byte
//! in a log hides no result.

use std::io::{self, BufRead, Chain, Cursor, Read};

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// Enough for a declaration.
const PREFIX_BYTES: u64 = 512;
const CHUNK_BYTES: usize = 8 * 1024;

/// The text of `source` in UTF-8, without a byte order mark.
pub(crate) struct Utf8<R> {
    source: Chain<Cursor<Vec<u8>>, R>,
    decoder: Decoder,
    chunk: Box<[u8]>,
    start: usize,
    end: usize,
    finished: bool,
}

impl<R: BufRead> Utf8<R> {
    pub(crate) fn new(mut source: R) -> io::Result<Self> {
        let mut prefix = Vec::new();
        source
            .by_ref()
            .take(PREFIX_BYTES)
            .read_to_end(&mut prefix)?;
        let decoder = encoding_of(&prefix)?.new_decoder_with_bom_removal();
        let chunk = vec![0; CHUNK_BYTES].into_boxed_slice();
        Ok(Self {
            source: Cursor::new(prefix).chain(source),
            decoder,
            chunk,
            start: 0,
            end: 0,
            finished: false,
        })
    }

    /// What has been decoded and not yet consumed; empty at the end.
    pub(crate) fn fill(&mut self) -> io::Result<&[u8]> {
        while self.start == self.end && !self.finished {
            let bytes = match self.source.fill_buf() {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let last = bytes.is_empty();
            let (result, read, written, _) =
                self.decoder.decode_to_utf8(bytes, &mut self.chunk, last);
            self.source.consume(read);
            self.finished = last && result == CoderResult::InputEmpty;
            self.start = 0;
            self.end = written;
        }
        Ok(&self.chunk[self.start..self.end])
    }

    pub(crate) fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
    }
}

fn encoding_of(prefix: &[u8]) -> io::Result<&'static Encoding> {
    if let Some((encoding, _)) = Encoding::for_bom(prefix) {
        return Ok(encoding);
    }
    if prefix.starts_with(b"<\0?\0") {
        return Ok(UTF_16LE);
    }
    if prefix.starts_with(b"\0<\0?") {
        return Ok(UTF_16BE);
    }
    let Some(label) = declared(prefix) else {
        return Ok(UTF_8);
    };
    let encoding = Encoding::for_label(label).ok_or_else(|| {
        let label = String::from_utf8_lossy(label);
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("the encoding `{label}` is not known"),
        )
    })?;
    // A declaration that could be read here is not in UTF-16, whatever it claims.
    Ok(if encoding == UTF_16LE || encoding == UTF_16BE {
        UTF_8
    } else {
        encoding
    })
}

/// The value of `encoding` in `<?xml … ?>`.
fn declared(prefix: &[u8]) -> Option<&[u8]> {
    let declaration = prefix.trim_ascii_start().strip_prefix(b"<?xml")?;
    let end = declaration.windows(2).position(|pair| pair == b"?>")?;
    let declaration = &declaration[..end];
    let name = b"encoding";
    let at = declaration
        .windows(name.len())
        .position(|word| word == name)?;
    let value = declaration[at + name.len()..]
        .trim_ascii_start()
        .strip_prefix(b"=")?
        .trim_ascii_start();
    let (&quote, value) = value
        .split_first()
        .filter(|&(&quote, _)| quote == b'"' || quote == b'\'')?;
    Some(&value[..value.iter().position(|&byte| byte == quote)?])
}

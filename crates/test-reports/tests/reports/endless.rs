//! Files too large to have in memory.

use std::io::{BufReader, Read};

/// `before`, then `piece` over and over for `bytes`, then `after`; never in memory as a whole.
pub(crate) fn endless<'a>(
    before: &'a str,
    piece: &'a str,
    bytes: usize,
    after: &'a str,
) -> BufReader<impl Read + 'a> {
    let repeated = std::iter::repeat_n(piece.as_bytes(), bytes / piece.len());
    let parts = std::iter::once(before.as_bytes())
        .chain(repeated)
        .chain(std::iter::once(after.as_bytes()));
    BufReader::new(Parts {
        current: &[],
        parts,
    })
}

struct Parts<'a, I> {
    current: &'a [u8],
    parts: I,
}

impl<'a, I: Iterator<Item = &'a [u8]>> Read for Parts<'a, I> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.current.is_empty() {
            match self.parts.next() {
                Some(part) => self.current = part,
                None => return Ok(0),
            }
        }
        self.current.read(buffer)
    }
}

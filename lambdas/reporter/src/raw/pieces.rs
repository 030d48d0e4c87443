//! An object as a reader: it is fetched piece by piece, and no more than two pieces are in memory.

use std::io::{self, Read};

use gate_aws::{Clients, Listed};
use gate_core::error::GateError;
use tokio::sync::mpsc;

const PIECE_BYTES: u64 = 4 << 20;

/// Puts in what is fetched.
pub(super) struct Feed(mpsc::Sender<Vec<u8>>);

/// Reads it, in a thread that may wait.
pub(super) struct Pieces {
    next: mpsc::Receiver<Vec<u8>>,
    current: io::Cursor<Vec<u8>>,
}

pub(super) fn channel() -> (Feed, Pieces) {
    let (sender, receiver) = mpsc::channel(1);
    let pieces = Pieces {
        next: receiver,
        current: io::Cursor::default(),
    };
    (Feed(sender), pieces)
}

impl Feed {
    /// Fetches the whole object, or as much of it as anybody reads.
    pub(super) async fn all_of(self, clients: &Clients, object: &Listed) -> Result<(), GateError> {
        let mut start = 0;
        while start < object.size {
            let end = object.size.min(start + PIECE_BYTES);
            let piece = clients.objects.piece(&object.key, start..=end - 1).await?;
            // Deleted since it was listed: the reader finds that the file breaks off.
            let Some(piece) = piece.filter(|piece| !piece.is_empty()) else {
                return Ok(());
            };
            start += piece.len() as u64;
            if self.0.send(piece).await.is_err() {
                return Ok(());
            }
        }
        Ok(())
    }
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.current.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            match self.next.blocking_recv() {
                Some(piece) => self.current = io::Cursor::new(piece),
                None => return Ok(0),
            }
        }
    }
}

//! A build's log: a plain text file that grows while the build runs and stays when it is over.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    path::PathBuf,
};

use crate::Account;

/// What commands write beyond this is dropped.
const MOST_BYTES: u64 = 64 << 20;

/// Where the log of the build with this unique id is.
pub(crate) fn path(account: &Account, unique: &str) -> PathBuf {
    account.directory("logs").join(format!("{unique}.log"))
}

/// The end of a log that is being written.
pub(super) struct Log {
    file: File,
    written: u64,
    at_line_start: bool,
    /// The first write that failed; a build whose log cannot be written must not look as if it had said nothing.
    failure: Option<io::Error>,
}

impl Log {
    /// Opens the build's log to write on behind what is there.
    pub(super) fn open(account: &Account, unique: &str) -> io::Result<Self> {
        let path = path(account, unique);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let written = file.metadata()?.len();
        Ok(Self {
            file,
            written,
            at_line_start: true,
            failure: None,
        })
    }

    /// A line of the build itself.
    pub(super) fn say(&mut self, text: &str) {
        let time = jiff::Timestamp::now().strftime("%Y/%m/%d %H:%M:%S%.6f");
        let start = if self.at_line_start { "" } else { "\n" };
        self.write(format!("{start}[Container] {time} {text}\n").as_bytes());
    }

    /// What a command wrote.
    pub(super) fn output(&mut self, bytes: &[u8]) {
        if self.written >= MOST_BYTES {
            return;
        }
        self.write(bytes);
        if self.written >= MOST_BYTES {
            let limit = MOST_BYTES >> 20;
            self.say(&format!(
                "The log has reached {limit} MiB: further output of commands is left out"
            ));
        }
    }

    /// Why the log is not whole.
    pub(super) fn failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Err(error) = self.file.write_all(bytes) {
            self.failure.get_or_insert(error);
        }
        self.written += bytes.len() as u64;
        if let Some(last) = bytes.last() {
            self.at_line_start = *last == b'\n';
        }
    }
}

//! Ctrl-C, a polite kill and a terminal that is closed: a command ends what it started before it goes.

use std::process::ExitCode;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Listens from the moment it is made, so that an interruption is not missed while something starts.
pub(crate) struct Interrupt {
    by_key: Signal,
    terminate: Signal,
    hangup: Signal,
}

/// The exit code a shell gives a program that a signal ended: 128 and the signal's number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interrupted(u8);

impl Interrupt {
    pub(crate) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            by_key: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Ends at SIGINT, SIGTERM or SIGHUP.
    pub(crate) async fn wait(&mut self) -> Interrupted {
        tokio::select! {
            _ = self.by_key.recv() => Interrupted(130),
            _ = self.terminate.recv() => Interrupted(143),
            _ = self.hangup.recv() => Interrupted(129),
        }
    }

    /// Runs `work` unless it is interrupted; what it started must be ended by whoever calls this.
    pub(crate) async fn or<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Interrupted> {
        tokio::select! {
            result = work => Ok(result),
            interrupted = self.wait() => Err(interrupted),
        }
    }
}

impl From<Interrupted> for ExitCode {
    fn from(Interrupted(code): Interrupted) -> Self {
        Self::from(code)
    }
}

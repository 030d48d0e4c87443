//! Why a system did not start.

use std::io;

use super::ApiError;

/// Why a system did not start, or could not do what it was told.
#[derive(Debug, thiserror::Error)]
pub enum SystemError {
    /// Somebody listens there already.
    #[error("port {port} of 127.0.0.1 is in use")]
    PortInUse {
        /// The port.
        port: u16,
    },
    /// The system does not let us listen.
    #[error("failed to listen on port {port} of 127.0.0.1: {source}")]
    Listen {
        /// The port.
        port: u16,
        /// The cause.
        source: io::Error,
    },
    /// The data directory or git.
    #[error(transparent)]
    Open(#[from] local_aws::OpenError),
    /// A call of the local endpoint.
    #[error(transparent)]
    Call(#[from] ApiError),
    /// A file that is part of this program.
    #[error("the built-in `{file}` is not usable: {message}")]
    BuiltIn {
        /// Its name.
        file: &'static str,
        /// What is wrong.
        message: String,
    },
}

//! What a test tool says about a failure, while it is read.

use crate::limits::TEXT_BYTES;
use crate::model::Case;
use crate::text::{Clipped, first_line, without_colours};

/// The message and the trace of one failure, or the reason of a skip.
pub(super) struct Trouble {
    pub(super) message: Clipped,
    pub(super) trace: Clipped,
}

impl Trouble {
    pub(super) fn new() -> Self {
        Self {
            message: Clipped::new(TEXT_BYTES),
            trace: Clipped::new(TEXT_BYTES),
        }
    }

    /// Tells it of `case`, unless something was told of it before. Without a message the first line of the trace is
    /// the message.
    pub(super) fn tell(self, case: &mut Case) {
        if case.message.is_some() || case.details.is_some() {
            return;
        }
        let trace = self.trace.finish().map(without_colours);
        let first = || trace.as_deref().and_then(first_line).map(str::to_owned);
        let message = self.message.finish().map(without_colours);
        case.message = message
            .map(|message| message.trim_start().to_owned())
            .or_else(first);
        case.details = trace;
    }
}

/// The last part of a path, in the spelling of any system. A tool's whole path differs from machine to machine, so it
/// is no name.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

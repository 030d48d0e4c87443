//! An interpreter of the Amazon States Language (JSONPath), without any input or output of its own.
//!
//! [`StateMachine::parse`] refuses whatever it would not run exactly as AWS does. An [`Execution`] is a value: the host asks
//! it for the next [`Step`], does what the step says, and reports back. Time and chance come in as arguments, so an
//! eight-hour run takes milliseconds in a test, and a serialised execution is taken up again after a restart.

mod choice;
mod definition;
mod document;
mod execution;
mod expression;
mod failure;
mod fault;
mod fields;
mod history;
mod intrinsic;
mod path;
mod recovery;
mod template;
mod timestamp;

pub use definition::StateMachine;
pub use document::data;
pub use execution::{Execution, ExecutionIdentity, Invocation, Status, Step};
pub use failure::{DATA_LIMIT_BYTES, DATA_LIMIT_LEVELS, TaskError, levels};
pub use fault::{DefinitionError, Fault};
pub use history::{
    DataDetails, EventDetails, EventKind, ExecutionStarted, HISTORY_LIMIT_EVENTS, HistoryEvent,
    Outcome, StateEntered, StateExited, Succeeded, TaskEnded, TaskScheduled, TaskStarted,
    TaskSucceeded,
};

//! The AWS services that Mergegate uses, on a local port.
//!
//! An HTTP endpoint speaks AWS's wire; behind it stand real parts: bare git repositories, builds run as
//! processes, reports parsed from the files a build wrote. It knows AWS and nothing of the gate's rules.
//! What it does not do it refuses with an AWS error that names the operation.

mod account;
mod answers;
#[cfg(test)]
mod any_input;
pub mod audit;
mod buildspec;
mod caller;
mod error;
mod faults;
mod git;
mod guard;
mod hex;
mod interference;
mod markup;
mod overview;
mod page;
mod process;
mod program;
mod services;
mod settings;
mod store;
mod strict;
mod wire;

pub use account::{Account, DeadLetter, FunctionError, FunctionHandler, OpenError};
pub use caller::Caller;
pub use error::ServiceError;
pub use faults::{Fault, Faults, Injected};
pub use git::GitError;
pub use interference::{Call, Interference, Moment, Observer, RUN_COMMANDS};
pub use settings::{
    Assumptions, CloseEvents, DeleteProject, Initiator, MergeCommits, RawReportKeys, Settings,
};
pub use store::StoreError;
pub use wire::{Server, serve};

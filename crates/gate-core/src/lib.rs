//! The gate's domain: what it decides, from values to values.
//!
//! Nothing here reads a clock, calls AWS or waits. The Lambdas read, ask this crate, and act on its answer.

pub mod arn;
pub mod build;
pub mod buildspec;
pub mod candidate;
pub mod command;
pub mod comment;
pub mod conversation;
pub mod error;
pub mod event;
pub mod findings;
pub mod host;
pub mod id;
pub mod inert;
pub mod log;
pub mod names;
mod naming;
pub mod outcome;
pub mod page;
pub mod partition;
pub mod plan;
pub mod poll;
pub mod protocol;
pub mod pull_request;
pub mod reply;
pub mod report;
pub mod rules;
#[cfg(test)]
mod samples;
pub mod secret;
pub mod settings;
mod text;
pub mod title;
pub mod verdict;

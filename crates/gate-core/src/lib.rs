//! The gate's domain: what it decides, from values to values.
//!
//! Nothing here reads a clock, calls AWS or waits. The Lambdas read, ask this crate, and act on its answer.

pub mod build;
pub mod buildspec;
pub mod candidate;
pub mod comment;
pub mod error;
pub mod event;
pub mod host;
pub mod id;
pub mod names;
pub mod outcome;
pub mod plan;
pub mod poll;
pub mod protocol;
pub mod pull_request;
pub mod report;
pub mod rules;
#[cfg(test)]
mod samples;
pub mod settings;
pub mod title;
pub mod verdict;

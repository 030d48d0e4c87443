//! The commands as a user runs them: the built program, its exit codes and every word it says.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod check;
mod config;
mod demo;
mod examples;
mod hostile;
mod init;
mod local;
mod report;
mod support;

//! The commands as a user runs them: the built program, its exit codes and every word it says.

mod check;
mod demo;
mod local;
mod report;
mod support;

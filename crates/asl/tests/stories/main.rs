//! Stories about the interpreter, told through its public interface with a clock that the test steps.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "helpers of tests"
)]

mod driver;
mod flow;
mod history;
mod limits;
mod properties;
mod recovery;
mod refusals;

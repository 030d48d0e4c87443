//! The whole gate on one machine: the deployed state machine, the deployed Lambda handlers and a local AWS account.
//!
//! The command line is the binary beside this library; [`system`] is what it, the story tests and the benches start.

pub mod system;

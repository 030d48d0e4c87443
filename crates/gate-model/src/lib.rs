//! The protocol of `gate-core`, the very functions that run, against an adversarial world, in every order the bound allows.
//!
//! `README.md` beside this crate says what the model contains, what it leaves out and how to read a trace.

pub mod actions;
mod after;
pub mod bound;
pub mod calls;
pub mod conversation;
pub mod model;
pub mod numbers;
pub mod plans;
mod possible;
pub mod replay;
pub mod shell;
pub mod world;

//! gate: a gated check-in for AWS CodeCommit, on the command line.
//!
//! A command prints data on stdout and talks on stderr. `help: …` below an error says what to do next.

mod command;
mod git;
mod interrupt;
mod state;
mod terminal;
mod watch;

use std::process::ExitCode;

use clap::Parser as _;
use command::{Arguments, Failure};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.command.run() {
        Ok(code) => code,
        Err(failure) => {
            failure.print();
            ExitCode::from(Failure::EXIT_CODE)
        }
    }
}

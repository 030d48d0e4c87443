//! The commands: one module each. Here is what all of them share: how they are chosen and how they fail.

mod check;
mod config;
mod demo;
mod doctor;
mod init;
mod local;
mod report;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use gate::system::SystemError;
use gate_core::error::GateError;

use crate::{git::GitFailure, terminal};

/// Each command's own help says which of its answers are 0 and which are 1.
const EXIT_CODES: &str = "\
Exit codes:
  0         yes: approved, no test failed, all is deployed, the tour came as told
  1         no: rejected or held, a test failed, something is not deployed as it must be, the tour came otherwise
  2         the command could not do its work; what is wrong and what to do next is on standard error
  129, 130, 143
            ended by a closed terminal, Ctrl-C or SIGTERM, after ending what it had started

Builds of `check`, `local` and `demo` run on this machine as you, without a sandbox: look at code you do not trust first.";

/// A gated check-in for AWS CodeCommit: every pull request is built and tested as it will be once merged.
#[derive(Debug, Parser)]
#[command(name = "gate", version, arg_required_else_help = true, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(demo::Options),
    Init(init::Options),
    Check(check::Options),
    Doctor(doctor::Options),
    Local(local::Options),
    Report(report::Options),
    Config(config::Options),
}

impl Command {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::Demo(options) => block_on(demo::run(options)),
            Self::Init(options) => block_on(init::run(options)),
            Self::Check(options) => block_on(check::run(options)),
            Self::Local(options) => block_on(local::run(options)),
            Self::Doctor(options) => doctor::run(&options),
            Self::Report(options) => Ok(report::run(&options)),
            Self::Config(options) => block_on(config::run(options)),
        }
    }
}

fn block_on(command: impl Future<Output = Result<ExitCode, Failure>>) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("failed to start: {error}")))?;
    let result = runtime.block_on(command);
    // A reader of standard input or a name lookup may hang; nothing is lost with it.
    runtime.shutdown_background();
    result
}

/// A command that could not do its work, as the terminal shows it.
#[derive(Debug)]
pub(crate) struct Failure {
    sentence: String,
    help: Option<String>,
}

impl Failure {
    /// What every command exits with when it could not do its work.
    pub(crate) const EXIT_CODE: u8 = 2;

    pub(crate) fn new(sentence: impl Into<String>) -> Self {
        Self {
            sentence: sentence.into(),
            help: None,
        }
    }

    pub(crate) fn help(mut self, next_step: impl Into<String>) -> Self {
        self.help = Some(next_step.into());
        self
    }

    pub(crate) fn print(&self) {
        let label = terminal::red("error:");
        terminal::say(&format!("{label} {}", terminal::harmless(&self.sentence)));
        if let Some(help) = &self.help {
            let label = terminal::bold("help:");
            terminal::say(&format!("{label} {}", terminal::harmless(help)));
        }
    }
}

impl From<SystemError> for Failure {
    fn from(error: SystemError) -> Self {
        let failure = Self::new(error.to_string());
        match error {
            SystemError::PortInUse { .. } => failure.help(
                "stop what listens there, or choose another port with `--port`; 0 takes a free one",
            ),
            SystemError::Open(local_aws::OpenError::Store(
                local_aws::StoreError::Version { .. } | local_aws::StoreError::Locked { .. },
            )) => failure.help("choose another directory with `--data`"),
            SystemError::Open(local_aws::OpenError::Git(_)) => {
                failure.help("git must be installed and on the PATH")
            }
            _ => failure,
        }
    }
}

impl From<GateError> for Failure {
    fn from(error: GateError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<GitFailure> for Failure {
    fn from(error: GitFailure) -> Self {
        let failure = Self::new(error.to_string());
        match error {
            GitFailure::NotRun { .. } => failure.help("git must be installed and on the PATH"),
            GitFailure::Refused { .. } => failure,
        }
    }
}

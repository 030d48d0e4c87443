//! `gate demo`: the life of one pull request, from red to cleaned up, with nothing faked.

mod account;
mod example;
mod tour;

use std::process::{ExitCode, Stdio};

use gate::system::{self, System};
use local_aws::Settings;

use super::Failure;
use crate::{interrupt::Interrupt, terminal};
use example::Example;

/// The gate looks after whole seconds, the first time after two; nobody wants to watch it wait for builds of one.
const WAIT_SCALE: f64 = 0.25;

/// Shows a pull request being rejected, mended, approved, merged and cleaned up after.
///
/// A throw-away repository, real git, real builds and the state machine as it is deployed; nothing is left behind. The
/// comments are printed on standard output.
///
/// Exit code: 0 everything came as it was told; 1 something did not, and what; 2 it could not run; 129, 130 or 143 after a signal.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {}

pub(super) async fn run(_options: Options) -> Result<ExitCode, Failure> {
    terminal::log("error");
    let mut interrupt = Interrupt::listen()
        .map_err(|error| Failure::new(format!("failed to listen for signals: {error}")))?;
    let folder = tempfile::Builder::new()
        .prefix("gate-demo-")
        .tempdir()
        .map_err(|error| {
            Failure::new(format!("failed to make a directory for the tour: {error}"))
        })?;
    let settings = Settings {
        wait_scale: WAIT_SCALE,
        ..Settings::new(folder.path().join("account"))
    };
    let system = match interrupt
        .or(System::start(system::Options::new(settings)))
        .await
    {
        Ok(system) => system?,
        Err(interrupted) => return Ok(interrupted.into()),
    };
    let toured = interrupt
        .or(tour::tour(
            &system,
            example().await,
            &folder.path().join("work"),
        ))
        .await;
    system.shut_down().await;
    match toured {
        Ok(differences) => Ok(conclude(&differences?)),
        Err(interrupted) => Ok(interrupted.into()),
    }
}

/// The Python one, because it shows coverage; the shell one where there is no Python.
async fn example() -> &'static Example {
    let python = tokio::process::Command::new("python3")
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match python.await {
        Ok(status) if status.success() => &example::PYTHON,
        _ => &example::SHELL,
    }
}

fn conclude(differences: &[String]) -> ExitCode {
    if differences.is_empty() {
        terminal::say(&format!(
            "\n{} Red, mended, approved, merged, cleaned up.",
            terminal::green("✔")
        ));
        return ExitCode::SUCCESS;
    }
    terminal::say("");
    for difference in differences {
        terminal::say(&format!(
            "{} expected: {}",
            terminal::red("error:"),
            terminal::harmless(difference)
        ));
    }
    ExitCode::FAILURE
}

//! `gate check`: gates the current branch of a repository on this machine, by the whole system and nothing less.

mod history;
mod memory;
mod outcome;
mod planned;
mod progress;
mod repository;
mod run;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use gate::system::{self, System};
use local_aws::Settings;

use super::Failure;
use crate::{interrupt::Interrupt, terminal};

/// The gate looks after whole seconds, the first time after two: right for builds of minutes, too slow for somebody who
/// waits for one of two seconds.
const WAIT_SCALE: f64 = 0.25;

/// Gates the current branch of a git repository on this machine.
///
/// The branch is merged with its base as it will be, built by `buildspec.yml` of the base and judged; the comment that
/// the pull request would get is printed. The repository itself is only read.
///
/// Exit code: 0 approved; 1 rejected or held; 2 it could not run; 130 or 143 after a signal.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The repository
    #[arg(long, value_name = "PATH", default_value = ".")]
    repo: PathBuf,
    /// The branch to merge into [default: the default branch of `origin`, else main, else master]
    #[arg(long, value_name = "BRANCH")]
    base: Option<String>,
    /// The pull request's title, which may hold flags such as [skip-tests] [default: the last commit's subject]
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Print one JSON object instead of the comment
    #[arg(long)]
    json: bool,
    /// Write a page with all results: tests, failures with all they said, coverage by file
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// How many milliseconds a minute of a build's time limits has
    #[arg(long, hide = true, value_name = "MS", default_value_t = 60_000)]
    build_minute: u64,
}

pub(super) async fn run(options: Options) -> Result<ExitCode, Failure> {
    terminal::log("error");
    let mut interrupt = Interrupt::listen()
        .map_err(|error| Failure::new(format!("failed to listen for signals: {error}")))?;
    // Sentences name the directory, not `.`.
    let repo = options.repo.canonicalize().unwrap_or(options.repo);
    let described = repository::change(&repo, options.base.as_deref(), options.title.as_deref());
    let change = match interrupt.or(described).await {
        Ok(change) => change?,
        Err(interrupted) => return Ok(interrupted.into()),
    };
    warn(&change);
    let folder = tempfile::Builder::new()
        .prefix("gate-check-")
        .tempdir()
        .map_err(|error| {
            Failure::new(format!("failed to make a directory for the check: {error}"))
        })?;
    let settings = Settings {
        wait_scale: WAIT_SCALE,
        build_minute: Duration::from_millis(options.build_minute),
        ..Settings::new(folder.path())
    };
    let system = match interrupt
        .or(System::start(system::Options::new(settings)))
        .await
    {
        Ok(system) => system?,
        Err(interrupted) => return Ok(interrupted.into()),
    };
    let ran = interrupt.or(run::gate(&system, &repo, &change)).await;
    system.shut_down().await;
    match ran {
        Ok(outcome) => {
            let outcome = outcome?;
            if let Some(file) = &options.html {
                outcome.write_page(file)?;
            }
            outcome.print(options.json)
        }
        Err(interrupted) => Ok(interrupted.into()),
    }
}

fn warn(change: &repository::Change) {
    let repository::Change {
        source,
        destination,
        destination_seen_at,
        ..
    } = change;
    let at = if destination == destination_seen_at {
        String::new()
    } else {
        format!(" (as `{destination_seen_at}` has it)")
    };
    terminal::say(&terminal::harmless(&format!(
        "gating `{source}` → `{destination}`{at}"
    )));
    if change.uncommitted > 0 {
        let files = match change.uncommitted {
            1 => "1 file has changes that are".to_owned(),
            number => format!("{number} files have changes that are"),
        };
        terminal::say(&format!(
            "{} {files} not committed: not part of the check",
            terminal::bold("warning:")
        ));
    }
}

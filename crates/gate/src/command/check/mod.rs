//! `gate check`: gates the current branch of a repository on this machine, by the whole system and nothing less.

mod history;
mod memory;
mod outcome;
mod page;
mod planned;
mod progress;
mod repository;
mod rules;
mod run;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use gate::system::{self, System};
use local_aws::Settings;

use super::Failure;
use crate::{interrupt::Interrupt, state, terminal};

/// The gate looks after whole seconds, the first time after two: right for builds of minutes, too slow for somebody who
/// waits for one of two seconds.
const WAIT_SCALE: f64 = 0.25;

/// Gates the current branch of a git repository on this machine.
///
/// The branch is merged with its base as it will be, built by `buildspec.yml` of the base and judged; the comment that
/// the pull request would get is printed. The repository itself is only read.
///
/// Builds run on this machine as you, without a sandbox, with a home folder of their own and few of your variables.
///
/// Exit code: 0 approved; 1 rejected or held; 2 it could not run; 129, 130 or 143 after a signal.
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
    /// Whose `gate.toml` and buildspecs apply: the base's, as on a pull request, or the branch's own, to try them
    #[arg(long, value_name = "SIDE", value_enum, default_value_t)]
    rules_from: RulesFrom,
    /// Run this check alone, as `[only=NAME]` in the title does; can be given several times
    #[arg(long = "check", value_name = "NAME")]
    checks: Vec<String>,
    /// Give builds this variable, with this value or the one it has here; can be given several times
    #[arg(long = "env", value_name = "NAME[=VALUE]")]
    environment: Vec<String>,
    /// Show what builds write while they run
    #[arg(long)]
    follow: bool,
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

/// Whose rules a check is made by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum RulesFrom {
    /// The base's.
    #[default]
    Base,
    /// The branch's own.
    Head,
}

pub(super) async fn run(options: Options) -> Result<ExitCode, Failure> {
    terminal::log("error");
    let mut interrupt = Interrupt::listen()
        .map_err(|error| Failure::new(format!("failed to listen for signals: {error}")))?;
    if let Some(file) = &options.html {
        writable(file)?;
    }
    let build_variables = variables(&options.environment)?;
    // Sentences name the directory, not `.`.
    let repo = options.repo.canonicalize().unwrap_or(options.repo);
    let wanted = repository::Wanted {
        base: options.base.as_deref(),
        title: options.title.as_deref(),
        checks: &options.checks,
    };
    let described = repository::change(&repo, wanted);
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
        build_variables,
        ..Settings::new(folder.path())
    };
    let system = match interrupt
        .or(System::start(system::Options::new(settings)))
        .await
    {
        Ok(system) => system?,
        Err(interrupted) => return Ok(interrupted.into()),
    };
    let how = run::How {
        rules: options.rules_from,
        checks: &options.checks,
        follow: options.follow,
    };
    let ran = interrupt.or(run::gate(&system, &repo, &change, how)).await;
    system.shut_down().await;
    match ran {
        Ok(outcome) => {
            let outcome = outcome?;
            if let Some(file) = &options.html {
                outcome.write_page(file)?;
            }
            outcome.print(options.json, !options.follow)
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
    state::say_once_that_builds_are_not_sandboxed();
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

/// Nobody wants to hear after an hour of building that the page has no place.
fn writable(file: &Path) -> Result<(), Failure> {
    let shown = file.display();
    if file.is_dir() {
        return Err(Failure::new(format!("`{shown}` is a directory"))
            .help("name a file for the page with `--html`"));
    }
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        Some(folder) if !folder.is_dir() => Err(Failure::new(format!(
            "there is no directory `{}` for the page `{shown}`",
            folder.display()
        ))
        .help("make it first, or name another file with `--html`")),
        _ => Ok(()),
    }
}

/// `NAME=value`, or `NAME` for the value it has in this command's own environment.
fn variables(asked: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let variable = |asked: &String| {
        let (name, value) = match asked.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (asked.as_str(), std::env::var(asked).ok()),
        };
        let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
        let starts_well =
            name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        if !starts_well || !name.chars().all(is_name) {
            return Err(
                Failure::new(format!("`{name}` cannot be the name of a variable"))
                    .help("write `--env NAME=VALUE`"),
            );
        }
        let value = value.ok_or_else(|| {
            Failure::new(format!("the variable `{name}` is not set here"))
                .help(format!("set it, or write `--env {name}=VALUE`"))
        })?;
        Ok((name.to_owned(), value))
    };
    asked.iter().map(variable).collect()
}

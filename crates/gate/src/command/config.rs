//! `gate config`: is a `gate.toml` right, and what may stand in one?

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Subcommand;
use gate_core::{
    buildspec::Buildspec,
    rules::{Document, Fault, PATH, Rules},
};
use serde::Serialize;

use super::Failure;
use crate::{git::Git, terminal};

/// Looks at `gate.toml`, the rules of a repository
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(CheckOptions),
    /// Prints the JSON Schema of `gate.toml`, for editors
    Schema,
}

/// Tells everything that is wrong with a `gate.toml`, with line and column.
///
/// The buildspecs it names are looked at too, and globs that match no file of the repository. Exit code: 0 it can be used;
/// 1 it cannot; 2 it could not be read.
#[derive(Debug, clap::Args)]
struct CheckOptions {
    /// The file
    #[arg(default_value = PATH)]
    file: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(options: Options) -> Result<ExitCode, Failure> {
    match options.command {
        Command::Check(options) => check(&options).await,
        Command::Schema => {
            let schema = schemars::schema_for!(Document);
            terminal::print_json(&format!("{:#}", serde_json::json!(schema)));
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// What was found out about a file.
#[derive(Default, Serialize)]
struct Findings {
    faults: Vec<Fault>,
    problems: Vec<String>,
    warnings: Vec<String>,
}

async fn check(options: &CheckOptions) -> Result<ExitCode, Failure> {
    let name = options.file.display();
    let bytes = std::fs::read(&options.file).map_err(|error| {
        Failure::new(format!("`{name}` cannot be read: {error}"))
            .help("name the file, or change to the repository's root")
    })?;
    let folder = match options.file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut findings = Findings::default();
    match Rules::parse(&bytes) {
        Err(faults) => findings.faults = faults,
        Ok(rules) => look_around(folder, &rules, &mut findings).await,
    }
    let good = findings.faults.is_empty() && findings.problems.is_empty();
    if options.json {
        let mut object = serde_json::json!(findings);
        object["valid"] = good.into();
        terminal::print_json(&object.to_string());
    } else {
        say(&name.to_string(), &findings);
        if good {
            terminal::print(&format!("{name} can be used\n"));
        }
    }
    Ok(ExitCode::from(u8::from(!good)))
}

/// The buildspecs that the rules name, and globs that match nothing.
async fn look_around(folder: &Path, rules: &Rules, findings: &mut Findings) {
    for path in rules.buildspec_files() {
        match std::fs::read(folder.join(path)) {
            Err(error) => findings
                .problems
                .push(format!("`{path}` cannot be read: {error}")),
            Ok(bytes) => {
                if let Err(fault) = Buildspec::parse(path, &bytes) {
                    findings.problems.push(fault.to_string());
                }
            }
        }
    }
    // Outside a repository nobody can tell what a glob is meant to match.
    let Ok(listed) = Git::at(folder).run(&["ls-files", "-z"]).await else {
        return;
    };
    let files: BTreeSet<&str> = listed.split('\0').filter(|path| !path.is_empty()).collect();
    let idle = rules.idle_globs(files.iter().copied());
    let words = idle
        .into_iter()
        .map(|(check, glob)| format!("check `{check}`: `{glob}` matches no file"));
    findings.warnings = words.collect();
}

fn say(name: &str, findings: &Findings) {
    let error = terminal::red("error:");
    for fault in &findings.faults {
        let Fault {
            line,
            column,
            message,
        } = fault;
        let text = terminal::harmless(&format!("{name}:{line}:{column}: {message}"));
        terminal::say(&format!("{error} {text}"));
    }
    for problem in &findings.problems {
        terminal::say(&format!("{error} {}", terminal::harmless(problem)));
    }
    for warning in &findings.warnings {
        let label = terminal::bold("warning:");
        terminal::say(&format!("{label} {}", terminal::harmless(warning)));
    }
}

//! `gate config`: is a `gate.toml` right, and what may stand in one?

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Subcommand;
use gate_core::{
    plan::{Instead, RuleFiles, Ruleset},
    rules::{Document, Fault, FileFault, PATH, Rules},
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
        Ok(rules) => look_around(folder, &bytes, &rules, &mut findings).await,
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

/// The rules together with the buildspecs that they name, and globs that match nothing.
async fn look_around(folder: &Path, bytes: &[u8], rules: &Rules, findings: &mut Findings) {
    for fault in faults_of_all(folder, bytes, rules) {
        match fault.place {
            Some((line, column)) if fault.path == PATH => findings.faults.push(Fault {
                line,
                column,
                message: fault.message,
            }),
            _ => findings.problems.push(fault.to_string()),
        }
    }
    if !rules.checks.iter().any(|check| check.required) {
        let words = "no check is `required`, so nothing would have to pass: a pull request with these rules is rejected";
        findings.problems.push(words.to_owned());
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

/// What is wrong with the rules as the gate would read them from a commit of this folder.
fn faults_of_all(folder: &Path, bytes: &[u8], rules: &Rules) -> Vec<FileFault> {
    let mut files = RuleFiles {
        gate_toml: Some(bytes.to_vec()),
        ..RuleFiles::default()
    };
    let mut faults = Vec::new();
    for path in rules.buildspec_files() {
        let place = folder.join(path);
        let kind = std::fs::symlink_metadata(&place).map(|metadata| metadata.file_type());
        let instead = match kind {
            Ok(kind) if kind.is_dir() => Instead::Folder,
            Ok(kind) if kind.is_symlink() => Instead::Link,
            Ok(_) => match std::fs::read(&place) {
                Ok(bytes) => {
                    files.buildspecs.insert(path.to_owned(), bytes);
                    continue;
                }
                Err(error) => {
                    faults.push(FileFault::of_file(
                        path,
                        format!("it cannot be read: {error}"),
                    ));
                    continue;
                }
            },
            Err(_) => Instead::Nothing,
        };
        files.instead.insert(path.to_owned(), instead);
    }
    if faults.is_empty() {
        faults.extend(Ruleset::read(&files, None).err().into_iter().flatten());
    }
    faults
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

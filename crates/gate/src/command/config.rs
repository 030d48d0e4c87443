//! `gate config`: is a `gate.toml` right, and what may stand in one?

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Subcommand;
use gate_core::{
    buildspec,
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
    let folder = match options.file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let read = std::fs::read(&options.file);
    let name = options.file.display();
    let (name, gate_toml) = match read {
        Ok(bytes) => (name.to_string(), Some(bytes)),
        // Without rules there is one check: what it runs is all there is to look at.
        Err(_)
            if options.file == Path::new(PATH)
                && !options.file.exists()
                && folder.join(buildspec::PATH).exists() =>
        {
            terminal::say(&format!(
                "there is no `{PATH}`: the one check is `build`, from `{}`",
                buildspec::PATH
            ));
            (buildspec::PATH.to_owned(), None)
        }
        Err(error) => {
            return Err(Failure::new(format!("`{name}` cannot be read: {error}"))
                .help("name the file, or change to the repository's root"));
        }
    };
    let findings = look_around(folder, gate_toml).await;
    let good = findings.faults.is_empty() && findings.problems.is_empty();
    if options.json {
        let mut object = serde_json::json!(findings);
        object["valid"] = good.into();
        terminal::print_json(&object.to_string());
    } else {
        say(&name, &findings);
        if good {
            terminal::print(&format!("{name} can be used\n"));
        }
    }
    Ok(ExitCode::from(u8::from(!good)))
}

/// The rules together with the buildspecs that they name, and globs that match nothing.
async fn look_around(folder: &Path, gate_toml: Option<Vec<u8>>) -> Findings {
    let mut findings = Findings::default();
    let rules = gate_toml.as_deref().map_or_else(
        || Some(Rules::of_one_build()),
        |bytes| Rules::parse(bytes).ok(),
    );
    for fault in faults_of_all(folder, gate_toml) {
        match fault.place {
            Some((line, column)) if fault.path == PATH => findings.faults.push(Fault {
                line,
                column,
                message: fault.message,
            }),
            _ => findings.problems.push(fault.to_string()),
        }
    }
    let Some(rules) = rules else {
        return findings;
    };
    if !rules.checks.iter().any(|check| check.required) {
        let words = "no check is `required`, so nothing would have to pass: a pull request with these rules is rejected";
        findings.problems.push(words.to_owned());
    }
    // Outside a repository nobody can tell what a glob is meant to match.
    let Ok(listed) = Git::at(folder).run(&["ls-files", "-z"]).await else {
        return findings;
    };
    let files: BTreeSet<&str> = listed.split('\0').filter(|path| !path.is_empty()).collect();
    let idle = rules.idle_globs(files.iter().copied());
    let words = idle
        .into_iter()
        .map(|(check, glob)| format!("check `{check}`: `{glob}` matches no file"));
    findings.warnings = words.collect();
    findings
}

/// What is wrong with the rules as the gate would read them from a commit of this folder.
fn faults_of_all(folder: &Path, gate_toml: Option<Vec<u8>>) -> Vec<FileFault> {
    let mut files = RuleFiles {
        gate_toml,
        ..RuleFiles::default()
    };
    let mut faults = Vec::new();
    for path in RuleFiles::buildspec_paths(files.gate_toml.as_deref()) {
        let place = folder.join(&path);
        let kind = std::fs::symlink_metadata(&place).map(|metadata| metadata.file_type());
        let instead = match kind {
            Ok(kind) if kind.is_dir() => Instead::Folder,
            Ok(kind) if kind.is_symlink() => Instead::Link,
            Ok(_) => match std::fs::read(&place) {
                Ok(bytes) => {
                    files.buildspecs.insert(path, bytes);
                    continue;
                }
                Err(error) => {
                    let words = format!("it cannot be read: {error}");
                    faults.push(FileFault::of_file(&path, words));
                    continue;
                }
            },
            Err(_) => Instead::Nothing,
        };
        files.instead.insert(path, instead);
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

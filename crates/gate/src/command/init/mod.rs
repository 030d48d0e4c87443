//! `gate init`: a first `gate.toml`, and buildspecs where there are none, from what a repository holds.
//!
//! Only names of files and a few well-known keys are read, and only fixed commands are proposed: nothing that a repository's files
//! say becomes a command. What is there already is never written over.

mod needs;
mod paths;
mod proposal;
mod text;
mod toolchain;
mod tree;

use std::{
    fs::OpenOptions,
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use gate_core::{
    plan::{RuleFiles, Ruleset},
    rules::{PATH, Rules},
};

use super::Failure;
use crate::terminal;
use proposal::Proposal;
use tree::Tree;

/// Writes a first `gate.toml` from what a repository holds.
///
/// Looks for what tells how a project is tested: Cargo.toml, package.json (npm, yarn, pnpm, Bun), deno.json, pyproject.toml, go.mod,
/// pom.xml, Gradle, .NET projects, Gemfile, composer.json, CMake, a Makefile, a Dockerfile; in a mono-repository in every folder, with
/// the paths of what it needs besides. Where there is no buildspec.yml it proposes one. Nothing that is there is changed.
///
/// Exit code: 0 it is written; 2 it could not be, or there is nothing to write.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The repository
    #[arg(long, value_name = "PATH", default_value = ".")]
    repo: PathBuf,
    /// Print what would be written, and write nothing
    #[arg(long)]
    stdout: bool,
}

pub(super) async fn run(options: Options) -> Result<ExitCode, Failure> {
    let repo = options.repo.canonicalize().unwrap_or(options.repo);
    let tree = Tree::of(&repo).await?;
    if !options.stdout && tree.has(PATH) {
        return Err(is_there(PATH));
    }
    let proposal = proposal::of(&tree);
    for line in &proposal.found {
        terminal::say(&terminal::harmless(line));
    }
    if proposal.checks.is_empty() {
        return Err(
            Failure::new("nothing here tells how it is tested: no rules were written")
                .help("write a `buildspec.yml` whose commands test it, and run `gate init` again"),
        );
    }
    let mut files = vec![(PATH.to_owned(), text::gate_toml(&proposal))];
    files.extend(proposal.buildspecs.iter().map(text::buildspec));
    verify(tree.root(), &files)?;
    if options.stdout {
        for (path, content) in &files {
            terminal::print(&format!("# {path}\n\n{content}\n"));
        }
        return Ok(ExitCode::SUCCESS);
    }
    // A file that git ignores is on no list. Nothing is written before all can be.
    let taken = |path: &&String| tree.root().join(path).symlink_metadata().is_ok();
    if let Some(path) = files.iter().map(|(path, _)| path).find(taken) {
        return Err(is_there(path));
    }
    terminal::say("");
    for (path, content) in &files {
        write(tree.root(), path, content)?;
        terminal::say(&format!("wrote {path}"));
    }
    next(&proposal);
    Ok(ExitCode::SUCCESS)
}

/// What was made up can be used, together with the buildspecs that are there already: nothing is written that `gate config check`
/// refuses.
fn verify(root: &Path, files: &[(String, String)]) -> Result<(), Failure> {
    let mut all = RuleFiles::default();
    for (path, content) in files {
        let bytes = content.clone().into_bytes();
        if path == PATH {
            all.gate_toml = Some(bytes);
        } else {
            all.buildspecs.insert(path.clone(), bytes);
        }
    }
    let rules = Rules::parse(all.gate_toml.as_deref().unwrap_or_default());
    let named = rules.iter().flat_map(Rules::buildspec_files);
    for path in named {
        if let (false, Ok(bytes)) = (
            all.buildspecs.contains_key(path),
            std::fs::read(root.join(path)),
        ) {
            all.buildspecs.insert(path.to_owned(), bytes);
        }
    }
    let faults = Ruleset::read(&all, None).err().unwrap_or_default();
    match faults.first() {
        None => Ok(()),
        Some(fault) => Err(Failure::new(format!(
            "the rules that were made up cannot be used: {fault}"
        ))
        .help("nothing was written: change what it names, or write the rules by hand")),
    }
}

fn write(root: &Path, path: &str, content: &str) -> Result<(), Failure> {
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(root.join(path));
    let written = file.and_then(|mut file| file.write_all(content.as_bytes()));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => is_there(path),
        _ => Failure::new(format!("failed to write `{path}`: {error}")),
    })
}

fn is_there(path: &str) -> Failure {
    Failure::new(format!("there is a `{path}` already: it is left as it is")).help(
        "`gate config check` tells whether rules are right; `gate init --stdout` shows what would be proposed",
    )
}

fn next(proposal: &Proposal) {
    let first = if proposal.buildspecs.is_empty() {
        "Read it: which checks there are was told from the names of files."
    } else {
        "Read them: what they run was told from the names of files, and it is yours to change."
    };
    terminal::say(&format!(
        "\n{}\n  1. {first}\n  2. Commit them on a branch of their own, and run `gate check --rules-from head`: it builds by them here, before they are merged.\n  \
         3. Push the branch and open a pull request.",
        terminal::bold("Next")
    ));
}

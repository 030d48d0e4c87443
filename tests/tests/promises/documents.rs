//! The documents: what they link to exists, what they tell people to type works.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

use mergegate_tests::tools;

use crate::markdown::{blocks, code_spans, links, shell_commands, words};

/// README.md and everything in docs/, by path.
pub(crate) fn documents() -> BTreeMap<PathBuf, String> {
    let folder = std::fs::read_dir(tools::root().join("docs")).expect("the folder docs");
    let pages = folder.map(|entry| entry.expect("an entry of docs").path());
    let pages = pages.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let documents: BTreeMap<_, _> = pages
        .chain([tools::root().join("README.md")])
        .map(|path| {
            let text = std::fs::read_to_string(&path);
            let text = text.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            (path, text)
        })
        .collect();
    assert!(documents.len() > 1, "docs/ holds no page");
    documents
}

fn all_commands() -> Vec<String> {
    let documents = documents();
    documents
        .values()
        .flat_map(|text| shell_commands(text))
        .collect()
}

/// The arguments of a call of `gate`, under any name the documents call it by.
fn arguments_of_gate(command: &str) -> Option<Vec<String>> {
    let words = words(command);
    let words = words.split(|word| word == "|").next()?;
    let rest = match words {
        [program, rest @ ..] if program == "gate" => rest,
        [cargo, run, rest @ ..] if cargo == "cargo" && run == "run" => {
            let dashes = rest.iter().position(|word| word == "--")?;
            &rest[dashes + 1..]
        }
        _ => return None,
    };
    Some(rest.to_vec())
}

fn help(command: &str) -> String {
    tools::run(Command::new(tools::gate()).args([command, "--help"]))
}

/// The comment of README.md is what a test of the comment makes, so it cannot age.
#[test]
fn the_comment_that_the_readme_shows_is_one_that_the_gate_writes() {
    let snapshots = tools::root().join("crates/gate-core/src/comment/tests/snapshots");
    let name = "gate_core__comment__tests__states__new_failures_come_before_known_ones_and_what_else_changed.snap";
    let snapshot = std::fs::read_to_string(snapshots.join(name)).expect("the snapshot");
    let comment = snapshot.splitn(3, "---\n").nth(2).unwrap_or_default();
    let readme = std::fs::read_to_string(tools::root().join("README.md")).expect("README.md");
    let shown = readme.split("````markdown\n").nth(1).unwrap_or_default();
    let shown = shown.split("\n````").next().unwrap_or_default();
    assert_eq!(
        shown,
        comment.trim_end(),
        "copy the comment from {name} into README.md"
    );
}

#[test]
fn every_relative_link_leads_to_a_file() {
    let mut broken = Vec::new();
    for (page, text) in documents() {
        let folder = page.parent().unwrap_or(Path::new(""));
        for link in links(&text) {
            let target = link.split('#').next().unwrap_or_default();
            let elsewhere = target.is_empty() || target.contains(':');
            if !elsewhere && !folder.join(target).exists() {
                broken.push(format!("{} → {link}", page.display()));
            }
        }
    }
    assert_eq!(broken, Vec::<String>::new());
}

#[test]
fn every_example_of_rules_in_the_documents_can_be_used() {
    let mut examples = 0;
    for (page, text) in documents() {
        for block in blocks(&text, "toml") {
            examples += 1;
            let read = gate_core::rules::Rules::parse(block.as_bytes());
            assert!(read.is_ok(), "{}: {block}: {read:?}", page.display());
        }
    }
    assert!(examples > 0, "no document has an example");
}

#[test]
fn the_readme_needs_two_commands_to_try_it() {
    let readme = tools::read("README.md");
    let commands = shell_commands(&readme);
    assert_eq!(
        commands.get(..2),
        Some(&["cargo run -- demo".to_owned(), "./test.sh".to_owned()][..])
    );
    assert!(
        tools::root().join("test.sh").exists(),
        "there is no test.sh"
    );
}

#[test]
fn every_gate_command_that_a_document_names_exists_with_its_options() {
    let overview = tools::run(Command::new(tools::gate()).arg("--help"));
    let spans = documents().into_values().flat_map(|text| code_spans(&text));
    let mut named = Vec::new();
    for text in all_commands().into_iter().chain(spans) {
        let Some(arguments) = arguments_of_gate(&text) else {
            continue;
        };
        let Some((command, rest)) = arguments.split_first() else {
            continue;
        };
        if command.starts_with(['-', '<']) {
            continue;
        }
        let listed = overview
            .lines()
            .any(|line| line.split_whitespace().next() == Some(command));
        assert!(listed, "`{text}`: there is no command `{command}`");
        let help = help(command);
        for option in rest.iter().filter(|word| word.starts_with("--")) {
            let name = option.split('=').next().unwrap_or(option);
            let known = help.split(|letter: char| !letter.is_alphanumeric() && letter != '-');
            assert!(
                known.into_iter().any(|word| word == name),
                "`{text}`: `{command}` has no `{name}`"
            );
        }
        named.push(command.clone());
    }
    for command in ["demo", "init", "check", "local", "report", "doctor"] {
        assert!(
            named.iter().any(|name| name == command),
            "no document names `gate {command}`"
        );
    }
}

/// The CLI checks a command's arguments before it prints what its answer would look like.
#[test]
fn every_aws_command_that_a_document_names_is_one_the_cli_takes() {
    let commands = all_commands();
    let mut checked = 0;
    for command in &commands {
        let words = words(command);
        let Some((_, arguments)) = words.split_first().filter(|(program, _)| *program == "aws")
        else {
            continue;
        };
        tools::run(
            Command::new(tools::aws())
                .args(arguments)
                .args(["--generate-cli-skeleton", "output"])
                .env("AWS_REGION", "us-east-1")
                .env("AWS_DEFAULT_REGION", "us-east-1")
                .env("AWS_ACCESS_KEY_ID", "ann")
                .env("AWS_SECRET_ACCESS_KEY", "local"),
        );
        checked += 1;
    }
    assert!(checked > 0, "no document shows the plain CLI");
}

#[test]
fn every_other_program_that_a_document_calls_is_known() {
    const PROGRAMS: [&str; 9] = [
        "aws", "cargo", "cd", "export", "gate", "git", "npm", "npx", "python3",
    ];
    for command in all_commands() {
        let words = words(&command);
        let program = words.first().expect("a program");
        let known = PROGRAMS.contains(&program.as_str()) || tools::root().join(program).exists();
        assert!(known, "`{command}`: what is `{program}`?");
    }
}

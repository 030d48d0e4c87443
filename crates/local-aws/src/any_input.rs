//! What callers write in languages of their own, mutated: buildspecs, names of references, event patterns.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use fuzz::search;
use serde_json::{Value, json};

use crate::{buildspec, git::is_reference_name, services::events::Pattern};

const YAML: [&str; 38] = [
    ":",
    "- ",
    "\n",
    "\n  ",
    "\t",
    "{",
    "}",
    "[",
    "]",
    "&a",
    "*a",
    "<<: *a",
    "!!binary ",
    "!!map ",
    "!x ",
    "|",
    ">-",
    "'",
    "\"",
    "#",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "? ",
    "~",
    ".inf",
    "0x10",
    "1e999",
    "\u{feff}",
    "\0",
    "phases",
    "commands",
    "version: 0.2",
    "env",
    "variables",
    "on-failure",
    "finally",
    "reports",
];

const REFERENCE: [&str; 24] = [
    "/", ".", "..", "@{", "@", "~", "^", ":", "?", "*", "[", "\\", " ", "-", ".lock", "refs/",
    "heads/", "HEAD", "\n", "\u{7f}", "\u{202e}", "é", "🐢", "'",
];

const PATTERN: [&str; 24] = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "\\",
    "null",
    "-1",
    "1e999",
    "\"$or\":",
    "\"prefix\":",
    "\"suffix\":",
    "\"wildcard\":",
    "*",
    "\"numeric\":",
    "\"<\"",
    "\"exists\":",
    "\"anything-but\":",
    "\"equals-ignore-case\":",
    "true",
    "İ",
    "🐢",
];

fn corpus(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/corpus")
        .join(target)
}

#[test]
fn any_buildspec_is_read_or_refused_in_words() {
    search(&corpus("buildspecs"), &YAML, |input| {
        let text = String::from_utf8_lossy(input);
        match buildspec::parse(&text) {
            Ok(spec) => {
                let phases = [
                    &spec.install,
                    &spec.pre_build,
                    &spec.build,
                    &spec.post_build,
                ];
                assert!(phases.iter().any(|phase| !phase.commands.is_empty()));
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    });
}

#[test]
fn any_name_that_is_taken_for_a_reference_is_one_to_git() {
    search(&corpus("references"), &REFERENCE, |input| {
        let Ok(name) = std::str::from_utf8(input) else {
            return;
        };
        // Longer than any name that CodeCommit takes.
        if name.len() > 400 || !is_reference_name(name) {
            return;
        }
        let status = Command::new("git")
            .args(["check-ref-format", &format!("refs/heads/{name}")])
            .status()
            .unwrap();
        assert!(status.success(), "git does not take {name:?}");
    });
}

#[test]
fn any_event_pattern_is_refused_or_judges_events() {
    let events: [Value; 3] = [
        json!({}),
        json!({ "source": "aws.codecommit", "detail": { "event": "pullRequestCreated", "n": [1, 5.5], "y": "b" } }),
        json!({ "a": ["x.rs", "src/a/xb", "A"], "b": null }),
    ];
    search(&corpus("patterns"), &PATTERN, |input| {
        let text = String::from_utf8_lossy(input);
        match Pattern::parse(&text) {
            Ok(pattern) => {
                for event in &events {
                    pattern.matches(event);
                }
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    });
}

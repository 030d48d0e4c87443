//! What people ask of the gate in comments, and what it says and does.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a story ends where something is not as it must be"
)]

mod asking;
mod flags;
mod holding;
mod lost;
mod masked;
mod races;
mod retrying;

use mergegate_tests::{Stage, green_files};

use masked::masked;

const APPROVED: &str = "### ✅ Mergegate: approved";
const RED: &str = "### ❌ Mergegate: not approved";
const HELD: &str = "### ⏸ Mergegate: on hold";

/// A check that runs one command.
fn check(name: &str, command: &str, more: &str) -> String {
    format!(
        "[[check]]\nname = \"{name}\"\n\
         inline = '{{version: 0.2, phases: {{build: {{commands: [{command:?}]}}}}}}'\n{more}\n"
    )
}

/// A stage with these rules and a pull request that changes `value`.
async fn with_rules(rules: &str, value: &str, title: &str) -> (Stage, String) {
    let mut files = green_files();
    files.push(("gate.toml", rules));
    opened(&files, value, title).await
}

/// A stage with a pull request that changes `value`.
async fn opened(files: &[(&str, &str)], value: &str, title: &str) -> (Stage, String) {
    let stage = Stage::set(files).await;
    stage.copy.push("change", "main", &[("value", value)]);
    let id = stage.open("change", title).await;
    (stage, id)
}

/// The one test of these rules passes once a file is where the story wants it.
fn opens_with(door: &std::path::Path) -> String {
    format!("test -e {}", door.display())
}

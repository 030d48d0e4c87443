//! Whatever comes in, a person finds words that name the thing, the place and the next step.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod buildspecs;
mod events;
mod inputs;
mod limits;
mod names;
mod rules;
mod secrets;
mod titles;

use mergegate_tests::{Stage, green_files, without_commits, without_what_differs};

/// The comment once it holds a verdict, without what differs from run to run: commits, times, addresses, the run's name.
async fn words(stage: &Stage, id: &str) -> String {
    without_commits(&without_what_differs(&stage.verdict(id).await))
}

/// The usual repository with one file in another state.
fn with(path: &'static str, content: &'static str) -> Vec<(&'static str, &'static str)> {
    let mut files = green_files();
    files.retain(|(name, _)| *name != path);
    files.push((path, content));
    files
}

/// The usual repository without one file.
fn without(path: &str) -> Vec<(&'static str, &'static str)> {
    let mut files = green_files();
    files.retain(|(name, _)| *name != path);
    files
}

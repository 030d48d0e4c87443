//! What a reviewer learns from earlier results: differences to the destination, and the page with all results.

#![allow(
    clippy::unwrap_used,
    reason = "a story ends where something is not as it must be"
)]

use gate_core::{
    id::{RepositoryName, RunName},
    names::objects,
};
use mergegate_tests::{Stage, green_files};

/// Merges a first green pull request, and says what its comment said.
async fn first_merged(stage: &Stage) -> String {
    stage.copy.push("first", "main", &[("value", "4\n")]);
    let id = stage.open("first", "The first one").await;
    let said = stage.verdict(&id).await;
    stage.merge(&id).await;
    stage.cleaned().await;
    stage.copy.git(&["fetch", "--quiet", "origin"]);
    said
}

/// The page that a comment links to.
async fn page(stage: &Stage, comment: &str) -> String {
    let run = comment.rsplit("Mergegate · run ").next().unwrap();
    let key = objects::report(&RepositoryName::new("demo"), &RunName::new(run.trim()));
    let address = format!("[All results]({}/mergegate-artifacts/{key})", stage.url());
    assert!(comment.contains(&address), "{comment}");
    let page = stage.clients().objects.get(&key).await.unwrap().unwrap();
    String::from_utf8(page).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_request_is_compared_with_what_was_found_in_the_last_merge() {
    let stage = Stage::set(&green_files()).await;
    let first = first_merged(&stage).await;
    let none = "No differences are shown: nothing that was gated has been merged into `main` yet.";
    assert!(first.contains(none), "{first}");

    stage
        .copy
        .push("second", "origin/main", &[("value", "11\n")]);
    let id = stage.open("second", "The second one").await;
    let said = stage.verdict(&id).await;
    assert!(
        said.starts_with("### ❌ Mergegate: not approved, 1 new test failure\n"),
        "{said}"
    );
    assert!(
        said.contains("**Tests** 1: 0 passed (−1), **1 failed** (+1)\n\nNew failures\n- `limits::stays_below_the_limit`"),
        "{said}"
    );
    assert!(said.contains("Differences are to `main` at "), "{said}");
    assert!(said.contains(", from pull request 1.\n"), "{said}");

    let page = page(&stage, &said).await;
    assert!(page.contains("11 is not below 10"), "{page}");
    assert!(page.contains("id=\"history\""), "{page}");
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_of_what_nobody_tested_is_no_baseline_and_the_comment_says_so() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("first", "main", &[("value", "4\n")]);
    let id = stage.open("first", "The first one").await;
    stage.verdict(&id).await;
    // The destination moves after the test, and the merge brings both together.
    stage
        .copy
        .push("main", "", &[("note", "pushed past the gate\n")]);
    stage.merge(&id).await;
    stage.cleaned().await;
    stage.copy.git(&["fetch", "--quiet", "origin"]);

    stage
        .copy
        .push("second", "origin/main", &[("value", "5\n")]);
    let id = stage.open("second", "The second one").await;
    let said = stage.verdict(&id).await;
    assert!(
        said.contains("No differences are shown: what was last merged into `main` (")
            && said.contains(", pull request 1) is not what was tested."),
        "{said}"
    );
    assert!(said.contains("**Tests** 1: 1 passed\n"), "{said}");
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_breaks_before_any_test_shows_the_end_of_its_log() {
    let mut files = green_files();
    files.retain(|(name, _)| *name != "test.sh");
    files.push(("test.sh", "echo \"cannot find the compiler\" >&2\nexit 3\n"));
    let stage = Stage::set(&files).await;
    stage.copy.push("change", "main", &[("value", "4\n")]);
    let id = stage.open("change", "Breaks").await;
    let said = stage.verdict(&id).await;
    assert!(
        said.contains(
            "The log of **build** ends with\n\n```\n$ sh test.sh\ncannot find the compiler\n"
        ),
        "{said}"
    );
    assert!(
        page(&stage, &said)
            .await
            .contains("cannot find the compiler")
    );
    stage.strike().await;
}

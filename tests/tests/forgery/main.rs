//! What the gate reads back is a claim: what somebody with rights in the account forges counts for nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a story ends where something is not as it must be"
)]

mod builds;
mod claims;
mod states;

use mergegate_tests::{Mallory, Stage, StageOptions, green_files};

const APPROVED: &str = "### ✅ Mergegate: approved";
const RED: &str = "### ❌ Mergegate: not approved, 1 test failure";

/// A stage with a pull request that sets `value`, and its verdict.
async fn judged(options: StageOptions, value: &str, verdict: &str) -> (Stage, String) {
    let stage = Stage::set_with(options, &green_files()).await;
    stage.copy.push("change", "main", &[("value", value)]);
    let id = stage.open("change", "Change").await;
    stage.verdict_like(&id, verdict).await;
    stage.quiet().await;
    (stage, id)
}

/// The pull request stays red, whatever the sweep finds.
async fn assert_stays_red(stage: &Stage, id: &str) {
    stage.swept().await;
    let verdict = stage.verdict(id).await;
    assert!(verdict.starts_with(RED), "{verdict}");
    assert!(!stage.approved(id).await);
    assert_eq!(stage.running_builds().await, Vec::<String>::new());
}

/// Mallory, who looks at the newest build of the account.
async fn mallory(stage: &Stage) -> Mallory {
    let mut builds = stage.builds().await;
    Mallory::copies(stage, builds.remove(0))
}

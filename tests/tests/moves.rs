//! What becomes of open pull requests when their destination moves.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};

use mergegate_tests::{Stage, green_files};

/// Builds wait while this file exists.
struct Held {
    directory: tempfile::TempDir,
}

impl Held {
    fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("hold")
    }

    fn hold(&self) {
        std::fs::write(self.file(), "").unwrap();
    }

    fn release(&self) {
        std::fs::remove_file(self.file()).unwrap();
    }
}

const BUILDSPEC: &str = "\
version: 0.2
phases:
  build:
    commands:
      - while [ -e \"$HOLD\" ]; do sleep 0.05; done
      - sh test.sh
reports:
  unit:
    files: [report.xml]
    file-format: JUNITXML
";

fn rules(merge: &str, hold: &Path) -> String {
    format!(
        "{merge}\n[build.environment]\nHOLD = \"{}\"\n[[check]]\nname = \"unit\"\n",
        hold.display()
    )
}

const RETEST: &str = "[merge]\nwhen_destination_moves = \"retest\"\nat_most = 1\n";

/// A stage whose `main` has these rules about its moves.
async fn set(merge: &str, held: &Held) -> Stage {
    let rules = rules(merge, &held.file());
    let mut files = green_files();
    files[0].1 = BUILDSPEC;
    files.push(("gate.toml", &rules));
    Stage::set(&files).await
}

/// Opens a pull request that sets `file` to `value`, and waits for its approval.
async fn approved(stage: &Stage, branch: &str, file: &str, value: &str) -> String {
    stage.copy.push(branch, "main", &[(file, value)]);
    let id = stage.open(branch, branch).await;
    let verdict = stage.verdict(&id).await;
    assert!(
        verdict.starts_with("### ✅ Mergegate: approved\n"),
        "{verdict}"
    );
    id
}

/// Waits until the live revision's comment begins with `first`.
async fn says(stage: &Stage, id: &str, first: &str) -> String {
    stage
        .eventually(&format!("{first} on {id}"), async || {
            let last = stage.comments(id).await.pop()?;
            last.starts_with(first).then_some(last)
        })
        .await
}

const WAITS: &str = "### ⏳ Mergegate: was approved, waits to be tested again\n";

#[tokio::test(flavor = "multi_thread")]
async fn approvals_are_taken_back_at_once_and_pull_requests_take_turns() {
    let held = Held::new();
    let stage = set(RETEST, &held).await;
    let older = approved(&stage, "older", "value", "7\n").await;
    let newer = approved(&stage, "newer", "other", "1\n").await;
    held.hold();
    let tip = stage.copy.push("main", "", &[("limit", "5\n")]);
    let waiting = says(&stage, &older, WAITS).await;
    assert!(
        waiting.contains(
            "`main` has moved since the test, and by its `gate.toml` this pull request is tested again with what is there \
             now. Pull requests take turns."
        ),
        "{waiting}"
    );
    assert!(waiting.contains("- ✅ **unit** passed in "), "{waiting}");
    says(&stage, &newer, "### ⏳ Mergegate: testing\n").await;
    assert!(!stage.approved(&older).await && !stage.approved(&newer).await);
    assert_eq!(stage.running_builds().await.len(), 1);
    held.release();
    let green = stage.verdict(&newer).await;
    assert!(green.starts_with("### ✅ Mergegate: approved\n"), "{green}");
    assert!(
        green.contains(&format!("→ `main` {}, tested as merged", &tip[..7])),
        "{green}"
    );
    let red = says(&stage, &older, "### ❌").await;
    assert!(red.contains("7 is not below 5"), "{red}");
    stage.quiet().await;
    assert!(stage.approved(&newer).await && !stage.approved(&older).await);
    assert_eq!(stage.builds().await.len(), 4, "each was built twice");
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_default_an_approval_stands_and_nothing_is_built_again() {
    let held = Held::new();
    let stage = set("", &held).await;
    let id = approved(&stage, "change", "value", "7\n").await;
    stage.copy.push("main", "", &[("other", "5\n")]);
    stage.swept().await;
    assert!(stage.approved(&id).await);
    assert_eq!(stage.builds().await.len(), 1);
    assert_eq!(stage.executions(None).await.len(), 1);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_tested_with_an_older_destination_is_not_approved() {
    let held = Held::new();
    let stage = set(RETEST, &held).await;
    let first = approved(&stage, "first", "other", "7\n").await;
    held.hold();
    stage.copy.push("second", "main", &[("value", "7\n")]);
    let second = stage.open("second", "Second").await;
    says(&stage, &second, "### ⏳ Mergegate: testing\n").await;
    // Merging the first moves the destination under the second, whose test goes on.
    stage.merge(&first).await;
    stage
        .eventually("a second test of it", async || {
            let runs = stage.executions(None).await;
            let of_second = format!("pr-{second}-");
            let runs = runs.iter().filter(|run| run.starts_with(&of_second));
            (runs.count() == 2).then_some(())
        })
        .await;
    held.release();
    let verdict = stage.verdict(&second).await;
    assert!(
        verdict.starts_with("### ✅ Mergegate: approved\n"),
        "{verdict}"
    );
    let tip = stage.in_repository(&["rev-parse", "--short=7", "main"]);
    assert!(
        verdict.contains(&format!("→ `main` {}", tip.trim())),
        "{verdict}"
    );
    stage.quiet().await;
    assert!(stage.approved(&second).await);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_that_goes_back_to_where_it_was_is_tested_with_again() {
    let held = Held::new();
    let stage = set(RETEST, &held).await;
    let before = stage.in_repository(&["rev-parse", "main"]);
    let id = approved(&stage, "change", "value", "7\n").await;
    let moved = stage.copy.push("main", "", &[("limit", "5\n")]);
    says(&stage, &id, "### ❌").await;
    stage.quiet().await;
    stage.copy.git(&[
        "push",
        "--force",
        "origin",
        &format!("{}:main", before.trim()),
    ]);
    let verdict = says(&stage, &id, "### ✅ Mergegate: approved\n").await;
    assert!(!verdict.contains(&moved[..7]), "{verdict}");
    stage.quiet().await;
    assert!(stage.approved(&id).await);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_that_moves_twice_at_once_ends_tested_with_its_tip() {
    let held = Held::new();
    let stage = set(RETEST, &held).await;
    let id = approved(&stage, "change", "value", "7\n").await;
    let other = approved(&stage, "other", "other", "7\n").await;
    stage.copy.push("main", "", &[("limit", "5\n")]);
    let tip = stage.copy.push("main", "", &[("limit", "8\n")]);
    stage.swept().await;
    for id in [&id, &other] {
        let verdict = stage.comments(id).await.pop().unwrap();
        assert!(
            verdict.starts_with("### ✅ Mergegate: approved\n"),
            "{verdict}"
        );
        assert!(
            verdict.contains(&format!("→ `main` {}", &tip[..7])),
            "{verdict}"
        );
        assert!(stage.approved(id).await);
    }
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_rejected_over_broken_rules_is_looked_at_again_when_they_are_mended() {
    let held = Held::new();
    let stage = set("", &held).await;
    stage.copy.push("main", "", &[("gate.toml", "[[chek]]\n")]);
    stage.copy.push("change", "main", &[("value", "7\n")]);
    let id = stage.open("change", "Change").await;
    says(
        &stage,
        &id,
        "### ❌ Mergegate: not approved, its rules are invalid\n",
    )
    .await;
    stage.quiet().await;
    let mended = rules("", &held.file());
    stage.copy.push("main", "", &[("gate.toml", &mended)]);
    says(&stage, &id, "### ✅ Mergegate: approved\n").await;
    stage.quiet().await;
    assert!(stage.approved(&id).await);
    stage.strike().await;
}

//! What a reviewer learns from earlier results: differences to the destination, and the page with all results.

#![allow(
    clippy::unwrap_used,
    reason = "a story ends where something is not as it must be"
)]

use gate_core::{
    id::{RepositoryName, RunName},
    names::objects,
};
use mergegate_tests::{BUILDSPEC, Stage, green_files};

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
        said.contains("**Tests** 1: 0 passed (−1), **1 failed** (+1)\n\nNew failures\n- `limits > stays_below_the_limit`"),
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

/// Passes with as many lines covered as the file `covered` says, of 100 in `src/shop.py`.
const COVERING: &str = r#"
echo "<testsuite name='shop'><testcase name='sells'/></testsuite>" > report.xml
{
  echo '<coverage line-rate="0.8"><packages><package name="shop"><classes>'
  echo '<class name="shop" filename="src/shop.py"><lines>'
  for line in $(seq 100); do
    if [ "$line" -le "$(cat covered)" ]; then hits=1; else hits=0; fi
    echo "<line number=\"$line\" hits=\"$hits\"/>"
  done
  echo '</lines></class></classes></package></packages></coverage>'
} > coverage.xml
"#;

const DEMANDING: &str = r#"
[[check]]
name = "unit"
[check.coverage]
minimum = 70
maximum_drop = 2.5
"#;

#[tokio::test(flavor = "multi_thread")]
async fn coverage_may_fall_as_far_as_the_rules_allow_and_no_further() {
    let buildspec =
        format!("{BUILDSPEC}  lines:\n    files: [coverage.xml]\n    file-format: COBERTURAXML\n");
    let stage = Stage::set(&[
        ("buildspec.yml", &buildspec),
        ("gate.toml", DEMANDING),
        ("test.sh", COVERING),
        ("covered", "80\n"),
        ("src/shop.py", "sell()\n"),
    ])
    .await;
    stage.copy.push("first", "main", &[("note", "a\n")]);
    let id = stage.open("first", "The first one").await;
    let said = stage.verdict(&id).await;
    assert!(said.starts_with("### ✅ Mergegate: approved\n"), "{said}");
    let unjudged =
        "Whether coverage fell was not judged for `unit`: it is not known what it was on `main`.";
    assert!(said.contains(unjudged), "{said}");
    stage.merge(&id).await;
    stage.cleaned().await;
    stage.copy.git(&["fetch", "--quiet", "origin"]);

    let push = |branch: &'static str, covered| {
        let files = [("covered", covered), ("src/shop.py", "sell()  # more\n")];
        stage.copy.push(branch, "origin/main", &files);
    };
    push("little", "78\n");
    let id = stage.open("little", "A little less").await;
    let said = stage.verdict(&id).await;
    assert!(said.starts_with("### ✅ Mergegate: approved\n"), "{said}");
    push("much", "77\n");
    let id = stage.open("much", "Much less").await;
    let said = stage.verdict(&id).await;
    let lines = [
        "### ❌ Mergegate: not approved, the coverage of `unit` fell by 3 points, 2.5 are allowed\n",
        "- ❌ **unit** passed, but its coverage fell by 3 points to 77 %, and the rules allow 2.5: [log]",
        "**Coverage** 77.0 % (−3.0), 77 of 100 lines\n- `src/shop.py` 77.0 % (−3.0)\n",
    ];
    for line in lines {
        assert!(said.contains(line), "{line}\n{said}");
    }
    push("least", "60\n");
    let id = stage.open("least", "Below the least").await;
    let said = stage.verdict(&id).await;
    let words = "not approved, `unit` covers 60 % of the lines, 70 % are required\n";
    assert!(said.contains(words), "{said}");
    stage.strike().await;
}

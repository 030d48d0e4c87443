//! What a reviewer learns of very many tests: CodeBuild keeps 500 cases of a report, its raw files hold all.

#![allow(
    clippy::unwrap_used,
    reason = "a story ends where something is not as it must be"
)]

use gate_core::{
    id::RepositoryName,
    names::{self, objects},
};
use local_aws::{Assumptions, RawReportKeys};
use mergegate_tests::{BUILDSPEC, Stage, StageOptions};

/// 20,000 tests in four files. `red` names those that fail, `torn` a file that breaks off.
const SUITE: &str = r#"
mkdir -p out
for part in 0 1 2 3; do
  awk -v part="$part" -v red="$(cat red)" 'BEGIN {
    count = split(red, numbers, " "); for (i = 1; i <= count; i++) failing[numbers[i]] = 1
    print "<testsuite name=\"many\">"
    for (n = part * 5000; n < part * 5000 + 5000; n++) {
      printf "<testcase name=\"test_%05d\" file=\"tests/part_%d.py\" line=\"%d\" time=\"0.001\">", n, part, n + 1
      if (n in failing) printf "<failure message=\"%d is odd\">trace of %d</failure>", n, n
      if (n == 12) printf "<flakyFailure message=\"refused\"/>"
      print "</testcase>"
    }
    print "</testsuite>"
  }' > out/part_$part.xml
done
[ ! -s torn ] || head -c 100000 "out/$(cat torn)" > out/torn && [ ! -s torn ] || mv out/torn "out/$(cat torn)"
[ ! -s red ]
"#;

fn many_tests() -> Vec<(&'static str, String)> {
    vec![
        (
            "buildspec.yml",
            BUILDSPEC.replace("report.xml", "out/*.xml"),
        ),
        ("test.sh", SUITE.to_owned()),
        ("red", String::new()),
        ("torn", String::new()),
    ]
}

async fn stage(options: StageOptions) -> Stage {
    let files = many_tests();
    let files: Vec<_> = files
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    Stage::set_with(options, &files).await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_20000_tests_3_failed_and_each_is_counted_and_placed() {
    let stage = stage(StageOptions::default()).await;
    stage.copy.push("odd", "main", &[("red", "7 12001 19999")]);
    let id = stage.open("odd", "Three odd ones").await;
    let said = stage.verdict(&id).await;
    assert!(
        said.starts_with("### ❌ Mergegate: not approved, 3 test failures\n"),
        "{said}"
    );
    let counts = "**Tests** 20,000: 19,997 passed, **3 failed**, 1 flaky\n\nFailures\n";
    assert!(said.contains(counts), "{said}");
    for (test, place) in [
        ("test_00007", "tests/part_0.py:8"),
        ("test_12001", "tests/part_2.py:12002"),
        ("test_19999", "tests/part_3.py:20000"),
    ] {
        let line = format!("- `many > {test}` at `{place}`, 1 ms\n");
        assert!(said.contains(&line), "{line}{said}");
    }
    assert!(
        said.contains("passed when tried again: `many > test_00012`"),
        "{said}"
    );
    assert!(!said.contains("known by name"), "{said}");

    let project = format!("mergegate-pr-{id}");
    let repository = RepositoryName::new("demo");
    let group = format!("{}-unit", names::report_groups(&project, &repository));
    let arn = format!("arn:aws:codebuild:us-east-1:000000000000:project/{project}");
    let folder = objects::raw_reports(&repository, &arn, &group);
    let kept = stage.clients().objects.list(&folder).await.unwrap();
    assert_eq!(kept.objects.len(), 4);
    stage.close(&id).await;
    stage.cleaned().await;
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_raw_files_cannot_be_told_apart_the_cases_that_codebuild_keeps_must_do_and_the_comment_says_so()
 {
    let assumptions = Assumptions {
        raw_report_keys: RawReportKeys::Otherwise,
        ..Assumptions::default()
    };
    let stage = stage(StageOptions {
        assumptions,
        ..StageOptions::default()
    })
    .await;
    stage.copy.push("odd", "main", &[("red", "7 12001 19999")]);
    let id = stage.open("odd", "Three odd ones").await;
    let said = stage.verdict(&id).await;
    let counts = "**Tests** 20,000: 19,997 passed, **3 failed**\n\n\
        Only 500 of them are known by name, failed ones first: `CodeBuild kept no raw files of them`.\n\n\
        Failures\n- `many > test_00007`, 1 ms\n";
    assert!(said.contains(counts), "{said}");
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_torn_file_hides_no_failure_of_the_others() {
    let stage = stage(StageOptions::default()).await;
    let torn = [("red", "7 19999"), ("torn", "part_0.xml")];
    stage.copy.push("torn", "main", &torn);
    let id = stage.open("torn", "A torn file").await;
    let said = stage.verdict(&id).await;
    assert!(
        said.starts_with("### ❌ Mergegate: not approved, 2 test failures\n"),
        "{said}"
    );
    assert!(
        said.contains("- `many > test_19999` at `tests/part_3.py:20000`"),
        "{said}"
    );
    stage.strike().await;
}

use proptest::prelude::*;

use super::*;
use crate::{
    build::{Build, BuildStatus, PhaseFailure},
    plan::{NoBuild, Note},
    report::{Report, ReportStatus, TestFailure},
    samples::{
        build, candidacy, candidate, execution, live, passed, plan_with, result, tests_report,
    },
    verdict::decide,
};

fn failure(name: &str, message: &str) -> TestFailure {
    TestFailure {
        suite: Some("login".to_owned()),
        name: name.to_owned(),
        message: Some(message.to_owned()),
        duration: Some(Duration::from_millis(12)),
    }
}

fn comment(plan: &Plan, results: &[CheckResult]) -> String {
    let candidate = candidate();
    let with_candidate = plan.no_build.is_none().then_some(&candidate);
    let verdict = decide(plan, with_candidate, results);
    let stage = Stage::Finished {
        verdict: &verdict,
        refused: None,
    };
    let (run, candidacy, pull_request) = (execution().name, candidacy(), live());
    render(&View {
        run: &run,
        candidacy: &candidacy,
        source: &pull_request.source,
        destination: &pull_request.destination,
        candidate: with_candidate,
        plan: Some(plan),
        results,
        stage,
    })
}

fn red(failures: Vec<TestFailure>) -> (Plan, Vec<CheckResult>) {
    let plan = plan_with("", &["unit"]);
    let failed = failures.len() as u64;
    let tests = Tests {
        total: 1204,
        passed: 1204 - 2 - failed,
        failed,
        skipped: 2,
        failures,
    };
    let broken = Build {
        failure: Some(PhaseFailure {
            phase: "BUILD".to_owned(),
            message: "Error while executing command: make test. Reason: exit status 1".to_owned(),
        }),
        ..build(BuildStatus::Failed)
    };
    let results = vec![result(
        &plan,
        Some(broken),
        vec![tests_report("unit", tests)],
    )];
    (plan, results)
}

#[test]
fn green() {
    let plan = plan_with("", &["unit"]);
    let coverage = Report {
        name: "coverage".to_owned(),
        status: ReportStatus::Complete,
        content: ReportContent::Coverage(Coverage {
            covered: 842,
            total: 1000,
        }),
    };
    let results = [result(
        &plan,
        Some(build(BuildStatus::Succeeded)),
        vec![tests_report("unit", passed(1204)), coverage],
    )];
    insta::assert_snapshot!(comment(&plan, &results));
}

#[test]
fn red_with_two_failures() {
    let message = "assertion `left == right` failed\n  left: 1\n right: 2";
    let (plan, results) = red(vec![
        failure("rejects_empty_password", message),
        failure("locks_after_five", ""),
    ]);
    insta::assert_snapshot!(comment(&plan, &results));
}

#[test]
fn red_with_300_long_failures_fits_and_counts_the_rest() {
    let message = "a very long message\n".repeat(200);
    let failures = (0..300)
        .map(|number| failure(&format!("test_number_{number}"), &message))
        .collect();
    let (plan, results) = red(failures);
    let text = comment(&plan, &results);
    assert!(text.chars().count() <= LIMIT);
    assert!(
        text.starts_with("### ❌ Mergegate: not approved, 300 test failures\n"),
        "{text}"
    );
    assert!(text.contains("- and 275 more: see the log"), "{text}");
}

#[test]
fn tests_skipped_by_a_flag_and_a_mistyped_flag() {
    let plan = plan_with("Fix [skip-tests] [no-cash]", &["unit"]);
    let results = [result(&plan, Some(build(BuildStatus::Succeeded)), vec![])];
    insta::assert_snapshot!(comment(&plan, &results));
}

#[test]
fn conflict() {
    let no_build = Some(NoBuild::Conflict {
        files: vec!["src/login.rs".to_owned(), "a`b.txt".to_owned()],
    });
    insta::assert_snapshot!(comment(
        &Plan {
            no_build,
            ..Plan::default()
        },
        &[]
    ));
}

#[test]
fn skip_ci_is_a_hold() {
    let plan = Plan {
        no_build: Some(NoBuild::SkipCi),
        ..plan_with("[skip-ci]", &[])
    };
    insta::assert_snapshot!(comment(&plan, &[]));
}

#[test]
fn running() {
    let plan = Plan {
        notes: vec![Note::ChangesBuildspec {
            path: "buildspec.yml".to_owned(),
        }],
        ..plan_with("", &[])
    };
    let results = [result(&plan, Some(build(BuildStatus::InProgress)), vec![])];
    let (run, candidacy, pull_request) = (execution().name, candidacy(), live());
    let candidate = candidate();
    insta::assert_snapshot!(render(&View {
        run: &run,
        candidacy: &candidacy,
        source: &pull_request.source,
        destination: &pull_request.destination,
        candidate: Some(&candidate),
        plan: Some(&plan),
        results: &results,
        stage: Stage::Running,
    }));
}

#[test]
fn the_gate_itself_failed() {
    let (run, candidacy, pull_request) = (execution().name, candidacy(), live());
    let error = "CodeBuild does not permit CreateProject: not authorized; redeploy the gate, or check the policies around it";
    insta::assert_snapshot!(render(&View {
        run: &run,
        candidacy: &candidacy,
        source: &pull_request.source,
        destination: &pull_request.destination,
        candidate: None,
        plan: None,
        results: &[],
        stage: Stage::Failed { error, again: true },
    }));
}

#[test]
fn a_comment_tells_which_revision_it_is_about() {
    let candidacy = candidacy();
    let text = superseded(&execution().name);
    assert!(is_about(
        &text,
        &candidacy.pull_request,
        &candidacy.revision
    ));
    assert!(!is_about(
        &text,
        &candidacy.pull_request,
        &RevisionId::new("0".repeat(64))
    ));
    assert!(!is_about(
        "Mergegate is great",
        &candidacy.pull_request,
        &candidacy.revision
    ));
}

/// Fences opened and closed, by CommonMark's rule: a fence is closed by one of at least its length.
fn fences_balance(text: &str) -> bool {
    let mut open: Option<usize> = None;
    for line in text.lines() {
        let ticks = line.len() - line.trim_start_matches('`').len();
        let bare = line.trim_start_matches('`').is_empty();
        match open {
            None if ticks >= 3 && !line[ticks..].contains('`') => open = Some(ticks),
            Some(length) if bare && ticks >= length => open = None,
            _ => {}
        }
    }
    open.is_none()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_report_gives_a_comment_within_the_limit_with_balanced_fences(
        failures in proptest::collection::vec(("(\\PC|`){0,120}", "(\\PC|\\n|`){0,250}"), 0..40),
    ) {
        let failures: Vec<_> = failures.iter().map(|(name, message)| failure(name, message)).collect();
        let (plan, results) = red(failures);
        let text = comment(&plan, &results);
        prop_assert!(text.chars().count() <= LIMIT);
        prop_assert!(fences_balance(&text), "{}", text);
        prop_assert!(text.starts_with("### ❌ Mergegate: not approved"));
        prop_assert!(text.contains("**Tests** 1,204: "));
        prop_assert!(text.contains("[log](https://example.com/log)"));
        prop_assert!(text.ends_with("Mergegate · run pr-7-3f2a91c0d1e2-bbbbbbbb-1"));
    }
}

use std::time::Duration;

use super::*;
use crate::{
    build::BuildStatus,
    report::{FileCoverage, Outcome, Report, ReportStatus},
    samples::{build, case, commit, execution, plan_with, result, tests_of, tests_report},
};

fn findings(cases: Vec<TestCase>) -> Findings {
    Findings::new(
        execution().name,
        execution().start_time,
        commit('c'),
        &results(cases),
    )
}

fn results(cases: Vec<TestCase>) -> Vec<CheckResult> {
    let plan = plan_with("", &["unit"]);
    vec![result(
        &plan,
        Some(build(BuildStatus::Succeeded)),
        vec![tests_report("unit", tests_of(cases))],
    )]
}

fn names<'a>(tests: &[RanTest<'a>]) -> Vec<&'a str> {
    tests.iter().map(|test| test.case.name.as_str()).collect()
}

fn removed<'a>(changes: &Changes<'a>) -> Vec<&'a str> {
    changes.removed.iter().map(|test| test.name).collect()
}

fn lasting(name: &str, seconds: u64) -> TestCase {
    TestCase {
        duration: Some(Duration::from_secs(seconds)),
        ..case(name, Outcome::Passed)
    }
}

#[test]
fn a_failure_is_new_unless_the_destination_has_it() {
    let before = findings(vec![
        case("leap_day", Outcome::Failed),
        case("rounds_up", Outcome::Passed),
    ]);
    let now = results(vec![
        case("leap_day", Outcome::Failed),
        case("rounds_up", Outcome::Failed),
        case("rounds_down", Outcome::Failed),
    ]);
    let changes = Changes::of(&now, Some(&before));
    assert_eq!(names(&changes.new_failures), ["rounds_up", "rounds_down"]);
    assert_eq!(names(&changes.known_failures), ["leap_day"]);
    let alone = Changes::of(&now, None);
    assert_eq!(alone.new_failures.len(), 3);
    assert_eq!(alone.removed, []);
}

#[test]
fn tests_that_vanish_or_stop_running_are_named() {
    let before = findings(vec![
        case("old", Outcome::Passed),
        case("tired", Outcome::Passed),
        case("sleeping", Outcome::Skipped),
    ]);
    let now = results(vec![
        case("tired", Outcome::Skipped),
        case("sleeping", Outcome::Skipped),
    ]);
    let changes = Changes::of(&now, Some(&before));
    assert_eq!(removed(&changes), ["old"]);
    assert_eq!(names(&changes.newly_skipped), ["tired"]);
}

#[test]
fn nothing_is_called_gone_while_not_every_case_is_known() {
    let before = findings(vec![case("old", Outcome::Passed)]);
    let mut now = results(vec![case("new", Outcome::Passed)]);
    if let ReportContent::Tests(tests) = &mut now[0].reports[0].content {
        tests.total = 900;
    }
    assert_eq!(Changes::of(&now, Some(&before)).removed, []);
}

#[test]
fn only_a_growth_that_somebody_would_notice_is_named_the_worst_first() {
    let before = findings(vec![
        lasting("doubled", 2),
        lasting("tenfold", 1),
        lasting("a_little", 60),
        lasting("faster", 9),
    ]);
    let now = results(vec![
        lasting("doubled", 4),
        lasting("tenfold", 10),
        lasting("a_little", 62),
        lasting("faster", 1),
    ]);
    let changes = Changes::of(&now, Some(&before));
    let slower: Vec<_> = changes
        .slower
        .iter()
        .map(|slower| (slower.test.case.name.as_str(), slower.now.as_secs()))
        .collect();
    assert_eq!(slower, [("tenfold", 10), ("doubled", 4)]);
}

#[test]
fn of_cases_of_one_name_the_worst_counts() {
    let found = findings(vec![
        case("each", Outcome::Failed),
        case("each", Outcome::Passed),
    ]);
    let tests = found.tests.unwrap();
    assert_eq!(tests.groups[0].tests["each"].0, Outcome::Failed);
    assert!(tests.complete);
    assert_eq!(tests.counts.total, 2);
}

#[test]
fn what_is_kept_is_read_again_as_it_was() {
    let mut found = findings(vec![lasting("doubled", 2), case("old", Outcome::Skipped)]);
    found.coverage = Some(Coverage {
        covered: 1,
        total: 2,
        files: vec![FileCoverage {
            path: "src/login.rs".to_owned(),
            covered: 1,
            total: 2,
        }],
    });
    let baseline = Baseline::after_merge(None, commit('d'), PullRequestId::new("6"), Some(found));
    let text = serde_json::to_string(&baseline).unwrap();
    assert!(
        text.contains(r#"{"check":"build","suite":"login","tests":{"doubled":["p",2000],"#),
        "{text}"
    );
    assert_eq!(serde_json::from_str::<Baseline>(&text).unwrap(), baseline);
}

#[test]
fn a_merge_of_what_nobody_tested_leaves_nothing_to_compare_with_and_keeps_the_history() {
    let six = PullRequestId::new("6");
    let tested = Baseline::after_merge(
        None,
        commit('d'),
        six.clone(),
        Some(findings(vec![case("old", Outcome::Passed)])),
    );
    let untested = Baseline::after_merge(Some(tested.clone()), commit('e'), six.clone(), None);
    assert!(Earlier::Of(&untested).findings().is_none());
    assert_eq!(untested.history, tested.history);
    // The same merge told twice is one point.
    let again = Baseline::after_merge(
        Some(tested.clone()),
        commit('d'),
        six,
        tested.findings.clone(),
    );
    assert_eq!(again.history.len(), 1);
}

#[test]
fn coverage_of_several_reports_is_added_up_and_of_none_is_none() {
    let coverage = |covered| Report {
        name: "coverage".to_owned(),
        status: ReportStatus::Complete,
        content: ReportContent::Coverage(Coverage {
            covered,
            total: 10,
            files: vec![],
        }),
    };
    let plan = plan_with("", &[]);
    let with = |reports| [result(&plan, None, reports)];
    let both = super::coverage(&with(vec![coverage(4), coverage(5)])).unwrap();
    assert_eq!((both.covered, both.total), (9, 20));
    assert_eq!(super::coverage(&with(vec![])), None);
}

/// As pytest tells it: one suite for all.
fn of_class(class: &str, outcome: Outcome) -> TestCase {
    TestCase {
        suite: Some("pytest".into()),
        class: Some(class.into()),
        ..case("test_total", outcome)
    }
}

#[test]
fn a_test_that_fails_there_hides_no_other_class_file_or_check() {
    let (cart, bill) = ("tests.test_cart.TestCart", "tests.test_bill.TestBill");
    let before = findings(vec![
        of_class(cart, Outcome::Failed),
        of_class(bill, Outcome::Passed),
    ]);
    let now = results(vec![
        of_class(cart, Outcome::Failed),
        of_class(bill, Outcome::Failed),
    ]);
    let changes = Changes::of(&now, Some(&before));
    let classes = |tests: &[RanTest<'_>]| -> Vec<_> {
        tests
            .iter()
            .map(|test| test.case.class.clone().unwrap())
            .collect()
    };
    assert_eq!(classes(&changes.new_failures), [bill.into()]);
    assert_eq!(classes(&changes.known_failures), [cart.into()]);

    let in_file = |file: &str, outcome| TestCase {
        own_file: Some(file.to_owned()),
        ..case("total", outcome)
    };
    let before = findings(vec![in_file("a.rb", Outcome::Failed)]);
    let now = results(vec![in_file("b.rb", Outcome::Failed)]);
    assert_eq!(Changes::of(&now, Some(&before)).new_failures.len(), 1);

    let mut system = results(vec![of_class(cart, Outcome::Failed)]);
    system[0].check.name = CheckName::new("system");
    let before = findings(vec![of_class(cart, Outcome::Failed)]);
    let changes = Changes::of(&system, Some(&before));
    assert_eq!(changes.new_failures.len(), 1);
    // The other check did not run, so its test is not gone.
    assert_eq!(changes.removed, []);
}

#[test]
fn where_a_test_failed_does_not_make_it_another() {
    let before = findings(vec![case("total", Outcome::Failed)]);
    let now = results(vec![TestCase {
        file: Some("src/cart.rs".to_owned()),
        line: Some(7),
        message: Some("no".to_owned()),
        ..case("total", Outcome::Failed)
    }]);
    assert_eq!(
        names(&Changes::of(&now, Some(&before)).known_failures),
        ["total"]
    );
}

#[test]
fn what_an_earlier_release_kept_is_read_and_its_tests_are_not_compared_by_name() {
    let kept = r#"{"version":1,"run":"pr-6-3f2a91c0d1e2-bbbbbbbb-1","started":"2026-11-20T10:00:00.000Z",
        "commit":"cccccccccccccccccccccccccccccccccccccccc","seconds":7,
        "tests":{"counts":{"total":1,"passed":0,"failed":1,"skipped":0,"flaky":0},
        "cases":{"pytest::test_total":["f",12]},"complete":true},
        "coverage":{"covered":1,"total":2}}"#;
    let before: Findings = serde_json::from_str(kept).unwrap();
    assert_eq!(before.tests.as_ref().unwrap().counts.failed, 1);
    assert_eq!(before.coverage.as_ref().unwrap().covered, 1);
    assert!(before.comparable_tests().is_none());
    let now = results(vec![of_class("tests.test_bill", Outcome::Failed)]);
    let changes = Changes::of(&now, Some(&before));
    assert_eq!((changes.new_failures.len(), changes.removed.len()), (1, 0));
}

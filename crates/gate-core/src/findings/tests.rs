use super::*;
use crate::{
    build::BuildStatus,
    report::{FileCoverage, Report, ReportStatus},
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

fn names(cases: &[&TestCase]) -> Vec<String> {
    cases.iter().map(|case| case.id()).collect()
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
    assert_eq!(
        names(&changes.new_failures),
        ["login::rounds_up", "login::rounds_down"]
    );
    assert_eq!(names(&changes.known_failures), ["login::leap_day"]);
    let alone = Changes::of(&now, None);
    assert_eq!(alone.new_failures.len(), 3);
    assert_eq!(alone.removed, Vec::<&str>::new());
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
    assert_eq!(changes.removed, ["login::old"]);
    assert_eq!(names(&changes.newly_skipped), ["login::tired"]);
}

#[test]
fn nothing_is_called_gone_while_not_every_case_is_known() {
    let before = findings(vec![case("old", Outcome::Passed)]);
    let mut now = results(vec![case("new", Outcome::Passed)]);
    if let ReportContent::Tests(tests) = &mut now[0].reports[0].content {
        tests.total = 900;
    }
    assert_eq!(Changes::of(&now, Some(&before)).removed, Vec::<&str>::new());
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
        .map(|slower| (slower.case.name.as_str(), slower.now.as_secs()))
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
    assert_eq!(tests.cases["login::each"].0, Outcome::Failed);
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
    assert!(text.contains(r#""login::doubled":["p",2000]"#), "{text}");
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

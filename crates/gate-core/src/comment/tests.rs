//! The comment in every state it can be in, read as a whole; and texts that try to break out of it.

mod deferred;
mod flags;
mod outside;
mod several;
mod states;

use super::*;
use crate::{
    build::{Build, BuildStatus, PhaseFailure},
    findings::Baseline,
    report::{Outcome, TestCase},
    samples::{
        build, candidacy, candidate, case, commit, execution, live, plan_with, result, tests_of,
        tests_report,
    },
    verdict::decide,
};

pub(crate) const REPORT: &str = "https://example.com/report";

/// A test that failed with these words.
pub(crate) fn failure(name: &str, message: &str) -> TestCase {
    TestCase {
        message: Some(message.to_owned()),
        ..case(name, Outcome::Failed)
    }
}

/// `number` tests that passed.
pub(crate) fn green_cases(number: usize) -> Vec<TestCase> {
    let passed = |at| case(&format!("test_{at}"), Outcome::Passed);
    (0..number).map(passed).collect()
}

/// A build that broke in its BUILD phase.
pub(crate) fn broken() -> Build {
    Build {
        failure: Some(PhaseFailure {
            phase: "BUILD".to_owned(),
            message: "Error while executing command: make test. Reason: exit status 1".to_owned(),
        }),
        ..build(BuildStatus::Failed)
    }
}

/// A failed build with these tests.
pub(crate) fn red(cases: Vec<TestCase>) -> (Plan, Vec<CheckResult>) {
    let plan = plan_with("", &["unit"]);
    let report = tests_report("unit", tests_of(cases));
    let results = vec![result(&plan, Some(broken()), vec![report])];
    (plan, results)
}

/// A passed build with these tests.
fn passed_with(cases: Vec<TestCase>) -> (Plan, Vec<CheckResult>) {
    let plan = plan_with("", &["unit"]);
    let report = tests_report("unit", tests_of(cases));
    let build = build(BuildStatus::Succeeded);
    let results = vec![result(&plan, Some(build), vec![report])];
    (plan, results)
}

/// The destination after pull request 6, as `results` found it.
pub(crate) fn baseline(results: &[CheckResult]) -> Baseline {
    let findings = Findings::new(
        execution().name,
        execution().start_time,
        commit('b'),
        results,
    );
    Baseline::after_merge(None, commit('b'), PullRequestId::new("6"), Some(findings))
}

/// The finished comment.
fn comment(plan: &Plan, results: &[CheckResult]) -> String {
    compared_comment(plan, results, Earlier::NotAsked)
}

fn compared_comment(plan: &Plan, results: &[CheckResult], earlier: Earlier<'_>) -> String {
    let candidate = candidate();
    let with_candidate = plan.no_build.is_none().then_some(&candidate);
    let verdict = decide(plan, with_candidate, results);
    let stage = Stage::Finished {
        verdict: &verdict,
        refused: None,
    };
    let report = plan.no_build.is_none().then_some(REPORT);
    said(with_candidate, Some(plan), results, earlier, report, stage)
}

fn said(
    candidate: Option<&Candidate>,
    plan: Option<&Plan>,
    results: &[CheckResult],
    earlier: Earlier<'_>,
    report: Option<&str>,
    stage: Stage<'_>,
) -> String {
    let (run, candidacy, pull_request) = (execution().name, candidacy(), live());
    said_of(&View {
        run: &run,
        candidacy: &candidacy,
        title: &pull_request.title,
        source: &pull_request.source,
        destination: &pull_request.destination,
        candidate,
        plan,
        results,
        earlier,
        changed: None,
        report,
        exhausted: None,
        stage,
    })
}

fn said_of(view: &View<'_>) -> String {
    let text = render(view);
    assert!(text.chars().count() <= LIMIT);
    assert!(fences_balance(&text), "{text}");
    text
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

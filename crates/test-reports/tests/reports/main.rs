//! Reports as tools write them, and as nobody should.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bounds;
mod cases;
mod cobertura;
mod dialects;
mod encodings;
mod endless;
mod examples;
mod formats;
mod identity;
mod junit;
mod meaning;
mod properties;
mod refusals;
mod summary;
mod tools;

use test_reports::{Case, Outcome, ReadError, Report};

/// The report in `document`.
fn parse(document: &str) -> Report {
    test_reports::parse(document.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{document}"))
}

/// Why `document` is refused.
fn refusal(document: &str) -> ReadError {
    match test_reports::parse(document.as_bytes()) {
        Ok(report) => panic!("it was read: {report:?}"),
        Err(error) => error,
    }
}

/// The only case in `cases`, between the tags of a suite.
fn only_case(cases: &str) -> Case {
    let report = parse(&format!("<testsuite name=\"login\">{cases}</testsuite>"));
    let [case] = <[Case; 1]>::try_from(report.cases).unwrap();
    case
}

/// Every case as a line that a person can check.
fn story(report: &Report) -> Vec<String> {
    report.cases.iter().map(sentence).collect()
}

fn sentence(case: &Case) -> String {
    let outcome = match case.outcome {
        Outcome::Passed if case.flaky => "flaky",
        Outcome::Passed => "passed",
        Outcome::Skipped => "skipped",
        Outcome::Failed => "failed",
        Outcome::Error => "error",
    };
    let message = case
        .message
        .as_deref()
        .map(|message| format!(": {message}"))
        .unwrap_or_default();
    format!("[{}] {} {outcome}{message}", case.suite, case.name)
}

use aws_sdk_codebuild::Client;
use aws_smithy_mocks::{Rule, mock};
use serde_json::{Value, json};

use super::*;
use crate::testing::{answer, refusal, reports};

const UNIT: &str =
    "arn:aws:codebuild:eu-central-1:123456789012:report/gate-pr-7-0f94d09b-unit:1111";
const LINES: &str =
    "arn:aws:codebuild:eu-central-1:123456789012:report/gate-pr-7-0f94d09b-lines:2222";

const BUILD: &str = "gate-pr-7:0a1b";

fn of<'a>(repository: &'a RepositoryName, build: &'a BuildId) -> ReportsOf<'a> {
    ReportsOf {
        project: "gate-pr-7",
        repository,
        build,
    }
}

fn tests_report(status: &str, counts: &Value) -> Value {
    json!({
        "arn": UNIT, "type": "TEST", "status": status,
        "testSummary": { "total": 1204, "statusCounts": counts, "durationInNanoSeconds": 1 },
    })
}

fn found(listed: Value) -> Rule {
    mock!(Client::batch_get_reports)
        .then_http_response(move || answer(&json!({ "reports": listed })))
}

fn cases(listed: Value) -> Rule {
    mock!(Client::describe_test_cases)
        .match_requests(|request| request.report_arn() == Some(UNIT))
        .then_http_response(move || answer(&json!({ "testCases": listed })))
}

async fn read(rules: &[&Rule], arns: &[&str]) -> Vec<Report> {
    let found = found_by(rules, arns).await;
    found.into_iter().map(|reported| reported.report).collect()
}

async fn found_by(rules: &[&Rule], arns: &[&str]) -> Vec<Reported> {
    let arns: Vec<String> = arns.iter().map(ToString::to_string).collect();
    let (repository, build) = (RepositoryName::new("shop"), BuildId::new(BUILD));
    reports(rules)
        .reports(of(&repository, &build), &arns)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_report_tells_its_counts_and_its_cases() {
    let listed = found(json!([tests_report(
        "FAILED",
        &json!({ "SUCCEEDED": 1200, "FAILED": 1, "ERROR": 1, "SKIPPED": 2 })
    )]));
    let kept = cases(json!([
        {
            "name": "rejects_empty_password", "testSuiteName": "login", "prefix": "shop.login",
            "status": "FAILED", "durationInNanoSeconds": 12_000_000, "message": "left == right",
        },
        { "name": "leap_day", "testSuiteName": "", "prefix": "billing", "status": "ERROR", "message": "" },
        { "name": "rounds", "status": "SUCCEEDED" },
        { "name": "prints", "status": "SKIPPED" },
    ]));
    let case = |suite: Option<&str>, name: &str, outcome| TestCase {
        suite: suite.map(Into::into),
        class: None,
        own_file: None,
        name: name.to_owned(),
        outcome,
        flaky: false,
        message: None,
        file: None,
        line: None,
        duration: None,
    };
    let rejects = TestCase {
        message: Some("left == right".to_owned()),
        class: Some("shop.login".into()),
        duration: Some(Duration::from_millis(12)),
        ..case(Some("login"), "rejects_empty_password", Outcome::Failed)
    };
    assert_eq!(
        read(&[&listed, &kept], &[UNIT]).await,
        [Report {
            name: "unit".to_owned(),
            status: ReportStatus::Complete,
            content: ReportContent::Tests(Tests {
                total: 1204,
                passed: 1200,
                failed: 2,
                skipped: 2,
                flaky: 0,
                cases: vec![
                    rejects,
                    TestCase {
                        class: Some("billing".into()),
                        ..case(None, "leap_day", Outcome::Failed)
                    },
                    case(None, "rounds", Outcome::Passed),
                    case(None, "prints", Outcome::Skipped),
                ],
                untold: None,
            }),
        }]
    );
}

#[tokio::test]
async fn counts_are_of_all_cases_also_of_those_that_codebuild_dropped() {
    let listed = found(json!([tests_report("FAILED", &json!({ "FAILED": 79 }))]));
    let kept = cases(json!([{ "name": "first", "status": "FAILED" }]));
    let read = read(&[&listed, &kept], &[UNIT]).await;
    let ReportContent::Tests(tests) = &read[0].content else {
        panic!("tests, not {:?}", read[0].content);
    };
    assert_eq!(
        (tests.total, tests.failed, tests.cases.len()),
        (1204, 79, 1)
    );
}

#[tokio::test]
async fn only_a_report_that_was_read_to_its_end_is_complete() {
    let table = [
        ("SUCCEEDED", ReportStatus::Complete),
        ("FAILED", ReportStatus::Complete),
        ("GENERATING", ReportStatus::Generating),
        ("INCOMPLETE", ReportStatus::Incomplete),
        ("DELETING", ReportStatus::Incomplete),
        ("SOMETHING_NEW", ReportStatus::Incomplete),
    ];
    for (word, status) in table {
        let listed = found(json!([tests_report(word, &json!({}))]));
        let none = cases(json!([]));
        assert_eq!(
            read(&[&listed, &none], &[UNIT]).await[0].status,
            status,
            "{word}"
        );
    }
}

#[tokio::test]
async fn coverage_is_lines_covered_of_all_by_file_and_the_builds_order_is_kept() {
    let listed = found(json!([
        tests_report("SUCCEEDED", &json!({})),
        {
            "arn": LINES, "type": "CODE_COVERAGE", "status": "SUCCEEDED",
            "codeCoverageSummary": { "linesCovered": 842, "linesMissed": 158 },
        },
    ]));
    let files = mock!(Client::describe_code_coverages)
        .match_requests(|request| request.report_arn() == Some(LINES))
        .then_http_response(|| {
            answer(&json!({ "codeCoverages": [
                { "filePath": "src/login.rs", "linesCovered": 842, "linesMissed": 158 },
            ] }))
        });
    let none = cases(json!([]));
    let read = read(&[&listed, &files, &none], &[LINES, UNIT]).await;
    let names: Vec<&str> = read.iter().map(|report| report.name.as_str()).collect();
    assert_eq!(names, ["lines", "unit"]);
    let coverage = Coverage {
        covered: 842,
        total: 1000,
        files: vec![FileCoverage {
            path: "src/login.rs".to_owned(),
            covered: 842,
            total: 1000,
        }],
    };
    assert_eq!(read[0].content, ReportContent::Coverage(coverage));
}

#[tokio::test]
async fn a_report_that_codebuild_does_not_know_is_incomplete_not_passed() {
    let nothing = mock!(Client::batch_get_reports)
        .then_http_response(|| answer(&json!({ "reports": [], "reportsNotFound": [UNIT] })));
    let read = read(&[&nothing], &[UNIT]).await;
    assert_eq!(read.len(), 1);
    assert_eq!(read[0].name, "unit");
    assert_eq!(read[0].status, ReportStatus::Incomplete);
}

#[tokio::test]
async fn a_report_that_expires_while_it_is_read_keeps_its_counts() {
    let listed = found(json!([tests_report("FAILED", &json!({ "FAILED": 3 }))]));
    let gone = mock!(Client::describe_test_cases)
        .then_http_response(|| refusal(400, "ResourceNotFoundException", "gone"));
    let read = read(&[&listed, &gone], &[UNIT]).await;
    let tests = Tests {
        total: 1204,
        failed: 3,
        ..Tests::default()
    };
    assert_eq!(read[0].content, ReportContent::Tests(tests));
}

#[test]
fn a_shared_report_group_keeps_its_own_name_and_one_of_the_release_before_its_name_in_the_buildspec()
 {
    let (repository, build) = (RepositoryName::new("shop"), BuildId::new(BUILD));
    let of = of(&repository, &build);
    for (group, expected) in [
        ("gate-pr-7-0f94d09b-unit", "unit"),
        ("gate-pr-7-unit", "unit"),
        ("shared", "shared"),
        ("gate-pr-71-x", "gate-pr-71-x"),
    ] {
        let arn = format!("arn:aws:codebuild:r:a:report/{group}:1");
        assert_eq!(name(of, &arn), expected);
    }
}

#[tokio::test]
async fn a_report_tells_where_its_raw_files_are_if_codebuild_keeps_them() {
    let mut kept = tests_report("SUCCEEDED", &json!({}));
    kept["exportConfig"] = json!({ "exportConfigType": "S3", "s3Destination": {
        "bucket": "gate-artifacts", "path": "builds/shop/arn:aws:codebuild:eu-central-1:123456789012:project/gate-pr-7/raw/gate-pr-7-0f94d09b-unit", "packaging": "NONE",
    }});
    let mut none = tests_report("SUCCEEDED", &json!({}));
    none["arn"] = json!(LINES);
    none["exportConfig"] = json!({ "exportConfigType": "NO_EXPORT" });
    let listed = found(json!([kept, none]));
    let any = mock!(Client::describe_test_cases)
        .then_http_response(|| answer(&json!({ "testCases": [] })));
    let raw: Vec<_> = found_by(&[&listed, &any, &any], &[UNIT, LINES])
        .await
        .into_iter()
        .map(|reported| reported.raw)
        .collect();
    let expected = RawReport {
        bucket: "gate-artifacts".to_owned(),
        folder: "builds/shop/arn:aws:codebuild:eu-central-1:123456789012:project/gate-pr-7/raw/gate-pr-7-0f94d09b-unit".to_owned(),
        id: "1111".to_owned(),
    };
    assert_eq!(raw, [Some(expected), None]);
}

#[tokio::test]
async fn refuses_a_folder_that_the_gate_has_not_named() {
    let mut moved = tests_report("SUCCEEDED", &json!({}));
    moved["exportConfig"] = json!({ "exportConfigType": "S3", "s3Destination": {
        "bucket": "gate-artifacts", "path": "builds/shop/elsewhere", "packaging": "NONE",
    }});
    let listed = found(json!([moved]));
    let kept = cases(json!([]));
    let found = found_by(&[&listed, &kept], &[UNIT]).await;
    assert_eq!(found[0].raw, None);
}

#[tokio::test]
async fn refuses_a_report_that_another_build_made() {
    for (made_by, status) in [
        (
            "arn:aws:codebuild:eu-central-1:123456789012:build/gate-pr-7:0a1b",
            ReportStatus::Complete,
        ),
        (
            "arn:aws:codebuild:eu-central-1:123456789012:build/gate-pr-8:0a1b",
            ReportStatus::Incomplete,
        ),
        (
            "arn:aws:codebuild:eu-central-1:123456789012:build/gate-pr-7:ffff",
            ReportStatus::Incomplete,
        ),
    ] {
        let mut report = tests_report("SUCCEEDED", &json!({ "SUCCEEDED": 1204 }));
        report["executionId"] = json!(made_by);
        let (listed, kept) = (found(json!([report])), cases(json!([])));
        let read = read(&[&listed, &kept], &[UNIT]).await;
        assert_eq!(read[0].status, status, "{made_by}");
    }
}

//! Reports of builds, as the operations show them.

use serde_json::{Value, json};

use super::bench::{Bench, phase};

const RED: &str = r#"<testsuite name="unit"><testcase classname="login" name="holds" time="0.5"/><testcase classname="login" name="rejects_empty_password"><failure message="left is not right">at login.rs:88</failure></testcase><testcase classname="login" name="breaks"><error message="boom"/></testcase></testsuite>"#;

fn buildspec(commands: &str, reports: &str) -> String {
    format!("version: 0.2\nphases:\n  build:\n    commands:\n{commands}reports:\n{reports}")
}

fn write(name: &str, text: &str) -> String {
    format!(
        "      - |\n        mkdir -p out && cat >out/{name} <<'END'\n        {text}\n        END\n"
    )
}

async fn report(bench: &Bench, build: &Value) -> Value {
    let arns = &build["reportArns"];
    assert_eq!(arns.as_array().unwrap().len(), 1, "{}", bench.log(build));
    bench
        .did("BatchGetReports", json!({ "reportArns": arns }))
        .await["reports"][0]
        .clone()
}

#[tokio::test]
async fn a_failing_build_has_a_report_of_what_failed_in_a_group_of_its_project() {
    let bench = Bench::open().await;
    let spec = buildspec(
        &(write("unit.xml", RED) + "      - exit 1\n"),
        "  unit:\n    files: ['*.xml']\n    base-directory: out\n",
    );
    bench.project_of(&spec).await;
    let build = bench.run(json!({})).await;
    assert_eq!(build["buildStatus"], "FAILED");
    let report = report(&bench, &build).await;
    assert_eq!(report["status"], "FAILED");
    assert_eq!(report["executionId"], build["arn"]);
    assert_eq!(
        report["reportGroupArn"],
        "arn:aws:codebuild:us-east-1:000000000000:report-group/demo-unit"
    );
    assert_eq!(
        report["testSummary"],
        json!({
            "total": 3,
            "statusCounts": { "SUCCEEDED": 1, "FAILED": 1, "ERROR": 1, "SKIPPED": 0, "UNKNOWN": 0 },
            "durationInNanoSeconds": 500_000_000,
        })
    );
    let failed = bench
        .did(
            "DescribeTestCases",
            json!({ "reportArn": report["arn"], "filter": { "status": "FAILED" } }),
        )
        .await;
    let case = &failed["testCases"][0];
    assert_eq!(failed["testCases"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&case["name"], &case["prefix"], &case["testSuiteName"]),
        (
            &json!("rejects_empty_password"),
            &json!("login"),
            &json!("unit")
        )
    );
    assert_eq!(case["message"], "left is not right\nat login.rs:88");
    let mut input = json!({ "reportArn": report["arn"], "maxResults": 1 });
    let mut names = Vec::new();
    for _ in 0..3 {
        let page = bench.did("DescribeTestCases", input.clone()).await;
        names.push(page["testCases"][0]["name"].as_str().unwrap().to_owned());
        input["nextToken"] = page["nextToken"].clone();
    }
    assert_eq!(names, ["rejects_empty_password", "breaks", "holds"]);
    assert_eq!(input["nextToken"], Value::Null);
}

#[tokio::test]
async fn a_coverage_report_has_its_lines() {
    let bench = Bench::open().await;
    let cobertura = r#"<coverage><packages><package><classes><class filename="src/a.py"><lines><line number="1" hits="1"/><line number="2" hits="0"/></lines></class></classes></package></packages></coverage>"#;
    bench
        .project_of(&buildspec(
            &write("c.xml", cobertura),
            "  cover:\n    files: out/c.xml\n    file-format: COBERTURAXML\n",
        ))
        .await;
    let build = bench.run(json!({})).await;
    let report = report(&bench, &build).await;
    assert_eq!(
        (&report["type"], &report["status"]),
        (&json!("CODE_COVERAGE"), &json!("SUCCEEDED")),
        "{}",
        bench.log(&build)
    );
    assert_eq!(
        report["codeCoverageSummary"],
        json!({ "lineCoveragePercentage": 50.0, "linesCovered": 1, "linesMissed": 1 })
    );
    let files = bench
        .did(
            "DescribeCodeCoverages",
            json!({ "reportArn": report["arn"] }),
        )
        .await;
    assert_eq!(files["codeCoverages"][0]["filePath"], "src/a.py");
}

#[tokio::test]
async fn fails_to_complete_a_report_that_nothing_matches_or_whose_build_died() {
    let bench = Bench::open().await;
    let spec = buildspec(
        "      - echo green\n",
        "  unit:\n    files: ['nowhere/*.xml']\n",
    );
    bench.project_of(&spec).await;
    let build = bench.run(json!({})).await;
    assert_eq!(build["buildStatus"], "SUCCEEDED");
    assert_eq!(report(&bench, &build).await["status"], "INCOMPLETE");
    assert!(
        bench
            .log(&build)
            .contains("Report unit: no file matches nowhere/*.xml")
    );
    let id = bench.start(json!({ "buildspecOverride": buildspec("      - sleep 600\n", "  unit:\n    files: '*.xml'\n") })).await;
    bench
        .until(&id, |build| build["currentPhase"] == "BUILD")
        .await;
    bench.did("StopBuild", json!({ "id": id })).await;
    let build = bench.ended(&id).await;
    assert_eq!(report(&bench, &build).await["status"], "INCOMPLETE");
    let all = bench.did("ListReportsForReportGroup", json!({ "reportGroupArn": "arn:aws:codebuild:us-east-1:000000000000:report-group/demo-unit" })).await;
    assert_eq!(all["reports"].as_array().unwrap().len(), 2);
    assert_eq!(all["reports"][0], build["reportArns"][0]);
}

#[tokio::test]
async fn a_group_given_by_its_arn_is_used_and_one_that_is_not_there_fails_the_build() {
    let bench = Bench::open().await;
    let created = bench.did("CreateReportGroup", json!({ "name": "shared", "type": "TEST", "exportConfig": { "exportConfigType": "NO_EXPORT" } })).await;
    let arn = created["reportGroup"]["arn"].as_str().unwrap();
    bench
        .project_of(&buildspec(
            &write("u.xml", RED),
            &format!("  '{arn}':\n    files: out/u.xml\n"),
        ))
        .await;
    let build = bench.run(json!({})).await;
    assert_eq!(report(&bench, &build).await["reportGroupArn"], arn);
    assert_eq!(
        bench
            .refusal("DeleteReportGroup", json!({ "arn": arn }))
            .await
            .0,
        "InvalidInputException"
    );
    bench
        .did(
            "DeleteReportGroup",
            json!({ "arn": arn, "deleteReports": true }),
        )
        .await;
    let gone = bench
        .did(
            "BatchGetReports",
            json!({ "reportArns": build["reportArns"] }),
        )
        .await;
    assert_eq!(gone["reportsNotFound"], build["reportArns"]);
    let build = bench.run(json!({})).await;
    assert_eq!(build["buildStatus"], "FAILED");
    assert_eq!(
        phase(&build, "UPLOAD_ARTIFACTS")["contexts"][0]["message"],
        format!("report {arn}: report group {arn} does not exist")
    );
}

#[tokio::test]
async fn report_groups_are_listed_over_three_pages() {
    let bench = Bench::open().await;
    for number in 0..5 {
        bench
            .did(
                "CreateReportGroup",
                json!({ "name": format!("group-{number}"), "type": "TEST", "exportConfig": {} }),
            )
            .await;
    }
    let mut input = json!({ "maxResults": 2 });
    let mut arns = Vec::new();
    for _ in 0..3 {
        let page = bench.did("ListReportGroups", input.clone()).await;
        arns.extend(page["reportGroups"].as_array().unwrap().clone());
        input["nextToken"] = page["nextToken"].clone();
    }
    assert_eq!((arns.len(), &input["nextToken"]), (5, &Value::Null));
    let read = bench
        .did("BatchGetReportGroups", json!({ "reportGroupArns": arns }))
        .await;
    assert_eq!(read["reportGroups"][4]["name"], "group-4");
    let (code, _) = bench
        .refusal(
            "CreateReportGroup",
            json!({ "name": "group-1", "type": "TEST", "exportConfig": {} }),
        )
        .await;
    assert_eq!(code, "ResourceAlreadyExistsException");
}

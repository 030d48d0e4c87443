//! Many files added up, and the object that `gate report --json` prints.

use serde_json::json;
use test_reports::Summary;

fn summary(files: &[(&str, &str)]) -> serde_json::Value {
    let mut summary = Summary::default();
    for (name, content) in files {
        summary.add(name, content.as_bytes());
    }
    serde_json::to_value(&summary).unwrap()
}

#[test]
fn the_json_object_of_several_reports() {
    let value = summary(&[
        (
            "junit.xml",
            r#"<testsuite name="login"><testcase name="accepts" time="0.5"/><testcase name="mail"><skipped/></testcase>
               <testcase name="locks" file="src/login.rs" line="131" time="0.25"><failure message="4 != 5"/></testcase>
               <testcase name="breaks"><error/></testcase>
               <testcase name="retries"><flakyFailure message="slow"/></testcase></testsuite>"#,
        ),
        (
            "coverage.xml",
            "<coverage><packages><package><classes><class filename='a.rs'><lines><line number='1' hits='1'/>\
             <line number='2' hits='1'/><line number='3' hits='0'/></lines></class></classes></package></packages></coverage>",
        ),
    ]);
    assert_eq!(
        value,
        json!({
            "files": 2, "suites": 1, "tests": 5, "passed": 2, "skipped": 1, "failed": 1, "errors": 1, "flaky": 1,
            "duration_seconds": 0.75,
            "failures": [
                {"test": "login > locks", "suite": "login", "class": null, "name": "locks", "outcome": "failed", "message": "4 != 5", "file": "src/login.rs",
                 "line": 131, "duration_seconds": 0.25},
                {"test": "login > breaks", "suite": "login", "class": null, "name": "breaks", "outcome": "error", "message": null, "file": null, "line": null,
                 "duration_seconds": null},
            ],
            "coverage": {"lines_covered": 2, "lines_total": 3, "percent": 66.67},
            "problems": [],
        })
    );
}

#[test]
fn a_broken_file_is_a_problem_and_hides_nothing() {
    let value = summary(&[
        (
            "cut-off.xml",
            "<testsuite name='s'>\n<testcase name='red'><failure message='no'/></testcase>\n<testcase",
        ),
        ("empty.xml", ""),
        ("other.tap", "1..1\nok 1"),
        (
            "good.xml",
            "<testsuite name='t'><testcase name='green'/></testsuite>",
        ),
    ]);
    assert_eq!(value["files"], 4);
    assert_eq!(
        (&value["tests"], &value["passed"], &value["failed"]),
        (&json!(2), &json!(1), &json!(1))
    );
    assert_eq!(value["failures"][0]["name"], "red");
    assert_eq!(value["coverage"], json!(null));
    assert_eq!(
        value["problems"],
        json!([
            {"file": "cut-off.xml", "line": 3, "column": 1,
             "message": "not well-formed XML: a tag is not closed by `>`"},
            {"file": "empty.xml", "line": 1, "column": 1, "message": "the file is empty"},
            {"file": "other.tap", "line": 1, "column": 1,
             "message": "TAP is recognised but cannot be read: let the tool write JUnit XML"},
        ])
    );
}

#[test]
fn two_reports_of_one_source_file_are_not_added() {
    let report = |hits: [u8; 2]| {
        format!(
            "<coverage><packages><package><classes><class filename='a.py'><lines><line number='1' hits='{}'/>\
             <line number='2' hits='{}'/></lines></class></classes></package></packages></coverage>",
            hits[0], hits[1]
        )
    };
    let value = summary(&[
        ("unit.xml", &report([0, 1])),
        ("integration.xml", &report([1, 1])),
        ("smoke.xml", &report([0, 0])),
    ]);
    assert_eq!(
        value["coverage"],
        json!({"lines_covered": 2, "lines_total": 2, "percent": 100.0})
    );
}

#[test]
fn a_coverage_report_without_lines_has_no_percentage() {
    let value = summary(&[("coverage.xml", "<coverage/>")]);
    assert_eq!(
        value["coverage"],
        json!({"lines_covered": 0, "lines_total": 0, "percent": null})
    );
}

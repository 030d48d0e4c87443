//! The reports of real tools in `tests/fixtures/reports`: what is read of each is a snapshot, and a parser in Python
//! that has nothing in common with ours comes to the same counts.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::Command;

use test_reports::{Case, Outcome, Report};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/reports")
}

/// Every report, as `tool/file`.
fn names() -> Vec<String> {
    let mut names = Vec::new();
    for tool in fs::read_dir(folder()).unwrap().flatten() {
        if !tool.file_type().unwrap().is_dir() {
            continue;
        }
        for file in fs::read_dir(tool.path()).unwrap().flatten() {
            let path = file.path();
            let is_script = path.extension().is_some_and(|extension| extension == "sh");
            if file.file_type().unwrap().is_file() && !is_script {
                let tool = tool.file_name().into_string().unwrap();
                names.push(format!(
                    "{tool}/{}",
                    file.file_name().into_string().unwrap()
                ));
            }
        }
    }
    names.sort();
    names
}

fn read(name: &str) -> Report {
    let file = BufReader::new(File::open(folder().join(name)).unwrap());
    test_reports::parse(file).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn figures(report: &Report) -> Vec<u64> {
    if let Some(coverage) = &report.coverage {
        return vec![coverage.lines_covered, coverage.lines_total];
    }
    let counts = &report.counts;
    vec![
        counts.tests,
        counts.passed,
        counts.skipped,
        counts.failed,
        counts.errors,
        counts.flaky,
    ]
}

/// The report as a person would check it against the file.
fn told(report: &Report) -> String {
    let mut text = format!("{}\n", report.format);
    if let Some(coverage) = &report.coverage {
        for file in &coverage.files {
            writeln!(
                text,
                "{}/{} {}",
                file.lines_covered, file.lines_total, file.path
            )
            .unwrap();
        }
        return text;
    }
    let counts = &report.counts;
    writeln!(
        text,
        "{} suites, {} tests: {} passed, {} skipped, {} failed, {} errors, {} flaky, in {:?}",
        report.suites,
        counts.tests,
        counts.passed,
        counts.skipped,
        counts.failed,
        counts.errors,
        counts.flaky,
        counts.duration
    )
    .unwrap();
    for case in &report.cases {
        tell_case(&mut text, case);
    }
    text
}

fn tell_case(text: &mut String, case: &Case) {
    let mark = match case.outcome {
        Outcome::Passed if case.flaky => "flaky  ",
        Outcome::Passed => "passed ",
        Outcome::Skipped => "skipped",
        Outcome::Failed => "failed ",
        Outcome::Error => "error  ",
    };
    write!(text, "{mark} [{}] {:?}", case.suite, case.name).unwrap();
    if let Some(class) = &case.class_name {
        write!(text, " of {class}").unwrap();
    }
    if let Some(file) = &case.file {
        write!(text, " in {file}").unwrap();
    }
    if let Some(line) = case.line {
        write!(text, ":{line}").unwrap();
    }
    writeln!(text).unwrap();
    if let Some(message) = &case.message {
        writeln!(text, "        {message:?}").unwrap();
    }
    if let Some(details) = &case.details {
        writeln!(text, "        and {} lines", details.lines().count()).unwrap();
    }
}

#[test]
fn every_report_is_read_as_its_tool_meant_it() {
    for name in names() {
        let snapshot = name.replace(['/', '.'], "-");
        insta::assert_snapshot!(snapshot, told(&read(&name)));
    }
}

#[test]
fn an_independent_parser_comes_to_the_same_counts() {
    let names = names();
    assert!(names.len() >= 40, "reports are missing: {names:?}");
    let output = Command::new("python3")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/independent.py"))
        .args(&names)
        .current_dir(folder())
        .output()
        .unwrap_or_else(|error| panic!("python3 confirms the counts, and cannot be run: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let theirs: BTreeMap<String, Vec<u64>> = serde_json::from_slice(&output.stdout).unwrap();
    let ours: BTreeMap<String, Vec<u64>> = names
        .into_iter()
        .map(|name| {
            let figures = figures(&read(&name));
            (name, figures)
        })
        .collect();
    for (name, ours) in &ours {
        assert_eq!(ours, &theirs[name], "{name}: ours and Python's");
    }
}

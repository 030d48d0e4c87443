//! The reports of real tools in `tests/fixtures/reports`: what is read of each is a snapshot, and a parser in Python
//! that has nothing in common with ours comes to the same counts.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::Command;

use test_reports::{Case, Outcome, Report, Summary};

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
    let own = (case.file.as_deref(), case.line);
    if let Some(place) = case.place(None)
        && (Some(place.file.as_str()), place.line) != own
    {
        let line = place
            .line
            .map(|line| format!(":{line}"))
            .unwrap_or_default();
        write!(text, " at {}{line}", place.file).unwrap();
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

/// What a tool itself says at its end, as figures: tests, skipped, failed, errors.
struct Tool {
    files: &'static [&'static str],
    said: &'static str,
    figures: [u64; 4],
    /// Failed tests of which it tells no place in the repository, such as NUnit 2 on Mono of none.
    without_place: &'static [&'static str],
}

const TOOLS: [Tool; 10] = [
    Tool {
        files: &["pytest/junit.xml"],
        // The test whose clean-up breaks has passed before.
        said: "3 failed, 6 passed, 1 skipped, 1 xfailed, 2 errors",
        figures: [12, 2, 3, 2],
        without_place: &[],
    },
    Tool {
        files: &["unittest-xml-reporting/junit.xml"],
        said: "FAILED (failures=3, errors=2, skipped=1, expected failures=1)",
        figures: [9, 2, 3, 2],
        without_place: &[],
    },
    Tool {
        files: &["jest/junit.xml"],
        said: "Tests: 4 failed, 1 skipped, 5 passed, 10 total; Test Suites: 2 failed",
        figures: [13, 1, 5, 1],
        without_place: &["broken.test.js"],
    },
    Tool {
        files: &["vitest/junit.xml"],
        said: "Tests 3 failed | 5 passed | 3 skipped; Failed Suites 2",
        figures: [13, 3, 5, 0],
        without_place: &[],
    },
    Tool {
        files: &["mocha/junit.xml"],
        said: "4 passing, 2 pending, 4 failing",
        figures: [10, 2, 4, 0],
        without_place: &[],
    },
    Tool {
        files: &["nextest/junit.xml"],
        said: "7 tests run: 4 passed (1 flaky), 3 failed, 0 skipped",
        figures: [7, 0, 3, 0],
        without_place: &["shop::till > aborts"],
    },
    Tool {
        files: &["gotestsum/junit.xml"],
        // The error is a package that does not compile; the report only counts it.
        said: "DONE 9 tests, 1 skipped, 4 failures, 1 error",
        figures: [10, 1, 4, 1],
        without_place: &["example.org/shop > TestTakes", "(suite)"],
    },
    Tool {
        files: &["maven/basket.xml", "maven/bill.xml"],
        said: "Tests run: 7, Failures: 2, Errors: 1, Skipped: 1, Flakes: 1",
        figures: [7, 1, 2, 1],
        without_place: &[],
    },
    Tool {
        files: &["nunit-2/nunit-2.xml"],
        // A fixture whose clean-up breaks is an error of its own.
        said: "Tests run: 10, Errors: 1, Failures: 3, Inconclusive: 1, Not run: 2, Invalid: 1, Ignored: 1, Skipped: 0",
        figures: [13, 2, 3, 3],
        without_place: &[
            "Example.Shop.BasketTest.Breaks",
            "Example.Shop.BasketTest.NotPublic",
            "Example.Shop.BasketTest.RoundsDown",
            "Example.Shop.BasketTest.Takes(-1)",
            "Shop.Tests.dll > Example > Shop > DoorTest",
            "Example.Shop.TillTest.Counts",
        ],
    },
    Tool {
        files: &["phpunit/junit.xml"],
        said: "Tests: 9, Assertions: 5, Errors: 2, Failures: 1, Skipped: 1, Incomplete: 1.",
        figures: [9, 2, 1, 2],
        without_place: &[],
    },
];

#[test]
fn ten_tools_say_the_same_and_their_tests_have_names_and_places() {
    for tool in TOOLS {
        let (files, said) = (tool.files, tool.said);
        let mut summary = Summary::default();
        for file in files {
            summary.add(
                file,
                BufReader::new(File::open(folder().join(file)).unwrap()),
            );
        }
        let counts = summary.counts;
        let read = [counts.tests, counts.skipped, counts.failed, counts.errors];
        assert_eq!(read, tool.figures, "{files:?}: {said}");
        let names: Vec<String> = summary
            .failures
            .iter()
            .map(|failure| summary.name_of(failure))
            .collect();
        // Jest tells of a file that does not load twice.
        let tests: BTreeSet<_> = summary
            .failures
            .iter()
            .map(|failure| (&failure.suite, &failure.class, &failure.name))
            .collect();
        let different: BTreeSet<&String> = names.iter().collect();
        assert_eq!(different.len(), tests.len(), "{files:?}: {names:#?}");
        for (failure, name) in summary.failures.iter().zip(&names) {
            let place = failure.file.as_deref().zip(failure.line);
            let told = place.is_some_and(|(file, _)| !file.starts_with('/'));
            let untold = tool.without_place.contains(&name.as_str());
            assert!(told || untold, "{files:?}: {name} at {place:?}");
        }
    }
}

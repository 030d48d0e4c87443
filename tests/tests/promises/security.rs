//! The threat model: every control has a test, and every test that it names is there.

use std::path::Path;

use mergegate_tests::tools;

use crate::markdown::code_spans;

const PAGE: &str = "docs/security.md";

/// The tests that a line names, `<file>::<test>`.
fn named(line: &str) -> Vec<(String, String)> {
    code_spans(line)
        .iter()
        .filter_map(|span| span.split_once("::"))
        .map(|(file, test)| (file.to_owned(), test.to_owned()))
        .collect()
}

/// Whether a source defines the test.
fn defines(file: &str, test: &str) -> bool {
    let source = tools::read(file);
    if Path::new(file).extension().is_some_and(|end| end == "ts") {
        return ['\'', '"', '`']
            .iter()
            .any(|quote| source.contains(&format!("test({quote}{test}{quote}")));
    }
    source.lines().any(|line| {
        let line = line.trim_start().trim_start_matches("async ");
        line.starts_with(&format!("fn {test}("))
    })
}

/// The rows of the tables below their heads.
fn rows(page: &str) -> Vec<&str> {
    page.lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| threat |"))
        .collect()
}

#[test]
fn every_control_names_its_tests_and_they_exist() {
    let page = tools::read(PAGE);
    let rows = rows(&page);
    assert!(rows.len() > 30, "{PAGE} has {} threats", rows.len());
    let mut faults = Vec::new();
    for row in rows {
        let tests = named(row);
        if tests.is_empty() {
            faults.push(format!("no test: {row}"));
        }
        for (file, test) in tests {
            if !defines(&file, &test) {
                faults.push(format!("{file} has no test `{test}`"));
            }
        }
    }
    assert_eq!(faults, Vec::<String>::new());
}

#[test]
fn a_test_that_is_not_there_is_noticed() {
    assert!(defines(file!(), "a_test_that_is_not_there_is_noticed"));
    assert!(!defines(file!(), "a_test_that_is_not_there"));
}

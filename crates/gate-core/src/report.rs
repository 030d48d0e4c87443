//! Test and coverage reports of a build, as far as the verdict and the comment need them.

use std::{collections::HashSet, time::Duration};

use serde::{Deserialize, Serialize};

/// Whether a report can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportStatus {
    /// All of it was read (`SUCCEEDED`, or `FAILED`: read, and tests in it failed).
    Complete,
    /// CodeBuild still reads it.
    Generating,
    /// A path that matched nothing, a broken file, or the build died (`INCOMPLETE`).
    Incomplete,
}

/// One report of one build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The name in the buildspec.
    pub name: String,
    /// Whether it counts.
    pub status: ReportStatus,
    /// What it holds.
    pub content: ReportContent,
}

impl Report {
    /// Whether tests in it failed.
    pub fn has_failed_tests(&self) -> bool {
        matches!(&self.content, ReportContent::Tests(tests) if tests.failed > 0)
    }
}

/// Marks as flaky what passed now and failed in the build before, which built the same.
pub fn mark_flaky(reports: &mut [Report], before: &[Report]) {
    for report in reports {
        let earlier = before.iter().find(|earlier| earlier.name == report.name);
        let (ReportContent::Tests(tests), Some(ReportContent::Tests(earlier))) =
            (&mut report.content, earlier.map(|earlier| &earlier.content))
        else {
            continue;
        };
        let failed = |case: &&TestCase| case.outcome == Outcome::Failed;
        let failed: HashSet<String> = earlier
            .cases
            .iter()
            .filter(failed)
            .map(TestCase::id)
            .collect();
        for case in &mut tests.cases {
            if case.outcome == Outcome::Passed && !case.flaky && failed.contains(&case.id()) {
                case.flaky = true;
                tests.flaky += 1;
            }
        }
    }
}

/// Tests or coverage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportContent {
    /// Test cases.
    Tests(Tests),
    /// Lines covered.
    Coverage(Coverage),
}

/// The counts of a test report and its cases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tests {
    /// All cases, also those that are not among `cases`.
    pub total: u64,
    /// Cases that passed.
    pub passed: u64,
    /// Cases that failed or broke.
    pub failed: u64,
    /// Cases that did not run.
    pub skipped: u64,
    /// Passed cases that failed first and passed when they were tried again.
    pub flaky: u64,
    /// The cases that are known; CodeBuild keeps 500 of a report, failed ones first.
    pub cases: Vec<TestCase>,
    /// Why the raw files do not tell all cases, if they were looked at.
    pub untold: Option<String>,
}

/// What the raw files of one report say, as far as they could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawTests {
    /// Their tests.
    pub tests: Tests,
    /// What could not be read, in words.
    pub faults: Vec<String>,
}

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Outcome {
    /// It ran and held.
    #[serde(rename = "p")]
    Passed,
    /// It did not run.
    #[serde(rename = "s")]
    Skipped,
    /// It failed or broke.
    #[serde(rename = "f")]
    Failed,
}

/// One test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestCase {
    /// Suite or class, where the report has one.
    pub suite: Option<String>,
    /// The test.
    pub name: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether it failed first and passed when it was tried again.
    pub flaky: bool,
    /// What it said.
    pub message: Option<String>,
    /// Its source file, as the tool wrote it.
    pub file: Option<String>,
    /// The line in `file`, from 1.
    pub line: Option<u32>,
    /// How long it took.
    pub duration: Option<Duration>,
}

impl TestCase {
    /// `suite::name`: by this it is known again in a later run.
    pub fn id(&self) -> String {
        match &self.suite {
            Some(suite) if !suite.is_empty() && !self.name.starts_with(suite.as_str()) => {
                format!("{suite}::{}", self.name)
            }
            _ => self.name.clone(),
        }
    }
}

/// How many lines of how many ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lines {
    /// Lines that ran.
    pub covered: u64,
    /// Lines that could.
    pub total: u64,
}

/// Lines covered by tests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Lines that ran.
    pub covered: u64,
    /// Lines that could.
    pub total: u64,
    /// By source file, as far as it is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileCoverage>,
}

/// Lines of one source file covered by tests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileCoverage {
    /// The file, as the tool wrote it.
    pub path: String,
    /// Lines that ran.
    pub covered: u64,
    /// Lines that could.
    pub total: u64,
}

impl Coverage {
    /// In per cent; `None` without any line.
    pub fn percent(&self) -> Option<f64> {
        percent(self.covered, self.total)
    }

    /// Adds another report's lines.
    pub fn add(&mut self, other: &Self) {
        self.covered += other.covered;
        self.total += other.total;
        self.files.extend(other.files.iter().cloned());
    }
}

impl FileCoverage {
    /// In per cent; `None` without any line.
    pub fn percent(&self) -> Option<f64> {
        percent(self.covered, self.total)
    }
}

fn percent(covered: u64, total: u64) -> Option<f64> {
    #[allow(
        clippy::cast_precision_loss,
        reason = "line counts stay far below 2^53"
    )]
    let percent = covered as f64 * 100.0 / total as f64;
    (total > 0).then_some(percent)
}

impl Tests {
    /// Adds another report's tests.
    pub fn add(&mut self, other: &Self) {
        self.total += other.total;
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.flaky += other.flaky;
        self.cases.extend(other.cases.iter().cloned());
    }

    /// What CodeBuild counted, told better by the raw files of the same report.
    ///
    /// Code under test writes both, but CodeBuild's counts are of the time of the build, and raw files can be lost, broken
    /// or written over by another build. So nothing in them makes a report better than CodeBuild found it: theirs are the
    /// counts only where they hold every case that CodeBuild counted and no fewer failures, and otherwise only more failures
    /// count.
    #[must_use]
    pub fn told_by(self, raw: RawTests) -> Self {
        let RawTests { tests, faults } = raw;
        // Attempts of one test may be several cases to CodeBuild.
        let all = tests.total == self.total || (tests.total < self.total && tests.flaky > 0);
        if all && tests.total > 0 && tests.failed >= self.failed && faults.is_empty() {
            return tests;
        }
        let total = self.total.max(tests.failed);
        let failed = self.failed.max(tests.failed);
        let skipped = self.skipped.min(total - failed);
        let known: HashSet<String> = tests.cases.iter().map(TestCase::id).collect();
        let kept = self.cases.into_iter();
        let (mut cases, others): (Vec<_>, Vec<_>) = kept
            .filter(|case| !known.contains(&case.id()))
            .partition(|case| case.outcome == Outcome::Failed);
        cases.extend(tests.cases);
        cases.extend(others);
        cases.truncate(usize::try_from(total).unwrap_or(usize::MAX));
        let counted = |number: u64| format!("the raw files hold {number} of {total}");
        let untold = faults.into_iter().next();
        Self {
            total,
            passed: total - failed - skipped,
            failed,
            skipped,
            flaky: tests.flaky,
            untold: (cases.len() as u64 != total)
                .then(|| untold.unwrap_or_else(|| counted(tests.total))),
            cases,
        }
    }

    /// The known cases that failed.
    pub fn failures(&self) -> impl Iterator<Item = &TestCase> {
        let failed = |case: &&TestCase| case.outcome == Outcome::Failed;
        self.cases.iter().filter(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{case, tests_of};

    fn counted(total: u64, failed: u64, kept: &[(&str, Outcome)]) -> Tests {
        Tests {
            total,
            passed: total - failed,
            failed,
            cases: kept
                .iter()
                .map(|(name, outcome)| case(name, *outcome))
                .collect(),
            ..Tests::default()
        }
    }

    fn raw(cases: &[(&str, Outcome)], faults: &[&str]) -> RawTests {
        let cases = cases.iter().map(|(name, outcome)| case(name, *outcome));
        RawTests {
            tests: tests_of(cases.collect()),
            faults: faults.iter().map(ToString::to_string).collect(),
        }
    }

    const GREEN: (&str, Outcome) = ("green", Outcome::Passed);
    const RED: (&str, Outcome) = ("red", Outcome::Failed);
    const OTHER: (&str, Outcome) = ("other", Outcome::Passed);

    fn names(tests: &Tests) -> Vec<&str> {
        tests.cases.iter().map(|case| case.name.as_str()).collect()
    }

    #[test]
    fn raw_files_that_hold_every_case_tell_all() {
        let raw = raw(&[GREEN, RED, OTHER], &[]);
        let told = counted(3, 1, &[RED]).told_by(raw.clone());
        assert_eq!(told, raw.tests);
        assert_eq!(told.untold, None);
    }

    #[test]
    fn attempts_that_codebuild_counts_apart_are_one_flaky_test() {
        let mut raw = raw(&[GREEN, OTHER], &[]);
        raw.tests.flaky = 1;
        let told = counted(3, 0, &[]).told_by(raw);
        assert_eq!((told.total, told.flaky), (2, 1));
        // One that failed to CodeBuild stays failed.
        let mut raw = self::raw(&[GREEN, OTHER], &[]);
        raw.tests.flaky = 1;
        let told = counted(3, 1, &[RED]).told_by(raw);
        assert_eq!(
            (told.total, told.failed, names(&told)),
            (3, 1, vec!["red", "green", "other"])
        );
    }

    #[test]
    fn refuses_raw_files_that_would_make_a_report_better() {
        let table = [
            // A failure is missing.
            raw(&[GREEN, OTHER, ("fine", Outcome::Passed)], &[]),
            // There are more passed tests than there were.
            raw(
                &[
                    GREEN,
                    OTHER,
                    ("fine", Outcome::Passed),
                    ("more", Outcome::Passed),
                ],
                &[],
            ),
            raw(&[], &[]),
            raw(&[GREEN], &["unit.xml: line 3, column 1: broken"]),
        ];
        for raw in table {
            let told = counted(3, 1, &[RED]).told_by(raw.clone());
            assert_eq!((told.total, told.failed, told.passed), (3, 1, 2), "{raw:?}");
            assert_eq!(names(&told)[0], "red", "{raw:?}");
        }
    }

    #[test]
    fn more_failures_than_codebuild_counted_count() {
        let told = counted(2, 0, &[]).told_by(raw(&[RED], &[]));
        assert_eq!((told.total, told.failed, told.passed), (2, 1, 1));
        assert_eq!(told.untold.as_deref(), Some("the raw files hold 1 of 2"));
    }

    #[test]
    fn a_broken_file_hides_no_other_and_is_named_where_cases_are_missing() {
        let told =
            counted(5, 1, &[GREEN]).told_by(raw(&[RED], &["b.xml: line 3, column 1: broken"]));
        assert_eq!(names(&told), ["red", "green"]);
        assert_eq!(
            told.untold.as_deref(),
            Some("b.xml: line 3, column 1: broken")
        );
        let told = counted(2, 1, &[GREEN]).told_by(raw(&[RED], &["b.xml: broken"]));
        assert_eq!(told.untold, None, "all cases are known");
    }
}

//! Test and coverage reports of a build, as far as the verdict and the comment need them.

use std::time::Duration;

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

    /// The known cases that failed.
    pub fn failures(&self) -> impl Iterator<Item = &TestCase> {
        let failed = |case: &&TestCase| case.outcome == Outcome::Failed;
        self.cases.iter().filter(failed)
    }
}

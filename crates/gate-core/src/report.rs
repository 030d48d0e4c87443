//! Test and coverage reports of a build, as far as the verdict and the comment need them.

use std::time::Duration;

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

/// The counts of a test report and what failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tests {
    /// All cases, also those beyond what CodeBuild keeps.
    pub total: u64,
    /// Cases that passed.
    pub passed: u64,
    /// Cases that failed or broke.
    pub failed: u64,
    /// Cases that did not run.
    pub skipped: u64,
    /// The first failures.
    pub failures: Vec<TestFailure>,
}

/// A test that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestFailure {
    /// Suite or class, where the report has one.
    pub suite: Option<String>,
    /// The test.
    pub name: String,
    /// What it said.
    pub message: Option<String>,
    /// How long it took.
    pub duration: Option<Duration>,
}

/// Lines covered by tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Lines that ran.
    pub covered: u64,
    /// Lines that could.
    pub total: u64,
}

impl Coverage {
    /// In per cent; `None` without any line.
    pub fn percent(self) -> Option<f64> {
        #[allow(
            clippy::cast_precision_loss,
            reason = "line counts stay far below 2^53"
        )]
        let percent = self.covered as f64 * 100.0 / self.total as f64;
        (self.total > 0).then_some(percent)
    }
}

impl Tests {
    /// Adds another report's tests.
    pub fn add(&mut self, other: &Self) {
        self.total += other.total;
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.failures.extend(other.failures.iter().cloned());
    }
}

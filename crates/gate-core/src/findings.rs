//! What a run found, kept so that later runs can be compared with it, and what has changed since.
//!
//! The baseline of a destination branch is what was found when exactly its content was tested: a result becomes one only
//! when the merge commit's tree is the tested tree.

mod changes;
mod kept;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    id::{CheckName, CommitId, PullRequestId, RunName},
    report::{Coverage, Lines, ReportContent, TestCase},
    verdict::CheckResult,
};
pub use changes::{Changes, Slower};
pub use kept::{CaseFinding, TestFindings, TestGroup};
use test_names::Test;

/// Of [`Findings`]. Up to 1 tests of one name in several classes or checks were one, so they are not compared.
const VERSION: u32 = 2;

/// Merges whose numbers a baseline keeps.
const HISTORY: usize = 30;

/// What one run found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    /// 2; results of earlier releases have 1.
    pub version: u32,
    /// The run.
    pub run: RunName,
    /// When it began, RFC 3339.
    pub started: String,
    /// The commit it tested.
    pub commit: CommitId,
    /// How long its builds took.
    pub seconds: u64,
    /// Its tests; `None` without a test report.
    pub tests: Option<TestFindings>,
    /// Its coverage; `None` without a coverage report.
    pub coverage: Option<Coverage>,
    /// The coverage of each check that has any; results of earlier releases lack it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub coverage_by_check: BTreeMap<CheckName, Lines>,
}

/// How many tests ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// All.
    pub total: u64,
    /// Those that passed, flaky ones included.
    pub passed: u64,
    /// Those that failed or broke.
    pub failed: u64,
    /// Those that did not run.
    pub skipped: u64,
    /// Those that passed when they were tried again.
    pub flaky: u64,
}

/// What is known of a destination branch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// 1.
    pub version: u32,
    /// The merge commit at the destination.
    pub merged: CommitId,
    /// The pull request it came from; empty if it came without one.
    pub pull_request: PullRequestId,
    /// What was found in exactly this content; `None` if nobody tested it.
    pub findings: Option<Findings>,
    /// Earlier merges and this one, oldest first.
    #[serde(default)]
    pub history: Vec<Point>,
    /// The last merge since, if there was one whose tests had been left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untested_since: Option<CommitId>,
}

/// The numbers of one merge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The merge commit, or the tested one of a run that is not merged.
    pub commit: CommitId,
    /// The pull request.
    pub pull_request: PullRequestId,
    /// When its run began, RFC 3339.
    pub started: String,
    /// How long its builds took.
    pub seconds: u64,
    /// Its tests.
    pub counts: Option<Counts>,
    /// Its coverage in per cent.
    pub percent: Option<f64>,
}

/// What a comment knows of earlier results.
#[derive(Clone, Copy, Debug, Default)]
pub enum Earlier<'a> {
    /// Nobody looked: there is nothing to compare.
    #[default]
    NotAsked,
    /// Nothing that was gated has been merged yet.
    Nothing,
    /// They could not be read.
    Unreadable,
    /// These.
    Of(&'a Baseline),
}

impl<'a> Earlier<'a> {
    /// The results to compare with.
    pub fn findings(self) -> Option<&'a Findings> {
        match self {
            Self::Of(baseline) => baseline.findings.as_ref(),
            Self::NotAsked | Self::Nothing | Self::Unreadable => None,
        }
    }
}

impl Findings {
    /// Takes down what a run found.
    pub fn new(run: RunName, started: String, commit: CommitId, results: &[CheckResult]) -> Self {
        let seconds = results
            .iter()
            .filter_map(|result| result.build.as_ref())
            .map(|build| build.duration.as_secs())
            .max();
        Self {
            version: VERSION,
            run,
            started,
            commit,
            seconds: seconds.unwrap_or_default(),
            tests: counts(results).map(|counts| TestFindings::new(counts, results)),
            coverage: coverage(results),
            coverage_by_check: results
                .iter()
                .filter_map(|result| Some((result.check.name.clone(), result.coverage()?)))
                .collect(),
        }
    }

    /// Its tests, unless an earlier release kept them, which did not tell all of them apart.
    pub fn comparable_tests(&self) -> Option<&TestFindings> {
        self.tests.as_ref().filter(|_| self.version >= VERSION)
    }

    /// Its numbers.
    pub fn point(&self, commit: CommitId, pull_request: PullRequestId) -> Point {
        Point {
            commit,
            pull_request,
            started: self.started.clone(),
            seconds: self.seconds,
            counts: self.tests.as_ref().map(|tests| tests.counts),
            percent: self.coverage.as_ref().and_then(Coverage::percent),
        }
    }
}

impl Baseline {
    /// The destination's baseline after a merge, made from what was known before it.
    pub fn after_merge(
        before: Option<Self>,
        merged: CommitId,
        pull_request: PullRequestId,
        findings: Option<Findings>,
    ) -> Self {
        let mut history = before.map(|before| before.history).unwrap_or_default();
        if let Some(findings) = &findings {
            history.retain(|point| point.commit != merged);
            history.push(findings.point(merged.clone(), pull_request.clone()));
            history.drain(..history.len().saturating_sub(HISTORY));
        }
        Self {
            version: 1,
            merged,
            pull_request,
            findings,
            history,
            untested_since: None,
        }
    }

    /// The same after a further merge whose tests had been left out.
    #[must_use]
    pub fn after_untested_merge(self, merged: CommitId) -> Self {
        Self {
            untested_since: Some(merged),
            ..self
        }
    }

    /// Where the last merge left the destination.
    pub fn tip(&self) -> &CommitId {
        self.untested_since.as_ref().unwrap_or(&self.merged)
    }
}

/// A test with the check it ran in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RanTest<'a> {
    /// The check.
    pub check: &'a CheckName,
    /// The test.
    pub case: &'a TestCase,
}

impl<'a> RanTest<'a> {
    /// As it is told apart from others of the run, and known again in a later one.
    pub fn identity(self) -> Test<'a> {
        self.case.identity(self.check)
    }
}

/// Every known test of a run.
pub fn tests(results: &[CheckResult]) -> impl Iterator<Item = RanTest<'_>> {
    results.iter().flat_map(|result| {
        let check = &result.check.name;
        let reports = result.reports.iter();
        let cases = reports.filter_map(|report| match &report.content {
            ReportContent::Tests(tests) => Some(&tests.cases),
            ReportContent::Coverage(_) => None,
        });
        cases.flatten().map(move |case| RanTest { check, case })
    })
}

/// The tests of all reports counted; `None` without a test report.
pub fn counts(results: &[CheckResult]) -> Option<Counts> {
    let mut sum = None;
    for report in results.iter().flat_map(|result| &result.reports) {
        if let ReportContent::Tests(tests) = &report.content {
            let sum = sum.get_or_insert_with(Counts::default);
            sum.total += tests.total;
            sum.passed += tests.passed;
            sum.failed += tests.failed;
            sum.skipped += tests.skipped;
            sum.flaky += tests.flaky;
        }
    }
    sum
}

/// The coverage of all reports; `None` without a line.
pub fn coverage(results: &[CheckResult]) -> Option<Coverage> {
    let mut sum = Coverage::default();
    for report in results.iter().flat_map(|result| &result.reports) {
        if let ReportContent::Coverage(coverage) = &report.content {
            sum.add(coverage);
        }
    }
    (sum.total > 0).then_some(sum)
}

#[cfg(test)]
mod tests;

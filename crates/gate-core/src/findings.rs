//! What a run found, kept so that later runs can be compared with it, and what has changed since.
//!
//! The baseline of a destination branch is what was found when exactly its content was tested: a result becomes one only
//! when the merge commit's tree is the tested tree.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::{
    id::{CheckName, CommitId, PullRequestId, RunName},
    report::{Coverage, Lines, Outcome, ReportContent, TestCase},
    verdict::CheckResult,
};

/// Merges whose numbers a baseline keeps.
const HISTORY: usize = 30;

/// More cases than this are not kept by name: the object would outgrow what a function should read in one go.
const MOST_CASES: usize = 100_000;

/// Tests that got slower by less than this, or to less than twice the time, are noise.
const NOTABLE_GROWTH: Duration = Duration::from_secs(1);

/// What one run found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    /// 1.
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

/// The tests of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestFindings {
    /// All of them, counted.
    pub counts: Counts,
    /// By [`TestCase::id`], as far as they are known. Of cases of one name the worst outcome and the longest time.
    pub cases: BTreeMap<String, CaseFinding>,
    /// Whether `cases` holds all.
    pub complete: bool,
}

/// Outcome and milliseconds of one test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseFinding(pub Outcome, pub u64);

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
            version: 1,
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

impl TestFindings {
    fn new(counts: Counts, results: &[CheckResult]) -> Self {
        let mut found = BTreeMap::new();
        let mut known = 0;
        for case in cases(results).take(MOST_CASES) {
            known += 1;
            let milliseconds = case.duration.map_or(0, |time| time.as_millis());
            let milliseconds = u64::try_from(milliseconds).unwrap_or(u64::MAX);
            let kept = found
                .entry(case.id())
                .or_insert(CaseFinding(case.outcome, milliseconds));
            kept.0 = kept.0.max(case.outcome);
            kept.1 = kept.1.max(milliseconds);
        }
        Self {
            counts,
            cases: found,
            complete: known == counts.total,
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

/// Every known test of a run.
pub fn cases(results: &[CheckResult]) -> impl Iterator<Item = &TestCase> {
    let reports = results.iter().flat_map(|result| &result.reports);
    reports
        .filter_map(|report| match &report.content {
            ReportContent::Tests(tests) => Some(&tests.cases),
            ReportContent::Coverage(_) => None,
        })
        .flatten()
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

/// A run's tests against those of the destination.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes<'a> {
    /// Tests that fail and did not fail there.
    pub new_failures: Vec<&'a TestCase>,
    /// Tests that fail there, too.
    pub known_failures: Vec<&'a TestCase>,
    /// Tests that passed when they were tried again.
    pub flaky: Vec<&'a TestCase>,
    /// Tests that there were, by id.
    pub removed: Vec<&'a str>,
    /// Tests that ran there and are skipped now.
    pub newly_skipped: Vec<&'a TestCase>,
    /// Tests that got much slower, worst first.
    pub slower: Vec<Slower<'a>>,
}

/// A test that got slower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slower<'a> {
    /// The test.
    pub case: &'a TestCase,
    /// How long it took.
    pub before: Duration,
    /// How long it takes now.
    pub now: Duration,
}

static NO_CASES: BTreeMap<String, CaseFinding> = BTreeMap::new();

impl<'a> Changes<'a> {
    /// Compares. Without earlier findings every failure is new.
    pub fn of(results: &'a [CheckResult], earlier: Option<&'a Findings>) -> Self {
        let mut changes = Self::default();
        let before = earlier.and_then(|findings| findings.tests.as_ref());
        let cases_before = before.map_or(&NO_CASES, |before| &before.cases);
        // By hash: names of tests begin alike, which makes each of the many comparisons of a search long.
        let places: HashMap<&str, (usize, CaseFinding)> = cases_before
            .iter()
            .enumerate()
            .map(|(place, (id, finding))| (id.as_str(), (place, *finding)))
            .collect();
        let mut seen = vec![false; cases_before.len()];
        for case in cases(results) {
            if case.flaky {
                changes.flaky.push(case);
            }
            if before.is_none() {
                if case.outcome == Outcome::Failed {
                    changes.new_failures.push(case);
                }
                continue;
            }
            let known = places.get(case.id().as_str());
            changes.compare(case, known.map(|(_, finding)| *finding));
            if let Some((place, _)) = known {
                seen[*place] = true;
            }
        }
        let complete =
            counts(results).is_some_and(|counts| cases(results).count() as u64 == counts.total);
        if before.is_some_and(|before| before.complete && complete) {
            let cases = cases_before.keys().zip(&seen);
            changes.removed = cases
                .filter(|(_, seen)| !**seen)
                .map(|(id, _)| id.as_str())
                .collect();
        }
        changes
            .slower
            .sort_by_key(|slower| std::cmp::Reverse(slower.now.saturating_sub(slower.before)));
        changes
    }

    fn compare(&mut self, case: &'a TestCase, before: Option<CaseFinding>) {
        let outcome_before = before.map(|before| before.0);
        match (case.outcome, outcome_before) {
            (Outcome::Failed, Some(Outcome::Failed)) => self.known_failures.push(case),
            (Outcome::Failed, _) => self.new_failures.push(case),
            (Outcome::Skipped, Some(Outcome::Passed | Outcome::Failed)) => {
                self.newly_skipped.push(case);
            }
            (Outcome::Passed, Some(Outcome::Passed)) => {
                let before = before.map_or(Duration::ZERO, |it| Duration::from_millis(it.1));
                let now = case.duration.unwrap_or_default();
                let grown = now.saturating_sub(before);
                if grown >= NOTABLE_GROWTH && now >= before * 2 {
                    self.slower.push(Slower { case, before, now });
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;

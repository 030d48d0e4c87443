//! Test and coverage reports of a build, as far as the verdict and the comment need them.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use test_names::Test;

use crate::id::CheckName;

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
        self.failed_tests() > 0
    }

    /// How many tests in it failed.
    pub fn failed_tests(&self) -> u64 {
        match &self.content {
            ReportContent::Tests(tests) => tests.failed,
            ReportContent::Coverage(_) => 0,
        }
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
        let failed = Known::of(earlier.failures());
        for case in &mut tests.cases {
            if case.outcome == Outcome::Passed && !case.flaky && failed.holds(case) {
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

/// One test. What it is, is its suite, class, name and file, as far as the report tells them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestCase {
    /// Its suites, where the report has any.
    pub suite: Option<Arc<str>>,
    /// Class, module or package, where the report has any.
    pub class: Option<Arc<str>>,
    /// The test.
    pub name: String,
    /// The source file that the report names as its own, the same on every machine.
    pub own_file: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether it failed first and passed when it was tried again.
    pub flaky: bool,
    /// What it said.
    pub message: Option<String>,
    /// The source file where it failed, or where it is.
    pub file: Option<String>,
    /// The line in `file`, from 1.
    pub line: Option<u32>,
    /// How long it took.
    pub duration: Option<Duration>,
}

impl TestCase {
    /// As it is told apart from others of the run, and known again in a later one.
    pub fn identity<'a>(&'a self, check: &'a CheckName) -> Test<'a> {
        Test {
            space: check.as_str(),
            ..self.identity_in_report()
        }
    }

    fn identity_in_report(&self) -> Test<'_> {
        Test {
            space: "",
            suite: self.suite.as_deref().unwrap_or_default(),
            class: self.class.as_deref().unwrap_or_default(),
            name: &self.name,
            file: self.own_file.as_deref().unwrap_or_default(),
        }
    }

    /// Whether both may be the same test: they have one name, and where both tell of suite, class or file, those are the
    /// same. CodeBuild keeps no files, and calls the class a prefix.
    fn may_be(&self, other: &Self) -> bool {
        fn agree<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
            one.is_none() || other.is_none() || one == other
        }
        self.name == other.name
            && suites_agree(self.suite.as_deref(), other.suite.as_deref())
            && agree(self.class.as_ref(), other.class.as_ref())
            && agree(self.own_file.as_ref(), other.own_file.as_ref())
    }
}

/// Whether two names of suites may be of one: of suites in suites a report may keep all names or the last.
fn suites_agree(one: Option<&str>, other: Option<&str>) -> bool {
    let (Some(one), Some(other)) = (one, other) else {
        return true;
    };
    let is_end = |end: &str, of: &str| of.strip_suffix(end).is_some_and(|it| it.ends_with(" > "));
    one == other || is_end(one, other) || is_end(other, one)
}

/// Tests by name, to be found again.
struct Known<'a>(HashMap<&'a str, Vec<&'a TestCase>>);

impl<'a> Known<'a> {
    fn of(cases: impl Iterator<Item = &'a TestCase>) -> Self {
        let mut known: HashMap<&str, Vec<&TestCase>> = HashMap::new();
        for case in cases {
            known.entry(case.name.as_str()).or_default().push(case);
        }
        Self(known)
    }

    fn of_name(&self, case: &TestCase) -> &[&'a TestCase] {
        self.0.get(case.name.as_str()).map_or(&[], Vec::as_slice)
    }

    fn holds(&self, case: &TestCase) -> bool {
        self.of_name(case).iter().any(|known| known.may_be(case))
    }

    /// The same of a case that CodeBuild keeps. Which of a report's groups becomes its prefix, no source says; so where
    /// the prefix is no class, the suite and the outcome must do.
    fn holds_kept(&self, case: &TestCase, prefixes_are_classes: bool) -> bool {
        let without_prefix = |known: &&&TestCase| {
            let suites = [&known.suite, &known.class];
            known.outcome == case.outcome && (suites.contains(&&case.suite) || case.suite.is_none())
        };
        self.holds(case)
            || (!prefixes_are_classes && self.of_name(case).iter().any(|it| without_prefix(&it)))
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
        let known = Known::of(tests.cases.iter());
        let classes: HashSet<&str> = tests
            .cases
            .iter()
            .filter_map(|it| it.class.as_deref())
            .collect();
        let is_class =
            |case: &TestCase| case.class.as_deref().is_none_or(|it| classes.contains(it));
        let prefixes_are_classes = self.cases.iter().any(is_class);
        let kept = self.cases.into_iter();
        let (mut cases, others): (Vec<_>, Vec<_>) = kept
            .filter(|case| !known.holds_kept(case, prefixes_are_classes))
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

    /// As pytest writes it: one suite for all.
    fn of_class(class: &str, outcome: Outcome) -> TestCase {
        TestCase {
            suite: Some("pytest".into()),
            class: Some(class.into()),
            ..case("test_total", outcome)
        }
    }

    #[test]
    fn a_case_that_codebuild_keeps_is_known_again_in_the_raw_files_and_hidden_by_no_other() {
        let kept = |cases: Vec<TestCase>| Tests {
            total: 9,
            passed: 7,
            failed: 2,
            cases,
            ..Tests::default()
        };
        let raw = |cases: Vec<TestCase>| RawTests {
            tests: tests_of(cases),
            faults: vec!["b.xml: broken".to_owned()],
        };
        let told = |kept: Tests, raw: RawTests| -> Vec<(String, Outcome)> {
            let cases = kept.told_by(raw).cases.into_iter();
            cases
                .map(|case| (case.class.unwrap().to_string(), case.outcome))
                .collect()
        };
        let (failed, passed) = (Outcome::Failed, Outcome::Passed);
        // The file that tells of the bill is broken; what CodeBuild keeps of it is told.
        let both = kept(vec![of_class("cart", failed), of_class("bill", failed)]);
        assert_eq!(
            told(both.clone(), raw(vec![of_class("cart", failed)])),
            [("bill".to_owned(), failed), ("cart".to_owned(), failed)]
        );
        assert_eq!(
            told(
                kept(vec![of_class("bill", failed)]),
                raw(vec![of_class("cart", passed)])
            ),
            [("bill".to_owned(), failed), ("cart".to_owned(), passed)]
        );
        // A prefix that is no class of the files says nothing.
        assert_eq!(
            told(
                kept(vec![of_class("unit.xml", failed)]),
                raw(vec![of_class("cart", failed)])
            ),
            [("cart".to_owned(), failed)]
        );
    }

    #[test]
    fn only_the_very_test_that_failed_before_is_flaky() {
        let report = |cases| crate::samples::tests_report("unit", tests_of(cases));
        let before = [report(vec![
            of_class("cart", Outcome::Failed),
            of_class("bill", Outcome::Passed),
        ])];
        let mut now = [report(vec![
            of_class("cart", Outcome::Passed),
            of_class("bill", Outcome::Passed),
        ])];
        mark_flaky(&mut now, &before);
        let ReportContent::Tests(tests) = &now[0].content else {
            panic!("no tests")
        };
        let flaky: Vec<_> = tests.cases.iter().map(|case| case.flaky).collect();
        assert_eq!((flaky, tests.flaky), (vec![true, false], 1));
    }
}

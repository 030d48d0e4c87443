//! What every report is read into, whatever its format.

use std::{sync::Arc, time::Duration};

use serde::Serialize;
use test_names::Test;

use crate::coverage::{Coverage, FileCoverage};
use crate::format::Format;
use crate::place::Place;

/// How a test case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It ran and held.
    Passed,
    /// It did not run.
    Skipped,
    /// An expectation did not hold.
    Failed,
    /// It broke before it could tell.
    Error,
}

impl Outcome {
    /// Whether the case speaks against what was tested.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::Error)
    }
}

/// One test case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Name of the suite; nested suites are joined by `" > "`. Empty if there is none. Its cases share it.
    pub suite: Arc<str>,
    /// The class, module or file that the tool groups by. Cases that follow one another share it.
    pub class_name: Option<Arc<str>>,
    /// Name of the case as the tool wrote it.
    pub name: String,
    /// Source file of the test, as the tool wrote it. [`Case::place`] says where it failed.
    pub file: Option<String>,
    /// Line in `file`, from 1.
    pub line: Option<u32>,
    /// Where it failed, if the report says so outside of the details.
    pub failed_at: Option<Box<Place>>,
    /// How long it ran.
    pub duration: Option<Duration>,
    /// How it ended.
    pub outcome: Outcome,
    /// The failure in a line or a few, or why the case was skipped.
    pub message: Option<String>,
    /// The whole text of the failure, such as a stack trace.
    pub details: Option<String>,
    /// Failed first and passed when tried again; then `outcome` is [`Outcome::Passed`] and `message` is of the failure.
    pub flaky: bool,
}

impl Case {
    /// The case as it is told apart from others of its report. `file` is what [`Case::own_file`] says.
    pub fn identity<'a>(&'a self, file: &'a str) -> Test<'a> {
        Test {
            space: "",
            suite: &self.suite,
            class: self.class_name.as_deref().unwrap_or_default(),
            name: &self.name,
            file,
        }
    }

    /// A case that passed, of which no more is known.
    #[inline]
    pub(crate) fn passed(suite: &Arc<str>, name: String) -> Self {
        Self {
            suite: suite.clone(),
            class_name: None,
            name,
            file: None,
            line: None,
            failed_at: None,
            duration: None,
            outcome: Outcome::Passed,
            message: None,
            details: None,
            flaky: false,
        }
    }

    /// A case that stands for its suite, where something broke outside of all cases.
    pub(crate) fn of_suite(suite: &Arc<str>) -> Self {
        let name = if suite.is_empty() { "(suite)" } else { suite };
        Self::passed(suite, name.to_owned())
    }
}

/// How many cases ended how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// All cases.
    pub tests: u64,
    /// Passed cases, flaky ones included.
    pub passed: u64,
    /// Skipped cases.
    pub skipped: u64,
    /// Cases whose expectation did not hold.
    pub failed: u64,
    /// Cases that broke.
    pub errors: u64,
    /// Passed cases that failed at first.
    pub flaky: u64,
    /// The durations of all cases added up.
    pub duration: Duration,
}

impl Counts {
    /// Counts one case.
    #[inline]
    pub fn add(&mut self, case: &Case) {
        self.tests += 1;
        self.flaky += u64::from(case.flaky);
        self.duration = self
            .duration
            .saturating_add(case.duration.unwrap_or_default());
        match case.outcome {
            Outcome::Passed => self.passed += 1,
            Outcome::Skipped => self.skipped += 1,
            Outcome::Failed => self.failed += 1,
            Outcome::Error => self.errors += 1,
        }
    }
}

impl Counts {
    /// Counts skipped cases of which nothing else is known. Their number is a claim, and may be absurd.
    pub(crate) fn add_skipped(&mut self, cases: u64) {
        let cases = cases.min(u64::MAX / 2 - self.tests.min(u64::MAX / 2));
        self.tests += cases;
        self.skipped += cases;
    }
}

/// Takes what a report says, piece by piece.
pub trait Sink {
    /// A suite begins; `name` is the one its cases will bear.
    fn suite(&mut self, name: &str);
    /// A case is complete.
    fn case(&mut self, case: Case);
    /// So many more cases were skipped; the report counts them and tells nothing else of them.
    fn skipped(&mut self, _cases: u64) {}
    /// A file's coverage is complete. A path may come more than once; its parts are then of different lines.
    fn file_coverage(&mut self, file: FileCoverage);
}

/// One report, read whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What format it has.
    pub format: Format,
    /// Number of suites, nested ones included.
    pub suites: u64,
    /// Every case in the order of the file.
    pub cases: Vec<Case>,
    /// The cases counted. A report's own totals are not believed, but for skipped cases that it does not list.
    pub counts: Counts,
    /// Line coverage, if this is a coverage report.
    pub coverage: Option<Coverage>,
}

impl Report {
    pub(crate) fn new() -> Self {
        Self {
            format: Format::JUnit,
            suites: 0,
            cases: Vec::new(),
            counts: Counts::default(),
            coverage: None,
        }
    }
}

impl Sink for Report {
    fn suite(&mut self, _name: &str) {
        self.suites += 1;
    }

    #[inline]
    fn case(&mut self, case: Case) {
        self.counts.add(&case);
        self.cases.push(case);
    }

    fn skipped(&mut self, cases: u64) {
        self.counts.add_skipped(cases);
    }

    fn file_coverage(&mut self, file: FileCoverage) {
        self.coverage.get_or_insert_default().add(file);
    }
}

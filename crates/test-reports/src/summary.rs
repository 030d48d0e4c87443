//! Many reports added up, as `gate report` prints them.

use std::io::BufRead;
use std::time::Duration;

use serde::{Serialize, Serializer};
use test_names::{Names, Test};

use crate::coverage::{Coverage, FileCoverage};
use crate::model::{Case, Counts, Outcome, Sink};
use crate::read;

/// What a number of reports say together.
///
/// Serialized, it is the object that `gate report --json` prints.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// Number of files, broken ones included.
    pub files: u64,
    /// Number of suites, nested ones included.
    pub suites: u64,
    /// The cases counted.
    pub counts: Counts,
    /// Every failed case and every one that broke, in the order of the files.
    pub failures: Vec<Failure>,
    /// Line coverage, if any file is a coverage report.
    pub coverage: Option<Coverage>,
    /// Files that could not be read to their end.
    pub problems: Vec<Problem>,
    /// What every case may be called.
    names: Names,
    /// The repository's folder, where it is known.
    root: Option<String>,
}

/// A case that failed or broke.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Name of its suite.
    pub suite: String,
    /// The class, module or package that the tool groups it by.
    pub class: Option<String>,
    /// Its name.
    pub name: String,
    /// [`Outcome::Failed`] or [`Outcome::Error`].
    pub outcome: Outcome,
    /// What the tool says about it.
    pub message: Option<String>,
    /// Source file where it failed, or where it is.
    pub file: Option<String>,
    /// Line in `file`.
    pub line: Option<u32>,
    /// How long it ran.
    #[serde(rename = "duration_seconds", serialize_with = "seconds")]
    pub duration: Option<Duration>,
    /// The file that the report itself names.
    #[serde(skip)]
    own_file: Option<String>,
}

/// A file that could not be read to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The file, as it was named to [`Summary::add`].
    pub file: String,
    /// Line of the fault, from 1.
    pub line: u64,
    /// Column of the fault in characters, from 1.
    pub column: u64,
    /// What is wrong.
    pub message: String,
}

impl Failure {
    fn identity(&self) -> Test<'_> {
        Test {
            space: "",
            suite: &self.suite,
            class: self.class.as_deref().unwrap_or_default(),
            name: &self.name,
            file: self.own_file.as_deref().unwrap_or_default(),
        }
    }
}

impl Summary {
    /// No files yet. `root` is the absolute path of the repository: files in it are told relative to it.
    pub fn of_repository(root: Option<String>) -> Self {
        Self {
            root,
            ..Self::default()
        }
    }

    /// What a test of `failures` is called: the shortest form that no other test of the files has.
    pub fn name_of(&self, failure: &Failure) -> String {
        self.names.shown(failure.identity())
    }

    /// Adds one file. What a broken file says before its fault counts: a failure in it is not hidden.
    pub fn add(&mut self, file: &str, source: impl BufRead) {
        self.files += 1;
        let mut one = OneFile {
            summary: self,
            coverage: None,
        };
        let result = read(source, &mut one);
        let coverage = one.coverage.take();
        if let Some(coverage) = coverage {
            self.coverage.get_or_insert_default().merge(coverage);
        }
        match result {
            Ok(format) if format.is_coverage() => {
                self.coverage.get_or_insert_default();
            }
            Ok(_) => {}
            Err(error) => self.problems.push(Problem {
                file: file.to_owned(),
                line: error.line,
                column: error.column,
                message: error.message,
            }),
        }
    }
}

/// Cases go straight into the summary; coverage is gathered, because files of one report are summed.
struct OneFile<'s> {
    summary: &'s mut Summary,
    coverage: Option<Coverage>,
}

impl Sink for OneFile<'_> {
    fn suite(&mut self, _name: &str) {
        self.summary.suites += 1;
    }

    fn case(&mut self, case: Case) {
        self.summary.counts.add(&case);
        let root = self.summary.root.as_deref();
        let own_file = case.own_file(root);
        let test = case.identity(own_file.as_deref().unwrap_or_default());
        self.summary.names.add(test);
        if case.outcome.is_failure() {
            let place = case.place(root);
            let (file, line) = place.map_or((None, None), |place| (Some(place.file), place.line));
            self.summary.failures.push(Failure {
                suite: case.suite.to_string(),
                class: case.class_name.as_deref().map(str::to_owned),
                name: case.name,
                outcome: case.outcome,
                message: case.message,
                file,
                line,
                duration: case.duration,
                own_file,
            });
        }
    }

    fn skipped(&mut self, cases: u64) {
        self.summary.counts.add_skipped(cases);
    }

    fn file_coverage(&mut self, file: FileCoverage) {
        self.coverage.get_or_insert_default().add(file);
    }
}

impl Serialize for Summary {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        View {
            files: self.files,
            suites: self.suites,
            tests: self.counts.tests,
            passed: self.counts.passed,
            skipped: self.counts.skipped,
            failed: self.counts.failed,
            errors: self.counts.errors,
            flaky: self.counts.flaky,
            duration_seconds: self.counts.duration.as_secs_f64(),
            failures: self
                .failures
                .iter()
                .map(|failure| FailureView {
                    test: self.name_of(failure),
                    failure,
                })
                .collect(),
            coverage: self.coverage.as_ref().map(CoverageView::of),
            problems: &self.problems,
        }
        .serialize(serializer)
    }
}

#[derive(Serialize)]
struct View<'a> {
    files: u64,
    suites: u64,
    tests: u64,
    passed: u64,
    skipped: u64,
    failed: u64,
    errors: u64,
    flaky: u64,
    duration_seconds: f64,
    failures: Vec<FailureView<'a>>,
    coverage: Option<CoverageView>,
    problems: &'a [Problem],
}

#[derive(Serialize)]
struct FailureView<'a> {
    /// What it is called among all tests.
    test: String,
    #[serde(flatten)]
    failure: &'a Failure,
}

#[derive(Serialize)]
struct CoverageView {
    lines_covered: u64,
    lines_total: u64,
    /// To two places; null where there are no lines.
    percent: Option<f64>,
}

impl CoverageView {
    fn of(coverage: &Coverage) -> Self {
        Self {
            lines_covered: coverage.lines_covered,
            lines_total: coverage.lines_total,
            percent: coverage
                .percent()
                .map(|percent| (percent * 100.0).round() / 100.0),
        }
    }
}

#[allow(clippy::ref_option, reason = "the signature that serde asks for")]
fn seconds<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    duration
        .map(|duration| duration.as_secs_f64())
        .serialize(serializer)
}

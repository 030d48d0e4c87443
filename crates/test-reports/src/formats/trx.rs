//! Visual Studio TRX.
//!
//! - The suite of a case is its class. Definitions name the classes, and they may follow the results, as `dotnet test`
//!   writes them; so cases wait for the definitions, within [`crate::limits::WAITING_BYTES`].
//! - Of a data-driven test its rows count, not the test itself, unless it failed and none of its rows did.
//! - An `outcome` that is not known is an error, because it could stand for a failure. Inconclusive tests and those
//!   that were not executed are skipped.
//! - An error of the run, such as a test host that crashed, is a case of its own, unless it only repeats that a test
//!   failed, as xUnit.net's adapter does for each.

mod echo;
mod waiting;

use std::sync::Arc;

use crate::error::ReadError;
use crate::formats::trouble::Trouble;
use crate::limits::NAME_BYTES;
use crate::model::{Case, Outcome, Sink};
use crate::seconds;
use crate::xml::{Handler, Tag, Text};
use echo::Echoes;
use waiting::Waiting;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    /// Holds results.
    Results,
    Result,
    Output,
    Failure,
    Message,
    Trace,
    Definitions,
    Test,
    Summary,
    RunInfos,
    RunInfo,
    Ignored,
}

pub(super) struct Trx<'s, S> {
    waiting: Waiting<'s, S>,
    places: Vec<Place>,
    /// The results that are open, one in the other.
    results: Vec<TestResult>,
    /// The test whose definition is open.
    test: Option<String>,
    echoes: Echoes,
}

struct TestResult {
    test: String,
    case: Case,
    trouble: Option<Trouble>,
    has_rows: bool,
    has_failed_rows: bool,
}

impl<S: Sink> Handler for Trx<'_, S> {
    fn open(&mut self, tag: &Tag<'_>) -> Result<(), ReadError> {
        let place = match (self.places.last(), tag.name()) {
            (None, _) => Place::Root,
            (Some(Place::Root), "Results") | (Some(Place::Result), "InnerResults") => {
                Place::Results
            }
            (Some(Place::Results), name) if is_result(name) => self.open_result(tag)?,
            (Some(Place::Result), "Output") => Place::Output,
            (Some(Place::Output), "ErrorInfo") => self.open_trouble(),
            (Some(Place::Failure), "Message") | (Some(Place::RunInfo), "Text") => Place::Message,
            (Some(Place::Failure), "StackTrace") => Place::Trace,
            (Some(Place::Root), "TestDefinitions") => Place::Definitions,
            (Some(Place::Definitions), _) => {
                self.test = tag.attribute("id", NAME_BYTES);
                Place::Test
            }
            (Some(Place::Test), "TestMethod") => self.class(tag),
            (Some(Place::Root), "ResultSummary") => Place::Summary,
            (Some(Place::Summary), "RunInfos") => Place::RunInfos,
            (Some(Place::RunInfos), "RunInfo") if tag.says("outcome", &["Error", "Failed"]) => {
                self.open_run_error()
            }
            _ => Place::Ignored,
        };
        self.places.push(place);
        Ok(())
    }

    fn text(&mut self, text: &Text<'_>) {
        let trouble = self.results.last_mut().and_then(|it| it.trouble.as_mut());
        match (self.places.last(), trouble) {
            (Some(Place::Message), Some(trouble)) => text.append_to(&mut trouble.message),
            (Some(Place::Trace), Some(trouble)) => text.append_to(&mut trouble.trace),
            _ => {}
        }
    }

    fn close(&mut self) {
        match self.places.pop() {
            Some(Place::Result) => self.close_result(),
            Some(Place::RunInfo) => self.close_run_error(),
            Some(Place::Definitions) => self.waiting.all_defined(),
            _ => {}
        }
    }

    fn finish(&mut self) {
        self.waiting.all_defined();
        for error in self.echoes.errors() {
            self.waiting.case("", error);
        }
    }
}

/// Unit tests, web tests, ordered tests and so on all have results of their own name.
fn is_result(name: &str) -> bool {
    name.ends_with("Result") || name == "TestResultAggregation"
}

impl<'s, S: Sink> Trx<'s, S> {
    pub(super) fn new(sink: &'s mut S) -> Self {
        Self {
            waiting: Waiting::new(sink),
            places: Vec::new(),
            results: Vec::new(),
            test: None,
            echoes: Echoes::default(),
        }
    }

    fn open_result(&mut self, tag: &Tag<'_>) -> Result<Place, ReadError> {
        let name = tag.filled("testName", NAME_BYTES);
        let name = name.unwrap_or_else(|| "(without a name)".to_owned());
        let mut case = Case::passed(&Arc::default(), name);
        case.duration = tag.raw("duration").and_then(seconds::parse_clock);
        case.outcome = outcome(tag)?;
        self.results.push(TestResult {
            test: tag.attribute("testId", NAME_BYTES).unwrap_or_default(),
            case,
            trouble: None,
            has_rows: false,
            has_failed_rows: false,
        });
        Ok(Place::Result)
    }

    fn open_trouble(&mut self) -> Place {
        if let Some(result) = self.results.last_mut() {
            result.trouble = Some(Trouble::new());
        }
        Place::Failure
    }

    fn open_run_error(&mut self) -> Place {
        let mut case = Case::passed(&Arc::default(), "(test run)".to_owned());
        case.outcome = Outcome::Error;
        self.results.push(TestResult {
            test: String::new(),
            case,
            trouble: Some(Trouble::new()),
            has_rows: false,
            has_failed_rows: false,
        });
        Place::RunInfo
    }

    fn close_result(&mut self) {
        let Some(mut result) = self.results.pop() else {
            return;
        };
        if let Some(trouble) = result.trouble {
            trouble.tell(&mut result.case);
        }
        let failed = result.case.outcome.is_failure();
        if let Some(outer) = self.results.last_mut() {
            outer.has_rows = true;
            outer.has_failed_rows |= failed || result.has_failed_rows;
        }
        if failed {
            self.echoes.failed(&result.case.name);
        }
        if !result.has_rows || (failed && !result.has_failed_rows) {
            self.waiting.case(&result.test, result.case);
        }
    }

    /// It may repeat results that are yet to come, so it waits for the end.
    fn close_run_error(&mut self) {
        let Some(TestResult {
            mut case, trouble, ..
        }) = self.results.pop()
        else {
            return;
        };
        let text = trouble.map(|trouble| trouble.message.verbatim());
        let text = text.unwrap_or_default();
        case.message = Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        if let Some(case) = self.echoes.error(text, case) {
            self.waiting.case("", case);
        }
    }

    fn class(&mut self, tag: &Tag<'_>) -> Place {
        let class = tag.filled("className", NAME_BYTES);
        if let (Some(test), Some(class)) = (self.test.take(), class) {
            self.waiting.define(test, class);
        }
        Place::Ignored
    }
}

fn outcome(tag: &Tag<'_>) -> Result<Outcome, ReadError> {
    Ok(match tag.raw("outcome") {
        Some("Passed" | "Completed" | "Warning") => Outcome::Passed,
        Some("Failed") => Outcome::Failed,
        // A result without an outcome is one that ended in an error.
        Some("Error" | "Timeout" | "Aborted" | "PassedButRunAborted" | "Disconnected") | None => {
            Outcome::Error
        }
        Some("InProgress" | "Pending" | "NotRunnable") => Outcome::Error,
        Some("NotExecuted" | "Inconclusive") => Outcome::Skipped,
        Some(word) => {
            return Err(tag.fault(format!("the outcome `{word}` of a result is not known")));
        }
    })
}

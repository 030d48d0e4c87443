//! NUnit XML, version 3 (`<test-run>`) and version 2 (`<test-results>`).
//!
//! - A case's `result` decides; a word that is not known is an error, because it could stand for a failure. Without a
//!   `result`, as before version 2.5, `executed` and `success` decide.
//! - Inconclusive, ignored and explicit cases are skipped; a warning is a passed case with a message.
//! - A suite's own failure, such as a broken tear-down, is a case of the suite's name; one that only repeats those of
//!   its cases is not.

use crate::error::ReadError;
use crate::formats::trouble::{Trouble, file_name};
use crate::limits::NAME_BYTES;
use crate::model::{Case, Outcome, Sink};
use crate::seconds;
use crate::suites::Suites;
use crate::xml::{Handler, Tag, Text};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Holds suites and cases.
    Container,
    Suite,
    Case,
    /// A failure or a reason.
    Trouble,
    Message,
    Trace,
    Ignored,
}

pub(super) struct NUnit<'s, S> {
    sink: &'s mut S,
    places: Vec<Place>,
    suites: Suites,
    /// What is known of each suite that is open.
    open: Vec<OpenSuite>,
    case: Option<Case>,
    trouble: Option<Trouble>,
}

struct OpenSuite {
    /// It failed by itself: always, only if no case in it failed, or not.
    own: Own,
    failed_inside: bool,
    trouble: Option<Trouble>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Own {
    Always,
    Unless,
    Never,
}

impl<S: Sink> Handler for NUnit<'_, S> {
    fn open(&mut self, tag: &Tag<'_>) -> Result<(), ReadError> {
        let place = match (self.places.last(), tag.name()) {
            (None, _) | (Some(Place::Suite), "results") => Place::Container,
            (Some(Place::Container | Place::Suite), "test-suite") => self.open_suite(tag),
            (Some(Place::Container | Place::Suite), "test-case") => self.open_case(tag)?,
            (Some(Place::Case | Place::Suite), "failure" | "reason") => {
                self.trouble = Some(Trouble::new());
                Place::Trouble
            }
            (Some(Place::Trouble), "message") => Place::Message,
            (Some(Place::Trouble), "stack-trace") => Place::Trace,
            _ => Place::Ignored,
        };
        self.places.push(place);
        Ok(())
    }

    fn text(&mut self, text: &Text<'_>) {
        match (self.places.last(), &mut self.trouble) {
            (Some(Place::Message), Some(trouble)) => text.append_to(&mut trouble.message),
            (Some(Place::Trace), Some(trouble)) => text.append_to(&mut trouble.trace),
            _ => {}
        }
    }

    fn close(&mut self) {
        match self.places.pop() {
            Some(Place::Suite) => self.close_suite(),
            Some(Place::Case) => self.close_case(),
            Some(Place::Trouble) => self.close_trouble(),
            _ => {}
        }
    }
}

impl<'s, S: Sink> NUnit<'s, S> {
    pub(super) fn new(sink: &'s mut S) -> Self {
        Self {
            sink,
            places: Vec::new(),
            suites: Suites::default(),
            open: Vec::new(),
            case: None,
            trouble: None,
        }
    }

    fn open_suite(&mut self, tag: &Tag<'_>) -> Place {
        let name = tag.attribute("name", NAME_BYTES).unwrap_or_default();
        let own = if tag.says("type", &["Assembly", "Test Project", "Project"]) {
            file_name(&name)
        } else {
            &name
        };
        self.sink.suite(self.suites.open(own, None));
        let failed =
            tag.says("result", &["Failed", "Failure", "Error"]) || tag.says("success", &["False"]);
        let own = match tag.raw("site") {
            _ if !failed => Own::Never,
            Some("Child" | "Parent") => Own::Never,
            Some("TearDown") => Own::Always,
            _ => Own::Unless,
        };
        self.open.push(OpenSuite {
            own,
            failed_inside: false,
            trouble: None,
        });
        Place::Suite
    }

    fn close_suite(&mut self) {
        let Some(suite) = self.open.pop() else { return };
        let mut failed_inside = suite.failed_inside;
        let counts = suite.own == Own::Always || (suite.own == Own::Unless && !failed_inside);
        if counts {
            let mut case = Case::of_suite(self.suites.name());
            case.outcome = Outcome::Error;
            if let Some(trouble) = suite.trouble {
                trouble.tell_with_place(&mut case);
            }
            self.sink.case(case);
            failed_inside = true;
        }
        self.suites.close();
        if let Some(outer) = self.open.last_mut() {
            outer.failed_inside |= failed_inside;
        }
    }

    fn open_case(&mut self, tag: &Tag<'_>) -> Result<Place, ReadError> {
        let name = tag.filled("name", NAME_BYTES);
        let name = name.unwrap_or_else(|| "(without a name)".to_owned());
        let mut case = Case::passed(self.suites.name(), name);
        case.class_name = tag.filled("classname", NAME_BYTES).map(Into::into);
        let duration = tag.raw("duration").or_else(|| tag.raw("time"));
        case.duration = duration.and_then(seconds::parse);
        case.outcome = outcome(tag)?;
        self.case = Some(case);
        Ok(Place::Case)
    }

    fn close_case(&mut self) {
        let Some(case) = self.case.take() else { return };
        if let (true, Some(suite)) = (case.outcome.is_failure(), self.open.last_mut()) {
            suite.failed_inside = true;
        }
        self.sink.case(case);
    }

    fn close_trouble(&mut self) {
        let Some(trouble) = self.trouble.take() else {
            return;
        };
        if let Some(case) = &mut self.case {
            trouble.tell_with_place(case);
        } else if let Some(suite) = self.open.last_mut() {
            suite.trouble.get_or_insert(trouble);
        }
    }
}

fn outcome(tag: &Tag<'_>) -> Result<Outcome, ReadError> {
    let broke = tag.says("label", &["Error", "Invalid", "Cancelled"]);
    Ok(match tag.raw("result") {
        Some("Passed" | "Success" | "Warning") => Outcome::Passed,
        Some("Failed" | "Failure") if broke => Outcome::Error,
        Some("Failed" | "Failure") => Outcome::Failed,
        Some("Error" | "NotRunnable" | "Invalid" | "Cancelled") => Outcome::Error,
        Some("Skipped" | "Ignored" | "Inconclusive") => Outcome::Skipped,
        Some(word) => {
            return Err(tag.fault(format!(
                "the result `{word}` of a `<test-case>` is not known"
            )));
        }
        None if tag.says("executed", &["False"]) => Outcome::Skipped,
        None if tag.says("success", &["False"]) => Outcome::Failed,
        None if tag.says("success", &["True"]) => Outcome::Passed,
        None => return Err(tag.fault("a `<test-case>` has no `result`")),
    })
}

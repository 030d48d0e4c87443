//! NUnit XML, version 3 (`<test-run>`) and version 2 (`<test-results>`).
//!
//! - A case's `result` decides; a word that is not known is an error, because it could stand for a failure. Without a
//!   `result`, as before version 2.5, `executed`, `success` and a `<failure>` decide. Words are taken in any case.
//! - Inconclusive, ignored and explicit cases are skipped; a warning is a passed case with a message.
//! - A suite's own failure, such as a broken tear-down, is a case of the suite's name; one that only repeats those of
//!   its cases is not, nor is one whose tests were all ignored, which version 2 calls no success.

use crate::error::ReadError;
use crate::formats::trouble::{Trouble, file_name};
use crate::limits::{NAME_BYTES, SHOWN_BYTES};
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
    /// Whether what the case holds decides, because its attributes do not.
    undecided: bool,
    trouble: Option<Trouble>,
    /// Whether the trouble is a failure.
    is_failure: bool,
}

struct OpenSuite {
    /// It failed by itself: always, only if no case in it failed, or not.
    own: Own,
    failed_inside: bool,
    /// Cases in it were skipped, and none ran.
    only_skipped: Option<bool>,
    failure: bool,
    trouble: Option<Trouble>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Own {
    Always,
    Unless,
    /// The same, but not where it only says that nothing ran.
    UnlessSkipped,
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
                self.is_failure = tag.name() == "failure";
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
            undecided: false,
            trouble: None,
            is_failure: false,
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
        let failed = match word(tag, "result").as_deref() {
            Some("failed" | "failure" | "error" | "notrunnable" | "invalid" | "cancelled") => {
                Own::Unless
            }
            Some(
                "passed" | "success" | "warning" | "skipped" | "ignored" | "inconclusive"
                | "explicit",
            ) => Own::Never,
            _ if is(tag, "success", "false") => Own::UnlessSkipped,
            _ => Own::Never,
        };
        let own = match word(tag, "site").as_deref() {
            Some("child" | "parent") => Own::Never,
            Some("teardown") if failed != Own::Never => Own::Always,
            _ => failed,
        };
        self.open.push(OpenSuite {
            own,
            failed_inside: false,
            only_skipped: None,
            failure: false,
            trouble: None,
        });
        Place::Suite
    }

    fn close_suite(&mut self) {
        let Some(suite) = self.open.pop() else { return };
        let mut failed_inside = suite.failed_inside;
        let counts = match suite.own {
            Own::Always => true,
            Own::Unless => !failed_inside,
            Own::UnlessSkipped => {
                !failed_inside && (suite.failure || suite.only_skipped != Some(true))
            }
            Own::Never => false,
        };
        if counts {
            let mut case = Case::of_suite(self.suites.name());
            case.outcome = Outcome::Error;
            if let Some(trouble) = suite.trouble {
                trouble.tell(&mut case);
            }
            self.sink.case(case);
            failed_inside = true;
        }
        self.suites.close();
        if let Some(outer) = self.open.last_mut() {
            outer.failed_inside |= failed_inside;
            outer.saw(suite.only_skipped);
        }
    }

    fn open_case(&mut self, tag: &Tag<'_>) -> Result<Place, ReadError> {
        let name = tag.filled("name", NAME_BYTES);
        let name = name.unwrap_or_else(|| "(without a name)".to_owned());
        let mut case = Case::passed(self.suites.name(), name);
        case.class_name = tag.filled("classname", NAME_BYTES).map(Into::into);
        let duration = tag.raw("duration").or_else(|| tag.raw("time"));
        case.duration = duration.and_then(seconds::parse);
        let outcome = outcome(tag)?;
        self.undecided = outcome.is_none();
        case.outcome = outcome.unwrap_or(Outcome::Passed);
        self.case = Some(case);
        Ok(Place::Case)
    }

    fn close_case(&mut self) {
        let Some(case) = self.case.take() else { return };
        if let Some(suite) = self.open.last_mut() {
            suite.failed_inside |= case.outcome.is_failure();
            suite.saw(Some(case.outcome == Outcome::Skipped));
        }
        self.sink.case(case);
    }

    fn close_trouble(&mut self) {
        let Some(trouble) = self.trouble.take() else {
            return;
        };
        if let Some(case) = &mut self.case {
            if self.undecided && self.is_failure {
                case.outcome = Outcome::Failed;
            }
            trouble.tell(case);
        } else if let Some(suite) = self.open.last_mut() {
            suite.failure |= self.is_failure;
            suite.trouble.get_or_insert(trouble);
        }
    }
}

impl OpenSuite {
    /// Takes in whether what is in it was only skipped; `None` if there was nothing.
    fn saw(&mut self, only_skipped: Option<bool>) {
        if let Some(skipped) = only_skipped {
            self.only_skipped = Some(skipped && self.only_skipped != Some(false));
        }
    }
}

/// An attribute's word in small letters.
fn word(tag: &Tag<'_>, name: &str) -> Option<String> {
    tag.raw(name).map(|word| word.trim().to_ascii_lowercase())
}

fn is(tag: &Tag<'_>, name: &str, wanted: &str) -> bool {
    word(tag, name).is_some_and(|word| word == wanted)
}

/// How the case ended, as its attributes tell; `None` if what it holds decides.
fn outcome(tag: &Tag<'_>) -> Result<Option<Outcome>, ReadError> {
    let broke = matches!(
        word(tag, "label").as_deref(),
        Some("error" | "invalid" | "cancelled")
    );
    Ok(Some(match word(tag, "result").as_deref() {
        Some("passed" | "success" | "warning") => Outcome::Passed,
        Some("failed" | "failure") if broke => Outcome::Error,
        Some("failed" | "failure") => Outcome::Failed,
        Some("error" | "notrunnable" | "invalid" | "cancelled") => Outcome::Error,
        Some("skipped" | "ignored" | "inconclusive" | "explicit") => Outcome::Skipped,
        Some(_) => {
            let result = tag.attribute("result", SHOWN_BYTES).unwrap_or_default();
            return Err(tag.fault(format!(
                "the result `{result}` of a `<test-case>` is not known"
            )));
        }
        None if is(tag, "executed", "false") => Outcome::Skipped,
        None if is(tag, "success", "false") => Outcome::Failed,
        None if is(tag, "success", "true") || is(tag, "executed", "true") => return Ok(None),
        None => return Err(tag.fault("a `<test-case>` has no `result`")),
    }))
}

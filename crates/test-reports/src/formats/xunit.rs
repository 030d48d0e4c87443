//! xUnit.net XML, version 2 (`<assemblies>`) and the older form with classes.
//!
//! A word that is no known result is an error, because it could stand for a failure. An `<error>` beside the tests,
//! such as a clean-up that broke, is a case of its own.

use crate::error::ReadError;
use crate::formats::trouble::{Trouble, file_name};
use crate::limits::NAME_BYTES;
use crate::model::{Case, Outcome, Sink};
use crate::seconds;
use crate::suites::Suites;
use crate::xml::{Handler, Tag, Text};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Assemblies,
    /// An assembly, a collection or a class.
    Suite,
    Errors,
    /// A test or an error.
    Case,
    Failure,
    Message,
    Trace,
    Ignored,
}

pub(super) struct XUnit<'s, S> {
    sink: &'s mut S,
    places: Vec<Place>,
    suites: Suites,
    case: Option<Case>,
    trouble: Option<Trouble>,
}

impl<S: Sink> Handler for XUnit<'_, S> {
    fn open(&mut self, tag: &Tag<'_>) -> Result<(), ReadError> {
        let place = match (self.places.last(), tag.name()) {
            (None, "assemblies") => Place::Assemblies,
            (None | Some(Place::Assemblies), "assembly") => self.open_suite(tag, true),
            (Some(Place::Suite), "collection" | "class") => self.open_suite(tag, false),
            (Some(Place::Suite), "errors") => Place::Errors,
            (Some(Place::Suite), "test") => self.open_test(tag)?,
            (Some(Place::Errors), "error") => self.open_error(tag),
            (Some(Place::Case), "failure") => {
                self.trouble = Some(Trouble::new());
                Place::Failure
            }
            (Some(Place::Case), "reason" | "warnings") => {
                self.trouble = Some(Trouble::new());
                Place::Message
            }
            (Some(Place::Failure | Place::Message), "message" | "warning") => Place::Message,
            (Some(Place::Failure), "stack-trace") => Place::Trace,
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
            Some(Place::Suite) => self.suites.close(),
            Some(Place::Case) => {
                if let Some(case) = self.case.take() {
                    self.sink.case(case);
                }
            }
            Some(Place::Failure | Place::Message) if self.places.last() == Some(&Place::Case) => {
                if let (Some(case), Some(trouble)) = (&mut self.case, self.trouble.take()) {
                    trouble.tell(case);
                }
            }
            _ => {}
        }
    }
}

impl<'s, S: Sink> XUnit<'s, S> {
    pub(super) fn new(sink: &'s mut S) -> Self {
        Self {
            sink,
            places: Vec::new(),
            suites: Suites::default(),
            case: None,
            trouble: None,
        }
    }

    fn open_suite(&mut self, tag: &Tag<'_>, is_path: bool) -> Place {
        let name = tag.attribute("name", NAME_BYTES).unwrap_or_default();
        let own = if is_path { file_name(&name) } else { &name };
        self.sink.suite(self.suites.open(own, None));
        Place::Suite
    }

    fn open_test(&mut self, tag: &Tag<'_>) -> Result<Place, ReadError> {
        let name = tag
            .filled("name", NAME_BYTES)
            .or_else(|| tag.filled("method", NAME_BYTES))
            .unwrap_or_else(|| "(without a name)".to_owned());
        let mut case = Case::passed(self.suites.name(), name);
        case.class_name = tag.filled("type", NAME_BYTES).map(Into::into);
        case.file = tag.filled("source-file", NAME_BYTES);
        case.line = tag.number("source-line").filter(|&line| line > 0);
        case.duration = tag.raw("time").and_then(seconds::parse);
        case.outcome = match tag.raw("result") {
            Some("Pass") => Outcome::Passed,
            Some("Fail") => Outcome::Failed,
            Some("Skip" | "NotRun") => Outcome::Skipped,
            Some(word) => {
                return Err(tag.fault(format!("the result `{word}` of a `<test>` is not known")));
            }
            None => return Err(tag.fault("a `<test>` has no `result`")),
        };
        self.case = Some(case);
        Ok(Place::Case)
    }

    fn open_error(&mut self, tag: &Tag<'_>) -> Place {
        let mut case = Case::of_suite(self.suites.name());
        let name = tag
            .filled("name", NAME_BYTES)
            .or_else(|| tag.filled("type", NAME_BYTES));
        if let Some(name) = name {
            case.name = name;
        }
        case.outcome = Outcome::Error;
        self.case = Some(case);
        Place::Case
    }
}

//! JUnit XML, as the many tools that call theirs so write it.
//!
//! - Suites nest under `<testsuites>`, `<testsuite>` or `<testrun>`; only the cases count, a suite's own totals do not.
//! - `<error>` beats `<failure>`; the first message in the file is the case's. Both beat `<skipped>`.
//! - `<flakyFailure>` and `<flakyError>` alone make a passed, flaky case. `<rerunFailure>` and `<rerunError>` repeat a
//!   `<failure>` and count on their own only without one.
//! - A failure directly in a suite, such as a broken fixture, is a case of the suite's name.
//! - What says no more than "Failed" is no message; then a line of the details is, and the output where there are none. A panic of
//!   Rust names its place.
//! - A suite's name loses a time stamp and the folders of a path: they would make it another suite in every run.
//! - A disabled case (`status="notrun"`, `result="suppressed"`) is skipped.

mod draft;
mod naming;

use crate::error::ReadError;
use crate::limits::NAME_BYTES;
use crate::model::{Case, Sink};
use crate::suites::{Recurring, Suites};
use crate::xml::{Handler, Tag, Text};
use draft::{Draft, Finding};

/// What an open element is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Holds suites and cases and has no name of its own.
    Container,
    Suite,
    Case,
    /// A failure, an error, a skip, or a retried one.
    Finding,
    /// A part of a finding's text.
    Trace,
    /// What the case printed.
    Output,
    Ignored,
}

pub(super) struct JUnit<'s, S> {
    sink: &'s mut S,
    places: Vec<Place>,
    suites: Suites,
    class: Recurring,
    draft: Option<Draft>,
    finding: Option<Finding>,
}

impl<S: Sink> Handler for JUnit<'_, S> {
    fn open(&mut self, tag: &Tag<'_>) -> Result<(), ReadError> {
        let parent = self.places.last().copied().unwrap_or(Place::Container);
        let place = match (parent, tag.name()) {
            (Place::Container, "testsuites" | "testrun") | (Place::Suite, "testsuites") => {
                Place::Container
            }
            (Place::Container | Place::Suite, "testsuite") => self.open_suite(tag),
            (Place::Container | Place::Suite, "testcase") => self.open_case(tag),
            (Place::Suite, "failure" | "error") => self.open_suite_finding(tag),
            (Place::Case, "system-out") => Place::Output,
            (Place::Case, name) => self.open_finding(name, tag),
            (Place::Finding, "stackTrace") => Place::Trace,
            _ => Place::Ignored,
        };
        self.places.push(place);
        Ok(())
    }

    fn text(&mut self, text: &Text<'_>) {
        match (self.places.last(), &mut self.finding, &mut self.draft) {
            (Some(Place::Finding | Place::Trace), Some(finding), _) => {
                text.append_to(finding.details());
            }
            (Some(Place::Output), _, Some(draft)) => draft.output(text),
            _ => {}
        }
    }

    fn close(&mut self) {
        match self.places.pop() {
            Some(Place::Suite) => self.suites.close(),
            Some(Place::Case) => self.finish_case(),
            Some(Place::Finding) => {
                if let (Some(draft), Some(finding)) = (&mut self.draft, self.finding.take()) {
                    draft.settle(finding);
                }
                if self.places.last() == Some(&Place::Suite) {
                    self.finish_case();
                }
            }
            Some(Place::Container | Place::Trace | Place::Output | Place::Ignored) | None => {}
        }
    }
}

impl<'s, S: Sink> JUnit<'s, S> {
    pub(super) fn new(sink: &'s mut S) -> Self {
        Self {
            sink,
            places: Vec::new(),
            suites: Suites::default(),
            class: Recurring::default(),
            draft: None,
            finding: None,
        }
    }

    fn open_suite(&mut self, tag: &Tag<'_>) -> Place {
        let own = tag.attribute("name", NAME_BYTES).unwrap_or_default();
        let own = naming::lasting(&own);
        let name = self.suites.open(own, tag.filled("file", NAME_BYTES));
        self.sink.suite(name);
        Place::Suite
    }

    fn open_case(&mut self, tag: &Tag<'_>) -> Place {
        self.draft = Some(Draft::of_case(tag, &self.suites, &mut self.class));
        Place::Case
    }

    fn open_suite_finding(&mut self, tag: &Tag<'_>) -> Place {
        let mut case = Case::of_suite(self.suites.name());
        case.file = self.suites.file().map(str::to_owned);
        self.draft = Some(Draft::of(case));
        self.open_finding(tag.name(), tag)
    }

    fn open_finding(&mut self, name: &str, tag: &Tag<'_>) -> Place {
        self.finding = Finding::open(name, tag);
        if self.finding.is_some() {
            Place::Finding
        } else {
            Place::Ignored
        }
    }

    fn finish_case(&mut self) {
        if let Some(draft) = self.draft.take() {
            self.sink.case(draft.finish());
        }
    }
}

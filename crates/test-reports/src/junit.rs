//! JUnit XML, as the many tools that call theirs so write it.
//!
//! - Suites nest under `<testsuites>`, `<testsuite>` or `<testrun>`; only the cases count, a suite's own totals do not.
//! - `<error>` beats `<failure>`; the first message in the file is the case's. Both beat `<skipped>`.
//! - `<flakyFailure>` and `<flakyError>` alone make a passed, flaky case. `<rerunFailure>` and `<rerunError>` repeat a
//!   `<failure>` and count on their own only without one.
//! - A failure directly in a suite, such as a broken fixture, is a case of the suite's name.
//! - A disabled case (`status="notrun"`, `result="suppressed"`) is skipped.

mod draft;

use std::io::BufRead;

use crate::error::ReadError;
use crate::limits::NAME_BYTES;
use crate::model::Sink;
use crate::text::clip;
use crate::xml::{Document, Node, Tag};
use draft::{Draft, Finding};

const SUITE_SEPARATOR: &str = " > ";

/// Reads what follows the root element.
pub(crate) fn read<R: BufRead>(
    root: &Tag<'_>,
    document: &mut Document<R>,
    sink: &mut impl Sink,
) -> Result<(), ReadError> {
    let mut reader = JUnit {
        sink,
        places: Vec::new(),
        suites: Vec::new(),
        draft: None,
        finding: None,
    };
    reader.open(root);
    loop {
        match document.next()? {
            Node::Open(tag) => reader.open(&tag),
            Node::Text(text) => reader.text(&text),
            Node::Close => reader.close(),
            Node::Aside => {}
            Node::End => return Ok(()),
        }
    }
}

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
    Ignored,
}

struct JUnit<'s, S> {
    sink: &'s mut S,
    places: Vec<Place>,
    suites: Vec<Suite>,
    draft: Option<Draft>,
    finding: Option<Finding>,
}

struct Suite {
    /// Its own name after those of the suites around it.
    name: String,
    file: Option<String>,
}

impl<S: Sink> JUnit<'_, S> {
    fn open(&mut self, tag: &Tag<'_>) {
        let parent = self.places.last().copied().unwrap_or(Place::Container);
        let place = match (parent, tag.name()) {
            (Place::Container, "testsuites" | "testrun") | (Place::Suite, "testsuites") => {
                Place::Container
            }
            (Place::Container | Place::Suite, "testsuite") => self.open_suite(tag),
            (Place::Container | Place::Suite, "testcase") => self.open_case(tag),
            (Place::Suite, "failure" | "error") => self.open_suite_finding(tag),
            (Place::Case, name) => self.open_finding(name, tag),
            (Place::Finding, "stackTrace") => Place::Trace,
            _ => Place::Ignored,
        };
        self.places.push(place);
    }

    fn open_suite(&mut self, tag: &Tag<'_>) -> Place {
        let own = tag.attribute("name", NAME_BYTES).unwrap_or_default();
        let outer = self.suites.last().map_or("", |suite| suite.name.as_str());
        let name = match (outer.is_empty(), own.is_empty()) {
            (true, _) => own,
            (false, true) => outer.to_owned(),
            (false, false) => clip(&format!("{outer}{SUITE_SEPARATOR}{own}"), NAME_BYTES),
        };
        let file = tag
            .attribute("file", NAME_BYTES)
            .or_else(|| self.suites.last()?.file.clone());
        self.sink.suite(&name);
        self.suites.push(Suite { name, file });
        Place::Suite
    }

    fn open_case(&mut self, tag: &Tag<'_>) -> Place {
        let (suite, file) = match self.suites.last() {
            Some(suite) => (suite.name.clone(), suite.file.clone()),
            None => (String::new(), None),
        };
        self.draft = Some(Draft::of_case(tag, suite, file));
        Place::Case
    }

    fn open_suite_finding(&mut self, tag: &Tag<'_>) -> Place {
        if let Some(suite) = self.suites.last() {
            self.draft = Some(Draft::of_suite(suite.name.clone(), suite.file.clone()));
        }
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

    fn text(&mut self, text: &str) {
        let place = self.places.last();
        if let (Some(Place::Finding | Place::Trace), Some(finding)) = (place, &mut self.finding) {
            finding.text(text);
        }
    }

    fn close(&mut self) {
        match self.places.pop() {
            Some(Place::Suite) => {
                self.suites.pop();
            }
            Some(Place::Case) => self.finish_case(),
            Some(Place::Finding) => {
                if let (Some(draft), Some(finding)) = (&mut self.draft, self.finding.take()) {
                    draft.settle(finding);
                }
                if self.places.last() == Some(&Place::Suite) {
                    self.finish_case();
                }
            }
            Some(Place::Container | Place::Trace | Place::Ignored) | None => {}
        }
    }

    fn finish_case(&mut self) {
        if let Some(draft) = self.draft.take() {
            self.sink.case(draft.finish());
        }
    }
}

//! JUnit XML, as the many tools that call theirs so write it.
//!
//! - Suites nest under `<testsuites>`, `<testsuite>` or `<testrun>`; only the cases count, a suite's own totals do not. But
//!   where those state failures and no case in the suite shows one, that is an error of the suite: whatever failed is not
//!   told. The same where all suites together count fewer than what is around them, such as Go's package that did not
//!   compile.
//! - `<error>` beats `<failure>`; the first message in the file is the case's. Both beat `<skipped>`.
//! - `<flakyFailure>` and `<flakyError>` alone make a passed, flaky case. `<rerunFailure>` and `<rerunError>` repeat a
//!   `<failure>` and count on their own only without one.
//! - A failure directly in a suite, such as a broken fixture, is a case of the suite's name.
//! - What says no more than "Failed" is no message; then a line of the details is, and the output where there are none. A panic of
//!   Rust names its place.
//! - A suite's name loses a time stamp and the folders of a path: they would make it another suite in every run.
//! - A disabled case (`status="notrun"`, `result="suppressed"`, `<ignored/>` of TestNG) is skipped.

mod draft;
mod naming;

use crate::error::ReadError;
use crate::limits::NAME_BYTES;
use crate::model::{Case, Outcome, Sink};
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
    /// What is stated of each container and suite that is open.
    stated: Vec<Stated>,
    draft: Option<Draft>,
    finding: Option<Finding>,
}

/// What a suite says of itself, and what is in it.
#[derive(Default)]
struct Stated {
    /// Failures and errors, if it counts them.
    failures: Option<u64>,
    /// Cases in it that failed, at first at least.
    shown: u64,
    /// What the suites in it state; `None` if one of them does not count.
    inner: Option<u64>,
}

impl Stated {
    fn of(tag: &Tag<'_>) -> Self {
        let number = |name| tag.number::<u64>(name);
        let (failures, errors) = (number("failures"), number("errors"));
        let sum = failures
            .unwrap_or_default()
            .saturating_add(errors.unwrap_or_default());
        Self {
            failures: failures.or(errors).map(|_| sum),
            shown: 0,
            inner: Some(0),
        }
    }

    /// The failures that are counted and that nothing in it tells of.
    fn untold(&self, is_container: bool) -> u64 {
        let stated = self.failures.unwrap_or_default();
        match self.inner {
            // One case may be a failure and an error, so only numbers of suites can be compared.
            Some(inner) if is_container && inner > 0 => {
                stated.saturating_sub(inner.max(self.shown))
            }
            _ if self.shown == 0 => stated,
            _ => 0,
        }
    }

    fn add(&mut self, inner: &Self) {
        self.shown = self.shown.saturating_add(inner.shown);
        let sum = |(sum, more): (u64, u64)| sum.saturating_add(more);
        self.inner = self.inner.zip(inner.failures).map(sum);
    }
}

impl<S: Sink> Handler for JUnit<'_, S> {
    fn open(&mut self, tag: &Tag<'_>) -> Result<(), ReadError> {
        let parent = self.places.last().copied().unwrap_or(Place::Container);
        let place = match (parent, tag.name()) {
            (Place::Container, "testsuites" | "testrun") | (Place::Suite, "testsuites") => {
                self.stated.push(Stated::of(tag));
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
            Some(Place::Suite) => {
                self.close_stated(false);
                self.suites.close();
            }
            Some(Place::Container) => self.close_stated(true),
            Some(Place::Case) => self.finish_case(),
            Some(Place::Finding) => {
                if let (Some(draft), Some(finding)) = (&mut self.draft, self.finding.take()) {
                    draft.settle(finding);
                }
                if self.places.last() == Some(&Place::Suite) {
                    self.finish_case();
                }
            }
            Some(Place::Trace | Place::Output | Place::Ignored) | None => {}
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
            stated: Vec::new(),
            draft: None,
            finding: None,
        }
    }

    fn open_suite(&mut self, tag: &Tag<'_>) -> Place {
        let own = tag.attribute("name", NAME_BYTES).unwrap_or_default();
        let own = naming::lasting(&own);
        let name = self.suites.open(own, tag.filled("file", NAME_BYTES));
        self.sink.suite(name);
        self.stated.push(Stated::of(tag));
        Place::Suite
    }

    /// A failure that is counted and not shown is told all the same.
    fn close_stated(&mut self, is_container: bool) {
        let Some(mut stated) = self.stated.pop() else {
            return;
        };
        let untold = stated.untold(is_container);
        if untold > 0 {
            let mut case = Case::of_suite(self.suites.name());
            let failures = if untold == 1 {
                "a failure".to_owned()
            } else {
                format!("{untold} failures")
            };
            case.outcome = Outcome::Error;
            case.message = Some(format!(
                "the report counts {failures} in here that no test in it shows"
            ));
            case.file = self.suites.file().map(str::to_owned);
            self.sink.case(case);
            stated.shown = stated.shown.saturating_add(untold);
        }
        if let Some(outer) = self.stated.last_mut() {
            outer.add(&stated);
        }
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
            let case = draft.finish();
            if let (true, Some(suite)) = (
                case.flaky || case.outcome.is_failure(),
                self.stated.last_mut(),
            ) {
                suite.shown += 1;
            }
            self.sink.case(case);
        }
    }
}

//! JUnit XML, as the many tools that call theirs so write it.
//!
//! - Suites nest under `<testsuites>`, `<testsuite>` or `<testrun>`; only the cases count, a suite's own totals do not. But
//!   where those state failures and no case in the suite shows one, that is an error of the suite: whatever failed is not
//!   told. The same where all suites together count fewer than what is around them, such as Go's package that did not
//!   compile.
//! - `<error>` beats `<failure>`; the first message in the file is the case's. Both beat `<skipped>`.
//! - `<flakyFailure>` and `<flakyError>` alone make a passed, flaky case. `<rerunFailure>` and `<rerunError>` repeat a
//!   `<failure>` and count on their own only without one.
//! - Tries of one test that are listed as cases are one case where the totals of the suite say so, see [`tries`]; a failure
//!   beside a `<skipped>` was expected where they do not count it. Skipped tests that are only counted are counted.
//! - A failure directly in a suite, such as a broken fixture, is a case of the suite's name.
//! - What says no more than "Failed" is no message; then a line of the details is, and the output where there are none. A panic of
//!   Rust names its place.
//! - A suite's name loses a time stamp and the folders of a path: they would make it another suite in every run.
//! - A disabled case (`status="notrun"`, `result="suppressed"`, `<ignored/>` of TestNG) is skipped.

mod draft;
mod naming;
mod placed;
mod tries;

use crate::error::ReadError;
use crate::format::unknown;
use crate::limits::NAME_BYTES;
use crate::model::{Case, Outcome, Sink};
use crate::suites::{Recurring, Suites};
use crate::xml::{Handler, Tag, Text};
use draft::{Draft, Ended, Finding};
use tries::{Failing, Totals, Tries};

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
    /// The case that is being read, or the last one: what follows it may be a further try.
    draft: Option<Draft>,
    finding: Option<Finding>,
    /// Cases of the innermost suite that wait for its end.
    tries: Tries,
    /// How many cases were opened.
    opened: u64,
    /// Whether any case was told.
    has_cases: bool,
    /// The first element that no suite of JUnit has: without a case, the report is none.
    foreign: Option<ReadError>,
}

/// What a suite says of itself, and what is in it.
#[derive(Default)]
struct Stated {
    /// Tests, if it counts them.
    tests: Option<u64>,
    /// Failures and errors, if it counts them.
    failures: Option<u64>,
    /// Skipped tests, if it counts them.
    skipped: Option<u64>,
    /// Cases in it.
    listed: u64,
    /// Cases in it that failed, at first at least.
    shown: u64,
    /// Cases in it that were skipped.
    shown_skipped: u64,
    /// Cases right in it that failed, but for those that wait.
    told: Failing,
    /// What the suites in it state; `None` if one of them does not count.
    inner: Option<u64>,
    /// Its totals are of one list of cases, of which none was told too early.
    decides: bool,
    /// It is of pytest, whose tries look like tests that passed, and are among others where tests run side by side: all
    /// cases wait.
    is_of_pytest: bool,
}

impl Stated {
    fn of(tag: &Tag<'_>) -> Self {
        let number = |name| tag.number::<u64>(name);
        let (failures, errors) = (number("failures"), number("errors"));
        let sum = failures
            .unwrap_or_default()
            .saturating_add(errors.unwrap_or_default());
        let tests = number("tests");
        Self {
            tests,
            failures: failures.or(errors).map(|_| sum),
            skipped: number("skipped"),
            inner: Some(0),
            decides: true,
            is_of_pytest: tests.is_some() && tag.raw("name") == Some("pytest"),
            ..Self::default()
        }
    }

    /// Whether a case waits for the totals; `again` if it has the name of its neighbour.
    fn may_change(&self, ended: &Ended, again: bool) -> bool {
        let counts_tests = self.tests.is_some();
        let is_failure = ended.case.outcome.is_failure();
        self.decides
            && (self.is_of_pytest
                || (again && counts_tests)
                || (is_failure && counts_tests && self.failures == Some(0))
                || (ended.excuse.is_some() && self.failures.is_some()))
    }

    fn count(&mut self, ended: &Ended) {
        self.listed += 1;
        let case = &ended.case;
        self.shown += u64::from(case.flaky || case.outcome.is_failure() || ended.failures > 0);
        self.shown_skipped += u64::from(case.outcome == Outcome::Skipped);
        self.told.add(ended);
    }

    /// Skipped tests that are counted and not listed. So many tests must be missing.
    fn unlisted_skips(&self) -> u64 {
        let skipped = self.skipped.unwrap_or_default();
        let unlisted = skipped.saturating_sub(self.shown_skipped);
        let missing = self.tests.unwrap_or_default().saturating_sub(self.listed);
        if unlisted <= missing { unlisted } else { 0 }
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
        self.decides = false;
        self.listed = self.listed.saturating_add(inner.listed);
        self.shown_skipped = self.shown_skipped.saturating_add(inner.shown_skipped);
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
                self.begin_suite(tag);
                Place::Container
            }
            (Place::Container | Place::Suite, "testsuite") => self.open_suite(tag),
            (Place::Container | Place::Suite, "testcase") => self.open_case(tag),
            (Place::Suite, "failure" | "error") => self.open_suite_finding(tag),
            (Place::Case, "system-out") => Place::Output,
            (Place::Case, name) => self.open_finding(name, tag),
            (Place::Finding, "stackTrace") => Place::Trace,
            (Place::Container | Place::Suite, name) => {
                self.ignore_in_suite(name, tag);
                Place::Ignored
            }
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
            Some(Place::Finding) => {
                if let (Some(draft), Some(finding)) = (&mut self.draft, self.finding.take()) {
                    draft.settle(finding);
                }
                if self.places.last() == Some(&Place::Suite) {
                    self.finish_case(false);
                }
            }
            Some(Place::Case | Place::Trace | Place::Output | Place::Ignored) | None => {}
        }
    }

    fn finish(&mut self) {
        // A fault may have ended the document inside a case.
        let is_whole = self.finding.is_none() && !self.places.contains(&Place::Case);
        if is_whole {
            self.finish_case(false);
        }
        self.release();
    }

    fn fault(&mut self) -> Option<ReadError> {
        self.foreign.take().filter(|_| !self.has_cases)
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
            tries: Tries::default(),
            opened: 0,
            has_cases: false,
            foreign: None,
        }
    }

    /// The totals of a suite or container begin to count.
    fn begin_suite(&mut self, tag: &Tag<'_>) {
        self.finish_case(false);
        self.release();
        self.stated.push(Stated::of(tag));
    }

    /// Remembers what is in no suite of JUnit.
    fn ignore_in_suite(&mut self, name: &str, tag: &Tag<'_>) {
        let is_known = matches!(
            name,
            "properties" | "property" | "system-out" | "system-err" | "skipped"
        );
        if !is_known && !self.has_cases && self.foreign.is_none() {
            let message = format!("`<{name}>` among suites without a test: {}", unknown());
            self.foreign = Some(tag.fault(message));
        }
    }

    fn open_suite(&mut self, tag: &Tag<'_>) -> Place {
        self.begin_suite(tag);
        let own = tag.attribute("name", NAME_BYTES).unwrap_or_default();
        let own = naming::lasting(&own);
        let name = self.suites.open(own, tag.filled("file", NAME_BYTES));
        self.sink.suite(name);
        Place::Suite
    }

    /// A failure that is counted and not shown is told all the same.
    fn close_stated(&mut self, is_container: bool) {
        self.finish_case(false);
        self.decide();
        let Some(mut stated) = self.stated.pop() else {
            return;
        };
        let unlisted = stated.unlisted_skips();
        if unlisted > 0 {
            self.sink.skipped(unlisted);
            stated.listed = stated.listed.saturating_add(unlisted);
            stated.shown_skipped = stated.shown_skipped.saturating_add(unlisted);
        }
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
            self.has_cases = true;
            self.sink.case(case);
            stated.shown = stated.shown.saturating_add(untold);
        }
        if let Some(outer) = self.stated.last_mut() {
            outer.add(&stated);
        }
    }

    fn open_case(&mut self, tag: &Tag<'_>) -> Place {
        let mut next = Draft::of_case(tag, &self.suites, &mut self.class);
        self.opened += 1;
        next.drop_number(self.opened);
        let again = self.draft.as_ref().is_some_and(|last| last.is_as(&next));
        self.finish_case(again);
        self.draft = Some(next);
        Place::Case
    }

    fn open_suite_finding(&mut self, tag: &Tag<'_>) -> Place {
        self.finish_case(false);
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

    /// The last case is complete; `again` if one of its name follows.
    fn finish_case(&mut self, again: bool) {
        let Some(draft) = self.draft.take() else {
            return;
        };
        let ended = draft.finish();
        self.has_cases = true;
        let Some(suite) = self.stated.last_mut() else {
            return self.sink.case(ended.case);
        };
        if !self.tries.is_empty() || suite.may_change(&ended, again) {
            if !self.tries.add(ended) {
                self.release();
            }
            return;
        }
        suite.count(&ended);
        self.sink.case(ended.case);
    }

    /// Tells the cases that wait as they are: the totals of their suite cannot be compared.
    fn release(&mut self) {
        if self.tries.is_empty() {
            return;
        }
        let mut suite = self.stated.last_mut();
        for ended in self.tries.release() {
            if let Some(suite) = &mut suite {
                suite.decides = false;
                suite.count(&ended);
            }
            self.sink.case(ended.case);
        }
    }

    /// Tells the cases that wait, now that their suite is over.
    fn decide(&mut self) {
        let Some(suite) = self.stated.last_mut().filter(|_| !self.tries.is_empty()) else {
            return;
        };
        let totals = Totals {
            tests: suite.tests,
            failures: suite.failures,
            hides_tries: suite.is_of_pytest,
            listed: suite.listed + self.tries.len(),
            told: suite.told,
        };
        for ended in self.tries.decide(totals) {
            suite.count(&ended);
            self.sink.case(ended.case);
        }
    }
}

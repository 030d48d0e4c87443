//! A case while it is read: what its findings make of it.

use std::borrow::Cow;

use super::naming::{could_not_start, says_nothing, without_number};
use super::placed::placed;
use crate::formats::telling::{exception, of_catch, step, telling, telling_line, uncut};
use crate::limits::{NAME_BYTES, TEXT_BYTES};
use crate::model::{Case, Outcome};
use crate::place::Place;
use crate::seconds;
use crate::suites::{Recurring, Suites};
use crate::text::{Clipped, clip, unescape, without_colours};
use crate::xml::{Tag, Text};

/// How much a finding says about the case; a weightier one displaces a lighter one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    /// It failed at first and passed later.
    Flaky,
    Skipped,
    /// It failed again when it was tried again.
    Repeated,
    Failing,
}

/// An element in a case that says how it ended.
#[derive(Debug)]
pub(super) struct Finding {
    weight: Weight,
    outcome: Outcome,
    message: Option<String>,
    kind: Option<String>,
    /// Where it happened: a file and a line.
    place: (Option<String>, Option<u32>),
    details: Clipped,
}

impl Finding {
    /// `None` if the element says nothing about the outcome.
    pub(super) fn open(name: &str, tag: &Tag<'_>) -> Option<Self> {
        let (weight, outcome) = match name {
            "failure" | "failed" => (Weight::Failing, Outcome::Failed),
            "error" => (Weight::Failing, Outcome::Error),
            "rerunFailure" => (Weight::Repeated, Outcome::Failed),
            "rerunError" => (Weight::Repeated, Outcome::Error),
            "skipped" | "ignored" | "disabled" => (Weight::Skipped, Outcome::Skipped),
            "flakyFailure" | "flakyError" => (Weight::Flaky, Outcome::Passed),
            _ => return None,
        };
        Some(Self {
            weight,
            outcome,
            message: tag
                .filled("message", TEXT_BYTES)
                .map(without_blank_ends)
                .filter(|message| !message.is_empty() && !says_nothing(message)),
            kind: tag.filled("type", NAME_BYTES),
            place: (
                tag.filled("file", NAME_BYTES),
                tag.number("line").filter(|&line| line > 0),
            ),
            details: Clipped::new(TEXT_BYTES),
        })
    }

    /// Takes in the text of the element.
    pub(super) fn details(&mut self) -> &mut Clipped {
        &mut self.details
    }
}

/// Kinds of errors by which PHPUnit 9 says that a test held and is of little worth. It ends well with them.
const RISKY: [&str; 5] = [
    "PHPUnit\\Framework\\RiskyTestError",
    "PHPUnit\\Framework\\OutputError",
    "PHPUnit\\Framework\\MissingCoversAnnotationException",
    "PHPUnit\\Framework\\UnintentionallyCoveredCodeError",
    "PHPUnit\\Framework\\CoveredCodeNotExecutedException",
];

/// A case that is complete, and what its suite must still say of it.
pub(super) struct Ended {
    pub(super) case: Case,
    /// How many failures and errors are in it, whatever it became.
    pub(super) failures: u64,
    /// It is marked as skipped beside its failures, with this reason perhaps: it may have been expected to fail.
    pub(super) excuse: Option<Excuse>,
}

/// Why a case may fail.
#[derive(Debug)]
pub(super) struct Excuse {
    pub(super) reason: Option<String>,
    /// The tool says by itself that the failure is none.
    is_certain: bool,
}

/// A case that is not complete yet.
#[derive(Debug)]
pub(super) struct Draft {
    case: Case,
    weightiest: Option<Weight>,
    failures: u64,
    excuse: Option<Excuse>,
    /// What the case printed, if nothing else says why it failed.
    output: Option<Clipped>,
}

/// The attributes of a case, found in one pass.
#[derive(Default)]
struct Written<'a> {
    name: Option<&'a str>,
    class_name: Option<&'a str>,
    class: Option<&'a str>,
    file: Option<&'a str>,
    line: Option<&'a str>,
    time: Option<&'a str>,
    status: Option<&'a str>,
    result: Option<&'a str>,
}

impl<'a> Written<'a> {
    fn of(tag: &Tag<'a>) -> Self {
        let mut written = Self::default();
        for (name, value) in tag.attributes() {
            let known = match name {
                "name" => &mut written.name,
                "classname" => &mut written.class_name,
                "class" => &mut written.class,
                "file" => &mut written.file,
                "line" => &mut written.line,
                "time" => &mut written.time,
                "status" => &mut written.status,
                "result" => &mut written.result,
                _ => continue,
            };
            known.get_or_insert(value);
        }
        written
    }
}

/// What an attribute says, unless it says nothing.
fn filled(raw: Option<&str>) -> Option<Cow<'_, str>> {
    raw.filter(|raw| !raw.is_empty()).map(unescape)
}

impl Draft {
    pub(super) fn of_case(tag: &Tag<'_>, suites: &Suites, class: &mut Recurring) -> Self {
        let written = Written::of(tag);
        let text = |raw| filled(raw).map(|text| clip(text, NAME_BYTES));
        let class_name = filled(written.class_name).or_else(|| filled(written.class));
        let class_name = class_name.map(|name| {
            if name.len() <= NAME_BYTES {
                class.share(&name)
            } else {
                class.share(&clip(name, NAME_BYTES))
            }
        });
        let name = text(written.name)
            .or_else(|| class_name.as_deref().map(str::to_owned))
            .unwrap_or_else(|| "(without a name)".to_owned());
        let line = written.line.and_then(|line| line.trim().parse().ok());
        let did_not_run = matches!(written.status, Some("notrun" | "disabled" | "skipped"))
            || matches!(written.result, Some("suppressed" | "skipped"));
        Self::of(Case {
            class_name,
            file: text(written.file).or_else(|| suites.file().map(str::to_owned)),
            line: line.filter(|&line| line > 0),
            duration: written.time.and_then(seconds::parse),
            outcome: if did_not_run {
                Outcome::Skipped
            } else {
                Outcome::Passed
            },
            ..Case::passed(suites.name(), name)
        })
    }

    #[inline]
    pub(super) fn of(case: Case) -> Self {
        Self {
            case,
            weightiest: None,
            failures: 0,
            excuse: None,
            output: None,
        }
    }

    /// Makes the name one that does not move with the order of the cases.
    #[inline]
    pub(super) fn drop_number(&mut self, number: u64) {
        if self.case.name.starts_with('#')
            && let Some(own) = without_number(&self.case.name, number)
        {
            self.case.name = own.to_owned();
        }
    }

    /// Whether another case has the same identity.
    #[inline]
    pub(super) fn is_as(&self, other: &Self) -> bool {
        self.case.name == other.case.name
            && self.case.class_name == other.case.class_name
            && self.case.suite == other.case.suite
            && self.case.file == other.case.file
    }

    pub(super) fn settle(&mut self, mut finding: Finding) {
        match finding.weight {
            Weight::Failing => {
                self.failures += 1;
                if finding
                    .kind
                    .as_deref()
                    .is_some_and(|kind| RISKY.contains(&kind))
                {
                    (finding.weight, finding.outcome) = (Weight::Skipped, Outcome::Skipped);
                }
            }
            Weight::Skipped if self.excuse.is_none() => {
                self.excuse = Some(Excuse {
                    reason: finding.message.clone(),
                    // A test of Node that is still to be done runs, and may fail.
                    is_certain: finding.kind.as_deref() == Some("todo"),
                });
            }
            Weight::Flaky | Weight::Skipped | Weight::Repeated => {}
        }
        if self.weightiest >= Some(finding.weight) {
            let as_weighty = self.weightiest == Some(finding.weight);
            if as_weighty && finding.outcome == Outcome::Error {
                self.case.outcome = Outcome::Error;
            }
            return;
        }
        self.weightiest = Some(finding.weight);
        self.case.outcome = finding.outcome;
        self.case.details = finding.details.finish().map(without_colours);
        let (file, line) = finding.place;
        if let Some(file) = file.or_else(|| line.and(self.case.file.clone())) {
            self.case.failed_at = Some(Box::new(Place { file, line }));
        }
        let details = self.case.details.as_deref().unwrap_or_default();
        self.case.message = match finding.message {
            Some(message) => {
                let message = without_colours(message);
                let kind = finding.kind.as_deref().unwrap_or_default();
                Some(better(&message, kind, details, &self.case.name).unwrap_or(message))
            }
            None => telling(details, &self.case.name).or(finding.kind),
        };
        self.read_details();
        let message = self.case.message.as_deref().unwrap_or_default();
        if self.case.outcome == Outcome::Skipped && could_not_start(message) {
            self.case.outcome = Outcome::Error;
        }
    }

    /// What the details say better than the tool's message does.
    fn read_details(&mut self) {
        let framed = self
            .case
            .message
            .as_deref()
            .filter(|message| message.starts_with("=== "));
        if let Some(line) = framed.and_then(|message| telling_line(message, &self.case.name)) {
            self.case.message = Some(line.to_owned());
        }
        if let Some((file, line, said)) = self.case.details.as_deref().and_then(placed)
            && self.case.line.is_none()
        {
            let (file, line) = (file.to_owned(), Some(line));
            self.case.failed_at = Some(Box::new(Place { file, line }));
            self.case.message = Some(said);
        }
    }

    /// Takes in what the case printed. Tools print it behind the failure.
    pub(super) fn output(&mut self, text: &Text<'_>) {
        if self.case.outcome.is_failure() && self.case.details.is_none() {
            let output = self.output.get_or_insert_with(|| Clipped::new(TEXT_BYTES));
            text.append_to(output);
        }
    }

    #[inline]
    pub(super) fn finish(mut self) -> Ended {
        self.case.flaky = self.weightiest == Some(Weight::Flaky);
        if let Some(output) = self.output.and_then(Clipped::finish).map(without_colours) {
            if self.case.message.is_none() {
                self.case.message = step(&output).or_else(|| telling(&output, &self.case.name));
            }
            self.case.details = Some(output);
        }
        let excuse = self
            .excuse
            .filter(|_| self.weightiest == Some(Weight::Failing));
        let mut ended = Ended {
            case: self.case,
            failures: self.failures,
            excuse,
        };
        if ended
            .excuse
            .as_ref()
            .is_some_and(|excuse| excuse.is_certain)
        {
            ended.excuse();
        }
        ended
    }
}

impl Ended {
    /// The failure was expected: the case counts as skipped. What it said stays where no reason is given.
    #[cold]
    pub(super) fn excuse(&mut self) {
        let Some(excuse) = self.excuse.take() else {
            return;
        };
        self.case.outcome = Outcome::Skipped;
        self.case.message = excuse.reason.or_else(|| self.case.message.take());
    }
}

/// What says more than a message, where the details or the message itself do.
fn better(message: &str, kind: &str, details: &str, case: &str) -> Option<String> {
    const TRACEBACK: &str = "Traceback (most recent call last)";
    if let Some((title, traceback)) = message.split_once(TRACEBACK) {
        return Some(
            format!("{}\n{}", title.trim_end(), exception(traceback)?)
                .trim()
                .to_owned(),
        );
    }
    if message.ends_with("...") {
        return uncut(message, details, case);
    }
    if let Some(said) = of_catch(details) {
        return Some(said);
    }
    // A key alone is the whole message of Python's `KeyError`.
    let is_exception = !kind.is_empty() && !kind.ends_with("AssertionError");
    let whole = || format!("{kind}: {message}");
    (is_exception && details.contains(TRACEBACK) && details.contains(&whole())).then(whole)
}

fn without_blank_ends(mut message: String) -> String {
    message.truncate(message.trim_end().len());
    let blank_lines = message.len() - message.trim_start_matches(['\r', '\n']).len();
    message.drain(..blank_lines);
    message
}

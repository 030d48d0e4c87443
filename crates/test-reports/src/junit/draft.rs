//! A case while it is read: what its findings make of it.

use crate::limits::{NAME_BYTES, TEXT_BYTES};
use crate::model::{Case, Outcome};
use crate::seconds;
use crate::text::Clipped;
use crate::xml::Tag;

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
    details: Clipped,
}

impl Finding {
    /// `None` if the element says nothing about the outcome.
    pub(super) fn open(name: &str, tag: &Tag<'_>) -> Option<Self> {
        let (weight, outcome) = match name {
            "failure" => (Weight::Failing, Outcome::Failed),
            "error" => (Weight::Failing, Outcome::Error),
            "rerunFailure" => (Weight::Repeated, Outcome::Failed),
            "rerunError" => (Weight::Repeated, Outcome::Error),
            "skipped" => (Weight::Skipped, Outcome::Skipped),
            "flakyFailure" | "flakyError" => (Weight::Flaky, Outcome::Passed),
            _ => return None,
        };
        Some(Self {
            weight,
            outcome,
            message: tag
                .attribute("message", TEXT_BYTES)
                .filter(|message| !message.trim().is_empty()),
            kind: tag
                .attribute("type", NAME_BYTES)
                .filter(|kind| !kind.trim().is_empty()),
            details: Clipped::new(TEXT_BYTES),
        })
    }

    pub(super) fn text(&mut self, text: &str) {
        self.details.push(text);
    }
}

/// A case that is not complete yet.
#[derive(Debug)]
pub(super) struct Draft {
    case: Case,
    weightiest: Option<Weight>,
}

impl Draft {
    pub(super) fn of_case(tag: &Tag<'_>, suite: String, suite_file: Option<String>) -> Self {
        let text = |name| {
            tag.attribute(name, NAME_BYTES)
                .filter(|value| !value.is_empty())
        };
        let class_name = text("classname").or_else(|| text("class"));
        let mut draft = Self::passed(suite, text("file").or(suite_file));
        draft.case.name = text("name")
            .or_else(|| class_name.clone())
            .unwrap_or_else(|| "(without a name)".to_owned());
        draft.case.class_name = class_name;
        draft.case.line = text("line")
            .and_then(|line| line.trim().parse().ok())
            .filter(|&line| line > 0);
        draft.case.duration = text("time").and_then(|time| seconds::parse(&time));
        let says = |attribute, words: &[&str]| {
            text(attribute).is_some_and(|value| words.contains(&value.as_str()))
        };
        if says("status", &["notrun", "disabled", "skipped"])
            || says("result", &["suppressed", "skipped"])
        {
            draft.case.outcome = Outcome::Skipped;
        }
        draft
    }

    /// A case that stands for the suite itself.
    pub(super) fn of_suite(suite: String, file: Option<String>) -> Self {
        let name = if suite.is_empty() {
            "(suite)".to_owned()
        } else {
            suite.clone()
        };
        let mut draft = Self::passed(suite, file);
        draft.case.name = name;
        draft
    }

    fn passed(suite: String, file: Option<String>) -> Self {
        let case = Case {
            suite,
            class_name: None,
            name: String::new(),
            file,
            line: None,
            duration: None,
            outcome: Outcome::Passed,
            message: None,
            details: None,
            flaky: false,
        };
        Self {
            case,
            weightiest: None,
        }
    }

    pub(super) fn settle(&mut self, finding: Finding) {
        if self.weightiest >= Some(finding.weight) {
            let as_weighty = self.weightiest == Some(finding.weight);
            if as_weighty && finding.outcome == Outcome::Error {
                self.case.outcome = Outcome::Error;
            }
            return;
        }
        self.weightiest = Some(finding.weight);
        self.case.outcome = finding.outcome;
        self.case.details = finding.details.finish();
        self.case.message = finding
            .message
            .or_else(|| {
                self.case
                    .details
                    .as_deref()
                    .and_then(first_line)
                    .map(str::to_owned)
            })
            .or(finding.kind);
    }

    pub(super) fn finish(mut self) -> Case {
        self.case.flaky = self.weightiest == Some(Weight::Flaky);
        self.case
    }
}

fn first_line(text: &str) -> Option<&str> {
    text.lines().map(str::trim).find(|line| !line.is_empty())
}

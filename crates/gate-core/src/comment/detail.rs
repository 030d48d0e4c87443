//! How much a comment tells: from everything down to the counts.

use super::excerpt::excerpt;
use super::named::{Named, Shown};
use crate::findings::RanTest;
use crate::rules::CommentRules;
use crate::text::{code, duration, fence};

/// Bounds of one rendering.
#[derive(Clone, Copy, Debug)]
pub(super) struct Detail {
    /// Failing tests shown.
    pub(super) failures: usize,
    /// Failing tests shown with their messages; the others only by name.
    messages: usize,
    /// Lines of each message.
    message_lines: usize,
    /// Characters of each message.
    message_characters: usize,
    /// Characters of a test's name.
    name_characters: usize,
    /// Characters of a failed phase's words.
    pub(super) phase_characters: usize,
    /// Tests and files named in a list; 0 leaves the number.
    pub(super) names: usize,
    /// Lines of a log; 0 leaves it out.
    pub(super) log_lines: usize,
    /// Checks that ran and have a line of their own.
    pub(super) checks: usize,
    /// Checks that did not run and have a line of their own.
    pub(super) left_out: usize,
}

impl Detail {
    /// Tried in order until one fits: shorter messages first, then fewer tests, then counts only.
    pub(super) const LEVELS: [Self; 6] = [
        Self::level([25, 10, 12, 1000, 300, 500, 8, 50, 40, 20]),
        Self::level([25, 10, 4, 250, 200, 300, 5, 15, 40, 20]),
        Self::level([25, 10, 1, 100, 150, 300, 5, 8, 30, 20]),
        Self::level([25, 0, 0, 0, 120, 200, 3, 4, 20, 10]),
        Self::level([10, 0, 0, 0, 100, 200, 3, 0, 20, 10]),
        Self::level([0, 0, 0, 0, 80, 80, 0, 0, 10, 5]),
    ];

    /// No more of a log than the rules ask for.
    pub(super) fn under(self, rules: CommentRules) -> Self {
        Self {
            log_lines: self.log_lines.min(rules.log_lines as usize),
            ..self
        }
    }

    /// The bounds in the order of the fields.
    const fn level(bounds: [usize; 10]) -> Self {
        let [
            failures,
            messages,
            message_lines,
            message_characters,
            name_characters,
            phase_characters,
            names,
            log_lines,
            checks,
            left_out,
        ] = bounds;
        Self {
            failures,
            messages,
            message_lines,
            message_characters,
            name_characters,
            phase_characters,
            names,
            log_lines,
            checks,
            left_out,
        }
    }

    /// The name of a test or a file.
    pub(super) fn name(&self, name: &str) -> String {
        code(name, self.name_characters)
    }

    /// What a test is called, with its check where there are several.
    pub(super) fn shown(&self, test: &Shown) -> String {
        let name = self.name(&test.name);
        match &test.check {
            Some(check) => format!("{name} in {}", self.name(check)),
            None => name,
        }
    }

    /// One failing test, at its place in the list.
    pub(super) fn failure(&self, named: &Named, test: RanTest<'_>, at: usize) -> String {
        let case = test.case;
        let place = case.file.as_ref().map(|file| {
            let line = case.line.map(|line| format!(":{line}")).unwrap_or_default();
            format!(" at {}", self.name(&format!("{file}{line}")))
        });
        let time = case
            .duration
            .filter(|time| !time.is_zero())
            .map(|time| format!(", {}", duration(time)));
        let line = format!(
            "- {}{}{}",
            self.shown(&named.ran(test)),
            place.unwrap_or_default(),
            time.unwrap_or_default()
        );
        match case
            .message
            .as_deref()
            .map(str::trim)
            .filter(|message| !message.is_empty())
        {
            Some(message) if at < self.messages => {
                let (lines, characters) = (self.message_lines, self.message_characters);
                let block = fence(&excerpt(message, lines, characters), lines, characters);
                format!("{line}\n\n{block}\n")
            }
            _ => line,
        }
    }
}

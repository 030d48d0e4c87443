//! How much a comment tells: from everything down to the counts.

use super::text::{code, duration, fence};
use crate::report::TestFailure;

/// Bounds of one rendering.
#[derive(Clone, Copy, Debug)]
pub(super) struct Detail {
    /// Failing tests shown.
    pub(super) failures: usize,
    /// Lines of each message; 0 leaves messages out.
    message_lines: usize,
    /// Characters of each message.
    message_characters: usize,
    /// Characters of a test's name.
    name_characters: usize,
    /// Characters of a failed phase's words.
    pub(super) phase_characters: usize,
}

impl Detail {
    /// Tried in order until one fits: shorter messages first, then fewer tests, then counts only.
    pub(super) const LEVELS: [Self; 6] = [
        Self::level(25, 12, 1000, 300, 500),
        Self::level(25, 4, 250, 200, 300),
        Self::level(25, 1, 100, 150, 300),
        Self::level(25, 0, 0, 120, 200),
        Self::level(10, 0, 0, 100, 200),
        Self::level(0, 0, 0, 80, 80),
    ];

    const fn level(
        failures: usize,
        message_lines: usize,
        message_characters: usize,
        name_characters: usize,
        phase_characters: usize,
    ) -> Self {
        Self {
            failures,
            message_lines,
            message_characters,
            name_characters,
            phase_characters,
        }
    }

    /// One failing test.
    pub(super) fn failure(&self, failure: &TestFailure) -> String {
        let name = match &failure.suite {
            Some(suite) if !suite.is_empty() && !failure.name.starts_with(suite.as_str()) => {
                format!("{suite}::{}", failure.name)
            }
            _ => failure.name.clone(),
        };
        let time = failure
            .duration
            .filter(|time| !time.is_zero())
            .map(|time| format!(", {}", duration(time)))
            .unwrap_or_default();
        let line = format!("- {}{time}", code(&name, self.name_characters));
        match failure
            .message
            .as_deref()
            .map(str::trim)
            .filter(|message| !message.is_empty())
        {
            Some(message) if self.message_lines > 0 => {
                let block = fence(message, self.message_lines, self.message_characters);
                format!("{line}\n\n{block}\n")
            }
            _ => line,
        }
    }
}

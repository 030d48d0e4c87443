//! What the steps of a scenario make of it.

use std::sync::Arc;
use std::time::Duration;

use crate::formats::telling::telling;
use crate::model::{Case, Outcome};
use crate::seconds;
use crate::text::without_colours;

/// How far a scenario came; the highest of its steps' is its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Standing {
    #[default]
    NothingRan,
    Passed,
    Skipped,
    Pending,
    /// No definition of a step, or more than one, or one that broke.
    Broke,
    Failed,
}

/// A scenario or a background while it is read.
#[derive(Default)]
pub(super) struct Scenario {
    pub(super) name: String,
    pub(super) line: Option<u32>,
    pub(super) is_background: bool,
    standing: Standing,
    duration: Option<Duration>,
    message: Option<String>,
    details: Option<String>,
}

/// A step or a hook.
#[derive(Default)]
pub(super) struct Step {
    pub(super) keyword: String,
    pub(super) name: String,
    pub(super) status: Option<String>,
    /// Nanoseconds, or seconds if there is a point in it.
    pub(super) duration: Option<String>,
    pub(super) error: Option<String>,
}

impl Scenario {
    /// Takes in one step; an error says what is wrong with it.
    pub(super) fn add(&mut self, step: Step) -> Result<(), String> {
        let duration = step.duration.as_deref().and_then(duration);
        self.duration = match (self.duration, duration) {
            (Some(sum), Some(more)) => Some(sum.saturating_add(more)),
            (sum, more) => sum.or(more),
        };
        let Some(status) = step.status.as_deref().map(str::to_ascii_lowercase) else {
            return Ok(());
        };
        let standing = match status.as_str() {
            "passed" => Standing::Passed,
            "skipped" => Standing::Skipped,
            "pending" => Standing::Pending,
            "undefined" | "ambiguous" | "error" => Standing::Broke,
            "failed" => Standing::Failed,
            "unknown" | "untested" => Standing::NothingRan,
            _ => return Err(format!("the status `{status}` of a step is not known")),
        };
        if standing > self.standing {
            self.standing = standing;
            self.explain(&status, step);
        }
        Ok(())
    }

    fn explain(&mut self, status: &str, mut step: Step) {
        if self.standing <= Standing::Skipped {
            return;
        }
        step.error = step.error.map(without_colours);
        let said = step.error.as_deref().and_then(|error| telling(error, ""));
        let title = format!("{} {}", step.keyword.trim_end(), step.name);
        self.message = match said {
            Some(said) => Some(said),
            None if title.trim().is_empty() => Some(status.to_owned()),
            None => Some(format!("{status}: {}", title.trim())),
        };
        self.details = step.error.filter(|error| !error.trim().is_empty());
    }

    /// Takes in what ran before it.
    pub(super) fn begin_with(&mut self, background: Self) {
        self.duration = match (self.duration, background.duration) {
            (Some(own), Some(before)) => Some(own.saturating_add(before)),
            (own, before) => own.or(before),
        };
        if background.standing > self.standing {
            self.standing = background.standing;
            self.message = background.message;
            self.details = background.details;
        }
    }

    /// The scenario as a case, without its feature.
    pub(super) fn case(self) -> Case {
        let name = if self.name.trim().is_empty() {
            "(without a name)".to_owned()
        } else {
            self.name
        };
        Case {
            line: self.line,
            duration: self.duration,
            outcome: match self.standing {
                Standing::NothingRan | Standing::Skipped | Standing::Pending => Outcome::Skipped,
                Standing::Passed => Outcome::Passed,
                Standing::Broke => Outcome::Error,
                Standing::Failed => Outcome::Failed,
            },
            message: self.message,
            details: self.details,
            ..Case::passed(&Arc::default(), name)
        }
    }
}

fn duration(number: &str) -> Option<Duration> {
    match number.parse() {
        Ok(nanoseconds) => Some(Duration::from_nanos(nanoseconds)),
        Err(_) => seconds::parse(number),
    }
}

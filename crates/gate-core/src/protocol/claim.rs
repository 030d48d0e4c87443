//! The claim: which run of a pull request is the latest. A max-register over a plain parameter.

use serde::{Deserialize, Serialize};

use super::Execution;
use crate::id::RunName;

/// A run's place in the order of all runs of its pull request: start time, then name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Claim {
    /// RFC 3339 in UTC with milliseconds.
    pub start_time: String,
    /// The run.
    pub run: RunName,
}

impl From<&Execution> for Claim {
    fn from(execution: &Execution) -> Self {
        Self {
            start_time: execution.start_time.clone(),
            run: execution.name.clone(),
        }
    }
}

/// What to do after reading the claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimStep {
    /// A lower one, or none: write the own and read again.
    Write,
    /// The own: go on.
    Held,
    /// A higher one: a newer run is there. Stop the own builds and end without a word.
    Lost,
}

/// Compares what was read with the own place.
pub fn claim(read: Option<&Claim>, own: &Claim) -> ClaimStep {
    match read.map(|read| read.cmp(own)) {
        None | Some(std::cmp::Ordering::Less) => ClaimStep::Write,
        Some(std::cmp::Ordering::Equal) => ClaimStep::Held,
        Some(std::cmp::Ordering::Greater) => ClaimStep::Lost,
    }
}

/// Whether a run that began at `start_time` can have begun by `latest`, both RFC 3339 in UTC.
pub fn has_begun(start_time: &str, latest: &str) -> bool {
    start_time <= latest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_begins_in_the_future_or_at_no_time() {
        let latest = "2026-11-20T10:05:00.123456Z";
        for begun in ["2026-11-20T10:00:00.000Z", "2026-11-20T10:05:00.122Z"] {
            assert!(has_begun(begun, latest), "{begun}");
        }
        for future in [
            "2026-11-20T10:05:01.000Z",
            "9999-12-31T23:59:59.999Z",
            "never",
        ] {
            assert!(!has_begun(future, latest), "{future}");
        }
    }

    fn at(start_time: &str, run: &str) -> Claim {
        Claim {
            start_time: start_time.to_owned(),
            run: RunName::new(run),
        }
    }

    #[test]
    fn the_later_start_wins_then_the_later_name() {
        let own = at("2026-11-20T10:00:00.000Z", "pr-7-b-1");
        assert_eq!(claim(None, &own), ClaimStep::Write);
        assert_eq!(
            claim(Some(&at("2026-11-20T09:59:59.999Z", "pr-7-z-1")), &own),
            ClaimStep::Write
        );
        assert_eq!(claim(Some(&own), &own), ClaimStep::Held);
        assert_eq!(
            claim(Some(&at("2026-11-20T10:00:00.000Z", "pr-7-c-1")), &own),
            ClaimStep::Lost
        );
        assert_eq!(
            claim(Some(&at("2026-11-20T10:00:00.001Z", "pr-7-a-1")), &own),
            ClaimStep::Lost
        );
    }
}

//! Retry and Catch: which error names they take, how long a retry waits.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use serde_json::Value;

use crate::definition::Placement;
use crate::failure::{ALL, DATA_LIMIT_EXCEEDED, RUNTIME, TASK_FAILED, TIMEOUT, is_reserved};
use crate::fault::{Faults, Place};
use crate::fields::{Fields, LONGEST_SECONDS};

/// The language's limit on `MaxDelaySeconds`: 366 days.
const LONGEST_DELAY: RangeInclusive<u32> = 1..=31_622_400;

/// One entry of `Retry`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Retrier {
    errors: Vec<String>,
    interval_seconds: u32,
    pub(crate) max_attempts: u32,
    backoff_rate: f64,
    max_delay_seconds: Option<u32>,
    full_jitter: bool,
}

/// One entry of `Catch`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Catcher {
    errors: Vec<String>,
    pub(crate) result_path: Placement,
    pub(crate) next: String,
}

impl Retrier {
    fn read(mut fields: Fields<'_>) -> Option<Self> {
        let errors = read_errors(&mut fields);
        let interval_seconds = fields
            .integer("IntervalSeconds", &(1..=LONGEST_SECONDS))
            .unwrap_or(1);
        let max_attempts = fields
            .integer("MaxAttempts", &(0..=LONGEST_SECONDS))
            .unwrap_or(3);
        let max_delay_seconds = fields.integer("MaxDelaySeconds", &LONGEST_DELAY);
        if max_delay_seconds.is_some_and(|longest| longest <= interval_seconds) {
            fields.fault(
                "MaxDelaySeconds",
                "`MaxDelaySeconds` must be greater than `IntervalSeconds`",
            );
        }
        let backoff_rate = fields
            .value("BackoffRate")
            .map_or(Some(2.0), Value::as_f64)
            .filter(|rate| *rate >= 1.0);
        if backoff_rate.is_none() {
            fields.fault(
                "BackoffRate",
                "`BackoffRate` must be a number of at least 1.0",
            );
        }
        let full_jitter = match fields.text("JitterStrategy") {
            None | Some("NONE") => false,
            Some("FULL") => true,
            Some(other) => {
                fields.fault(
                    "JitterStrategy",
                    format!("`JitterStrategy` is FULL or NONE, not `{other}`"),
                );
                false
            }
        };
        fields.finish();
        Some(Self {
            errors: errors?,
            interval_seconds,
            max_attempts,
            backoff_rate: backoff_rate?,
            max_delay_seconds,
            full_jitter,
        })
    }

    /// The seconds to wait before the retry that follows `attempts` earlier ones.
    pub(crate) fn delay(&self, attempts: u32, random: &mut fastrand::Rng) -> f64 {
        let exponent = i32::try_from(attempts).unwrap_or(i32::MAX);
        let longest = self.max_delay_seconds.unwrap_or(LONGEST_SECONDS);
        let delay = (f64::from(self.interval_seconds) * self.backoff_rate.powi(exponent))
            .min(f64::from(longest));
        if self.full_jitter {
            delay * random.f64()
        } else {
            delay
        }
    }

    pub(crate) fn takes(&self, error: &str, wild: Wild) -> bool {
        takes(&self.errors, error, wild)
    }
}

impl Catcher {
    fn read(mut fields: Fields<'_>) -> Option<Self> {
        let errors = read_errors(&mut fields);
        let next = fields.required_text("Next").map(str::to_owned);
        let result_path = Placement::read(&mut fields);
        fields.finish();
        Some(Self {
            errors: errors?,
            result_path: result_path?,
            next: next?,
        })
    }

    pub(crate) fn takes(&self, error: &str, wild: Wild) -> bool {
        takes(&self.errors, error, wild)
    }
}

/// Whether the wildcards take `States.DataLimitExceeded`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wild {
    /// The limit was exceeded by the result of a task, and that is taken.
    TakesDataLimit,
    /// Only its own name takes it.
    LeavesDataLimit,
}

/// `States.Runtime` is never taken.
fn takes(words: &[String], error: &str, wild: Wild) -> bool {
    let wild = error != DATA_LIMIT_EXCEEDED || wild == Wild::TakesDataLimit;
    error != RUNTIME
        && words.iter().any(|word| {
            word == error
                || (wild && word == ALL)
                || (wild && word == TASK_FAILED && error != TIMEOUT)
        })
}

pub(crate) fn read_retriers(fields: &mut Fields<'_>) -> Vec<Retrier> {
    read_entries(fields, "Retry", "a retrier", Retrier::read)
}

pub(crate) fn read_catchers(fields: &mut Fields<'_>) -> Vec<Catcher> {
    read_entries(fields, "Catch", "a catcher", Catcher::read)
}

pub(crate) fn error_words<'a>(
    retriers: &'a [Retrier],
    catchers: &'a [Catcher],
) -> BTreeSet<&'a str> {
    let lists = retriers
        .iter()
        .map(|entry| &entry.errors)
        .chain(catchers.iter().map(|entry| &entry.errors));
    lists.flatten().map(String::as_str).collect()
}

fn read_entries<T>(
    fields: &mut Fields<'_>,
    name: &'static str,
    owner: &str,
    read: fn(Fields<'_>) -> Option<T>,
) -> Vec<T> {
    let Some(list) = fields.list(name) else {
        return Vec::new();
    };
    let place = fields.place.child(name);
    let mut entries = Vec::new();
    for (index, value) in list.iter().enumerate() {
        let is_last = index + 1 == list.len();
        check_all_is_last(value, is_last, &place.item(index), fields.faults);
        entries.extend(Fields::new(owner, value, place.item(index), fields.faults).and_then(read));
    }
    entries
}

fn check_all_is_last(entry: &Value, is_last: bool, place: &Place, faults: &Faults) {
    let words = entry.get("ErrorEquals").and_then(Value::as_array);
    if !is_last && words.is_some_and(|words| words.iter().any(|word| word == ALL)) {
        faults.add(
            &place.child("ErrorEquals"),
            format!("`{ALL}` must be in the last entry"),
        );
    }
}

fn read_errors(fields: &mut Fields<'_>) -> Option<Vec<String>> {
    fields.required("ErrorEquals")?;
    let list = fields.list("ErrorEquals")?;
    let place = fields.place.child("ErrorEquals");
    if list.is_empty() {
        fields
            .faults
            .add(&place, "`ErrorEquals` needs at least one error name");
    }
    if list.len() > 1 && list.iter().any(|word| word == ALL) {
        fields.faults.add(&place, format!("`{ALL}` must be alone"));
    }
    let mut errors = Vec::new();
    for (index, value) in list.iter().enumerate() {
        match value.as_str() {
            Some(word) if word.starts_with("States.") && !is_reserved(word) => {
                fields.faults.add(
                    &place.item(index),
                    format!("`{word}` is not an error name of the language"),
                );
            }
            Some("") | None => fields.faults.add(
                &place.item(index),
                "an error name must be a string that is not empty",
            ),
            Some(word) => errors.push(word.to_owned()),
        }
    }
    Some(errors)
}

#[cfg(test)]
mod tests {
    use super::Wild;

    fn takes(words: &[&str], error: &str) -> bool {
        takes_with(words, error, Wild::LeavesDataLimit)
    }

    fn takes_with(words: &[&str], error: &str, wild: Wild) -> bool {
        let words: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
        super::takes(&words, error, wild)
    }

    #[test]
    fn wildcards_take_what_the_language_says() {
        assert!(takes(&["StaleRevision"], "StaleRevision"));
        assert!(!takes(&["StaleRevision"], "StaleRevision2"));
        assert!(takes(&["States.ALL"], "StaleRevision"));
        assert!(takes(&["States.ALL"], "States.Timeout"));
        assert!(takes(&["States.TaskFailed"], "Lambda.Unknown"));
        assert!(!takes(&["States.TaskFailed"], "States.Timeout"));
        assert!(takes(&["States.Timeout"], "States.Timeout"));
        assert!(!takes(&["States.ALL"], "States.DataLimitExceeded"));
        assert!(takes_with(
            &["States.ALL"],
            "States.DataLimitExceeded",
            Wild::TakesDataLimit
        ));
        assert!(takes(
            &["States.DataLimitExceeded"],
            "States.DataLimitExceeded"
        ));
        assert!(!takes(&["States.ALL"], "States.Runtime"));
        assert!(!takes(&["States.Runtime"], "States.Runtime"));
    }
}

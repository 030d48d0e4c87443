//! Errors of the run that only repeat what a result says.
//!
//! xUnit.net's adapter logs each failed test as `[xUnit.net 00:00:00.40]     Shop.BasketTests.Pays [FAIL]`, and perhaps
//! what it said in lines behind it, deeper to the right. Everything else is an error that no result shows.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::limits::WAITING_BYTES;
use crate::model::Case;

const MARK: &str = "[FAIL]";

/// Names of failed tests that are remembered; of a file with more every error counts.
const MOST_NAMES: usize = 200_000;

/// The names of failed results, and the errors of the run with the text of each as it is indented.
#[derive(Default)]
pub(super) struct Echoes {
    /// Their hashes: of names there may be megabytes.
    failed: HashSet<u64>,
    waiting: Vec<(String, Case)>,
    bytes: usize,
}

impl Echoes {
    pub(super) fn failed(&mut self, name: &str) {
        if self.failed.len() < MOST_NAMES {
            self.failed.insert(hash(name));
        }
    }

    /// Keeps an error until all results are known; gives it back if too many wait.
    pub(super) fn error(&mut self, text: String, case: Case) -> Option<Case> {
        let said = case.message.as_ref().map_or(0, String::len);
        self.bytes += text.len() + said + size_of::<(String, Case)>();
        if self.bytes > WAITING_BYTES {
            return Some(case);
        }
        self.waiting.push((text, case));
        None
    }

    /// The errors that repeat no result.
    pub(super) fn errors(&mut self) -> Vec<Case> {
        let mut errors = Vec::new();
        // How far to the right the name stands of which the lines behind may tell more.
        let mut told = None;
        for (text, case) in std::mem::take(&mut self.waiting) {
            let Some((indent, said)) = of_xunit(&text) else {
                told = None;
                errors.push(case);
                continue;
            };
            if let Some(name) = said.strip_suffix(MARK) {
                let repeats = self.failed.contains(&hash(name.trim_end()));
                told = repeats.then_some(indent);
            } else if told.is_some_and(|name| indent <= name) {
                told = None;
            }
            if told.is_none() {
                errors.push(case);
            }
        }
        errors
    }
}

fn hash(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

/// What xUnit.net says behind its name and the time, and how far to the right.
fn of_xunit(text: &str) -> Option<(usize, &str)> {
    let (_, said) = text.trim().strip_prefix("[xUnit.net ")?.split_once(']')?;
    let words = said.trim_start();
    Some((said.len() - words.len(), words))
}

//! Cases that wait for the end of their suite, because only its totals tell what they are.
//!
//! A tool that tries a test again may list every try as a case, and count the test once. Two tests of one name look the
//! same, so tries are joined only where the suite counts exactly as many tests as there are names, and as many failures as
//! there are last tries that failed. A failure that names itself one of a test's clean-up is the test's.

use std::collections::HashMap;
use std::sync::Arc;

use super::draft::Ended;
use crate::limits::WAITING_BYTES;
use crate::model::{Case, Outcome};

/// What a suite counts, and what was told of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Totals {
    /// Tests, if it counts them.
    pub(super) tests: Option<u64>,
    /// Failures and errors, if it counts them.
    pub(super) failures: Option<u64>,
    /// Whether its tool tells of a try that failed as of a case that passed.
    pub(super) hides_tries: bool,
    /// Cases that were read.
    pub(super) listed: u64,
    /// Cases that failed and do not wait, and the failures in them.
    pub(super) told: Failing,
}

/// Cases that failed, and their failures: a case may have more than one, and tools count the ones or the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Failing {
    pub(super) cases: u64,
    pub(super) failures: u64,
}

impl Failing {
    pub(super) fn add(&mut self, ended: &Ended) {
        if ended.case.outcome.is_failure() {
            self.cases += 1;
            self.failures += ended.failures.max(1);
        }
    }

    /// Whether a suite that counts `stated` may count these.
    fn is(self, stated: u64) -> bool {
        stated == self.cases || stated == self.failures
    }
}

/// The cases of one suite that wait.
#[derive(Default)]
pub(super) struct Tries {
    waiting: Vec<Ended>,
    bytes: usize,
}

/// What tells one test of a suite from another.
type Key = (String, Option<Arc<str>>, Option<String>);

impl Tries {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn len(&self) -> u64 {
        self.waiting.len() as u64
    }

    /// Lets a case wait; `false` if there are too many.
    pub(super) fn add(&mut self, ended: Ended) -> bool {
        let case = &ended.case;
        let texts = [&case.message, &case.details].into_iter().flatten();
        self.bytes += size_of::<Ended>() + case.name.len() + texts.map(String::len).sum::<usize>();
        self.waiting.push(ended);
        self.bytes <= WAITING_BYTES
    }

    /// The cases as they were read.
    pub(super) fn release(&mut self) -> impl Iterator<Item = Ended> {
        self.bytes = 0;
        std::mem::take(&mut self.waiting).into_iter()
    }

    /// The cases, with what the totals of their suite say of them.
    pub(super) fn decide(&mut self, totals: Totals) -> impl Iterator<Item = Ended> {
        self.excuse(totals);
        let waiting: Vec<Ended> = self.release().collect();
        join(waiting, totals).into_iter()
    }

    /// A failure beside a mark that it was skipped was expected, if the suite counts the other failures and no more.
    fn excuse(&mut self, totals: Totals) {
        let Some(stated) = totals.failures else {
            return;
        };
        let (mut all, mut others) = (totals.told, totals.told);
        for ended in &self.waiting {
            all.add(ended);
            if ended.excuse.is_none() {
                others.add(ended);
            }
        }
        if others.is(stated) && !all.is(stated) {
            self.waiting.iter_mut().for_each(Ended::excuse);
        }
    }
}

/// Makes one case of the tries of one test.
fn join(waiting: Vec<Ended>, totals: Totals) -> Vec<Ended> {
    let listed = totals.listed - waiting.len() as u64;
    let cases = fold(waiting, is_clean_up_of);
    let mut last: HashMap<Key, &Ended> = HashMap::with_capacity(cases.len());
    let mut has_passed_before = false;
    for ended in &cases {
        let before = last.insert(key(&ended.case), ended);
        has_passed_before |= before.is_some_and(|before| !before.case.outcome.is_failure());
    }
    let mut failing = totals.told;
    for ended in last.values() {
        failing.add(ended);
    }
    let are_tries = last.len() < cases.len()
        && (totals.hides_tries || !has_passed_before)
        && totals.tests == Some(listed + last.len() as u64)
        && totals.failures.is_none_or(|stated| failing.is(stated));
    if are_tries {
        fold(cases, |_, _| true)
    } else {
        cases
    }
}

/// Joins every case with the one of its name before it, if they are of one test.
fn fold(cases: Vec<Ended>, is_one: impl Fn(&Case, &Case) -> bool) -> Vec<Ended> {
    let mut places: HashMap<Key, usize> = HashMap::with_capacity(cases.len());
    let mut joined: Vec<Ended> = Vec::with_capacity(cases.len());
    for ended in cases {
        let place = places.entry(key(&ended.case)).or_insert(joined.len());
        match joined.get_mut(*place) {
            Some(before) if is_one(&ended.case, &before.case) => again(before, ended),
            _ => {
                *place = joined.len();
                joined.push(ended);
            }
        }
    }
    joined
}

/// Whether a case is the second of a test that failed and then failed to clean up, as pytest writes it.
fn is_clean_up_of(case: &Case, before: &Case) -> bool {
    let begins = |words: &str| {
        case.message
            .as_deref()
            .is_some_and(|it| it.starts_with(words))
    };
    case.outcome == Outcome::Error
        && before.outcome == Outcome::Failed
        && (begins("failed on teardown with") || begins("test teardown failure"))
}

fn key(case: &Case) -> Key {
    (
        case.name.clone(),
        case.class_name.clone(),
        case.file.clone(),
    )
}

/// Takes in a further try. Two failures are those of a test and of its clean-up, or of two tries: the first explains.
fn again(first: &mut Ended, next: Ended) {
    let failed = first.case.outcome.is_failure();
    match next.case.outcome {
        Outcome::Passed if failed => {
            let (message, details) = (first.case.message.take(), first.case.details.take());
            let case = Case {
                message,
                details,
                flaky: true,
                ..next.case
            };
            *first = Ended { case, ..next };
        }
        // Nothing is tried again that has passed: a try whose failure is not told comes before it.
        Outcome::Passed if first.case.outcome == Outcome::Passed => {
            let case = Case {
                flaky: true,
                message: first.case.message.take().or(next.case.message),
                details: first.case.details.take().or(next.case.details),
                ..next.case
            };
            *first = Ended { case, ..next };
        }
        _ if failed => first.failures += next.failures,
        _ => *first = next,
    }
}

//! A run's tests against those of the destination.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use test_names::Test;

use super::{CaseFinding, Findings, RanTest, TestFindings, counts, tests};
use crate::{report::Outcome, verdict::CheckResult};

/// Tests that got slower by less than this, or to less than twice the time, are noise.
const NOTABLE_GROWTH: Duration = Duration::from_secs(1);

/// A run's tests against those of the destination.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes<'a> {
    /// Tests that fail and did not fail there.
    pub new_failures: Vec<RanTest<'a>>,
    /// Tests that fail there, too.
    pub known_failures: Vec<RanTest<'a>>,
    /// Tests that passed when they were tried again.
    pub flaky: Vec<RanTest<'a>>,
    /// Tests that there were, of the checks that ran.
    pub removed: Vec<Test<'a>>,
    /// Tests that ran there and are skipped now.
    pub newly_skipped: Vec<RanTest<'a>>,
    /// Tests that got much slower, worst first.
    pub slower: Vec<Slower<'a>>,
}

/// A test that got slower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slower<'a> {
    /// The test.
    pub test: RanTest<'a>,
    /// How long it took.
    pub before: Duration,
    /// How long it takes now.
    pub now: Duration,
}

impl<'a> Changes<'a> {
    /// Compares. Without earlier findings every failure is new.
    pub fn of(results: &'a [CheckResult], earlier: Option<&'a Findings>) -> Self {
        let mut changes = Self::default();
        let before = earlier.and_then(Findings::comparable_tests);
        let known_before: Vec<(Test<'a>, CaseFinding)> =
            before.into_iter().flat_map(TestFindings::tests).collect();
        // By hash: names of tests begin alike, which makes each of the many comparisons of a search long.
        let places: HashMap<Test<'a>, usize> = known_before
            .iter()
            .enumerate()
            .map(|(place, (test, _))| (*test, place))
            .collect();
        let mut seen = vec![false; known_before.len()];
        let mut known_now = 0;
        for test in tests(results) {
            known_now += 1;
            if test.case.flaky {
                changes.flaky.push(test);
            }
            if before.is_none() {
                if test.case.outcome == Outcome::Failed {
                    changes.new_failures.push(test);
                }
                continue;
            }
            let place = places.get(&test.identity()).copied();
            changes.compare(test, place.map(|place| known_before[place].1));
            if let Some(place) = place {
                seen[place] = true;
            }
        }
        let complete = counts(results).is_some_and(|counts| known_now == counts.total);
        if before.is_some_and(|before| before.complete && complete) {
            let ran: BTreeSet<&str> = tests(results).map(|test| test.check.as_str()).collect();
            changes.removed = known_before
                .iter()
                .zip(&seen)
                .filter(|((test, _), seen)| !**seen && ran.contains(test.space))
                .map(|((test, _), _)| *test)
                .collect();
        }
        changes
            .slower
            .sort_by_key(|slower| std::cmp::Reverse(slower.now.saturating_sub(slower.before)));
        changes
    }

    fn compare(&mut self, test: RanTest<'a>, before: Option<CaseFinding>) {
        let outcome_before = before.map(|before| before.0);
        match (test.case.outcome, outcome_before) {
            (Outcome::Failed, Some(Outcome::Failed)) => self.known_failures.push(test),
            (Outcome::Failed, _) => self.new_failures.push(test),
            (Outcome::Skipped, Some(Outcome::Passed | Outcome::Failed)) => {
                self.newly_skipped.push(test);
            }
            (Outcome::Passed, Some(Outcome::Passed)) => {
                let before = before.map_or(Duration::ZERO, |it| Duration::from_millis(it.1));
                let now = test.case.duration.unwrap_or_default();
                let grown = now.saturating_sub(before);
                if grown >= NOTABLE_GROWTH && now >= before * 2 {
                    self.slower.push(Slower { test, before, now });
                }
            }
            _ => {}
        }
    }
}

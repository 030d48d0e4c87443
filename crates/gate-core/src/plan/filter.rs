//! Whether the changed files and the destination branch are among those a check is for. Every filter and every glob is asked once,
//! however many checks of however many rules have it.

use std::collections::HashMap;

use globset::{GlobSet, GlobSetBuilder};

use super::Subject;
use crate::rules::{CheckRule, Rules, glob};

/// Globs of the files that count and of those that do not.
type Filter<'a> = (&'a [String], &'a [String]);

/// The answers for the checks of some rules.
pub(super) struct Answers<'a> {
    needed: HashMap<Filter<'a>, bool>,
    branches: HashMap<&'a str, bool>,
}

impl<'a> Answers<'a> {
    pub(super) fn of(all: &[&'a Rules], subject: Subject<'_>) -> Self {
        let checks: Vec<&CheckRule> = all.iter().flat_map(|rules| &rules.checks).collect();
        Self {
            needed: needed(&checks, subject.changed),
            branches: branches(&checks, subject.destination.as_str()),
        }
    }

    /// Whether a changed file is among those the check is for.
    pub(super) fn needs(&self, check: &CheckRule) -> bool {
        let filter: Filter<'_> = (&check.paths, &check.exclude);
        filter == (&[], &[]) || self.needed.get(&filter).copied().unwrap_or(true)
    }

    /// Whether the destination is among those the check is for.
    pub(super) fn is_for_the_destination(&self, check: &CheckRule) -> bool {
        let mut branches = check.branches.iter();
        check.branches.is_empty()
            || branches.any(|branch| self.branches.get(branch.as_str()).copied().unwrap_or(true))
    }
}

/// Some globs, each once, in the order in which they came.
#[derive(Default)]
struct Globs<'a> {
    places: HashMap<&'a str, usize>,
}

impl<'a> Globs<'a> {
    fn place(&mut self, pattern: &'a str) -> usize {
        let next = self.places.len();
        *self.places.entry(pattern).or_insert(next)
    }

    /// `None` if one of them cannot be read. Rules that have such a one are refused; were there one, every check would be needed.
    fn set(&self) -> Option<GlobSet> {
        let mut ordered: Vec<_> = self.places.iter().collect();
        ordered.sort_unstable_by_key(|(_, place)| **place);
        let mut set = GlobSetBuilder::new();
        for (pattern, _) in ordered {
            set.add(glob(pattern).ok()?);
        }
        set.build().ok()
    }
}

fn branches<'a>(checks: &[&'a CheckRule], destination: &str) -> HashMap<&'a str, bool> {
    let mut globs = Globs::default();
    for pattern in checks.iter().flat_map(|check| &check.branches) {
        globs.place(pattern);
    }
    let Some(set) = globs.set() else {
        return HashMap::new();
    };
    let matches = set.matches(destination);
    let answer = |(pattern, place)| (pattern, matches.contains(&place));
    globs.places.into_iter().map(answer).collect()
}

fn needed<'a>(checks: &[&'a CheckRule], changed: &[String]) -> HashMap<Filter<'a>, bool> {
    let mut filters: HashMap<Filter<'a>, usize> = HashMap::new();
    let mut globs = Globs::default();
    // By the glob: the filters that want its files. By the filter: the globs of files that do not count.
    let mut wanted_by: Vec<Vec<usize>> = Vec::new();
    let mut excluded: Vec<Vec<usize>> = Vec::new();
    let mut wants_all = Vec::new();
    for check in checks {
        let filter: Filter<'a> = (&check.paths, &check.exclude);
        if filter == (&[], &[]) || filters.contains_key(&filter) {
            continue;
        }
        let number = filters.len();
        filters.insert(filter, number);
        for pattern in &check.paths {
            let place = globs.place(pattern);
            wanted_by.resize_with(wanted_by.len().max(place + 1), Vec::new);
            wanted_by[place].push(number);
        }
        if check.paths.is_empty() {
            wants_all.push(number);
        }
        let places = check.exclude.iter().map(|pattern| globs.place(pattern));
        excluded.push(places.collect());
    }
    let Some(set) = globs.set() else {
        return HashMap::new();
    };
    let mut needed = vec![false; filters.len()];
    let mut open = filters.len();
    let mut matches = Vec::new();
    for file in changed {
        if open == 0 {
            break;
        }
        set.matches_into(file, &mut matches);
        let wanting = matches.iter().filter_map(|glob| wanted_by.get(*glob));
        for &number in wanting.flatten().chain(&wants_all) {
            let counts = || !excluded[number].iter().any(|glob| matches.contains(glob));
            if !needed[number] && counts() {
                needed[number] = true;
                open -= 1;
            }
        }
    }
    let answer = |(filter, number): (Filter<'a>, usize)| (filter, needed[number]);
    filters.into_iter().map(answer).collect()
}

//! Whether the changed files and the destination branch are among those a check is for. Every filter and every glob is asked once,
//! however many checks of however many rules have it.

use std::collections::HashMap;

use globset::{GlobSet, GlobSetBuilder};

use super::Subject;
use crate::{
    id::BranchName,
    rules::{CheckRule, Rules, glob},
};

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

/// Whether a check is for a branch.
pub(crate) fn is_for(check: &CheckRule, destination: &BranchName) -> bool {
    let answers = Answers {
        needed: HashMap::new(),
        branches: branches(&[check], destination.as_str()),
    };
    answers.is_for_the_destination(check)
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
        let mut set = GlobSetBuilder::new();
        for pattern in self.in_order() {
            set.add(glob(pattern).ok()?);
        }
        set.build().ok()
    }

    fn in_order(&self) -> Vec<&'a str> {
        let mut ordered: Vec<_> = self.places.iter().collect();
        ordered.sort_unstable_by_key(|(_, place)| **place);
        ordered.into_iter().map(|(pattern, _)| *pattern).collect()
    }
}

/// Whether a glob may mean files within a folder whose files nobody knows. A mistake costs a build, the other way round it would
/// cost a test.
fn reaches_below(pattern: &str, folder: &str) -> bool {
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    let literal = pattern
        .find(['*', '?', '[', '{', '\\'])
        .unwrap_or(pattern.len());
    let (plain, rest) = pattern.split_at(literal);
    if plain.starts_with(folder) {
        return true;
    }
    let depth = |text: &str| text.matches('/').count();
    let is_deep = rest.contains("**") || depth(pattern) >= depth(folder);
    !rest.is_empty() && folder.starts_with(plain) && is_deep
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
    let patterns = globs.in_order();
    let mut needed = vec![false; filters.len()];
    let mut open = filters.len();
    let mut matches = Vec::new();
    for file in changed {
        if open == 0 {
            break;
        }
        set.matches_into(file, &mut matches);
        let mut wanted = matches.clone();
        if let Some(submodule) = file.strip_suffix('/') {
            matches.extend(set.matches(submodule));
            wanted.clone_from(&matches);
            let reaches = |glob: &usize| reaches_below(patterns[*glob], file);
            wanted.extend((0..patterns.len()).filter(reaches));
        }
        let wanting = wanted.iter().filter_map(|glob| wanted_by.get(*glob));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_submodule_counts_for_every_glob_that_may_mean_what_it_holds() {
        for (pattern, counts) in [
            ("web/**", true),
            ("web/lib", true),
            ("web/lib/**", true),
            ("web/lib/src/main.ts", true),
            ("**/*.ts", true),
            ("web/*/src/*.ts", true),
            ("{web,docs}/**", true),
            ("**", true),
            ("docs/**", false),
            ("web/library/**", false),
            ("web/*.ts", false),
            ("*.md", false),
            ("web", false),
        ] {
            let rule = CheckRule {
                paths: vec![pattern.to_owned()],
                ..Rules::of_one_build().checks[0].clone()
            };
            let needed = needed(&[&rule], &["web/lib/".to_owned()]);
            assert!(needed.values().all(|needed| *needed == counts), "{pattern}");
            let outside = CheckRule {
                exclude: vec!["web/**".to_owned()],
                ..rule.clone()
            };
            let needed = super::needed(&[&outside], &["web/lib/".to_owned()]);
            assert!(needed.values().all(|needed| !needed), "{pattern}");
        }
    }
}

//! Which checks of the rules a candidate needs. A check that does not run always has a reason.

use globset::GlobSetBuilder;

use super::{LeftOut, Note, Subject, Why};
use crate::{
    id::CheckName,
    rules::{CheckRule, Kind, Rules, glob},
    title::{Flag, Flags},
};

/// The checks of some rules, divided.
pub(super) struct Selection<'a> {
    pub(super) run: Vec<&'a CheckRule>,
    pub(super) left_out: Vec<LeftOut>,
}

pub(super) fn select<'a>(rules: &'a Rules, flags: &Flags, subject: Subject<'_>) -> Selection<'a> {
    let needed = needed(rules, subject.changed);
    let only = known_only(rules, flags);
    let mut selection = Selection {
        run: Vec::new(),
        left_out: Vec::new(),
    };
    for (rule, needed) in rules.checks.iter().zip(needed) {
        let why = if !is_for(rule, subject.destination.as_str()) {
            Some(Why::OtherBranch {
                branches: rule.branches.clone(),
            })
        } else if !needed {
            Some(Why::NotNeeded {
                paths: rule.paths.clone(),
            })
        } else if !only.is_empty() && !only.contains(&&rule.name) {
            Some(Why::Flag { flag: Flag::Only })
        } else if flags.has(Flag::SkipTests) && rule.kind == Kind::Test {
            Some(Why::Flag {
                flag: Flag::SkipTests,
            })
        } else {
            None
        };
        match why {
            None => selection.run.push(rule),
            Some(why) => selection.left_out.push(LeftOut {
                name: rule.name.clone(),
                required: rule.required,
                why,
            }),
        }
    }
    selection
}

/// Said when `[only=…]` names a check that there is not.
pub(super) fn no_such_check(rules: &Rules, flags: &Flags) -> Vec<Note> {
    let unknown = flags.only.iter().filter(|name| {
        !rules
            .checks
            .iter()
            .any(|check| check.name.as_str() == *name)
    });
    unknown
        .map(|name| Note::NoSuchCheck {
            name: name.clone(),
            known: rules
                .checks
                .iter()
                .map(|check| check.name.clone())
                .collect(),
        })
        .collect()
}

/// The checks that `[only=…]` names, as far as there are such.
fn known_only<'a>(rules: &'a Rules, flags: &Flags) -> Vec<&'a CheckName> {
    let names = rules.checks.iter().map(|check| &check.name);
    names
        .filter(|name| flags.only.iter().any(|only| only == name.as_str()))
        .collect()
}

fn is_for(rule: &CheckRule, destination: &str) -> bool {
    rule.branches.is_empty()
        || rule.branches.iter().any(|pattern| {
            glob(pattern).is_ok_and(|glob| glob.compile_matcher().is_match(destination))
        })
}

/// For each check whether a changed file is among those it is for.
fn needed(rules: &Rules, changed: &[String]) -> Vec<bool> {
    // One set for all checks: a file is matched once, however many there are.
    let mut patterns = GlobSetBuilder::new();
    let mut owners = Vec::new();
    for (place, check) in rules.checks.iter().enumerate() {
        for (pattern, excludes) in check
            .paths
            .iter()
            .map(|pattern| (pattern, false))
            .chain(check.exclude.iter().map(|pattern| (pattern, true)))
        {
            // Rules with a glob that cannot be read are refused; were there one, all checks would be needed.
            let Ok(glob) = glob(pattern) else {
                return vec![true; rules.checks.len()];
            };
            patterns.add(glob);
            owners.push((place, excludes));
        }
    }
    let Ok(set) = patterns.build() else {
        return vec![true; rules.checks.len()];
    };
    let filtered = |check: &CheckRule| !check.paths.is_empty() || !check.exclude.is_empty();
    let mut needed: Vec<bool> = rules.checks.iter().map(|check| !filtered(check)).collect();
    let all_files: Vec<bool> = rules
        .checks
        .iter()
        .map(|check| check.paths.is_empty())
        .collect();
    let mut matches = Vec::new();
    for file in changed {
        set.matches_into(file, &mut matches);
        let mut wanted = all_files.clone();
        let mut not_counted = vec![false; wanted.len()];
        for &pattern in &matches {
            let (place, excludes) = owners[pattern];
            if excludes {
                not_counted[place] = true;
            } else {
                wanted[place] = true;
            }
        }
        for place in 0..needed.len() {
            needed[place] |= wanted[place] && !not_counted[place];
        }
    }
    needed
}

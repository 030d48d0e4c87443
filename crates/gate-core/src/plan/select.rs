//! Which checks of the rules a candidate needs. A check that does not run always has a reason.

use super::{LeftOut, Note, Why, filter::Answers};
use crate::{
    id::CheckName,
    naming,
    rules::{CheckRule, Kind, Rules},
    title::{Flag, Flags},
};

/// The checks of some rules, divided.
pub(super) struct Selection<'a> {
    pub(super) run: Vec<&'a CheckRule>,
    pub(super) left_out: Vec<LeftOut>,
}

pub(super) fn select<'a>(rules: &'a Rules, flags: &Flags, answers: &Answers<'_>) -> Selection<'a> {
    let only = known_only(rules, flags);
    let mut selection = Selection {
        run: Vec::new(),
        left_out: Vec::new(),
    };
    for rule in &rules.checks {
        let why = if !answers.is_for_the_destination(rule) {
            Some(Why::OtherBranch {
                branches: rule.branches.clone(),
            })
        } else if !answers.needs(rule) {
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

/// A title has room for dozens of names that are none, and what is said of each holds all that there are.
const MOST_UNKNOWN: usize = 3;

/// Said when `[only=…]` names a check that there is not.
pub(super) fn no_such_check(rules: &Rules, flags: &Flags) -> Vec<Note> {
    let names = || rules.checks.iter().map(|check| &check.name);
    let unknown = |name: &&String| naming::check(name, names()).is_none();
    flags
        .only
        .iter()
        .filter(unknown)
        .take(MOST_UNKNOWN)
        .map(|name| Note::NoSuchCheck {
            name: name.clone(),
            known: names().cloned().collect(),
        })
        .collect()
}

/// The checks that `[only=…]` names, as far as there are such.
fn known_only<'a>(rules: &'a Rules, flags: &Flags) -> Vec<&'a CheckName> {
    let names = || rules.checks.iter().map(|check| &check.name);
    let only = flags.only.iter();
    only.filter_map(|only| naming::check(only, names()))
        .collect()
}

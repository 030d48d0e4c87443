//! Which flags take effect: those of the title as far as the rules let a title decide, and those that people gave by command.

use std::collections::BTreeMap;

use super::{NoBuild, Note};
use crate::{
    conversation::{Allowed, Conversation},
    rules::{FlagRule, Rules},
    title::{Flag, Flags},
};

/// What becomes of all flags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct InEffect {
    /// Those that take effect.
    pub(super) flags: Flags,
    /// What the reader should know of the others.
    pub(super) notes: Vec<Note>,
    /// Those of the title that wait for somebody's leave.
    pub(super) waiting: Vec<Flag>,
}

/// Whether `[skip-ci]` ends the run before anything is merged: the policy about it is the destination's own.
pub fn skips_all(
    title: &Flags,
    conversation: &Conversation,
    gate_toml: Option<&[u8]>,
) -> Option<(Flags, NoBuild)> {
    let rules = gate_toml.and_then(|bytes| Rules::parse(bytes).ok());
    let policy = rules.map(|rules| rules.flags).unwrap_or_default();
    let InEffect { flags, waiting, .. } = in_effect(title, conversation, &policy);
    if flags.has(Flag::SkipCi) {
        return Some((flags, NoBuild::SkipCi));
    }
    let waits = waiting.contains(&Flag::SkipCi);
    let no_build = waits.then(|| waits_for_leave(title, conversation, &policy, Flag::SkipCi))?;
    Some((flags, no_build))
}

pub(super) fn waits_for_leave(
    title: &Flags,
    conversation: &Conversation,
    policy: &BTreeMap<Flag, FlagRule>,
    flag: Flag,
) -> NoBuild {
    let patterns = policy.get(&flag).and_then(|rule| rule.allow.as_ref());
    let allow = patterns.into_iter().flatten();
    let of_another = |allowed: &&Allowed| {
        allowed.flag == flag && allow.clone().any(|pattern| pattern.matches(&allowed.by))
    };
    NoBuild::WaitsForLeave {
        flag,
        typed: title.as_typed(flag),
        before: conversation.allowed.iter().rfind(of_another).cloned(),
        allow: allow.map(|pattern| pattern.as_str().to_owned()).collect(),
    }
}

pub(super) fn in_effect(
    title: &Flags,
    conversation: &Conversation,
    policy: &BTreeMap<Flag, FlagRule>,
) -> InEffect {
    let mut found = InEffect {
        flags: title.clone(),
        ..InEffect::default()
    };
    for flag in &title.known {
        let Some(rule) = policy.get(flag) else {
            continue;
        };
        if rule.reason && !title.reasons.contains_key(flag) {
            found.flags.remove(*flag);
            found.notes.push(Note::NoReason { flag: *flag });
            continue;
        }
        let Some(patterns) = &rule.allow else {
            continue;
        };
        let leave = conversation.allowed.iter().find(|allowed| {
            allowed.is_for(title, *flag)
                && patterns.iter().any(|pattern| pattern.matches(&allowed.by))
        });
        if let Some(leave) = leave {
            found.flags.allowed.insert(*flag, leave.by.clone());
        } else {
            found.flags.remove(*flag);
            found.waiting.push(*flag);
        }
    }
    for given in &conversation.given {
        let counts = given.flags.known.iter().all(|flag| {
            policy
                .get(flag)
                .is_none_or(|rule| rule.lets(&given.by, given.flags.reasons.contains_key(flag)))
        });
        if counts {
            found.flags.give(&given.flags, &given.by);
            found
                .waiting
                .retain(|flag| !given.flags.known.contains(flag));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{arn::ArnPattern, conversation::Given};

    const ANN: &str = "arn:aws:iam::000000000000:user/ann";
    const BOB: &str = "arn:aws:iam::000000000000:user/bob";

    fn policy(allow: Option<&str>, reason: bool) -> BTreeMap<Flag, FlagRule> {
        let rule = FlagRule {
            may_approve: true,
            allow: allow.map(|arn| vec![ArnPattern::parse(arn).unwrap()]),
            reason,
        };
        BTreeMap::from([(Flag::SkipTests, rule)])
    }

    fn given(by: &str, title: &str) -> Conversation {
        Conversation {
            given: vec![Given {
                by: by.to_owned(),
                flags: Flags::parse(title),
            }],
            ..Conversation::default()
        }
    }

    fn allowed(by: &str, flag: Flag) -> Conversation {
        Conversation {
            allowed: vec![Allowed {
                by: by.to_owned(),
                flag,
                typed: flag.to_string(),
            }],
            ..Conversation::default()
        }
    }

    fn skips(title: &str, said: &Conversation, policy: &BTreeMap<Flag, FlagRule>) -> bool {
        in_effect(&Flags::parse(title), said, policy)
            .flags
            .has(Flag::SkipTests)
    }

    #[test]
    fn a_bound_flag_of_the_title_waits_for_somebody_who_may() {
        let (title, policy) = ("[skip-tests] x", policy(Some(BOB), false));
        assert!(!skips(title, &Conversation::default(), &policy));
        assert!(!skips(title, &allowed(ANN, Flag::SkipTests), &policy));
        assert!(!skips(title, &allowed(BOB, Flag::Only), &policy));
        assert!(!skips(title, &given(ANN, "[skip-tests]"), &policy));
        assert!(skips(title, &allowed(BOB, Flag::SkipTests), &policy));
        assert!(skips(title, &given(BOB, "[skip-tests]"), &policy));
        let waits = in_effect(&Flags::parse(title), &Conversation::default(), &policy);
        assert_eq!(waits.waiting, [Flag::SkipTests]);
        let lifted = in_effect(&Flags::parse(title), &given(BOB, "[skip-tests]"), &policy);
        assert_eq!(lifted.waiting, []);
        assert_eq!(lifted.flags.by[&Flag::SkipTests], BOB);
    }

    #[test]
    fn a_leave_is_for_one_value_and_one_reason() {
        let rule = FlagRule {
            may_approve: true,
            allow: Some(vec![ArnPattern::parse(BOB).unwrap()]),
            reason: false,
        };
        let policy = [Flag::Only, Flag::Compute, Flag::SkipTests].map(|flag| (flag, rule.clone()));
        let policy = BTreeMap::from(policy);
        let allowed = |flag: Flag, typed: &str| Allowed {
            by: BOB.to_owned(),
            flag,
            typed: typed.to_owned(),
        };
        let conversation = Conversation {
            allowed: vec![
                allowed(Flag::Only, "[only=unit,docs]"),
                allowed(Flag::Compute, "[compute=large]"),
                allowed(Flag::SkipTests, "[skip-tests: hotfix]"),
            ],
            ..Conversation::default()
        };
        let table = [
            ("[only=unit,docs]", Flag::Only, true),
            ("[Only = unit, docs]", Flag::Only, true),
            ("[only=unit] [only=docs]", Flag::Only, true),
            ("[only=docs]", Flag::Only, false),
            ("[only=unit,docs,web]", Flag::Only, false),
            ("[only=unit,docs: because]", Flag::Only, false),
            ("[compute=large]", Flag::Compute, true),
            ("[compute=small]", Flag::Compute, false),
            ("[compute=large] [compute=small]", Flag::Compute, false),
            ("[skip-tests: hotfix]", Flag::SkipTests, true),
            ("[skip-tests]", Flag::SkipTests, false),
            ("[skip-tests: another]", Flag::SkipTests, false),
        ];
        for (title, flag, takes_effect) in table {
            let found = in_effect(&Flags::parse(title), &conversation, &policy);
            assert_eq!(found.flags.has(flag), takes_effect, "{title}");
            assert_eq!(found.waiting.contains(&flag), !takes_effect, "{title}");
        }
        let title = Flags::parse("[only=docs] [compute=large]");
        let NoBuild::WaitsForLeave { typed, before, .. } =
            waits_for_leave(&title, &conversation, &policy, Flag::Only)
        else {
            panic!("it waits")
        };
        assert_eq!(typed, "[only=docs]");
        assert_eq!(before.unwrap().typed, "[only=unit,docs]");
    }

    #[test]
    fn nothing_is_to_be_allowed_that_the_title_does_not_ask_for() {
        let policy = policy(Some(BOB), false);
        assert!(!skips("x", &allowed(BOB, Flag::SkipTests), &policy));
    }

    #[test]
    fn a_flag_that_needs_a_reason_does_nothing_without_one() {
        let policy = policy(None, true);
        let none = Conversation::default();
        let without = in_effect(&Flags::parse("[skip-tests]"), &none, &policy);
        assert_eq!(without.flags, Flags::default());
        assert_eq!(
            without.notes,
            [Note::NoReason {
                flag: Flag::SkipTests
            }]
        );
        assert!(skips("[skip-tests: hotfix]", &none, &policy));
        assert!(!skips("x", &given(ANN, "[skip-tests]"), &policy));
        assert!(skips("x", &given(ANN, "[skip-tests: hotfix]"), &policy));
    }

    #[test]
    fn flags_by_command_join_those_of_the_title() {
        let none = BTreeMap::new();
        let title = Flags::parse("[only=web] [compute=small]");
        let mut said = given(ANN, "[only=docs]");
        said.given.extend(given(BOB, "[compute=large]").given);
        let InEffect { flags, .. } = in_effect(&title, &said, &none);
        assert_eq!(flags.only, ["web", "docs"]);
        assert_eq!(
            flags.compute.map(crate::rules::Compute::name),
            Some("large")
        );
        assert_eq!(flags.by[&Flag::Only], ANN);
    }

    #[test]
    fn skip_ci_is_bound_by_the_destinations_rules_alone() {
        let skip = |gate_toml: Option<&str>, said: &Conversation| {
            let title = Flags::parse("[skip-ci] words");
            skips_all(&title, said, gate_toml.map(str::as_bytes)).map(|(_, no_build)| no_build)
        };
        let none = Conversation::default();
        assert_eq!(skip(None, &none), Some(NoBuild::SkipCi));
        assert_eq!(
            skip(Some("[flags.skip-ci]\nreason = true"), &none),
            None,
            "it is built"
        );
        let bound = format!("[flags.skip-ci]\nallow = [\"{BOB}\"]");
        assert!(matches!(
            skip(Some(&bound), &none),
            Some(NoBuild::WaitsForLeave {
                flag: Flag::SkipCi,
                ..
            })
        ));
        assert_eq!(
            skip(Some(&bound), &allowed(BOB, Flag::SkipCi)),
            Some(NoBuild::SkipCi)
        );
        assert_eq!(skip(Some("broken"), &none), Some(NoBuild::SkipCi));
    }
}

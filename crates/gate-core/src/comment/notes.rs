//! What the reader should know besides the verdict: flags, and rules that were not the usual ones.

use super::{View, detail::Detail};
use crate::{
    buildspec::PATH as BUILDSPEC,
    id::CheckName,
    naming,
    plan::{Note, Plan, Used, WhyAgain},
    rules::PATH as RULES,
    text::{code, count},
    title::{self, Flag, UnknownFlag},
};

pub(super) fn notes(view: &View<'_>, detail: &Detail) -> Option<String> {
    let plan = view.plan?;
    let mut lines: Vec<String> = plan
        .notes
        .iter()
        .map(|note| format!("- {}", note_words(note, plan, detail)))
        .collect();
    for flag in plan
        .flags
        .known
        .iter()
        .filter(|flag| has_effect(plan, **flag))
    {
        lines.push(format!(
            "- {} {}: {}",
            code(&plan.flags.as_typed(*flag), 160),
            plan.flags.origin(*flag),
            flag_words(*flag)
        ));
    }
    let unknown = plan.flags.unknown.iter().take(5);
    lines.extend(unknown.map(|unknown| format!("- {}", mistyped(plan, unknown))));
    (!lines.is_empty()).then(|| format!("Good to know\n{}", lines.join("\n")))
}

/// What a word in the title is that resembles a flag.
fn mistyped(plan: &Plan, unknown: &UnknownFlag) -> String {
    let word = code(&format!("[{}]", unknown.word), 60);
    if let Some(size) = title::mistyped_size(&unknown.word) {
        let none = naming::no_such_size(size);
        return format!("{word} in the title does nothing: {none}");
    }
    let meant = match unknown.nearest {
        None => String::new(),
        Some(Flag::Only) => {
            let check = plan.checks.first().map(|check| check.name.as_str());
            format!("only={}", check.unwrap_or("unit"))
        }
        Some(flag) => flag.example().to_owned(),
    };
    let meant = match meant.as_str() {
        "" => String::new(),
        meant => format!(", did you mean {}?", code(&format!("[{meant}]"), 80)),
    };
    format!("{word} in the title is no flag that this gate knows{meant}")
}

/// What a flag did not do needs no line: `[skip-ci]` has the headline, an `[only=…]` that names no check a note.
fn has_effect(plan: &Plan, flag: Flag) -> bool {
    match flag {
        Flag::SkipCi => false,
        Flag::Only => {
            let names = || plan.checks.iter().map(|check| &check.name);
            let mut only = plan.flags.only.iter();
            only.any(|only| naming::check(only, names()).is_some())
        }
        _ => true,
    }
}

fn note_words(note: &Note, plan: &Plan, detail: &Detail) -> String {
    match note {
        Note::FirstBuildspec { path } => format!(
            "the destination has no {} yet: this pull request's own was used, this once",
            code(path, 80)
        ),
        Note::BrokenBuildspec { fault } => format!(
            "the destination's buildspec is broken, so this pull request's own was used: {}",
            code(fault, detail.phase_characters)
        ),
        Note::ChangesBuildspec { path } => format!(
            "this pull request changes {}: the change takes effect after the merge",
            code(path, 80)
        ),
        Note::FirstRules => format!(
            "the destination has no `{RULES}` yet: this pull request's own was used, this once"
        ),
        Note::BrokenRules { used, .. } => match used {
            Used::DefaultCheck => format!(
                "the destination's `{RULES}` is broken: one build of `{BUILDSPEC}` was asked for in its place"
            ),
            Used::Kept => "the destination's rules are broken: some that it had were used in their place".to_owned(),
            Used::Own => "the destination's rules are broken and leave nothing to build: this pull request's own were used, so that \
                          it can mend them"
                .to_owned(),
        },
        Note::KeptRules { commit } => format!(
            "the destination has no rules any more that can be used: those that it had at {} were",
            code(commit.short(7), 40)
        ),
        Note::ChangesRules {
            added,
            removed,
            changed,
        } => changed_rules(added, removed, changed),
        Note::IdleGlobs { globs, more } => idle_globs(globs, *more),
        Note::TakenOver { checks } => format!(
            "not built again: {}; an earlier run tested this very merge commit",
            names(checks)
        ),
        Note::BuiltAgain { why } => {
            let why = match why {
                WhyAgain::NothingBefore => "there is no earlier verdict on this revision",
                WhyAgain::DestinationMoved => "the destination has moved since",
                WhyAgain::CommitGone => "the merge commit that was tested is gone",
                WhyAgain::OtherPlan => "rules, flags or settings are not those of the earlier run",
                WhyAgain::TooManyRuns => "the verdict would rest on too many runs",
            };
            format!("everything was built again: {why}")
        }
        Note::NoCache => format!(
            "builds start without the cache that `{RULES}` asks for: CodeBuild keeps none where this deployment builds"
        ),
        Note::NoReason { flag } => format!(
            "`{flag}` in the title did nothing: `{RULES}` asks for a reason, as in `[{}: hotfix for #12]`",
            flag.name()
        ),
        Note::NoSuchCheck { name, known } => format!(
            "{} {}, but {}",
            code(&format!("[only={name}]"), 80),
            plan.flags.origin(Flag::Only),
            naming::no_such_check(std::slice::from_ref(name), known)
        ),
    }
}

fn idle_globs(globs: &[(CheckName, String)], more: u64) -> String {
    let mut words: Vec<_> = globs
        .iter()
        .map(|(check, glob)| format!("{} of {}", code(glob, 60), code(check.as_str(), 60)))
        .collect();
    if more > 0 {
        words.push(format!("{} more", count(more)));
    }
    let match_nothing = if words.len() == 1 {
        "matches no file"
    } else {
        "match no file"
    };
    format!(
        "after the merge {} {match_nothing}: is that meant?",
        words.join(", ")
    )
}

fn changed_rules(added: &[CheckName], removed: &[CheckName], changed: &[CheckName]) -> String {
    let effect = [
        (added, "would run"),
        (removed, "would not run"),
        (changed, "would run in another way"),
    ];
    let effect: Vec<_> = effect
        .into_iter()
        .filter(|(checks, _)| !checks.is_empty())
        .map(|(checks, what)| format!("{} {what}", names(checks)))
        .collect();
    let effect = if effect.is_empty() {
        "nothing would differ for this one".to_owned()
    } else {
        effect.join(", ")
    };
    format!(
        "this pull request changes the rules, which takes effect after the merge: then {effect}"
    )
}

fn names(checks: &[CheckName]) -> String {
    const SHOWN: usize = 10;
    let mut names: Vec<_> = checks
        .iter()
        .take(SHOWN)
        .map(|name| code(name.as_str(), 60))
        .collect();
    if checks.len() > SHOWN {
        names.push(format!("{} more", checks.len() - SHOWN));
    }
    names.join(", ")
}

fn flag_words(flag: Flag) -> &'static str {
    match flag {
        Flag::SkipTests => "tests were not asked for",
        Flag::SkipCi => "nothing runs",
        Flag::Container => "the build may run Docker",
        Flag::NoCache => "the build starts without its cache",
        Flag::Only => "the other checks were not asked for",
        Flag::Compute => "builds get a machine of this size",
    }
}

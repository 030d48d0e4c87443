//! What the reader should know besides the verdict: flags, and rules that were not the usual ones.

use super::{View, detail::Detail, text::code};
use crate::{plan::Note, title::Flag};

pub(super) fn notes(view: &View<'_>, detail: &Detail) -> Option<String> {
    let plan = view.plan?;
    let mut lines: Vec<String> = plan
        .notes
        .iter()
        .map(|note| format!("- {}", note_words(note, detail)))
        .collect();
    for flag in plan
        .flags
        .known
        .iter()
        .filter(|flag| **flag != Flag::SkipCi)
    {
        lines.push(format!(
            "- {} is in the title: {}",
            code(&flag.to_string(), 40),
            flag_words(*flag)
        ));
    }
    for unknown in plan.flags.unknown.iter().take(5) {
        let meant = unknown
            .nearest
            .map(|flag| format!(", did you mean {}?", code(&flag.to_string(), 40)))
            .unwrap_or_default();
        lines.push(format!(
            "- {} in the title is no flag that this gate knows{meant}",
            code(&format!("[{}]", unknown.word), 60)
        ));
    }
    (!lines.is_empty()).then(|| format!("Good to know\n{}", lines.join("\n")))
}

fn note_words(note: &Note, detail: &Detail) -> String {
    let path = crate::buildspec::PATH;
    match note {
        Note::FirstBuildspec => format!(
            "the destination has no `{path}` yet: this pull request's own was used, this once"
        ),
        Note::BrokenBuildspec { fault } => format!(
            "the destination's `{path}` is broken, so this pull request's own was used: {}",
            code(fault, detail.phase_characters)
        ),
        Note::ChangesBuildspec => {
            format!("this pull request changes `{path}`: the change takes effect after the merge")
        }
    }
}

fn flag_words(flag: Flag) -> &'static str {
    match flag {
        Flag::SkipTests => "tests were not asked for",
        Flag::SkipCi => "nothing runs",
        Flag::Container => "the build may run Docker",
        Flag::NoCache => "the build starts without its cache",
    }
}

//! Why nothing was built, or why the gate stopped, and what to do about it.

use super::{Stage, View};
use crate::{
    arn,
    conversation::Allowed,
    names,
    plan::{NoBuild, Note},
    reply,
    rules::FileFault,
    text::{code, count, fence},
    title::{Flag, Flags},
    verdict::{Reason, Verdict},
};

/// Why there is no build, or why the gate stopped.
pub(super) fn explanation(view: &View<'_>) -> Option<String> {
    match &view.stage {
        Stage::Failed { error, again } => {
            let next = if *again {
                "It will be tried again."
            } else {
                "It was tried three times. Write `/gate retry` or push to have it tried again, or ask whoever runs the gate to look \
                 at its log."
            };
            return Some(format!("{}\n\n{next}", fence(error, 12, 1200)));
        }
        Stage::Deferred => return Some(super::waits(view.destination)),
        Stage::Running { .. } | Stage::Finished { .. } => {}
    }
    let plan = view.plan?;
    if let Stage::Finished {
        verdict: Verdict::Hold(Reason::Held(_)),
        ..
    } = &view.stage
    {
        let who = reply::people(&plan.may_unhold);
        return Some(format!(
            "All that was asked for passed. It is approved once {who} writes `/gate unhold`."
        ));
    }
    let Some(no_build) = &plan.no_build else {
        return plan.notes.iter().find_map(broken_rules);
    };
    match no_build {
        NoBuild::NotGated { gated } => {
            let gated: Vec<_> = gated
                .iter()
                .take(10)
                .map(|branch| code(branch, 80))
                .collect();
            Some(format!(
                "This gate looks after {}. Nothing was built and nothing will be.",
                gated.join(", ")
            ))
        }
        NoBuild::SkipCi => Some(skipped(&plan.flags)),
        NoBuild::WaitsForLeave {
            flag,
            typed,
            allow,
            before,
        } => Some(waits_for_leave((*flag, typed), allow, before.as_ref())),
        NoBuild::Stopped { .. } => Some(
            "Nothing is built and nothing is approved until somebody pushes or writes `/gate retry`.".to_owned(),
        ),
        NoBuild::Conflict { files, more } => Some(conflict(files, *more)),
        NoBuild::BranchInTheWay { branch } => Some(format!(
            "Nothing was built. To test what merging would make, the gate puts it on a branch of its own below {}, and git cannot \
             hold that beside a branch called {}. Rename or delete that branch, then write `/gate retry`.",
            code(names::PREVIEW_PREFIX, 80),
            code(branch, 200)
        )),
        NoBuild::NotComputable { reason } => Some(format!(
            "CodeCommit could not compute the merge:\n\n{}\n\nMerge the destination into your branch and push.",
            fence(reason, 8, 800)
        )),
        NoBuild::NoBuildspec { path } => Some(format!(
            "Neither side has a {}. Add one that builds and tests this repository, and push.",
            code(path, 80)
        )),
        NoBuild::InvalidRules { faults } => Some(format!(
            "After the merge the rules could not be used:\n\n{}\n\nMend them and push; `gate config check` tells the same.",
            fault_lines(faults)
        )),
    }
}

/// How it is tested all the same. A flag by command cannot be taken back, and counts for one revision.
fn skipped(flags: &Flags) -> String {
    let given = flags.by.contains_key(&Flag::SkipCi);
    let in_title = !given || flags.in_title_too.contains(&Flag::SkipCi);
    let how = match (in_title, given) {
        (true, true) => "take the flag out of the title and push.",
        (true, false) => "take the flag out of the title and write `/gate retry`, or push.",
        (false, _) => "push: the flag counts for this revision alone.",
    };
    format!("Nothing was built. To have it tested, {how}")
}

/// How a flag gets its leave, and why one that was given is not for it.
fn waits_for_leave(
    (flag, typed): (Flag, &str),
    allow: &[String],
    before: Option<&Allowed>,
) -> String {
    let changed = before.map(|before| {
        format!(
            " {} allowed {}; the title has {} now.",
            code(arn::name(&before.by), 80),
            code(&before.typed, 200),
            code(typed, 200)
        )
    });
    let named = typed.trim_start_matches('[').trim_end_matches(']');
    let named = if named.is_empty() { flag.name() } else { named };
    format!(
        "Nothing was built.{} By `{}` the flag takes effect once {} writes {}. Without it: take the flag out of the title and \
         write `/gate retry`.",
        changed.unwrap_or_default(),
        crate::rules::PATH,
        reply::people(allow),
        code(&format!("/gate allow {named}"), 200)
    )
}

fn broken_rules(note: &Note) -> Option<String> {
    let Note::BrokenRules { faults, .. } = note else {
        return None;
    };
    Some(format!(
        "The destination's rules cannot be used:\n\n{}",
        fault_lines(faults)
    ))
}

fn fault_lines(faults: &[FileFault]) -> String {
    let lines: Vec<_> = faults.iter().map(ToString::to_string).collect();
    fence(&lines.join("\n"), 50, 4000)
}

fn conflict(files: &[String], more: u64) -> String {
    const SHOWN: usize = 20;
    let mut lines: Vec<_> = files
        .iter()
        .take(SHOWN)
        .map(|file| format!("- {}", code(file, 200)))
        .collect();
    let more = more + files.len().saturating_sub(SHOWN) as u64;
    if more > 0 {
        lines.push(format!("- and {} more", count(more)));
    }
    format!(
        "Both sides changed:\n\n{}\n\nMerge the destination into your branch, solve the conflicts and push.",
        lines.join("\n")
    )
}

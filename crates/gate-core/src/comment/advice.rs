//! The last words: what the author can do next, and where to read on.

use std::collections::BTreeMap;

use super::{Stage, View};
use crate::{
    id::CheckName,
    text::{code, plural},
    verdict::{CheckFailure, Reason, Verdict},
};

pub(super) fn advice(view: &View<'_>) -> Option<String> {
    let mut words = Vec::new();
    if let Stage::Finished {
        verdict: Verdict::Reject(reasons),
        ..
    } = &view.stage
    {
        words.extend(match view.exhausted {
            Some(times) => Some(last_step(times)),
            None => next_steps(reasons),
        });
    }
    if let Stage::Running { badge: Some(badge) } = view.stage {
        words.push(format!("[Badge]({badge})"));
    }
    if let Some(report) = view.report {
        words.push(format!("[All results]({report})"));
    }
    (!words.is_empty()).then(|| words.join(" "))
}

/// What the author can do about a candidate that is not tested again.
fn last_step(times: u32) -> String {
    format!(
        "Push a fix: {} failed of this very candidate, and by `limits.failed_runs` of `{}` it is not tested again. `/gate help` lists \
         what you can ask.",
        plural(times.into(), "run"),
        crate::rules::PATH
    )
}

/// What the author can do about the checks that did not pass.
fn next_steps(reasons: &[Reason]) -> Option<String> {
    let mut by_remedy: BTreeMap<Remedy, Vec<&CheckName>> = BTreeMap::new();
    for reason in reasons {
        let Reason::Check { check, failure } = reason else {
            continue;
        };
        let (check, remedy) = match failure {
            CheckFailure::NotRun { after } => (first_of(reasons, after), Remedy::Fix),
            failure => (check, Remedy::of(failure)),
        };
        let known = by_remedy.values().flatten().any(|known| *known == check);
        if !known {
            by_remedy.entry(remedy).or_default().push(check);
        }
    }
    let alone = by_remedy.values().map(Vec::len).sum::<usize>() == 1;
    let has_fix = by_remedy.contains_key(&Remedy::Fix);
    let steps: Vec<_> = by_remedy
        .iter()
        // "Push a fix" is said once.
        .filter(|(remedy, _)| !(has_fix && **remedy == Remedy::Count))
        .map(|(remedy, checks)| remedy.step(checks, alone))
        .collect();
    let help = "`/gate help` lists what else you can ask.";
    (!steps.is_empty()).then(|| format!("{} {help}", steps.join(" ")))
}

/// The check that failed first where one waits for the next: the others have nothing to mend.
fn first_of<'a>(reasons: &'a [Reason], check: &'a CheckName) -> &'a CheckName {
    let before = reasons.iter().find_map(|reason| match reason {
        Reason::Check {
            check: waiting,
            failure: CheckFailure::NotRun { after },
        } if waiting == check => Some(after),
        _ => None,
    });
    before.map_or(check, |before| first_of(reasons, before))
}

/// What helps a check that did not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Remedy {
    Fix,
    /// What was counted is counted the same the next time.
    Count,
    Time,
    /// It asks for a machine or an image that there is not.
    Settings,
    Start,
    Patience,
}

impl Remedy {
    fn of(failure: &CheckFailure) -> Self {
        match failure {
            CheckFailure::Infrastructure => Self::Patience,
            CheckFailure::TimedOut => Self::Time,
            CheckFailure::Stopped => Self::Start,
            CheckFailure::Refused { .. } => Self::Settings,
            CheckFailure::NoTests
            | CheckFailure::TooFewTests { .. }
            | CheckFailure::NoCoverage
            | CheckFailure::CoverageTooLow { .. }
            | CheckFailure::CoverageDropped { .. } => Self::Count,
            _ => Self::Fix,
        }
    }

    /// `alone` is set where no other check needs a word.
    fn step(self, checks: &[&CheckName], alone: bool) -> String {
        let retry = match checks {
            [check] => code(&format!("/gate retry {check}"), 80),
            _ => "`/gate retry failed`".to_owned(),
        };
        let names = names_of(checks);
        match (self, alone) {
            (Self::Fix, true) => {
                format!("Push a fix, or write {retry} if you believe it is flaky.")
            }
            (Self::Fix, false) => {
                format!(
                    "Push a fix, or write {retry} if you believe that {names} failed by chance."
                )
            }
            (Self::Count, _) => "Push a fix.".to_owned(),
            (Self::Time, true) => format!(
                "Make it faster, or have its `timeout_minutes` raised, and push; or write {retry} if it was bad luck."
            ),
            (Self::Time, false) => format!(
                "Make {names} faster, or have `timeout_minutes` raised, and push; or write {retry} if it was bad luck."
            ),
            (Self::Settings, _) => format!(
                "Change the image, the machine or the variables that the rules ask for in {names}, and push; or write {retry} once there is what they ask for."
            ),
            (Self::Start, true) => format!("Write {retry} to have it tested."),
            (Self::Start, false) => format!("Write {retry} to have {names} tested."),
            (Self::Patience, true) => format!(
                "Your change is not to blame. Write {retry} later, or ask whoever runs the gate to look at CodeBuild."
            ),
            (Self::Patience, false) => format!(
                "Your change is not to blame for {names}: write {retry} later, or ask whoever runs the gate to look at CodeBuild."
            ),
        }
    }
}

/// `a`, `b` and 3 more.
fn names_of(checks: &[&CheckName]) -> String {
    const SHOWN: usize = 3;
    let mut names: Vec<_> = checks
        .iter()
        .take(SHOWN)
        .map(|check| code(check.as_str(), 60))
        .collect();
    if checks.len() > SHOWN {
        return format!("{} and {} more", names.join(", "), checks.len() - SHOWN);
    }
    let last = names.pop().unwrap_or_default();
    if names.is_empty() {
        last
    } else {
        format!("{} and {last}", names.join(", "))
    }
}

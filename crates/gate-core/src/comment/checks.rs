//! A line for each check: how it ended, how long it took, where its log is.

use super::{
    Stage, View,
    detail::Detail,
    text::{code, duration, plural},
};
use crate::{
    build::Build,
    title::Flag,
    verdict::{CheckFailure, CheckResult, check_failure},
};

pub(super) fn check_lines(view: &View<'_>, detail: &Detail) -> Vec<String> {
    view.results
        .iter()
        .map(|result| check_line(view, result, detail))
        .collect()
}

fn check_line(view: &View<'_>, result: &CheckResult, detail: &Detail) -> String {
    let name = format!("**{}**", result.check.name);
    let log = |build: &Build| {
        build
            .log_url
            .as_ref()
            .map(|url| format!(": [log]({url})"))
            .unwrap_or_default()
    };
    let Some(build) = &result.build else {
        return format!("- ⏳ {name} waits for CodeBuild to take it");
    };
    let log = log(build);
    if !build.complete && matches!(view.stage, Stage::Running) {
        return format!("- ⏳ {name} runs{log}");
    }
    let time = duration(build.duration);
    let skipped = view
        .plan
        .is_some_and(|plan| plan.flags.has(Flag::SkipTests));
    let failure = view
        .candidate
        .and_then(|candidate| check_failure(result, candidate, skipped));
    let Some(failure) = failure else {
        let how = if skipped {
            "passed without its tests"
        } else {
            "passed"
        };
        return format!("- ✅ {name} {how} in {time}{log}");
    };
    let words = failure_words(&failure, &time);
    let phase = build.failure.as_ref().filter(|_| {
        matches!(
            failure,
            CheckFailure::Failed | CheckFailure::TimedOut | CheckFailure::Infrastructure
        )
    });
    let phase = phase
        .map(|at| {
            format!(
                "\n  phase {}: {}",
                at.phase,
                code(&at.message, detail.phase_characters)
            )
        })
        .unwrap_or_default();
    format!("- ❌ {name} {words}{log}{phase}")
}

fn failure_words(failure: &CheckFailure, time: &str) -> String {
    match failure {
        CheckFailure::NeverStarted => "was never started".to_owned(),
        CheckFailure::NotEnded => "did not end".to_owned(),
        CheckFailure::Failed => format!("failed in {time}"),
        CheckFailure::TimedOut => format!("ran out of time after {time}"),
        CheckFailure::Stopped => format!("was stopped by hand after {time}"),
        CheckFailure::Infrastructure => "failed twice for reasons of CodeBuild's own".to_owned(),
        CheckFailure::WrongCommit { built } => {
            let built = built
                .as_ref()
                .map_or("an unknown commit", |commit| commit.short(7));
            format!("built {built} instead of the candidate")
        }
        CheckFailure::TestsFailed { failed } => format!(
            "passed, but {} in its report failed",
            plural(*failed, "test")
        ),
        CheckFailure::ReportIncomplete { report } => {
            format!(
                "passed, but its report {} is incomplete: check the paths in the buildspec",
                code(report, 80)
            )
        }
        CheckFailure::ReportMissing { report } => {
            format!(
                "passed, but its report {} never came: check the paths in the buildspec",
                code(report, 80)
            )
        }
        CheckFailure::NoTests => "passed, but there is no test in its reports".to_owned(),
    }
}

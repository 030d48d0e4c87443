//! A line for each check: how it ended, how long it took, where its log is.

use std::{collections::BTreeMap, time::Duration};

use super::{Stage, View, comment_rules, detail::Detail};
use crate::{
    build::Build,
    plan::{LeftOut, PlannedCheck, Why},
    report::{Report, ReportContent},
    rules::CheckLines,
    text::{code, count, duration, fence_end, plural},
    title::{Flag, Flags},
    verdict::{CheckFailure, CheckResult, check_failure, not_run},
};

/// Characters of a line of a log, on average.
const LOG_LINE_CHARACTERS: usize = 120;

/// How a check stands, what is most worth a line first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Failed,
    Open,
    Passed,
}

pub(super) fn check_lines(view: &View<'_>, detail: &Detail) -> Vec<String> {
    let mut worth: Vec<(Standing, bool, usize)> = view
        .results
        .iter()
        .enumerate()
        .map(|(place, result)| (standing(view, result), !result.check.required, place))
        .collect();
    let counts_rest = comment_rules(view).checks == CheckLines::Failed;
    let passed = |(standing, ..): &(Standing, bool, usize)| *standing == Standing::Passed;
    let all_passed = worth.iter().filter(|check| passed(check)).count();
    let counts_passed = counts_rest && all_passed > 1;
    if counts_passed {
        worth.retain(|check| !passed(check));
    }
    if worth.len() > detail.checks {
        worth.sort_unstable();
    }
    let (shown, more) = worth.split_at(worth.len().min(detail.checks));
    let mut places: Vec<usize> = shown.iter().map(|(_, _, place)| *place).collect();
    places.sort_unstable();
    let mut lines: Vec<_> = places
        .into_iter()
        .map(|place| check_line(view, &view.results[place], detail))
        .collect();
    for (standing, words) in [
        (Standing::Failed, "❌ and {} more did not pass"),
        (Standing::Open, "⏳ and {} more run or wait"),
        (Standing::Passed, "✅ and {} more passed"),
    ] {
        let number = more.iter().filter(|(other, ..)| *other == standing).count();
        if number > 0 {
            lines.push(format!("- {}", words.replace("{}", &count(number as u64))));
        }
    }
    if counts_passed {
        let mut passed = view.results.iter();
        let how = if tests_skipped(view) && !passed.any(reports_tests) {
            " without their tests"
        } else {
            ""
        };
        lines.push(format!(
            "- ✅ {} passed{how}",
            plural(all_passed as u64, "check")
        ));
    }
    let left_out = view.plan.map_or(&[][..], |plan| &plan.left_out);
    let flags = view.plan.map(|plan| &plan.flags);
    lines.extend(if counts_rest {
        left_out_counted(left_out, flags)
    } else {
        left_out_lines(left_out, flags, detail.left_out)
    });
    lines
}

/// Lines about checks that did not run, by why; a single one has a line of its own.
fn left_out_counted(left_out: &[LeftOut], flags: Option<&Flags>) -> Vec<String> {
    let mut by_why: BTreeMap<String, Vec<&LeftOut>> = BTreeMap::new();
    for check in left_out {
        let why = why_of_many(&check.why, flags);
        by_why.entry(why).or_default().push(check);
    }
    let line = |(why, checks): (String, Vec<&LeftOut>)| match checks.as_slice() {
        [one] => left_out_line(one, flags),
        many => format!("- ⚪ {} {why}", plural(many.len() as u64, "check")),
    };
    by_why.into_iter().map(line).collect()
}

fn standing(view: &View<'_>, result: &CheckResult) -> Standing {
    let ended = result.build.as_ref().is_some_and(|build| build.complete);
    if !ended && matches!(view.stage, Stage::Running { .. }) {
        return Standing::Open;
    }
    match failure(view, result) {
        Some(_) => Standing::Failed,
        None => Standing::Passed,
    }
}

/// Lines about checks that did not run: those that had to pass come first, and of what has no line of its own the number is said
/// with the reason, so that nothing required goes without one.
fn left_out_lines(left_out: &[LeftOut], flags: Option<&Flags>, shown: usize) -> Vec<String> {
    let mut all: Vec<&LeftOut> = left_out.iter().collect();
    if all.len() > shown {
        all.sort_by_key(|check| !check.required);
    }
    let (named, more) = all.split_at(all.len().min(shown));
    let mut lines: Vec<_> = named
        .iter()
        .map(|check| left_out_line(check, flags))
        .collect();
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for check in more {
        *counts.entry(why_of_many(&check.why, flags)).or_default() += 1;
    }
    let counted = counts.into_iter();
    lines.extend(counted.map(|(why, number)| format!("- ⚪ and {} more {why}", count(number))));
    lines
}

fn why_of_many(why: &Why, flags: Option<&Flags>) -> String {
    match why {
        Why::NotNeeded { .. } => "not needed: nothing that they are for changed".to_owned(),
        Why::OtherBranch { .. } => "are for other branches".to_owned(),
        Why::Flag { flag } => skipped(*flag, flags),
    }
}

fn skipped(flag: Flag, flags: Option<&Flags>) -> String {
    let origin = flags.map_or(String::new(), |flags| flags.origin(flag));
    format!("skipped: `{flag}` {origin}")
}

fn left_out_line(left_out: &LeftOut, flags: Option<&Flags>) -> String {
    let name = format!("**{}**", left_out.name);
    let globs = |globs: &[String]| {
        let shown: Vec<_> = globs.iter().take(3).map(|glob| code(glob, 60)).collect();
        let more = if globs.len() > 3 { ", …" } else { "" };
        format!("{}{more}", shown.join(", "))
    };
    match &left_out.why {
        Why::NotNeeded { paths } if paths.is_empty() => {
            format!("- ⚪ {name} not needed: all that changed is excluded from it")
        }
        Why::NotNeeded { paths } => {
            format!(
                "- ⚪ {name} not needed: nothing under {} changed",
                globs(paths)
            )
        }
        Why::OtherBranch { branches } => {
            format!("- ⚪ {name} is for other branches: {}", globs(branches))
        }
        Why::Flag { flag } => format!("- ⚪ {name} {}", skipped(*flag, flags)),
    }
}

/// The end of the log of each check that broke without a failed test: the reason is nowhere else.
pub(super) fn log_ends(view: &View<'_>, detail: &Detail) -> Vec<String> {
    if detail.log_lines == 0 {
        return Vec::new();
    }
    let without_failed_tests =
        |result: &&CheckResult| !result.reports.iter().any(Report::has_failed_tests);
    let ends = view
        .results
        .iter()
        .filter(without_failed_tests)
        .filter_map(|result| {
            let end = result.log_end.as_ref()?;
            let name = failed_name(&result.check);
            let block = fence_end(
                end,
                detail.log_lines,
                LOG_LINE_CHARACTERS * detail.log_lines,
            );
            Some(format!("The log of {name} ends with\n\n{block}"))
        });
    ends.collect()
}

/// Whether tests ran in it all the same, whatever a flag asked for.
pub(super) fn reports_tests(result: &CheckResult) -> bool {
    let mut reports = result.reports.iter();
    reports.any(|report| matches!(&report.content, ReportContent::Tests(tests) if tests.total > 0))
}

fn tests_skipped(view: &View<'_>) -> bool {
    view.plan
        .is_some_and(|plan| plan.flags.has(Flag::SkipTests))
}

fn failure(view: &View<'_>, result: &CheckResult) -> Option<CheckFailure> {
    let candidate = view.candidate?;
    check_failure(result, candidate, tests_skipped(view))
}

fn check_line(view: &View<'_>, result: &CheckResult, detail: &Detail) -> String {
    let name = format!("**{}**", result.check.name);
    let failed_name = failed_name(&result.check);
    let log = |build: &Build| {
        build
            .log_url
            .as_ref()
            .map(|url| format!(": [log]({url})"))
            .unwrap_or_default()
    };
    if let Some(words) = &result.check.refused {
        let words = CheckFailure::Refused {
            words: words.clone(),
        };
        return format!("- ❌ {failed_name} {}", failure_words(&words, ""));
    }
    let Some(build) = &result.build else {
        return match (not_run(result, view.results), result.check.after.as_slice()) {
            (Some(failure), _) => format!("- ⚪ {failed_name} {}", failure_words(&failure, "")),
            (None, []) => format!("- ⏳ {name} waits for CodeBuild to take it"),
            (None, after) => {
                let after: Vec<_> = after.iter().map(|name| code(name.as_str(), 60)).collect();
                format!("- ⏳ {name} comes after {}", after.join(", "))
            }
        };
    };
    let log = log(build);
    if !build.complete && matches!(view.stage, Stage::Running { .. }) {
        return format!("- ⏳ {name} runs{log}");
    }
    let time = format!("{}{}", duration(build.duration), queue_words(build.queued));
    let Some(failure) = failure(view, result) else {
        let how = if tests_skipped(view) && !reports_tests(result) {
            "passed without its tests"
        } else {
            "passed"
        };
        return format!("- ✅ {name} {how}{} in {time}{log}", attempt_words(build));
    };
    let words = match failure {
        CheckFailure::Failed => format!("failed{} in {time}", attempt_words(build)),
        CheckFailure::Infrastructure => infrastructure_words(result.check.retry.faults),
        _ => failure_words(&failure, &time),
    };
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
    format!("- ❌ {failed_name} {words}{log}{phase}")
}

/// The name of a check that did not pass.
fn failed_name(check: &PlannedCheck) -> String {
    let optional = if check.required { "" } else { " (optional)" };
    format!("**{}**{optional}", check.name)
}

/// What a wait for a free machine was, where it was long enough to be asked about.
fn queue_words(queued: Duration) -> String {
    if queued < Duration::from_secs(5) {
        return String::new();
    }
    format!(" after {} in the queue", duration(queued))
}

/// Which attempt it was, if not the first.
fn attempt_words(build: &Build) -> &'static str {
    match build.purpose.as_ref().map(|purpose| purpose.attempt) {
        None | Some(0 | 1) => "",
        Some(2) => " at the second attempt",
        Some(3) => " at the third attempt",
        Some(4) => " at the fourth attempt",
        Some(_) => " at the last attempt",
    }
}

fn infrastructure_words(retries: u32) -> String {
    let times = match retries {
        0 => "failed",
        1 => "failed twice",
        2 => "failed three times",
        _ => "failed four times",
    };
    format!("{times} for reasons of CodeBuild's own")
}

fn failure_words(failure: &CheckFailure, time: &str) -> String {
    match failure {
        CheckFailure::NeverStarted => "was never started".to_owned(),
        CheckFailure::Refused { words } => {
            format!("cannot be built: CodeBuild says {}", code(words, 250))
        }
        CheckFailure::NotEnded => "did not end".to_owned(),
        CheckFailure::Failed => format!("failed in {time}"),
        CheckFailure::TimedOut => format!("ran out of time after {time}"),
        CheckFailure::Stopped => format!("was stopped by hand after {time}"),
        CheckFailure::Infrastructure => infrastructure_words(1),
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
                "passed, but its report {} is incomplete: files are missing or cannot be read, the log says which",
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
        CheckFailure::TooFewTests { found, minimum } => format!(
            "passed, but its reports hold {}, and the rules ask for {}",
            plural(*found, "test"),
            count(*minimum)
        ),
        CheckFailure::NoCoverage => {
            "passed, but its reports hold no coverage, and the rules ask for it".to_owned()
        }
        CheckFailure::CoverageTooLow { covered, minimum } => format!(
            "passed, but its tests cover {covered} % of the lines, and the rules ask for {minimum} %"
        ),
        CheckFailure::CoverageDropped {
            covered,
            drop,
            maximum,
        } => format!(
            "passed, but its coverage fell by {drop} points to {covered} %, and the rules allow {maximum}"
        ),
        CheckFailure::NotRun { after } => {
            format!("did not run: {} did not pass", code(after.as_str(), 60))
        }
    }
}

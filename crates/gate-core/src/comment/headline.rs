//! The first line: the verdict in words, and the first thing to know about it.

use super::{ApprovalRefused, Facts, Stage, View, checks::reports_tests};
use crate::{
    arn,
    conversation::Hold,
    findings::Findings,
    id::CheckName,
    plan::{NoBuild, Plan, Why},
    report::Report,
    text::{code, count, plural},
    title::Flag,
    verdict::{CheckFailure, Reason, Verdict},
};

pub(crate) fn headline(view: &View<'_>, facts: &Facts<'_>) -> String {
    match &view.stage {
        Stage::Running { .. } => "⏳ Mergegate: testing".to_owned(),
        Stage::Deferred => deferred("passed"),
        Stage::Failed { again: true, .. } => "⚠️ Mergegate: the gate itself failed".to_owned(),
        Stage::Failed { again: false, .. } => {
            "⚠️ Mergegate: the gate gave up, nothing is approved".to_owned()
        }
        Stage::Finished { verdict, refused } => finished(view, facts, verdict, *refused),
    }
}

/// Of a pull request that waits for its turn to be tested again.
pub(super) fn deferred(what_it_did: &str) -> String {
    format!("⏳ Mergegate: {what_it_did}, waits to be tested again")
}

fn finished(
    view: &View<'_>,
    facts: &Facts<'_>,
    verdict: &Verdict,
    refused: Option<ApprovalRefused>,
) -> String {
    match (verdict, refused) {
        (Verdict::Approve(_), Some(refused)) => {
            let why = match refused {
                ApprovalRefused::OwnPullRequest => {
                    "CodeCommit lets nobody approve their own pull request, and the gate opened this one"
                }
                ApprovalRefused::RevisionNotCurrent => "a newer revision came while it was tested",
                ApprovalRefused::Closed => "the pull request was closed meanwhile",
                ApprovalRefused::TooMany => {
                    "the revision has as many approvals as CodeCommit takes"
                }
            };
            format!("⚪ Mergegate: passed, not approved: {why}")
        }
        (Verdict::Approve(_), None) => {
            format!(
                "✅ Mergegate: approved{}",
                view.plan.map(|plan| less(view, plan)).unwrap_or_default()
            )
        }
        (Verdict::Reject(reasons), _) => {
            format!(
                "❌ Mergegate: not approved, {}",
                rejected(view, facts, reasons)
            )
        }
        (Verdict::Hold(reason), _) => format!("⏸ Mergegate: on hold, {}", held(view, reason)),
        (Verdict::NotGated, _) => {
            let gated = "this destination branch is not gated";
            format!("⚪ Mergegate: {gated}")
        }
    }
}

fn held(view: &View<'_>, reason: &Reason) -> String {
    let origin = |flag: Flag| {
        view.plan
            .map_or(String::new(), |plan| plan.flags.origin(flag))
    };
    match reason {
        Reason::NotBuilt(NoBuild::SkipCi) => {
            format!("`{}` {}", Flag::SkipCi, origin(Flag::SkipCi))
        }
        Reason::NotBuilt(NoBuild::WaitsForLeave { flag, .. }) => {
            format!("`{flag}` is in the title and waits for somebody's leave")
        }
        Reason::NotBuilt(NoBuild::Stopped { by }) => {
            format!("stopped by {}", code(arn::name(by), 80))
        }
        Reason::NotBuilt(NoBuild::BranchInTheWay { branch }) => {
            format!("the branch {} is in the way", code(branch, 80))
        }
        Reason::NotBuilt(_) | Reason::Check { .. } => "the merge cannot be computed".to_owned(),
        Reason::Flag(flag) => {
            let rules = crate::rules::PATH;
            let origin = origin(*flag);
            format!("`{flag}` {origin}, and by `{rules}` nothing is approved with it")
        }
        Reason::Held(Hold { by, reason }) => {
            let by = code(arn::name(by), 80);
            let reason = reason.as_ref().map(|reason| code(reason, 200));
            let reason = reason.map(|reason| format!(": {reason}"));
            format!("by {by}{}", reason.unwrap_or_default())
        }
    }
}

/// What an approval does not stand for.
fn less(view: &View<'_>, plan: &Plan) -> String {
    let needed = plan.checks.iter().any(|check| check.required);
    let of = |flag: Flag| match plan.flags.by.get(&flag) {
        Some(by) => format!("of {}", code(arn::name(by), 80)),
        None => "in the title".to_owned(),
    };
    let asked_only = skips_no_test(view, plan);
    match (
        plan.flags.has(Flag::SkipTests),
        left_out_by(plan, Flag::Only),
    ) {
        (true, false) if asked_only => {
            format!(
                ", with a flag {} that asks to skip tests",
                of(Flag::SkipTests)
            )
        }
        (true, true) if plan.flags.by.is_empty() => {
            ", tests and other checks skipped by flags in the title".to_owned()
        }
        (true, true) => ", tests and other checks skipped by flags".to_owned(),
        (true, false) => format!(", tests skipped by a flag {}", of(Flag::SkipTests)),
        (false, true) => format!(", other checks skipped by a flag {}", of(Flag::Only)),
        (false, false) if !needed => ", no required check is for what it changes".to_owned(),
        (false, false) => String::new(),
    }
}

fn left_out_by(plan: &Plan, flag: Flag) -> bool {
    let by_flag = Why::Flag { flag };
    plan.left_out.iter().any(|left_out| left_out.why == by_flag)
}

/// Whether tests ran in every check, whatever a flag asked for; which of them there are without it nobody knows.
fn skips_no_test(view: &View<'_>, plan: &Plan) -> bool {
    !left_out_by(plan, Flag::SkipTests)
        && !view.results.is_empty()
        && view.results.iter().all(reports_tests)
}

fn rejected(view: &View<'_>, facts: &Facts<'_>, reasons: &[Reason]) -> String {
    let failed = required_failures(view);
    if reasons.is_empty() && failed == 0 {
        return "nothing was required of it".to_owned();
    }
    let tests = (failed > 0).then(|| failures(view, facts, failed));
    let others: Vec<&Reason> = reasons
        .iter()
        .filter(|reason| failed == 0 || !told_by_tests(view, reason))
        .filter(|reason| !follows_from_another(reasons, reason))
        .collect();
    let (named, more) = others.split_at(others.len().min(MOST_NAMED));
    let mut words: Vec<String> = tests.into_iter().collect();
    if more.is_empty() {
        words.extend(named.iter().map(|reason| rejection(reason)));
    } else {
        let checks: Vec<_> = named.iter().filter_map(|reason| check_of(reason)).collect();
        words.push(format!(
            "{} did not pass: {} and {} more",
            plural(others.len() as u64, "check"),
            checks.join(", "),
            count(more.len() as u64)
        ));
    }
    words.join(", ")
}

/// Checks that the first line names; more are counted.
const MOST_NAMED: usize = 3;

/// Whether the number of failed tests says already why this check did not pass.
fn told_by_tests(view: &View<'_>, reason: &Reason) -> bool {
    let Reason::Check { check, failure } = reason else {
        return false;
    };
    let counts = matches!(
        failure,
        CheckFailure::Failed | CheckFailure::TestsFailed { .. }
    );
    let mut results = view.results.iter();
    counts
        && results.any(|result| {
            result.check.name == *check && result.reports.iter().any(Report::has_failed_tests)
        })
}

/// Whether a check did not run because of one that has words of its own.
fn follows_from_another(reasons: &[Reason], reason: &Reason) -> bool {
    let Reason::Check {
        failure: CheckFailure::NotRun { after },
        ..
    } = reason
    else {
        return false;
    };
    reasons
        .iter()
        .any(|other| matches!(other, Reason::Check { check, .. } if check == after))
}

fn check_of(reason: &Reason) -> Option<String> {
    match reason {
        Reason::Check { check, .. } => Some(code(check.as_str(), 60)),
        Reason::NotBuilt(_) | Reason::Flag(_) | Reason::Held(_) => None,
    }
}

fn rejection(reason: &Reason) -> String {
    match reason {
        Reason::NotBuilt(NoBuild::Conflict { .. }) => {
            "it conflicts with the destination".to_owned()
        }
        Reason::NotBuilt(NoBuild::NoBuildspec { .. }) => "there is no buildspec".to_owned(),
        Reason::NotBuilt(_) => "its rules are invalid".to_owned(),
        Reason::Flag(_) | Reason::Held(_) => "it is held".to_owned(),
        Reason::Check { check, failure } => {
            let check = code(check.as_str(), 60);
            match failure {
                CheckFailure::Failed => format!("{check} failed"),
                CheckFailure::TimedOut => format!("{check} ran out of time"),
                CheckFailure::Refused { .. } => format!("CodeBuild refuses to build {check}"),
                CheckFailure::Stopped => format!("{check} was stopped"),
                CheckFailure::Infrastructure => format!("{check} could not run: infrastructure"),
                CheckFailure::WrongCommit { .. } => format!("{check} built another commit"),
                CheckFailure::NeverStarted | CheckFailure::NotEnded => {
                    format!("{check} did not end")
                }
                CheckFailure::TestsFailed { failed } => plural(*failed, "test failure"),
                CheckFailure::ReportIncomplete { .. } => {
                    format!("a report of {check} is incomplete")
                }
                CheckFailure::ReportMissing { .. } => format!("a report of {check} is missing"),
                CheckFailure::NoTests => format!("{check} ran no test"),
                CheckFailure::TooFewTests { found, minimum } => {
                    format!(
                        "{check} ran {}, {} are required",
                        plural(*found, "test"),
                        count(*minimum)
                    )
                }
                CheckFailure::NoCoverage => format!("{check} tells no coverage"),
                CheckFailure::CoverageTooLow { covered, minimum } => {
                    format!("{check} covers {covered} % of the lines, {minimum} % are required")
                }
                CheckFailure::CoverageDropped { drop, maximum, .. } => {
                    format!("the coverage of {check} fell by {drop} points, {maximum} are allowed")
                }
                // What must pass before it is not among the reasons: it need not pass by itself.
                CheckFailure::NotRun { after } => {
                    let after = code(after.as_str(), 60);
                    format!("{check} did not run: {after} (optional) did not pass")
                }
            }
        }
    }
}

/// How many tests failed of checks that must pass: the others are not why it is not approved.
fn required_failures(view: &View<'_>) -> u64 {
    let required = view.results.iter().filter(|result| result.check.required);
    let reports = required.flat_map(|result| &result.reports);
    reports.map(Report::failed_tests).sum()
}

/// How many tests failed, and how many of them did before.
fn failures(view: &View<'_>, facts: &Facts<'_>, failed: u64) -> String {
    let is_required = |check: &CheckName| {
        let mut results = view.results.iter();
        results.any(|result| result.check.name == *check && result.check.required)
    };
    let known = facts.changes.known_failures.iter();
    let known = known.filter(|test| is_required(test.check)).count() as u64;
    if facts.before.and_then(Findings::comparable_tests).is_none() {
        return plural(failed, "test failure");
    }
    match failed.saturating_sub(known) {
        0 => format!(
            "{}, already failing on the destination",
            plural(failed, "test failure")
        ),
        new => plural(new, "new test failure"),
    }
}

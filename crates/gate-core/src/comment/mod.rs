//! The comment on a pull request: one per revision, edited in place, never over CodeCommit's limit.
//!
//! It is rendered with less and less detail until it fits; whatever is dropped is counted.

mod checks;
mod detail;
mod explanation;
mod headline;
mod notes;
mod text;

use std::time::Duration;

use crate::{
    candidate::{Candidate, Preview},
    id::{BranchName, PullRequestId, RevisionId, RunName},
    names,
    plan::Plan,
    protocol::Candidacy,
    report::{Coverage, ReportContent, Tests},
    verdict::{CheckResult, Reason, Verdict},
};
use detail::Detail;
use text::{code, count, duration};

/// CodeCommit's limit for a comment (user guide, limits: 10,240 characters).
pub const LIMIT: usize = 10_240;

/// What a comment is about.
#[derive(Clone, Debug)]
pub struct View<'a> {
    /// The run that speaks.
    pub run: &'a RunName,
    /// What it was asked to test.
    pub candidacy: &'a Candidacy,
    /// The branch to be merged, for people.
    pub source: &'a BranchName,
    /// The branch it goes to.
    pub destination: &'a BranchName,
    /// What it tests; `None` before or without a merge preview.
    pub candidate: Option<&'a Candidate>,
    /// Its plan; `None` before there is one.
    pub plan: Option<&'a Plan>,
    /// What became of the checks.
    pub results: &'a [CheckResult],
    /// Where it stands.
    pub stage: Stage<'a>,
}

/// Where the run stands.
#[derive(Clone, Debug)]
pub enum Stage<'a> {
    /// Builds run.
    Running,
    /// The verdict, and what became of the approval.
    Finished {
        /// The verdict.
        verdict: &'a Verdict,
        /// Set when the approval could not be given.
        refused: Option<ApprovalRefused>,
    },
    /// The gate itself failed and will try again.
    Failed {
        /// Why.
        error: &'a str,
        /// Whether it will be tried again.
        again: bool,
    },
}

/// Why a deserved approval was not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApprovalRefused {
    /// The gate opened the pull request itself.
    OwnPullRequest,
    /// The revision was renewed meanwhile.
    RevisionNotCurrent,
    /// The pull request was closed meanwhile.
    Closed,
    /// The revision has as many approvals as CodeCommit takes.
    TooMany,
}

/// The token that makes a second post of the same comment find the first.
pub fn token(pull_request: &PullRequestId, revision: &RevisionId) -> String {
    names::hash(&["comment", pull_request.as_str(), revision.as_str()], 64)
}

/// The comment's text, at most [`LIMIT`] characters.
pub fn render(view: &View<'_>) -> String {
    let mut text = String::new();
    for detail in Detail::LEVELS {
        text = compose(view, &detail);
        if text.chars().count() <= LIMIT {
            return text;
        }
    }
    // The last level holds only bounded texts; this is the belt to those braces.
    text.chars().take(LIMIT).collect()
}

/// The first line without the mark in front: the verdict in words.
pub fn headline(view: &View<'_>) -> String {
    let headline = headline::headline(view);
    let words = headline.split_once("Mergegate: ").map(|(_, words)| words);
    words.unwrap_or(&headline).to_owned()
}

/// What an earlier revision's comment becomes when a newer revision comes before its verdict.
pub fn superseded(run: &RunName) -> String {
    format!(
        "### ⚪ Mergegate: superseded by a newer revision\n\nThe newer revision has a comment of its own.\n\n{}",
        last_line(run)
    )
}

/// What a comment becomes when the pull request is closed before its verdict.
pub fn closed_early(run: &RunName) -> String {
    format!(
        "### ⚪ Mergegate: closed before a verdict\n\n{}",
        last_line(run)
    )
}

/// The last line of every comment of the gate.
fn last_line(run: &RunName) -> String {
    format!("Mergegate · run {run}")
}

/// Whether a text is a run's comment, rather than a remark beside one.
pub fn is_of_a_run(content: &str) -> bool {
    let last = content.lines().last();
    last.is_some_and(|line| line.starts_with("Mergegate · run "))
}

/// A remark when somebody overrode the rules of a pull request.
pub fn overridden(by: &str) -> String {
    format!(
        "### ⚠️ Mergegate: the approval rules were overridden\n\n{} did it. This revision can be merged whatever the gate says of it, \
         and whether it ought to be is for people to judge.",
        code(by, 200)
    )
}

/// Whether a comment's text is about this revision: the last line names its run.
pub fn is_about(content: &str, pull_request: &PullRequestId, revision: &RevisionId) -> bool {
    let run = content
        .lines()
        .last()
        .and_then(|line| line.strip_prefix("Mergegate · run "));
    run.is_some_and(|run| {
        let say = names::run(pull_request, names::RunPurpose::Say { revision }, 1);
        let say = say.as_str().trim_end_matches('1');
        run.starts_with(&names::revision_prefix(pull_request, revision)) || run.starts_with(say)
    })
}

/// A reply where no comment on the code is possible, or a last word about a merge.
pub fn merged_differently(tested: &str, merged: &str) -> String {
    format!(
        "### ⚠️ Mergegate: the merge is not what was tested\n\nTested and approved was {}, merged is {} with another content: \
         the destination had moved, or the merge was edited by hand. Look at the difference before you rely on it.",
        code(tested, 40),
        code(merged, 40)
    )
}

fn compose(view: &View<'_>, detail: &Detail) -> String {
    let mut parts = vec![format!("### {}", headline::headline(view))];
    parts.push(candidate_line(view));
    parts.extend(explanation::explanation(view));
    let checks = checks::check_lines(view, detail);
    if !checks.is_empty() {
        parts.push(checks.join("\n"));
    }
    parts.extend(tests_section(view, detail));
    parts.extend(coverage_line(view));
    parts.extend(notes::notes(view, detail));
    parts.push(format!("{}{}", advice(view), last_line(view.run)));
    parts.join("\n\n")
}

fn candidate_line(view: &View<'_>) -> String {
    let candidacy = view.candidacy;
    let how = match view.candidate.map(|candidate| &candidate.preview) {
        None => "nothing was built".to_owned(),
        Some(Preview::FastForward) => "tested as it is: merging is a fast-forward".to_owned(),
        Some(Preview::Merged { commit, .. }) => format!("tested as merged ({})", commit.short(7)),
    };
    let time = total_duration(view.results)
        .map(|time| format!(", {}", duration(time)))
        .unwrap_or_default();
    format!(
        "{} {} → {} {}, {how}{time}",
        code(view.source.as_str(), 80),
        candidacy.source_commit.short(7),
        code(view.destination.as_str(), 80),
        candidacy.destination_commit.short(7)
    )
}

fn total_duration(results: &[CheckResult]) -> Option<Duration> {
    results
        .iter()
        .filter_map(|result| result.build.as_ref())
        .filter(|build| build.complete)
        .map(|build| build.duration)
        .max()
}

fn all_tests(results: &[CheckResult]) -> Option<Tests> {
    let mut sum = None;
    for report in results.iter().flat_map(|result| &result.reports) {
        if let ReportContent::Tests(tests) = &report.content {
            sum.get_or_insert_with(Tests::default).add(tests);
        }
    }
    sum
}

fn tests_section(view: &View<'_>, detail: &Detail) -> Option<String> {
    let tests = all_tests(view.results).filter(|tests| tests.total > 0)?;
    let mut parts = vec![format!("{} passed", count(tests.passed))];
    if tests.failed > 0 {
        parts.push(format!("**{} failed**", count(tests.failed)));
    }
    if tests.skipped > 0 {
        parts.push(format!("{} skipped", count(tests.skipped)));
    }
    let mut section = format!("**Tests** {}: {}", count(tests.total), parts.join(", "));
    let shown: Vec<_> = tests
        .failures
        .iter()
        .take(detail.failures)
        .map(|failure| detail.failure(failure))
        .collect();
    if !shown.is_empty() {
        section.push_str("\n\nFailures\n");
        section.push_str(shown.join("\n").trim_end());
    }
    let hidden = tests.failed.saturating_sub(shown.len() as u64);
    if hidden > 0 {
        section = format!("{section}\n- and {} more: see the log", count(hidden));
    }
    Some(section)
}

fn coverage_line(view: &View<'_>) -> Option<String> {
    let mut sum = Coverage::default();
    for report in view.results.iter().flat_map(|result| &result.reports) {
        if let ReportContent::Coverage(coverage) = report.content {
            sum.covered += coverage.covered;
            sum.total += coverage.total;
        }
    }
    let percent = sum.percent()?;
    Some(format!(
        "**Coverage** {percent:.1} % ({} of {} lines)",
        count(sum.covered),
        count(sum.total)
    ))
}

fn advice(view: &View<'_>) -> &'static str {
    match &view.stage {
        Stage::Finished {
            verdict: Verdict::Reject(reasons),
            ..
        } if built(reasons) => "Push a fix: every push is tested anew.\n\n",
        _ => "",
    }
}

fn built(reasons: &[Reason]) -> bool {
    reasons
        .iter()
        .any(|reason| matches!(reason, Reason::Check { .. }))
}

#[cfg(test)]
mod tests;

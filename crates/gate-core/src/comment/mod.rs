//! The comment on a pull request: one per revision, edited in place, never over CodeCommit's limit.
//!
//! It is rendered with less and less detail until it fits; whatever is dropped is counted.

mod advice;
mod cases;
mod checks;
mod coverage;
mod detail;
mod excerpt;
mod explanation;
mod headline;
mod named;
mod notes;

use std::{collections::HashMap, time::Duration};

use crate::{
    candidate::{Candidate, Preview},
    findings::{Changes, Counts, Earlier, Findings, counts, coverage},
    id::{BranchName, CheckName, PullRequestId, RevisionId, RunName},
    names,
    plan::Plan,
    protocol::Candidacy,
    report::Coverage,
    rules::CommentRules,
    text::{code, duration},
    verdict::{CheckResult, Verdict, VerdictKind},
};
use detail::Detail;
use named::Named;
pub(crate) use named::Shown;

/// CodeCommit's limit for a comment (user guide, limits: 10,240 characters).
pub const LIMIT: usize = 10_240;

/// What a comment is about.
#[derive(Clone, Debug)]
pub struct View<'a> {
    /// The run that speaks.
    pub run: &'a RunName,
    /// What it was asked to test.
    pub candidacy: &'a Candidacy,
    /// The pull request's title, for people.
    pub title: &'a str,
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
    /// What is known of the destination.
    pub earlier: Earlier<'a>,
    /// The files that the pull request changes, if they are known.
    pub changed: Option<&'a [String]>,
    /// Where the full report can be read.
    pub report: Option<&'a str>,
    /// Set when so many runs of the candidate failed that no command has it tested again.
    pub exhausted: Option<u32>,
    /// Where it stands.
    pub stage: Stage<'a>,
}

/// Where the run stands.
#[derive(Clone, Debug)]
pub enum Stage<'a> {
    /// Builds run.
    Running {
        /// Image of how the last of them stands. It goes with the environment, so no other comment has it.
        badge: Option<&'a str>,
    },
    /// The verdict, and what became of the approval.
    Finished {
        /// The verdict.
        verdict: &'a Verdict,
        /// Set when the approval could not be given.
        refused: Option<ApprovalRefused>,
    },
    /// All passed, but the destination has moved meanwhile and the rules have it tested again.
    Deferred,
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

/// The token of a comment in place of what was posted before and deleted by somebody.
pub fn token_after(pull_request: &PullRequestId, revision: &RevisionId, lost: &str) -> String {
    names::hash(
        &["comment", pull_request.as_str(), revision.as_str(), lost],
        64,
    )
}

/// The comment's text, at most [`LIMIT`] characters.
pub fn render(view: &View<'_>) -> String {
    let facts = Facts::of(view);
    let mut text = String::new();
    for detail in Detail::LEVELS {
        let detail = detail.under(comment_rules(view));
        text = compose(view, &facts, &detail);
        if text.chars().count() <= LIMIT {
            return text;
        }
    }
    // The last level holds only bounded texts; this is the belt to those braces.
    text.chars().take(LIMIT).collect()
}

/// How much the rules want said; as usual where there is no plan.
fn comment_rules(view: &View<'_>) -> CommentRules {
    view.plan.map(|plan| plan.comment).unwrap_or_default()
}

/// The first line without the mark in front: the verdict in words.
pub fn headline(view: &View<'_>) -> String {
    let headline = headline::headline(view, &Facts::of(view));
    let words = headline.split_once("Mergegate: ").map(|(_, words)| words);
    words.unwrap_or(&headline).to_owned()
}

/// What the reports say together, and against the destination; worked out once for all levels of detail.
pub(crate) struct Facts<'a> {
    pub(crate) counts: Option<Counts>,
    pub(crate) coverage: Option<Coverage>,
    pub(crate) before: Option<&'a Findings>,
    pub(crate) changes: Changes<'a>,
    /// What its tests are called.
    pub(crate) named: Named,
}

impl<'a> Facts<'a> {
    pub(crate) fn of(view: &View<'a>) -> Self {
        let before = view.earlier.findings();
        let changes = Changes::of(view.results, before);
        Self {
            counts: counts(view.results).filter(|counts| counts.total > 0),
            coverage: coverage(view.results),
            before,
            named: Named::of(view.results, &changes),
            changes,
        }
    }
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

/// What a comment becomes when its pull request waits for its turn to be tested again: `was` is what the gate said of it. The
/// results stay readable; what does not fit any more is left out.
pub fn deferred(content: &str, was: VerdictKind, destination: &BranchName) -> String {
    let waits = waits(destination);
    if content.contains(&waits) {
        return content.to_owned();
    }
    let (first, rest) = content.split_once("\n\n").unwrap_or((content, ""));
    let headline = match was {
        VerdictKind::Approve => format!("### {}", headline::deferred("was approved")),
        VerdictKind::Reject | VerdictKind::Hold | VerdictKind::NotGated => first.to_owned(),
    };
    let longer = format!("{headline}\n\n{waits}\n\n{rest}");
    if longer.chars().count() <= LIMIT {
        return longer;
    }
    let last = content.lines().last().unwrap_or_default();
    format!("{headline}\n\n{waits}\n\n{last}")
}

/// Why a pull request that was tested waits.
fn waits(destination: &BranchName) -> String {
    format!(
        "{} has moved since the test, and by its `{}` this pull request is tested again with what is there now. Pull requests \
         take turns.",
        code(destination.as_str(), 80),
        crate::rules::PATH
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

/// Whether a text is the comment that this run wrote.
pub fn is_by(content: &str, run: &RunName) -> bool {
    content
        .lines()
        .last()
        .is_some_and(|line| line == last_line(run))
}

/// Whether a comment's text says that the verdict is to come.
pub fn is_to_come(content: &str) -> bool {
    content.starts_with("### ⏳")
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
pub fn merged_differently(tested: &str, merged: &str, by_hand: bool) -> String {
    let why = if by_hand {
        "whoever merged resolved it by hand, and nobody tested the result"
    } else {
        "the destination had moved, or the merge was edited by hand"
    };
    format!(
        "### ⚠️ Mergegate: the merge is not what was tested\n\nTested and approved was {}, merged is {} with another content: \
         {why}. Look at the difference before you rely on it.",
        code(tested, 40),
        code(merged, 40)
    )
}

fn compose(view: &View<'_>, facts: &Facts<'_>, detail: &Detail) -> String {
    let mut parts = vec![format!("### {}", headline::headline(view, facts))];
    parts.push(candidate_line(view));
    parts.extend(explanation::explanation(view));
    let checks = checks::check_lines(view, detail);
    if !checks.is_empty() {
        parts.push(checks.join("\n"));
    }
    parts.extend(checks::log_ends(view, detail));
    parts.extend(cases::section(view, facts, detail));
    parts.extend(no_report(view));
    parts.extend(coverage::section(view, facts, detail));
    parts.extend(coverage::unjudged(view));
    parts.extend(compared(view, facts));
    parts.extend(notes::notes(view, detail));
    parts.extend(advice::advice(view));
    parts.push(last_line(view.run));
    parts.join("\n\n")
}

/// How failing tests come to be named, where no buildspec asks for a report.
fn no_report(view: &View<'_>) -> Option<String> {
    let built = view.results.iter().any(|result| result.build.is_some());
    let mut results = view.results.iter();
    let none = results.all(|result| result.reports.is_empty() && result.check.reports.is_empty());
    let is_over = matches!(view.stage, Stage::Finished { .. });
    (is_over && built && none).then(|| {
        "No test report was read: name the files that the tests write under `reports` in the buildspec, and failed tests and coverage \
         are told here."
            .to_owned()
    })
}

/// What the differences are to, or why there are none.
pub(crate) fn compared(view: &View<'_>, facts: &Facts<'_>) -> Option<String> {
    if facts.counts.is_none() && facts.coverage.is_none() {
        return None;
    }
    let main = code(view.destination.as_str(), 80);
    let none = "No differences are shown:";
    Some(match view.earlier {
        Earlier::NotAsked => return None,
        Earlier::Nothing => {
            format!("{none} nothing that was gated has been merged into {main} yet.")
        }
        Earlier::Unreadable => format!("{none} the results of {main} could not be read."),
        Earlier::Of(baseline) => {
            let (merged, from) = (baseline.merged.short(7), &baseline.pull_request);
            let moved = if *baseline.tip() == view.candidacy.destination_commit {
                ""
            } else {
                "; it has moved since, past the gate"
            };
            let Some(findings) = &baseline.findings else {
                return Some(format!(
                    "{none} what was last merged into {main} ({merged}, pull request {from}) is not what was tested{moved}."
                ));
            };
            let by_number = if findings.tests.is_some() && findings.comparable_tests().is_none() {
                " Its tests are compared by their number only: an earlier release of the gate kept them, which did not tell \
                 all of them apart."
            } else {
                ""
            };
            let from = match from.as_str() {
                "" => String::new(),
                from => format!(", from pull request {from}"),
            };
            format!("Differences are to {main} at {merged}{from}{moved}.{by_number}")
        }
    })
}

fn candidate_line(view: &View<'_>) -> String {
    let candidacy = view.candidacy;
    let how = match view.candidate.map(|candidate| &candidate.preview) {
        // Whoever speaks for a run that died does not know how far it came.
        None if matches!(view.stage, Stage::Failed { .. } | Stage::Deferred) => String::new(),
        None => ", nothing was built".to_owned(),
        Some(Preview::FastForward) => ", tested as it is: merging is a fast-forward".to_owned(),
        Some(Preview::Merged { commit, .. }) => format!(", tested as merged ({})", commit.short(7)),
    };
    let time = total_duration(view.results)
        .map(|time| format!(", {}", duration(time)))
        .unwrap_or_default();
    format!(
        "{} {} → {} {}{how}{time}",
        code(view.source.as_str(), 80),
        candidacy.source_commit.short(7),
        code(view.destination.as_str(), 80),
        candidacy.destination_commit.short(7)
    )
}

/// How long the builds took together: those that come after one another are added up, the longest chain counts.
pub(crate) fn total_duration(results: &[CheckResult]) -> Option<Duration> {
    // Checks stand in the plan's order, in which each comes after what it waits for.
    let mut ends: HashMap<&CheckName, Duration> = HashMap::new();
    for result in results {
        let Some(build) = result.build.as_ref().filter(|build| build.complete) else {
            continue;
        };
        let before = result.check.after.iter().filter_map(|name| ends.get(name));
        let begin = before.max().copied().unwrap_or_default();
        ends.insert(&result.check.name, begin + build.duration);
    }
    ends.into_values().max()
}

#[cfg(test)]
pub(crate) mod tests;

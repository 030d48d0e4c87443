//! Tests: the counts, each with its difference to the destination; what failed, new failures first; what else changed.

use super::{Facts, View, detail::Detail};
use crate::{
    findings::{Counts, Findings, RanTest, tests},
    report::ReportContent,
    text::{code, count, difference, duration, listed},
};

pub(super) fn section(view: &View<'_>, facts: &Facts<'_>, detail: &Detail) -> Option<String> {
    let counts = facts.counts?;
    let before = facts
        .before
        .and_then(|before| before.tests.as_ref())
        .map(|tests| tests.counts);
    let mut parts = vec![counted(counts, before)];
    parts.extend(known_by_name(view, counts));
    parts.extend(failures(view, facts, counts, detail));
    let changed = changed(facts, detail);
    if !changed.is_empty() {
        parts.push(changed.join("\n"));
    }
    Some(parts.join("\n\n"))
}

/// `**Tests** 1,204 (+6): 1,199 passed (+4), **3 failed** (+2), 2 skipped`.
fn counted(now: Counts, before: Option<Counts>) -> String {
    let before = before.unwrap_or(now);
    let bold = if now.failed > 0 { "**" } else { "" };
    let parts = [
        (now.passed, before.passed, "passed", ""),
        (now.failed, before.failed, "failed", bold),
        (now.skipped, before.skipped, "skipped", ""),
        (now.flaky, before.flaky, "flaky", ""),
    ];
    let parts = parts
        .into_iter()
        .filter(|(now, before, word, _)| *word == "passed" || *now > 0 || *before > 0)
        .map(|(now, before, word, bold)| {
            let number = count(now);
            format!("{bold}{number} {word}{bold}{}", difference(now, before))
        });
    format!(
        "**Tests** {}{}: {}",
        count(now.total),
        difference(now.total, before.total),
        parts.collect::<Vec<_>>().join(", ")
    )
}

/// Said where not every case is known, so that nobody takes a short list for all of it.
fn known_by_name(view: &View<'_>, counts: Counts) -> Option<String> {
    let known = tests(view.results).count() as u64;
    if known >= counts.total {
        return None;
    }
    let reports = view.results.iter().flat_map(|result| &result.reports);
    let mut untold = reports.filter_map(|report| match &report.content {
        ReportContent::Tests(tests) => tests.untold.as_deref(),
        ReportContent::Coverage(_) => None,
    });
    let why = match untold.next() {
        Some(why) => code(why, 160),
        None => "CodeBuild keeps no more of a report".to_owned(),
    };
    let shown = match known {
        0 => "None of them is known by name".to_owned(),
        known => format!(
            "Only {} of them are known by name, failed ones first",
            count(known)
        ),
    };
    Some(format!("{shown}: {why}."))
}

fn failures(view: &View<'_>, facts: &Facts<'_>, counts: Counts, detail: &Detail) -> Option<String> {
    if counts.failed == 0 {
        return None;
    }
    let compared = facts.before.and_then(Findings::comparable_tests).is_some();
    let (new, known) = (&facts.changes.new_failures, &facts.changes.known_failures);
    let mut parts = Vec::new();
    let shown: Vec<_> = new
        .iter()
        .take(detail.failures)
        .enumerate()
        .map(|(at, test)| detail.failure(&facts.named, *test, at))
        .collect();
    let unnamed = counts.failed.saturating_sub(known.len() as u64);
    let hidden = unnamed.saturating_sub(shown.len() as u64);
    if unnamed > 0 {
        let title = if compared { "New failures" } else { "Failures" };
        let mut lines = vec![title.to_owned()];
        lines.extend(shown);
        let mut text = lines.join("\n").trim_end().to_owned();
        if hidden > 0 {
            let more = if lines.len() > 1 { "and " } else { "" };
            let end = if lines.len() > 1 { " more" } else { "" };
            text = format!(
                "{text}\n- {more}{}{end}: see {}",
                count(hidden),
                more_at(view)
            );
        }
        parts.push(text);
    }
    if !known.is_empty() {
        let main = code(view.destination.as_str(), 80);
        let names = names(known, facts, detail);
        parts.push(format!("Already failing on {main}: {names}"));
    }
    Some(parts.join("\n\n"))
}

fn more_at(view: &View<'_>) -> String {
    match view.report {
        Some(report) => format!("[all results]({report})"),
        None => "the log".to_owned(),
    }
}

fn names(tests: &[RanTest<'_>], facts: &Facts<'_>, detail: &Detail) -> String {
    let names = tests
        .iter()
        .map(|test| detail.shown(&facts.named.ran(*test)));
    listed(names, detail.names)
}

/// What a reader would not see in the counts: flaky, removed, newly skipped and slower tests.
fn changed(facts: &Facts<'_>, detail: &Detail) -> Vec<String> {
    let changes = &facts.changes;
    let mut lines = Vec::new();
    if !changes.flaky.is_empty() {
        let names = names(&changes.flaky, facts, detail);
        lines.push(format!("- flaky, passed when tried again: {names}"));
    }
    if !changes.removed.is_empty() {
        let names = changes.removed.iter();
        let names = names.map(|test| detail.shown(&facts.named.shown(*test)));
        lines.push(format!("- gone: {}", listed(names, detail.names)));
    }
    if !changes.newly_skipped.is_empty() {
        let names = names(&changes.newly_skipped, facts, detail);
        lines.push(format!("- skipped now, ran before: {names}"));
    }
    if !changes.slower.is_empty() {
        let slower = changes.slower.iter().map(|slower| {
            let name = detail.shown(&facts.named.ran(slower.test));
            format!(
                "{name} {} → {}",
                duration(slower.before),
                duration(slower.now)
            )
        });
        lines.push(format!("- slower: {}", listed(slower, detail.names.min(3))));
    }
    lines
}

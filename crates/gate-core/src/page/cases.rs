//! Tests on the page: what failed with all it said, what changed, what is slow, and every test there is.

use std::fmt::Write as _;

use std::time::Duration;

use super::markup::{
    Head::{Number, Words},
    bar, block, escaped, section, table,
};
use crate::{
    comment::{Facts, Shown, View},
    findings::{Findings, RanTest, tests},
    report::{Outcome, TestCase},
    text::{count, duration},
};

/// Failures shown with what they said.
const FAILURES: usize = 500;

/// Tests in the list of all.
const ALL: usize = 5000;

const SLOWEST: usize = 15;

/// New failures first, then those the destination has, too.
pub(super) fn failures(view: &View<'_>, facts: &Facts<'_>) -> Option<String> {
    let failed = facts.counts.map_or(0, |counts| counts.failed);
    if failed == 0 {
        return None;
    }
    let (new, known) = (&facts.changes.new_failures, &facts.changes.known_failures);
    let compared = facts.before.and_then(Findings::comparable_tests).is_some();
    let mut body = String::new();
    let title = if compared { "New failures" } else { "Failures" };
    for (at, test) in new.iter().take(FAILURES).enumerate() {
        // Of many the first few are open, so that the page can be read as a list.
        body.push_str(&failure(facts, *test, at < 5));
    }
    let unnamed = failed.saturating_sub(known.len() as u64);
    let hidden = unnamed.saturating_sub(new.len().min(FAILURES) as u64);
    if hidden > 0 {
        let _ = writeln!(body, "<p>and {} more: see the log</p>", count(hidden));
    }
    let mut text = String::new();
    if unnamed > 0 {
        let title = format!("{title} <small>{}</small>", count(unnamed));
        text.push_str(&section("failures", &title, &body));
    }
    if !known.is_empty() {
        let title = format!(
            "Already failing on {} <small>{}</small>",
            escaped(view.destination.as_str()),
            count(known.len() as u64)
        );
        let body = known
            .iter()
            .take(FAILURES)
            .map(|test| failure(facts, *test, false))
            .collect::<Vec<_>>()
            .concat();
        text.push_str(&section("known", &title, &body));
    }
    Some(text)
}

/// What a test is called, with its check where there are several.
fn name(facts: &Facts<'_>, test: RanTest<'_>) -> String {
    markup(&facts.named.ran(test))
}

fn markup(shown: &Shown) -> String {
    let check = shown.check.as_ref();
    let check = check.map(|check| format!(" <small>{}</small>", escaped(check)));
    let name = escaped(&shown.name);
    format!("<code>{name}</code>{}", check.unwrap_or_default())
}

fn failure(facts: &Facts<'_>, test: RanTest<'_>, open: bool) -> String {
    let case = test.case;
    let place = case.file.as_ref().map(|file| {
        let line = case.line.map(|line| format!(":{line}")).unwrap_or_default();
        format!(" <small>{}</small>", escaped(&format!("{file}{line}")))
    });
    let summary = format!(
        "{}{} <small>{}</small>",
        name(facts, test),
        place.unwrap_or_default(),
        case.duration.map(duration).unwrap_or_default()
    );
    let open = if open { " open" } else { "" };
    let message = case
        .message
        .as_deref()
        .map(str::trim)
        .filter(|message| !message.is_empty());
    let message = message.map_or_else(
        || "<p class=\"quiet\">It said nothing.</p>".to_owned(),
        block,
    );
    format!("<details{open}><summary>{summary}</summary>{message}</details>\n")
}

/// Flaky, gone, newly skipped and slower tests.
pub(super) fn changes(view: &View<'_>, facts: &Facts<'_>) -> Option<String> {
    let changes = &facts.changes;
    let names = |tests: &[RanTest<'_>]| {
        let names = tests.iter().map(|test| name(facts, *test));
        names.collect::<Vec<_>>()
    };
    let removed = changes.removed.iter();
    let removed = removed.map(|test| markup(&facts.named.shown(*test)));
    let slower = changes.slower.iter().map(|slower| {
        let (name, before, now) = (name(facts, slower.test), slower.before, slower.now);
        format!("{name} {} → {}", duration(before), duration(now))
    });
    let main = escaped(view.destination.as_str());
    let lists = [
        (
            "Flaky: failed, then passed when tried again".to_owned(),
            names(&changes.flaky),
        ),
        (format!("Gone: on {main}, and not here"), removed.collect()),
        (
            format!("Skipped here, not on {main}"),
            names(&changes.newly_skipped),
        ),
        ("Slower".to_owned(), slower.collect()),
    ];
    let body = lists
        .iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(title, names)| list(title, names))
        .collect::<Vec<_>>()
        .concat();
    (!body.is_empty()).then(|| section("changes", "Changed", &body))
}

fn list(title: &str, names: &[String]) -> String {
    let open = if names.len() <= 10 { " open" } else { "" };
    let items = names
        .iter()
        .take(FAILURES)
        .map(|name| format!("<li>{name}</li>"))
        .collect::<Vec<_>>()
        .concat();
    let number = count(names.len() as u64);
    format!(
        "<details{open}><summary>{title} <small>{number}</small></summary><ul>{items}</ul></details>\n"
    )
}

/// Where the time goes.
pub(super) fn slowest(view: &View<'_>, facts: &Facts<'_>) -> Option<String> {
    let mut timed: Vec<(RanTest<'_>, Duration)> = tests(view.results)
        .filter_map(|test| Some((test, test.case.duration?)))
        .filter(|(_, time)| !time.is_zero())
        .collect();
    timed.sort_by_key(|(_, time)| std::cmp::Reverse(*time));
    timed.truncate(SLOWEST);
    let longest = timed.first()?.1.as_secs_f64();
    let rows = timed
        .iter()
        .map(|(test, time)| {
            format!(
                "<tr><td>{}</td><td class=\"number\">{}</td><td>{}</td></tr>\n",
                name(facts, *test),
                duration(*time),
                bar(time.as_secs_f64() * 100.0 / longest)
            )
        })
        .collect::<Vec<_>>()
        .concat();
    let rows = table("slow", &[Words("Test"), Number("Time"), Words("")], &rows);
    Some(section("slowest", "Slowest tests", &rows))
}

/// Every test, those that did not simply pass first; radio buttons narrow the list without a script.
pub(super) fn all(view: &View<'_>, facts: &Facts<'_>) -> Option<String> {
    let mut every: Vec<RanTest<'_>> = tests(view.results).collect();
    if every.is_empty() {
        return None;
    }
    every.sort_by_key(|test| (rank(test.case), test.identity()));
    let mut rows = String::new();
    for test in every.iter().take(ALL) {
        let case = test.case;
        let (class, word) = kind(case);
        let _ = writeln!(
            rows,
            "<tr class=\"{class}\"><td>{word}</td><td>{}</td><td class=\"number\">{}</td></tr>",
            name(facts, *test),
            case.duration.map(duration).unwrap_or_default()
        );
    }
    let choices = [
        ("every", "all"),
        ("failed", "failed"),
        ("skipped", "skipped"),
        ("flaky", "flaky"),
        ("passed", "passed"),
    ];
    let choices = choices
        .iter()
        .map(|(id, word)| {
            let checked = if *id == "every" { " checked" } else { "" };
            format!("<label><input type=\"radio\" name=\"show\" id=\"show-{id}\"{checked}> {word}</label>\n")
        })
        .collect::<Vec<_>>()
        .concat();
    let hidden = every.len().saturating_sub(ALL);
    let more = if hidden > 0 {
        format!(
            "<p>and {} more tests that passed</p>\n",
            count(hidden as u64)
        )
    } else {
        String::new()
    };
    let body = format!(
        "<fieldset class=\"choice\"><legend>Show</legend>\n{choices}</fieldset>\n{}{more}",
        table(
            "all",
            &[Words("Outcome"), Words("Test"), Number("Time")],
            &rows
        )
    );
    Some(section(
        "tests",
        "All tests",
        &format!("<div class=\"narrow\">\n{body}</div>\n"),
    ))
}

fn rank(case: &TestCase) -> u8 {
    match (case.outcome, case.flaky) {
        (Outcome::Failed, _) => 0,
        (Outcome::Passed, true) => 1,
        (Outcome::Skipped, _) => 2,
        (Outcome::Passed, false) => 3,
    }
}

fn kind(case: &TestCase) -> (&'static str, &'static str) {
    match (case.outcome, case.flaky) {
        (Outcome::Failed, _) => ("failed", "failed"),
        (Outcome::Passed, true) => ("flaky", "flaky"),
        (Outcome::Skipped, _) => ("skipped", "skipped"),
        (Outcome::Passed, false) => ("passed", "passed"),
    }
}

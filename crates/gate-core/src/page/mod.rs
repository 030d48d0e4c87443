//! All results of a run as one page that needs nothing else: no script, no request, no font. It reads on a phone, by
//! keyboard, in the dark, and on paper.
//!
//! The comment has 10,240 characters; the page has room for what the comment only counts.

use std::fmt::Write as _;

mod cases;
mod history;
mod lines;
mod markup;

use crate::{
    candidate::Preview,
    comment::{Facts, Stage, View, headline, total_duration},
    findings::Point,
    plan::NoBuild,
    text::{count, difference, difference_of_percent, duration},
    verdict::{CheckResult, Verdict, check_failure},
};
pub use markup::entities;
use markup::{escaped, section};

const STYLE: &str = include_str!("style.css");

/// Nothing may be loaded, whatever a test's name or message tries.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The page about a finished run; `history` is of the destination, oldest first, this run last.
pub fn render(view: &View<'_>, history: &[Point]) -> String {
    let facts = Facts::of(view);
    let title = markup::capital(&headline(view).replace('`', ""));
    let pull_request = &view.candidacy.pull_request;
    let repository = &view.candidacy.repository;
    let sections = [
        checks(view),
        cases::failures(view, &facts),
        cases::changes(view, &facts),
        lines::coverage(&facts),
        history::chart(history),
        cases::slowest(view, &facts),
        cases::all(view, &facts),
    ];
    let body = format!(
        "<header>\n<h1>{title}</h1>\n{subject}{about}{tiles}</header>\n<main>\n{sections}</main>\n\
         <footer>Mergegate · run {run}</footer>\n",
        title = escaped(&title),
        subject = subject(view.title),
        about = about(view, &facts),
        tiles = tiles(view, &facts),
        sections = sections.into_iter().flatten().collect::<String>(),
        run = escaped(view.run.as_str()),
    );
    let title = format!("{title} · {repository} · pull request {pull_request}");
    document(&title, mood(view), &body)
}

/// The page about a run that built nothing: what its comment says is all there is.
pub fn of_comment(comment: &str) -> String {
    let (first, rest) = comment.split_once('\n').unwrap_or((comment, ""));
    let headline = first
        .split_once("Mergegate: ")
        .map_or(first, |(_, words)| words);
    let title = markup::capital(&headline.replace('`', ""));
    let body = format!(
        "<header>\n<h1>{}</h1>\n</header>\n<main>\n{}\n</main>\n",
        escaped(&title),
        markup::block(rest.trim())
    );
    document(&title, "open", &body)
}

fn document(title: &str, mood: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <link rel=\"icon\" href=\"data:,\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n\
         <body class=\"{mood}\">\n{body}</body>\n</html>\n",
        escaped(title)
    )
}

/// The pull request's title, which is anybody's.
fn subject(title: &str) -> String {
    let title = escaped(title);
    if title.trim().is_empty() {
        return String::new();
    }
    format!("<p class=\"subject\">{}</p>\n", title.trim())
}

fn mood(view: &View<'_>) -> &'static str {
    match &view.stage {
        Stage::Finished {
            verdict: Verdict::Approve(_),
            refused: None,
        } => "good",
        Stage::Finished {
            verdict: Verdict::Reject(_),
            ..
        } => "bad",
        _ => "open",
    }
}

/// What was tested, and what the differences are to.
fn about(view: &View<'_>, facts: &Facts<'_>) -> String {
    let candidacy = view.candidacy;
    let how = match view.candidate.map(|candidate| &candidate.preview) {
        None => "nothing was built".to_owned(),
        Some(Preview::FastForward) => "tested as it is: merging is a fast-forward".to_owned(),
        Some(Preview::Merged { commit, .. }) => format!("tested as merged ({})", commit.short(7)),
    };
    let mut text = format!(
        "<p><strong>{}</strong> pull request {}: <code>{}</code> {} → <code>{}</code> {}, {}</p>\n",
        escaped(candidacy.repository.as_str()),
        escaped(candidacy.pull_request.as_str()),
        escaped(view.source.as_str()),
        escaped(candidacy.source_commit.short(7)),
        escaped(view.destination.as_str()),
        escaped(candidacy.destination_commit.short(7)),
        escaped(&how),
    );
    if let Some(compared) = crate::comment::compared(view, facts) {
        let _ = writeln!(
            text,
            "<p class=\"quiet\">{}</p>",
            escaped(&compared.replace('`', ""))
        );
    }
    if let Some(NoBuild::Conflict { files, more }) =
        view.plan.and_then(|plan| plan.no_build.as_ref())
    {
        let files = files
            .iter()
            .map(|file| format!("<li><code>{}</code></li>", escaped(file)))
            .collect::<Vec<_>>()
            .concat();
        let more = match more {
            0 => String::new(),
            more => format!("<li>and {} more</li>", count(*more)),
        };
        let _ = writeln!(text, "<ul>{files}{more}</ul>");
    }
    text
}

/// The numbers that matter, each with its difference.
fn tiles(view: &View<'_>, facts: &Facts<'_>) -> String {
    let mut tiles = Vec::new();
    if let Some(now) = facts.counts {
        let before = facts
            .before
            .and_then(|before| before.tests.as_ref())
            .map_or(now, |tests| tests.counts);
        let numbers = [
            ("tests", "", now.total, before.total),
            ("passed", "good", now.passed, before.passed),
            ("failed", "bad", now.failed, before.failed),
            ("skipped", "", now.skipped, before.skipped),
            ("flaky", "open", now.flaky, before.flaky),
        ];
        for (word, mood, now, before) in numbers {
            let mood = if now > 0 { mood } else { "" };
            tiles.push(tile(mood, &count(now), &difference(now, before), word));
        }
    }
    if let Some(percent) = facts
        .coverage
        .as_ref()
        .and_then(crate::report::Coverage::percent)
    {
        let before = facts
            .before
            .and_then(|before| before.coverage.as_ref()?.percent());
        let difference = before.map(|before| difference_of_percent(percent, before));
        let number = format!("{percent:.1} %");
        tiles.push(tile(
            "",
            &number,
            &difference.unwrap_or_default(),
            "coverage",
        ));
    }
    let together = total_duration(view.results);
    tiles.extend(together.map(|time| tile("", &duration(time), "", "build time")));
    if tiles.is_empty() {
        return String::new();
    }
    format!("<ul class=\"tiles\">\n{}</ul>\n", tiles.concat())
}

fn tile(mood: &str, number: &str, difference: &str, word: &str) -> String {
    let difference = difference.trim();
    let difference = if difference.is_empty() {
        String::new()
    } else {
        format!(" <small>{}</small>", escaped(difference))
    };
    format!(
        "<li class=\"{mood}\"><b>{}</b>{difference}<span>{word}</span></li>\n",
        escaped(number)
    )
}

fn checks(view: &View<'_>) -> Option<String> {
    let lines = view
        .results
        .iter()
        .map(|result| check(view, result))
        .collect::<Vec<_>>()
        .concat();
    (!lines.is_empty()).then(|| {
        section(
            "checks",
            "Checks",
            &format!("<ul class=\"plain\">\n{lines}</ul>\n"),
        )
    })
}

fn check(view: &View<'_>, result: &CheckResult) -> String {
    let skipped = view
        .plan
        .is_some_and(|plan| plan.flags.has(crate::title::Flag::SkipTests));
    let passed = view
        .candidate
        .is_some_and(|candidate| check_failure(result, candidate, skipped).is_none());
    let (mood, word) = if passed {
        ("good", "passed")
    } else {
        ("bad", "did not pass")
    };
    let build = result.build.as_ref();
    let time = build.map(|build| format!(" in {}", markup::unbroken(&duration(build.duration))));
    let log = build
        .and_then(|build| build.log_url.as_ref())
        .map(|url| format!(" · <a href=\"{}\" rel=\"noreferrer\">log</a>", escaped(url)));
    let phase = build
        .and_then(|build| build.failure.as_ref())
        .map(|failure| {
            format!(
                "<p>phase {}: <code>{}</code></p>",
                escaped(&failure.phase),
                escaped(&failure.message)
            )
        });
    let end = result
        .log_end
        .as_ref()
        .map(|end| format!("<p>The log ends with</p>{}", markup::block(end)));
    let optional = if passed || result.check.required {
        ""
    } else {
        " (optional)"
    };
    format!(
        "<li class=\"{mood}\"><strong>{}</strong>{optional} {word}{}{}{}{}</li>\n",
        escaped(result.check.name.as_str()),
        time.unwrap_or_default(),
        log.unwrap_or_default(),
        phase.unwrap_or_default(),
        end.unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests;

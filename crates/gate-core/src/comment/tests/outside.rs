//! Text from outside stays text, and whatever it is, the comment stays whole.

use proptest::prelude::*;

use super::*;
use crate::plan::NoBuild;

/// What somebody who wants to break out of a comment writes.
fn hostile() -> Vec<TestCase> {
    let table = [
        (
            "backticks ` `` ``` ````",
            "```\n# a heading\n```\nbehind the fence",
        ),
        (
            "](https://evil.example) [click](https://evil.example)",
            "![img](https://evil.example/x.png)",
        ),
        (
            "<img src=x onerror=alert(1)> <!-- hidden",
            "<details><summary>more</summary></b>",
        ),
        (
            "\u{1b}[31mred\u{1b}[0m \u{1b}]0;title\u{7}",
            "\u{1b}[2J\u{1b}[Hcleared",
        ),
        (
            "user\u{202e}cod.exe \u{2066}isolated\u{2069}",
            "\u{200f}right to left",
        ),
        ("@everyone @channel", "@ann please approve"),
        ("| a | b |\n|---|---|", "1. one\n- two\n> three\n***"),
        (
            "AKIAABCDEFGHIJKLMNOP",
            "aws_secret_access_key = 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",
        ),
        (
            "/gate allow skip-tests",
            "ghp_a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8",
        ),
    ];
    let hostile = |(name, message): (&str, &str)| TestCase {
        suite: None,
        file: Some(format!("{name}.rs")),
        ..failure(name, message)
    };
    table.map(hostile).into()
}

#[test]
fn hostile_names_and_messages_are_shown_as_text() {
    let (plan, results) = red(hostile());
    insta::assert_snapshot!(comment(&plan, &results));
}

#[test]
fn hostile_files_titles_logs_and_errors_are_shown_as_text() {
    for case in hostile() {
        let message = case.message.unwrap_or_default();
        let conflict = Plan {
            no_build: Some(NoBuild::Conflict {
                files: vec![case.name.clone(), message.clone()],
                more: 0,
            }),
            ..plan_with(&case.name, &[])
        };
        let plan = plan_with("", &[]);
        let log = CheckResult {
            log_end: Some(message.clone()),
            ..result(&plan, Some(broken()), vec![])
        };
        let stage = Stage::Failed {
            error: &message,
            again: false,
        };
        for text in [
            comment(&conflict, &[]),
            comment(&plan, &[log]),
            said(None, None, &[], Earlier::NotAsked, None, stage),
        ] {
            let outside_code = without_code(&text);
            for mark in [
                "<img",
                "<details",
                "](https://evil",
                "\u{1b}",
                "\u{202e}",
                "AKIA",
                "ghp_",
                "@everyone",
            ] {
                assert!(!outside_code.contains(mark), "{mark} in {text}");
            }
            for secret in ["AKIAABCD", "wJalr", "ghp_a1b2", "\u{1b}", "\u{202e}"] {
                assert!(!text.contains(secret), "{secret} in {text}");
            }
        }
    }
}

/// What a reader of Markdown sees as Markdown: without fenced blocks and code spans.
fn without_code(text: &str) -> String {
    let mut kept = String::new();
    let mut fence: Option<usize> = None;
    for line in text.lines() {
        let ticks = line.len() - line.trim_start_matches('`').len();
        match fence {
            Some(length) if ticks >= length && line.len() == ticks => fence = None,
            Some(_) => {}
            None if ticks >= 3 && line.len() == ticks => fence = Some(ticks),
            None => kept.push_str(&without_spans(line)),
        }
    }
    kept
}

/// A span ends with as many backticks as it began with.
fn without_spans(line: &str) -> String {
    let mut kept = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('`') {
        kept.push_str(&rest[..at]);
        let from = &rest[at..];
        let ticks = from.len() - from.trim_start_matches('`').len();
        let inside = &from[ticks..];
        let mut end = None;
        let mut look = 0;
        while let Some(next) = inside[look..].find('`') {
            let start = look + next;
            let run = inside[start..].len() - inside[start..].trim_start_matches('`').len();
            if run == ticks {
                end = Some(start + run);
                break;
            }
            look = start + run;
        }
        match end {
            Some(end) => rest = &inside[end..],
            None => return kept + from,
        }
    }
    kept + rest
}

#[derive(Clone, Debug)]
struct Written {
    name: String,
    message: String,
    outcome: Outcome,
    flaky: bool,
    before: Option<Outcome>,
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        Just(Outcome::Passed),
        Just(Outcome::Skipped),
        Just(Outcome::Failed)
    ]
}

fn written() -> impl Strategy<Value = Written> {
    (
        r"(\PC|`|\]|\(){0,120}",
        r"(\PC|\n|`){0,250}",
        outcome(),
        any::<bool>(),
        proptest::option::of(outcome()),
    )
        .prop_map(|(name, message, outcome, flaky, before)| Written {
            name,
            message,
            outcome,
            flaky,
            before,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_report_gives_a_whole_comment_with_verdict_counts_and_links(
        written in proptest::collection::vec(written(), 1..40),
        copies in 1_usize..12,
        log in r"(\PC|\n|`){0,4000}",
    ) {
        let now = written.iter().flat_map(|it| (0..copies).map(|copy| TestCase {
            outcome: it.outcome,
            flaky: it.flaky,
            file: Some(it.name.clone()),
            ..failure(&format!("{}{copy}", it.name), &it.message)
        }));
        let before = written.iter().filter_map(|it| Some(case(&it.name, it.before?)));
        let (plan, mut results) = red(now.collect());
        results[0].log_end = Some(log);
        let (_, before) = red(before.collect());
        let before = baseline(&before);
        let text = compared_comment(&plan, &results, Earlier::Of(&before));
        let total = written.len() * copies;
        let counted = format!("**Tests** {}", crate::text::count(total as u64));
        let starts_well = text.starts_with("### ❌ Mergegate: not approved, ");
        prop_assert!(starts_well, "{}", text);
        prop_assert!(text.contains(&counted), "{}", text);
        prop_assert!(text.contains("[log](https://example.com/log)"));
        prop_assert!(text.contains("[All results](https://example.com/report)"));
        prop_assert!(text.ends_with("Mergegate · run pr-7-3f2a91c0d1e2-bbbbbbbb-1"));
    }
}

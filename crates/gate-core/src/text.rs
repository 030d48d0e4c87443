//! Text from outside as Markdown that shows it and never obeys it; numbers and times for people.

use std::{cmp::Ordering, time::Duration};

use crate::inert::clean;

/// An inline code span of one line and at most `limit` characters.
pub(crate) fn code(text: &str, limit: usize) -> String {
    let line = shorten(
        &clean(text).split_whitespace().collect::<Vec<_>>().join(" "),
        limit,
    );
    let ticks = "`".repeat(longest_run(&line) + 1);
    let pad = if line.starts_with('`') || line.ends_with('`') || line.is_empty() {
        " "
    } else {
        ""
    };
    format!("{ticks}{pad}{line}{pad}{ticks}")
}

/// A fenced block of at most `lines` lines and `limit` characters from the start; never cut inside the fence.
pub(crate) fn fence(text: &str, lines: usize, limit: usize) -> String {
    let cleaned = clean(text);
    let all: Vec<&str> = cleaned.trim_end().lines().map(str::trim_end).collect();
    let mut body = shorten(&all[..all.len().min(lines)].join("\n"), limit);
    if all.len() > lines {
        body.push_str("\n…");
    }
    fenced(&body)
}

/// The same from the end: of a log the last lines tell.
pub(crate) fn fence_end(text: &str, lines: usize, limit: usize) -> String {
    let cleaned = clean(text);
    let all: Vec<&str> = cleaned.trim_end().lines().map(str::trim_end).collect();
    let kept = all[all.len().saturating_sub(lines)..].join("\n");
    let length = kept.chars().count();
    let cut = length > limit || all.len() > lines;
    let body: String = kept.chars().skip(length.saturating_sub(limit)).collect();
    fenced(&if cut { format!("…\n{body}") } else { body })
}

fn fenced(body: &str) -> String {
    let ticks = "`".repeat(longest_run(body).max(2) + 1);
    format!("{ticks}\n{body}\n{ticks}")
}

/// `a`, `b`, `c`, each in code: words that this project writes.
pub(crate) fn quoted(words: &[&str]) -> String {
    let words: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}

/// `1,204`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 test`, `2 tests`.
pub(crate) fn plural(number: u64, word: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {word}{ending}", count(number))
}

/// ` (+6)`, ` (−2)`; nothing where nothing changed.
pub(crate) fn difference(now: u64, before: u64) -> String {
    match now.cmp(&before) {
        Ordering::Equal => String::new(),
        Ordering::Greater => format!(" (+{})", count(now - before)),
        Ordering::Less => format!(" (−{})", count(before - now)),
    }
}

/// ` (+0.3)`, ` (−12.5)`, of percentages; nothing where no digit that is shown changed.
pub(crate) fn difference_of_percent(now: f64, before: f64) -> String {
    let tenths = (now * 10.0).round() - (before * 10.0).round();
    if tenths == 0.0 {
        return String::new();
    }
    let sign = if tenths > 0.0 { '+' } else { '−' };
    format!(" ({sign}{:.1})", tenths.abs() / 10.0)
}

/// The first `shown` of `all`, and how many more there are.
pub(crate) fn listed(all: impl ExactSizeIterator<Item = String>, shown: usize) -> String {
    let more = all.len().saturating_sub(shown);
    let mut words: Vec<String> = all.take(shown).collect();
    match (words.is_empty(), more) {
        (_, 0) => {}
        (true, more) => words.push(count(more as u64)),
        (false, more) => {
            let last = words.pop().unwrap_or_default();
            words.push(format!("{last} and {} more", count(more as u64)));
        }
    }
    words.join(", ")
}

/// `12 ms`, `4.2 s`, `4 min 12 s`, `1 h 3 min`.
pub(crate) fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 if time < Duration::from_secs(1) => format!("{} ms", time.as_millis()),
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

fn shorten(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(limit.saturating_sub(1)).collect();
    short.push('…');
    short
}

fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`')
        .map(str::len)
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backticks_newlines_colours_and_direction_marks_cannot_leave_a_code_span() {
        assert_eq!(code("a`b", 40), "``a`b``");
        assert_eq!(code("``", 40), "``` `` ```");
        assert_eq!(code("two\nlines", 40), "`two lines`");
        assert_eq!(
            code("\u{1b}[31mred\u{1b}[0m \u{202e}evil", 40),
            "`red evil`"
        );
        assert_eq!(code("abcdef", 4), "`abc…`");
    }

    #[test]
    fn a_fence_inside_a_message_cannot_close_the_block() {
        assert_eq!(
            fence("```\n# heading\n```", 9, 99),
            "````\n```\n# heading\n```\n````"
        );
        assert_eq!(fence("1\n2\n3", 2, 99), "```\n1\n2\n…\n```");
        assert_eq!(fence_end("1\n2\n3\n", 2, 99), "```\n…\n2\n3\n```");
        assert_eq!(fence_end("1\n23", 2, 2), "```\n…\n23\n```");
        assert_eq!(fence_end("1\n2", 2, 9), "```\n1\n2\n```");
    }

    #[test]
    fn differences_are_said_only_where_there_are_any() {
        let differences = [difference(7, 1), difference(1, 1207), difference(3, 3)];
        assert_eq!(differences, [" (+6)", " (−1,206)", ""]);
        let percents = [
            difference_of_percent(84.2, 83.9),
            difference_of_percent(71.4, 84.2),
            difference_of_percent(84.21, 84.19),
        ];
        assert_eq!(percents, [" (+0.3)", " (−12.8)", ""]);
    }

    #[test]
    fn a_long_list_is_counted_to_its_end() {
        let names = |number: usize| (0..number).map(|at| at.to_string()).collect::<Vec<_>>();
        let said = |number, shown| listed(names(number).into_iter(), shown);
        assert_eq!(said(2, 3), "0, 1");
        assert_eq!(said(5, 3), "0, 1, 2 and 2 more");
        assert_eq!(said(5, 0), "5");
    }

    #[test]
    fn numbers_and_durations_read_well() {
        assert_eq!(
            [count(7), count(1204), count(1_000_000)],
            ["7", "1,204", "1,000,000"]
        );
        let times = [
            (12, "12 ms"),
            (4200, "4.2 s"),
            (31_000, "31 s"),
            (252_000, "4 min 12 s"),
            (3_780_000, "1 h 3 min"),
        ];
        for (milliseconds, words) in times {
            assert_eq!(duration(Duration::from_millis(milliseconds)), words);
        }
    }
}

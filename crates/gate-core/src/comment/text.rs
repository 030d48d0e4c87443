//! Text from outside, made inert: it is shown, never obeyed.

use std::time::Duration;

/// An inline code span of one line and at most `limit` characters.
pub(super) fn code(text: &str, limit: usize) -> String {
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

/// A fenced block of at most `lines` lines and `limit` characters; never cut inside the fence.
pub(super) fn fence(text: &str, lines: usize, limit: usize) -> String {
    let cleaned = clean(text);
    let all: Vec<&str> = cleaned.trim_end().lines().map(str::trim_end).collect();
    let mut body = shorten(&all[..all.len().min(lines)].join("\n"), limit);
    if all.len() > lines {
        body.push_str("\n…");
    }
    let ticks = "`".repeat(longest_run(&body).max(2) + 1);
    format!("{ticks}\n{body}\n{ticks}")
}

/// `1,204`.
pub(super) fn count(number: u64) -> String {
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
pub(super) fn plural(number: u64, word: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {word}{ending}", count(number))
}

/// `12 ms`, `4.2 s`, `4 min 12 s`, `1 h 3 min`.
pub(super) fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 if time < Duration::from_secs(1) => format!("{} ms", time.as_millis()),
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// Without colour codes, control characters and marks that reverse the direction of text; secrets of AWS's form are hidden.
fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\u{1b}' => skip_escape(&mut characters),
            '\n' => cleaned.push('\n'),
            '\t' => cleaned.push_str("    "),
            '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}' => {}
            other if other.is_control() => {}
            other => cleaned.push(other),
        }
    }
    hide_access_keys(&cleaned)
}

fn skip_escape(characters: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    if characters.next_if_eq(&'[').is_some() {
        for character in characters.by_ref() {
            if ('@'..='~').contains(&character) {
                break;
            }
        }
    }
}

/// AWS access key ids: four known letters and sixteen more.
fn hide_access_keys(text: &str) -> String {
    let mut hidden = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = ["AKIA", "ASIA"]
        .iter()
        .filter_map(|prefix| rest.find(prefix))
        .min()
    {
        let (before, from) = rest.split_at(at);
        hidden.push_str(before);
        let length = from
            .bytes()
            .take_while(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            .count();
        if length >= 20 {
            hidden.push_str("(access key hidden)");
            rest = &from[length..];
        } else {
            hidden.push_str(&from[..4]);
            rest = &from[4..];
        }
    }
    hidden.push_str(rest);
    hidden
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
    }

    #[test]
    fn an_access_key_is_hidden() {
        assert_eq!(
            code("key AKIAABCDEFGHIJKLMNOP!", 80),
            "`key (access key hidden)!`"
        );
        assert_eq!(code("AKIA only", 80), "`AKIA only`");
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

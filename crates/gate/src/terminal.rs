//! What is written where: data on stdout, talk on stderr, colours only where a person sees them.
//!
//! anstream takes the colours out when the stream is no terminal or `NO_COLOR` is set.

mod markdown;

use std::{
    fmt::Write as _,
    io::{IsTerminal as _, Write as _},
};

use gate_core::inert::is_unseen;
use tracing_subscriber::EnvFilter;

/// Writes a line of talk. A closed stderr is nobody's problem.
pub(crate) fn say(line: &str) {
    let line: String = line
        .chars()
        .filter(|character| !is_unseen(*character))
        .collect();
    let _ = writeln!(anstream::stderr().lock(), "{line}");
}

/// Writes data. A reader that went away (`gate report … | head`) has had enough.
pub(crate) fn print(text: &str) {
    let _ = write!(anstream::stdout().lock(), "{text}").and_then(|()| anstream::stdout().flush());
}

/// Writes JSON and an end of line. What a terminal would obey or not show is escaped: only texts have it.
pub(crate) fn print_json(json: &str) {
    print(&format!("{}\n", escaped(json)));
}

fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if character == '\n' || !(character.is_control() || is_unseen(character)) {
            text.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            let _ = write!(text, "\\u{unit:04x}");
        }
    }
    text
}

/// Whether a person watches stderr.
pub(crate) fn is_watched() -> bool {
    std::io::stderr().is_terminal()
}

pub(crate) fn bold(text: &str) -> String {
    format!("\x1b[1m{text}\x1b[0m")
}

pub(crate) fn dim(text: &str) -> String {
    format!("\x1b[2m{text}\x1b[0m")
}

pub(crate) fn red(text: &str) -> String {
    format!("\x1b[1;31m{text}\x1b[0m")
}

pub(crate) fn green(text: &str) -> String {
    format!("\x1b[32m{text}\x1b[0m")
}

/// Text from outside without what a terminal would obey, and what turns the direction of text or is not to be seen: control characters
/// other than tabs and ends of lines.
pub(crate) fn harmless(text: &str) -> String {
    let keep = |character: &char| match character {
        '\n' | '\t' => true,
        other => !other.is_control() && !is_unseen(*other),
    };
    let mut pieces = text.split('\u{1b}');
    let first = pieces.next().unwrap_or_default();
    let rest = pieces.map(without_sequence);
    let pieces = [first].into_iter().chain(rest);
    pieces.flat_map(str::chars).filter(keep).collect()
}

/// What is behind an escape character, without the control sequence that begins there perhaps, such as a colour.
fn without_sequence(text: &str) -> &str {
    let parameters = |letter: char| (' '..='?').contains(&letter);
    let ended = text
        .strip_prefix('[')
        .map(|rest| rest.trim_start_matches(parameters))
        .and_then(|rest| rest.strip_prefix(|letter| ('@'..='~').contains(&letter)));
    ended.unwrap_or(text)
}

/// Text without the links that lead to `address`: what had listened there is gone when they are read.
pub(crate) fn without_links(text: &str, address: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, link, after)) = next_link(rest) {
        kept.push_str(before);
        if link.contains(address) {
            let shorter = kept.trim_end_matches(' ').trim_end_matches(':').len();
            kept.truncate(shorter);
            // A paragraph of links alone leaves nothing.
            if kept.ends_with("\n\n") && after.starts_with("\n\n") {
                kept.truncate(kept.trim_end_matches('\n').len());
            }
        } else {
            kept.push_str(link);
        }
        rest = after;
    }
    kept.push_str(rest);
    kept
}

/// What is before the next Markdown link, the link, what is after it.
fn next_link(text: &str) -> Option<(&str, &str, &str)> {
    let middle = text.find("](http")?;
    let start = text.get(..middle)?.rfind('[')?;
    let end = middle + text.get(middle..)?.find(')')? + 1;
    Some((text.get(..start)?, text.get(start..end)?, text.get(end..)?))
}

/// A comment as the gate writes it: rendered for a person's terminal, as it is for everybody else.
pub(crate) fn markdown(text: &str) -> String {
    let text = harmless(text);
    if std::io::stdout().is_terminal() {
        markdown::render(&text)
    } else {
        text
    }
}

/// `320 ms`, `1.2 s`, `4 min 12 s`, `2 h 5 min`.
pub(crate) fn duration(time: std::time::Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 => format!("{} ms", time.as_millis()),
        1..10 => format!("{:.1} s", time.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// The same for what is only guessed, in whole seconds: `1 s`, `4 min 12 s`.
pub(crate) fn estimate(time: std::time::Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{} s", seconds.max(1)),
        _ => duration(time),
    }
}

/// Sends what the handlers and the endpoint log to stderr: `RUST_LOG`, or what the command finds worth reading.
pub(crate) fn log(default_filter: &str) {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default_filter));
    // A second subscriber in one process is refused; the first one serves.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| Harmless)
        .with_ansi(false)
        .with_target(false)
        .try_init();
}

/// stderr for text from outside.
struct Harmless;

impl std::io::Write for Harmless {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        std::io::stderr().write_all(harmless(&String::from_utf8_lossy(line)).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn text_from_outside_commands_no_terminal() {
        assert_eq!(harmless("a\u{1b}[2Jb\u{9b}c\r\n\td"), "abc\n\td");
        assert_eq!(
            harmless("\u{1b}[1;31mred\u{1b}[0m \u{1b}[3\u{1b}"),
            "red [3"
        );
        let turned = "a\u{202a}\u{202e}\u{2066}\u{2069}\u{200e}\u{200f}\u{61c}\u{200b}\u{e0041}b";
        assert_eq!(harmless(turned), "ab");
    }

    #[test]
    fn json_says_the_same_without_what_a_terminal_obeys() {
        let object = serde_json::json!({"title": "a\u{202e}b\u{9b}c\u{e0041}d", "text": "one\ntwo ❤\u{fe0f}"});
        let text = escaped(&format!("{object:#}"));
        assert!(text.contains(r"a\u202eb\u009bc\udb40\udc41d"), "{text}");
        assert!(!text.chars().any(is_unseen), "{text}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).unwrap(),
            object
        );
    }

    #[test]
    fn times_read_well() {
        for (milliseconds, words) in [
            (320, "320 ms"),
            (1234, "1.2 s"),
            (59_999, "59 s"),
            (252_000, "4 min 12 s"),
            (7_500_000, "2 h 5 min"),
        ] {
            assert_eq!(duration(Duration::from_millis(milliseconds)), words);
        }
    }
}

//! Secrets that are given to a program: `--password hunter22`, `curl -u ann:hunter22`, `login ann password hunter22`.

use std::ops::Range;

use super::{named, replace};

/// A shorter word behind an option is no secret worth the name.
const SHORTEST: usize = 4;

/// What follows the name of an option where people write about it.
const PROSE: [&str; 33] = [
    "also",
    "argument",
    "arguments",
    "before",
    "cannot",
    "file",
    "flag",
    "from",
    "given",
    "have",
    "instead",
    "into",
    "must",
    "need",
    "needs",
    "only",
    "option",
    "options",
    "parameter",
    "parameters",
    "required",
    "requires",
    "should",
    "string",
    "that",
    "this",
    "used",
    "using",
    "value",
    "were",
    "when",
    "will",
    "with",
];

/// Options whose value is a name, a colon and a password.
const USERS: [&str; 4] = ["-u", "-U", "--user", "--proxy-user"];

/// Values of options that are called secrets.
pub(super) fn options(text: &str) -> Option<String> {
    replace(text, "(secret hidden)", |text, from| {
        let mut at = from;
        loop {
            let start = at + text.get(at..)?.find("--")?;
            let length = word_length(&text[start..]);
            at = start + length.max(2);
            let called = named::called(&text[start..start + length]);
            let is_secret = matches!(called, Some(named::Called::Secret | named::Called::Token));
            if let Some(value) = is_secret.then(|| behind(text, start + length)).flatten() {
                return Some(value);
            }
        }
    })
}

fn word_length(text: &str) -> usize {
    let is_part = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    text.find(|character| !is_part(character))
        .unwrap_or(text.len())
}

/// The word behind spaces, unless it is another option, a placeholder or a word of a sentence.
fn behind(text: &str, end: usize) -> Option<Range<usize>> {
    let value = next_word(text, end)?;
    let word = &text[value.clone()];
    let lower = word.trim_end_matches([',', '.', ':', ';']).to_lowercase();
    let is_placeholder = word.starts_with(['-', '<', '[', '(', '$', '{', '*', '/', '='])
        || word
            .chars()
            .all(|character| character.is_ascii_uppercase() || character == '_')
        || named::called(word).is_some()
            && !word.contains(|character: char| character.is_ascii_digit());
    let is_prose = PROSE.contains(&lower.as_str());
    (lower.chars().count() >= SHORTEST && !is_placeholder && !is_prose).then_some(value)
}

/// The next word on the line, without its quotes.
fn next_word(text: &str, end: usize) -> Option<Range<usize>> {
    let rest = &text[end..];
    let spaces = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    if spaces == 0 {
        return None;
    }
    let start = end + spaces;
    let quote = text[start..]
        .chars()
        .next()
        .filter(|first| "\"'".contains(*first));
    let start = start + quote.map_or(0, char::len_utf8);
    let ends = |character: char| match quote {
        Some(quote) => character == quote || character == '\n',
        None => character.is_whitespace() || "\"'`".contains(character),
    };
    let length = text[start..].find(ends).unwrap_or(text.len() - start);
    (length > 0).then_some(start..start + length)
}

/// Passwords behind the name of a user.
pub(super) fn users(text: &str) -> Option<String> {
    replace(text, "(password hidden)", |text, from| {
        let mut at = from;
        loop {
            let start = at + text.get(at..)?.find('-')?;
            at = start + 1;
            let is_begin = text[..start]
                .chars()
                .next_back()
                .is_none_or(|before| before.is_whitespace() || "\"'`".contains(before));
            if !is_begin {
                continue;
            }
            let length = word_length(&text[start..]);
            let option = &text[start..start + length];
            at = start + length;
            let value = if USERS.contains(&option) {
                let end = at + usize::from(text[at..].starts_with('='));
                next_word(text, end).or_else(|| Some(end..end + plain_length(&text[end..])))
            } else {
                // curl takes them without a space as well.
                is_attached(text, start, option)
                    .then(|| start + 2..start + 2 + plain_length(&text[start + 2..]))
            };
            if let Some(password) = value.and_then(|value| password(text, value)) {
                return Some(password);
            }
        }
    })
}

fn plain_length(text: &str) -> usize {
    text.find(char::is_whitespace).unwrap_or(text.len())
}

/// As much of a line before `-u` is looked at for the program's name, in bytes.
const WINDOW: usize = 200;

fn is_attached(text: &str, start: usize, option: &str) -> bool {
    let from = text.ceil_char_boundary(start.saturating_sub(WINDOW));
    let line = text[from..start].rsplit('\n').next().unwrap_or_default();
    option.starts_with("-u") && option.len() > 2 && line.contains("curl")
}

/// What stands behind the colon, unless both are numbers, as in `docker run -u 1000:1000`, or the same.
fn password(text: &str, value: Range<usize>) -> Option<Range<usize>> {
    let (user, password) = text[value.clone()].split_once(':')?;
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain = password.is_empty()
        || user.is_empty()
        || (is_number(user) && is_number(password))
        || user == password
        || password.starts_with(['$', '(', '<', '*', '/', ':']);
    (!is_plain).then(|| value.start + user.len() + 1..value.end)
}

/// `login ann password hunter22`, as `.netrc` has it.
pub(super) fn logins(text: &str) -> Option<String> {
    const WORD: &str = "password";
    replace(text, "(password hidden)", |text, from| {
        let mut at = from;
        loop {
            let start = at + text.get(at..)?.find(WORD)?;
            at = start + WORD.len();
            let from = text.ceil_char_boundary(start.saturating_sub(WINDOW));
            let before = &text[from..start];
            if !before.ends_with(char::is_whitespace) || !before.contains("login ") {
                continue;
            }
            let value = next_word(text, at);
            if let Some(value) = value.filter(|value| !text[value.clone()].starts_with('(')) {
                return Some(value);
            }
        }
    })
}

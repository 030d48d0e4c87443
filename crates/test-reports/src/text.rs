//! Text taken from a report: bounded while it is read, references to characters resolved, entities not.

use std::borrow::Cow;

use memchr::memchr;

use crate::limits::CUT_MARK;

/// Where the end of a reference is looked for, so that a text of nothing but `&` is read in linear time.
pub(crate) const LONGEST_REFERENCE: usize = 16;

/// Text that stops growing at its limit.
#[derive(Debug)]
pub(crate) struct Clipped {
    text: String,
    limit: usize,
    cut: bool,
}

impl Clipped {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            text: String::new(),
            limit,
            cut: false,
        }
    }

    pub(crate) fn push(&mut self, piece: &str) {
        if self.cut {
            return;
        }
        let room = self.limit - self.text.len();
        if piece.len() <= room {
            self.text.push_str(piece);
        } else {
            self.text
                .push_str(&piece[..piece.floor_char_boundary(room)]);
            self.cut = true;
        }
    }

    /// Whether nothing more is taken in.
    pub(crate) fn is_full(&self) -> bool {
        self.cut
    }

    /// Takes in text with references in it.
    pub(crate) fn push_unescaped(&mut self, raw: &str) {
        if memchr(b'&', raw.as_bytes()).is_none() {
            return self.push(raw);
        }
        let room = self.limit - self.text.len();
        self.text.reserve(raw.len().min(room));
        unescape_into(raw, |piece| self.push(piece));
    }

    /// Takes in one character.
    pub(crate) fn push_character(&mut self, character: char) {
        self.push(character.encode_utf8(&mut [0; 4]));
    }

    /// The text as it came.
    pub(crate) fn verbatim(mut self) -> String {
        if self.cut {
            self.text.push_str(CUT_MARK);
        }
        self.text
    }

    /// The text without blank ends, or `None` if nothing else is in it.
    pub(crate) fn finish(mut self) -> Option<String> {
        self.text.truncate(self.text.trim_end().len());
        let blank_lines = self.text.len() - self.text.trim_start_matches(['\r', '\n']).len();
        self.text.drain(..blank_lines);
        if self.text.trim_start().is_empty() {
            return None;
        }
        Some(self.verbatim())
    }
}

/// `text`, cut after `limit` bytes.
pub(crate) fn clip(text: Cow<'_, str>, limit: usize) -> String {
    if text.len() <= limit {
        return text.into_owned();
    }
    format!("{}{CUT_MARK}", &text[..text.floor_char_boundary(limit)])
}

/// The first line that is not blank.
pub(crate) fn first_line(text: &str) -> Option<&str> {
    text.lines().map(str::trim).find(|line| !line.is_empty())
}

/// A text without the sequences by which a terminal is coloured, as they were printed, as pytest writes them, and as they are
/// left by tools that drop the escape character.
pub(crate) fn without_colours(text: String) -> String {
    if memchr(b'[', text.as_bytes()).is_none() {
        return text;
    }
    let has_residue = RESETS.iter().any(|reset| text.contains(reset));
    let mut kept = String::new();
    let mut from = 0;
    let mut at = 0;
    while let Some(found) = memchr(b'[', &text.as_bytes()[at..]) {
        let bracket = at + found;
        at = bracket + 1;
        let before = &text[from..bracket];
        let escape = ESCAPES
            .iter()
            .find_map(|escape| before.strip_suffix(escape));
        // What could not be written may have been anything.
        let is_sure = escape.is_some() && !before.ends_with(char::REPLACEMENT_CHARACTER);
        let is_known = has_residue || escape.is_some();
        let is_meant = |length: &usize| is_sure || (is_known && is_colour(&text[at..at + length]));
        if let Some(length) = sequence(&text[at..]).filter(is_meant) {
            kept.push_str(escape.unwrap_or(before));
            at += length;
            from = at;
        }
    }
    if from == 0 {
        return text;
    }
    kept.push_str(&text[from..]);
    kept
}

/// What stands for the escape character: itself, pytest's word for it, and what is left where it could not be written.
const ESCAPES: [&str; 3] = ["\u{1b}", "#x1B", "\u{fffd}"];

/// Where a text has one of these, colours were lost in it. No list or index looks like them.
const RESETS: [&str; 6] = ["[0m", "[39m", "[22m", "[27m", "[39;49m", "[39;49;00m"];

/// The length of a control sequence behind its `[`.
fn sequence(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let parameters = bytes
        .iter()
        .take_while(|byte| (0x20..=0x3f).contains(*byte));
    let length = parameters.count();
    let is_final = bytes
        .get(length)
        .is_some_and(|byte| (0x40..=0x7e).contains(byte));
    is_final.then_some(length + 1)
}

fn is_colour(sequence: &str) -> bool {
    let numbers = sequence.strip_suffix('m').unwrap_or_default();
    !numbers.is_empty()
        && numbers
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b';')
}

/// A path as every system but one writes it.
pub(crate) fn forward_slashes(path: &str) -> String {
    path.replace('\\', "/")
}

/// Resolves `&lt;`, `&gt;`, `&amp;`, `&apos;`, `&quot;` and references to characters. Every other `&` stays as it is
/// written: an entity that a DOCTYPE declares is never looked up, and a stray `&` loses no test result.
pub(crate) fn unescape(raw: &str) -> Cow<'_, str> {
    if memchr(b'&', raw.as_bytes()).is_none() {
        return Cow::Borrowed(raw);
    }
    let mut text = String::with_capacity(raw.len());
    unescape_into(raw, |piece| text.push_str(piece));
    Cow::Owned(text)
}

/// The same, piece by piece.
fn unescape_into(raw: &str, mut take: impl FnMut(&str)) {
    let mut rest = raw;
    while let Some(plain) = memchr(b'&', rest.as_bytes()) {
        take(&rest[..plain]);
        let after = &rest[plain + 1..];
        let end = after
            .bytes()
            .take(LONGEST_REFERENCE)
            .position(|byte| byte == b';');
        let resolved = end.and_then(|end| Some((character(&after[..end])?, &after[end + 1..])));
        rest = if let Some((character, tail)) = resolved {
            take(character.encode_utf8(&mut [0; 4]));
            tail
        } else {
            take("&");
            after
        };
    }
    take(rest);
}

/// The character that `&name;` stands for; one that no text can hold is the replacement character.
fn character(name: &str) -> Option<char> {
    let number = match name {
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "amp" => return Some('&'),
        "apos" => return Some('\''),
        "quot" => return Some('"'),
        _ => name.strip_prefix('#')?,
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hexadecimal) => parse_digits(hexadecimal, 16)?,
        None => parse_digits(number, 10)?,
    };
    Some(
        char::from_u32(code)
            .filter(|&character| character != '\0')
            .unwrap_or(char::REPLACEMENT_CHARACTER),
    )
}

fn parse_digits(digits: &str, radix: u32) -> Option<u32> {
    let all_digits = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    all_digits.then(|| u32::from_str_radix(digits, radix).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_five_entities_and_characters_are_resolved_and_nothing_else() {
        assert_eq!(
            unescape("a &lt;b&gt; &amp;&quot;&apos; &#10;&#x1F600;&#0;&#xD800;"),
            "a <b> &\"' \n😀\u{FFFD}\u{FFFD}"
        );
        assert_eq!(
            unescape("R&D &nbsp; &bomb; &#xyz; &#; & &amp"),
            "R&D &nbsp; &bomb; &#xyz; &#; & &amp"
        );
        assert_eq!(unescape("&#99999999999;"), "\u{FFFD}");
    }

    #[test]
    fn colours_are_no_text() {
        for (text, plain) in [
            ("a \u{1b}[1;31mred\u{1b}[0m b", "a red b"),
            ("\u{1b}[2Jx\u{1b}[K", "x"),
            ("#x1B[91m- \u{e9}#x1B[39;49;00m", "- \u{e9}"),
            ("\u{fffd}[31mred\u{fffd}[0m", "red"),
            ("boom [31mred[0m", "boom red"),
            // What no colour ends may be anything.
            ("list[3]m and [31m", "list[3]m and [31m"),
            ("[0m] is [12] of [0;1]", "] is [12] of [0;1]"),
            ("\u{1b}[31", "\u{1b}[31"),
            ("\u{fffd}[a]", "\u{fffd}[a]"),
            ("#x1B", "#x1B"),
            ("[", "["),
        ] {
            assert_eq!(without_colours(text.to_owned()), plain, "{text}");
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters_and_says_so() {
        let mut text = Clipped::new(5);
        text.push("\nab");
        text.push("éé");
        text.push("never read");
        assert_eq!(text.finish().as_deref(), Some("abé … (cut)"));
    }
}

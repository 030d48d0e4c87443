//! Text from outside, made inert: without what steers a terminal or a reader's eye, and without secrets.

use crate::secret;

/// The text without colour codes, control characters and marks that reverse the direction of text or take no room; secrets
/// of known forms are hidden.
pub(crate) fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\u{1b}' => skip_escape(&mut characters),
            '\n' | '\u{2028}' | '\u{2029}' => cleaned.push('\n'),
            '\t' => cleaned.push_str("    "),
            other if other.is_control() || is_unseen(other) => {}
            other => cleaned.push(other),
        }
    }
    secret::hide(&cleaned).into_owned()
}

/// Whether a character has no picture of its own and takes no room, or turns the direction of others: what Unicode calls "default
/// ignorable", but for the two that choose how the one before them looks, and the marks of direction and of annotations.
pub fn is_unseen(character: char) -> bool {
    matches!(character,
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0d}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a reader sees anything of it; a comment of HTML nobody sees.
pub(crate) fn shows(text: &str) -> bool {
    let (before, after) = text.split_once("<!--").unwrap_or((text, ""));
    let after = after.split_once("-->").map_or("", |(_, after)| after);
    shows_characters(before) || !after.is_empty() && shows(after)
}

fn shows_characters(text: &str) -> bool {
    text.chars().any(|character| {
        // The last two are a pattern of no dots, and the selectors that `is_unseen` leaves.
        !(character.is_whitespace()
            || character.is_control()
            || is_unseen(character)
            || matches!(character, '\u{2800}' | '\u{fe0e}'..='\u{fe0f}'))
    })
}

/// Passes over what follows an escape character: `[…m`, or a title `]…` up to its end.
fn skip_escape(characters: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    if characters.next_if_eq(&'[').is_some() {
        for character in characters.by_ref() {
            if ('@'..='~').contains(&character) {
                break;
            }
        }
    } else if characters.next_if_eq(&']').is_some() {
        while let Some(character) = characters.next_if(|next| *next != '\n') {
            if character == '\u{7}' {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_no_text() {
        for nothing in [
            "",
            " \u{a0}\u{3000}",
            "\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}",
            "\u{2800}\u{2800}",
            "\u{e0041}\u{e007f}",
            "\u{3164}\u{ffa0}\u{115f}",
            "\u{fe0f}\u{ad}\u{34f}\u{180e}",
            "\u{202e}\u{2066}\u{200e}\u{61c}",
        ] {
            assert!(!shows(nothing), "{nothing:?}");
        }
        for text in ["x", "\u{200b}.", "理", "🩹\u{fe0f}", "é"] {
            assert!(shows(text), "{text:?}");
        }
    }

    #[test]
    fn colours_titles_direction_marks_and_invisible_characters_go() {
        let table = [
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{1b}]0;a title\u{7}text", "text"),
            ("user\u{202e}txt.exe\u{2066}", "usertxt.exe"),
            ("zero\u{200b}width\u{ad}", "zerowidth"),
            ("a\u{0}b\u{8}c\r\n\td", "abc\n    d"),
            ("one\u{2028}two", "one\ntwo"),
            ("a\u{61c}\u{200e}\u{200f}\u{2069}\u{e0041}\u{3164}b", "ab"),
            ("❤\u{fe0f}", "❤\u{fe0f}"),
        ];
        for (text, expected) in table {
            assert_eq!(clean(text), expected);
        }
    }
}

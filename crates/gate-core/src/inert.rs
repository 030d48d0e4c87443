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
            '\u{ad}'
            | '\u{61c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}' => {}
            other if other.is_control() => {}
            other => cleaned.push(other),
        }
    }
    secret::hide(&cleaned).into_owned()
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
    fn colours_titles_direction_marks_and_invisible_characters_go() {
        let table = [
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{1b}]0;a title\u{7}text", "text"),
            ("user\u{202e}txt.exe\u{2066}", "usertxt.exe"),
            ("zero\u{200b}width\u{ad}", "zerowidth"),
            ("a\u{0}b\u{8}c\r\n\td", "abc\n    d"),
            ("one\u{2028}two", "one\ntwo"),
        ];
        for (text, expected) in table {
            assert_eq!(clean(text), expected);
        }
    }
}

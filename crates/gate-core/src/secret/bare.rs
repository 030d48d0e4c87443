//! Secrets that no name stands before and no word begins: known by their length and by looking as if nobody had thought
//! them up.

use super::replace;

/// Length of a secret access key (IAM user guide, examples of access keys).
const SECRET_KEY: usize = 40;
/// A word of this length that mixes all kinds of characters is a token of some service.
const TOKEN: usize = 200;

/// Secret access keys.
pub(super) fn secret_keys(text: &str) -> Option<String> {
    replace(text, "(secret key hidden)", |text, from| {
        word(text, from, |word| {
            word.len() == SECRET_KEY && is_random(word, 3)
        })
    })
}

/// Tokens of services that nobody listed.
pub(super) fn tokens(text: &str) -> Option<String> {
    replace(text, "(token hidden)", |text, from| {
        word(text, from, |word| {
            word.len() >= TOKEN && is_random(word, 10)
        })
    })
}

/// The next word of base64 that `is_wanted`.
fn word(
    text: &str,
    from: usize,
    is_wanted: impl Fn(&str) -> bool,
) -> Option<std::ops::Range<usize>> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || "+/".contains(character);
    let mut at = from;
    loop {
        let start = at + text.get(at..)?.find(is_part)?;
        let length = text[start..].find(|character| !is_part(character));
        let end = length.map_or(text.len(), |length| start + length);
        if is_wanted(&text[start..end]) {
            return Some(start..end);
        }
        at = end;
    }
}

/// Whether letters of both cases and digits are in it, each at least `least` times.
fn is_random(word: &str, least: usize) -> bool {
    let count = |is_kind: fn(&u8) -> bool| word.bytes().filter(is_kind).count();
    [
        count(u8::is_ascii_uppercase),
        count(u8::is_ascii_lowercase),
        count(u8::is_ascii_digit),
    ]
    .iter()
    .all(|number| *number >= least)
}

//! Values that are called secrets: `AWS_SECRET_ACCESS_KEY=…`, `"SessionToken": "…"`, `X-Amz-Signature=…`.

use super::replace;

/// Ends of names, in small letters without `_` and `-`, whose value is a secret.
const NAMES: [&str; 16] = [
    "secretaccesskey",
    "secretkey",
    "sessiontoken",
    "securitytoken",
    "accesstoken",
    "refreshtoken",
    "authtoken",
    "apitoken",
    "apikey",
    "privatekey",
    "clientsecret",
    "amzsignature",
    "amzcredential",
    "password",
    "passwd",
    "passphrase",
];

/// A shorter value is a word of a sentence, or no secret worth the name.
const SHORTEST: usize = 8;

/// As much of a value as is looked at to judge it, in bytes.
const WINDOW: usize = 512;

pub(super) fn values(text: &str) -> Option<String> {
    replace(text, "(secret hidden)", |text, from| {
        let mut at = from;
        loop {
            let sign = at + text.get(at..)?.find(['=', ':'])?;
            if let Some(value) = is_secret(&text[..sign])
                .then(|| value(text, sign))
                .flatten()
            {
                return Some(value);
            }
            at = sign + 1;
        }
    })
}

/// Whether what stands before the sign ends with the name of a secret.
fn is_secret(before: &str) -> bool {
    let before = before.trim_end_matches([' ', '\t', '"', '\'', '`', '\\']);
    let start = before
        .rfind(|character: char| !(character.is_ascii_alphanumeric() || "_-".contains(character)))
        .map_or(0, |at| {
            at + before[at..].chars().next().map_or(1, char::len_utf8)
        });
    let name: String = before[start..]
        .chars()
        .filter(|character| !"_-".contains(*character))
        .map(|character| character.to_ascii_lowercase())
        .collect();
    NAMES.iter().any(|known| name.ends_with(known))
}

/// Where the value behind the sign is. After a colon it must be quoted, or without a space in it and no word: sentences
/// have colons too.
fn value(text: &str, sign: usize) -> Option<std::ops::Range<usize>> {
    let behind = &text[sign + 1..];
    let start = sign + 1 + (behind.len() - behind.trim_start_matches([' ', '\t', '\\']).len());
    let quote = text[start..]
        .chars()
        .next()
        .filter(|first| "\"'`".contains(*first));
    let start = start + quote.map_or(0, char::len_utf8);
    let ends = |character: char| match quote {
        Some(quote) => character == quote || character == '\\' || character == '\n',
        None => character.is_whitespace() || "\"'`,;&<>".contains(character),
    };
    // What a value is shows in its beginning; whoever looked at the whole each time would need hours for some texts.
    let window = &text[start..text.floor_char_boundary(start + WINDOW)];
    let value = &window[..window.find(ends).unwrap_or(window.len())];
    let is_word = value
        .chars()
        .all(|character| character.is_alphabetic() || "()._-:".contains(character));
    let is_sentence = quote.is_none() && text[sign..].starts_with(':') && is_word;
    let is_hidden = value.starts_with('(');
    if value.chars().count() < SHORTEST || is_sentence || is_hidden {
        return None;
    }
    let length = text[start..].find(ends).unwrap_or(text.len() - start);
    Some(start..start + length)
}

//! Passwords in URLs: `https://ann:password@example.com`.

use super::replace;

/// Characters that end the authority of a URL, or cannot be part of it.
const END: [char; 12] = [
    '/', '?', '#', ' ', '\n', '\t', '\'', '"', '`', '<', '>', '\r',
];

pub(super) fn passwords(text: &str) -> Option<String> {
    replace(text, "(password hidden)", |text, from| {
        let mut from = from;
        loop {
            let authority = from + text.get(from..)?.find("://")? + 3;
            let length = text[authority..]
                .find(END)
                .unwrap_or(text.len() - authority);
            let whole = &text[authority..authority + length];
            // The last `@`: a password may hold one.
            let colon = whole.find(':');
            match (colon, whole.rfind('@')) {
                (Some(colon), Some(at)) if colon + 1 < at => {
                    let password = authority + colon + 1..authority + at;
                    if text[password.clone()] != *"(password hidden)" {
                        return Some(password);
                    }
                    from = authority;
                }
                _ => from = authority,
            }
        }
    })
}

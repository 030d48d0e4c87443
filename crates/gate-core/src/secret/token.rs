//! Tokens that are known by their own form.

use super::replace;

/// Beginning, how many more characters at least, which characters besides letters and digits, what to say instead.
struct Form {
    beginning: &'static str,
    least: usize,
    also: &'static str,
    word: &'static str,
}

const fn form(
    beginning: &'static str,
    least: usize,
    also: &'static str,
    word: &'static str,
) -> Form {
    Form {
        beginning,
        least,
        also,
        word,
    }
}

const ACCESS_KEY: &str = "(access key hidden)";
const SESSION_TOKEN: &str = "(session token hidden)";
const TOKEN: &str = "(token hidden)";

const FORMS: [Form; 20] = [
    form("AKIA", 16, "", ACCESS_KEY),
    form("ASIA", 16, "", ACCESS_KEY),
    // Base64 of how the tokens of AWS STS begin.
    form("IQoJb3JpZ2lu", 60, "+/=", SESSION_TOKEN),
    form("FwoGZXIvYXdz", 60, "+/=", SESSION_TOKEN),
    form("FQoGZXIvYXdz", 60, "+/=", SESSION_TOKEN),
    // JSON Web Tokens: base64 of `{"`, and a second part that begins alike.
    form("eyJ", 30, "._-", TOKEN),
    form("ghp_", 30, "", TOKEN),
    form("gho_", 30, "", TOKEN),
    form("ghu_", 30, "", TOKEN),
    form("ghs_", 30, "", TOKEN),
    form("ghr_", 30, "", TOKEN),
    form("github_pat_", 30, "_", TOKEN),
    form("glpat-", 20, "_-", TOKEN),
    form("npm_", 30, "", TOKEN),
    form("pypi-", 50, "_-", TOKEN),
    form("xoxb-", 20, "-", TOKEN),
    form("xoxp-", 20, "-", TOKEN),
    form("sk_live_", 16, "", TOKEN),
    form("AIza", 35, "_-", TOKEN),
    form("dckr_pat_", 20, "_-", TOKEN),
];

impl Form {
    /// What begins `text`, which starts as the form does: a token of this length, or none in the next bytes.
    fn judge(&self, text: &str) -> Result<usize, usize> {
        let rest = &text[self.beginning.len()..];
        let is_upper = |byte: u8| !byte.is_ascii_lowercase();
        if self.word == ACCESS_KEY && !rest.bytes().take(self.least).all(is_upper) {
            return Err(self.beginning.len());
        }
        let is_part =
            |byte: &u8| byte.is_ascii_alphanumeric() || self.also.as_bytes().contains(byte);
        let length = rest.bytes().take_while(is_part).count();
        let is_web_token = self.beginning != "eyJ" || rest[..length].contains(".eyJ");
        let whole = self.beginning.len() + length;
        if length >= self.least && is_web_token {
            Ok(whole)
        } else {
            // Whatever begins alike further on in the same word is shorter still, unless it ends behind this one, as a second
            // `ghp_` does whose `ghp` is the end of the first.
            Err(whole + 1 - self.beginning.len())
        }
    }
}

/// Tokens of the known forms. Where an access key id is, its secret is not far: a word of 40 characters.
pub(super) fn known_forms(text: &str) -> Option<String> {
    let mut changed: Option<String> = None;
    for form in &FORMS {
        let current = changed.as_deref().unwrap_or(text);
        let next = replace(current, form.word, |text, from| {
            let mut from = from;
            loop {
                let at = from + text.get(from..)?.find(form.beginning)?;
                match form.judge(&text[at..]) {
                    Ok(length) => return Some(at..at + length),
                    Err(length) => from = at + length,
                }
            }
        });
        changed = next.or(changed);
    }
    let current = changed.as_deref().unwrap_or(text);
    if current.contains(ACCESS_KEY) {
        changed = replace(current, "(secret key hidden)", secret_key).or(changed);
    }
    changed
}

/// A word of exactly 40 characters of base64 that has letters of both cases and digits, as AWS's secret access keys do.
fn secret_key(text: &str, from: usize) -> Option<std::ops::Range<usize>> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || "+/".contains(character);
    let mut at = from;
    loop {
        let start = at + text.get(at..)?.find(is_part)?;
        let length = text[start..]
            .find(|character| !is_part(character))
            .unwrap_or(text.len() - start);
        let word = &text.as_bytes()[start..start + length];
        let has = |kind: fn(&u8) -> bool| word.iter().any(kind);
        if length == 40
            && has(u8::is_ascii_uppercase)
            && has(u8::is_ascii_lowercase)
            && has(u8::is_ascii_digit)
        {
            return Some(start..start + length);
        }
        at = start + length;
    }
}

/// `Bearer <token>` and `Authorization: Basic <credentials>`.
pub(super) fn bearer(text: &str) -> Option<String> {
    let mut changed: Option<String> = None;
    for (scheme, least) in [("bearer ", 16), ("basic ", 16)] {
        let current = changed.as_deref().unwrap_or(text);
        // As long as the text itself: ASCII letters keep their length.
        let lower = current.to_ascii_lowercase();
        let next = replace(current, TOKEN, |text, from| {
            let mut from = from;
            loop {
                let at = from + lower.get(from..)?.find(scheme)? + scheme.len();
                let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(byte);
                let length = text.as_bytes()[at..]
                    .iter()
                    .take_while(|byte| is_part(byte))
                    .count();
                let word = &text[at..at + length];
                let is_plain = word.bytes().all(|byte| byte.is_ascii_alphabetic());
                if length >= least && !is_plain {
                    return Some(at..at + length);
                }
                from = at;
            }
        });
        changed = next.or(changed);
    }
    changed
}

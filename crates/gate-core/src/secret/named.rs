//! Values that are called secrets: `AWS_SECRET_ACCESS_KEY=…`, `"SessionToken": "…"`, `<password>…</password>`, `X-Amz-Signature=…`.

use std::ops::Range;

use super::{is_random, replace};

/// Ends of names, in small letters without `_` and `-`, whose value is a secret whatever it looks like.
const SECRETS: [&str; 22] = [
    "secretaccesskey",
    "sharedaccesskey",
    "accountkey",
    "secretkey",
    "sessiontoken",
    "securitytoken",
    "accesstoken",
    "refreshtoken",
    "authtoken",
    "apitoken",
    "apikey",
    "privatekey",
    "secret",
    "amzsignature",
    "amzcredential",
    "password",
    "passwort",
    "passwd",
    "passcode",
    "passphrase",
    "pwd",
    "userpass",
];

/// Ends of names whose value is a secret unless it is a word: programs have tokens that nobody need hide.
const TOKENS: [&str; 4] = ["token", "credential", "credentials", "auth"];

/// Ends of names whose value is a secret if it looks as if nobody had thought it up.
const KEYS: [&str; 5] = ["key", "signature", "sessionid", "sessid", "authorization"];

/// Whole names of that kind.
const WHOLE_KEYS: [&str; 2] = ["sig", "sid"];

/// Ends of names of keys that open nothing.
const PLAIN_KEYS: [&str; 9] = [
    "publickey",
    "cachekey",
    "primarykey",
    "foreignkey",
    "sortkey",
    "partitionkey",
    "objectkey",
    "s3key",
    "idempotencykey",
];

/// What may follow in a name and changes nothing: `SECRET_KEY_BASE`, `NPM_TOKEN_2`, `DB_PASSWORD_PROD`.
const SUFFIXES: [&str; 8] = [
    "base", "value", "prod", "dev", "staging", "test", "old", "new",
];

/// A shorter value is a word of a sentence, or no secret worth the name.
const SHORTEST: usize = 8;

/// As many characters has a value at least that nobody thought up.
const SHORTEST_RANDOM: usize = 16;

/// As much of a value as is looked at to judge it, in bytes.
const WINDOW: usize = 512;

/// How sure a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Called {
    /// A secret whatever it looks like.
    Secret,
    /// A secret unless it is a word.
    Token,
    /// A secret if it looks like one.
    Key,
}

pub(super) fn values(text: &str) -> Option<String> {
    replace(text, "(secret hidden)", |text, from| {
        let mut at = from;
        loop {
            let sign = at + text.get(at..)?.find(['=', ':', '>'])?;
            let found = assignment(text, sign).and_then(|assignment| assignment.value());
            if let Some(value) = found {
                return Some(value);
            }
            at = sign + 1;
        }
    })
}

/// What a name stands for.
pub(super) fn called(name: &str) -> Option<Called> {
    let mut plain: String = name
        .chars()
        .filter(|character| !"_-".contains(*character))
        .map(|character| character.to_ascii_lowercase())
        .collect();
    loop {
        let rest = plain.trim_end_matches(|character: char| character.is_ascii_digit());
        let is_version = rest.len() < plain.len();
        let rest = rest
            .strip_suffix('v')
            .filter(|_| is_version)
            .unwrap_or(rest);
        let rest = SUFFIXES
            .iter()
            .find_map(|suffix| rest.strip_suffix(suffix))
            .unwrap_or(rest);
        if rest.len() == plain.len() {
            break;
        }
        plain.truncate(rest.len());
    }
    // By itself the end is that of `compass` and `bypass`.
    let spelled = name.to_ascii_lowercase();
    if ["_pass", "-pass"].iter().any(|end| spelled.ends_with(end)) {
        return Some(Called::Secret);
    }
    let ends = |known: &[&str]| known.iter().any(|known| plain.ends_with(known));
    if ends(&SECRETS) {
        Some(Called::Secret)
    } else if ends(&TOKENS) {
        Some(Called::Token)
    } else if (ends(&KEYS) && plain != "key" && !ends(&PLAIN_KEYS))
        || WHOLE_KEYS.contains(&plain.as_str())
    {
        Some(Called::Key)
    } else {
        None
    }
}

/// A name that is called a secret, and what may be its value.
struct Assignment<'a> {
    text: &'a str,
    called: Called,
    /// `NPM_TOKEN=`: nobody writes a sentence like this.
    is_variable: bool,
    /// `=`, `:`, or `>` of an element.
    sign: char,
    /// Where the value, or its quote, begins.
    start: usize,
}

/// The assignment whose sign stands here, if its name is called a secret.
fn assignment(text: &str, sign: usize) -> Option<Assignment<'_>> {
    let kind = text[sign..].chars().next()?;
    let before = &text[..sign];
    let before = match kind {
        '=' => before.trim_end_matches([' ', '\t', '"', '\'', '`', '\\', ':', '?', '+', ']']),
        ':' => before.trim_end_matches([' ', '\t', '"', '\'', '`', '\\']),
        _ => before,
    };
    let start = before
        .rfind(|character: char| !(character.is_ascii_alphanumeric() || "_-".contains(character)))
        .map_or(0, |at| {
            at + before[at..].chars().next().map_or(1, char::len_utf8)
        });
    let name = &before[start..];
    // An element's name follows its bracket, and what stands between two colons is part of an ARN.
    let is_none = match kind {
        '>' => !before[..start].ends_with('<'),
        ':' => before[..start].ends_with(':'),
        _ => false,
    };
    if is_none {
        return None;
    }
    let called = called(name)?;
    let behind = &text[sign + 1..];
    // `=>`, and `:=` of which the colon stands before the sign.
    let arrow = usize::from(kind == '=' && behind.starts_with('>'));
    let spaces = behind[arrow..].trim_start_matches([' ', '\t', '\\']);
    let spaces = if kind == ':' {
        below(spaces).unwrap_or(spaces)
    } else {
        spaces
    };
    let is_upper = |character: char| !character.is_ascii_lowercase();
    Some(Assignment {
        text,
        called,
        is_variable: kind == '=' && before.len() == sign && name.chars().all(is_upper),
        sign: kind,
        start: sign + 1 + (behind.len() - spaces.len()),
    })
}

/// What stands on the next line, further in, where nothing or the mark of a block follows a colon.
fn below(rest: &str) -> Option<&str> {
    let rest = rest.trim_start_matches(['|', '>', '-', '+']);
    let rest = rest
        .trim_start_matches([' ', '\t', '\r'])
        .strip_prefix('\n')?;
    let value = rest.trim_start_matches([' ', '\t']);
    (value.len() < rest.len()).then_some(value)
}

impl Assignment<'_> {
    /// Where the value is, if it is one to hide. After a colon it must be quoted, or without a space in it and no word: sentences
    /// have colons too.
    fn value(&self) -> Option<Range<usize>> {
        let text = self.text;
        let quote = text[self.start..]
            .chars()
            .next()
            .filter(|first| "\"'`".contains(*first) && self.sign != '>');
        let start = self.start + quote.map_or(0, char::len_utf8);
        let ends = |character: char| match quote {
            Some(quote) => character == quote || character == '\\' || character == '\n',
            None if self.sign == '>' => "<\n".contains(character),
            None => character.is_whitespace() || "\"'`,;&<>".contains(character),
        };
        // What a value is shows in its beginning; whoever looked at the whole each time would need hours for some texts.
        let window = &text[start..text.floor_char_boundary(start + WINDOW)];
        let value = &window[..window.find(ends).unwrap_or(window.len())];
        if value.chars().count() < SHORTEST || is_harmless(value) {
            return None;
        }
        let is_sentence = self.sign == ':' && quote.is_none();
        let is_secret = match self.called {
            Called::Secret => !(is_sentence && is_word(value)),
            Called::Token if is_sentence => {
                !value.contains(['.', '/', ':']) && is_random(value, SHORTEST_RANDOM)
            }
            Called::Token => self.is_variable || !is_expression(value),
            Called::Key => is_random(value, SHORTEST_RANDOM),
        };
        if !is_secret {
            return None;
        }
        let length = text[start..].find(ends).unwrap_or(text.len() - start);
        Some(start..start + length)
    }
}

/// Whether a value is hidden already, stars, the name of something that holds a secret, or a folder that `PWD` names.
fn is_harmless(value: &str) -> bool {
    let is_name = |text: &str| {
        let part =
            |character: char| character.is_ascii_alphanumeric() || "_{}:-".contains(character);
        text.chars().all(part)
    };
    value.starts_with(['(', '/'])
        || value.starts_with("arn:")
        || value.starts_with("{{")
        || value.starts_with("$(")
        || value.strip_prefix('$').is_some_and(is_name)
        || value.chars().all(|character| "*x•.".contains(character))
}

fn is_word(value: &str) -> bool {
    value
        .chars()
        .all(|character| character.is_alphabetic() || "()._-:".contains(character))
}

/// A word, or a call as sources have it: `lexer.next(1)`, `TokenKind::Ident2`.
fn is_expression(value: &str) -> bool {
    is_word(value) || value.contains(['(', ')', '[', ']', '{', '}']) || value.contains("::")
}

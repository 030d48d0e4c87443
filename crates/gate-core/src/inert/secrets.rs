//! Secrets of known forms, hidden before anybody reads them: a test's message may hold what its environment held.
//!
//! It is the last of several walls and looks for forms that nothing else has. What is hidden says what it was.

/// Shorter words than this are no secret.
const SHORTEST: usize = 16;

/// Starts of tokens that services give out, in the words of their documentation.
const TOKENS: [&str; 14] = [
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "xapp-",
    "npm_",
    "pypi-",
    "sk_live_",
    "rk_live_",
];

/// Names of values that are nobody's business, without `_`, `-` and case.
const SECRET_NAMES: [&str; 9] = [
    "secretaccesskey",
    "sessiontoken",
    "password",
    "passwd",
    "apikey",
    "accesstoken",
    "authtoken",
    "clientsecret",
    "bearer",
];

/// The text with each secret replaced by what it was.
pub(super) fn hide(text: &str) -> String {
    let text = hide_access_keys(text);
    let mut hidden = String::with_capacity(text.len());
    let mut lines = text.split_inclusive('\n');
    while let Some(line) = lines.next() {
        if !is_private_key(line, "-----BEGIN ") {
            hide_in_line(line, &mut hidden);
            continue;
        }
        hidden.push_str("(private key hidden)\n");
        if !is_private_key(line, "-----END ") {
            lines.find(|line| is_private_key(line, "-----END "));
        }
    }
    hidden
}

fn is_private_key(line: &str, mark: &str) -> bool {
    line.find(mark)
        .is_some_and(|at| line[at..].contains("PRIVATE KEY-----"))
}

/// Words are what passes between blanks, quotes and the signs that part a name from its value.
fn hide_in_line(line: &str, hidden: &mut String) {
    let mut named = false;
    let mut rest = line;
    while !rest.is_empty() {
        let word_end = rest.find(|character| !is_part(character));
        let (word, after) = rest.split_at(word_end.unwrap_or(rest.len()));
        match kind(word, named) {
            Some(what) => hidden.extend(["(", what, " hidden)"]),
            None => hidden.push_str(word),
        }
        let gap_end = after.find(is_part).unwrap_or(after.len());
        let (gap, next) = after.split_at(gap_end);
        hidden.push_str(gap);
        if !word.is_empty() {
            named = is_secret_name(word) && gap.chars().count() <= 4;
        }
        rest = next;
    }
}

fn is_part(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_-+/.~".contains(character)
}

fn is_secret_name(word: &str) -> bool {
    let plain: String = word
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|character| character.to_ascii_lowercase())
        .collect();
    SECRET_NAMES.iter().any(|name| plain.ends_with(name))
}

/// What kind of secret a word is; `named` says that a secret's name stands before it.
fn kind(word: &str, named: bool) -> Option<&'static str> {
    if word.len() < SHORTEST {
        return None;
    }
    let mix = Mix::of(word);
    let is_token = TOKENS.iter().any(|start| word.starts_with(start)) && mix.digits > 0;
    if is_token || is_json_web_token(word) {
        return Some("token");
    }
    let of_aws = |character: char| character.is_ascii_alphanumeric() || "+/".contains(character);
    let plain = word.chars().all(of_aws);
    if plain && word.len() == 40 && mix.is_random(3) {
        return Some("secret key");
    }
    if plain && word.len() >= 200 && mix.is_random(10) {
        return Some("token");
    }
    (named && mix.is_random(1)).then_some("secret")
}

/// Access key ids: four known letters and sixteen more (IAM user guide, unique identifiers), wherever they stand.
fn hide_access_keys(text: &str) -> String {
    let mut hidden = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = ["AKIA", "ASIA"]
        .iter()
        .filter_map(|prefix| rest.find(prefix))
        .min()
    {
        let (before, from) = rest.split_at(at);
        hidden.push_str(before);
        let length = from
            .bytes()
            .take_while(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            .count();
        if length >= 20 {
            hidden.push_str("(access key hidden)");
            rest = &from[length..];
        } else {
            hidden.push_str(&from[..4]);
            rest = &from[4..];
        }
    }
    hidden.push_str(rest);
    hidden
}

/// Three parts, of which the first is a JSON object in base64.
fn is_json_web_token(word: &str) -> bool {
    word.starts_with("eyJ") && word.split('.').count() == 3 && word.len() > 40
}

/// How many characters of each kind a word has.
#[derive(Default)]
struct Mix {
    upper: usize,
    lower: usize,
    digits: usize,
}

impl Mix {
    fn of(word: &str) -> Self {
        let mut mix = Self::default();
        for byte in word.bytes() {
            mix.upper += usize::from(byte.is_ascii_uppercase());
            mix.lower += usize::from(byte.is_ascii_lowercase());
            mix.digits += usize::from(byte.is_ascii_digit());
        }
        mix
    }

    /// Whether it looks as if nobody had thought it up: letters of both cases and digits, each at least `least` times.
    fn is_random(&self, least: usize) -> bool {
        [self.upper, self.lower, self.digits]
            .iter()
            .all(|number| *number >= least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made of parts, so that no scanner takes this file for a leak.
    fn secret_key() -> String {
        ["wJalrXUtnFEMI/K7MDENG", "/bPxRfiCYzEXAMPLEKEY"].concat()[..40]
            .replace("EXAMPLE", "9x3AMPL")
    }

    #[test]
    fn secrets_of_known_forms_are_hidden_and_say_what_they_were() {
        let key = secret_key();
        let jwt = format!(
            "eyJhbGciOiJIUzI1NiJ9.{}.{}",
            "eyJzdWIiOiIxIn0",
            "a".repeat(20)
        );
        let session = "IQoJb3JpZ2luX2VjE".repeat(14);
        let table = [
            (
                "key AKIAABCDEFGHIJKLMNOP!".to_owned(),
                "key (access key hidden)!",
            ),
            (
                "AKIAABCDEFGHIJKLMNOP.rs".to_owned(),
                "(access key hidden).rs",
            ),
            (
                format!("aws_secret_access_key={key}"),
                "aws_secret_access_key=(secret key hidden)",
            ),
            (
                format!("'{key}' is wrong"),
                "'(secret key hidden)' is wrong",
            ),
            (
                format!("token ghp_{}", "a1".repeat(18)),
                "token (token hidden)",
            ),
            (format!("Bearer {jwt}"), "Bearer (token hidden)"),
            (session, "(token hidden)"),
            (
                "DB_PASSWORD: Correct7Horse7Battery".to_owned(),
                "DB_PASSWORD: (secret hidden)",
            ),
            (
                "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nb"
                    .to_owned(),
                "a\n(private key hidden)\nb",
            ),
            (
                "-----BEGIN PRIVATE KEY-----\nMIIE\ncut off".to_owned(),
                "(private key hidden)\n",
            ),
        ];
        for (text, expected) in table {
            assert_eq!(hide(&text), expected);
        }
    }

    #[test]
    fn what_only_resembles_a_secret_stays() {
        let table = [
            "AKIA only, and AKIATOOSHORT",
            "commit 3f2a91c0d1e24b5a6978877665544332211000ff",
            "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "password: expected `identifier`, found `LoginController`",
            "com.example.shop.LoginControllerTest.refusesAnEmptyPassword",
            "src/main/java/com/example/shop/Login.java:88",
            "npm_config_user_agent and npm_lifecycle_event are set",
            "-----BEGIN CERTIFICATE-----",
        ];
        for text in table {
            assert_eq!(hide(text), text);
        }
    }
}

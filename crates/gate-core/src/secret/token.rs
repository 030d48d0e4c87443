//! Tokens that are known by their own form.

use std::{cmp::Reverse, ops::Range, sync::LazyLock};

use aho_corasick::AhoCorasick;

use super::{is_random, replace};

/// Beginning, how many more characters at least, which characters besides letters and digits, what to say instead.
struct Form {
    beginning: &'static str,
    least: usize,
    also: &'static str,
    word: &'static str,
    /// Whether words begin alike: then it must begin a word, and look as if nobody had thought it up.
    resembles: bool,
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
        resembles: false,
    }
}

const fn token(beginning: &'static str, least: usize, also: &'static str) -> Form {
    Form {
        resembles: true,
        ..form(beginning, least, also, TOKEN)
    }
}

const ACCESS_KEY: &str = "(access key hidden)";
const SESSION_TOKEN: &str = "(session token hidden)";
const TOKEN: &str = "(token hidden)";

const FORMS: [Form; 101] = [
    form("AKIA", 16, "", ACCESS_KEY),
    form("ASIA", 16, "", ACCESS_KEY),
    // Base64 of how the tokens of AWS STS begin.
    form("IQoJb3JpZ2lu", 60, "+/=", SESSION_TOKEN),
    form("FwoGZXIvYXdz", 60, "+/=", SESSION_TOKEN),
    form("FQoGZXIvYXdz", 60, "+/=", SESSION_TOKEN),
    // Keys of Amazon Bedrock.
    token("ABSK", 80, "+/="),
    token("bedrock-api-key-", 40, "+/=_-"),
    // JSON Web Tokens: base64 of `{"`, and a second part that begins alike, or five parts of which the others are encrypted.
    form("eyJ", 30, "._-", TOKEN),
    // GitHub, GitLab, Bitbucket and Atlassian.
    form("ghp_", 30, "", TOKEN),
    form("gho_", 30, "", TOKEN),
    form("ghu_", 30, "", TOKEN),
    form("ghs_", 30, "", TOKEN),
    form("ghr_", 30, "", TOKEN),
    form("github_pat_", 30, "_", TOKEN),
    form("glpat-", 20, "_-.", TOKEN),
    token("gldt-", 16, "_-."),
    token("glrt-", 16, "_-."),
    token("glcbt-", 16, "_-."),
    token("glptt-", 16, "_-."),
    token("glsoat-", 16, "_-."),
    token("glft-", 16, "_-."),
    token("glimt-", 16, "_-."),
    token("glagent-", 16, "_-."),
    token("gloas-", 16, "_-."),
    token("ATATT3", 40, "_-="),
    token("ATCTT3", 40, "_-="),
    token("ATBB", 28, ""),
    // Registries of packages and images.
    form("npm_", 30, "", TOKEN),
    form("pypi-", 50, "_-", TOKEN),
    form("dckr_pat_", 20, "_-", TOKEN),
    token("dckr_oat_", 20, "_-"),
    token("rubygems_", 40, ""),
    token("oy2", 40, ""),
    token("cio", 32, ""),
    // Slack.
    form("xoxb-", 20, "-", TOKEN),
    form("xoxp-", 20, "-", TOKEN),
    token("xoxa-", 20, "-"),
    token("xoxr-", 20, "-"),
    token("xoxs-", 20, "-"),
    token("xoxd-", 20, "-%"),
    token("xoxe-", 20, "-"),
    token("xoxe.xox", 20, "-"),
    token("xapp-", 20, "-"),
    // Payment and shops.
    form("sk_live_", 16, "", TOKEN),
    token("sk_test_", 16, ""),
    token("rk_live_", 16, ""),
    token("rk_test_", 16, ""),
    token("whsec_", 24, "+/="),
    token("sq0atp-", 20, "_-"),
    token("sq0csp-", 20, "_-"),
    token("shpat_", 30, ""),
    token("shpca_", 30, ""),
    token("shppa_", 30, ""),
    token("shpss_", 30, ""),
    // Google.
    form("AIza", 35, "_-", TOKEN),
    token("ya29.", 20, "_-."),
    token("GOCSPX-", 20, "_-"),
    token("1//0", 30, "_-"),
    // Models.
    token("sk-proj-", 20, "_-"),
    token("sk-svcacct-", 20, "_-"),
    token("sk-admin-", 20, "_-"),
    token("sk-ant-", 20, "_-"),
    token("sk-or-", 20, "_-"),
    token("sk-", 32, ""),
    token("hf_", 30, ""),
    token("gsk_", 40, ""),
    token("r8_", 30, ""),
    token("xai-", 40, ""),
    token("pplx-", 40, ""),
    token("nvapi-", 40, "_-"),
    // Clouds, their state and their eyes.
    token("hvs.", 20, "_-."),
    token("hvb.", 20, "_-."),
    token("hvr.", 20, "_-."),
    token("atlasv1.", 40, "_-="),
    token("dop_v1_", 40, ""),
    token("doo_v1_", 40, ""),
    token("dor_v1_", 40, ""),
    token("dapi", 32, ""),
    token("pul-", 40, ""),
    token("fm2_", 40, "+/=_-"),
    token("fo1_", 40, "_-"),
    token("tskey-", 20, "-"),
    token("sbp_", 40, ""),
    token("sb_secret_", 20, "_-"),
    token("pscale_tkn_", 30, "_-."),
    token("pscale_pw_", 30, "_-."),
    token("NRAK-", 20, ""),
    token("glsa_", 30, "_"),
    token("glc_", 30, "+/=_"),
    token("sntrys_", 30, "+/=_-"),
    token("sntryu_", 30, ""),
    token("LTAI", 12, ""),
    // Others.
    token("SG.", 40, "._-"),
    token("ntn_", 30, ""),
    token("secret_", 40, ""),
    token("lin_api_", 30, ""),
    token("lin_oauth_", 30, ""),
    token("figd_", 30, "_-"),
    token("PMAK-", 40, "-"),
    token("ops_eyJ", 60, "+/=_-"),
    token("AGE-SECRET-KEY-1", 40, ""),
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
        let found = &rest[..length];
        let is_web_token =
            self.beginning != "eyJ" || found.contains(".eyJ") || found.split('.').count() == 5;
        let whole = self.beginning.len() + length;
        // A sentence may end behind it.
        let found = found.trim_end_matches('.');
        let is_one = !self.resembles || is_random(found, self.least) || is_mixed(found);
        if found.len() >= self.least && is_web_token && is_one {
            Ok(self.beginning.len() + found.len())
        } else {
            // Whatever begins alike further on in the same word is shorter still, unless it ends behind this one, as a second
            // `ghp_` does whose `ghp` is the end of the first.
            Err(whole + 1 - self.beginning.len())
        }
    }
}

/// Whether letters of both cases are in it, and not only to begin words.
fn is_mixed(word: &str) -> bool {
    let count = |is_kind: fn(&u8) -> bool| word.bytes().filter(is_kind).count();
    count(u8::is_ascii_uppercase) >= 5 && count(u8::is_ascii_lowercase) >= 3
}

/// Finds how the forms begin, all in one pass.
static BEGINNINGS: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::new(FORMS.map(|form| form.beginning)).ok());

/// Tokens of the known forms. Where an access key id is, its secret is not far: a word of 40 characters.
pub(super) fn known_forms(text: &str) -> Option<String> {
    let mut changed = hide_all(text, found(text));
    let current = changed.as_deref().unwrap_or(text);
    if current.contains(ACCESS_KEY) {
        changed = replace(current, "(secret key hidden)", secret_key).or(changed);
    }
    changed
}

/// Where tokens are, and what to say instead, in their order.
fn found(text: &str) -> Vec<(Range<usize>, &'static str)> {
    let Some(beginnings) = BEGINNINGS.as_ref() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut next = [0; FORMS.len()];
    for beginning in beginnings.find_overlapping_iter(text) {
        let (form, next) = (&FORMS[beginning.pattern()], &mut next[beginning.pattern()]);
        let at = beginning.start();
        let before = text[..at].chars().next_back();
        let inside = before.is_some_and(|before| before.is_ascii_alphanumeric());
        if at < *next || (inside && form.resembles) {
            continue;
        }
        let length = match form.judge(&text[at..]) {
            Ok(length) => {
                found.push((at..at + length, form.word));
                length
            }
            Err(length) => length,
        };
        *next = at + length;
    }
    found.sort_by_key(|(range, _)| (range.start, Reverse(range.end)));
    found
}

/// `text` with words in the place of ranges that come in their order and may overlap.
fn hide_all(text: &str, found: Vec<(Range<usize>, &'static str)>) -> Option<String> {
    let mut hidden = String::new();
    let mut done = 0;
    for (range, word) in found {
        if range.start >= done {
            hidden.push_str(text.get(done..range.start)?);
            hidden.push_str(word);
        }
        done = done.max(range.end);
    }
    if done == 0 {
        return None;
    }
    hidden.push_str(text.get(done..)?);
    Some(hidden)
}

/// A word of exactly 40 characters of base64 that has letters of both cases and digits, as AWS's secret access keys do.
fn secret_key(text: &str, from: usize) -> Option<Range<usize>> {
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

/// What stands before a token, in small letters, and how long that is at least.
const SCHEMES: [(&str, usize); 4] = [
    ("bearer ", 16),
    ("basic ", 16),
    ("authorization: token ", 8),
    ("authorization: apikey ", 8),
];

/// `Bearer <token>` and `Authorization: Basic <credentials>`.
pub(super) fn bearer(text: &str) -> Option<String> {
    let mut changed: Option<String> = None;
    for (scheme, least) in SCHEMES {
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

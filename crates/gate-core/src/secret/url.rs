//! Secrets in URLs: `https://ann:password@example.com`, and addresses that whoever knows them may post to.

use std::ops::Range;

use super::{is_random, replace};

/// Characters that end the authority of a URL, or cannot be part of it.
const END: [char; 12] = [
    '/', '?', '#', ' ', '\n', '\t', '\'', '"', '`', '<', '>', '\r',
];

/// Whose name is random and has so many characters is a token that stands for a person.
const TOKEN: usize = 20;

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
            let secret = match (colon, whole.rfind('@')) {
                (Some(colon), Some(at)) if colon + 1 < at => {
                    Some(authority + colon + 1..authority + at)
                }
                (None, Some(at)) if is_random(&whole[..at], TOKEN) => {
                    Some(authority..authority + at)
                }
                _ => None,
            };
            if let Some(secret) = secret.filter(|range| !text[range.clone()].starts_with('(')) {
                return Some(secret);
            }
            from = authority;
        }
    })
}

/// How addresses begin that need no further secret: incoming webhooks of Slack, Discord, Teams, Zapier, IFTTT, and Telegram's bots.
const WEBHOOKS: [&str; 12] = [
    "hooks.slack.com/services/",
    "hooks.slack.com/workflows/",
    "hooks.slack.com/triggers/",
    "hooks.slack-gov.com/services/",
    "discord.com/api/webhooks/",
    "discordapp.com/api/webhooks/",
    "webhook.office.com/webhookb2/",
    "outlook.office.com/webhook/",
    "outlook.office365.com/webhook/",
    "hooks.zapier.com/hooks/catch/",
    "api.telegram.org/bot",
    "maker.ifttt.com/trigger/",
];

pub(super) fn webhooks(text: &str) -> Option<String> {
    let mut changed: Option<String> = None;
    for beginning in WEBHOOKS {
        let current = changed.as_deref().unwrap_or(text);
        let next = replace(current, "(webhook hidden)", |text, from| {
            behind(text, from, beginning)
        });
        changed = next.or(changed);
    }
    changed
}

/// What follows the next such beginning up to the end of the address.
fn behind(text: &str, from: usize, beginning: &str) -> Option<Range<usize>> {
    let mut at = from;
    loop {
        let start = at + text.get(at..)?.find(beginning)? + beginning.len();
        let ends = |character: char| character.is_whitespace() || "\"'`<>),;\\".contains(character);
        let length = text[start..].find(ends).unwrap_or(text.len() - start);
        if length > 0 && !text[start..].starts_with('(') {
            return Some(start..start + length);
        }
        at = start;
    }
}

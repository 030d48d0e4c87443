//! Texts for snapshots: without what differs from run to run.

/// Runs, commits, times and addresses become words.
pub(crate) fn masked(text: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_part =
            |character: char| character.is_ascii_alphanumeric() || "-.".contains(character);
        if let Some(address) = rest.strip_prefix("](http") {
            masked.push_str("](…)");
            rest = address.split_once(')').map_or("", |(_, rest)| rest);
        } else if is_part(first) {
            let end = rest
                .find(|character| !is_part(character))
                .unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            rest = after;
            if word.parse::<f64>().is_ok() && (rest.starts_with(" s") || rest.starts_with(" ms")) {
                masked.push_str("<time>");
                rest = rest
                    .trim_start_matches([' ', 'm'])
                    .strip_prefix('s')
                    .unwrap_or(rest);
            } else {
                masked.push_str(word_for(word));
            }
        } else {
            masked.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    masked
}

fn word_for(word: &str) -> &str {
    let is_hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    if word.len() == 7 && is_hex(word) {
        "<commit>"
    } else if word.starts_with("pr-") && word.matches('-').count() > 3 {
        "<run>"
    } else {
        word
    }
}

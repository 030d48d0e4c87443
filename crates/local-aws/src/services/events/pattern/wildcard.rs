//! Text with `*` for any run of characters; `\*` and `\\` stand for themselves.

/// The literal parts between the stars.
#[derive(Debug)]
pub(super) struct Wildcard {
    parts: Vec<String>,
}

impl Wildcard {
    /// Parses the text; the error says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut parts = vec![String::new()];
        let mut characters = text.chars();
        let mut after_star = false;
        while let Some(character) = characters.next() {
            let literal = match character {
                '*' if after_star => return Err("consecutive wildcard characters"),
                '*' => {
                    after_star = true;
                    parts.push(String::new());
                    continue;
                }
                '\\' => match characters.next() {
                    Some(escaped @ ('*' | '\\')) => escaped,
                    _ => return Err("a backslash that escapes neither `*` nor itself"),
                },
                other => other,
            };
            after_star = false;
            if let Some(part) = parts.last_mut() {
                part.push(literal);
            }
        }
        Ok(Self { parts })
    }

    /// Whether the whole of `text` fits.
    pub(super) fn matches(&self, text: &str) -> bool {
        let Some((first, rest)) = self.parts.split_first() else {
            return text.is_empty();
        };
        let Some((last, middle)) = rest.split_last() else {
            return text == first;
        };
        let Some(mut text) = text.strip_prefix(first.as_str()) else {
            return false;
        };
        for part in middle {
            let Some(at) = text.find(part.as_str()) else {
                return false;
            };
            text = &text[at + part.len()..];
        }
        text.ends_with(last.as_str())
    }
}

//! Pieces of HTML, and text from outside as text in it.

use crate::inert::clean;

/// Longest message on the page, in characters.
const LONGEST: usize = 20_000;

/// Text for an element or an attribute in double quotes.
pub(super) fn escaped(text: &str) -> String {
    let text: String = clean(text).chars().take(LONGEST).collect();
    entities(&text)
}

/// Text for an element or an attribute in double quotes, as it is.
pub fn entities(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A sentence as a heading.
pub(super) fn capital(text: &str) -> String {
    let mut rest = text.chars();
    let first = rest.next().into_iter().flat_map(char::to_uppercase);
    first.chain(rest).collect()
}

/// A few words that stay on one line.
pub(super) fn unbroken(text: &str) -> String {
    format!("<span class=\"unbroken\">{}</span>", escaped(text))
}

/// A block of text as it is. It can be scrolled, also by keyboard.
pub(super) fn block(text: &str) -> String {
    format!("<pre tabindex=\"0\">{}</pre>", escaped(text.trim_end()))
}

/// A part of the page.
pub(super) fn section(id: &str, title: &str, body: &str) -> String {
    format!("<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{title}</h2>\n{body}</section>\n")
}

/// The head of a column.
pub(super) enum Head {
    /// Of words.
    Words(&'static str),
    /// Of numbers, which stand at the right.
    Number(&'static str),
}

/// A table that scrolls within the page where the page is narrow.
pub(super) fn table(class: &str, heads: &[Head], rows: &str) -> String {
    let heads = heads
        .iter()
        .map(|head| match head {
            Head::Words(word) => format!("<th scope=\"col\">{word}</th>"),
            Head::Number(word) => format!("<th scope=\"col\" class=\"number\">{word}</th>"),
        })
        .collect::<Vec<_>>()
        .concat();
    format!(
        "<div class=\"scroll\" tabindex=\"0\"><table class=\"{class}\"><thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n"
    )
}

/// A bar of `share` of a hundred; the number beside it says the same.
pub(super) fn bar(share: f64) -> String {
    format!(
        "<span class=\"bar\" aria-hidden=\"true\"><i style=\"width:{:.1}%\"></i></span>",
        share.clamp(0.0, 100.0)
    )
}

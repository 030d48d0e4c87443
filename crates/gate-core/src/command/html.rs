//! The HTML of a comment, as far as it decides what is shown as text: what stands in code, in something folded up or hidden, is
//! none of what its author says.

/// Elements whose text is code, a quotation, folded up, struck out or not shown. An unknown one shows its text: `Vec<u8>` is no element.
const NOT_SAID: [&str; 24] = [
    "blockquote",
    "button",
    "code",
    "del",
    "details",
    "iframe",
    "kbd",
    "noscript",
    "object",
    "pre",
    "q",
    "s",
    "samp",
    "script",
    "select",
    "strike",
    "style",
    "summary",
    "svg",
    "template",
    "textarea",
    "title",
    "tt",
    "var",
];

/// Elements that were opened and not closed yet.
#[derive(Default)]
pub(super) struct Open(Vec<String>);

impl Open {
    /// Whether text that comes now is shown as text.
    pub(super) fn shows_text(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes a piece of HTML, with any number of tags.
    pub(super) fn read(&mut self, html: &str) {
        let mut rest = html;
        while let Some((_, tag)) = rest.split_once('<') {
            if let Some(comment) = tag.strip_prefix("!--") {
                rest = comment.split_once("-->").map_or("", |(_, after)| after);
                continue;
            }
            let (tag, after) = tag.split_once('>').unwrap_or((tag, ""));
            rest = after;
            self.take(tag);
        }
    }

    fn take(&mut self, tag: &str) {
        let (ends, tag) = tag
            .strip_prefix('/')
            .map_or((false, tag), |tag| (true, tag));
        let name = tag
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
            .next();
        let name = name.unwrap_or_default().to_ascii_lowercase();
        if ends {
            if let Some(place) = self.0.iter().rposition(|open| *open == name) {
                self.0.truncate(place);
            }
            return;
        }
        let attributes = tag
            .get(name.len()..)
            .unwrap_or_default()
            .to_ascii_lowercase();
        let hides = ["hidden", "style"]
            .iter()
            .any(|word| attributes.contains(word));
        let said = !NOT_SAID.contains(&name.as_str()) && !hides;
        if !name.is_empty() && !tag.ends_with('/') && !said {
            self.0.push(name);
        }
    }
}

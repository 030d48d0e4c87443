//! Markdown as a terminal shows it: the dialect of the gate's comments, and no more.

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::{bold, dim};

const CODE: &str = "\x1b[36m";
const END: &str = "\x1b[0m";

/// Renders a comment.
pub(super) fn render(text: &str) -> String {
    let mut page = Page::default();
    for event in Parser::new(text) {
        page.take(event);
    }
    let text = page.text.trim_end();
    format!("{text}\n")
}

#[derive(Default)]
struct Page {
    text: String,
    /// Lists that are open.
    depth: usize,
    in_block: bool,
    /// Text that is gathered to be shown in another way.
    gathered: Option<String>,
    address: String,
}

impl Page {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) if self.in_block => self.block(&text),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.put(&text),
            Event::Code(code) => self.put(&format!("{CODE}{code}{END}")),
            Event::SoftBreak | Event::HardBreak => {
                let indent = "  ".repeat(self.depth);
                self.put(&format!("\n{indent}"));
            }
            Event::Rule => self.paragraph("────────"),
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { .. } => self.gathered = Some(String::new()),
            Tag::Strong => self.put("\x1b[1m"),
            Tag::List(_) => {
                if self.depth == 0 {
                    self.end_line();
                } else {
                    self.text.push('\n');
                }
                self.depth += 1;
            }
            Tag::Item => {
                self.end_line();
                let indent = "  ".repeat(self.depth.saturating_sub(1));
                self.text += &indent;
                self.text.push_str("• ");
            }
            Tag::CodeBlock(_) => {
                self.end_line();
                self.in_block = true;
            }
            Tag::Link { dest_url, .. } => self.address = dest_url.into_string(),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                let heading = self.gathered.take().unwrap_or_default();
                self.paragraph(&bold(&heading));
            }
            TagEnd::Paragraph if self.depth == 0 => self.text.push_str("\n\n"),
            TagEnd::Strong => self.put(END),
            TagEnd::List(_) => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    self.end_line();
                    self.text.push('\n');
                }
            }
            TagEnd::CodeBlock => {
                self.in_block = false;
                self.text.push('\n');
            }
            TagEnd::Link => {
                let address = std::mem::take(&mut self.address);
                self.put(&format!(" {}", dim(&format!("<{address}>"))));
            }
            _ => {}
        }
    }

    fn put(&mut self, text: &str) {
        self.gathered
            .as_mut()
            .unwrap_or(&mut self.text)
            .push_str(text);
    }

    fn block(&mut self, text: &str) {
        for line in text.lines() {
            let bar = dim("│");
            self.text.extend(["  ", &bar, " ", line, "\n"]);
        }
    }

    fn paragraph(&mut self, text: &str) {
        self.end_line();
        self.text.push_str(text);
        self.text.push_str("\n\n");
    }

    fn end_line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::render;

    #[test]
    fn a_comment_reads_well_without_its_marks() {
        let comment = "### ❌ Mergegate: not approved, 2 test failures\n\n`topic` 3f2a91c → `main` 81c0d2e, 4 min 12 s\n\n\
            - ❌ **build** failed in 4 min 2 s: [log](https://example.com/log)\n  phase BUILD: `exit status 1`\n- ✅ **docs** passed\n\n\
            **Tests** 4: 2 passed, **2 failed**\n\nNew failures\n- `login::rejects` at `src/login.rs:88`\n\n```\nleft: 1\nright: 2\n```\n\n\
            - `login::locks`\n\nMergegate · run pr-7\n";
        let plain = anstream::adapter::strip_str(&render(comment)).to_string();
        assert_eq!(
            plain,
            "❌ Mergegate: not approved, 2 test failures\n\ntopic 3f2a91c → main 81c0d2e, 4 min 12 s\n\n\
             • ❌ build failed in 4 min 2 s: log <https://example.com/log>\n  phase BUILD: exit status 1\n• ✅ docs passed\n\n\
             Tests 4: 2 passed, 2 failed\n\nNew failures\n\n• login::rejects at src/login.rs:88\n\n  │ left: 1\n  │ right: 2\n\n\
             • login::locks\n\nMergegate · run pr-7\n"
        );
        assert!(render(comment).contains("\x1b[1mbuild\x1b[0m"));
    }
}

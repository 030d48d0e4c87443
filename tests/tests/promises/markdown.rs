//! What the documents hold, read from their Markdown as far as the promises need it.

/// A line of a fenced block, or of the text around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line<'a> {
    Fenced { language: &'a str, text: &'a str },
    Text(&'a str),
}

fn lines(markdown: &str) -> Vec<Line<'_>> {
    let mut language = None;
    let mut found = Vec::new();
    for line in markdown.lines() {
        match (line.trim_start().strip_prefix("```"), language) {
            (Some(_), Some(_)) => language = None,
            (Some(info), None) => language = Some(info.trim()),
            (None, Some(language)) => found.push(Line::Fenced {
                language,
                text: line,
            }),
            (None, None) => found.push(Line::Text(line)),
        }
    }
    found
}

/// The targets of all links and images.
pub(crate) fn links(markdown: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in lines(markdown) {
        let Line::Text(text) = line else { continue };
        // Code spans are every second part.
        let outside_code: String = text.split('`').step_by(2).collect();
        for rest in outside_code.split("](").skip(1) {
            found.extend(rest.split([')', ' ']).next().map(str::to_owned));
        }
    }
    found
}

/// The commands of all `sh` blocks, each on one line, without prompts and comments.
pub(crate) fn shell_commands(markdown: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut open = String::new();
    for line in lines(markdown) {
        let Line::Fenced {
            language: "sh",
            text,
        } = line
        else {
            continue;
        };
        let text = text.split(" #").next().unwrap_or_default().trim();
        match text.strip_suffix('\\') {
            Some(begun) => open.push_str(begun),
            None => commands.push(std::mem::take(&mut open) + text),
        }
    }
    commands.retain(|command| !command.is_empty() && !command.starts_with('#'));
    commands
}

/// The text of all blocks of one language.
pub(crate) fn blocks(markdown: &str, wanted: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut inside = false;
    for line in lines(markdown) {
        match line {
            Line::Fenced { language, text } if language == wanted => {
                if !inside {
                    found.push(String::new());
                }
                inside = true;
                if let Some(block) = found.last_mut() {
                    block.push_str(text);
                    block.push('\n');
                }
            }
            Line::Fenced { .. } | Line::Text(_) => inside = false,
        }
    }
    found
}

/// The code spans of the text around the blocks.
pub(crate) fn code_spans(markdown: &str) -> Vec<String> {
    let text = lines(markdown).into_iter().filter_map(|line| match line {
        Line::Text(text) => Some(text),
        Line::Fenced { .. } => None,
    });
    let spans = text.flat_map(|text| text.split('`').skip(1).step_by(2));
    spans.map(str::to_owned).collect()
}

/// The words of a command; quotes hold words together.
pub(crate) fn words(command: &str) -> Vec<String> {
    let (mut words, mut quote, mut word) = (Vec::new(), None, None::<String>);
    for character in command.chars() {
        match (quote, character) {
            (Some(open), close) if open == close => quote = None,
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, ' ' | '\t') => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

#[test]
fn commands_links_and_spans_are_told_apart() {
    let markdown = "\
See [the design](docs/design.md#words), `gate check`, not `[this](one)`.

```sh
# at first
gate local --port 0 \\
  --data here  # free
```

```text
[no](link)
```
";
    assert_eq!(links(markdown), ["docs/design.md#words"]);
    assert_eq!(
        shell_commands(markdown),
        ["gate local --port 0 --data here"]
    );
    assert_eq!(code_spans(markdown), ["gate check", "[this](one)"]);
    assert_eq!(words("a 'b c' \"\" d=\"e f\""), ["a", "b c", "", "d=e f"]);
}

//! What in a failure's details says what failed: a line, or a few.

use std::borrow::Cow;

/// More lines of what was expected are not told with a message.
const MOST_LINES: usize = 4;

/// What a failure's details say in a line or a few. `case` is the name that needs not be said again.
///
/// Some tools have a form of their own; of the others it is the line that says most, and behind it what was expected and
/// what came, where lines are labelled so or marked as different.
pub(super) fn telling(details: &str, case: &str) -> Option<String> {
    marked(details)
        .or_else(|| of_catch(details))
        .or_else(|| yaml(details))
        .or_else(|| json(details))
        .or_else(|| general(details, case))
}

fn general(details: &str, case: &str) -> Option<String> {
    let line = telling_line(details, case)?;
    if is_legend(line) || line.starts_with("@@") {
        return Some(differences(details).join("\n")).filter(|lines| !lines.is_empty());
    }
    let behind = details.split_once(line).map_or("", |(_, behind)| behind);
    let labelled: Vec<&str> = behind
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("at "))
        .filter(|text| {
            is_labelled(text)
                || text.starts_with("Failed asserting that ")
                || (line.ends_with(':') && text.starts_with("Error:"))
        })
        .take(MOST_LINES)
        .collect();
    let more = [
        labelled,
        paragraph(line, behind),
        differences(behind),
        continued(line, behind),
    ];
    let more = more.into_iter().find(|lines| !lines.is_empty());
    let lines: Vec<&str> = [line]
        .into_iter()
        .chain(more.into_iter().flatten())
        .collect();
    Some(lines.join("\n"))
}

/// What pytest marks with `E`. Where that is a source that cannot be read, what is wrong with it.
fn marked(details: &str) -> Option<String> {
    let marked: Vec<&str> = details
        .lines()
        .filter_map(|line| line.strip_prefix("E  "))
        .map(str::trim_end)
        .collect();
    let first = marked.first()?;
    let indent = first.len() - first.trim_start().len();
    if first.trim_start().starts_with("File \"") {
        return marked.last().map(|line| line.trim_start().to_owned());
    }
    let line = |line: &&str| line.get(indent..).unwrap_or_default().to_owned();
    let lines: Vec<String> = marked.iter().take(MOST_LINES).map(line).collect();
    Some(lines.join("\n"))
}

/// What Catch2 says behind `FAILED:`, without the place.
pub(super) fn of_catch(details: &str) -> Option<String> {
    let said = details.trim_start().strip_prefix("FAILED:\n")?;
    let lines: Vec<&str> = said
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("at "))
        .filter(|line| !line.is_empty() && !line.starts_with("with expansion"))
        .take(MOST_LINES)
        .collect();
    Some(lines.join("\n")).filter(|said| !said.is_empty())
}

/// What a document of YAML between `---` and `...` says, as it stands in TAP.
fn yaml(details: &str) -> Option<String> {
    let mut lines = details
        .lines()
        .map(str::trim)
        .skip_while(|line| line.is_empty());
    if lines.next() != Some("---") {
        return None;
    }
    let lines: Vec<&str> = lines.take_while(|line| *line != "...").collect();
    let value = |key: &str| {
        let values = lines
            .iter()
            .filter_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
        values.map(str::trim).find(|value| !value.is_empty())
    };
    let title = match (value("message"), value("name"), value("assertion")) {
        (Some(message), ..) => message.to_owned(),
        (None, Some(name), Some(assertion)) => format!("{name}: {assertion}"),
        (None, name, assertion) => name.or(assertion)?.to_owned(),
    };
    // AVA has an object here, of one title and what is below it.
    let below = value("details").and_then(|details| details.split_once("\":\""));
    match below.map(|(_, text)| unquoted(text)) {
        Some(below) => Some(format!("{title}\n{below}")),
        None => Some(title),
    }
}

/// The message in an error that is written as JSON.
fn json(details: &str) -> Option<String> {
    let object = details.trim().strip_prefix('{')?;
    let text = ["\"message\":\"", "\"_originalMessage\":\""]
        .iter()
        .find_map(|key| object.split_once(key))?;
    Some(unquoted(text.1).into_owned()).filter(|message| !message.is_empty())
}

/// The text up to the quote that ends it.
fn unquoted(text: &str) -> Cow<'_, str> {
    let mut escaped = false;
    let end = text.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    let text = &text[..end.unwrap_or(text.len())];
    if text.contains('\\') {
        let text = text.replace("\\n", "\n").replace("\\\"", "\"");
        return Cow::Owned(text);
    }
    Cow::Borrowed(text)
}

/// Whether a line says what was expected or what came: `Expected: 3`, `Received has type:  number`, `actual  : 2`.
fn is_labelled(line: &str) -> bool {
    let Some((label, said)) = line.split_once(':') else {
        return false;
    };
    let word = label.split_whitespace().next().unwrap_or_default();
    let known = [
        "expected", "received", "actual", "got", "want", "left", "right",
    ];
    let is_snapshot = label == "Snapshot";
    label.len() < 40
        && !said.trim().is_empty()
        && (is_snapshot || known.iter().any(|known| word.eq_ignore_ascii_case(known)))
}

/// The lines that a sentence which ends with `:` or `{` goes on with, unless they only explain a difference.
fn paragraph<'a>(line: &str, behind: &'a str) -> Vec<&'a str> {
    if !line.ends_with([':', '{']) {
        return Vec::new();
    }
    let mut lines = behind
        .lines()
        .map(str::trim)
        .skip_while(|line| line.is_empty())
        .peekable();
    if lines.peek().is_some_and(|first| is_legend(first)) {
        return Vec::new();
    }
    lines
        .take_while(|next| !next.is_empty() && !next.starts_with("at ") && !next.ends_with(line))
        .take(MOST_LINES - 1)
        .collect()
}

/// Whether a line says what the marks of a difference mean: `- Expected  - 1`, `+++ actual`, `+ actual - expected`.
fn is_legend(line: &str) -> bool {
    let words = line.trim_start_matches(['-', '+']);
    let is_marked = words.len() < line.len() && words.len() < 40;
    let known = ["expected", "received", "actual", "snapshot"];
    is_marked
        && words
            .split_whitespace()
            .next()
            .is_some_and(|word| known.iter().any(|known| word.eq_ignore_ascii_case(known)))
}

/// The lines that differ, behind the one that explains their marks.
fn differences(text: &str) -> Vec<&str> {
    text.lines()
        .map(str::trim)
        .skip_while(|line| !is_legend(line))
        .skip_while(|line| is_legend(line))
        .take_while(|line| !line.starts_with("at ") && !is_legend(line))
        .filter(|line| line.starts_with(['-', '+']))
        .take(MOST_LINES)
        .collect()
}

/// The lines that Go indents below the one it has a place for.
fn continued<'a>(line: &str, behind: &'a str) -> Vec<&'a str> {
    if !is_of_go(line) {
        return Vec::new();
    }
    let lines = behind.lines().skip(1);
    lines
        .take_while(|line| line.starts_with("        "))
        .map(str::trim)
        .take(MOST_LINES - 1)
        .collect()
}

/// Whether a line begins with its place in a file of Go: `cart_test.go:12: got 3`.
fn is_of_go(line: &str) -> bool {
    let Some((file, rest)) = line.split_once(".go:") else {
        return false;
    };
    // It logs the name of the file alone; a trace of a panic has whole paths.
    !file.contains([' ', '/']) && rest.starts_with(|letter: char| letter.is_ascii_digit())
}

/// The line of a failure's details that says most: what a Python traceback ends with, or what Go says with a place; else the
/// first that neither names the case nor frames it, as Go does with `=== RUN` and `--- FAIL`.
pub(super) fn telling_line<'a>(details: &'a str, case: &str) -> Option<&'a str> {
    let begin = details.trim_start();
    if begin.starts_with("Traceback (most recent call last)") {
        return exception(details);
    }
    let lines = details.lines().map(str::trim);
    if begin.starts_with("=== ")
        && let Some(line) = lines.clone().find(|line| is_of_go(line))
    {
        return Some(line);
    }
    lines.filter(|line| !line.is_empty()).find(|line| {
        let frames = ["=== ", "--- FAIL", "--- PASS", "--- SKIP", "\u{25cf} "];
        let names_case = line
            .rsplit_once("::")
            .is_some_and(|(_, name)| name.starts_with(case));
        !frames.iter().any(|frame| line.starts_with(frame)) && (!names_case || case.is_empty())
    })
}

/// The first line behind the last frame of a Python traceback.
pub(super) fn exception(traceback: &str) -> Option<&str> {
    let (_, last_frame) = traceback.rsplit_once("\n  File ")?;
    last_frame
        .lines()
        .skip(1)
        .find(|line| !line.starts_with(' ') && !line.is_empty())
}

/// The step that failed, where Cucumber only prints all of them: `Then it is 3......undefined`.
pub(super) fn step(output: &str) -> Option<String> {
    output.lines().find_map(|line| {
        let (step, status) = line.trim().rsplit_once("...")?;
        let stopped = matches!(status, "undefined" | "pending" | "ambiguous" | "failed");
        let step = step.trim_end_matches('.');
        (stopped && !step.is_empty()).then(|| format!("{status}: {step}"))
    })
}

/// The whole of what a message has cut off with `...`, as Minitest's has.
pub(super) fn uncut(message: &str, details: &str, case: &str) -> Option<String> {
    let begin = message.strip_suffix("...")?.trim();
    let line = details.lines().find(|line| line.trim() == begin)?;
    let at = line.as_ptr() as usize - details.as_ptr() as usize;
    general(&details[at..], case)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_telling_line_of_each_tools_details() {
        for (details, line) in [
            (
                "=== RUN   TestTakes\n    shop_test.go:26: negative\n--- FAIL: TestTakes\n",
                "shop_test.go:26: negative",
            ),
            (
                "Traceback (most recent call last):\n  File \"a.py\", line 3\nAssertionError: 3 != 4\n\n",
                "AssertionError: 3 != 4",
            ),
            ("ShopTest::takes\n3 is not 4\n", "3 is not 4"),
            (
                "Traceback (most recent call last):\n  File \"a.py\", line 3\n    check()\nAssertionError: 'a' != 'b'\n- a\n+ b\n",
                "AssertionError: 'a' != 'b'",
            ),
        ] {
            assert_eq!(telling_line(details, "takes"), Some(line));
        }
        assert_eq!(telling_line(" \n", "takes"), None);
        assert_eq!(telling_line("--- FAIL: takes", "takes"), None);
    }
}

//! What in a report's words is of this run only, or says nothing.

/// Digits of the time stamp that unittest-xml-reporting puts behind a suite's name.
const STAMP_DIGITS: usize = 14;

/// A suite's name without what differs from run to run: a time stamp behind it, the folders before a file or folder.
pub(super) fn lasting(name: &str) -> &str {
    let name = match name.rsplit_once('-') {
        Some((own, stamp)) if is_stamp(stamp) => own,
        _ => name,
    };
    if name.starts_with('/') {
        let path = name.trim_end_matches('/');
        return path.rsplit('/').next().unwrap_or(path);
    }
    name
}

fn is_stamp(text: &str) -> bool {
    text.len() == STAMP_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a message is one that its tool writes for every failure.
pub(super) fn says_nothing(message: &str) -> bool {
    matches!(
        message.trim(),
        "Failed" | "Skipped" | "test failure" | "None"
    )
}

/// More lines of what was expected are not told with a message.
const MOST_LABELLED: usize = 4;

/// What a failure's details say in a line or a few: what pytest marks with `E`; else the line that says most, and what was
/// expected and what came, where lines behind it are labelled so.
pub(super) fn telling(details: &str, case: &str) -> Option<String> {
    let marked = details.lines().filter_map(|line| line.strip_prefix("E  "));
    let marked: Vec<&str> = marked.take(MOST_LABELLED).map(str::trim_end).collect();
    if let Some(indent) = marked
        .first()
        .map(|line| line.len() - line.trim_start().len())
    {
        let line = |line: &&str| line.get(indent..).unwrap_or_default().to_owned();
        return Some(marked.iter().map(line).collect::<Vec<_>>().join("\n"));
    }
    let line = telling_line(details, case)?;
    let behind = details.split_once(line).map_or("", |(_, behind)| behind);
    let labelled = behind
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("at "))
        .filter(|text| is_labelled(text) || (line.ends_with(':') && text.starts_with("Error:")));
    let lines: Vec<&str> = [line]
        .into_iter()
        .chain(labelled.take(MOST_LABELLED))
        .collect();
    Some(lines.join("\n"))
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
    label.len() < 40
        && !said.trim().is_empty()
        && known.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// The line of a failure's details that says most: what a Python traceback ends with; else the first that neither names
/// the case nor frames it, as Go does with `=== RUN` and `--- FAIL`.
pub(super) fn telling_line<'a>(details: &'a str, case: &str) -> Option<&'a str> {
    if details
        .trim_start()
        .starts_with("Traceback (most recent call last)")
    {
        return exception(details);
    }
    let lines = details.lines().map(str::trim);
    lines.filter(|line| !line.is_empty()).find(|line| {
        let frames = line.starts_with("=== ") || line.starts_with("--- ");
        let names_case = line
            .rsplit_once("::")
            .is_some_and(|(_, name)| name.starts_with(case));
        !frames && !names_case
    })
}

/// The first line behind the last frame of a Python traceback.
fn exception(traceback: &str) -> Option<&str> {
    let (_, last_frame) = traceback.rsplit_once("\n  File ")?;
    last_frame
        .lines()
        .skip(1)
        .find(|line| !line.starts_with(' ') && !line.is_empty())
}

/// Where a Rust test panicked and what it said, from `thread 'x' panicked at src/lib.rs:20:9:` and the lines behind it.
pub(super) fn panic(details: &str) -> Option<(&str, u32, String)> {
    let (_, report) = details.strip_prefix("thread '")?.split_once("' ")?;
    let (before, report) = report.split_once("panicked at ")?;
    let is_thread = before.is_empty() || before.starts_with('(');
    let (place, said) = report.split_once('\n').filter(|_| is_thread)?;
    let mut parts = place.trim_end_matches(':').rsplitn(3, ':');
    let (_column, line, file) = (parts.next()?, parts.next()?, parts.next()?);
    let said: Vec<&str> = said
        .lines()
        .take_while(|line| !line.starts_with("note: ") && !line.starts_with("stack backtrace:"))
        .collect();
    let said = said.join("\n").trim().to_owned();
    let line = line.parse().ok().filter(|&line| line > 0)?;
    Some((file, line, said)).filter(|(.., said)| !said.is_empty())
}

/// Whether CTest says of a case that it could not be started. It calls that skipped, and fails.
pub(super) fn could_not_start(message: &str) -> bool {
    [
        "Unable to find executable",
        "Unable to find required file",
        "Required Files Missing",
        "Fixture dependency failed",
        "Failed to change working directory",
        "Failed to start",
    ]
    .iter()
    .any(|words| message.starts_with(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_has_the_same_name_in_every_run() {
        for (name, own) in [
            ("test_shop.Basket-20261120140621", "test_shop.Basket"),
            ("release-2026", "release-2026"),
            ("/codebuild/output/src1/src/shop/tests/", "tests"),
            ("a/b", "a/b"),
        ] {
            assert_eq!(lasting(name), own, "{name}");
        }
    }

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

    #[test]
    fn a_panic_has_a_place_and_words() {
        let details = "thread 'a::b' (12) panicked at src/lib.rs:20:9:\nleft is not right\n  left: 1\nnote: run with\n";
        let said = "left is not right\n  left: 1".to_owned();
        assert_eq!(panic(details), Some(("src/lib.rs", 20, said)));
        for other in [
            "thread 'a' panicked at",
            "it panicked at src/lib.rs:1:2:\nx",
            "thread 'a' panicked at lib.rs:x:y:\nz",
        ] {
            assert_eq!(panic(other), None, "{other}");
        }
    }
}

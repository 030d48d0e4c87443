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

/// The line of a failure's details that says most: the last of a Python traceback; else the first that neither names
/// the case nor frames it, as Go does with `=== RUN` and `--- FAIL`.
pub(super) fn telling_line<'a>(details: &'a str, case: &str) -> Option<&'a str> {
    let mut lines = details
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    if details
        .trim_start()
        .starts_with("Traceback (most recent call last)")
    {
        return lines.next_back();
    }
    let first = lines.clone().next();
    lines
        .find(|line| {
            let frames = line.starts_with("=== ") || line.starts_with("--- ");
            let names_case = line
                .rsplit_once("::")
                .is_some_and(|(_, name)| name.starts_with(case));
            !frames && !names_case
        })
        .or(first)
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
            ("--- FAIL: takes", "--- FAIL: takes"),
        ] {
            assert_eq!(telling_line(details, "takes"), Some(line));
        }
        assert_eq!(telling_line(" \n", "takes"), None);
    }
}

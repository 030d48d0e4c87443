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

/// A name without the number of the case in its document, which tap-xunit writes before it: `#5 adds`.
pub(super) fn without_number(name: &str, number: u64) -> Option<&str> {
    let (digits, own) = name.strip_prefix('#')?.split_once(' ')?;
    let is_number = digits.parse() == Ok(number) && !digits.starts_with(['0', '+']);
    Some(own).filter(|own| is_number && !own.trim().is_empty())
}

/// Whether a message is one that its tool writes for every failure.
pub(super) fn says_nothing(message: &str) -> bool {
    matches!(
        message.trim(),
        "Failed"
            | "Skipped"
            | "test failure"
            | "None"
            | "collection failure"
            | "collection skipped"
            | "test setup failure"
    )
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
    fn a_number_is_no_name() {
        assert_eq!(without_number("#5 adds", 5), Some("adds"));
        for name in [
            "#5 adds", "#05 adds", "#+4 adds", "#4", "#4 ", "4 adds", "# adds",
        ] {
            assert_eq!(without_number(name, 4), None, "{name}");
        }
    }

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
}

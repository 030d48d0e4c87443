//! Durations as test tools write them.

use std::time::Duration;

/// Reads seconds such as `0.012`, `1e-05`, `1,234.5` (thousands, as Maven Surefire writes them) and `0,5` (a decimal
/// comma). One comma without a point is a decimal comma. Anything else, and what is negative or beyond a
/// [`Duration`], is unknown.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let text = text.trim();
    let commas = text.matches(',').count();
    let plain = match (commas, text.contains('.')) {
        (0, _) => text.to_owned(),
        (1, false) => text.replace(',', "."),
        _ => text.replace(',', ""),
    };
    Duration::try_from_secs_f64(plain.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_read_as_each_tool_writes_them() {
        for (text, milliseconds) in [
            ("0.012", 12),
            ("1,234.5", 1_234_500),
            ("1,234,567", 1_234_567_000),
            ("0,5", 500),
            (" 3 ", 3_000),
            ("1e-03", 1),
        ] {
            assert_eq!(
                parse(text),
                Some(Duration::from_millis(milliseconds)),
                "{text}"
            );
        }
    }

    #[test]
    fn refuses_what_is_no_duration() {
        for text in ["", "-1", "NaN", "inf", "1e300", "soon", "1.2.3"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}

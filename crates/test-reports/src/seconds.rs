//! Durations as test tools write them.

use std::time::Duration;

/// Reads seconds such as `0.012`, `1e-05`, `1,234.5` (thousands, as Maven Surefire writes them) and `0,5` (a decimal
/// comma). One comma without a point is a decimal comma. Anything else, and what is negative or beyond a
/// [`Duration`], is unknown.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let text = text.trim_ascii();
    if let Some(duration) = parse_plain(text) {
        return Some(duration);
    }
    let commas = text.matches(',').count();
    let plain = match (commas, text.contains('.')) {
        (0, _) => return Duration::try_from_secs_f64(text.parse().ok()?).ok(),
        (1, false) => text.replace(',', "."),
        _ => text.replace(',', ""),
    };
    Duration::try_from_secs_f64(plain.parse().ok()?).ok()
}

/// Most tools write digits and a point; that takes no floating point.
fn parse_plain(text: &str) -> Option<Duration> {
    const MOST_DIGITS: usize = 9;
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let number = |digits: &str| {
        digits.bytes().try_fold(0_u32, |number, byte| {
            let digit = byte.wrapping_sub(b'0');
            (digit < 10).then(|| number * 10 + u32::from(digit))
        })
    };
    if seconds.is_empty() || seconds.len() > MOST_DIGITS || fraction.len() > MOST_DIGITS {
        return None;
    }
    let unit = 10_u32.pow(u32::try_from(MOST_DIGITS - fraction.len()).ok()?);
    Some(Duration::new(
        u64::from(number(seconds)?),
        number(fraction)? * unit,
    ))
}

/// Reads `00:01:02.5`, with days before it perhaps: `1.00:01:02.5`.
pub(crate) fn parse_clock(text: &str) -> Option<Duration> {
    let (hours, rest) = text.trim().split_once(':')?;
    let (minutes, seconds) = rest.split_once(':')?;
    let (days, hours) = hours.split_once('.').unwrap_or(("0", hours));
    let [days, hours, minutes] = [days, hours, minutes].map(|part| part.parse::<u32>().ok());
    let minutes = (u64::from(days?) * 24 + u64::from(hours?)) * 60 + u64::from(minutes?);
    parse(seconds)?.checked_add(Duration::from_secs(minutes * 60))
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
            ("3.", 3_000),
            ("0.0120000000004", 12),
            ("999999999.5", 999_999_999_500),
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
    fn clocks_are_read_with_and_without_days() {
        assert_eq!(
            parse_clock("00:01:02.5"),
            Some(Duration::from_millis(62_500))
        );
        assert_eq!(parse_clock("1.02:00:00"), Some(Duration::from_hours(26)));
        for text in ["", "12", "1:2", "-1:00:00", "a:b:c"] {
            assert_eq!(parse_clock(text), None, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_duration() {
        for text in ["", "-1", "NaN", "inf", "1e300", "soon", "1.2.3"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}

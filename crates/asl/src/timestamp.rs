//! Times as the language writes them: RFC 3339 with an upper-case `T` and `Z`.

use jiff::{SignedDuration, Timestamp};

/// Parses a timestamp in RFC 3339's profile of ISO 8601; nothing looser.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let plain = bytes
        .iter()
        .all(|byte| byte.is_ascii_digit() || b"-+:.TZ".contains(byte));
    let zoned = bytes.last() == Some(&b'Z')
        || bytes
            .len()
            .checked_sub(6)
            .and_then(|sign| bytes.get(sign))
            .is_some_and(|sign| b"+-".contains(sign));
    if bytes.len() < 20 || bytes.get(10) != Some(&b'T') || !plain || !zoned {
        return None;
    }
    text.parse().ok()
}

/// Milliseconds and `Z`, as the context object has it.
pub(crate) fn format(timestamp: Timestamp) -> String {
    timestamp.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// `seconds` after `now`, or the end of time.
pub(crate) fn after(now: Timestamp, seconds: f64) -> Timestamp {
    SignedDuration::try_from_secs_f64(seconds)
        .ok()
        .and_then(|duration| now.saturating_add(duration).ok())
        .unwrap_or(Timestamp::MAX)
}

/// Whole `seconds` after `now`, or the end of time.
pub(crate) fn after_seconds(now: Timestamp, seconds: u32) -> Timestamp {
    now.saturating_add(SignedDuration::from_secs(i64::from(seconds)))
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_with_milliseconds_and_read_with_any_offset() {
        let time = parse("2026-11-20T13:00:00.5+01:00").unwrap();
        assert_eq!(format(time), "2026-11-20T12:00:00.500Z");
        assert_eq!(format(after(time, 0.25)), "2026-11-20T12:00:00.750Z");
    }

    #[test]
    fn refuses_looser_times() {
        for text in [
            "2026-11-20",
            "2026-11-20 12:00:00Z",
            "2026-11-20T12:00:00",
            "2026-11-20t12:00:00z",
            "",
            "soon",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}

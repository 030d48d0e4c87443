//! Points in time as CodeCommit's JSON has them, on the wire and in the journal alike.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::account::{epoch_seconds, now};

/// A point in time in milliseconds; in JSON seconds since 1970 with a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(jiff::Timestamp);

impl Time {
    /// Now.
    pub(crate) fn now() -> Self {
        Self(now())
    }

    /// As the detail of CodeCommit's events spells it; for people only.
    pub(crate) fn prose(self) -> String {
        self.0.strftime("%a %b %d %H:%M:%S UTC %Y").to_string()
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(epoch_seconds(self.0))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        #[allow(
            clippy::cast_possible_truncation,
            reason = "out of range ends in an error of `from_millisecond`"
        )]
        let milliseconds = (seconds * 1000.0).round() as i64;
        jiff::Timestamp::from_millisecond(milliseconds)
            .map(Self)
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_survives_the_journal_to_the_millisecond() {
        let time = Time(jiff::Timestamp::from_millisecond(1_763_643_123_457).unwrap());
        let text = serde_json::to_string(&time).unwrap();
        assert_eq!(text, "1763643123.457");
        assert_eq!(serde_json::from_str::<Time>(&text).unwrap(), time);
        assert_eq!(time.prose(), "Thu Nov 20 12:52:03 UTC 2025");
    }
}

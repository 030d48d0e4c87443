//! Schedule expressions: `rate(…)` alone.

use std::time::Duration;

/// Shortest real time between two firings, however small the scale.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(20);

/// A fixed interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rate {
    minutes: u32,
}

/// A schedule that no rule may have.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidSchedule {
    /// Neither form.
    #[error("Parameter ScheduleExpression is not valid.")]
    Malformed,
    /// Not built.
    #[error("the local endpoint does not implement cron() schedules: use rate()")]
    Cron,
}

impl Rate {
    /// Parses `rate(<number> minute|minutes|hour|hours|day|days)`.
    pub(super) fn parse(expression: &str) -> Result<Self, InvalidSchedule> {
        if expression.starts_with("cron(") {
            return Err(InvalidSchedule::Cron);
        }
        let parsed = expression
            .strip_prefix("rate(")
            .and_then(|rest| rest.strip_suffix(')'))
            .and_then(|inner| inner.split_once(' '))
            .and_then(|(number, unit)| Some((number.parse::<u32>().ok()?, unit)));
        let Some((number @ 1.., unit)) = parsed else {
            return Err(InvalidSchedule::Malformed);
        };
        let minutes_per_unit = match (number, unit) {
            (1, "minute") | (2.., "minutes") => 1,
            (1, "hour") | (2.., "hours") => 60,
            (1, "day") | (2.., "days") => 24 * 60,
            _ => return Err(InvalidSchedule::Malformed),
        };
        let minutes = number
            .checked_mul(minutes_per_unit)
            .ok_or(InvalidSchedule::Malformed)?;
        Ok(Self { minutes })
    }

    /// The real time between two firings.
    pub(super) fn interval(self, scale: f64) -> Duration {
        let seconds = f64::from(self.minutes) * 60.0 * scale;
        Duration::try_from_secs_f64(seconds)
            .unwrap_or(Duration::MAX)
            .max(SHORTEST_INTERVAL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_fires_every_interval_times_the_scale() {
        for (expression, seconds) in [
            ("rate(1 minute)", 60),
            ("rate(15 minutes)", 900),
            ("rate(1 hour)", 3600),
            ("rate(2 days)", 172_800),
        ] {
            let rate = Rate::parse(expression).unwrap();
            assert_eq!(
                rate.interval(1.0),
                Duration::from_secs(seconds),
                "{expression}"
            );
        }
        let rate = Rate::parse("rate(15 minutes)").unwrap();
        assert_eq!(rate.interval(0.001), Duration::from_millis(900));
        assert_eq!(rate.interval(0.0), SHORTEST_INTERVAL);
    }

    #[test]
    fn refuses_what_is_no_rate() {
        for expression in [
            "",
            "rate()",
            "rate(0 minutes)",
            "rate(1 minutes)",
            "rate(2 minute)",
            "rate(1 week)",
            "rate(-1 hours)",
            "every 5 minutes",
        ] {
            assert_eq!(
                Rate::parse(expression),
                Err(InvalidSchedule::Malformed),
                "{expression}"
            );
        }
        assert_eq!(Rate::parse("cron(0 * * * ? *)"), Err(InvalidSchedule::Cron));
    }
}

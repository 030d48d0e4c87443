//! When to look at a build again: a pure function of how long it has run and how long it took before.
//!
//! With history the first look comes shortly before the quickest end to be expected, then every few per cent of the
//! usual duration. Without, looks come at growing distances. Either way the delay after the end stays a small
//! share of the build, and a 44-hour build costs a few dozen looks.

use std::time::Duration;

/// First look at a build nobody knows.
const FIRST: Duration = Duration::from_secs(2);
/// Each later look of an unknown build comes at this many times the time elapsed.
const GROWTH: f64 = 1.27;
/// With history, the first look comes at this share of the quickest known pass.
const FIRST_SHARE: f64 = 0.97;
/// Between looks near the expected end: this share of the median.
const STEP_SHARE: f64 = 0.04;
/// Never shorter: Step Functions waits whole seconds.
const SHORTEST: Duration = Duration::from_secs(1);

/// How long to wait before the next look at a build that has run for `elapsed`; `passes` are durations of the last passes of its check.
/// Whole seconds, at least one.
pub fn next_wait(elapsed: Duration, passes: &[Duration]) -> Duration {
    let next_look = match known(passes) {
        Some(known) => known.next_look(elapsed),
        None => unknown_next_look(elapsed),
    };
    let seconds = next_look.saturating_sub(elapsed).as_secs_f64().round();
    Duration::from_secs_f64(seconds).max(SHORTEST)
}

/// The expected duration of a check: the median of its last passes.
pub fn expected(passes: &[Duration]) -> Option<Duration> {
    known(passes).map(|known| known.median)
}

struct Known {
    quickest: Duration,
    median: Duration,
}

fn known(passes: &[Duration]) -> Option<Known> {
    let mut sorted = passes.to_vec();
    sorted.sort();
    let median = *sorted.get(sorted.len() / 2)?;
    Some(Known {
        quickest: *sorted.first()?,
        median,
    })
}

impl Known {
    fn next_look(&self, elapsed: Duration) -> Duration {
        let first = self
            .quickest
            .mul_f64(FIRST_SHARE)
            .min(self.median.mul_f64(0.9));
        if elapsed + SHORTEST < first {
            return first;
        }
        let step = self.median.mul_f64(STEP_SHARE).max(SHORTEST);
        // Far beyond what is usual history says nothing any more.
        let overdue = elapsed.saturating_sub(self.median.mul_f64(1.2));
        elapsed + step + overdue.mul_f64(GROWTH - 1.0)
    }
}

fn unknown_next_look(elapsed: Duration) -> Duration {
    if elapsed < FIRST {
        FIRST
    } else {
        elapsed.mul_f64(GROWTH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks until a build of `length` is seen to have ended: their number, and the delay.
    fn watch(length: Duration, passes: &[Duration]) -> (usize, Duration) {
        let mut elapsed = Duration::ZERO;
        for look in 1.. {
            elapsed += next_wait(elapsed, passes);
            if elapsed >= length {
                return (look, elapsed.saturating_sub(length));
            }
        }
        unreachable!("the loop ends with the build")
    }

    #[test]
    fn an_unknown_eight_hour_build_takes_at_most_40_looks() {
        let (looks, delay) = watch(Duration::from_hours(8), &[]);
        assert!(looks <= 40, "{looks} looks");
        assert!(
            delay <= Duration::from_hours(8).mul_f64(0.3),
            "{delay:?} late"
        );
    }

    #[test]
    fn a_44_hour_build_stays_far_below_the_history_limit() {
        // Wait, task and choice are nine events of the 25,000 that an execution may have.
        let length = Duration::from_hours(44);
        for passes in [vec![], vec![Duration::from_mins(1); 5]] {
            let (looks, _) = watch(length, &passes);
            assert!(looks * 9 < 25_000 / 10, "{looks} looks with {passes:?}");
        }
    }

    #[test]
    fn a_known_build_is_first_looked_at_shortly_before_its_end() {
        let passes = [
            Duration::from_mins(10),
            Duration::from_secs(640),
            Duration::from_secs(620),
        ];
        let wait = next_wait(Duration::ZERO, &passes);
        assert!((540..=600).contains(&wait.as_secs()), "{wait:?}");
    }

    #[test]
    fn a_wait_is_never_zero() {
        for seconds in 0..200 {
            let wait = next_wait(
                Duration::from_millis(seconds * 100),
                &[Duration::from_millis(10)],
            );
            assert!(wait >= SHORTEST);
        }
    }
}

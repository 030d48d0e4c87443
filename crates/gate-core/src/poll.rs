//! When to look at a build again: a pure function of how long it has run and how long it took before.
//!
//! With history the first look comes when the quickest known pass ended, the next ones follow evenly until the slowest,
//! and beyond that at growing distances. Without, every distance is a share of the time elapsed. Either way the delay
//! after the end stays a small share of the build, and a 44-hour build costs a few dozen looks. The figures are those for
//! which `benches/poll.rs` finds its bounds held.

use std::time::Duration;

/// First look at a build nobody knows.
const FIRST_SECONDS: f64 = 4.0;
/// Shortest distance between looks at a build nobody knows.
const UNKNOWN_SECONDS: f64 = 2.0;
/// The next look at an unknown build comes after this share of the time elapsed; no look at a known one is rarer.
const GROWTH: f64 = 0.263;
/// Looks between the quickest and the slowest known pass.
const LOOKS: f64 = 7.3;
/// Looks at a known build are at least this share of the median apart.
const STEP_SHARE: f64 = 1.0 / 30.0;
/// Beyond the slowest known pass, looks are this many times as far apart as the build is overdue.
const OVERDUE: f64 = 3.0;
/// Shares of the median that the first look and the slowest pass are kept within: one odd pass is no rule.
const QUICK: (f64, f64) = (0.8, 0.9);
const SLOW: (f64, f64) = (1.0, 1.25);
/// Never shorter: Step Functions waits whole seconds.
const SHORTEST_SECONDS: f64 = 1.0;

/// How long to wait before the next look at a build that has run for `elapsed`; `passes` are durations of the last passes of its check.
/// Whole seconds, at least one.
pub fn next_wait(elapsed: Duration, passes: &[Duration]) -> Duration {
    let elapsed = elapsed.as_secs_f64();
    let seconds = match Known::from_passes(passes) {
        Some(known) => known.wait(elapsed),
        None => unknown_wait(elapsed),
    };
    Duration::from_secs_f64(seconds.max(SHORTEST_SECONDS))
}

/// The expected duration of a check: the median of its last passes.
pub fn expected(passes: &[Duration]) -> Option<Duration> {
    let mut sorted = passes.to_vec();
    sorted.sort();
    sorted.get(sorted.len() / 2).copied()
}

/// What is known of a check, in seconds.
struct Known {
    /// When the first look is due.
    quick: f64,
    /// When looks become rarer.
    slow: f64,
    /// Between looks.
    step: f64,
}

impl Known {
    fn from_passes(passes: &[Duration]) -> Option<Self> {
        let median = expected(passes)?.as_secs_f64();
        let within = |seconds: f64, (low, high)| seconds.clamp(low * median, high * median);
        let quick = within(passes.iter().min()?.as_secs_f64(), QUICK);
        let slow = within(passes.iter().max()?.as_secs_f64(), SLOW);
        let step = (STEP_SHARE * median).max((slow - quick) / LOOKS);
        Some(Self { quick, slow, step })
    }

    /// The first look is not late, later ones are not early: a delay of less than a second costs less than a look.
    fn wait(&self, elapsed: f64) -> f64 {
        if elapsed + SHORTEST_SECONDS < self.quick {
            return (self.quick - elapsed).floor();
        }
        let overdue = (elapsed - self.slow).max(0.0);
        let wait = (self.step + OVERDUE * overdue).min(GROWTH * elapsed);
        wait.max(self.step).ceil()
    }
}

fn unknown_wait(elapsed: f64) -> f64 {
    if elapsed < FIRST_SECONDS {
        return (FIRST_SECONDS - elapsed).ceil();
    }
    (GROWTH * elapsed).max(UNKNOWN_SECONDS).floor()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks until a build of `length` is seen to have ended: their number, and the delay.
    fn watch(length: Duration, passes: &[Duration]) -> (u32, Duration) {
        let mut elapsed = Duration::ZERO;
        for look in 1.. {
            elapsed += next_wait(elapsed, passes);
            if elapsed >= length {
                return (look, elapsed.saturating_sub(length));
            }
        }
        unreachable!("the loop ends with the build")
    }

    /// Durations all over ±15 % of `usual`.
    fn spread(usual: Duration) -> impl Iterator<Item = Duration> {
        (0..=300).map(move |thousandth| usual * (850 + thousandth) / 1000)
    }

    fn median(mut values: Vec<Duration>) -> Duration {
        values.sort();
        values[values.len() / 2]
    }

    const USUAL_SECONDS: [u64; 6] = [10, 60, 300, 1200, 7200, 28_800];

    #[test]
    fn an_unknown_build_is_seen_late_by_a_small_share_and_costs_at_most_40_looks() {
        for usual in USUAL_SECONDS.map(Duration::from_secs) {
            let mut delays = Vec::new();
            for length in spread(usual) {
                let (looks, delay) = watch(length, &[]);
                assert!(looks <= 40, "{looks} looks at {length:?}");
                assert!(delay <= length * 30 / 100, "{length:?} seen {delay:?} late");
                delays.push(delay);
            }
            let median = median(delays);
            assert!(
                median <= usual * 15 / 100,
                "{usual:?}: half are seen {median:?} late"
            );
        }
    }

    #[test]
    fn a_known_build_is_seen_soon_and_costs_at_most_10_looks() {
        for usual in USUAL_SECONDS.map(Duration::from_secs) {
            let passes: Vec<_> = spread(usual).skip(15).step_by(30).collect();
            assert_eq!(passes.len(), 10);
            let mut delays = Vec::new();
            for length in spread(usual) {
                let (looks, delay) = watch(length, &passes);
                assert!(looks <= 10, "{looks} looks at {length:?}");
                delays.push(delay);
            }
            let median = median(delays);
            let bound = (usual * 2 / 100).max(Duration::from_secs(5));
            assert!(median <= bound, "{usual:?}: half are seen {median:?} late");
        }
    }

    #[test]
    fn one_odd_pass_does_not_spoil_the_schedule() {
        let usual = Duration::from_mins(10);
        let mut passes = vec![usual; 8];
        passes.extend([Duration::from_secs(3), Duration::from_hours(2)]);
        for length in spread(usual) {
            let (looks, delay) = watch(length, &passes);
            assert!(looks <= 10 && delay <= usual / 4, "{looks}, {delay:?}");
        }
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
    fn a_wait_is_whole_seconds_and_never_zero() {
        for seconds in 0..200 {
            let wait = next_wait(
                Duration::from_millis(seconds * 100),
                &[Duration::from_millis(10)],
            );
            assert!(wait >= Duration::from_secs(1) && wait.subsec_nanos() == 0);
        }
    }
}

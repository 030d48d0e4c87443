//! Dice that fall alike whenever they are thrown for the same call.

use std::time::Duration;

use crate::Moment;

/// The dice of one call at one moment.
pub(super) struct Chance(fastrand::Rng);

impl Chance {
    /// For the `nth` call of `name` at `moment`.
    pub(super) fn new(seed: u64, name: &str, moment: Moment, nth: u64) -> Self {
        let moment = match moment {
            Moment::Before => "before",
            Moment::After => "after",
        };
        let mut hash = Hash::new();
        hash.take(&seed.to_le_bytes());
        hash.take(name.as_bytes());
        hash.take(moment.as_bytes());
        hash.take(&nth.to_le_bytes());
        Self(fastrand::Rng::with_seed(hash.0))
    }

    /// Whether it happens; `rate` is from 0 to 1.
    pub(super) fn hits(&mut self, rate: f64) -> bool {
        self.0.f64() < rate
    }

    /// One of those that carry weight.
    pub(super) fn one_of<T: Copy>(&mut self, weighted: &[(T, u32)]) -> Option<T> {
        let sum: u32 = weighted.iter().map(|(_, weight)| weight).sum();
        let mut left = (sum > 0).then(|| self.0.u32(..sum))?;
        for &(one, weight) in weighted {
            if left < weight {
                return Some(one);
            }
            left -= weight;
        }
        None
    }

    /// From 0 to `most`.
    pub(super) fn number(&mut self, most: u32) -> u32 {
        self.0.u32(..=most)
    }

    /// From `least` to `most`.
    pub(super) fn milliseconds(&mut self, least: u64, most: u64) -> Duration {
        Duration::from_millis(self.0.u64(least..=most))
    }
}

/// FNV-1a, whose values no release of a library changes.
struct Hash(u64);

impl Hash {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

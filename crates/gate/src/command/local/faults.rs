//! `--faults SEED[:RATE]`: the endpoint misbehaves, so that a test can see what the gate makes of it.

use std::{str::FromStr, sync::Arc};

use local_aws::Faults;

/// One call in fifty suffers.
const RATE: f64 = 0.02;

/// What the faults are drawn from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Seed {
    seed: u64,
    rate: f64,
}

impl Seed {
    pub(super) fn faults(self) -> Arc<Faults> {
        Arc::new(Faults::new(self.seed, self.rate))
    }
}

impl FromStr for Seed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (seed, rate) = match text.split_once(':') {
            Some((seed, rate)) => (seed, rate.parse().ok()),
            None => (text, Some(RATE)),
        };
        let rate = rate.filter(|rate| (0.0..=1.0).contains(rate));
        match (seed.parse(), rate) {
            (Ok(seed), Some(rate)) => Ok(Self { seed, rate }),
            _ => Err("write `SEED` or `SEED:RATE`, a number and a share from 0 to 1".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_comes_with_a_rate_or_takes_the_usual_one() {
        let seed = |seed, rate| Ok(Seed { seed, rate });
        assert_eq!("7".parse(), seed(7, RATE));
        assert_eq!("7:0.5".parse(), seed(7, 0.5));
    }

    #[test]
    fn refuses_what_is_no_seed_and_no_share() {
        for text in ["", "x", "7:", "7:2", "7:-0.1", "7:0.1:3", ":0.1"] {
            assert!(text.parse::<Seed>().is_err(), "{text}");
        }
    }
}

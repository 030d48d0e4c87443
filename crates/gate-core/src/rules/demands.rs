//! What the reports of a check must say, beside that no test failed.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::report::Lines;

/// `[check.coverage]` and `[check.reports]` of one check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demands {
    /// Less coverage than this is no pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_coverage: Option<Percent>,
    /// A coverage that fell by more than so many points since the destination's last gated merge is no pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum_drop: Option<Percent>,
    /// Reports that must come, whatever the buildspec promises.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reports: Vec<String>,
    /// Fewer tests than this are no pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_tests: Option<u64>,
}

impl Demands {
    /// Whether nothing is demanded.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether there must be coverage at all.
    pub fn ask_for_coverage(&self) -> bool {
        self.minimum_coverage.is_some() || self.maximum_drop.is_some()
    }
}

/// Per cent, or percentage points, to two places: 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Percent(u32);

/// Hundredths of a per cent.
const WHOLE: u32 = 10_000;

/// More lines than anybody has: products of this many fit.
const MOST_LINES: u64 = 1 << 48;

/// Lines as factors: covered and all.
fn factors(lines: Lines) -> (u128, u128) {
    let total = lines.total.min(MOST_LINES);
    (lines.covered.min(total).into(), total.into())
}

impl Percent {
    /// Of lines, rounded down: what is a little too low never looks high enough. `None` without any line.
    pub fn of(lines: Lines) -> Option<Self> {
        let (covered, total) = factors(lines);
        let hundredths = (covered * u128::from(WHOLE)).checked_div(total)?;
        Some(Self(u32::try_from(hundredths).unwrap_or(WHOLE)))
    }

    /// Whether the lines covered are fewer than this.
    pub fn is_more_than(self, lines: Lines) -> bool {
        let (covered, total) = factors(lines);
        covered * u128::from(WHOLE) < u128::from(self.0) * total
    }

    /// By how many points `now` is lower than `before`, if that is more than these; rounded up.
    pub fn exceeded_by(self, before: Lines, now: Lines) -> Option<Self> {
        let (covered_before, total_before) = factors(before);
        let (covered, total) = factors(now);
        let whole = total_before * total;
        let fallen = (covered_before * total).checked_sub(covered * total_before)?;
        let drop = fallen * u128::from(WHOLE);
        if whole == 0 || drop <= u128::from(self.0) * whole {
            return None;
        }
        Some(Self(u32::try_from(drop.div_ceil(whole)).unwrap_or(WHOLE)))
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 100, self.0 % 100);
        match (rest, rest % 10) {
            (0, _) => write!(formatter, "{whole}"),
            (_, 0) => write!(formatter, "{whole}.{}", rest / 10),
            _ => write!(formatter, "{whole}.{rest:02}"),
        }
    }
}

impl<'de> Deserialize<'de> for Percent {
    /// From hundredths, as a state holds them.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let hundredths = u32::deserialize(deserializer)?;
        if hundredths > WHOLE {
            return Err(de::Error::custom("more than the whole"));
        }
        Ok(Self(hundredths))
    }
}

/// As `gate.toml` writes it: a number from 0 to 100.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct PercentNumber(
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = 0, max = 100)))] Percent,
);

impl PercentNumber {
    pub(super) fn into_percent(self) -> Percent {
        self.0
    }
}

impl<'de> Deserialize<'de> for PercentNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = f64::deserialize(deserializer)?;
        if !(0.0..=100.0).contains(&number) {
            return Err(de::Error::custom(format!(
                "per cent are 0 to 100, not {number}"
            )));
        }
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "0 to 10,000"
        )]
        let hundredths = (number * 100.0).round() as u32;
        Ok(Self(Percent(hundredths)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(covered: u64, total: u64) -> Lines {
        Lines { covered, total }
    }

    #[test]
    fn a_coverage_just_below_the_minimum_is_below_it_and_looks_so() {
        let minimum = Percent(8000);
        assert!(!minimum.is_more_than(lines(4, 5)));
        assert!(minimum.is_more_than(lines(79_999, 100_000)));
        assert_eq!(
            Percent::of(lines(79_999, 100_000)).unwrap().to_string(),
            "79.99"
        );
        assert_eq!(Percent::of(lines(4, 5)).unwrap().to_string(), "80");
        assert_eq!(Percent(50).to_string(), "0.5");
        assert_eq!(Percent(5).to_string(), "0.05");
        assert_eq!(Percent::of(lines(0, 0)), None);
    }

    #[test]
    fn a_drop_counts_where_it_is_more_than_allowed_and_a_rise_never() {
        let allowed = Percent(50);
        let before = lines(800, 1000);
        assert_eq!(allowed.exceeded_by(before, lines(795, 1000)), None);
        let drop = allowed.exceeded_by(before, lines(794, 1000)).unwrap();
        assert_eq!(drop.to_string(), "0.6");
        let little = allowed.exceeded_by(before, lines(794_999, 1_000_000));
        assert_eq!(little.unwrap().to_string(), "0.51");
        assert_eq!(allowed.exceeded_by(before, lines(999, 1000)), None);
        assert_eq!(allowed.exceeded_by(lines(0, 0), lines(1, 2)), None);
        let most = lines(u64::MAX / 3, u64::MAX / 2);
        assert_eq!(Percent(0).exceeded_by(most, most), None);
    }
}

//! `[limits]`: where the gate stops testing the very same thing again.

use serde::{Deserialize, Deserializer, de};

use super::Rules;

/// How many runs of a candidate may fail, unless the file says otherwise.
const USUAL_FAILED_RUNS: u32 = 10;

const MOST_FAILED_RUNS: u32 = 100;

/// What limits there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitRules {
    /// Once so many runs of a candidate failed, no command has it tested again.
    pub failed_runs: u32,
}

impl LimitRules {
    /// Those of some rules; the usual ones where there are none that can be read.
    pub fn of(rules: Option<&Rules>) -> Self {
        rules.map_or_else(Self::default, |rules| rules.limits)
    }
}

impl Default for LimitRules {
    fn default() -> Self {
        LimitsTable::default().into_rules()
    }
}

/// Where the gate stops.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(super) struct LimitsTable {
    /// Once so many runs of the very same revision and destination commit failed, no command has them tested again: it takes a
    /// push. 1 to 100. Default: 10.
    failed_runs: Option<FailedRuns>,
}

impl LimitsTable {
    pub(super) fn into_rules(self) -> LimitRules {
        let FailedRuns(failed_runs) = self.failed_runs.unwrap_or(FailedRuns(USUAL_FAILED_RUNS));
        LimitRules { failed_runs }
    }
}

/// How many runs.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct FailedRuns(#[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100)))] u32);

impl<'de> Deserialize<'de> for FailedRuns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = i64::deserialize(deserializer)?;
        u32::try_from(number)
            .ok()
            .filter(|number| (1..=MOST_FAILED_RUNS).contains(number))
            .map(Self)
            .ok_or_else(|| {
                de::Error::custom(format!(
                    "1 to {MOST_FAILED_RUNS} runs may fail before no other is asked for, not {number}"
                ))
            })
    }
}

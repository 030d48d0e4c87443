//! Which builds of a check are started once more by the gate itself.

use serde::{Deserialize, Deserializer, Serialize, de};

/// More tries in a row say nothing new.
const MOST_RETRIES: u32 = 3;

/// How often a check is built again within one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// So many times after CodeBuild itself failed.
    pub faults: u32,
    /// Once after tests failed: those that pass then are flaky.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failed_tests: bool,
}

impl Retry {
    /// Whether it is the usual one.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            faults: 1,
            failed_tests: false,
        }
    }
}

/// 0 to [`MOST_RETRIES`].
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Retries(
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 3)))] pub(super) u32,
);

impl<'de> Deserialize<'de> for Retries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = i64::deserialize(deserializer)?;
        u32::try_from(number)
            .ok()
            .filter(|number| *number <= MOST_RETRIES)
            .map(Self)
            .ok_or_else(|| {
                de::Error::custom(format!(
                    "a check may be retried 0 to {MOST_RETRIES} times, not {number}"
                ))
            })
    }
}

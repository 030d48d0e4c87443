//! `[merge]`: what holds once the destination has moved under a pull request that was tested.

use serde::{Deserialize, Deserializer, Serialize, de};

/// How many pull requests are tested again at once, unless the file says otherwise.
const USUAL_AT_MOST: u32 = 4;

/// More at once is a mistake: an account builds as many at most by default (CodeBuild user guide, quotas).
const HIGHEST_AT_MOST: u32 = 60;

/// What holds for merges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MergeRules {
    /// What becomes of what was tested before.
    pub when_destination_moves: WhenDestinationMoves,
    /// So many pull requests of one branch are tested before further ones are tested again.
    pub at_most: usize,
    /// The merge that is tested.
    pub strategy: Strategy,
}

/// What becomes of what was tested with an earlier commit of the destination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum WhenDestinationMoves {
    /// It stands, approvals as well.
    #[default]
    Keep,
    /// It is taken back and tested again.
    Retest,
}

/// The merge that is tested. Its content is that of a squash, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// A three-way merge, or the source itself where that is a fast-forward.
    #[default]
    ThreeWay,
}

impl MergeRules {
    /// Whether what was tested before the destination moved is tested again.
    pub fn retests(&self) -> bool {
        self.when_destination_moves == WhenDestinationMoves::Retest
    }
}

impl Default for MergeRules {
    fn default() -> Self {
        MergeTable::default().into_rules()
    }
}

/// What holds for merges.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(super) struct MergeTable {
    /// `keep`: an approval stands although the destination has moved since the test. `retest`: it is taken back, and the pull
    /// request is tested again with the destination's latest commit. Default: `keep`.
    when_destination_moves: WhenDestinationMoves,
    /// With `retest`: so many pull requests of one branch are tested before further ones are tested again, 1 to 60. Default: 4.
    at_most: Option<AtMost>,
    /// The merge that is tested; there is no other. Default: `three-way`.
    strategy: Strategy,
}

impl MergeTable {
    pub(super) fn into_rules(self) -> MergeRules {
        let AtMost(at_most) = self.at_most.unwrap_or(AtMost(USUAL_AT_MOST));
        MergeRules {
            when_destination_moves: self.when_destination_moves,
            at_most: at_most as usize,
            strategy: self.strategy,
        }
    }
}

/// How many at once.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct AtMost(#[cfg_attr(feature = "schema", schemars(range(min = 1, max = 60)))] u32);

impl<'de> Deserialize<'de> for AtMost {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = i64::deserialize(deserializer)?;
        u32::try_from(number)
            .ok()
            .filter(|number| (1..=HIGHEST_AT_MOST).contains(number))
            .map(Self)
            .ok_or_else(|| {
                de::Error::custom(format!(
                    "1 to {HIGHEST_AT_MOST} pull requests may be tested again at once, not {number}"
                ))
            })
    }
}

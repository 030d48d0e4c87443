//! `[comment]`: how much the gate says on a pull request. Its verdict, and why, it always says.

use serde::{Deserialize, Deserializer, Serialize, de};

/// Lines of a log, unless the file says otherwise.
const USUAL_LOG_LINES: u32 = 30;

/// More would leave no room for the rest of a comment.
const MOST_LOG_LINES: u32 = 50;

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CommentRules {
    /// Whether a comment says that builds run. One that is there already always does.
    pub announce: bool,
    /// Lines of the log of a build that broke, at most.
    pub log_lines: u32,
    /// Checks that have a line of their own.
    pub checks: CheckLines,
}

/// Which checks have a line of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum CheckLines {
    /// All of them.
    #[default]
    All,
    /// Those that did not pass, or have not ended; the others are counted.
    Failed,
}

impl CommentRules {
    /// Whether everything is as it is without a word.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for CommentRules {
    fn default() -> Self {
        CommentTable::default().into_rules()
    }
}

/// How much the gate says on a pull request.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(super) struct CommentTable {
    /// Whether the comment comes when builds start, and not only with the verdict. Default: true.
    announce: Option<bool>,
    /// So many lines of the log of a build that broke are shown, 0 to 50. Default: 30.
    log_lines: Option<LogLines>,
    /// `all`: each check has a line. `failed`: those that passed or were not needed are counted. Default: `all`.
    checks: CheckLines,
}

impl CommentTable {
    pub(super) fn into_rules(self) -> CommentRules {
        let LogLines(log_lines) = self.log_lines.unwrap_or(LogLines(USUAL_LOG_LINES));
        CommentRules {
            announce: self.announce.unwrap_or(true),
            log_lines,
            checks: self.checks,
        }
    }
}

/// How many lines.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct LogLines(#[cfg_attr(feature = "schema", schemars(range(min = 0, max = 50)))] u32);

impl<'de> Deserialize<'de> for LogLines {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = i64::deserialize(deserializer)?;
        u32::try_from(number)
            .ok()
            .filter(|number| *number <= MOST_LOG_LINES)
            .map(Self)
            .ok_or_else(|| {
                de::Error::custom(format!(
                    "a comment shows 0 to {MOST_LOG_LINES} lines of a log, not {number}"
                ))
            })
    }
}

//! The name of a commit.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A commit's full name: 40 (SHA-1) or 64 (SHA-256) lower-case hexadecimal digits, and never the null name, which is `None` here.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CommitHash(String);

/// What was given as a commit is none.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "`{0}` is not the full name of a commit: 40 or 64 lower-case hexadecimal digits, not all of them 0"
)]
pub struct NotACommitHash(pub String);

impl CommitHash {
    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for CommitHash {
    type Error = NotACommitHash;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let digits = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let whole = matches!(text.len(), 40 | 64) && text.bytes().all(digits);
        if whole && text.bytes().any(|byte| byte != b'0') {
            Ok(Self(text))
        } else {
            Err(NotACommitHash(text))
        }
    }
}

impl std::str::FromStr for CommitHash {
    type Err = NotACommitHash;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.to_owned().try_into()
    }
}

impl From<CommitHash> for String {
    fn from(hash: CommitHash) -> Self {
        hash.0
    }
}

impl fmt::Display for CommitHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

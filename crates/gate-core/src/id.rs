//! Ids as types of their own, so that a commit is never taken for a revision.

use serde::{Deserialize, Serialize};

macro_rules! text_newtype {
    ($(#[doc = $doc:literal] $name:ident)*) => {$(
        #[doc = $doc]
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The first `length` characters, for names and for people.
            pub fn short(&self, length: usize) -> &str {
                self.0.char_indices().nth(length).map_or(self.0.as_str(), |(end, _)| &self.0[..end])
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    )*};
}

text_newtype! {
    /// CodeCommit's pull request id: digits, unique per account and Region.
    PullRequestId
    /// CodeCommit's `revisionId`: renewed by every push to the source branch; approvals belong to one.
    RevisionId
    /// A full commit id, 40 hex digits.
    CommitId
    /// A full tree id, 40 hex digits.
    TreeId
    /// A repository's name, 1 to 100 of `[\w.-]`.
    RepositoryName
    /// CodeBuild's build id, `<project>:<uuid>`.
    BuildId
    /// A comment's id.
    CommentId
    /// The name of an execution of the state machine: the run's name.
    RunName
    /// The name of a check.
    CheckName
    /// A branch's name without `refs/heads/`.
    BranchName
}

impl BranchName {
    /// The branch behind a full reference name, `refs/heads/<name>`; a bare name is taken as it is.
    pub fn from_reference(reference: &str) -> Self {
        Self::new(reference.strip_prefix("refs/heads/").unwrap_or(reference))
    }

    /// `refs/heads/<name>`.
    pub fn reference(&self) -> String {
        format!("refs/heads/{self}")
    }
}

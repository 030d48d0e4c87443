//! Where something happened.

use serde::{Deserialize, Serialize};

/// What kind of server a repository is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HostKind {
    /// AWS `CodeCommit`.
    CodeCommit,
    /// GitHub, or GitHub Enterprise Server.
    GitHub,
    /// GitLab, at GitLab.com or anywhere.
    GitLab,
}

/// A repository of a code host.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Repository {
    /// The kind of its host.
    pub kind: HostKind,
    /// The host's domain, in lower case, with the port where it is not the usual one: `github.com`.
    pub host: String,
    /// What the host numbers it by; it outlives a renaming. CodeCommit's `repositoryId`.
    pub id: String,
    /// Its path on the host: `owner/name`, with groups and subgroups `group/subgroup/name`, on CodeCommit its name.
    pub path: String,
    /// Where git fetches it over HTTPS.
    pub clone_url: String,
    /// Its default branch, where the host said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_branch: Option<String>,
}

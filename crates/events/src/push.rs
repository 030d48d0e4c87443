//! A branch or a tag points to another commit.

use serde::{Deserialize, Serialize};

use crate::{CommitHash, Repository};

/// `Mergegate Push`: a branch or a tag was made, moved or deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Push {
    /// [`crate::VERSION`] of when it was written.
    pub version: u32,
    /// The connection by which it came in, as the deployment names it.
    pub connection: String,
    /// Which delivery of the host it was; the same for each time the host sends it again.
    pub delivery: String,
    /// When the front door took it: RFC 3339, UTC.
    pub received_at: String,
    /// Where.
    pub repository: Repository,
    /// What was pushed to.
    pub reference: Reference,
    /// The commit it pointed to; `null` where it is new.
    pub before: Option<CommitHash>,
    /// The commit it points to; `null` where it was deleted.
    pub after: Option<CommitHash>,
    /// Whether the host says that history was rewritten; `null` where it does not say.
    #[serde(default)]
    pub forced: Option<bool>,
    /// Who pushed, by the host's login, as the payload claims.
    #[serde(default)]
    pub pusher: Option<String>,
}

/// A branch or a tag.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Reference {
    /// Which of both.
    pub kind: ReferenceKind,
    /// Its name, without `refs/heads/` or `refs/tags/`.
    pub name: String,
}

/// Whether a reference is a branch or a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReferenceKind {
    /// `refs/heads/…`
    Branch,
    /// `refs/tags/…`
    Tag,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{HostKind, VERSION};

    #[test]
    fn a_push_is_written_as_documented_and_read_back() {
        let push = Push {
            version: VERSION,
            connection: "github".into(),
            delivery: "72d3162e-cc78-11e3-81ab-4c9367dc0958".into(),
            received_at: "2026-11-30T21:00:00Z".into(),
            repository: Repository {
                kind: HostKind::GitHub,
                host: "github.com".into(),
                id: "186853002".into(),
                path: "Codertocat/Hello-World".into(),
                clone_url: "https://github.com/Codertocat/Hello-World.git".into(),
                default_branch: Some("main".into()),
            },
            reference: Reference {
                kind: ReferenceKind::Branch,
                name: "main".into(),
            },
            before: None,
            after: Some("6113728f27ae82c7b1a177c8d03f9e96e0adf246".parse().unwrap()),
            forced: Some(false),
            pusher: Some("Codertocat".into()),
        };
        let written = json!({
            "version": 1,
            "connection": "github",
            "delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
            "received_at": "2026-11-30T21:00:00Z",
            "repository": {
                "kind": "github",
                "host": "github.com",
                "id": "186853002",
                "path": "Codertocat/Hello-World",
                "clone_url": "https://github.com/Codertocat/Hello-World.git",
                "default_branch": "main",
            },
            "reference": {"kind": "branch", "name": "main"},
            "before": null,
            "after": "6113728f27ae82c7b1a177c8d03f9e96e0adf246",
            "forced": false,
            "pusher": "Codertocat",
        });
        assert_eq!(serde_json::to_value(&push).unwrap(), written);
        assert_eq!(serde_json::from_value::<Push>(written).unwrap(), push);
    }

    #[test]
    fn refuses_what_is_no_commit() {
        for text in [
            "",
            "main",
            "0000000000000000000000000000000000000000",
            "6113728F27AE82C7B1A177C8D03F9E96E0ADF246",
        ] {
            let refused = text.parse::<CommitHash>().unwrap_err().to_string();
            assert_eq!(
                refused,
                format!(
                    "`{text}` is not the full name of a commit: 40 or 64 lower-case hexadecimal digits, not all of them 0"
                )
            );
        }
    }
}

//! What the deployment says about one repository: one JSON parameter, written by CDK or by `gate local`.

use serde::{Deserialize, Serialize};

use crate::id::BranchName;

/// Settings of one repository. Unknown members are refused: they would be settings of another release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RepositorySettings {
    /// 1.
    pub version: u32,
    /// ARN of the role builds run under.
    pub build_role: String,
    /// Gated destination branches; empty means the repository's default branch.
    #[serde(default)]
    pub destinations: Vec<String>,
    /// `cloneUrlHttp` that builds fetch from.
    pub clone_url: String,
    /// CloudWatch log group of all builds; it outlives the pull request.
    pub log_group: String,
    /// Image, for example `aws/codebuild/amazonlinux-x86_64-standard:5.0`.
    pub image: String,
    /// CodeBuild's environment type, for example `LINUX_CONTAINER`.
    pub environment_type: String,
    /// CodeBuild's compute type, for example `BUILD_GENERAL1_SMALL`.
    pub compute_type: String,
    /// How long a build may run, in minutes, 5 to 2160.
    pub timeout_minutes: u32,
    /// How long a build may wait in the queue, in minutes, 5 to 480.
    pub queued_timeout_minutes: u32,
}

impl RepositorySettings {
    /// Reads the parameter's value; the error is a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let settings: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if settings.version != 1 {
            return Err(format!(
                "version {} is not 1, the one this release reads",
                settings.version
            ));
        }
        Ok(settings)
    }

    /// Whether pull requests to `destination` are gated.
    pub fn gates(&self, destination: &BranchName, default_branch: Option<&BranchName>) -> bool {
        if self.destinations.is_empty() {
            return default_branch == Some(destination);
        }
        self.destinations
            .iter()
            .any(|gated| gated == destination.as_str())
    }
}

//! `cache`: what CodeBuild keeps on a host from one build to the next.

use serde::{Deserialize, Serialize};

/// A mode of CodeBuild's local cache (CodeBuild user guide, caching-local).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum CacheMode {
    /// What git has fetched.
    Source,
    /// The folders that the buildspec names under `cache`.
    Custom,
    /// Layers of images; only builds that may run Docker have them.
    Docker,
}

impl CacheMode {
    /// CodeBuild's word.
    pub fn mode(self) -> &'static str {
        match self {
            Self::Source => "LOCAL_SOURCE_CACHE",
            Self::Custom => "LOCAL_CUSTOM_CACHE",
            Self::Docker => "LOCAL_DOCKER_LAYER_CACHE",
        }
    }
}

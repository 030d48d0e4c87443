//! What CodeBuild's wire looks like, which is also how projects and builds are kept. Times are seconds since 1970.

#![allow(clippy::struct_field_names, reason = "the names are AWS's")]

use serde::{Deserialize, Serialize};

/// Seconds since 1970, milliseconds as fraction.
pub(super) type Seconds = f64;

/// Now, on the wire.
pub(super) fn seconds_now() -> Seconds {
    crate::account::epoch_seconds(crate::account::now())
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Source {
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) git_clone_depth: Option<u32>,
    /// Inline YAML or a path in the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) buildspec: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) report_build_status: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) insecure_ssl: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) git_submodules_config: Option<Submodules>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Submodules {
    pub(super) fetch_submodules: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Artifacts {
    #[serde(rename = "type")]
    pub(super) kind: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Cache {
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) modes: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cache_namespace: Option<String>,
}

impl Cache {
    pub(super) fn none() -> Self {
        Self {
            kind: "NO_CACHE".to_owned(),
            location: None,
            modes: None,
            cache_namespace: None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Environment {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) image: String,
    pub(super) compute_type: String,
    #[serde(default)]
    pub(super) environment_variables: Vec<Variable>,
    #[serde(default)]
    pub(super) privileged_mode: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) image_pull_credentials_type: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) value: String,
    #[serde(rename = "type", default)]
    pub(super) kind: VariableKind,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum VariableKind {
    #[default]
    Plaintext,
    ParameterStore,
    SecretsManager,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Tag {
    pub(super) key: String,
    pub(super) value: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogsConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cloud_watch_logs: Option<CloudWatchLogs>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) s3_logs: Option<S3Logs>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CloudWatchLogs {
    pub(super) status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) group_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stream_name: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct S3Logs {
    pub(super) status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) location: Option<String>,
}

/// Kept and shown; builds are processes of this machine and run where it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VpcConfig {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) vpc_id: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) subnets: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) security_group_ids: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Badge {
    pub(super) badge_enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) badge_request_url: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Project {
    pub(super) name: String,
    pub(super) arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    pub(super) source: Source,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source_version: Option<String>,
    pub(super) artifacts: Artifacts,
    pub(super) cache: Cache,
    pub(super) environment: Environment,
    pub(super) service_role: String,
    pub(super) timeout_in_minutes: u32,
    pub(super) queued_timeout_in_minutes: u32,
    pub(super) encryption_key: String,
    pub(super) tags: Vec<Tag>,
    pub(super) created: Seconds,
    pub(super) last_modified: Seconds,
    pub(super) badge: Badge,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) logs_config: Option<LogsConfig>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) vpc_config: Option<VpcConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) concurrent_build_limit: Option<u32>,
    pub(super) project_visibility: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum PhaseKind {
    Submitted,
    Queued,
    Provisioning,
    DownloadSource,
    Install,
    PreBuild,
    Build,
    PostBuild,
    UploadArtifacts,
    Finalizing,
    Completed,
}

impl PhaseKind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Submitted => "SUBMITTED",
            Self::Queued => "QUEUED",
            Self::Provisioning => "PROVISIONING",
            Self::DownloadSource => "DOWNLOAD_SOURCE",
            Self::Install => "INSTALL",
            Self::PreBuild => "PRE_BUILD",
            Self::Build => "BUILD",
            Self::PostBuild => "POST_BUILD",
            Self::UploadArtifacts => "UPLOAD_ARTIFACTS",
            Self::Finalizing => "FINALIZING",
            Self::Completed => "COMPLETED",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Status {
    InProgress,
    Succeeded,
    Failed,
    Fault,
    TimedOut,
    Stopped,
}

impl Status {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Fault => "FAULT",
            Self::TimedOut => "TIMED_OUT",
            Self::Stopped => "STOPPED",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Phase {
    pub(super) phase_type: PhaseKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) phase_status: Option<Status>,
    pub(super) start_time: Seconds,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end_time: Option<Seconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) duration_in_seconds: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) contexts: Vec<Context>,
}

/// Why a phase ended as it did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Context {
    pub(super) status_code: String,
    pub(super) message: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogsLocation {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) group_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stream_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) deep_link: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cloud_watch_logs_arn: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ExportedVariable {
    pub(super) name: String,
    pub(super) value: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct BuildArtifacts {
    pub(super) location: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Build {
    /// `<project>:<uuid>`.
    pub(super) id: String,
    pub(super) arn: String,
    pub(super) build_number: u64,
    pub(super) start_time: Seconds,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end_time: Option<Seconds>,
    pub(super) current_phase: PhaseKind,
    pub(super) build_status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resolved_source_version: Option<String>,
    pub(super) project_name: String,
    pub(super) phases: Vec<Phase>,
    pub(super) source: Source,
    pub(super) artifacts: BuildArtifacts,
    pub(super) cache: Cache,
    pub(super) environment: Environment,
    pub(super) service_role: String,
    pub(super) logs: LogsLocation,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) vpc_config: Option<VpcConfig>,
    pub(super) timeout_in_minutes: u32,
    pub(super) queued_timeout_in_minutes: u32,
    pub(super) build_complete: bool,
    pub(super) initiator: String,
    pub(super) encryption_key: String,
    #[serde(default)]
    pub(super) exported_environment_variables: Vec<ExportedVariable>,
    #[serde(default)]
    pub(super) report_arns: Vec<String>,
}

impl Build {
    /// The part of the id that is in no other build's.
    pub(super) fn unique(&self) -> &str {
        self.id
            .rsplit_once(':')
            .map_or(&self.id, |(_, unique)| unique)
    }
}

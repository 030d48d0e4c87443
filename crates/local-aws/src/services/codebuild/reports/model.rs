//! Reports, groups, test cases and coverage: as they are kept and as the wire has them.

#![allow(clippy::struct_field_names, reason = "the names are AWS's")]

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::model::{Seconds, Tag};
use crate::buildspec::ReportFiles;

/// How long a report lives.
pub(super) const LIFE_SECONDS: f64 = 30.0 * 24.0 * 3600.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Kind {
    Test,
    CodeCoverage,
}

impl Kind {
    pub(super) fn of(files: &ReportFiles) -> Self {
        if files.format.is_coverage() {
            Self::CodeCoverage
        } else {
            Self::Test
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Test => "TEST",
            Self::CodeCoverage => "CODE_COVERAGE",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum ReportStatus {
    Generating,
    Succeeded,
    Failed,
    Incomplete,
    Deleting,
}

impl ReportStatus {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Generating => "GENERATING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Incomplete => "INCOMPLETE",
            Self::Deleting => "DELETING",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum CaseStatus {
    Succeeded,
    Failed,
    Error,
    Skipped,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Group {
    pub(super) arn: String,
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) kind: Kind,
    pub(super) export_config: ExportConfig,
    pub(super) created: Seconds,
    pub(super) last_modified: Seconds,
    pub(super) tags: Vec<Tag>,
    pub(super) status: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExportConfig {
    pub(super) export_config_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) s3_destination: Option<Destination>,
}

/// Where the raw files of a group's reports go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Destination {
    pub(super) bucket: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bucket_owner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) packaging: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) encryption_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) encryption_disabled: Option<bool>,
}

impl ExportConfig {
    pub(super) fn none() -> Self {
        Self {
            export_config_type: Some("NO_EXPORT".to_owned()),
            s3_destination: None,
        }
    }

    /// What is wrong with it, or cannot be done here.
    pub(super) fn fault(&self) -> Option<&'static str> {
        match self.export_config_type.as_deref() {
            None | Some("NO_EXPORT") => return None,
            Some("S3") => {}
            Some(_) => return Some("exportConfigType must be S3 or NO_EXPORT"),
        }
        let Some(destination) = &self.s3_destination else {
            return Some("exportConfigType S3 needs an s3Destination");
        };
        if destination.bucket.as_deref().unwrap_or_default().is_empty() {
            return Some("s3Destination needs a bucket");
        }
        match destination.packaging.as_deref() {
            None | Some("NONE") => None,
            Some("ZIP") => Some("packaging ZIP is not simulated by the local endpoint"),
            Some(_) => Some("packaging must be ZIP or NONE"),
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    pub(super) arn: String,
    #[serde(rename = "type")]
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) report_group_arn: String,
    /// The build's ARN.
    pub(super) execution_id: String,
    pub(super) status: ReportStatus,
    pub(super) created: Seconds,
    pub(super) expired: Seconds,
    pub(super) export_config: ExportConfig,
    pub(super) truncated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) test_summary: Option<TestSummary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code_coverage_summary: Option<CoverageSummary>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TestSummary {
    pub(super) total: u64,
    pub(super) status_counts: StatusCounts,
    pub(super) duration_in_nano_seconds: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) struct StatusCounts {
    pub(super) succeeded: u64,
    pub(super) failed: u64,
    pub(super) error: u64,
    pub(super) skipped: u64,
    pub(super) unknown: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CoverageSummary {
    pub(super) line_coverage_percentage: f64,
    pub(super) lines_covered: u64,
    pub(super) lines_missed: u64,
}

impl CoverageSummary {
    #[allow(clippy::cast_precision_loss, reason = "line counts are far below 2^52")]
    pub(super) fn of(covered: u64, total: u64) -> Self {
        let percentage = if total == 0 {
            0.0
        } else {
            covered as f64 * 100.0 / total as f64
        };
        Self {
            line_coverage_percentage: percentage,
            lines_covered: covered,
            lines_missed: total.saturating_sub(covered),
        }
    }
}

/// A test case as it is kept with its report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Case {
    pub(super) file: String,
    pub(super) prefix: String,
    pub(super) suite: String,
    pub(super) name: String,
    pub(super) status: CaseStatus,
    pub(super) nanoseconds: u64,
    pub(super) message: String,
}

impl Case {
    pub(super) fn on_the_wire(&self, report: &Report) -> Value {
        json!({
            "reportArn": report.arn,
            "testRawDataPath": self.file,
            "prefix": self.prefix,
            "testSuiteName": self.suite,
            "name": self.name,
            "status": self.status,
            "durationInNanoSeconds": self.nanoseconds,
            "message": self.message,
            "expired": report.expired,
        })
    }
}

/// Coverage of one file as it is kept with its report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FileLines {
    pub(super) path: String,
    pub(super) covered: u64,
    pub(super) total: u64,
}

impl FileLines {
    pub(super) fn summary(&self) -> CoverageSummary {
        CoverageSummary::of(self.covered, self.total)
    }
}

/// What the files of one report said.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) kind: Kind,
    pub(super) status: ReportStatus,
    pub(super) truncated: bool,
    pub(super) summary: TestSummary,
    pub(super) cases: Vec<Case>,
    pub(super) files: Vec<FileLines>,
    /// Why the report is not complete.
    pub(super) problems: Vec<String>,
    /// The files it was made from: name below the base directory, path.
    pub(super) raw: Vec<(String, PathBuf)>,
}

impl Contents {
    pub(super) fn incomplete(kind: Kind, problems: Vec<String>) -> Self {
        Self {
            kind,
            status: ReportStatus::Incomplete,
            truncated: false,
            summary: TestSummary::default(),
            cases: Vec::new(),
            files: Vec::new(),
            problems,
            raw: Vec::new(),
        }
    }
}

//! Report groups: one for each report that the buildspecs of a pull request promise, with the raw files of its reports kept
//! in the artifact bucket. Deleting the project leaves them behind.

use aws_sdk_codebuild::{
    operation::create_report_group::CreateReportGroupError,
    types::{
        ReportExportConfig, ReportExportConfigType, ReportPackagingType, ReportType,
        S3ReportExportConfig, Tag,
    },
};
use gate_core::error::GateError;

use super::{CodeBuild, failed};

/// What a report group is to be.
#[derive(Clone, Copy, Debug)]
pub struct ReportGroupSpec<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whether its reports hold coverage; otherwise they hold tests.
    pub coverage: bool,
    /// Where raw files are kept; nowhere if there is no bucket.
    pub raw: Option<RawFolder<'a>>,
    /// Key and value of each tag.
    pub tags: &'a [(String, String)],
}

/// A folder of a bucket.
#[derive(Clone, Copy, Debug)]
pub struct RawFolder<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The folder, without a slash at its end.
    pub folder: &'a str,
}

/// How making a report group ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupOutcome {
    /// There is one.
    Stands,
    /// There is none, perhaps because CodeBuild would not keep raw files where it was asked to. This is why.
    RawRefused(String),
}

/// A report group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportGroup {
    /// `<project>-<name in the buildspec>`.
    pub name: String,
    /// Its ARN.
    pub arn: String,
}

impl CodeBuild {
    /// Makes a report group; one of this name that is there already stays as it is.
    pub async fn put_report_group(
        &self,
        spec: ReportGroupSpec<'_>,
    ) -> Result<GroupOutcome, GateError> {
        let kind = if spec.coverage {
            ReportType::CodeCoverage
        } else {
            ReportType::Test
        };
        let tag = |(key, value): &(String, String)| Tag::builder().key(key).value(value).build();
        let answer = self
            .client
            .create_report_group()
            .name(spec.name)
            .r#type(kind)
            .export_config(export(spec.raw))
            .set_tags(Some(spec.tags.iter().map(tag).collect()))
            .send()
            .await;
        let Err(error) = answer else {
            return Ok(GroupOutcome::Stands);
        };
        match error.as_service_error() {
            Some(CreateReportGroupError::ResourceAlreadyExistsException(_)) => {
                Ok(GroupOutcome::Stands)
            }
            // No source says what CodeBuild asks of a bucket before it takes it.
            Some(CreateReportGroupError::InvalidInputException(refused)) if spec.raw.is_some() => {
                let why = refused.message().unwrap_or("no reason given");
                Ok(GroupOutcome::RawRefused(why.to_owned()))
            }
            _ => Err(failed("CreateReportGroup", &error)),
        }
    }

    /// Report groups whose name starts with `prefix`. ListReportGroups has no filter: all are read.
    pub async fn report_groups(&self, prefix: &str) -> Result<Vec<ReportGroup>, GateError> {
        let arns = self
            .client
            .list_report_groups()
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .map_err(|error| failed("ListReportGroups", &error))?;
        Ok(arns
            .into_iter()
            .filter_map(|arn| {
                let (_, name) = arn.rsplit_once(":report-group/")?;
                let name = name.to_owned();
                name.starts_with(prefix)
                    .then_some(ReportGroup { name, arn })
            })
            .collect())
    }

    /// Deletes a report group with its reports; one that is gone is no error.
    pub async fn delete_report_group(&self, arn: &str) -> Result<(), GateError> {
        use aws_sdk_codebuild::error::ProvideErrorMetadata;
        let answer = self
            .client
            .delete_report_group()
            .arn(arn)
            .delete_reports(true)
            .send()
            .await;
        match answer {
            Ok(_) => Ok(()),
            // Not among the errors that the service's model lists for DeleteReportGroup, so it is told by its code.
            Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(()),
            Err(error) => Err(failed("DeleteReportGroup", &error)),
        }
    }
}

/// The bucket encrypts everything itself, so CodeBuild need not; a key of its own would be one that the gate cannot read with.
fn export(raw: Option<RawFolder<'_>>) -> ReportExportConfig {
    let Some(RawFolder { bucket, folder }) = raw else {
        return ReportExportConfig::builder()
            .export_config_type(ReportExportConfigType::NoExport)
            .build();
    };
    let destination = S3ReportExportConfig::builder()
        .bucket(bucket)
        .path(folder)
        .packaging(ReportPackagingType::None)
        .encryption_disabled(true)
        .build();
    ReportExportConfig::builder()
        .export_config_type(ReportExportConfigType::S3)
        .s3_destination(destination)
        .build()
}

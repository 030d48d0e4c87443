//! Report groups: a buildspec makes them, and deleting the project leaves them behind.

use gate_core::error::GateError;

use super::{CodeBuild, failed};

/// A report group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportGroup {
    /// `<project>-<name in the buildspec>`.
    pub name: String,
    /// Its ARN.
    pub arn: String,
}

impl CodeBuild {
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

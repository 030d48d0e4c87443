//! The raw files of a report, put into the bucket that its group names.
//!
//! How CodeBuild calls the objects no source says; [`RawReportKeys`] is the switch.

use std::{path::PathBuf, sync::Arc};

use super::model::{Destination, Report};
use crate::{Account, RawReportKeys, ServiceError, services::s3};

/// Puts the files where the report's group says, and says in words what could not be put there.
pub(super) async fn export(
    account: &Arc<Account>,
    report: &Report,
    files: Vec<(String, PathBuf)>,
) -> Vec<String> {
    let Some(destination) = &report.export_config.s3_destination else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    for (name, path) in files {
        if let Err(error) = put(account, destination, report, &name, path).await {
            problems.push(format!("{name} is not exported: {}", error.message));
        }
    }
    problems
}

async fn put(
    account: &Arc<Account>,
    destination: &Destination,
    report: &Report,
    name: &str,
    path: PathBuf,
) -> Result<(), ServiceError> {
    let content = tokio::fs::read(path)
        .await
        .map_err(ServiceError::internal)?;
    let id = match account.settings.assumptions.raw_report_keys {
        RawReportKeys::ByReport => report
            .name
            .rsplit(':')
            .next()
            .unwrap_or_default()
            .to_owned(),
        RawReportKeys::Otherwise => super::super::uuid(),
    };
    let folder = destination.path.as_deref().unwrap_or_default();
    let key = format!("{}/{id}/{name}", folder.trim_matches('/'));
    let bucket = destination.bucket.as_deref().unwrap_or_default();
    s3::put(account, bucket, key.trim_start_matches('/'), content).await
}

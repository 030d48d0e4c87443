//! A report group for each report that the trusted buildspecs promise, made before a build starts: builds then need no right
//! to make any, and CodeBuild keeps the files that the reports are made from, with all their cases.

use std::collections::BTreeMap;

use gate_aws::{Clients, GroupOutcome, Project, RawFolder, ReportGroupSpec};
use gate_core::{
    error::GateError,
    names::{self, objects},
    plan::Plan,
    protocol::Candidacy,
};

use crate::prepare;

/// Makes those that are missing. Name in the buildspec → ARN; a report that names an ARN of its own is not among them.
pub(crate) async fn put(
    clients: &Clients,
    candidacy: &Candidacy,
    project: &Project,
    plan: &Plan,
) -> Result<BTreeMap<String, String>, GateError> {
    let name = prepare::project(clients, &candidacy.pull_request);
    let start = names::report_groups(&name, &candidacy.repository);
    let tags = prepare::tags(clients, &candidacy.pull_request);
    let mut groups = BTreeMap::new();
    for check in &plan.checks {
        for report in &check.reports {
            if report.starts_with("arn:") || groups.contains_key(report) {
                continue;
            }
            let group = names::report_group(&start, report);
            let arn = project.arn.replace(
                &format!(":project/{name}"),
                &format!(":report-group/{group}"),
            );
            let spec = ReportGroupSpec {
                name: &group,
                coverage: check.coverage_reports.contains(report),
                raw: None,
                tags: &tags,
            };
            let folder = objects::raw_reports(&candidacy.repository, &project.arn, &group);
            put_one(clients, spec, &folder).await?;
            groups.insert(report.clone(), arn);
        }
    }
    Ok(groups)
}

/// With raw files, if CodeBuild keeps them: without them the cases that CodeBuild itself keeps must do.
async fn put_one(
    clients: &Clients,
    spec: ReportGroupSpec<'_>,
    folder: &str,
) -> Result<(), GateError> {
    let bucket = clients.deployment.artifact_bucket.as_str();
    let raw = (!bucket.is_empty()).then_some(RawFolder { bucket, folder });
    let with_raw = ReportGroupSpec { raw, ..spec };
    if let GroupOutcome::RawRefused(why) = clients.builds.put_report_group(with_raw).await? {
        tracing::warn!(
            group = spec.name,
            why,
            "CodeBuild keeps no raw files of these reports"
        );
        clients.builds.put_report_group(spec).await?;
    }
    Ok(())
}

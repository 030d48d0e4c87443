//! What builds reported: counts, cases, coverage by file.

use std::{collections::HashMap, time::Duration};

use aws_sdk_codebuild::{
    Client,
    operation::describe_test_cases::DescribeTestCasesError,
    types::{self, CodeCoverageReportSummary, ReportStatusType, ReportType, TestReportSummary},
};
use gate_core::{
    error::GateError,
    id::{BuildId, RepositoryName},
    names::{self, objects},
    report::{
        Coverage, FileCoverage, Outcome, Report, ReportContent, ReportStatus, TestCase, Tests,
    },
};

use crate::{codebuild::SERVICE, error, lazy::Lazy};

/// BatchGetReports takes no more ARNs at once.
const REPORTS_PER_READ: usize = 100;

/// Cases read of one report: CodeBuild keeps 500, failed ones first (user guide, test-report).
const MAX_CASES: usize = 500;

/// Files read of one coverage report.
const MAX_FILES: usize = 2000;

/// Words of `testSummary.statusCounts` and of a case's status.
const SUCCEEDED: &str = "SUCCEEDED";
const FAILED: &str = "FAILED";
const ERROR: &str = "ERROR";
const SKIPPED: &str = "SKIPPED";

/// A report, and where the files are that it was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    /// What CodeBuild made of them.
    pub report: Report,
    /// The files; `None` if CodeBuild keeps none of this report.
    pub raw: Option<RawReport>,
}

/// Whose reports are read.
#[derive(Clone, Copy, Debug)]
pub struct ReportsOf<'a> {
    /// The project.
    pub project: &'a str,
    /// Its repository.
    pub repository: &'a RepositoryName,
    /// The build that must have made them.
    pub build: &'a BuildId,
}

/// Where the raw files of one report are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawReport {
    /// The bucket.
    pub bucket: String,
    /// The folder of the report's group. How objects are called below it AWS does not say.
    pub folder: String,
    /// The report's own id, unique among all reports.
    pub id: String,
}

/// Reports of CodeBuild.
#[derive(Clone, Debug)]
pub struct Reports {
    client: Lazy<Client>,
}

impl Reports {
    /// Over a client.
    pub(crate) fn new(client: Lazy<Client>) -> Self {
        Self { client }
    }

    /// The reports of these ARNs, in their order. One that CodeBuild does not know, or of which it says that another build made it,
    /// is incomplete: missing is not passed.
    pub async fn reports(
        &self,
        of: ReportsOf<'_>,
        arns: &[String],
    ) -> Result<Vec<Reported>, GateError> {
        let mut found = HashMap::new();
        for arns in arns.chunks(REPORTS_PER_READ) {
            let output = self
                .client
                .batch_get_reports()
                .set_report_arns(Some(arns.to_vec()))
                .send()
                .await
                .map_err(|error| error::failed(SERVICE, "BatchGetReports", &error))?;
            let reports = output.reports.unwrap_or_default();
            found.extend(
                reports
                    .into_iter()
                    .filter_map(|report| Some((report.arn.clone()?, report))),
            );
        }
        let mut reports = Vec::with_capacity(arns.len());
        for arn in arns {
            let own = found.remove(arn).filter(|report| is_of(of.build, report));
            let (status, content, raw) = match own {
                Some(report) => (
                    status(report.status.as_ref()),
                    self.content(arn, &report).await?,
                    raw(of, arn, report.export_config),
                ),
                None => (
                    ReportStatus::Incomplete,
                    ReportContent::Tests(Tests::default()),
                    None,
                ),
            };
            let report = Report {
                name: name(of, arn),
                status,
                content,
            };
            reports.push(Reported { report, raw });
        }
        Ok(reports)
    }

    async fn content(&self, arn: &str, report: &types::Report) -> Result<ReportContent, GateError> {
        if report.r#type == Some(ReportType::CodeCoverage) {
            let summary = report.code_coverage_summary.as_ref();
            let mut coverage = summary.map(coverage).unwrap_or_default();
            if coverage.total > 0 {
                coverage.files = self.files(arn).await?;
            }
            return Ok(ReportContent::Coverage(coverage));
        }
        let Some(summary) = &report.test_summary else {
            return Ok(ReportContent::Tests(Tests::default()));
        };
        let mut tests = counts(summary);
        if tests.total > 0 {
            tests.cases = self.cases(arn).await?;
        }
        Ok(ReportContent::Tests(tests))
    }

    /// The cases that CodeBuild kept.
    async fn cases(&self, arn: &str) -> Result<Vec<TestCase>, GateError> {
        let mut pages = self
            .client
            .describe_test_cases()
            .report_arn(arn)
            .into_paginator()
            .items()
            .send();
        let mut cases = Vec::new();
        while cases.len() < MAX_CASES {
            match pages.try_next().await {
                Ok(Some(found)) => cases.push(case(found)),
                Ok(None) => break,
                Err(error) => match error.as_service_error() {
                    // It expired since it was read: its counts stand.
                    Some(DescribeTestCasesError::ResourceNotFoundException(_)) => break,
                    _ => return Err(error::failed(SERVICE, "DescribeTestCases", &error)),
                },
            }
        }
        Ok(cases)
    }

    /// Coverage by source file.
    async fn files(&self, arn: &str) -> Result<Vec<FileCoverage>, GateError> {
        let mut pages = self
            .client
            .describe_code_coverages()
            .report_arn(arn)
            .into_paginator()
            .items()
            .send();
        let mut files = Vec::new();
        while files.len() < MAX_FILES {
            match pages.try_next().await {
                Ok(Some(found)) => files.extend(file(found)),
                Ok(None) => break,
                Err(error) => return Err(error::failed(SERVICE, "DescribeCodeCoverages", &error)),
            }
        }
        Ok(files)
    }
}

fn status(status: Option<&ReportStatusType>) -> ReportStatus {
    match status {
        Some(ReportStatusType::Generating) => ReportStatus::Generating,
        Some(ReportStatusType::Succeeded | ReportStatusType::Failed) => ReportStatus::Complete,
        _ => ReportStatus::Incomplete,
    }
}

/// Builds of one repository run under one role, which may write into each other's report groups: CodeBuild says whose a report is.
fn is_of(build: &BuildId, report: &types::Report) -> bool {
    let own = format!(":build/{build}");
    let made_by = report.execution_id.as_deref();
    made_by.is_none_or(|made_by| made_by.ends_with(&own))
}

/// The name in the buildspec, from `…:report/<project>-<key>-<name>:<id>`; groups of the release before have no key.
fn name(of: ReportsOf<'_>, arn: &str) -> String {
    let resource = arn
        .rsplit_once(":report/")
        .map_or(arn, |(_, resource)| resource);
    let group = resource
        .rsplit_once(':')
        .map_or(resource, |(group, _)| group);
    let start = names::report_groups(of.project, of.repository);
    let own = [start.as_str(), of.project]
        .into_iter()
        .find_map(|start| group.strip_prefix(start)?.strip_prefix('-'));
    own.unwrap_or(group).to_owned()
}

/// Where CodeBuild put the files of the report `…:report/<group>:<id>`. Whoever may edit the group can name another folder: only
/// the one that the gate has named counts.
fn raw(
    of: ReportsOf<'_>,
    arn: &str,
    export: Option<types::ReportExportConfig>,
) -> Option<RawReport> {
    let destination = export?.s3_destination?;
    let (place, report) = arn.split_once(":report/")?;
    let (group, id) = report.rsplit_once(':')?;
    let project = format!("{place}:project/{}", of.project);
    let folder = objects::raw_reports(of.repository, &project, group);
    let named = destination.path?;
    (named.trim_end_matches('/') == folder).then_some(RawReport {
        bucket: destination.bucket?,
        folder,
        id: id.to_owned(),
    })
}

fn counts(summary: &TestReportSummary) -> Tests {
    Tests {
        total: natural(summary.total),
        passed: count(summary, SUCCEEDED),
        failed: count(summary, FAILED) + count(summary, ERROR),
        skipped: count(summary, SKIPPED),
        ..Tests::default()
    }
}

fn count(summary: &TestReportSummary, word: &str) -> u64 {
    summary.status_counts.get(word).copied().map_or(0, natural)
}

fn coverage(summary: &CodeCoverageReportSummary) -> Coverage {
    let covered = summary.lines_covered.map_or(0, natural);
    Coverage {
        covered,
        total: covered + summary.lines_missed.map_or(0, natural),
        files: Vec::new(),
    }
}

fn natural(number: i32) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

fn case(found: types::TestCase) -> TestCase {
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    let nanoseconds = found
        .duration_in_nano_seconds
        .and_then(|nanoseconds| u64::try_from(nanoseconds).ok());
    TestCase {
        suite: filled(found.test_suite_name).map(Into::into),
        class: filled(found.prefix).map(Into::into),
        name: found.name.unwrap_or_default(),
        own_file: None,
        outcome: match found.status.as_deref() {
            Some(SUCCEEDED) => Outcome::Passed,
            Some(FAILED | ERROR) => Outcome::Failed,
            _ => Outcome::Skipped,
        },
        // CodeBuild keeps neither.
        flaky: false,
        file: None,
        line: None,
        message: filled(found.message),
        duration: nanoseconds.map(Duration::from_nanos),
    }
}

fn file(found: types::CodeCoverage) -> Option<FileCoverage> {
    let covered = found.lines_covered.map_or(0, natural);
    Some(FileCoverage {
        path: found.file_path?,
        covered,
        total: covered + found.lines_missed.map_or(0, natural),
    })
}

#[cfg(test)]
mod tests;

//! What builds reported: counts, the first failures, coverage.

use std::{collections::HashMap, time::Duration};

use aws_sdk_codebuild::{
    Client,
    operation::describe_test_cases::DescribeTestCasesError,
    types::{
        self, CodeCoverageReportSummary, ReportStatusType, ReportType, TestCase, TestCaseFilter,
        TestReportSummary,
    },
};
use gate_core::{
    error::GateError,
    report::{Coverage, Report, ReportContent, ReportStatus, TestFailure, Tests},
};

use crate::{codebuild::SERVICE, error};

/// BatchGetReports takes no more ARNs at once.
const REPORTS_PER_READ: usize = 100;

/// Failures kept of one report; a comment has room for fewer.
const MAX_FAILURES: usize = 50;

/// Words of `testSummary.statusCounts`, also the filter's.
const SUCCEEDED: &str = "SUCCEEDED";
const FAILED: &str = "FAILED";
const ERROR: &str = "ERROR";
const SKIPPED: &str = "SKIPPED";

/// Reports of CodeBuild.
#[derive(Clone, Debug)]
pub struct Reports {
    client: Client,
}

impl Reports {
    /// Over a client.
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// The reports of these ARNs, in their order. One that CodeBuild does not know is incomplete: missing is not passed.
    pub async fn reports(&self, project: &str, arns: &[String]) -> Result<Vec<Report>, GateError> {
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
            let (status, content) = match found.remove(arn) {
                Some(report) => (
                    status(report.status.as_ref()),
                    self.content(arn, &report).await?,
                ),
                None => (
                    ReportStatus::Incomplete,
                    ReportContent::Tests(Tests::default()),
                ),
            };
            reports.push(Report {
                name: name(project, arn),
                status,
                content,
            });
        }
        Ok(reports)
    }

    async fn content(&self, arn: &str, report: &types::Report) -> Result<ReportContent, GateError> {
        if report.r#type == Some(ReportType::CodeCoverage) {
            let coverage = report.code_coverage_summary.as_ref().map(coverage);
            return Ok(ReportContent::Coverage(coverage.unwrap_or_default()));
        }
        let Some(summary) = &report.test_summary else {
            return Ok(ReportContent::Tests(Tests::default()));
        };
        let mut tests = counts(summary);
        for word in [FAILED, ERROR] {
            let room = MAX_FAILURES.saturating_sub(tests.failures.len());
            if room > 0 && count(summary, word) > 0 {
                let failures = self.failures(arn, word, room).await?;
                tests.failures.extend(failures);
            }
        }
        Ok(ReportContent::Tests(tests))
    }

    /// The first cases of one status; the filter takes one status at a time.
    async fn failures(
        &self,
        arn: &str,
        word: &str,
        room: usize,
    ) -> Result<Vec<TestFailure>, GateError> {
        let mut cases = self
            .client
            .describe_test_cases()
            .report_arn(arn)
            .filter(TestCaseFilter::builder().status(word).build())
            .into_paginator()
            .page_size(i32::try_from(room).unwrap_or(i32::MAX))
            .items()
            .send();
        let mut failures = Vec::new();
        while failures.len() < room {
            match cases.try_next().await {
                Ok(Some(case)) => failures.push(failure(case)),
                Ok(None) => break,
                Err(error) => match error.as_service_error() {
                    // It expired since it was read: its counts stand.
                    Some(DescribeTestCasesError::ResourceNotFoundException(_)) => break,
                    _ => return Err(error::failed(SERVICE, "DescribeTestCases", &error)),
                },
            }
        }
        Ok(failures)
    }
}

fn status(status: Option<&ReportStatusType>) -> ReportStatus {
    match status {
        Some(ReportStatusType::Generating) => ReportStatus::Generating,
        Some(ReportStatusType::Succeeded | ReportStatusType::Failed) => ReportStatus::Complete,
        _ => ReportStatus::Incomplete,
    }
}

/// The name in the buildspec, from `…:report/<project>-<name>:<id>`.
fn name(project: &str, arn: &str) -> String {
    let resource = arn
        .rsplit_once(":report/")
        .map_or(arn, |(_, resource)| resource);
    let group = resource
        .rsplit_once(':')
        .map_or(resource, |(group, _)| group);
    let own = group
        .strip_prefix(project)
        .and_then(|rest| rest.strip_prefix('-'));
    own.unwrap_or(group).to_owned()
}

fn counts(summary: &TestReportSummary) -> Tests {
    Tests {
        total: natural(summary.total),
        passed: count(summary, SUCCEEDED),
        failed: count(summary, FAILED) + count(summary, ERROR),
        skipped: count(summary, SKIPPED),
        failures: Vec::new(),
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
    }
}

fn natural(number: i32) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

fn failure(case: TestCase) -> TestFailure {
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    let nanoseconds = case
        .duration_in_nano_seconds
        .and_then(|nanoseconds| u64::try_from(nanoseconds).ok());
    TestFailure {
        suite: filled(case.test_suite_name).or_else(|| filled(case.prefix)),
        name: case.name.unwrap_or_default(),
        message: filled(case.message),
        duration: nanoseconds.map(Duration::from_nanos),
    }
}

#[cfg(test)]
mod tests;

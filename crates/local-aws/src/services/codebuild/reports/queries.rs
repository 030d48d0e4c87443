//! Reports as they are asked for: lists, details, test cases, coverage.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::{
    invalid,
    lists::{self, SortOrder},
    rules,
};
use super::{
    groups,
    model::{CaseStatus, FileLines, Report, ReportStatus},
    tables,
};
use crate::{Account, ServiceError, services::parse};

#[derive(Default, Deserialize)]
struct ReportFilter {
    status: Option<ReportStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListInput {
    report_group_arn: Option<String>,
    sort_order: Option<SortOrder>,
    next_token: Option<String>,
    max_results: Option<i64>,
    #[serde(default)]
    filter: ReportFilter,
}

pub(in super::super) fn list(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: ListInput = parse(input)?;
    let reports = account.store.read(tables::all);
    page_of(reports, &input)
}

pub(in super::super) fn list_for_group(
    account: &Account,
    input: Value,
) -> Result<Value, ServiceError> {
    let input: ListInput = parse(input)?;
    let required = || rules::required("reportGroupArn", "ListReportsForReportGroup");
    let arn = input.report_group_arn.as_deref().ok_or_else(required)?;
    let reports = account
        .store
        .read(|tables| groups::exists(tables, arn).then(|| tables::of_group(tables, arn)))
        .ok_or_else(|| not_found("Report group", arn))?;
    page_of(reports, &input)
}

/// `reports` come oldest first and go newest first unless the request says otherwise.
fn page_of(reports: Vec<Report>, input: &ListInput) -> Result<Value, ServiceError> {
    let wanted = |report: &Report| {
        input
            .filter
            .status
            .is_none_or(|status| status == report.status)
    };
    let mut arns: Vec<String> = reports
        .into_iter()
        .filter(wanted)
        .map(|report| report.arn)
        .collect();
    if input.sort_order != Some(SortOrder::Ascending) {
        arns.reverse();
    }
    lists::answer(
        "reports",
        arns,
        input.max_results,
        input.next_token.as_deref(),
    )
}

fn not_found(what: &str, arn: &str) -> ServiceError {
    ServiceError::client(
        "ResourceNotFoundException",
        format!("{what} cannot be found: {arn}"),
    )
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GetInput {
    report_arns: Option<Vec<String>>,
}

pub(in super::super) fn batch_get(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: GetInput = parse(input)?;
    let arns = rules::batch(input.report_arns, "reportArns", "BatchGetReports")?;
    account.store.read(|tables| {
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for arn in arns {
            match tables::get(tables, &arn) {
                Some(report) => found.push(report),
                None => missing.push(arn),
            }
        }
        Ok(json!({ "reports": found, "reportsNotFound": missing }))
    })
}

#[derive(Deserialize)]
struct DeleteInput {
    arn: Option<String>,
}

/// Deleting a report that does not exist succeeds: the operation has no error for it.
pub(in super::super) fn delete(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: DeleteInput = parse(input)?;
    let arn = input
        .arn
        .ok_or_else(|| rules::required("arn", "DeleteReport"))?;
    account.store.write(|transaction| {
        tables::remove(transaction, &arn);
        Ok(json!({}))
    })
}

#[derive(Default, Deserialize)]
struct CaseFilter {
    /// The API takes any text; one that is no status matches nothing, as `UNKNOWN` does.
    status: Option<String>,
    keyword: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CasesInput {
    report_arn: Option<String>,
    next_token: Option<String>,
    max_results: Option<i64>,
    #[serde(default)]
    filter: CaseFilter,
}

pub(in super::super) fn describe_test_cases(
    account: &Account,
    input: Value,
) -> Result<Value, ServiceError> {
    let input: CasesInput = parse(input)?;
    let arn = input
        .report_arn
        .ok_or_else(|| rules::required("reportArn", "DescribeTestCases"))?;
    let (report, cases) = account
        .store
        .read(|tables| Some((tables::get(tables, &arn)?, tables::cases(tables, &arn))))
        .ok_or_else(|| not_found("Report", &arn))?;
    let CaseFilter { status, keyword } = input.filter;
    let word = |status: CaseStatus| match status {
        CaseStatus::Succeeded => "SUCCEEDED",
        CaseStatus::Failed => "FAILED",
        CaseStatus::Error => "ERROR",
        CaseStatus::Skipped => "SKIPPED",
    };
    let cases: Vec<Numbered> = cases
        .into_iter()
        .filter(|case| {
            status
                .as_deref()
                .is_none_or(|status| status == word(case.status))
        })
        .filter(|case| {
            keyword
                .as_deref()
                .is_none_or(|keyword| case.name.contains(keyword) || case.prefix.contains(keyword))
        })
        .enumerate()
        .map(|(place, case)| Numbered {
            place,
            case: case.on_the_wire(&report),
        })
        .collect();
    let key = |case: &Numbered| case.place.to_string();
    lists::answer_by(
        "testCases",
        cases,
        key,
        input.max_results,
        input.next_token.as_deref(),
    )
}

/// Names of cases repeat; their place in the unchanging list does not.
#[derive(Serialize)]
#[serde(transparent)]
struct Numbered {
    #[serde(skip)]
    place: usize,
    case: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CoveragesInput {
    report_arn: Option<String>,
    next_token: Option<String>,
    max_results: Option<i64>,
    sort_order: Option<SortOrder>,
    sort_by: Option<String>,
    min_line_coverage_percentage: Option<f64>,
    max_line_coverage_percentage: Option<f64>,
}

pub(in super::super) fn describe_code_coverages(
    account: &Account,
    input: Value,
) -> Result<Value, ServiceError> {
    let input: CoveragesInput = parse(input)?;
    let arn = input
        .report_arn
        .ok_or_else(|| rules::required("reportArn", "DescribeCodeCoverages"))?;
    let (report, mut files) = account
        .store
        .read(|tables| Some((tables::get(tables, &arn)?, tables::files(tables, &arn))))
        .ok_or_else(|| invalid(format!("Report cannot be found: {arn}")))?;
    let least = input.min_line_coverage_percentage.unwrap_or(0.0);
    let most = input.max_line_coverage_percentage.unwrap_or(100.0);
    let percentage = |file: &FileLines| file.summary().line_coverage_percentage;
    files.retain(|file| (least..=most).contains(&percentage(file)));
    match input
        .sort_by
        .as_deref()
        .unwrap_or("LINE_COVERAGE_PERCENTAGE")
    {
        "LINE_COVERAGE_PERCENTAGE" => files.sort_by(|a, b| percentage(a).total_cmp(&percentage(b))),
        "FILE_PATH" => {}
        other => return Err(invalid(format!("Invalid code coverage sortBy: {other}"))),
    }
    if input.sort_order == Some(SortOrder::Descending) {
        files.reverse();
    }
    let coverages = files.iter().map(|file| coverage(&report, file)).collect();
    let id = |coverage: &Value| coverage["id"].as_str().unwrap_or_default().to_owned();
    lists::answer_by(
        "codeCoverages",
        coverages,
        id,
        input.max_results,
        input.next_token.as_deref(),
    )
}

fn coverage(report: &Report, file: &FileLines) -> Value {
    let summary = file.summary();
    json!({
        "id": format!("{}:{}", report.name, file.path),
        "reportARN": report.arn,
        "filePath": file.path,
        "lineCoveragePercentage": summary.line_coverage_percentage,
        "linesCovered": summary.lines_covered,
        "linesMissed": summary.lines_missed,
        "expired": report.expired,
    })
}

//! Where reports are kept: the report, its place among all and in its group, and apart from it what may be large.

use super::super::model::seconds_now;
use super::model::{Case, Contents, CoverageSummary, FileLines, Group, Kind, LIFE_SECONDS, Report};
use crate::{
    Account,
    store::{StoreError, Table, Tables, Transaction},
};

const REPORTS: Table<Entry> = Table::new("codebuild-reports");
/// Order → ARN.
const ORDER: Table<String> = Table::new("codebuild-report-order");
/// `<group's ARN>/<order>` → ARN.
const OF_GROUP: Table<String> = Table::new("codebuild-group-reports");
const CASES: Table<Vec<Case>> = Table::new("codebuild-test-cases");
const FILES: Table<Vec<FileLines>> = Table::new("codebuild-code-coverages");

#[derive(serde::Serialize, serde::Deserialize)]
struct Entry {
    order: u64,
    report: Report,
}

/// Adds a report to a group and gives it back.
pub(super) fn insert(
    account: &Account,
    transaction: &mut Transaction<'_>,
    group: &Group,
    build_arn: &str,
    contents: Contents,
) -> Result<Report, StoreError> {
    let name = format!("{}:{}", group.name, super::super::uuid());
    let arn = account.arn("codebuild", &format!("report/{name}"));
    let now = seconds_now();
    let is_test = contents.kind == Kind::Test;
    let covered = contents.files.iter().map(|file| file.covered).sum();
    let total = contents.files.iter().map(|file| file.total).sum();
    let report = Report {
        arn: arn.clone(),
        kind: contents.kind,
        name,
        report_group_arn: group.arn.clone(),
        execution_id: build_arn.to_owned(),
        status: contents.status,
        created: now,
        expired: now + LIFE_SECONDS,
        export_config: group.export_config.clone(),
        truncated: contents.truncated,
        test_summary: is_test.then_some(contents.summary),
        code_coverage_summary: (!is_test).then(|| CoverageSummary::of(covered, total)),
    };
    let order = transaction.next_number("codebuild-reports")?;
    transaction.put(&ORDER, &order_key(order), &arn)?;
    transaction.put(&OF_GROUP, &group_key(&group.arn, order), &arn)?;
    if is_test {
        transaction.put(&CASES, &arn, &contents.cases)?;
    } else {
        transaction.put(&FILES, &arn, &contents.files)?;
    }
    let entry = Entry { order, report };
    transaction.put(&REPORTS, &arn, &entry)?;
    Ok(entry.report)
}

fn order_key(order: u64) -> String {
    format!("{order:020}")
}

fn group_key(group_arn: &str, order: u64) -> String {
    format!("{group_arn}/{}", order_key(order))
}

pub(super) fn get(tables: &Tables, arn: &str) -> Option<Report> {
    tables.get(&REPORTS, arn).map(|entry| entry.report)
}

/// All reports, oldest first.
pub(super) fn all(tables: &Tables) -> Vec<Report> {
    tables
        .scan(&ORDER, "")
        .filter_map(|(_, arn)| get(tables, &arn))
        .collect()
}

/// The reports of a group, oldest first.
pub(super) fn of_group(tables: &Tables, group_arn: &str) -> Vec<Report> {
    let arns = tables.scan(&OF_GROUP, &format!("{group_arn}/"));
    arns.filter_map(|(_, arn)| get(tables, &arn)).collect()
}

/// The cases of a report, failed ones first.
pub(super) fn cases(tables: &Tables, arn: &str) -> Vec<Case> {
    tables.get(&CASES, arn).unwrap_or_default()
}

pub(super) fn files(tables: &Tables, arn: &str) -> Vec<FileLines> {
    tables.get(&FILES, arn).unwrap_or_default()
}

pub(super) fn remove(transaction: &mut Transaction<'_>, arn: &str) {
    let Some(Entry { order, report }) = transaction.get(&REPORTS, arn) else {
        return;
    };
    transaction.delete(&ORDER, &order_key(order));
    transaction.delete(&OF_GROUP, &group_key(&report.report_group_arn, order));
    transaction.delete(&CASES, arn);
    transaction.delete(&FILES, arn);
    transaction.delete(&REPORTS, arn);
}

//! Report groups: made by hand or on first use by a buildspec, which names them `<project>-<name>`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::{
    invalid,
    lists::{self, SortOrder},
    model::{Tag, seconds_now},
    rules,
};
use super::{
    model::{ExportConfig, Group, Kind},
    tables,
};
use crate::{
    Account, ServiceError,
    services::parse,
    store::{Table, Tables, Transaction},
};

const GROUPS: Table<Group> = Table::new("codebuild-report-groups");

fn get(tables: &Tables, arn: &str) -> Option<Group> {
    tables.get(&GROUPS, arn)
}

/// Whether there is such a group.
pub(super) fn exists(tables: &Tables, arn: &str) -> bool {
    get(tables, arn).is_some()
}

/// The group that a buildspec means by `name`, which is an ARN or the end of a name.
pub(super) fn of_buildspec(
    account: &Account,
    transaction: &mut Transaction<'_>,
    project: &str,
    name: &str,
    kind: Kind,
) -> Result<Group, ServiceError> {
    let is_arn = name.starts_with("arn:");
    let full_name = format!("{project}-{name}");
    let arn = if is_arn {
        name.to_owned()
    } else {
        arn(account, &full_name)
    };
    match get(transaction, &arn) {
        Some(group) if group.kind == kind => Ok(group),
        Some(group) => Err(invalid(format!(
            "report group {arn} has type {}, not {}",
            group.kind.word(),
            kind.word()
        ))),
        None if is_arn => Err(invalid(format!("report group {arn} does not exist"))),
        None => {
            rules::report_group_name(&full_name)?;
            let group = new(account, full_name, kind, ExportConfig::none(), Vec::new());
            transaction.put(&GROUPS, &arn, &group)?;
            Ok(group)
        }
    }
}

fn arn(account: &Account, name: &str) -> String {
    account.arn("codebuild", &format!("report-group/{name}"))
}

fn new(
    account: &Account,
    name: String,
    kind: Kind,
    export_config: ExportConfig,
    tags: Vec<Tag>,
) -> Group {
    let now = seconds_now();
    Group {
        arn: arn(account, &name),
        name,
        kind,
        export_config,
        created: now,
        last_modified: now,
        tags,
        status: "ACTIVE".to_owned(),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateInput {
    name: Option<String>,
    #[serde(rename = "type")]
    kind: Option<Kind>,
    export_config: Option<ExportConfig>,
    #[serde(default)]
    tags: Vec<Tag>,
}

pub(in super::super) fn create(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: CreateInput = parse(input)?;
    let required = |member| rules::required(member, "CreateReportGroup");
    let name = input.name.ok_or_else(|| required("name"))?;
    let kind = input.kind.ok_or_else(|| required("type"))?;
    let export = input
        .export_config
        .ok_or_else(|| required("exportConfig"))?;
    rules::report_group_name(&name)?;
    rules::tags(&input.tags)?;
    if let Some(fault) = export.fault() {
        return Err(invalid(fault));
    }
    let group = new(account, name, kind, export, input.tags);
    account.store.write(|transaction| {
        if exists(transaction, &group.arn) {
            let message = format!("Report group already exists: {}", group.arn);
            return Err(ServiceError::client(
                "ResourceAlreadyExistsException",
                message,
            ));
        }
        transaction.put(&GROUPS, &group.arn, &group)?;
        Ok(json!({ "reportGroup": group }))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeleteInput {
    arn: Option<String>,
    #[serde(default)]
    delete_reports: bool,
}

/// Deleting a group that does not exist succeeds: the operation has no error for it.
pub(in super::super) fn delete(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: DeleteInput = parse(input)?;
    let arn = input
        .arn
        .ok_or_else(|| rules::required("arn", "DeleteReportGroup"))?;
    account.store.write(|transaction| {
        let reports = tables::of_group(transaction, &arn);
        if !reports.is_empty() && !input.delete_reports {
            let count = reports.len();
            return Err(invalid(format!(
                "Report group {arn} still has {count} reports: delete them or set deleteReports"
            )));
        }
        for report in reports {
            tables::remove(transaction, &report.arn);
        }
        transaction.delete(&GROUPS, &arn);
        Ok(json!({}))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GetInput {
    report_group_arns: Option<Vec<String>>,
}

pub(in super::super) fn batch_get(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: GetInput = parse(input)?;
    let arns = rules::batch(
        input.report_group_arns,
        "reportGroupArns",
        "BatchGetReportGroups",
    )?;
    account.store.read(|tables| {
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for arn in arns {
            match get(tables, &arn) {
                Some(group) => found.push(group),
                None => missing.push(arn),
            }
        }
        Ok(json!({ "reportGroups": found, "reportGroupsNotFound": missing }))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListInput {
    sort_order: Option<SortOrder>,
    sort_by: Option<String>,
    next_token: Option<String>,
    max_results: Option<i64>,
}

pub(in super::super) fn list(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: ListInput = parse(input)?;
    let mut groups: Vec<Group> = account
        .store
        .read(|tables| tables.scan(&GROUPS, "").map(|(_, group)| group).collect());
    match input.sort_by.as_deref().unwrap_or("NAME") {
        "NAME" => groups.sort_by(|a, b| a.name.cmp(&b.name)),
        "CREATED_TIME" => groups.sort_by(|a, b| a.created.total_cmp(&b.created)),
        "LAST_MODIFIED_TIME" => groups.sort_by(|a, b| a.last_modified.total_cmp(&b.last_modified)),
        other => return Err(invalid(format!("Invalid report group sortBy: {other}"))),
    }
    let mut arns: Vec<String> = groups.into_iter().map(|group| group.arn).collect();
    if input.sort_order == Some(SortOrder::Descending) {
        arns.reverse();
    }
    lists::answer(
        "reportGroups",
        arns,
        input.max_results,
        input.next_token.as_deref(),
    )
}

//! Builds as they are remembered: found, listed, stopped and deleted.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    invalid,
    lists::{self, SortOrder},
    model::{Build, Status},
    projects, rules,
};
use crate::{
    Account, ServiceError,
    process::Group,
    services::parse,
    store::{StoreError, Table, Tables, Transaction},
};

const BUILDS: Table<Record> = Table::new("codebuild-builds");
/// Order → id.
const ORDER: Table<String> = Table::new("codebuild-build-order");
/// `<project>/<order>` → id.
const OF_PROJECT: Table<String> = Table::new("codebuild-project-builds");
/// Order → id of a build that is not complete.
const OPEN: Table<String> = Table::new("codebuild-open-builds");
/// `<group>\n<stream>` → id.
const STREAMS: Table<String> = Table::new("codebuild-log-streams");

/// A build and what only this endpoint needs to know of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) build: Build,
    /// Builds in the order in which they were started.
    pub(super) order: u64,
    pub(super) stop_requested: bool,
    /// The processes that may be running.
    pub(super) groups: Vec<Group>,
}

pub(super) fn get(tables: &Tables, id: &str) -> Option<Record> {
    // An ARN is an id with more in front.
    let id = id.rsplit_once(":build/").map_or(id, |(_, id)| id);
    tables.get(&BUILDS, id)
}

/// Writes a build back. Only for one that `insert` made.
pub(super) fn put(tables: &mut Transaction<'_>, record: &Record) -> Result<(), StoreError> {
    if record.build.build_complete {
        tables.delete(&OPEN, &order_key(record.order));
    }
    tables.put(&BUILDS, &record.build.id, record)
}

/// Adds a new build, which is open.
pub(super) fn insert(tables: &mut Transaction<'_>, record: &Record) -> Result<(), StoreError> {
    let Build {
        id,
        project_name,
        logs,
        ..
    } = &record.build;
    let order = order_key(record.order);
    tables.put(&ORDER, &order, id)?;
    tables.put(&OF_PROJECT, &format!("{project_name}/{order}"), id)?;
    tables.put(&OPEN, &order, id)?;
    if let (Some(group), Some(stream)) = (&logs.group_name, &logs.stream_name) {
        tables.put(&STREAMS, &stream_key(group, stream), id)?;
    }
    tables.put(&BUILDS, id, record)
}

fn order_key(order: u64) -> String {
    format!("{order:020}")
}

fn stream_key(group: &str, stream: &str) -> String {
    format!("{group}\n{stream}")
}

/// The ids of all builds that are not complete, oldest first.
pub(super) fn open(tables: &Tables) -> Vec<String> {
    tables.scan(&OPEN, "").map(|(_, id)| id).collect()
}

/// The ids of a project's builds that are not complete, oldest first.
pub(super) fn open_of(tables: &Tables, project: &str) -> Vec<String> {
    let mut open = open(tables);
    open.retain(|id| id.rsplit_once(':').is_some_and(|(name, _)| name == project));
    open
}

/// The build that writes a log stream.
pub(crate) struct LogStream {
    /// Of the stream.
    pub(crate) name: String,
    /// Of the file in the folder of logs.
    pub(crate) unique: String,
    pub(crate) start_time: f64,
    /// No more lines will come.
    pub(crate) complete: bool,
}

/// The stream `name` of a log group.
pub(crate) fn log_stream(tables: &Tables, group: &str, name: &str) -> Option<LogStream> {
    let id = tables.get(&STREAMS, &stream_key(group, name))?;
    stream_of(&get(tables, &id)?)
}

/// All streams of a log group, by name.
pub(crate) fn log_streams(tables: &Tables, group: &str) -> Vec<LogStream> {
    let ids = tables.scan(&STREAMS, &format!("{group}\n"));
    ids.filter_map(|(_, id)| stream_of(&get(tables, &id)?))
        .collect()
}

fn stream_of(record: &Record) -> Option<LogStream> {
    let build = &record.build;
    Some(LogStream {
        name: build.logs.stream_name.clone()?,
        unique: build.unique().to_owned(),
        start_time: build.start_time,
        complete: build.build_complete,
    })
}

#[derive(Deserialize)]
struct Ids {
    ids: Option<Vec<String>>,
}

pub(super) fn batch_get(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: Ids = parse(input)?;
    let ids = rules::batch(input.ids, "ids", "BatchGetBuilds")?;
    account.store.read(|tables| {
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for id in ids {
            match get(tables, &id) {
                Some(record) => found.push(record.build),
                None => missing.push(id),
            }
        }
        Ok(json!({ "builds": found, "buildsNotFound": missing }))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListInput {
    project_name: Option<String>,
    sort_order: Option<SortOrder>,
    next_token: Option<String>,
}

pub(super) fn list_for_project(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: ListInput = parse(input)?;
    let name = input
        .project_name
        .ok_or_else(|| rules::required("projectName", "ListBuildsForProject"))?;
    let ids = account.store.read(|tables| {
        projects::get(tables, &name)?;
        Some(
            tables
                .scan(&OF_PROJECT, &format!("{name}/"))
                .map(|(_, id)| id)
                .collect(),
        )
    });
    let ids = ids.ok_or_else(|| projects::not_found(account, &name))?;
    ids_page(ids, input.sort_order, input.next_token.as_deref())
}

/// How the last build of a project stands, if it ever had one.
pub(super) fn last_status(tables: &Tables, project: &str) -> Option<Status> {
    let of_project = format!("{project}/");
    let (_, id) = tables.scan(&OF_PROJECT, &of_project).last()?;
    get(tables, &id).map(|record| record.build.build_status)
}

pub(super) fn list(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: ListInput = parse(input)?;
    let ids = account
        .store
        .read(|tables| tables.scan(&ORDER, "").map(|(_, id)| id).collect());
    ids_page(ids, input.sort_order, input.next_token.as_deref())
}

/// `ids` come oldest first and go newest first unless the request says otherwise.
fn ids_page(
    mut ids: Vec<String>,
    order: Option<SortOrder>,
    token: Option<&str>,
) -> Result<Value, ServiceError> {
    if order != Some(SortOrder::Ascending) {
        ids.reverse();
    }
    lists::answer("ids", ids, None, token)
}

#[derive(Deserialize)]
struct StopInput {
    id: Option<String>,
}

pub(super) fn stop(account: &Arc<Account>, input: Value) -> Result<Value, ServiceError> {
    let input: StopInput = parse(input)?;
    let id = input.id.ok_or_else(|| rules::required("id", "StopBuild"))?;
    let build = request_stop(account, &id)?;
    Ok(json!({ "build": build }))
}

/// Has a build stopped, which takes a moment; one that is complete stays as it is.
pub(super) fn request_stop(account: &Arc<Account>, id: &str) -> Result<Build, ServiceError> {
    let record = account.store.write(|tables| {
        let mut record = get(tables, id).ok_or_else(|| not_found(id))?;
        if !record.build.build_complete {
            record.stop_requested = true;
            put(tables, &record)?;
        }
        Ok::<_, ServiceError>(record)
    })?;
    account.builds.stop(&record.build.id);
    Ok(record.build)
}

pub(super) fn not_found(id: &str) -> ServiceError {
    ServiceError::client(
        "ResourceNotFoundException",
        format!("Build cannot be found: {id}"),
    )
}

pub(super) fn batch_delete(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: Ids = parse(input)?;
    let ids = rules::batch(input.ids, "ids", "BatchDeleteBuilds")?;
    account.store.write(|tables| {
        let (mut deleted, mut kept) = (Vec::new(), Vec::new());
        for id in ids {
            match get(tables, &id) {
                None => return Err(invalid(format!("Build cannot be found: {id}"))),
                Some(record) if !record.build.build_complete => {
                    kept.push(json!({ "id": id, "statusCode": "BUILD_IN_PROGRESS" }));
                }
                Some(record) => {
                    remove(account, tables, &record);
                    deleted.push(record.build.arn);
                }
            }
        }
        Ok(json!({ "buildsDeleted": deleted, "buildsNotDeleted": kept }))
    })
}

fn remove(account: &Account, tables: &mut Transaction<'_>, record: &Record) {
    let Build {
        id,
        project_name,
        logs,
        ..
    } = &record.build;
    let order = order_key(record.order);
    tables.delete(&ORDER, &order);
    tables.delete(&OF_PROJECT, &format!("{project_name}/{order}"));
    if let (Some(group), Some(stream)) = (&logs.group_name, &logs.stream_name) {
        tables.delete(&STREAMS, &stream_key(group, stream));
    }
    tables.delete(&BUILDS, id);
    let log = super::log::path(account, record.build.unique());
    if let Err(error) = std::fs::remove_file(&log) {
        tracing::debug!(log = %log.display(), error = %error, "a deleted build had no log");
    }
}

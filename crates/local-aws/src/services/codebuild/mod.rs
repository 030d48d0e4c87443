//! CodeBuild: projects, builds as processes, reports, report groups.
//!
//! A build is a row in the journal first and a task in this process second ([`running`]); whatever the process does is
//! journaled phase by phase, so that a build survives the endpoint: it is started again from the beginning.

pub(crate) mod badge;
mod builds;
mod events;
mod lists;
pub(crate) mod log;
mod model;
mod plan;
mod projects;
mod reports;
mod rules;
mod run;
mod running;
mod start;

use std::{collections::BTreeSet, sync::Arc};

use serde_json::Value;
use tokio::task::JoinHandle;

use crate::{Account, Caller, ServiceError};

pub(crate) use builds::{LogStream, log_stream, log_streams};
pub(crate) use running::Running;

/// Answers one operation.
#[allow(clippy::unused_async, reason = "all services are called alike")]
pub(crate) async fn call(
    account: &Arc<Account>,
    caller: &Caller,
    operation: &str,
    input: Value,
) -> Result<Value, ServiceError> {
    match operation {
        "CreateProject" => projects::create(account, input),
        "UpdateProject" => projects::update(account, input),
        "DeleteProject" => projects::delete(account, input),
        "BatchGetProjects" => projects::batch_get(account, input),
        "ListProjects" => projects::list(account, input),
        "StartBuild" => start::start(account, caller, input),
        "RetryBuild" => start::retry(account, caller, input),
        "StopBuild" => builds::stop(account, input),
        "BatchGetBuilds" => builds::batch_get(account, input),
        "BatchDeleteBuilds" => builds::batch_delete(account, input),
        "ListBuilds" => builds::list(account, input),
        "ListBuildsForProject" => builds::list_for_project(account, input),
        "CreateReportGroup" => reports::groups::create(account, input),
        "DeleteReportGroup" => reports::groups::delete(account, input),
        "BatchGetReportGroups" => reports::groups::batch_get(account, input),
        "ListReportGroups" => reports::groups::list(account, input),
        "ListReports" => reports::queries::list(account, input),
        "ListReportsForReportGroup" => reports::queries::list_for_group(account, input),
        "BatchGetReports" => reports::queries::batch_get(account, input),
        "DeleteReport" => reports::queries::delete(account, input),
        "DescribeTestCases" => reports::queries::describe_test_cases(account, input),
        "DescribeCodeCoverages" => reports::queries::describe_code_coverages(account, input),
        _ => Err(ServiceError::unknown_operation("codebuild", operation)),
    }
}

/// Takes up the builds that were queued or running when the last process ended. Their tasks are kept in [`Running`].
pub(crate) fn resume(account: &Arc<Account>) -> Vec<JoinHandle<()>> {
    let open = account.store.read(builds::open);
    let unique = open.iter().filter_map(|id| id.rsplit_once(':'));
    run::remove_orphans(
        account,
        &unique.map(|(_, unique)| unique).collect::<BTreeSet<_>>(),
    );
    for id in open {
        account.builds.launch(account, &id);
    }
    Vec::new()
}

/// Ends the processes of all running builds.
pub(crate) async fn kill_all(account: &Account) {
    account.builds.abandon().await;
}

fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::client("InvalidInputException", message)
}

/// A random UUID, version 4.
fn uuid() -> String {
    let bits = fastrand::u128(..) & !(0xf << 76) | (0x4 << 76);
    let bits = bits & !(0x3 << 62) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    let parts = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)];
    parts
        .map(|(from, to)| hex.get(from..to).unwrap_or_default())
        .join("-")
}

#[cfg(test)]
mod tests;

//! CodeBuild: projects, builds as processes, reports, report groups.

use std::sync::Arc;

use serde_json::Value;
use tokio::task::JoinHandle;

use crate::{Account, Caller, ServiceError};

/// The builds that run in this process.
#[derive(Default)]
pub(crate) struct Running {}

/// Answers one operation.
pub(crate) async fn call(
    _account: &Arc<Account>,
    _caller: &Caller,
    operation: &str,
    _input: Value,
) -> Result<Value, ServiceError> {
    Err(ServiceError::unknown_operation("codebuild", operation))
}

/// Takes up the builds that were queued or running when the last process ended.
pub(crate) fn resume(_account: &Arc<Account>) -> Vec<JoinHandle<()>> {
    Vec::new()
}

/// Ends the processes of all running builds.
pub(crate) async fn kill_all(_account: &Account) {}

//! A line in the log for every call that changes something a person cares about.

use std::sync::Arc;

use local_aws::{Faults, Interference, Moment, Observer};

use super::interference::Kill;

const OF_NOTE: [&str; 19] = [
    "CreateRepository",
    "DeleteRepository",
    "CreatePullRequest",
    "UpdatePullRequestTitle",
    "UpdatePullRequestStatus",
    "UpdatePullRequestApprovalState",
    "OverridePullRequestApprovalRules",
    "MergePullRequestByFastForward",
    "MergePullRequestBySquash",
    "MergePullRequestByThreeWay",
    "PostCommentForPullRequest",
    "PostCommentReply",
    "UpdateComment",
    "CreateProject",
    "UpdateProject",
    "DeleteProject",
    "StartBuild",
    "StopBuild",
    "StartExecution",
];

/// Logs calls of note, lets `kill` strike and `faults` spoil.
pub(super) fn observer(kill: Option<Kill>, faults: Option<Arc<Faults>>) -> Observer {
    Arc::new(move |call, moment| {
        if let Some(kill) = &kill {
            kill.look(&call, moment);
        }
        if moment == Moment::After && OF_NOTE.contains(&call.operation.as_str()) {
            let who = call.caller.rsplit('/').next().unwrap_or_default();
            tracing::info!(caller = who, "{}", call.operation);
        }
        let faults = faults.clone();
        Box::pin(async move {
            match faults {
                Some(faults) => faults.interfere(&call, moment).await,
                None => Interference::Pass,
            }
        })
    })
}

//! The end of an environment: stop, wait, delete; and what is said about the merge.

use crate::{
    build::Build,
    id::{BuildId, TreeId},
    protocol::ResultRecord,
};

/// What to do about the builds of a closed pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopDecision {
    /// Stop these, then look again.
    Stop(Vec<BuildId>),
    /// Nothing runs: delete.
    Delete,
}

/// Decides from all builds of the project. A build that is stopped but not complete is waited for.
pub fn stop_builds(builds: &[Build]) -> StopDecision {
    let running: Vec<BuildId> = builds
        .iter()
        .filter(|build| !build.complete)
        .map(|build| build.id.clone())
        .collect();
    if running.is_empty() {
        StopDecision::Delete
    } else {
        StopDecision::Stop(running)
    }
}

/// What an environment consists of, besides its parameters, which go last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leftovers {
    /// Report group ARNs.
    pub report_groups: Vec<String>,
    /// Preview branches.
    pub branches: Vec<crate::id::BranchName>,
    /// Whether the project exists.
    pub project: bool,
}

/// Whether what was merged is not what was approved: `None` when nothing was approved or nothing can be compared.
pub fn merged_differs(result: Option<&ResultRecord>, merged_tree: Option<&TreeId>) -> Option<bool> {
    let tested = result
        .filter(|result| result.approval == super::ApprovalRecord::Given)?
        .tested_tree
        .as_ref()?;
    Some(tested != merged_tree?)
}

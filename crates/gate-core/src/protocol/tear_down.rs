//! The end of an environment: stop, wait, delete; and what is said about the merge.

use crate::{
    build::Build,
    id::{BuildId, CommitId, TreeId},
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

/// Whether a merge with another content than the tested one is of the same commits: then nothing had moved, and whoever merged chose
/// the content. Of a test that was no merge nobody can tell.
pub fn is_by_hand(tested: &[CommitId], merged: &[CommitId]) -> bool {
    tested.len() == 2 && !merged.is_empty() && merged.iter().all(|parent| tested.contains(parent))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        build::BuildStatus,
        protocol::ApprovalRecord,
        samples::{build, candidacy, execution},
        verdict::VerdictKind,
    };

    #[test]
    fn a_build_that_was_stopped_is_waited_for_until_nothing_of_it_runs() {
        let stopping = Build {
            complete: false,
            ..build(BuildStatus::Stopped)
        };
        let id = stopping.id.clone();
        assert_eq!(stop_builds(&[stopping]), StopDecision::Stop(vec![id]));
        let ended = [build(BuildStatus::Stopped), build(BuildStatus::Succeeded)];
        assert_eq!(stop_builds(&ended), StopDecision::Delete);
    }

    #[test]
    fn a_merge_differs_only_from_what_was_approved() {
        let tree = |text: &str| TreeId::new(text);
        let approved = ResultRecord {
            verdict: Some(VerdictKind::Approve),
            approval: ApprovalRecord::Given,
            tested_tree: Some(tree("tested")),
            ..ResultRecord::spoken(execution().name, candidacy().revision, None)
        };
        let other = Some(tree("by hand"));
        assert_eq!(merged_differs(Some(&approved), other.as_ref()), Some(true));
        let same = approved.tested_tree.as_ref();
        assert_eq!(merged_differs(Some(&approved), same), Some(false));
        assert_eq!(merged_differs(Some(&approved), None), None);
        assert_eq!(merged_differs(None, other.as_ref()), None);
        let rejected = ResultRecord {
            approval: ApprovalRecord::NotGiven,
            ..approved
        };
        assert_eq!(merged_differs(Some(&rejected), other.as_ref()), None);
    }
}

//! What the gate remembers in Parameter Store. Each record carries a version and has one writer.

use serde::{Deserialize, Serialize};

use super::Failures;
use crate::{
    id::{CheckName, CommentId, CommitId, RevisionId, RunName, TreeId},
    verdict::VerdictKind,
};

/// Project and badge of an open pull request; written by environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentRecord {
    /// 1.
    pub version: u32,
    /// The repository.
    pub repository: crate::id::RepositoryName,
    /// The CodeBuild project.
    pub project: String,
    /// Its badge, if CodeBuild gave one.
    pub badge_url: Option<String>,
}

/// What stands on the pull request by the gate's hand; written by the reporter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultRecord {
    /// 1.
    pub version: u32,
    /// The run that spoke last.
    pub run: RunName,
    /// Of which revision.
    pub revision: RevisionId,
    /// The comment about it; `None` when CodeCommit takes none.
    pub comment: Option<CommentId>,
    /// The verdict; `None` while it runs.
    pub verdict: Option<VerdictKind>,
    /// What was done with the approval.
    pub approval: ApprovalRecord,
    /// What was tested.
    pub tested_commit: Option<CommitId>,
    /// Its tree.
    pub tested_tree: Option<TreeId>,
    /// Set while the pull request waits for its turn to be tested again, the destination having moved: what the verdict was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deferred: Option<VerdictKind>,
    /// Whether the destination's rules were broken: whatever they say about its moves, the next one is another test.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rules_broken: bool,
    /// The verdict in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headline: Option<String>,
    /// The destination commit it was tested with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination_commit: Option<CommitId>,
    /// Checks that did not pass, required or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<CheckName>,
    /// The fingerprint of the conversation that the verdict knew of; `None` if nobody had asked for anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard: Option<String>,
    /// The fingerprint of its plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// The runs whose builds the verdict rests on, oldest first; the last is `run`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<RunName>,
    /// How often the candidate failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failures: Option<Failures>,
}

impl ResultRecord {
    /// A run spoke about a revision, without a verdict yet.
    pub fn spoken(run: RunName, revision: RevisionId, comment: Option<CommentId>) -> Self {
        Self {
            version: 1,
            run,
            revision,
            comment,
            verdict: None,
            approval: ApprovalRecord::NotGiven,
            tested_commit: None,
            tested_tree: None,
            headline: None,
            destination_commit: None,
            failed: Vec::new(),
            deferred: None,
            rules_broken: false,
            heard: None,
            plan: None,
            runs: Vec::new(),
            failures: None,
        }
    }

    /// What is written over `earlier`: of the same revision, what failed stays known.
    #[must_use]
    pub fn over(self, earlier: Option<&Self>) -> Self {
        let known = earlier
            .and_then(|earlier| earlier.failures.clone())
            .filter(|failures| failures.revision == self.revision);
        Self {
            failures: self.failures.or(known),
            ..self
        }
    }

    /// Whether its comment says that a verdict is to come.
    pub fn promises_more(&self) -> bool {
        self.verdict.is_none() && matches!(self.deferred, None | Some(VerdictKind::Approve))
    }
}

/// What was done with the approval of a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalRecord {
    /// The gate approves it.
    Given,
    /// It does not.
    NotGiven,
}

/// How long the checks of a repository took when they last passed; written by the reporter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Durations {
    /// 1.
    pub version: u32,
    /// Seconds by check, oldest first, at most [`Durations::KEPT`] each.
    pub checks: std::collections::BTreeMap<String, Vec<u64>>,
}

impl Durations {
    /// Passes kept per check.
    pub const KEPT: usize = 10;

    /// Adds a pass.
    pub fn add(&mut self, check: &str, seconds: u64) {
        self.version = 1;
        let passes = self.checks.entry(check.to_owned()).or_default();
        passes.push(seconds);
        if passes.len() > Self::KEPT {
            passes.remove(0);
        }
    }
}

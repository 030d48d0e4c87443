//! What is remembered of a verdict and of the builds it was made from.

use gate_aws::Clients;
use gate_core::{
    candidate::{Candidate, Preview},
    error::GateError,
    host::CodeHost,
    id::{CheckName, CommentId, TreeId},
    plan::Plan,
    protocol::{
        ApprovalRecord, Candidacy, Durations, Execution, Failures, ResultRecord, Run,
        counts_as_failed, one_more,
    },
    title::Flag,
    verdict::{CheckResult, Verdict, check_failure},
};

use crate::voice;

/// What was said about a candidate.
pub(super) struct Spoken<'a> {
    pub(super) verdict: &'a Verdict,
    pub(super) given: bool,
    pub(super) deferred: bool,
    pub(super) headline: String,
    pub(super) comment: Option<CommentId>,
    pub(super) tree: Option<TreeId>,
    pub(super) failures: Option<Failures>,
}

impl Spoken<'_> {
    /// What is remembered of it.
    pub(super) fn record(
        self,
        candidacy: &Candidacy,
        execution: &Execution,
        run: &Run,
        results: &[CheckResult],
    ) -> ResultRecord {
        let (name, revision) = (execution.name.clone(), candidacy.revision.clone());
        let tested_commit = run.candidate.as_ref().map(Candidate::tested_commit);
        let kind = self.verdict.kind();
        ResultRecord {
            verdict: (!self.deferred).then_some(kind),
            approval: if self.given {
                ApprovalRecord::Given
            } else {
                ApprovalRecord::NotGiven
            },
            tested_commit: tested_commit.cloned(),
            tested_tree: self.tree,
            deferred: self.deferred.then_some(kind),
            rules_broken: run.plan.stands_on_broken_rules(),
            headline: Some(self.headline),
            destination_commit: Some(candidacy.destination_commit.clone()),
            failed: failed(run.candidate.as_ref(), &run.plan, results),
            heard: run.plan.conversation.fingerprint(),
            plan: Some(run.fingerprint.clone()).filter(|plan| !plan.is_empty()),
            failures: self.failures,
            runs: [&run.continues[..], std::slice::from_ref(&execution.name)].concat(),
            ..ResultRecord::spoken(name, revision, self.comment)
        }
    }
}

/// The failed runs of the candidate, if this is one more.
pub(super) async fn failures(
    clients: &Clients,
    candidacy: &Candidacy,
    execution: &Execution,
    verdict: &Verdict,
    results: &[CheckResult],
) -> Result<Option<Failures>, GateError> {
    if !counts_as_failed(verdict, results, &execution.name) {
        return Ok(None);
    }
    let earlier = voice::record(clients, &candidacy.pull_request).await?;
    Ok(Some(one_more(earlier.as_ref(), candidacy, &execution.name)))
}

/// How many runs failed, if the rules have no other asked for.
pub(super) fn exhausted(plan: &Plan, failures: Option<&Failures>) -> Option<u32> {
    let times = failures?.times;
    plan.most_failed_runs
        .is_some_and(|most| times >= most)
        .then_some(times)
}

/// Checks that did not pass, as far as they are known by name; `/gate retry failed` builds them again.
fn failed(candidate: Option<&Candidate>, plan: &Plan, results: &[CheckResult]) -> Vec<CheckName> {
    let Some(candidate) = candidate else {
        return Vec::new();
    };
    let skipped = plan.flags.has(Flag::SkipTests);
    let failed = results.iter().filter(|result| {
        result.build.is_some() && check_failure(result, candidate, skipped).is_some()
    });
    failed.map(|result| result.check.name.clone()).collect()
}

/// The tree that was tested.
pub(super) async fn tested_tree(
    clients: &Clients,
    candidate: Option<&Candidate>,
) -> Result<Option<TreeId>, GateError> {
    let Some(candidate) = candidate else {
        return Ok(None);
    };
    Ok(Some(match &candidate.preview {
        Preview::Merged { tree, .. } => tree.clone(),
        Preview::FastForward => {
            clients
                .host
                .commit(&candidate.repository, &candidate.source_commit)
                .await?
                .tree
        }
    }))
}

/// Keeps how long each check took that passed with all it has to do: the poll schedule learns from it. No verdict hangs on that.
pub(super) async fn remember_durations(
    clients: &Clients,
    candidacy: &Candidacy,
    run: &Run,
    results: &[CheckResult],
) {
    if let Err(error) = add_durations(clients, candidacy, run, results).await {
        tracing::warn!(repository.name = %candidacy.repository, error = %error, "failed to remember how long checks took");
    }
}

async fn add_durations(
    clients: &Clients,
    candidacy: &Candidacy,
    run: &Run,
    results: &[CheckResult],
) -> Result<(), GateError> {
    let Some(candidate) = &run.candidate else {
        return Ok(());
    };
    if run.plan.flags.has(Flag::SkipTests) {
        return Ok(());
    }
    let passed = results
        .iter()
        .filter(|result| check_failure(result, candidate, false).is_none());
    let passed: Vec<_> = passed
        .filter_map(|result| Some((result.check.name.as_str(), result.build.as_ref()?.duration)))
        .collect();
    if passed.is_empty() {
        return Ok(());
    }
    let parameter = clients.names().durations(&candidacy.repository);
    let mut durations: Durations = clients
        .parameters
        .get(&parameter)
        .await?
        .unwrap_or_default();
    for (check, duration) in passed {
        durations.add(check, duration.as_secs().max(1));
    }
    let planned = run.plan.checks.iter().map(|check| &check.name);
    let left_out = run.plan.left_out.iter().map(|left_out| &left_out.name);
    durations.fit(planned.chain(left_out).map(CheckName::as_str));
    clients.parameters.put(&parameter, &durations).await
}

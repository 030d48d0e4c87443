//! Report: builds and reports → verdict → approval → comment. The approval is given first and looked at again, so that the
//! comment says what really became of it.

use gate_aws::{Clients, conversation, run};
use gate_core::{
    candidate::{Candidate, Preview},
    comment::{self, ApprovalRefused, Stage, View},
    conversation::Conversation,
    error::GateError,
    findings::{Earlier, Findings},
    host::{ApprovalOutcome, ApprovalState, CodeHost},
    id::{CheckName, CommentId, TreeId},
    names::objects,
    outcome, page,
    plan::Plan,
    protocol::{
        ApprovalRecord, Candidacy, Durations, Execution, Failures, Invocation, Next, ResultRecord,
        Run, Standing, State, after_approval, counts_as_failed, look_again, one_more, reruns,
        tip_has_moved,
    },
    pull_request::PullRequest,
    report::ReportStatus,
    title::Flag,
    verdict::{Approval, CheckResult, Verdict, check_failure, decide},
};

use crate::{
    audit, evidence,
    memory::{self, Memory},
    subject, voice, withdraw_approval,
};

/// How often a report that CodeBuild still reads is waited for, and how long each time.
const REPORT_LOOKS: u32 = 12;
const REPORT_SECONDS: u64 = 5;

/// How long after a look at failed tests they are tried again.
const RERUN_SECONDS: u64 = 1;

pub(crate) async fn report(clients: &Clients, invocation: Invocation) -> Result<State, GateError> {
    let candidacy = invocation.candidacy()?.clone();
    let mut run_state = invocation.run()?.clone();
    let Invocation {
        execution, state, ..
    } = invocation;
    let (standing, live) = run::standing(clients, &candidacy, &execution).await?;
    let Some(live) = live.filter(|_| standing == Standing::Current) else {
        return Ok(state.then(Next::End));
    };
    let mut results = evidence::collect(clients, &run_state).await?;
    if let Some(seconds) = not_yet(&mut run_state, &results) {
        let run = Some(run_state);
        return Ok(State { run, ..state }.wait(seconds));
    }
    let found = findings(&execution, &run_state, &results);
    let memory = memory(clients, &candidacy, &live, &results, found.is_some()).await?;
    if let Some(memory) = &memory {
        evidence::remember(&mut results, memory);
    }
    let heard = heard(clients, &candidacy).await?;
    // The rest of what was asked is in the plan since Prepare, or a run of its own is on its way for it.
    run_state.plan.conversation.hold.clone_from(&heard.hold);
    let verdict = decide(&run_state.plan, run_state.candidate.as_ref(), &results);
    let settled = settle_approval(
        clients, &candidacy, &execution, &run_state, &verdict, &heard,
    )
    .await?;
    let (stage, refused) = match settled {
        Settled::Held => return Ok(again(state, run_state)),
        Settled::Lost => return Ok(state.then(Next::End)),
        Settled::Moved => (Stage::Deferred, None),
        Settled::Stands(refused) => {
            let verdict = &verdict;
            (Stage::Finished { verdict, refused }, refused)
        }
    };
    let deferred = matches!(stage, Stage::Deferred);
    voice::mark_superseded(clients, &candidacy).await?;
    let failures = failures(clients, &candidacy, &execution, &verdict, &results).await?;
    let compared = memory.as_ref().filter(|_| found.is_some());
    let changed = changed(clients, run_state.candidate.as_ref(), &results).await;
    let view = View {
        run: &execution.name,
        candidacy: &candidacy,
        source: &live.source,
        destination: &live.destination,
        candidate: run_state.candidate.as_ref(),
        plan: Some(&run_state.plan),
        results: &results,
        earlier: compared.map_or(Earlier::NotAsked, Memory::earlier),
        changed: changed.as_deref(),
        report: None,
        exhausted: exhausted(&run_state.plan, failures.as_ref()),
        stage,
    };
    let page = publish(clients, &view, compared, found.as_ref()).await;
    let view = View {
        report: page.as_deref(),
        ..view
    };
    let comment = voice::speak(clients, &candidacy, &live, &view).await?;
    let tree = tested_tree(clients, run_state.candidate.as_ref()).await?;
    remember_durations(clients, &candidacy, &run_state, &results).await?;
    if let (Some(tree), Some(found)) = (&tree, &found) {
        memory::keep(clients, &candidacy.repository, tree, found).await;
    }
    let given = matches!(verdict, Verdict::Approve(_)) && refused.is_none() && !deferred;
    let record = Spoken {
        verdict: &verdict,
        given,
        deferred,
        headline: comment::headline(&view),
        comment,
        tree,
        failures,
    }
    .record(&candidacy, &execution, &run_state, &results);
    let record = voice::put_record(clients, &candidacy.pull_request, record).await?;
    let flags = &run_state.plan.flags;
    audit::tell(
        &candidacy,
        &execution,
        flags,
        verdict.kind(),
        record.approval,
    );
    // Whoever held or lifted a hold before this record was there left it to this run.
    if look_again(&heard, &self::heard(clients, &candidacy).await?) {
        return Ok(again(state, run_state));
    }
    let subject = subject(clients, &state.request);
    let said = (!deferred)
        .then(|| outcome::of_verdict(subject, verdict.kind(), &comment::headline(&view)));
    Ok(State {
        run: Some(run_state.clone()),
        outcome: said,
        ..state
    }
    .then(Next::End))
}

/// What was said about a candidate.
struct Spoken<'a> {
    verdict: &'a Verdict,
    given: bool,
    deferred: bool,
    headline: String,
    comment: Option<CommentId>,
    tree: Option<TreeId>,
    failures: Option<Failures>,
}

impl Spoken<'_> {
    /// What is remembered of it.
    fn record(
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
async fn failures(
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
fn exhausted(plan: &Plan, failures: Option<&Failures>) -> Option<u32> {
    let times = failures?.times;
    plan.most_failed_runs
        .is_some_and(|most| times >= most)
        .then_some(times)
}

/// What is known of the destination, where there is anything to compare with it or a rule asks. Where a rule asks, a bucket
/// that cannot be read now is asked again: an approval must not hang on that.
async fn memory(
    clients: &Clients,
    candidacy: &Candidacy,
    live: &PullRequest,
    results: &[CheckResult],
    compares: bool,
) -> Result<Option<Memory>, GateError> {
    let asks = |result: &CheckResult| result.check.demands.maximum_drop.is_some();
    let judges = results.iter().any(asks);
    if !judges && !compares {
        return Ok(None);
    }
    let known = memory::of_branch(clients, &candidacy.repository, &live.destination).await;
    match known {
        Ok(memory) => Ok(Some(memory)),
        Err(error) if judges && error.is_transient() => Err(error),
        Err(error) => {
            tracing::warn!(error = %error, "failed to read a baseline: the comment shows no differences");
            Ok(Some(Memory::Unreadable))
        }
    }
}

/// The files that the pull request changes, for the coverage of each. It only explains.
async fn changed(
    clients: &Clients,
    candidate: Option<&Candidate>,
    results: &[CheckResult],
) -> Option<Vec<String>> {
    let candidate = candidate?;
    let covers = |result: &CheckResult| result.coverage().is_some();
    if !results.iter().any(covers) {
        return None;
    }
    let (before, after) = (&candidate.destination_commit, candidate.tested_commit());
    let files = clients
        .host
        .changed_files(&candidate.repository, before, after)
        .await;
    files
        .inspect_err(|error| {
            tracing::warn!(error = %error, "failed to list what the pull request changes");
        })
        .ok()
}

/// What people asked for about the revision, as it stands now.
async fn heard(clients: &Clients, candidacy: &Candidacy) -> Result<Conversation, GateError> {
    conversation::of(clients, &candidacy.pull_request, &candidacy.revision).await
}

/// A further look at the same builds, and a further verdict.
fn again(state: State, run: Run) -> State {
    State {
        run: Some(run),
        ..state
    }
    .wait(1)
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

/// When to look again, if the results are not the last: reports are still being read, or failed tests are tried once more.
fn not_yet(run: &mut Run, results: &[CheckResult]) -> Option<u64> {
    if results.iter().any(generating) && run.report_looks < REPORT_LOOKS {
        run.report_looks += 1;
        return Some(REPORT_SECONDS);
    }
    let reruns = reruns(&run.builds, results);
    for started in &mut run.builds {
        started.tried_again |= reruns.contains(&started.id);
    }
    (!reruns.is_empty()).then(|| {
        tracing::info!(project = run.project, builds = ?reruns, "failed tests are tried once more");
        RERUN_SECONDS
    })
}

/// The page with all results of what was built: where it can be read.
async fn publish(
    clients: &Clients,
    view: &View<'_>,
    memory: Option<&Memory>,
    found: Option<&Findings>,
) -> Option<String> {
    let candidate = view.candidate?;
    let mut history = memory.map_or(&[][..], Memory::history).to_vec();
    history.extend(found.map(|found| {
        let commit = candidate.tested_commit().clone();
        found.point(commit, view.candidacy.pull_request.clone())
    }));
    let key = objects::report(&view.candidacy.repository, view.run);
    memory::publish(clients, &key, page::render(view, &history)).await
}

/// What was found, to compare with and to be compared; nothing where tests or checks were left out, or where there are no
/// reports.
fn findings(execution: &Execution, run: &Run, results: &[CheckResult]) -> Option<Findings> {
    let commit = run.candidate.as_ref()?.tested_commit().clone();
    let found = Findings::new(
        execution.name.clone(),
        execution.start_time.clone(),
        commit,
        results,
    );
    let skipped = run.plan.flags.has(Flag::SkipTests) || !run.plan.left_out.is_empty();
    let has_any = found.tests.is_some() || found.coverage.is_some();
    (has_any && !skipped).then_some(found)
}

fn generating(result: &CheckResult) -> bool {
    result
        .reports
        .iter()
        .any(|report| report.status == ReportStatus::Generating)
}

/// What became of the approval.
enum Settled {
    /// It is as the verdict says, but for what CodeCommit refused.
    Stands(Option<ApprovalRefused>),
    /// It was deserved and is not given: the destination has moved.
    Moved,
    /// The run lost its say meanwhile.
    Lost,
    /// Somebody held the pull request meanwhile: the approval is taken back and the verdict another.
    Held,
}

/// Gives or takes back the approval.
async fn settle_approval(
    clients: &Clients,
    candidacy: &Candidacy,
    execution: &Execution,
    run_state: &Run,
    verdict: &Verdict,
    heard: &Conversation,
) -> Result<Settled, GateError> {
    let Candidacy {
        pull_request,
        revision,
        ..
    } = candidacy;
    let Verdict::Approve(approval) = verdict else {
        withdraw_approval(clients, pull_request, revision).await?;
        return Ok(Settled::Stands(None));
    };
    if has_moved(clients, candidacy, run_state).await? {
        withdraw_approval(clients, pull_request, revision).await?;
        return Ok(Settled::Moved);
    }
    let refused = match approve(clients, approval).await? {
        ApprovalOutcome::Done => None,
        ApprovalOutcome::NoPullRequest => return Ok(Settled::Lost),
        ApprovalOutcome::RevisionNotCurrent => Some(ApprovalRefused::RevisionNotCurrent),
        ApprovalOutcome::Closed => Some(ApprovalRefused::Closed),
        ApprovalOutcome::OwnPullRequest => Some(ApprovalRefused::OwnPullRequest),
        ApprovalOutcome::TooMany => Some(ApprovalRefused::TooMany),
    };
    if refused.is_some() {
        return Ok(Settled::Stands(refused));
    }
    let (standing, _) = run::standing(clients, candidacy, execution).await?;
    if after_approval(standing) {
        take_back(clients, candidacy, &format!("{standing:?}")).await?;
        return Ok(Settled::Lost);
    }
    if standing == Standing::Current && has_moved(clients, candidacy, run_state).await? {
        take_back(clients, candidacy, "the destination moved").await?;
        return Ok(Settled::Moved);
    }
    if look_again(heard, &self::heard(clients, candidacy).await?) {
        take_back(clients, candidacy, "somebody held it").await?;
        return Ok(Settled::Held);
    }
    Ok(Settled::Stands(None))
}

/// Takes back an approval that came too late.
async fn take_back(clients: &Clients, candidacy: &Candidacy, why: &str) -> Result<(), GateError> {
    let Candidacy {
        pull_request,
        revision,
        ..
    } = candidacy;
    tracing::info!(pull_request.id = %pull_request, why, "the approval came too late and is taken back");
    let revoke = ApprovalState::Revoke;
    clients
        .host
        .set_approval(pull_request, revision, revoke)
        .await?;
    Ok(())
}

/// Whether by the rules the run must not approve, because its destination is not what it tested with.
async fn has_moved(
    clients: &Clients,
    candidacy: &Candidacy,
    run_state: &Run,
) -> Result<bool, GateError> {
    let Some(candidate) = run_state
        .candidate
        .as_ref()
        .filter(|_| run_state.plan.retest)
    else {
        return Ok(false);
    };
    let tip = clients
        .host
        .branch_tip(&candidacy.repository, &candidate.destination)
        .await?;
    Ok(tip_has_moved(
        &run_state.plan,
        &candidacy.destination_commit,
        tip.as_ref(),
    ))
}

async fn approve(clients: &Clients, approval: &Approval) -> Result<ApprovalOutcome, GateError> {
    clients
        .host
        .set_approval(
            approval.pull_request(),
            approval.revision(),
            ApprovalState::Approve,
        )
        .await
}

async fn tested_tree(
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

/// Keeps how long each check took that passed with all it has to do: the poll schedule learns from it.
async fn remember_durations(
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
    clients.parameters.put(&parameter, &durations).await
}

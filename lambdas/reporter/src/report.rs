//! Report: builds and reports → verdict → approval → comment. The approval is given first and looked at again, so that the
//! comment says what really became of it.

use gate_aws::{Clients, run};
use gate_core::{
    candidate::{Candidate, Preview},
    comment::{self, ApprovalRefused, Stage, View},
    error::GateError,
    findings::{Earlier, Findings},
    host::{ApprovalOutcome, ApprovalState, CodeHost},
    id::TreeId,
    names::objects,
    outcome, page,
    protocol::{
        ApprovalRecord, Candidacy, Durations, Execution, Invocation, Next, ResultRecord, Run,
        Standing, State, after_approval,
    },
    pull_request::PullRequest,
    report::ReportStatus,
    title::Flag,
    verdict::{Approval, CheckResult, Verdict, check_failure, decide},
};

use crate::{
    evidence,
    memory::{self, Memory},
    subject, voice, withdraw_approval,
};

/// How often a report that CodeBuild still reads is waited for, and how long each time.
const REPORT_LOOKS: u32 = 12;
const REPORT_SECONDS: u64 = 5;

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
    if results.iter().any(generating) && run_state.report_looks < REPORT_LOOKS {
        run_state.report_looks += 1;
        return Ok(State {
            run: Some(run_state),
            ..state
        }
        .wait(REPORT_SECONDS));
    }
    let found = findings(&execution, &run_state, &results);
    let memory = memory(clients, &candidacy, &live, &results, found.is_some()).await?;
    if let Some(memory) = &memory {
        evidence::remember(&mut results, memory);
    }
    let verdict = decide(&run_state.plan, run_state.candidate.as_ref(), &results);
    let Some(refused) = settle_approval(clients, &candidacy, &execution, &verdict).await? else {
        return Ok(state.then(Next::End));
    };
    voice::mark_superseded(clients, &candidacy).await?;
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
        stage: Stage::Finished {
            verdict: &verdict,
            refused: refused.reason,
        },
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
    let given = matches!(verdict, Verdict::Approve(_)) && refused.reason.is_none();
    let record = ResultRecord {
        version: 1,
        run: execution.name.clone(),
        revision: candidacy.revision.clone(),
        comment,
        verdict: Some(verdict.kind()),
        approval: if given {
            ApprovalRecord::Given
        } else {
            ApprovalRecord::NotGiven
        },
        tested_commit: run_state
            .candidate
            .as_ref()
            .map(|candidate| candidate.tested_commit().clone()),
        tested_tree: tree,
    };
    voice::put_record(clients, &candidacy.pull_request, &record).await?;
    tracing::info!(
        pull_request.id = %candidacy.pull_request,
        run.name = %execution.name,
        verdict = ?verdict.kind(),
        approval = ?record.approval,
        "gave the verdict"
    );
    let subject = subject(clients, &state.request);
    let said = outcome::of_verdict(subject, verdict.kind(), &comment::headline(&view));
    Ok(State {
        run: Some(run_state.clone()),
        outcome: Some(said),
        ..state
    }
    .then(Next::End))
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

/// What became of the approval; `reason` says why a deserved one was not given.
struct Settled {
    reason: Option<ApprovalRefused>,
}

/// Gives or takes back the approval; `None` when the run lost its say meanwhile.
async fn settle_approval(
    clients: &Clients,
    candidacy: &Candidacy,
    execution: &Execution,
    verdict: &Verdict,
) -> Result<Option<Settled>, GateError> {
    let Verdict::Approve(approval) = verdict else {
        withdraw_approval(clients, candidacy).await?;
        return Ok(Some(Settled { reason: None }));
    };
    let reason = match approve(clients, approval).await? {
        ApprovalOutcome::Done => None,
        ApprovalOutcome::NoPullRequest => return Ok(None),
        ApprovalOutcome::RevisionNotCurrent => Some(ApprovalRefused::RevisionNotCurrent),
        ApprovalOutcome::Closed => Some(ApprovalRefused::Closed),
        ApprovalOutcome::OwnPullRequest => Some(ApprovalRefused::OwnPullRequest),
        ApprovalOutcome::TooMany => Some(ApprovalRefused::TooMany),
    };
    if reason.is_none() {
        let (standing, _) = run::standing(clients, candidacy, execution).await?;
        if after_approval(standing) {
            tracing::info!(pull_request.id = %candidacy.pull_request, standing = ?standing, "the approval came too late and is taken back");
            let Candidacy {
                pull_request,
                revision,
                ..
            } = candidacy;
            clients
                .host
                .set_approval(pull_request, revision, ApprovalState::Revoke)
                .await?;
            return Ok(None);
        }
    }
    Ok(Some(Settled { reason }))
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

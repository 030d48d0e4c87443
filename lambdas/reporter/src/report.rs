//! Report: builds and reports → verdict → approval → comment. The approval is given first and looked at again, so that the
//! comment says what really became of it.

mod approval;
mod record;

use gate_aws::{Clients, conversation, run};
use gate_core::{
    candidate::Candidate,
    comment::{self, Stage, View},
    conversation::Conversation,
    error::GateError,
    findings::{Earlier, Findings},
    host::CodeHost,
    names::objects,
    outcome, page,
    protocol::{
        Candidacy, Execution, Invocation, Next, Run, Standing, State, is_of, look_again, reruns,
    },
    pull_request::PullRequest,
    report::ReportStatus,
    title::Flag,
    verdict::{CheckResult, Verdict, decide},
};

use crate::{
    audit, evidence,
    memory::{self, Memory},
    subject, voice,
};
use approval::Settled;
use record::Spoken;

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
    let of_another = |tested: &&Candidate| !is_of(tested, &candidacy, &live);
    if run_state
        .candidate
        .as_ref()
        .as_ref()
        .is_some_and(of_another)
    {
        return Err(GateError::InvalidInput {
            step: format!("run {}", execution.name),
            message: "what it tested is not what it speaks about".to_owned(),
        });
    }
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
    let settled = approval::settle(
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
    let conclusion = Conclusion {
        verdict: &verdict,
        approved: matches!(verdict, Verdict::Approve(_)) && refused.is_none() && !deferred,
        stage,
    };
    let basis = Basis {
        candidacy: &candidacy,
        execution: &execution,
        live: &live,
        run: &run_state,
        results: &results,
        found: found.as_ref(),
        memory: memory.as_ref(),
    };
    let headline = say(clients, basis, conclusion).await?;
    // Whoever held or lifted a hold before this record was there left it to this run.
    if look_again(&heard, &self::heard(clients, &candidacy).await?) {
        return Ok(again(state, run_state));
    }
    let subject = subject(clients, &state.request);
    let said = (!deferred).then(|| outcome::of_verdict(subject, verdict.kind(), &headline));
    Ok(State {
        run: Some(run_state.clone()),
        outcome: said,
        ..state
    }
    .then(Next::End))
}

/// A verdict, and what became of its approval.
struct Conclusion<'a> {
    verdict: &'a Verdict,
    approved: bool,
    stage: Stage<'a>,
}

/// What a verdict was made from.
#[derive(Clone, Copy)]
struct Basis<'a> {
    candidacy: &'a Candidacy,
    execution: &'a Execution,
    live: &'a PullRequest,
    run: &'a Run,
    results: &'a [CheckResult],
    found: Option<&'a Findings>,
    memory: Option<&'a Memory>,
}

/// Writes the page, the comment and the records; answers the comment's headline.
async fn say(
    clients: &Clients,
    basis: Basis<'_>,
    said: Conclusion<'_>,
) -> Result<String, GateError> {
    let Basis {
        candidacy,
        execution,
        live,
        run,
        results,
        found,
        memory,
    } = basis;
    let deferred = matches!(said.stage, Stage::Deferred);
    voice::mark_superseded(clients, candidacy, execution).await?;
    let failures = record::failures(clients, candidacy, execution, said.verdict, results).await?;
    let compared = memory.filter(|_| found.is_some());
    let changed = changed(clients, run.candidate.as_ref(), results).await;
    let view = View {
        run: &execution.name,
        candidacy,
        title: &live.title,
        source: &live.source,
        destination: &live.destination,
        candidate: run.candidate.as_ref(),
        plan: Some(&run.plan),
        results,
        earlier: compared.map_or(Earlier::NotAsked, Memory::earlier),
        changed: changed.as_deref(),
        report: None,
        exhausted: record::exhausted(&run.plan, failures.as_ref()),
        stage: said.stage,
    };
    let page = publish(clients, &view, compared, found).await;
    let view = View {
        report: page.as_deref(),
        ..view
    };
    let comment = voice::speak(clients, candidacy, live, &view).await?;
    let tree = record::tested_tree(clients, run.candidate.as_ref()).await?;
    record::remember_durations(clients, candidacy, run, results).await;
    if let (Some(tree), Some(found)) = (&tree, found) {
        memory::keep(clients, &candidacy.repository, tree, found).await;
    }
    let headline = comment::headline(&view);
    let record = Spoken {
        verdict: said.verdict,
        given: said.approved,
        deferred,
        headline: headline.clone(),
        comment,
        tree,
        failures,
    }
    .record(candidacy, execution, run, results);
    let record = voice::put_record(clients, &candidacy.pull_request, execution, record).await?;
    let kind = said.verdict.kind();
    audit::tell(candidacy, execution, &run.plan.flags, kind, record.approval);
    Ok(headline)
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

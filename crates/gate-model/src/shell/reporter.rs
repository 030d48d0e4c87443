//! `lambdas/reporter`.

use gate_core::{
    build::BuildStatus,
    protocol::{Next, Standing, after_approval, merged_differs},
    report::{Report, ReportContent, ReportStatus, Tests},
    verdict::{CheckResult, Verdict, VerdictKind, decide},
};

use super::{Step, environment::tested, standing::standing, unasked};
use crate::{
    calls::{Answer, Approval, Call},
    numbers,
    replay::Handled,
    world::{Build, Comment, Record, Title},
};

/// `lib.rs`: take back an earlier approval of this revision.
pub(crate) fn revoke(step: &mut Step<'_, '_>) -> Handled<Next> {
    if standing(step)?.0 != Standing::Current {
        return Ok(Next::End);
    }
    withdraw_approval(step)?;
    Ok(Next::Build)
}

fn withdraw_approval(step: &mut Step<'_, '_>) -> Handled<()> {
    let revision = step.candidate()?.revision;
    let recorded = step.calls.record()?;
    let recorded = recorded.is_some_and(|record| record.revision == revision && record.given);
    if step.calls.found(Call::ReadApproval { revision })? || recorded {
        step.calls.act(Call::Revoke { revision })?;
    }
    Ok(())
}

/// `voice.rs`: the comment of an earlier revision that never got its verdict.
fn mark_superseded(step: &mut Step<'_, '_>) -> Handled<()> {
    let revision = step.candidate()?.revision;
    let earlier = step.calls.record()?;
    let earlier = earlier.filter(|record| record.revision != revision && record.verdict.is_none());
    if let Some(earlier) = earlier {
        step.calls.act(Call::Comment {
            revision: earlier.revision,
            comment: Comment::Ended,
        })?;
    }
    Ok(())
}

/// `lib.rs`: say that builds run.
pub(crate) fn announce(step: &mut Step<'_, '_>) -> Handled<Next> {
    let revision = step.candidate()?.revision;
    if standing(step)?.0 != Standing::Current {
        return Ok(Next::End);
    }
    mark_superseded(step)?;
    let comment = Comment::Running;
    step.calls.act(Call::Comment { revision, comment })?;
    step.calls.act(Call::WriteRecord(Record {
        run: step.run,
        revision,
        verdict: None,
        given: false,
        tested: None,
    }))?;
    Ok(Next::Wait)
}

/// `report.rs`: verdict, approval, a second look, comment, record.
pub(crate) fn report(step: &mut Step<'_, '_>) -> Handled<()> {
    let revision = step.candidate()?.revision;
    if standing(step)?.0 != Standing::Current {
        return Ok(());
    }
    let tested = tested(step)?;
    let builds = step.calls.builds(Call::ReadBuilds)?;
    let title = step.memory.title.unwrap_or(Title::Plain);
    let result = result(step, &builds);
    let candidate = tested.map(numbers::candidate);
    let verdict = decide(numbers::plan(title), candidate.as_ref(), &[result]);
    let Some(refused) = settle_approval(step, &verdict)? else {
        return Ok(());
    };
    mark_superseded(step)?;
    let verdict = verdict.kind();
    let comment = Comment::Finished(verdict);
    step.calls.act(Call::Comment { revision, comment })?;
    step.calls.act(Call::WriteRecord(Record {
        run: step.run,
        revision,
        verdict: Some(verdict),
        given: verdict == VerdictKind::Approve && !refused,
        tested,
    }))
}

/// `evidence.rs`: the last build of the check, and its report.
fn result(step: &Step<'_, '_>, builds: &[Build]) -> CheckResult {
    let last = step.memory.builds.last().map(|(_, number)| *number);
    let last = last.and_then(|last| Some((last, builds.get(usize::from(last))?)));
    let shown =
        last.map(|(number, build)| numbers::shown(step.calls.runs, usize::from(number), build));
    let passed = shown
        .as_ref()
        .is_some_and(|build| build.status == BuildStatus::Succeeded);
    let unit = Report {
        name: "unit".to_owned(),
        status: ReportStatus::Complete,
        content: ReportContent::Tests(Tests {
            total: 1,
            passed: 1,
            ..Tests::default()
        }),
    };
    let reported = passed && last.is_some_and(|(_, build)| build.tested);
    CheckResult {
        check: numbers::plan(Title::Plain).checks[0].clone(),
        build: shown,
        reports: reported.then_some(unit).into_iter().collect(),
        log_end: None,
        coverage_before: None,
    }
}

/// Whether a deserved approval was refused; `None` when the run lost its say meanwhile.
fn settle_approval(step: &mut Step<'_, '_>, verdict: &Verdict) -> Handled<Option<bool>> {
    let Verdict::Approve(approval) = verdict else {
        withdraw_approval(step)?;
        return Ok(Some(false));
    };
    let revision = numbers::revision_number(approval.revision());
    let run = step.run;
    let refused = match step.calls.ask(Call::Approve { run, revision })? {
        Answer::Approval(outcome) => outcome != Approval::Done,
        other => return unasked(&other),
    };
    if !refused && after_approval(standing(step)?.0) {
        let revision = step.candidate()?.revision;
        step.calls.act(Call::Revoke { revision })?;
        return Ok(None);
    }
    Ok(Some(refused))
}

/// `lib.rs`: why the run failed.
pub(crate) fn explain(step: &mut Step<'_, '_>) -> Handled<()> {
    if standing(step)?.0 != Standing::Current {
        return Ok(());
    }
    say_failure(step, Comment::Failed)
}

fn say_failure(step: &mut Step<'_, '_>, comment: Comment) -> Handled<()> {
    let revision = step.candidate()?.revision;
    let live = step.calls.pull_request()?;
    if live.open && live.revision == revision {
        step.calls.act(Call::Comment { revision, comment })?;
    }
    Ok(())
}

/// `lib.rs`: the gate gave up.
pub(crate) fn say(step: &mut Step<'_, '_>) -> Handled<()> {
    let revision = step.candidate()?.revision;
    let live = step.calls.pull_request()?;
    if live.open && live.revision == revision {
        withdraw_approval(step)?;
        say_failure(step, Comment::GaveUp)?;
    }
    Ok(())
}

/// `conclude.rs`: the last word on a closed pull request.
pub(crate) fn conclude(step: &mut Step<'_, '_>) -> Handled<()> {
    let Some(record) = step.calls.record()? else {
        return Ok(());
    };
    if record.verdict.is_none() {
        step.calls.act(Call::Comment {
            revision: record.revision,
            comment: Comment::Ended,
        })?;
    }
    let live = step.calls.pull_request()?;
    if let (Some(merged), Some(tested)) = (live.merged, record.tested) {
        let tree = numbers::tree(merged);
        let record = numbers::record(step.calls.runs, record);
        if merged_differs(Some(&record), Some(&tree)) == Some(true) {
            step.calls.act(Call::SayMergedDiffers { tested })?;
        }
    }
    Ok(())
}

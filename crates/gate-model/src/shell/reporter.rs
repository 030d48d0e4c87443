//! `lambdas/reporter`.

use gate_core::{
    build::BuildStatus,
    plan::Plan,
    protocol::{Next, Standing, after_approval, merged_differs, tip_has_moved},
    report::{Report, ReportContent, ReportStatus, Tests},
    verdict::{CheckResult, Verdict, VerdictKind, decide},
};

use super::{Step, environment::tested, standing::standing, unasked};
use crate::{
    calls::{Answer, Approval, Call},
    numbers,
    replay::Handled,
    world::{Build, Comment, Record, Request, Title},
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
    let runs = step.calls.runs;
    let earlier = earlier.filter(|record| {
        record.revision != revision && numbers::record(runs, *record).promises_more()
    });
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
        deferred: None,
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
    let settled = settle_approval(step, &verdict)?;
    let (deferred, refused) = match settled {
        Settled::Lost => return Ok(()),
        Settled::Moved => (true, false),
        Settled::Said { refused } => (false, refused),
    };
    mark_superseded(step)?;
    let verdict = verdict.kind();
    let comment = if deferred {
        Comment::Waiting
    } else {
        Comment::Finished(verdict)
    };
    step.calls.act(Call::Comment { revision, comment })?;
    step.calls.act(Call::WriteRecord(Record {
        run: step.run,
        revision,
        verdict: (!deferred).then_some(verdict),
        given: verdict == VerdictKind::Approve && !refused && !deferred,
        tested,
        deferred: deferred.then_some(verdict),
    }))
}

/// `defer.rs`: takes back the approval and says that a further test waits for its turn.
fn defer(step: &mut Step<'_, '_>) -> Handled<()> {
    let revision = step.candidate()?.revision;
    if standing(step)?.0 != Standing::Current {
        return Ok(());
    }
    withdraw_approval(step)?;
    let earlier = step.calls.record()?;
    let earlier = earlier.filter(|record| record.revision == revision);
    let was = earlier
        .and_then(|record| record.verdict.or(record.deferred))
        .unwrap_or(VerdictKind::Hold);
    if earlier.is_some() {
        let comment = Comment::Waiting;
        step.calls.act(Call::Comment { revision, comment })?;
    }
    step.calls.act(Call::WriteRecord(Record {
        run: step.run,
        revision,
        verdict: None,
        given: false,
        tested: None,
        deferred: Some(was),
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

/// What became of the approval.
enum Settled {
    Said { refused: bool },
    Moved,
    Lost,
}

fn settle_approval(step: &mut Step<'_, '_>, verdict: &Verdict) -> Handled<Settled> {
    let Verdict::Approve(approval) = verdict else {
        withdraw_approval(step)?;
        return Ok(Settled::Said { refused: false });
    };
    if has_moved(step)? {
        withdraw_approval(step)?;
        return Ok(Settled::Moved);
    }
    let revision = numbers::revision_number(approval.revision());
    let run = step.run;
    let refused = match step.calls.ask(Call::Approve { run, revision })? {
        Answer::Approval(outcome) => outcome != Approval::Done,
        other => return unasked(&other),
    };
    if refused {
        return Ok(Settled::Said { refused });
    }
    let standing = standing(step)?.0;
    let revision = step.candidate()?.revision;
    if after_approval(standing) {
        step.calls.act(Call::Revoke { revision })?;
        return Ok(Settled::Lost);
    }
    if standing == Standing::Current && has_moved(step)? {
        step.calls.act(Call::Revoke { revision })?;
        return Ok(Settled::Moved);
    }
    Ok(Settled::Said { refused })
}

fn has_moved(step: &mut Step<'_, '_>) -> Handled<bool> {
    if !step.calls.retest {
        return Ok(false);
    }
    let plan = Plan {
        retest: true,
        ..Plan::default()
    };
    let tip = numbers::tip(step.calls.tip()?);
    let tested_with = numbers::tip(step.candidate()?.tip);
    Ok(tip_has_moved(&plan, &tested_with, Some(&tip)))
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
    if matches!(step.request, Request::Defer(_)) {
        return defer(step);
    }
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
    if numbers::record(step.calls.runs, record).promises_more() {
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

//! `lambdas/reporter`.

use std::borrow::Cow;

use gate_core::{
    build::BuildStatus,
    candidate::Candidate,
    conversation::Conversation,
    plan::{Plan, PlannedCheck},
    protocol::{
        self, Limit, Next, Request as CoreRequest, Standing, State, Taken, Wanted, Wish,
        after_approval, look_again, merged_differs, reruns, sweep_open, tip_has_moved,
    },
    report::{Report, ReportContent, ReportStatus, Tests},
    title::Flag,
    verdict::{CheckResult, Verdict, VerdictKind, check_failure, decide},
};

use super::{
    Step,
    environment::tested,
    standing::{is_overtaken, standing},
    turns, unasked,
};
use crate::{
    calls::{Answer, Approval, Call},
    numbers,
    replay::{Handled, Stop},
    world::{Build, Comment, Record, Request},
};

/// `lib.rs`: take back an earlier approval of this revision.
pub(crate) fn revoke(step: &mut Step<'_, '_>) -> Handled<Next> {
    if standing(step)?.0 != Standing::Current {
        return Ok(Next::End);
    }
    let revision = step.candidate()?.revision;
    withdraw_approval(step, revision)?;
    Ok(Next::Build)
}

/// `lib.rs`: takes back the gate's approval of a revision, if there is one.
pub(crate) fn withdraw_approval(step: &mut Step<'_, '_>, revision: u8) -> Handled<()> {
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
    let other = step.calls.record()?;
    let runs = step.calls.runs;
    let other = other.filter(|record| {
        record.revision != revision && numbers::record(runs, *record).promises_more()
    });
    let Some(other) = other else {
        return Ok(());
    };
    if is_overtaken(step)? {
        return Ok(());
    }
    step.calls.act(Call::Comment {
        revision: other.revision,
        comment: Comment::Ended,
    })
}

/// `voice.rs`: remembers, but not over what the run of a newer revision remembers.
fn put_record(step: &mut Step<'_, '_>, record: Record) -> Handled<()> {
    let earlier = step.calls.record()?;
    let is_of_another = earlier.is_some_and(|earlier| earlier.revision != record.revision);
    if is_of_another && is_overtaken(step)? {
        return Ok(());
    }
    step.calls.act(Call::WriteRecord(record))
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
    let record = Record::spoken(step.run, revision);
    put_record(step, record)?;
    Ok(Next::Wait)
}

/// `report.rs`, `report/approval.rs`: verdict, approval, a second look, comment, record, a third look.
pub(crate) fn report(step: &mut Step<'_, '_>) -> Handled<Next> {
    let revision = step.candidate()?.revision;
    if standing(step)?.0 != Standing::Current {
        return Ok(Next::End);
    }
    let tested = tested(step)?;
    let builds = step.calls.builds(Call::ReadBuilds)?;
    let planned = step.planned()?;
    let results = results(step, &planned.plan, &builds);
    if tries_again(step, &results) {
        return Ok(Next::Wait);
    }
    let heard = step.calls.conversation(revision)?;
    let plan = with_hold(&planned.plan, &heard);
    let candidate = tested.map(numbers::candidate);
    let verdict = decide(&plan, candidate.as_ref(), &results);
    let (deferred, refused) = match settle_approval(step, &plan, &verdict, &heard)? {
        Settled::Held => return Ok(Next::Wait),
        Settled::Lost => return Ok(Next::End),
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
    let record = Record {
        verdict: (!deferred).then_some(verdict),
        given: verdict == VerdictKind::Approve && !refused && !deferred,
        tested,
        deferred: deferred.then_some(verdict),
        heard: plan
            .conversation
            .fingerprint()
            .and_then(|print| u64::from_str_radix(&print, 16).ok()),
        plan: u128::from_str_radix(&planned.fingerprint, 16).ok(),
        failed: failed(candidate.as_ref(), &plan, &results),
        continues: step.memory.continues,
        ..Record::spoken(step.run, revision)
    };
    put_record(step, record)?;
    if look_again(&heard, &step.calls.conversation(revision)?) {
        return Ok(Next::Wait);
    }
    Ok(Next::End)
}

/// The plan, with the hold as it stands now.
fn with_hold<'a>(plan: &'a Plan, heard: &Conversation) -> Cow<'a, Plan> {
    let mut plan = Cow::Borrowed(plan);
    if plan.conversation.hold != heard.hold {
        let changed = plan.to_mut();
        changed.conversation.hold.clone_from(&heard.hold);
    }
    plan
}

/// Whether failed tests are tried once more.
fn tries_again(step: &mut Step<'_, '_>, results: &[CheckResult]) -> bool {
    let again = reruns(&numbers::started(&step.memory), results);
    for known in &mut step.memory.builds {
        known.tried_again |= again.contains(&numbers::build(known.build));
    }
    !again.is_empty()
}

/// Whether the check did not pass.
fn failed(candidate: Option<&Candidate>, plan: &Plan, results: &[CheckResult]) -> bool {
    let skipped = plan.flags.has(Flag::SkipTests);
    candidate.is_some_and(|candidate| {
        results.iter().any(|result| {
            result.build.is_some() && check_failure(result, candidate, skipped).is_some()
        })
    })
}

/// `defer.rs`: takes back the approval and says that a further test waits for its turn.
fn defer(step: &mut Step<'_, '_>) -> Handled<()> {
    let revision = step.candidate()?.revision;
    if !waits(step)? || standing(step)?.0 != Standing::Current {
        return Ok(());
    }
    withdraw_approval(step, revision)?;
    let earlier = step.calls.record()?;
    let earlier = earlier.filter(|record| record.revision == revision);
    let was = earlier
        .and_then(|record| record.verdict.or(record.deferred))
        .unwrap_or(VerdictKind::Hold);
    if earlier.is_some() {
        let comment = Comment::Waiting;
        step.calls.act(Call::Comment { revision, comment })?;
    }
    let record = Record {
        deferred: Some(was),
        ..Record::spoken(step.run, revision)
    };
    put_record(step, record)
}

/// Whether a further test is to come.
fn waits(step: &mut Step<'_, '_>) -> Handled<bool> {
    let live = step.calls.pull_request()?;
    let tip = numbers::tip(step.calls.tip()?);
    let record = step.calls.record()?;
    let runs = step.calls.runs;
    Ok(!record.is_some_and(|record| {
        record.revision == live.revision
            && record.verdict.is_some()
            && numbers::record(runs, record).destination_commit == Some(tip)
    }))
}

/// `evidence.rs`: the last build of each check, and its report.
fn results(step: &Step<'_, '_>, plan: &Plan, builds: &[Build]) -> Vec<CheckResult> {
    let last = step.memory.builds.last().map(|known| known.build);
    let last = last.and_then(|last| Some((last, builds.get(usize::from(last))?)));
    let shown =
        last.map(|(number, build)| numbers::shown(step.calls.runs, usize::from(number), build));
    let status = shown.as_ref().map(|build| build.status);
    let failed = u64::from(status == Some(BuildStatus::Failed));
    let unit = Report {
        name: "unit".to_owned(),
        status: ReportStatus::Complete,
        content: ReportContent::Tests(Tests {
            total: 1,
            passed: 1 - failed,
            failed,
            ..Tests::default()
        }),
    };
    let ended = matches!(status, Some(BuildStatus::Succeeded | BuildStatus::Failed));
    let reported = ended && last.is_some_and(|(_, build)| build.tested);
    let result = |check: &PlannedCheck| CheckResult {
        check: check.clone(),
        build: shown.clone(),
        reports: reported.then(|| unit.clone()).into_iter().collect(),
        log_end: None,
        coverage_before: None,
    };
    plan.checks.iter().map(result).collect()
}

/// What became of the approval.
enum Settled {
    Said { refused: bool },
    Moved,
    Lost,
    Held,
}

fn settle_approval(
    step: &mut Step<'_, '_>,
    plan: &Plan,
    verdict: &Verdict,
    heard: &Conversation,
) -> Handled<Settled> {
    let revision = step.candidate()?.revision;
    let Verdict::Approve(approval) = verdict else {
        withdraw_approval(step, revision)?;
        return Ok(Settled::Said { refused: false });
    };
    if has_moved(step, plan)? {
        withdraw_approval(step, revision)?;
        return Ok(Settled::Moved);
    }
    let approve = Call::Approve {
        run: step.run,
        revision: numbers::revision_number(approval.revision()),
    };
    let refused = match step.calls.ask(approve)? {
        Answer::Approval(outcome) => outcome != Approval::Done,
        other => return unasked(&other),
    };
    if refused {
        return Ok(Settled::Said { refused });
    }
    let standing = standing(step)?.0;
    if after_approval(standing) {
        step.calls.act(Call::Revoke { revision })?;
        return Ok(Settled::Lost);
    }
    if standing == Standing::Current && has_moved(step, plan)? {
        step.calls.act(Call::Revoke { revision })?;
        return Ok(Settled::Moved);
    }
    if look_again(heard, &step.calls.conversation(revision)?) {
        step.calls.act(Call::Revoke { revision })?;
        return Ok(Settled::Held);
    }
    Ok(Settled::Said { refused })
}

fn has_moved(step: &mut Step<'_, '_>, plan: &Plan) -> Handled<bool> {
    if !plan.retest || plan.no_build.is_some() {
        return Ok(false);
    }
    let tip = numbers::tip(step.calls.tip()?);
    let tested_with = numbers::tip(step.candidate()?.tip);
    Ok(tip_has_moved(plan, &tested_with, Some(&tip)))
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
        let name = step.execution().name;
        let (asked, shown) = (numbers::request(step.request), numbers::pull_request(live));
        let asked = asked.candidacy().ok_or(Stop::Refuse)?;
        if protocol::shown(asked, &shown, &name).is_err() || !has_given_up(step)? {
            return Err(Stop::Refuse);
        }
        withdraw_approval(step, revision)?;
        say_failure(step, Comment::GaveUp)?;
    }
    Ok(())
}

/// `gave_up.rs`: the revision lacks a verdict, and no attempt is left.
fn has_given_up(step: &mut Step<'_, '_>) -> Handled<bool> {
    let Request::Say(commit, comment) = step.request else {
        return Err(Stop::Refuse);
    };
    let wanted = match comment {
        Some(comment) => Request::Command(commit, comment),
        None => Request::Gate(commit),
    };
    let request = numbers::request(wanted);
    let mut wanted = Wanted::new(request, Wish::Again, Limit::ThenSay);
    loop {
        let request = numbers::request_of(wanted.request());
        let attempt = numbers::attempt(&wanted.name());
        let there = match step.calls.ask(Call::ReadExecution { request, attempt })? {
            Answer::Execution(there) => there,
            other => return unasked(&other),
        };
        let Some((found, status)) = there else {
            return Ok(false);
        };
        let input = State::input_text(&numbers::request(found));
        wanted = match wanted.taken(&input, numbers::status(status)) {
            Taken::Try(next) if matches!(next.request(), CoreRequest::Say { .. }) => break,
            Taken::Try(next) => next,
            Taken::AlreadyThere => return Err(Stop::Fail),
            Taken::GiveUp { .. } => return Ok(false),
        };
    }
    let Some(found) = turns::find(step.calls, true)? else {
        return Ok(false);
    };
    let tip = numbers::tip(step.calls.tip()?);
    Ok(sweep_open(&found.at(&tip)).is_some())
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

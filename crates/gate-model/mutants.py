#!/usr/bin/env python3
"""Breaks the production sources on purpose, one mutant at a time, in a copy, and tells who notices.

Prints a table; exits with 1 if a mutant survives or cannot be applied.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPY = ROOT / "target" / "mutants" / "workspace"
TARGET = ROOT / "target" / "mutants" / "build"

CORE = "crates/gate-core/src/"
MODEL = ("gate-model", "the_protocol_holds")
TALK = ("gate-model", "the_conversation_holds")
STRANGERS = ("gate-model", "the_protocol_holds_whatever_runs_people_start")
DELETIONS = ("gate-model", "the_protocol_holds_whatever_comments_people_delete")


@dataclass
class Mutant:
    row: str  # of the race table in docs/design.md, or the bug of a peer
    what: str
    file: str
    old: str
    new: str
    killer: tuple  # package, with its target if it has many, and test


def unit(test):
    return ("gate-core", test)


def story(target, test):
    return (f"mergegate-tests --test {target}", test)


MUTANTS = [
    Mutant("events late or out of order", "an event newer than the read starts a run all the same",
           CORE + "protocol/router.rs", "(Some(event), Some(live)) => event < live,", "(Some(_), Some(_)) => true,",
           unit("an_event_that_reads_do_not_know_yet_comes_again")),
    Mutant("events late or out of order", "a lost event is not repaired",
           CORE + "protocol/sweep.rs", "return Some((fresh(), Wish::Again));", "return None;", MODEL),
    Mutant("an execution that somebody else starts, with any input under any name", "an older source commit is built for the live revision",
           CORE + "protocol/wish.rs", "    .or_else(|| source_commit(asked))\n", "    .or_else(|| source_commit(asked).filter(|_| false))\n", STRANGERS),
    Mutant("an execution that somebody else starts, with any input under any name", "a run bears any name",
           CORE + "protocol/wish.rs", ".is_some_and(|attempt| Wanted::name_of(request, attempt) == *run)",
           ".is_some_and(|attempt| Wanted::name_of(request, attempt) == *run || attempt > 0)",
           unit("refuses_a_run_under_a_name_that_is_not_its_own")),
    Mutant("an execution that somebody else starts, with any input under any name", "a name that is taken is an attempt",
           CORE + "protocol/attempt.rs", "(AttemptStep::TryNext, Existing::OtherInput) => self.pass_over(),",
           "(AttemptStep::TryNext, Existing::OtherInput) => self.next(),",
           unit("names_that_others_took_are_no_attempts")),
    Mutant("an execution that somebody else starts, with any input under any name", "the input's destination commit brings the rules",
           "lambdas/environment/src/prepare.rs", "let candidacy = protocol::candidacy(&live, &tip);", "let (candidacy, _) = (asked.clone(), tip);",
           story("bad_input", "refuses_the_rules_of_a_destination_commit_that_somebody_chose")),
    Mutant("an execution that somebody else starts, with any input under any name", "whoever says that it gave up is believed",
           "lambdas/reporter/src/gave_up.rs", "if !lacks_a_verdict(clients, live).await? {", "if false && !lacks_a_verdict(clients, live).await? {",
           story("bad_input", "refuses_to_say_that_it_gave_up_where_it_has_not")),
    Mutant("the destination moves between a run's start and its first step", "what its run was asked decides whether it is outdated",
           CORE + "protocol/turns.rs", "let with = own.and_then(|result| result.destination_commit.as_ref());",
           "let with = own.and_then(|result| result.destination_commit.as_ref()).filter(|_| false);",
           unit("what_was_tested_with_the_tip_stands")),
    Mutant("the title changes beside a leave", "a leave is for every value",
           CORE + "conversation.rs", "self.flag == flag && self.typed == title.as_typed(flag)", "self.flag == flag && title.has(flag)",
           unit("a_leave_is_for_one_value_and_one_reason")),
    Mutant("the same event twice", "a repeated event starts a further attempt",
           CORE + "protocol/attempt.rs",
           "(Existing::SameInput(_), Once)\n        | (Existing::SameInput(ExecutionStatus::Running), Again)",
           "(Existing::SameInput(_), Once) => AttemptStep::TryNext,\n"
           "        (Existing::SameInput(ExecutionStatus::Running), Again)",
           unit("the_same_event_twice_starts_one_run")),
    Mutant("two runs for one pull request", "the claim is never lost",
           CORE + "protocol/claim.rs", "Some(std::cmp::Ordering::Greater) => ClaimStep::Lost",
           "Some(std::cmp::Ordering::Greater) => ClaimStep::Held", unit("the_later_start_wins")),
    Mutant("two runs for one pull request", "a run without the claim goes on",
           CORE + "protocol/run.rs", "Some(_) if !claim_held => Standing::Superseded,", "Some(_) if false => Standing::Superseded,",
           unit("a_run_speaks_only_for_the_live_revision")),
    Mutant("approve beside a newer run", "an approval that came too late stays",
           CORE + "protocol/run.rs", "Standing::Superseded | Standing::Stale => true,\n    }\n}\n\n#[cfg(test)]",
           "Standing::Superseded | Standing::Stale => false,\n    }\n}\n\n#[cfg(test)]",
           unit("a_run_speaks_only_for_the_live_revision")),
    Mutant("approve beside a newer run", "the sweep does not compare approval and record",
           CORE + "protocol/sweep.rs", "let expected = result.approval == ApprovalRecord::Given;", "let expected = found.approved;",
           unit("an_approval_that_differs_from_the_recorded_verdict_is_corrected")),
    Mutant("StartBuild beside a close or a newer run", "a lost run leaves its build running",
           CORE + "protocol/run.rs", "Standing::Superseded | Standing::Closed => true,\n        Standing::Current | Standing::Stale => false,",
           "_ => false,", unit("a_run_speaks_only_for_the_live_revision")),
    Mutant("StartBuild beside a close or a newer run", "an older run stops the newer one's build",
           CORE + "protocol/run.rs", "claim < *own", "claim != *own", MODEL),
    Mutant("StartBuild beside a close or a newer run", "a stale read stops the own build",
           CORE + "protocol/run.rs", "Standing::Superseded | Standing::Closed => true,\n        Standing::Current | Standing::Stale => false,",
           "Standing::Current => false,\n        _ => true,", unit("a_run_speaks_only_for_the_live_revision")),
    Mutant("a retry of an approved revision", "an ended run that was not heard is taken for done",
           CORE + "protocol/sweep.rs", "died_unheard.then(||", "(died_unheard && spoke.is_some()).then(||", MODEL),
    Mutant("the pull request closes while its project is created", "a run does not notice the close",
           CORE + "protocol/run.rs", "Some(live) if !live.is_open() => Standing::Closed,", "Some(live) if !live.is_open() && !claim_held => Standing::Superseded,",
           unit("a_run_speaks_only_for_the_live_revision")),
    Mutant("tear-down beside a dying run", "tear-down does not wait for a build that was told to stop",
           CORE + "protocol/tear_down.rs", ".filter(|build| !build.complete)", ".filter(|build| build.status == crate::build::BuildStatus::InProgress)",
           unit("a_build_that_was_stopped_is_waited_for")),
    Mutant("the sweep beside a pull request being opened", "the sweep tears open pull requests down",
           CORE + "protocol/sweep.rs", "Some(live) if live.is_open() => return None,", "Some(live) if live.is_open() && false => return None,",
           unit("only_closed_and_missing_pull_requests_lose_their_environment")),
    Mutant("a handler dies after its effect", "a build is not found again",
           CORE + "protocol/run.rs", "purpose.run == execution.name\n                        && purpose.check", "purpose.run != execution.name\n                        && purpose.check", MODEL),
    Mutant("somebody starts a build with copied variables", "a build is found again whoever started it",
           CORE + "protocol/run.rs", "let mut own = builds.iter().filter(|build| build.own);", "let mut own = builds.iter();",
           MODEL),
    Mutant("somebody starts a build with copied variables", "a build is taken over whoever started it",
           CORE + "protocol/take_over.rs", "let own = builds.iter().filter(|build| build.own);", "let own = builds.iter();",
           TALK),
    Mutant("somebody starts a build with copied variables", "any session of any role is the builder's",
           CORE + "build.rs", "initiator == session_arn || named == session", "initiator == session_arn || named.contains('/')",
           unit("refuses_the_builds_of_everybody_else")),
    Mutant("somebody hands a function a state of their own", "any seal will do",
           CORE + "protocol/seal.rs", "            Ok(()) => Ok(invocation),\n",
           "            Ok(()) => Ok(invocation),\n            Err(_) if !seal.is_empty() => Ok(invocation),\n",
           unit("refuses_a_state_in_which_anything_was_changed")),
    Mutant("somebody hands a function a state of their own", "no seal is needed",
           CORE + "protocol/seal.rs", "if invocation.begins_a_run(&state) {", "if invocation.begins_a_run(&state) || !state.is_empty() {",
           unit("the_input_of_a_run_is_read_without_a_seal_where_such_runs_begin_and_nowhere_else")),
    Mutant("somebody hands a function a state of their own", "the seal of another run will do",
           CORE + "protocol/seal.rs", 'self.over("state", &[name.as_str(), start_time, &text])', 'self.over("state", &[name.as_str(), &text])',
           unit("refuses_the_state_of_another_run_and_of_another_deployment")),
    Mutant("somebody writes a claim of the future", "the future has the say",
           CORE + "protocol/claim.rs", "start_time <= latest", "!start_time.is_empty() && !latest.is_empty()",
           unit("refuses_what_begins_in_the_future_or_at_no_time")),
    Mutant("somebody pushes onto a preview branch", "whatever stands on the preview branch is built",
           "lambdas/environment/src/preview.rs", "if merges_the_same && found.tree == *tree {", "if merges_the_same || found.tree != *tree {",
           story("races", "refuses_a_foreign_commit_on_the_preview_branch")),
    Mutant("a sweep beside another", "a sweep does what it read before others were done",
           "lambdas/router/src/sweep.rs", "let found = again.at(found.destination_tip);", "let (found, _) = (found, again);",
           story("sweep", "a_verdict_that_came_while_a_sweep_was_at_work_stands")),
    Mutant("two runs that speak at the same time", "an older run marks the comment of a newer one",
           "lambdas/reporter/src/voice.rs",
           "if run::is_overtaken(clients, &candidacy.pull_request, execution).await? {",
           "if run::is_overtaken(clients, &candidacy.pull_request, execution).await? && false {",
           story("races", "an_older_run_that_still_speaks_leaves_the_comment_of_a_newer_one_alone")),
    Mutant("two runs that speak at the same time", "an older run forgets what a newer one remembers",
           "lambdas/reporter/src/voice.rs",
           "if is_of_another && run::is_overtaken(", "if is_of_another && false && run::is_overtaken(",
           story("races", "an_older_run_that_still_speaks_leaves_the_comment_of_a_newer_one_alone")),
    Mutant("two runs that speak at the same time", "the sweep does not look at the comment",
           CORE + "protocol/sweep.rs", "Words::Stand(said) => comment::is_by(said, &result.run) && !comment::is_to_come(said),",
           "Words::Stand(_) => true,", MODEL),
    Mutant("a hold beside an approval", "a hold is read only once",
           CORE + "protocol/run.rs", "heard.hold != now.hold", "heard.hold != now.hold && false",
           TALK),
    Mutant("a hold beside an approval", "a held pull request is approved",
           CORE + "verdict.rs", "if let Some(hold) = &plan.conversation.hold {", "if let Some(hold) = plan.conversation.hold.as_ref().filter(|_| false) {",
           TALK),
    Mutant("a hold beside an approval", "the sweep does not ask what the verdict knew of",
           CORE + "protocol/sweep.rs", "&& result.heard == found.conversation.fingerprint()", "&& true",
           TALK),
    Mutant("a hold beside an approval", "an approval stands while a hold is on its way to the verdict",
           CORE + "protocol/answer.rs", "decision.withdraws |= matches!(done, Done::Held(_) | Done::Stopped);", "decision.withdraws |= false;",
           TALK),
    Mutant("a stop beside a start", "a stop is forgotten by the plan",
           CORE + "conversation.rs", "Command::Stop if is_live => self.stopped_by = Some(by),", "Command::Stop if is_live => {}",
           TALK),
    Mutant("a command beside a run that began later", "whoever was overtaken ends without a word",
           CORE + "protocol/answer.rs", "if is_live && claim(now.claim, now.own) == ClaimStep::Lost {",
           "if is_live && claim(now.claim, now.own) == ClaimStep::Lost && false {", TALK),
    Mutant("a command's run that is tried again", "a stop that was written down is refused after the verdict",
           CORE + "protocol/answer.rs", "Command::Stop if asked.has_verdict() && !asked.recorded =>", "Command::Stop if asked.has_verdict() =>",
           unit("what_was_written_down_is_carried_out_by_a_second_try")),
    Mutant("a retry beside another command", "a build from before the retry is taken over",
           CORE + "protocol/take_over.rs", "let does = retried.is_none_or(|at| purpose.run_started.as_str() > at);",
           "let does = retried.is_none_or(|at| !at.is_empty());", TALK),
    Mutant("a command delivered twice, or tried again", "every comment has a run of the same name",
           CORE + "names.rs", "hash(&[comment.as_str()], 8)\n        ),", "hash(&[pull_request.as_str()], 8)\n        ),",
           unit("each_comment_has_runs_of_its_own")),
    Mutant("a command whose event is lost, or whose run dies unheard", "no command is found by the sweep",
           CORE + "protocol/sweep.rs", "is_asked(Some(comment), reporter).is_ok()\n", "is_asked(Some(comment), reporter).is_err()\n",
           unit("a_command_whose_event_was_lost_is_answered_and_nothing_else_is")),
    Mutant("a command whose event is lost, or whose run dies unheard", "an edit makes a command of plain words",
           CORE + "protocol/sweep.rs", "            && !comment.edited\n", "",
           unit("a_command_whose_event_was_lost_is_answered_and_nothing_else_is")),
    Mutant("a refused command is told of again when it would be possible", "it is carried out then",
           "lambdas/reporter/src/answer.rs", "None if answered => return Ok(state.then(Next::End)),", "None if answered && comment.deleted => return Ok(state.then(Next::End)),",
           story("conversation", "a_retry_that_was_refused_is_not_made_up_for_when_it_is_told_of_again")),
    Mutant("a command of somebody who may not, or for another revision", "a command for an older revision is obeyed",
           CORE + "protocol/answer.rs", "if same_source && asked.candidacy.revision == live.revision {", "if asked.candidacy.revision == live.revision {",
           TALK),
    Mutant("a command of somebody who may not, or for another revision", "everybody may everything",
           CORE + "protocol/answer.rs", "if patterns.iter().any(|pattern| pattern.matches(author)) {", "if !patterns.is_empty() {",
           TALK),
    Mutant("a retry that takes over what was built", "the plan's fingerprint is ignored",
           CORE + "protocol/take_over.rs", "if before.plan != fingerprint {", "if before.plan.is_empty() {",
           unit("refuses_builds_under_another_plan")),
    Mutant("a retry that takes over what was built", "a build of another commit is taken over",
           CORE + "protocol/take_over.rs", "(build.complete && ended && of_candidate)", "(build.complete && ended)",
           unit("refuses_builds_of_another_commit_and_of_other_runs")),
    Mutant("a retry that takes over what was built", "another revision is continued",
           CORE + "protocol/take_over.rs", "result.revision == candidacy.revision && result.verdict.is_some()", "result.verdict.is_some()",
           unit("another_revision_destination_or_an_unfinished_run")),
    Mutant("the same candidate is retried without end", "it is tested again however often it failed",
           CORE + "protocol/answer.rs", "if tests && !asked.recorded && failed >= ", "if tests && asked.recorded && failed >= ",
           unit("refuses_to_test_again_what_failed_too_often")),
    Mutant("the same candidate is retried without end", "a run that reports twice counts twice",
           CORE + "protocol/failures.rs", "if !failures.runs.contains(run) {", "if failures.runs.len() < 100 {",
           unit("a_run_that_is_told_of_twice_counts_once")),
    Mutant("a build is stopped", "a build that a person stopped says nothing",
           CORE + "verdict.rs", "BuildStatus::Stopped => Some(CheckFailure::Stopped),", "BuildStatus::Stopped => None,",
           unit("only_succeeded_is_a_pass")),
    Mutant("somebody overrides the approval rules", "a run that died over saying so is followed by nothing",
           CORE + "protocol/router.rs", "Request::Overridden { .. } | Request::Command { .. }\n    ) {", "Request::Command { .. }\n    ) {",
           unit("an_override_is_said_and_tried_again_also_when_the_pull_request_is_closed")),
    Mutant("somebody pushes past the gate", "a red pull request that was merged by a push is taken for approved",
           CORE + "protocol/passage.rs", "found.approved || recorded == Some(ApprovalRecord::Given)", "found.approved || recorded.is_some()",
           unit("only_a_merge_that_the_gate_knows_and_did_not_approve_went_past_it")),
    Mutant("somebody pushes past the gate", "an old read makes a merge a push",
           CORE + "protocol/passage.rs", "(holds_source || is_tested).then(||", "(holds_source && is_tested).then(||",
           unit("an_old_read_of_a_merged_pull_request_makes_no_push_past_the_gate")),
    Mutant("peer: STOPPED said nothing", "a stopped build says nothing",
           CORE + "verdict.rs", "BuildStatus::Stopped => Some(CheckFailure::Stopped),", "BuildStatus::Stopped => None,", MODEL),
    Mutant("a run dies for good", "a dead run is followed by nothing",
           CORE + "protocol/attempt.rs", "    match (existing, wish) {\n        (Existing::OtherInput",
           "    if existing == Existing::SameInput(ExecutionStatus::Died) {\n        return AttemptStep::AlreadyThere;\n    }\n"
           "    match (existing, wish) {\n        (Existing::OtherInput", MODEL),
    Mutant("a run dies for good", "the sweep asks for a run that has ended before its claim",
           CORE + "protocol/sweep.rs", "return Some((fresh(), Wish::Again));", "return Some((fresh(), Wish::Once));", MODEL),
    Mutant("what was merged is not what was tested", "every merge is called different",
           CORE + "protocol/tear_down.rs", "Some(tested != merged_tree?)", "Some(merged_tree.is_some())", MODEL),
    Mutant("the destination moves, rules `retest`", "a move takes back nothing",
           CORE + "protocol/turns.rs", "if !(is_over || deferred || stood_on_broken_rules || rules.retests()) {",
           "if !(is_over || deferred || stood_on_broken_rules) {",
           unit("approved_ones_come_first_then_the_newest")),
    Mutant("the destination moves, rules `retest`", "who waits is told by every look",
           CORE + "protocol/turns.rs", "} else if !state.told && (", "} else if (", unit("nobody_is_told_twice")),
    Mutant("the destination moves under a test", "an older destination is approved",
           CORE + "protocol/run.rs", "plan.retest && tip.is_some_and(|tip| tip != tested_with)", "plan.retest && tip.is_none()",
           unit("a_destination_that_has_moved_is_seen_only_where_the_rules_ask")),
    Mutant("a deferral beside a test", "a deferral is about no revision",
           CORE + "names.rs", "\"{}{}-defer-{attempt}\"", "\"defer-{}{}-{attempt}\"",
           unit("the_name_of_a_deferral_belongs_to_its_revision")),
    Mutant("the destination returns to a commit", "who waits is forgotten when the tip is what it was",
           CORE + "protocol/turns.rs", "if at_tip && !deferred {", "if at_tip {",
           unit("who_waits_is_tested_again_though_the_tip_is_what_it_was")),
    Mutant("a turn is free, two looks see it", "turns are taken in no order",
           CORE + "protocol/turns.rs", "(!state.was_approved, Reverse(age(&found.live.id)))", "state.was_approved",
           unit("approved_ones_come_first_then_the_newest")),
    Mutant("failed tests are tried again", "they are tried again without end",
           CORE + "protocol/run.rs", "        .filter(first)\n", "", unit("failed_tests_are_tried_once_more")),
    Mutant("failed tests are tried again", "a failure is retried as a fault is",
           CORE + "protocol/run.rs", "&& is_infrastructure_fault(last, builds)", "", unit("infrastructure_faults_are_tried_once_more")),
    Mutant("source and destination are one commit", "no reply where no comment is possible",
           "lambdas/reporter/src/voice.rs", "own_comments(clients, new.pull_request).await?.pop() {",
           "own_comments(clients, new.pull_request).await?.pop().filter(|_| false) {",
           story("races", "where_no_comment_is_possible_the_last_one_takes_a_reply")),
    Mutant("somebody deletes the gate's comment", "the sweep takes it for said",
           CORE + "protocol/sweep.rs", "Words::Gone => false,", "Words::Gone => true,", DELETIONS),
    Mutant("somebody deletes the gate's comment", "a repair that ends well is a failed attempt",
           CORE + "protocol/attempt.rs", "if self.repairs < MAX_REPAIRS =>", "if self.repairs > MAX_REPAIRS =>", DELETIONS),
    Mutant("somebody deletes the gate's comment", "the last word stays unsaid",
           CORE + "protocol/sweep.rs", "if found.said == Words::Gone\n", "if found.said == Words::NotRead && !found.approved && found.claim.is_none()\n",
           unit("the_last_word_that_somebody_deleted_is_said_again")),
    Mutant("a branch is called like a folder of the gate's own", "whoever opened the pull request is to blame",
           CORE + "verdict.rs", "            | NoBuild::BranchInTheWay { .. }\n", "", unit("what_was_not_built_is_never_approved")),
    Mutant("what is to be remembered outgrows a parameter", "the names of failed checks stay",
           CORE + "protocol/record.rs", "            self.failed.clear();\n", "",
           unit("a_result_fits_into_a_parameter_whatever_failed_and_whatever_was_said")),
    Mutant("CodeCommit cannot compute the merge", "an incomputable merge is rejected",
           CORE + "verdict.rs", "            | NoBuild::BranchInTheWay { .. }\n            | NoBuild::NotComputable { .. }),", "            | NoBuild::BranchInTheWay { .. }),",
           unit("what_was_not_built_is_never_approved")),
    Mutant("peer: verdict from phases", "a failed build passes when its report is green",
           CORE + "verdict.rs", "BuildStatus::Failed => Some(CheckFailure::Failed),", "BuildStatus::Failed => None,", MODEL),
    Mutant("peer: the branch decides what is built", "a build of another commit counts",
           CORE + "verdict.rs", "build.resolved_commit.as_ref() != Some(candidate.tested_commit())", "build.resolved_commit.is_none()", MODEL),
    Mutant("peer: skipped counted as passed", "a check that never ran is no failure",
           CORE + "verdict.rs", "None => Some(CheckFailure::NeverStarted),", "None => None,",
           unit("refuses_a_required_check_that_was_never_built")),
    Mutant("peer: skipped counted as passed", "the verdict does not wait for the builds",
           CORE + "protocol/run.rs", "let all_ended = known.iter().all(ended);", "let all_ended = known.iter().all(ended) || !known.is_empty();", MODEL),
    Mutant("peer: leaked projects", "the sweep leaves the environments of closed pull requests",
           CORE + "protocol/sweep.rs", "Some(live) => live.repository.clone(),", "Some(_) => return None,", MODEL),
    Mutant("peer: leaked projects", "a project's name no longer tells its pull request",
           CORE + "names.rs", "digits(rest.split('-').next()?)", "digits(rest.split('-').nth(1)?)", unit("names")),
    Mutant("peer: approves the current revision at the end", "the approval names the live revision",
           "lambdas/reporter/src/report/approval.rs", "            approval.revision(),\n            ApprovalState::Approve,",
           "            &clients.host.pull_request(approval.pull_request()).await?.map_or_else(|| approval.revision().clone(), |live| live.revision),\n"
           "            ApprovalState::Approve,", story("races", "a_red_push_between_what_a_report_reads_and_the_approval_is_not_approved")),
    Mutant("peer: unhandled stale revision", "RevisionNotCurrent is an error",
           "crates/gate-aws/src/codecommit/approvals.rs",
           "Some(Refusal::RevisionNotCurrentException(_)) => ApprovalOutcome::RevisionNotCurrent,\n", "", ("gate-aws", "an_approval_that_cannot_be_given_is_an_outcome")),
    Mutant("peer: swapped commits", "before and after are exchanged",
           "crates/gate-aws/src/codecommit/comments.rs", ".before_commit_id(comment.before.as_str())", ".before_commit_id(comment.after.as_str())",
           ("gate-aws", "a_comment_shows_the_destination_before_and_the_source_after")),
]


# The bugs of others that docs/design.md does not name as races.
PEERS = ("swapped commits", "approves the current revision at the end", "STOPPED said nothing", "unhandled stale revision",
         "verdict from phases", "leaked projects")


def without_mutant():
    """Rows of the race table, and bugs of peers, that no mutant tries."""
    design = (ROOT / "docs" / "design.md").read_text()
    table = design.split("| race | settled by |", 1)[1].split("\n\n", 1)[0]
    races = [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("| ")]
    rows = {mutant.row for mutant in MUTANTS}
    return [row for row in races + [f"peer: {bug}" for bug in PEERS] if row not in rows]


def copy_workspace():
    files = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True)
    names = set(filter(None, files.stdout.decode().split("\0")))
    for old in [path for path in COPY.rglob("*") if path.is_file() and str(path.relative_to(COPY)) not in names]:
        old.unlink()
    for name in names:
        source, target = ROOT / name, COPY / name
        if not source.is_file():
            continue
        if target.exists() and target.read_bytes() == source.read_bytes():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


def survives(mutant):
    """Whether the killer passes on the mutant; raises if it cannot be applied or does not compile."""
    path = COPY / mutant.file
    original = path.read_text()
    if original.count(mutant.old) != 1:
        raise LookupError(f"found {original.count(mutant.old)} times")
    package, test = mutant.killer
    environment = os.environ | {"CARGO_TARGET_DIR": str(TARGET), "RUST_BACKTRACE": "0"}
    command = ["cargo", "test", "--quiet", "--offline", "--package", *package.split()]
    if package == "gate-core":
        command += ["--lib"]
    if package == "gate-model":
        command += ["--profile", "model"]
    try:
        path.write_text(original.replace(mutant.old, mutant.new))
        built = subprocess.run([*command, "--no-run"], cwd=COPY, env=environment, capture_output=True, text=True)
        if built.returncode != 0:
            raise SyntaxError(built.stderr[-2000:])
        tested = subprocess.run([*command, test], cwd=COPY, env=environment, capture_output=True, text=True)
        if tested.returncode == 0 and f"{tested.stdout}".count("0 passed") == f"{tested.stdout}".count("test result"):
            raise LookupError(f"no test is called `{test}`")
        broken = [line for line in (tested.stdout + tested.stderr).splitlines() if line.startswith("BROKEN: ")]
        return tested.returncode == 0, "; ".join(sorted({line.removeprefix("BROKEN: ") for line in broken}))
    finally:
        path.write_text(original)


def choose():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--all", action="store_true", help="also those of the Lambdas and gate-aws, which take long to build")
    which.add_argument("--only", metavar="TEXT", help="those whose race or change contains TEXT")
    arguments = parser.parse_args()
    if arguments.only is not None:
        chosen = [m for m in MUTANTS if arguments.only in m.row or arguments.only in m.what]
        return chosen or parser.error(f"no mutant contains {arguments.only!r}")
    return [m for m in MUTANTS if arguments.all or m.killer[0] in ("gate-core", "gate-model")]


def main():
    chosen = choose()
    copy_workspace()
    print("| race or peer's bug | mutant | killed by | seconds |\n|---|---|---|---|", flush=True)
    failures = 0
    for row in without_mutant():
        print(f"| {row} | **there is none** | | |", flush=True)
        failures += 1
    for mutant in chosen:
        start = time.monotonic()
        package, test = mutant.killer
        try:
            alive, broken = survives(mutant)
            by = f"the model: {broken}" if package == "gate-model" else f"`{package}`: `{test}`"
            result = "**survives**" if alive else by
            failures += alive
        except (LookupError, SyntaxError) as error:
            result = f"**cannot be applied**: {error}"
            failures += 1
        print(f"| {mutant.row} | {mutant.what} | {result} | {time.monotonic() - start:.0f} |", flush=True)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()

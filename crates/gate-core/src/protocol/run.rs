//! What a gate run decides in its steps.

use super::{Claim, Execution, StartedBuild};
use crate::{
    build::{Build, BuildStatus, Purpose},
    conversation::Conversation,
    id::{BuildId, CheckName, CommitId, RevisionId},
    plan::{Plan, PlannedCheck},
    pull_request::PullRequest,
    report::Report,
    verdict::CheckResult,
};

/// Whether a run still speaks for its pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Current,
    /// A newer run holds the claim: stop the own builds, end without a word.
    Superseded,
    /// The revision is not the live one: stop the own builds, end; the newer revision's run speaks.
    Stale,
    /// The pull request is closed or gone: stop the own builds, end; tear-down speaks.
    Closed,
}

/// Decides from the live pull request and whether the claim is held.
pub fn standing(live: Option<&PullRequest>, revision: &RevisionId, claim_held: bool) -> Standing {
    match live {
        None => Standing::Closed,
        Some(live) if !live.is_open() => Standing::Closed,
        Some(_) if !claim_held => Standing::Superseded,
        Some(live) if live.revision != *revision => Standing::Stale,
        Some(_) => Standing::Current,
    }
}

/// Whether a run that ends without a word stops its builds first. A newer run may have looked for older builds before they
/// were there. A revision that is not the live one proves nothing yet: if the read was behind, a retry of the step would
/// take the stopped builds for stopped by a person; if it was not, the newer revision's run stops them.
pub fn stops_own_builds(standing: Standing) -> bool {
    match standing {
        Standing::Superseded | Standing::Closed => true,
        Standing::Current | Standing::Stale => false,
    }
}

/// What StartBuilds does for one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartDecision {
    /// A build for this check and attempt is there already.
    Found(StartedBuild),
    /// Start one.
    Start {
        /// The check.
        check: CheckName,
        /// The attempt.
        attempt: u32,
    },
}

/// For each check of the plan whose build of this attempt the run does not know: found among the project's builds, or to be
/// started. `builds` are all builds of the project; one that somebody else started is none of the run's, whatever it says.
pub fn missing_builds(
    plan: &Plan,
    known: &[StartedBuild],
    builds: &[Build],
    execution: &Execution,
) -> Vec<StartDecision> {
    plan.checks
        .iter()
        .filter(|check| may_start(check, known, builds))
        .filter_map(|check| {
            let last = last_build(&check.name, known);
            let attempt = match last {
                None => 1,
                Some(last) if is_tried_again(check, last, known, builds) => last.attempt + 1,
                Some(_) => return None,
            };
            let mut own = builds.iter().filter(|build| build.own);
            let found = own.find(|build| {
                build.purpose.as_ref().is_some_and(|purpose| {
                    purpose.run == execution.name
                        && purpose.check == check.name
                        && purpose.attempt == attempt
                })
            });
            Some(match found {
                Some(build) => StartDecision::Found(StartedBuild {
                    check: check.name.clone(),
                    attempt,
                    id: build.id.clone(),
                    log_url: build.log_url.clone(),
                    tried_again: false,
                }),
                None => StartDecision::Start {
                    check: check.name.clone(),
                    attempt,
                },
            })
        })
        .collect()
}

/// Whether all checks that this one comes after have passed. One whose predecessor failed never may, nor one that CodeBuild refused.
pub fn may_start(check: &PlannedCheck, known: &[StartedBuild], builds: &[Build]) -> bool {
    check.refused.is_none()
        && check.after.iter().all(|before| {
            let last = last_build(before, known);
            let build = last.and_then(|last| builds.iter().find(|build| build.id == last.id));
            build.is_some_and(|build| build.complete && build.status == BuildStatus::Succeeded)
        })
}

fn last_build<'a>(check: &CheckName, known: &'a [StartedBuild]) -> Option<&'a StartedBuild> {
    let of_check = known.iter().filter(|build| build.check == *check);
    of_check.max_by_key(|build| build.attempt)
}

/// Whether the check's last build is followed by another: CodeBuild itself failed and the rules allow for it, or its failed
/// tests are tried again.
fn is_tried_again(
    check: &PlannedCheck,
    last: &StartedBuild,
    known: &[StartedBuild],
    builds: &[Build],
) -> bool {
    let others = known
        .iter()
        .filter(|build| build.check == check.name && build.tried_again);
    let retries = last.attempt.saturating_sub(1) as usize;
    let of_faults = retries.saturating_sub(others.count());
    last.tried_again
        || of_faults < check.retry.faults as usize && is_infrastructure_fault(last, builds)
}

/// Checks whose failed tests are to be tried once more: required ones whose rules say so, whose last build failed with failed
/// tests in its reports, and of which no build was tried again before.
pub fn reruns(known: &[StartedBuild], results: &[CheckResult]) -> Vec<BuildId> {
    let failed_tests = |result: &&CheckResult| {
        let failed = result
            .build
            .as_ref()
            .is_some_and(|build| build.complete && build.status == BuildStatus::Failed);
        failed && result.reports.iter().any(Report::has_failed_tests)
    };
    let first = |result: &&CheckResult| {
        let name = &result.check.name;
        !known
            .iter()
            .any(|build| build.check == *name && build.tried_again)
    };
    results
        .iter()
        .filter(|result| result.check.required && result.check.retry.failed_tests)
        .filter(failed_tests)
        .filter(first)
        .filter_map(|result| result.build.as_ref().map(|build| build.id.clone()))
        .collect()
}

fn is_infrastructure_fault(started: &StartedBuild, builds: &[Build]) -> bool {
    builds
        .iter()
        .find(|build| build.id == started.id)
        .is_some_and(|build| {
            build.complete && matches!(build.status, BuildStatus::Fault | BuildStatus::Lost)
        })
}

/// Running builds of older runs and of nobody. A newer run may have started its own since the claim was read: those stay.
pub fn older_builds(builds: &[Build], own: &Claim) -> Vec<BuildId> {
    builds
        .iter()
        .filter(|build| !build.complete)
        .filter(|build| {
            build.purpose.as_ref().is_none_or(|purpose| {
                let claim = Claim {
                    start_time: purpose.run_started.clone(),
                    run: purpose.run.clone(),
                };
                claim < *own
            })
        })
        .map(|build| build.id.clone())
        .collect()
}

/// Running builds that say they belong to this run, and do not: neither does it know them nor did the gate start them. Those that say
/// they belong to a newer run are left to that one.
pub fn foreign_builds(
    builds: &[Build],
    known: &[StartedBuild],
    execution: &Execution,
) -> Vec<BuildId> {
    let is_known = |build: &Build| known.iter().any(|started| started.id == build.id);
    builds
        .iter()
        .filter(|build| !build.complete && !build.own && !is_known(build))
        .filter(|build| {
            let of_run = |purpose: &Purpose| purpose.run == execution.name;
            build.purpose.as_ref().is_some_and(of_run)
        })
        .map(|build| build.id.clone())
        .collect()
}

/// What a look at the builds leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckDecision {
    /// Not all have ended, or not all have started: look again later.
    Wait,
    /// Everything has ended.
    Report,
}

/// Decides after missing builds were started as far as CodeBuild let them. `builds` are those of `known`.
pub fn check(
    plan: &Plan,
    known: &[StartedBuild],
    builds: &[Build],
    execution: &Execution,
) -> CheckDecision {
    let ended = |started: &StartedBuild| {
        builds
            .iter()
            .any(|build| build.id == started.id && build.complete)
    };
    let all_ended = known.iter().all(ended);
    if all_ended && missing_builds(plan, known, builds, execution).is_empty() {
        CheckDecision::Report
    } else {
        CheckDecision::Wait
    }
}

/// Whether the destination has left the commit that the run tested with, so that by the rules (`retest`) it must not approve.
pub fn tip_has_moved(plan: &Plan, tested_with: &CommitId, tip: Option<&CommitId>) -> bool {
    plan.retest && tip.is_some_and(|tip| tip != tested_with)
}

/// Whether a verdict must be given again: a hold came or went while it was on its way.
pub fn look_again(heard: &Conversation, now: &Conversation) -> bool {
    heard.hold != now.hold
}

/// Whether an approval that was just given must be taken back: something changed while it was on its way.
pub fn after_approval(standing: Standing) -> bool {
    match standing {
        Standing::Current | Standing::Closed => false,
        Standing::Superseded | Standing::Stale => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        plan::refuse,
        report::Tests,
        rules::Retry,
        samples::{build, closed, execution, live, plan_with, result, tests_report},
    };

    #[test]
    fn a_run_speaks_only_for_the_live_revision_of_an_open_pull_request_that_it_claims() {
        let revision = live().revision;
        let other = RevisionId::new("another");
        let table = [
            (None, &revision, true, Standing::Closed),
            (Some(closed()), &revision, true, Standing::Closed),
            (Some(live()), &revision, false, Standing::Superseded),
            (Some(live()), &other, true, Standing::Stale),
            (Some(live()), &revision, true, Standing::Current),
        ];
        for (live, revision, held, expected) in table {
            assert_eq!(standing(live.as_ref(), revision, held), expected);
        }
        assert!(after_approval(Standing::Superseded) && after_approval(Standing::Stale));
        assert!(!after_approval(Standing::Current));
        assert!(stops_own_builds(Standing::Superseded) && stops_own_builds(Standing::Closed));
        assert!(!stops_own_builds(Standing::Stale));
    }

    fn started(build: &Build, attempt: u32) -> StartedBuild {
        StartedBuild {
            check: CheckName::new("build"),
            attempt,
            id: build.id.clone(),
            log_url: None,
            tried_again: false,
        }
    }

    #[test]
    fn a_build_that_an_earlier_try_started_is_found_again() {
        let plan = plan_with("", &[]);
        let found = build(BuildStatus::InProgress);
        let again = missing_builds(&plan, &[], std::slice::from_ref(&found), &execution());
        assert!(matches!(&again[..], [StartDecision::Found(build)] if build.id == found.id));
        let none = missing_builds(&plan, &[], &[], &execution());
        assert!(matches!(
            &none[..],
            [StartDecision::Start { attempt: 1, .. }]
        ));
    }

    #[test]
    fn refuses_a_build_with_copied_variables_and_starts_the_check_all_the_same() {
        let plan = plan_with("", &[]);
        let forged = |status| Build {
            own: false,
            ..build(status)
        };
        for status in [BuildStatus::Succeeded, BuildStatus::InProgress] {
            let missing = missing_builds(&plan, &[], &[forged(status)], &execution());
            assert!(
                matches!(&missing[..], [StartDecision::Start { attempt: 1, .. }]),
                "{missing:?}"
            );
        }
        let own = Build {
            id: BuildId::new("mergegate-pr-7:2"),
            ..build(BuildStatus::InProgress)
        };
        let both = [forged(BuildStatus::Succeeded), own.clone()];
        let missing = missing_builds(&plan, &[], &both, &execution());
        assert!(matches!(&missing[..], [StartDecision::Found(found)] if found.id == own.id));
    }

    #[test]
    fn a_foreign_build_of_the_run_is_stopped_and_one_that_it_knows_is_not() {
        let foreign = Build {
            own: false,
            ..build(BuildStatus::InProgress)
        };
        let stopped =
            |builds: &[Build], known: &[StartedBuild]| foreign_builds(builds, known, &execution());
        let all = std::slice::from_ref(&foreign);
        assert_eq!(stopped(all, &[]), std::slice::from_ref(&foreign.id));
        assert_eq!(stopped(all, &[started(&foreign, 1)]), []);
        assert_eq!(stopped(&[build(BuildStatus::InProgress)], &[]), []);
        let ended = Build {
            own: false,
            ..build(BuildStatus::Succeeded)
        };
        assert_eq!(stopped(&[ended], &[]), []);
    }

    #[test]
    fn a_check_that_codebuild_refuses_is_not_waited_for_nor_what_comes_after_it() {
        let mut plan = plan_with("", &[]);
        let after = PlannedCheck {
            after: vec![plan.checks[0].name.clone()],
            ..PlannedCheck::new(CheckName::new("later"), Vec::new())
        };
        plan.checks.push(after);
        assert_eq!(check(&plan, &[], &[], &execution()), CheckDecision::Wait);
        let first = plan.checks[0].name.clone();
        refuse(&mut plan, &first, "no such machine");
        assert_eq!(missing_builds(&plan, &[], &[], &execution()), []);
        assert_eq!(check(&plan, &[], &[], &execution()), CheckDecision::Report);
    }

    #[test]
    fn infrastructure_faults_are_tried_once_more_and_failures_are_not() {
        let plan = plan_with("", &[]);
        for (status, tried_again) in [
            (BuildStatus::Fault, true),
            (BuildStatus::Lost, true),
            (BuildStatus::Failed, false),
            (BuildStatus::TimedOut, false),
            (BuildStatus::Stopped, false),
        ] {
            let build = build(status);
            let first = [started(&build, 1)];
            let missing = missing_builds(&plan, &first, std::slice::from_ref(&build), &execution());
            assert_eq!(
                matches!(&missing[..], [StartDecision::Start { attempt: 2, .. }]),
                tried_again,
                "{status:?}"
            );
            let second = [started(&build, 2)];
            assert_eq!(
                check(&plan, &second, &[build], &execution()),
                CheckDecision::Report
            );
        }
    }

    #[test]
    fn a_destination_that_has_moved_is_seen_only_where_the_rules_ask() {
        let mut plan = plan_with("", &[]);
        let (before, now) = (CommitId::new("b"), CommitId::new("e"));
        assert!(!tip_has_moved(&plan, &before, Some(&now)));
        plan.retest = true;
        assert!(tip_has_moved(&plan, &before, Some(&now)));
        assert!(!tip_has_moved(&plan, &before, Some(&before)));
        assert!(!tip_has_moved(&plan, &before, None));
    }

    /// The attempt that follows a build of this status, after so many retries.
    fn next_attempt(retry: Retry, status: BuildStatus, attempt: u32) -> Option<u32> {
        let mut plan = plan_with("", &[]);
        plan.checks[0].retry = retry;
        let build = build(status);
        let known = [started(&build, attempt)];
        let missing = missing_builds(&plan, &known, std::slice::from_ref(&build), &execution());
        missing.into_iter().find_map(|decision| match decision {
            StartDecision::Start { attempt, .. } => Some(attempt),
            StartDecision::Found(_) => None,
        })
    }

    #[test]
    fn a_check_is_retried_as_often_as_its_rules_say() {
        for (faults, attempt, next) in [
            (0, 1, None),
            (1, 1, Some(2)),
            (1, 2, None),
            (3, 3, Some(4)),
            (3, 4, None),
        ] {
            let retry = Retry {
                faults,
                failed_tests: false,
            };
            assert_eq!(
                next_attempt(retry, BuildStatus::Fault, attempt),
                next,
                "{faults} {attempt}"
            );
        }
    }

    fn with_failed_tests(status: BuildStatus) -> CheckResult {
        let mut plan = plan_with("", &["unit"]);
        plan.checks[0].retry.failed_tests = true;
        let red = Tests {
            total: 1,
            failed: 1,
            ..Tests::default()
        };
        result(&plan, Some(build(status)), vec![tests_report("unit", red)])
    }

    #[test]
    fn failed_tests_are_tried_once_more_where_the_rules_say_so() {
        let failed = with_failed_tests(BuildStatus::Failed);
        let id = build(BuildStatus::Failed).id;
        let mut known = [started(&build(BuildStatus::Failed), 1)];
        assert_eq!(reruns(&known, std::slice::from_ref(&failed)), [id]);
        known[0].tried_again = true;
        assert_eq!(reruns(&known, std::slice::from_ref(&failed)), []);
        let plan = plan_with("", &["unit"]);
        let builds = [build(BuildStatus::Failed)];
        let missing = missing_builds(&plan, &known, &builds, &execution());
        assert!(matches!(
            &missing[..],
            [StartDecision::Start { attempt: 2, .. }]
        ));
        let second = [known[0].clone(), started(&builds[0], 2)];
        assert_eq!(missing_builds(&plan, &second, &builds, &execution()), []);
    }

    #[test]
    fn refuses_to_try_again_what_failed_otherwise_or_is_optional() {
        let known = [started(&build(BuildStatus::Failed), 1)];
        let mut optional = with_failed_tests(BuildStatus::Failed);
        optional.check.required = false;
        let mut without = with_failed_tests(BuildStatus::Failed);
        without.reports.clear();
        let mut unasked = with_failed_tests(BuildStatus::Failed);
        unasked.check.retry.failed_tests = false;
        let stopped = with_failed_tests(BuildStatus::Stopped);
        for result in [optional, without, unasked, stopped] {
            assert_eq!(reruns(&known, std::slice::from_ref(&result)), []);
        }
    }

    #[test]
    fn a_fault_of_the_second_try_is_retried_like_one_of_the_first() {
        let plan = plan_with("", &[]);
        let fault = Build {
            id: BuildId::new("mergegate-pr-7:2"),
            ..build(BuildStatus::Fault)
        };
        let mut first = started(&build(BuildStatus::Failed), 1);
        first.tried_again = true;
        let known = [first, started(&fault, 2)];
        let builds = [build(BuildStatus::Failed), fault];
        let missing = missing_builds(&plan, &known, &builds, &execution());
        assert!(matches!(
            &missing[..],
            [StartDecision::Start { attempt: 3, .. }]
        ));
    }

    #[test]
    fn a_check_that_has_not_started_or_not_ended_is_waited_for() {
        let plan = plan_with("", &[]);
        assert_eq!(check(&plan, &[], &[], &execution()), CheckDecision::Wait);
        let running = build(BuildStatus::InProgress);
        let known = [started(&running, 1)];
        assert_eq!(
            check(&plan, &known, &[running], &execution()),
            CheckDecision::Wait
        );
    }

    #[test]
    fn a_newer_run_stops_the_builds_of_older_ones_and_of_strangers_but_not_its_own() {
        let own = Claim::from(&execution());
        let started = |start_time: &str, run: &str| Claim {
            start_time: start_time.to_owned(),
            run: crate::id::RunName::new(run),
        };
        let newer = started("2026-11-20T10:00:00.001Z", "pr-7-000000000000-bbbbbbbb-1");
        let older = started("2026-11-20T09:59:59.999Z", "pr-7-ffffffffffff-bbbbbbbb-1");
        let running = build(BuildStatus::InProgress);
        let stranger = Build {
            purpose: None,
            ..running.clone()
        };
        let ended = build(BuildStatus::Succeeded);
        assert_eq!(older_builds(std::slice::from_ref(&running), &own), []);
        let of_the_older = [running.clone(), ended];
        assert_eq!(
            older_builds(&of_the_older, &newer),
            std::slice::from_ref(&running.id)
        );
        assert_eq!(older_builds(std::slice::from_ref(&running), &older), []);
        assert_eq!(
            older_builds(std::slice::from_ref(&stranger), &own),
            [stranger.id]
        );
    }
}

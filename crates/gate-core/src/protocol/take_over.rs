//! What a run that a command asked for, or that repairs what another left, takes over from the run before it, so that only the
//! rest is built.
//!
//! A build is taken over only if it built the very commit that this run tests, under the same plan. So the verdict is about the
//! same merge commit, whichever of the runs a build was started by.

use std::collections::BTreeSet;

use super::{Candidacy, Request, ResultRecord, StartedBuild, is_named_for};
use crate::{
    build::{Build, BuildStatus},
    candidate::Candidate,
    command::{Command, Retry},
    conversation::Retried,
    host::CommitDetails,
    id::{CheckName, CommitId, RunName, TreeId},
    names,
    plan::{Plan, WhyAgain},
    settings::RepositorySettings,
};

/// No verdict rests on builds of more runs than these: the record of it has its bounds.
const MOST_RUNS: usize = 20;

/// What a comment's commands ask to build again; `None` is everything.
pub fn again(commands: &[Command], result: Option<&ResultRecord>) -> Option<Vec<CheckName>> {
    let mut again = Vec::new();
    for command in commands {
        match command {
            Command::Retry { what: Retry::All } => return None,
            Command::Retry {
                what: Retry::Failed,
            } => again.extend(result.into_iter().flat_map(|result| result.failed.clone())),
            Command::Retry {
                what: Retry::Check(name),
            } => again.push(name.clone()),
            Command::Help
            | Command::Status
            | Command::Stop
            | Command::Hold { .. }
            | Command::Unhold
            | Command::Allow { .. }
            | Command::Give { .. } => {}
        }
    }
    Some(again)
}

/// Whether the recorded verdict is that of an earlier attempt at the same request. What is not right then is what became of the
/// verdict, and not what was built for it.
pub fn is_repair(request: &Request, result: Option<&ResultRecord>) -> bool {
    result.is_some_and(|result| is_named_for(request, &result.run))
}

/// What was tested before, of the same revision and destination commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Earlier<'a> {
    /// The commit.
    pub commit: &'a CommitId,
    /// Its tree.
    pub tree: &'a TreeId,
    /// The plan's fingerprint.
    pub plan: &'a str,
    /// The runs whose builds the verdict rests on, oldest first.
    pub runs: &'a [RunName],
}

/// What this run can continue, or why it builds everything again.
pub fn earlier<'a>(
    candidacy: &Candidacy,
    result: Option<&'a ResultRecord>,
) -> Result<Earlier<'a>, WhyAgain> {
    let result =
        result.filter(|result| result.revision == candidacy.revision && result.verdict.is_some());
    // Where it is not known which checks failed, none can be told from another.
    let result = result.filter(|result| !result.too_many_failed);
    let result = result.ok_or(WhyAgain::NothingBefore)?;
    if result.destination_commit.as_ref() != Some(&candidacy.destination_commit) {
        return Err(WhyAgain::DestinationMoved);
    }
    let (Some(commit), Some(tree), Some(plan)) =
        (&result.tested_commit, &result.tested_tree, &result.plan)
    else {
        return Err(WhyAgain::NothingBefore);
    };
    if result.runs.len() >= MOST_RUNS {
        return Err(WhyAgain::TooManyRuns);
    }
    Ok(Earlier {
        commit,
        tree,
        plan,
        runs: &result.runs,
    })
}

/// Whether a commit as the code host shows it is the merge that was tested: of these two commits, with this tree.
pub fn is_that_merge(candidacy: &Candidacy, earlier: Earlier<'_>, found: &CommitDetails) -> bool {
    let parents = [&candidacy.destination_commit, &candidacy.source_commit];
    found.parents.len() == 2
        && parents.iter().all(|parent| found.parents.contains(parent))
        && found.tree == *earlier.tree
}

/// What decides how a candidate is built, in short: two plans of the same fingerprint build the same.
pub fn fingerprint(plan: &Plan, settings: &RepositorySettings) -> String {
    // Not by way of a value: the order of its members depends on how `serde_json` was built.
    let parts = serde_json::to_string(&(
        &plan.checks,
        &plan.environment,
        &plan.kept,
        &plan.left_out,
        &plan.flags.known,
        &plan.flags.only,
        &plan.flags.compute,
        settings,
    ));
    names::hash(&[&parts.unwrap_or_default()], 32)
}

/// What a run is to be continued with.
#[derive(Clone, Copy, Debug)]
pub struct Before<'a> {
    /// The earlier plan's fingerprint.
    pub plan: &'a str,
    /// The runs whose builds may count, oldest first.
    pub runs: &'a [RunName],
    /// Checks that are to be built again, whatever they came to.
    pub again: &'a [CheckName],
    /// Retries that were asked for, by this run's comment or another: no run that began before one does for it.
    pub retried: &'a [Retried],
    /// Checks that did not pass.
    pub failed: &'a [CheckName],
}

impl Before<'_> {
    /// When the last retry of a check was asked for.
    fn retried(&self, check: &CheckName) -> Option<&str> {
        let concerns = |retried: &&Retried| match &retried.what {
            Retry::All => true,
            Retry::Failed => self.failed.contains(check),
            Retry::Check(name) => name == check,
        };
        let retries = self.retried.iter().filter(concerns);
        retries.map(|retried| retried.at.as_str()).max()
    }
}

/// The ended builds of the earlier runs that count for this one, whose plan has this `fingerprint`: none of a check that is to be
/// built again, nor of one that comes after such a check. `builds` are those of the project; what somebody else started counts as
/// little as if it were not there.
pub fn taken_over(
    plan: &Plan,
    fingerprint: &str,
    candidate: &Candidate,
    before: Before<'_>,
    builds: &[Build],
) -> Result<Vec<StartedBuild>, WhyAgain> {
    if before.plan != fingerprint {
        return Err(WhyAgain::OtherPlan);
    }
    let mut taken: Vec<StartedBuild> = plan
        .checks
        .iter()
        .filter(|check| !before.again.contains(&check.name))
        .filter_map(|check| last_build(&check.name, candidate, before, builds))
        .collect();
    loop {
        let names: BTreeSet<CheckName> = taken.iter().map(|build| build.check.clone()).collect();
        let stays = |build: &StartedBuild| {
            let check = plan.checks.iter().find(|check| check.name == build.check);
            check.is_some_and(|check| check.after.iter().all(|before| names.contains(before)))
        };
        let before = taken.len();
        taken.retain(stays);
        if taken.len() == before {
            return Ok(taken);
        }
    }
}

/// The last build of a check, if it ended by itself and built the candidate.
fn last_build(
    check: &CheckName,
    candidate: &Candidate,
    before: Before<'_>,
    builds: &[Build],
) -> Option<StartedBuild> {
    let retried = before.retried(check);
    let own = builds.iter().filter(|build| build.own);
    let of_check = own.filter_map(|build| {
        let purpose = build.purpose.as_ref()?;
        let place = before.runs.iter().position(|run| *run == purpose.run)?;
        let does = retried.is_none_or(|at| purpose.run_started.as_str() > at);
        (purpose.check == *check && does).then_some(((place, purpose.attempt), build))
    });
    let ((_, attempt), build) = of_check.max_by_key(|(order, _)| *order)?;
    let ended = matches!(
        build.status,
        BuildStatus::Succeeded | BuildStatus::Failed | BuildStatus::TimedOut
    );
    let of_candidate = build.resolved_commit.as_ref() == Some(candidate.tested_commit());
    (build.complete && ended && of_candidate).then(|| StartedBuild {
        check: check.clone(),
        attempt,
        id: build.id.clone(),
        log_url: build.log_url.clone(),
        tried_again: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        build::Purpose,
        id::BuildId,
        plan::PlannedCheck,
        samples::{build, candidacy, candidate, commit, execution, live, plan_with},
        verdict::VerdictKind,
    };

    fn name(name: &str) -> CheckName {
        CheckName::new(name)
    }

    fn run(number: u32) -> RunName {
        RunName::new(format!("run-{number}"))
    }

    fn built(check: &str, number: u32, status: BuildStatus) -> Build {
        Build {
            id: BuildId::new(format!("{check}-{number}")),
            purpose: Some(Purpose {
                run: run(number),
                run_started: execution().start_time,
                check: name(check),
                attempt: 1,
            }),
            ..build(status)
        }
    }

    /// `unit` and `docs` stand alone, `web` comes after `unit`.
    fn plan() -> Plan {
        let check = |name: &str, after: &[&str]| PlannedCheck {
            after: after.iter().map(|name| CheckName::new(*name)).collect(),
            ..PlannedCheck::new(CheckName::new(name), Vec::new())
        };
        Plan {
            checks: vec![
                check("unit", &[]),
                check("docs", &[]),
                check("web", &["unit"]),
            ],
            ..plan_with("", &[])
        }
    }

    fn taken(again: &[&str], builds: &[Build]) -> Vec<String> {
        let again: Vec<_> = again.iter().map(|check| name(check)).collect();
        let before = Before {
            plan: "plan",
            runs: &[run(1), run(2)],
            again: &again,
            retried: &[],
            failed: &[],
        };
        let taken = taken_over(&plan(), "plan", &candidate(), before, builds).unwrap();
        taken.iter().map(|build| build.id.to_string()).collect()
    }

    fn result() -> ResultRecord {
        ResultRecord {
            verdict: Some(VerdictKind::Reject),
            tested_commit: Some(commit('c')),
            tested_tree: Some(TreeId::new("t".repeat(40))),
            destination_commit: Some(commit('b')),
            plan: Some("plan".to_owned()),
            runs: vec![run(1)],
            failed: vec![name("unit")],
            ..ResultRecord::spoken(run(1), live().revision, None)
        }
    }

    #[test]
    fn only_what_is_named_and_what_comes_after_it_is_built_again() {
        use BuildStatus::{Failed, Succeeded};
        let all = [
            built("unit", 1, Failed),
            built("docs", 1, Succeeded),
            built("web", 1, Succeeded),
        ];
        assert_eq!(taken(&[], &all), ["unit-1", "docs-1", "web-1"]);
        assert_eq!(taken(&["unit"], &all), ["docs-1"]);
        assert_eq!(taken(&["web"], &all), ["unit-1", "docs-1"]);
        assert_eq!(taken(&[], &all[1..]), ["docs-1"], "`web` waits for `unit`");
    }

    #[test]
    fn the_last_build_of_a_check_counts_and_none_that_did_not_end_by_itself() {
        use BuildStatus::{Failed, Fault, InProgress, Lost, Stopped, Succeeded, TimedOut};
        for (status, is_taken) in [
            (Succeeded, true),
            (Failed, true),
            (TimedOut, true),
            (Stopped, false),
            (Fault, false),
            (Lost, false),
            (InProgress, false),
        ] {
            let builds = [built("docs", 2, status), built("docs", 1, Succeeded)];
            let expected: &[&str] = if is_taken { &["docs-2"] } else { &[] };
            assert_eq!(taken(&[], &builds), expected, "{status:?}");
        }
    }

    #[test]
    fn refuses_builds_of_another_commit_and_of_other_runs() {
        let other = Build {
            resolved_commit: Some(commit('9')),
            ..built("docs", 1, BuildStatus::Succeeded)
        };
        let stranger = Build {
            purpose: None,
            ..built("docs", 1, BuildStatus::Succeeded)
        };
        let of_third = built("docs", 3, BuildStatus::Succeeded);
        let forged = Build {
            own: false,
            ..built("docs", 1, BuildStatus::Succeeded)
        };
        assert!(taken(&[], &[other, stranger, of_third, forged]).is_empty());
    }

    #[test]
    fn refuses_a_forged_build_that_says_it_came_after_a_red_one() {
        let forged = Build {
            id: BuildId::new("forged"),
            own: false,
            ..built("docs", 2, BuildStatus::Succeeded)
        };
        let red = built("docs", 1, BuildStatus::Failed);
        assert_eq!(taken(&[], &[forged, red]), ["docs-1"]);
    }

    #[test]
    fn a_retry_asks_for_a_build_of_a_run_that_began_after_it_whichever_run_continues() {
        use BuildStatus::{Failed, Succeeded};
        let all = [built("unit", 1, Failed), built("docs", 1, Succeeded)];
        let taken = |at: &str, what: Retry| {
            let before = Before {
                plan: "plan",
                runs: &[run(1)],
                again: &[],
                retried: &[Retried {
                    at: at.to_owned(),
                    what,
                }],
                failed: &[name("unit")],
            };
            let taken = taken_over(&plan(), "plan", &candidate(), before, &all).unwrap();
            let ids = taken.iter().map(|build| build.id.to_string());
            ids.collect::<Vec<_>>()
        };
        let (earlier, later) = ("2026-11-20T09:59:59.999Z", "2026-11-20T10:00:00.001Z");
        assert_eq!(taken(later, Retry::All), [] as [&str; 0]);
        assert_eq!(taken(later, Retry::Failed), ["docs-1"]);
        assert_eq!(taken(later, Retry::Check(name("docs"))), ["unit-1"]);
        assert_eq!(taken(earlier, Retry::All), ["unit-1", "docs-1"]);
    }

    #[test]
    fn refuses_builds_under_another_plan() {
        let before = Before {
            plan: "plan",
            runs: &[run(1)],
            again: &[],
            retried: &[],
            failed: &[],
        };
        let builds = [built("docs", 1, BuildStatus::Succeeded)];
        assert_eq!(
            taken_over(&plan(), "other", &candidate(), before, &builds),
            Err(WhyAgain::OtherPlan)
        );
    }

    #[test]
    fn only_a_further_attempt_at_the_same_request_repairs() {
        let request = Request::Gate(candidacy());
        let by = |run: RunName| ResultRecord { run, ..result() };
        assert!(is_repair(&request, Some(&by(execution().name))));
        assert!(!is_repair(&request, Some(&by(run(1)))));
        assert!(!is_repair(&request, None));
    }

    #[test]
    fn another_revision_destination_or_an_unfinished_run_is_not_continued() {
        let found = result();
        let earlier_of = |result: &ResultRecord| earlier(&candidacy(), Some(result)).map(drop);
        assert_eq!(earlier_of(&found), Ok(()));
        let changed = |change: &dyn Fn(&mut ResultRecord)| {
            let mut result = result();
            change(&mut result);
            earlier_of(&result).unwrap_err()
        };
        let nothing = WhyAgain::NothingBefore;
        assert_eq!(
            changed(&|result| result.revision = crate::id::RevisionId::new("other")),
            nothing
        );
        assert_eq!(changed(&|result| result.verdict = None), nothing);
        assert_eq!(changed(&|result| result.plan = None), nothing);
        assert_eq!(changed(&|result| result.tested_commit = None), nothing);
        assert_eq!(
            changed(&|result| result.destination_commit = Some(commit('d'))),
            WhyAgain::DestinationMoved
        );
        assert_eq!(
            changed(&|result| result.runs = vec![run(1); MOST_RUNS]),
            WhyAgain::TooManyRuns
        );
        assert_eq!(earlier(&candidacy(), None), Err(nothing));
    }

    #[test]
    fn refuses_a_commit_that_is_not_that_merge() {
        let result = result();
        let earlier = earlier(&candidacy(), Some(&result)).unwrap();
        let merge = CommitDetails {
            tree: TreeId::new("t".repeat(40)),
            parents: vec![commit('b'), commit('a')],
        };
        assert!(is_that_merge(&candidacy(), earlier, &merge));
        for wrong in [
            CommitDetails {
                tree: TreeId::new("0".repeat(40)),
                ..merge.clone()
            },
            CommitDetails {
                parents: vec![commit('b'), commit('d')],
                ..merge.clone()
            },
            CommitDetails {
                parents: vec![commit('b')],
                ..merge
            },
        ] {
            assert!(!is_that_merge(&candidacy(), earlier, &wrong), "{wrong:?}");
        }
    }

    #[test]
    fn commands_say_what_is_built_again() {
        let result = result();
        let of = |text: &str| {
            let lines = crate::command::parse(text).unwrap().into_iter();
            let commands: Vec<_> = lines.filter_map(|line| line.command.ok()).collect();
            again(&commands, Some(&result))
        };
        assert_eq!(of("/gate retry"), None);
        assert_eq!(of("/gate retry failed\n/gate retry all"), None);
        assert_eq!(of("/gate retry failed"), Some(vec![name("unit")]));
        assert_eq!(of("/gate retry web"), Some(vec![name("web")]));
        assert_eq!(of("/gate unhold"), Some(Vec::new()));
    }

    #[test]
    fn a_plan_that_builds_in_another_way_has_another_fingerprint() {
        let settings = crate::samples::settings();
        let same = fingerprint(&plan(), &settings);
        let mut other = plan();
        other.checks[0].settings.image = Some("other".to_owned());
        assert_ne!(fingerprint(&other, &settings), same);
        let mut other = plan();
        other.flags = crate::title::Flags::parse("[no-cache]");
        assert_ne!(fingerprint(&other, &settings), same);
        let mut moved = settings.clone();
        moved.image = "other".to_owned();
        assert_ne!(fingerprint(&plan(), &moved), same);
        let mut said = plan();
        said.flags.reasons = [(crate::title::Flag::Only, "why".to_owned())].into();
        assert_eq!(fingerprint(&said, &settings), same);
    }
}

//! What a gate run decides in its steps.

use super::{Claim, Execution, StartedBuild};
use crate::{
    build::{Build, BuildStatus},
    id::{BuildId, CheckName, RevisionId},
    plan::Plan,
    pull_request::PullRequest,
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
/// started. `builds` are all builds of the project.
pub fn missing_builds(
    plan: &Plan,
    known: &[StartedBuild],
    builds: &[Build],
    execution: &Execution,
) -> Vec<StartDecision> {
    plan.checks
        .iter()
        .filter_map(|check| {
            let last = known
                .iter()
                .filter(|build| build.check == check.name)
                .max_by_key(|build| build.attempt);
            let attempt = match last {
                None => 1,
                Some(last)
                    if last.attempt < MAX_BUILD_ATTEMPTS
                        && is_infrastructure_fault(last, builds) =>
                {
                    last.attempt + 1
                }
                Some(_) => return None,
            };
            let found = builds.iter().find(|build| {
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
                }),
                None => StartDecision::Start {
                    check: check.name.clone(),
                    attempt,
                },
            })
        })
        .collect()
}

/// A check is built once more after CodeBuild itself failed.
const MAX_BUILD_ATTEMPTS: u32 = 2;

fn is_infrastructure_fault(started: &StartedBuild, builds: &[Build]) -> bool {
    builds
        .iter()
        .find(|build| build.id == started.id)
        .is_some_and(|build| {
            build.complete && matches!(build.status, BuildStatus::Fault | BuildStatus::Lost)
        })
}

/// Running builds of other runs: the claim is held, so all of them are older.
pub fn older_builds(builds: &[Build], own: &Claim) -> Vec<BuildId> {
    builds
        .iter()
        .filter(|build| !build.complete)
        .filter(|build| {
            build
                .purpose
                .as_ref()
                .is_none_or(|purpose| purpose.run != own.run)
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

/// Whether an approval that was just given must be taken back: something changed while it was on its way.
pub fn after_approval(standing: Standing) -> bool {
    match standing {
        Standing::Current | Standing::Closed => false,
        Standing::Superseded | Standing::Stale => true,
    }
}

//! Whether a run under some rules fits an execution, however many checks it builds and however often: what goes from step to step
//! of a state machine has at most 262,144 bytes (Step Functions quotas).

use serde::Serialize;

use super::{LeftOut, PlannedCheck, Side, Why, ruleset::Ruleset};
use crate::{
    id::BuildId,
    protocol::StartedBuild,
    rules::{CheckRule, Rules},
};

/// What a state may have for what follows from the rules. The rest is for what people said, for notes, for names of commits and
/// branches, and for the words of a failure, which Step Functions lets have 32,768 characters.
const MOST_BYTES: usize = 170 * 1024;

/// As long as a project's name and a build's id get.
const LONGEST_PROJECT: usize = 48;
const BUILD_UUID: usize = 37;
/// As long as the start of the names of a project's report groups gets (`names::report_groups`).
const LONGEST_GROUPS: usize = 57;
/// `arn:aws-us-gov:codebuild:ap-southeast-1:123456789012:report-group/`
const GROUP_ARN: usize = 70;
/// What a note about a buildspec takes besides its path.
const NOTE: usize = 60;
/// Remembered durations of a check.
const PASSES: usize = 80;

/// The check that takes most of a state that would be too large, by its number, and words about it.
pub(super) fn too_large(set: &Ruleset) -> Option<(usize, String)> {
    let rules = &set.rules;
    let of_checks: Vec<usize> = rules
        .checks
        .iter()
        .map(|check| of_check(set, check))
        .collect();
    let all = of_checks.iter().sum::<usize>() + of_all(rules);
    if all <= MOST_BYTES {
        return None;
    }
    let (largest, bytes) = of_checks
        .iter()
        .enumerate()
        .max_by_key(|(_, bytes)| **bytes)?;
    let name = rules.checks.get(largest).map(|check| &check.name)?;
    let words = format!(
        "the checks would take {} KiB of a run's state, more than {}; the most, {} KiB, `{name}`: put its buildspec into a file, \
         shorten its variables and globs, or have fewer checks",
        all.div_ceil(1024),
        MOST_BYTES / 1024,
        bytes.div_ceil(1024),
    );
    Some((largest, words))
}

/// What there is once, whatever the checks: variables of all, who may lift a hold.
fn of_all(rules: &Rules) -> usize {
    let names: usize = rules
        .checks
        .iter()
        .map(|check| check.name.as_str().len() + 3)
        .sum();
    // Notes name each buildspec that changes, that is new, or that is broken.
    let notes = rules.buildspec_files().map(|path| path.len() + NOTE);
    let paths: usize = notes.sum();
    // A note about rules that change names each check, and so do three about `[only=…]`.
    bytes(&rules.environment) + bytes(&rules.who_may_unhold()) + 4 * names + 3 * paths
}

/// What a check comes to: whether it runs or not, with all the builds it may have.
fn of_check(set: &Ruleset, check: &CheckRule) -> usize {
    let Some(buildspec) = set.of_check(check) else {
        return 0;
    };
    let of_group = |report: &String| report.len() + LONGEST_GROUPS + report.len() + GROUP_ARN + 8;
    let groups: usize = buildspec.reports.iter().map(of_group).sum();
    let builds = 1 + check.retry.faults + u32::from(check.retry.failed_tests);
    let build = StartedBuild {
        check: check.name.clone(),
        attempt: builds,
        id: BuildId::new("-".repeat(LONGEST_PROJECT + BUILD_UUID)),
        log_url: None,
        tried_again: true,
    };
    let planned = PlannedCheck {
        name: check.name.clone(),
        required: check.required,
        kind: check.kind,
        reports: buildspec.reports,
        coverage_reports: buildspec.coverage_reports,
        after: check.after.clone(),
        buildspec: check.buildspec.clone(),
        side: Side::Destination,
        demands: check.demands.clone(),
        retry: check.retry,
        settings: check.settings.clone(),
        refused: None,
    };
    let left_out = |why: Why| LeftOut {
        name: check.name.clone(),
        required: check.required,
        why,
    };
    let not_needed = left_out(Why::NotNeeded {
        paths: check.paths.clone(),
    });
    let elsewhere = left_out(Why::OtherBranch {
        branches: check.branches.clone(),
    });
    let runs = bytes(&planned) + builds as usize * bytes(&build) + groups + PASSES;
    runs.max(bytes(&not_needed)).max(bytes(&elsewhere))
}

fn bytes(value: &impl Serialize) -> usize {
    serde_json::to_string(value).map_or(usize::MAX / 1024, |text| text.len() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_names_are_those_that_a_deployment_makes() {
        let project = crate::names::project(
            &"s".repeat(32),
            &crate::id::PullRequestId::new("1".repeat(11)),
        );
        assert!(project.len() <= LONGEST_PROJECT, "{project}");
        let groups = crate::names::report_groups(&project, &crate::id::RepositoryName::new("x"));
        assert!(groups.len() <= LONGEST_GROUPS, "{groups}");
        let longest = crate::buildspec::LONGEST_REPORT_NAME;
        let group = crate::names::report_group(&groups, &"r".repeat(longest));
        assert_eq!(group.len(), 128, "{group}");
    }
}

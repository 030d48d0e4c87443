//! How often one candidate failed, so that nobody has it tested again without end.

use serde::{Deserialize, Serialize};

use super::{Candidacy, ResultRecord};
use crate::{
    id::{CommitId, RevisionId, RunName},
    verdict::{CheckFailure, CheckResult, Reason, Verdict},
};

/// Names that are kept. Only the latest run can report twice, and a parameter has its bounds.
const KEPT: usize = 5;

/// The failed runs of one candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failures {
    /// Its revision.
    pub revision: RevisionId,
    /// Its destination commit.
    pub destination_commit: CommitId,
    /// How many there are.
    pub times: u32,
    /// The latest of them, oldest first.
    pub runs: Vec<RunName>,
}

impl Failures {
    fn are_of(&self, candidacy: &Candidacy) -> bool {
        self.revision == candidacy.revision
            && self.destination_commit == candidacy.destination_commit
    }
}

/// How many runs of the candidate failed so far.
pub fn failed_runs(result: Option<&ResultRecord>, candidacy: &Candidacy) -> u32 {
    let failures = result.and_then(|result| result.failures.as_ref());
    let failures = failures.filter(|failures| failures.are_of(candidacy));
    failures.map_or(0, |failures| failures.times)
}

/// What is remembered once one more run of the candidate failed; a run that is told of twice counts once.
pub fn one_more(result: Option<&ResultRecord>, candidacy: &Candidacy, run: &RunName) -> Failures {
    let failures = result.and_then(|result| result.failures.clone());
    let mut failures = failures
        .filter(|failures| failures.are_of(candidacy))
        .unwrap_or_else(|| Failures {
            revision: candidacy.revision.clone(),
            destination_commit: candidacy.destination_commit.clone(),
            times: 0,
            runs: Vec::new(),
        });
    if !failures.runs.contains(run) {
        failures.times = failures.times.saturating_add(1);
        failures.runs.push(run.clone());
        let superfluous = failures.runs.len().saturating_sub(KEPT);
        failures.runs.drain(..superfluous);
    }
    failures
}

/// Whether the run failed by what it built: not if it built nothing itself, nor for reasons of CodeBuild's own, nor because
/// somebody stopped it.
pub fn counts_as_failed(verdict: &Verdict, results: &[CheckResult], run: &RunName) -> bool {
    let Verdict::Reject(reasons) = verdict else {
        return false;
    };
    let is_own = |result: &CheckResult| {
        let build = result.build.as_ref();
        let purpose = build.and_then(|build| build.purpose.as_ref());
        purpose.is_some_and(|purpose| purpose.run == *run)
    };
    results.iter().any(is_own) && reasons.iter().any(blames_the_candidate)
}

fn blames_the_candidate(reason: &Reason) -> bool {
    let Reason::Check { failure, .. } = reason else {
        return false;
    };
    match failure {
        CheckFailure::NeverStarted
        | CheckFailure::NotRun { .. }
        | CheckFailure::Refused { .. }
        | CheckFailure::NotEnded
        | CheckFailure::Stopped
        | CheckFailure::Infrastructure
        | CheckFailure::WrongCommit { .. } => false,
        CheckFailure::Failed
        | CheckFailure::TimedOut
        | CheckFailure::TestsFailed { .. }
        | CheckFailure::ReportIncomplete { .. }
        | CheckFailure::ReportMissing { .. }
        | CheckFailure::NoTests
        | CheckFailure::TooFewTests { .. }
        | CheckFailure::NoCoverage
        | CheckFailure::CoverageTooLow { .. }
        | CheckFailure::CoverageDropped { .. } => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        build::BuildStatus,
        id::CheckName,
        samples::{build, candidacy, candidate, commit, execution, live, plan_with, result},
        verdict::decide,
    };

    fn remembered(failures: Failures) -> ResultRecord {
        ResultRecord {
            failures: Some(failures),
            ..ResultRecord::spoken(execution().name, live().revision, None)
        }
    }

    #[test]
    fn a_run_that_is_told_of_twice_counts_once() {
        let mut record = None;
        for (number, times) in [(1, 1), (1, 1), (2, 2), (2, 2), (3, 3)] {
            let run = RunName::new(format!("run-{number}"));
            let failures = one_more(record.as_ref(), &candidacy(), &run);
            assert_eq!(failures.times, times);
            record = Some(remembered(failures));
        }
        assert_eq!(failed_runs(record.as_ref(), &candidacy()), 3);
    }

    #[test]
    fn what_is_remembered_has_its_bounds_and_the_count_goes_on() {
        let mut record = None;
        for number in 1..=100 {
            let run = RunName::new(format!("run-{number}"));
            record = Some(remembered(one_more(record.as_ref(), &candidacy(), &run)));
        }
        let failures = record.unwrap().failures.unwrap();
        assert_eq!((failures.times, failures.runs.len()), (100, 5));
        assert_eq!(failures.runs[4].as_str(), "run-100");
    }

    #[test]
    fn another_revision_or_destination_commit_is_another_candidate() {
        let record = remembered(one_more(None, &candidacy(), &execution().name));
        let pushed = Candidacy {
            revision: RevisionId::new("another"),
            ..candidacy()
        };
        let moved = Candidacy {
            destination_commit: commit('e'),
            ..candidacy()
        };
        for other in [pushed, moved] {
            assert_eq!(failed_runs(Some(&record), &other), 0);
            let run = RunName::new("run-2");
            assert_eq!(one_more(Some(&record), &other, &run).times, 1);
        }
        assert_eq!(failed_runs(None, &candidacy()), 0);
    }

    #[test]
    fn only_what_the_candidate_is_to_blame_for_counts_and_only_of_what_the_run_built() {
        let plan = plan_with("", &[]);
        let (own, other) = (execution().name, RunName::new("another"));
        for (status, counts) in [
            (BuildStatus::Failed, true),
            (BuildStatus::TimedOut, true),
            (BuildStatus::Fault, false),
            (BuildStatus::Lost, false),
            (BuildStatus::Stopped, false),
            (BuildStatus::Succeeded, false),
        ] {
            let results = [result(&plan, Some(build(status)), Vec::new())];
            let verdict = decide(&plan, Some(&candidate()), &results);
            assert_eq!(
                counts_as_failed(&verdict, &results, &own),
                counts,
                "{status:?}"
            );
            assert!(!counts_as_failed(&verdict, &results, &other), "{status:?}");
        }
        let not_run = Verdict::Reject(vec![Reason::Check {
            check: CheckName::new("web"),
            failure: CheckFailure::NotRun {
                after: CheckName::new("build"),
            },
        }]);
        let results = [result(&plan, Some(build(BuildStatus::Stopped)), Vec::new())];
        assert!(!counts_as_failed(&not_run, &results, &own));
    }
}

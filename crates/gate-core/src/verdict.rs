//! From what the builds did to Approve, Reject or Hold. Missing is not passed; a report can worsen a verdict, never improve one.

use serde::{Deserialize, Serialize};

use crate::{
    build::{Build, BuildStatus},
    candidate::Candidate,
    conversation::Hold,
    id::{CheckName, CommitId, PullRequestId, RevisionId},
    plan::{LeftOut, NoBuild, Plan, PlannedCheck, Why},
    report::{Lines, Report, ReportContent, ReportStatus},
    rules::Percent,
    title::Flag,
};

/// What the gate says about a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All required checks passed for this candidate.
    Approve(Approval),
    /// Something must change first.
    Reject(Vec<Reason>),
    /// Nothing is wrong that the gate knows of, but a person must act.
    Hold(Reason),
    /// The destination is not gated: the gate has no say.
    NotGated,
}

/// The right to approve one revision. Only [`decide`] makes one, and only from a run of that revision's candidate whose
/// required checks all passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    pull_request: PullRequestId,
    revision: RevisionId,
}

impl Approval {
    /// The pull request to approve.
    pub fn pull_request(&self) -> &PullRequestId {
        &self.pull_request
    }

    /// The only revision it is good for.
    pub fn revision(&self) -> &RevisionId {
        &self.revision
    }
}

/// The verdict's kind, for records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictKind {
    /// See [`Verdict::Approve`].
    Approve,
    /// See [`Verdict::Reject`].
    Reject,
    /// See [`Verdict::Hold`].
    Hold,
    /// See [`Verdict::NotGated`].
    NotGated,
}

impl Verdict {
    /// Its kind.
    pub fn kind(&self) -> VerdictKind {
        match self {
            Self::Approve(_) => VerdictKind::Approve,
            Self::Reject(_) => VerdictKind::Reject,
            Self::Hold(_) => VerdictKind::Hold,
            Self::NotGated => VerdictKind::NotGated,
        }
    }
}

/// Why a verdict is not Approve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nothing was built, and why.
    NotBuilt(NoBuild),
    /// All that ran passed, but with this flag the rules let nothing be approved.
    Flag(Flag),
    /// All that ran passed, but somebody holds the pull request.
    Held(Hold),
    /// A check did not pass.
    Check {
        /// Which.
        check: CheckName,
        /// What happened.
        failure: CheckFailure,
    },
}

/// Why a check did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckFailure {
    /// No build of it is known.
    NeverStarted,
    /// It never started because a check it comes after did not pass.
    NotRun {
        /// That check.
        after: CheckName,
    },
    /// CodeBuild takes no build of it, and says why: its settings ask for what there is not.
    Refused {
        /// CodeBuild's words.
        words: String,
    },
    /// It has not ended.
    NotEnded,
    /// A phase failed.
    Failed,
    /// It ran or waited too long.
    TimedOut,
    /// A person stopped it.
    Stopped,
    /// CodeBuild failed, twice.
    Infrastructure,
    /// Another commit was built than the one asked for.
    WrongCommit {
        /// What was built, if known.
        built: Option<CommitId>,
    },
    /// The build passed, but its report holds failed tests.
    TestsFailed {
        /// How many.
        failed: u64,
    },
    /// A report the buildspec promises is incomplete.
    ReportIncomplete {
        /// Its name.
        report: String,
    },
    /// A report the buildspec promises never came.
    ReportMissing {
        /// Its name.
        report: String,
    },
    /// Reports came, and there is no test in them.
    NoTests,
    /// There are fewer tests in its reports than the rules ask for.
    TooFewTests {
        /// How many there are.
        found: u64,
        /// How many there must be.
        minimum: u64,
    },
    /// The rules ask for coverage, and there is none in its reports.
    NoCoverage,
    /// Fewer lines are covered than the rules ask for.
    CoverageTooLow {
        /// Covered.
        covered: Percent,
        /// What must be.
        minimum: Percent,
    },
    /// Coverage fell by more than the rules allow.
    CoverageDropped {
        /// What it is now.
        covered: Percent,
        /// By how many points it fell.
        drop: Percent,
        /// What is allowed.
        maximum: Percent,
    },
}

/// What became of one planned check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckResult {
    /// The check.
    pub check: PlannedCheck,
    /// Its last build.
    pub build: Option<Build>,
    /// That build's reports.
    pub reports: Vec<Report>,
    /// The end of its log up to where it failed; read only of a build that broke.
    pub log_end: Option<String>,
    /// Its coverage at the destination's last gated merge, if it is known.
    pub coverage_before: Option<Lines>,
}

impl CheckResult {
    /// The lines of its coverage reports; `None` without any line.
    pub fn coverage(&self) -> Option<Lines> {
        let mut lines = Lines::default();
        for report in &self.reports {
            if let ReportContent::Coverage(coverage) = &report.content {
                lines.covered += coverage.covered;
                lines.total += coverage.total;
            }
        }
        (lines.total > 0).then_some(lines)
    }
}

/// Decides. `candidate` is the one the run was made for; `None` when no merge preview exists.
pub fn decide(plan: &Plan, candidate: Option<&Candidate>, results: &[CheckResult]) -> Verdict {
    match &plan.no_build {
        Some(NoBuild::NotGated { .. }) => return Verdict::NotGated,
        Some(
            hold @ (NoBuild::SkipCi
            | NoBuild::WaitsForLeave { .. }
            | NoBuild::Stopped { .. }
            | NoBuild::BranchInTheWay { .. }
            | NoBuild::NotComputable { .. }),
        ) => {
            return Verdict::Hold(Reason::NotBuilt(hold.clone()));
        }
        Some(reject) => return Verdict::Reject(vec![Reason::NotBuilt(reject.clone())]),
        None => {}
    }
    let Some(candidate) = candidate else {
        let reason = "no merge preview was made".to_owned();
        return Verdict::Hold(Reason::NotBuilt(NoBuild::NotComputable { reason }));
    };
    let tests_skipped = plan.flags.has(Flag::SkipTests);
    let reasons: Vec<Reason> = plan
        .checks
        .iter()
        .filter(|check| check.required)
        .filter_map(|check| {
            let result = results
                .iter()
                .find(|result| result.check.name == check.name);
            let failure = match result {
                None => Some(CheckFailure::NeverStarted),
                Some(result) => not_run(result, results)
                    .or_else(|| check_failure(result, candidate, tests_skipped)),
            };
            failure.map(|failure| Reason::Check {
                check: check.name.clone(),
                failure,
            })
        })
        .collect();
    if !reasons.is_empty() || !requires_anything(plan) {
        return Verdict::Reject(reasons);
    }
    if let Some(hold) = &plan.conversation.hold {
        return Verdict::Hold(Reason::Held(hold.clone()));
    }
    if let Some(flag) = plan.held_by.first() {
        return Verdict::Hold(Reason::Flag(*flag));
    }
    Verdict::Approve(Approval {
        pull_request: candidate.pull_request.clone(),
        revision: candidate.revision.clone(),
    })
}

/// Rules that require nothing on this branch prove nothing.
fn requires_anything(plan: &Plan) -> bool {
    let planned = plan.checks.iter().any(|check| check.required);
    let applies = |left_out: &LeftOut| !matches!(left_out.why, Why::OtherBranch { .. });
    let left_out = plan
        .left_out
        .iter()
        .any(|left_out| left_out.required && applies(left_out));
    planned || left_out
}

/// Set for a check without a build that comes after one which did not pass.
pub fn not_run(result: &CheckResult, results: &[CheckResult]) -> Option<CheckFailure> {
    if result.build.is_some() {
        return None;
    }
    let after = result.check.after.iter().find(|before| {
        let before = results.iter().find(|other| other.check.name == **before);
        before.is_some_and(|before| match &before.build {
            Some(build) => build.complete && build.status != BuildStatus::Succeeded,
            None => before.check.refused.is_some() || not_run(before, results).is_some(),
        })
    })?;
    Some(CheckFailure::NotRun {
        after: after.clone(),
    })
}

/// Why this check did not pass; `None` if it did.
pub fn check_failure(
    result: &CheckResult,
    candidate: &Candidate,
    tests_skipped: bool,
) -> Option<CheckFailure> {
    if let Some(words) = &result.check.refused {
        let words = words.clone();
        return Some(CheckFailure::Refused { words });
    }
    let Some(build) = &result.build else {
        return Some(CheckFailure::NeverStarted);
    };
    let failed = match build.status {
        BuildStatus::Succeeded => None,
        BuildStatus::InProgress => Some(CheckFailure::NotEnded),
        BuildStatus::Failed => Some(CheckFailure::Failed),
        BuildStatus::TimedOut => Some(CheckFailure::TimedOut),
        BuildStatus::Stopped => Some(CheckFailure::Stopped),
        BuildStatus::Fault | BuildStatus::Lost => Some(CheckFailure::Infrastructure),
    };
    if failed.is_some() {
        return failed;
    }
    if build.resolved_commit.as_ref() != Some(candidate.tested_commit()) {
        return Some(CheckFailure::WrongCommit {
            built: build.resolved_commit.clone(),
        });
    }
    report_failure(result, tests_skipped)
}

fn report_failure(result: &CheckResult, tests_skipped: bool) -> Option<CheckFailure> {
    let demands = &result.check.demands;
    let mut tests = None;
    for report in &result.reports {
        if let ReportContent::Tests(found) = &report.content {
            if found.failed > 0 {
                return Some(CheckFailure::TestsFailed {
                    failed: found.failed,
                });
            }
            *tests.get_or_insert(0) += found.total;
        }
    }
    if tests_skipped {
        return None;
    }
    for name in result.check.reports.iter().chain(&demands.reports) {
        match result.reports.iter().find(|report| report.name == *name) {
            None => {
                return Some(CheckFailure::ReportMissing {
                    report: name.clone(),
                });
            }
            Some(report) if report.status != ReportStatus::Complete => {
                return Some(CheckFailure::ReportIncomplete {
                    report: name.clone(),
                });
            }
            Some(_) => {}
        }
    }
    if let Some(report) = result
        .reports
        .iter()
        .find(|report| report.status != ReportStatus::Complete)
    {
        return Some(CheckFailure::ReportIncomplete {
            report: report.name.clone(),
        });
    }
    let found = tests.unwrap_or_default();
    match demands.minimum_tests {
        Some(minimum) if found < minimum => {
            return Some(CheckFailure::TooFewTests { found, minimum });
        }
        None if tests == Some(0) => return Some(CheckFailure::NoTests),
        _ => {}
    }
    coverage_failure(result)
}

/// A drop is judged where it is known what the coverage was.
fn coverage_failure(result: &CheckResult) -> Option<CheckFailure> {
    let demands = &result.check.demands;
    if !demands.ask_for_coverage() {
        return None;
    }
    let Some(lines) = result.coverage() else {
        return Some(CheckFailure::NoCoverage);
    };
    let covered = Percent::of(lines)?;
    if let Some(minimum) = demands.minimum_coverage.filter(|it| it.is_more_than(lines)) {
        return Some(CheckFailure::CoverageTooLow { covered, minimum });
    }
    let (maximum, before) = (demands.maximum_drop?, result.coverage_before?);
    let drop = maximum.exceeded_by(before, lines)?;
    Some(CheckFailure::CoverageDropped {
        covered,
        drop,
        maximum,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        report::{Coverage, Tests},
        rules::Demands,
        samples::{build, candidate, commit, passed, plan_with, result, tests_report},
    };

    fn verdict(build: Build, reports: Vec<Report>) -> Verdict {
        let plan = plan_with("", &["unit"]);
        decide(
            &plan,
            Some(&candidate()),
            &[result(&plan, Some(build), reports)],
        )
    }

    fn failure(verdict: &Verdict) -> &CheckFailure {
        match verdict {
            Verdict::Reject(reasons) => match &reasons[..] {
                [Reason::Check { failure, .. }] => failure,
                other => panic!("one failed check expected, found {other:?}"),
            },
            other => panic!("Reject expected, found {other:?}"),
        }
    }

    #[test]
    fn an_approval_names_the_revision_of_the_candidate_that_passed() {
        let Verdict::Approve(approval) = verdict(
            build(BuildStatus::Succeeded),
            vec![tests_report("unit", passed(3))],
        ) else {
            panic!("Approve expected");
        };
        assert_eq!(approval.revision(), &candidate().revision);
        assert_eq!(approval.pull_request(), &candidate().pull_request);
    }

    #[test]
    fn only_succeeded_is_a_pass() {
        let table = [
            (BuildStatus::InProgress, CheckFailure::NotEnded),
            (BuildStatus::Failed, CheckFailure::Failed),
            (BuildStatus::TimedOut, CheckFailure::TimedOut),
            (BuildStatus::Stopped, CheckFailure::Stopped),
            (BuildStatus::Fault, CheckFailure::Infrastructure),
            (BuildStatus::Lost, CheckFailure::Infrastructure),
        ];
        for (status, expected) in table {
            let verdict = verdict(build(status), vec![tests_report("unit", passed(3))]);
            assert_eq!(failure(&verdict), &expected, "{status:?}");
        }
    }

    #[test]
    fn refuses_a_build_of_another_commit() {
        for built in [Some(commit('a')), Some(commit('b')), None] {
            let other = Build {
                resolved_commit: built.clone(),
                ..build(BuildStatus::Succeeded)
            };
            let verdict = verdict(other, vec![tests_report("unit", passed(3))]);
            assert_eq!(failure(&verdict), &CheckFailure::WrongCommit { built });
        }
    }

    #[test]
    fn refuses_reports_that_are_missing_incomplete_empty_or_red() {
        let unit = "unit".to_owned();
        let incomplete = Report {
            status: ReportStatus::Incomplete,
            ..tests_report("unit", passed(3))
        };
        let red = Tests {
            total: 3,
            passed: 2,
            failed: 1,
            ..Tests::default()
        };
        let table = [
            (
                vec![],
                CheckFailure::ReportMissing {
                    report: unit.clone(),
                },
            ),
            (
                vec![tests_report("other", passed(3))],
                CheckFailure::ReportMissing {
                    report: unit.clone(),
                },
            ),
            (
                vec![incomplete],
                CheckFailure::ReportIncomplete { report: unit },
            ),
            (vec![tests_report("unit", passed(0))], CheckFailure::NoTests),
            (
                vec![tests_report("unit", red)],
                CheckFailure::TestsFailed { failed: 1 },
            ),
        ];
        for (reports, expected) in table {
            assert_eq!(
                failure(&verdict(build(BuildStatus::Succeeded), reports)),
                &expected
            );
        }
    }

    #[test]
    fn a_green_report_never_improves_a_red_build() {
        let verdict = verdict(
            build(BuildStatus::Failed),
            vec![tests_report("unit", passed(1000))],
        );
        assert_eq!(failure(&verdict), &CheckFailure::Failed);
    }

    #[test]
    fn refuses_a_required_check_that_was_never_built_and_a_plan_that_requires_nothing() {
        let plan = plan_with("", &[]);
        let never = decide(&plan, Some(&candidate()), &[]);
        assert_eq!(failure(&never), &CheckFailure::NeverStarted);
        let nothing = Plan::default();
        assert_eq!(
            decide(&nothing, Some(&candidate()), &[]),
            Verdict::Reject(vec![])
        );
        assert!(matches!(decide(&plan, None, &[]), Verdict::Hold(_)));
    }

    #[test]
    fn skipped_tests_need_no_report_but_a_red_one_still_counts() {
        let plan = plan_with("[skip-tests] docs", &["unit"]);
        let without = result(&plan, Some(build(BuildStatus::Succeeded)), vec![]);
        assert!(matches!(
            decide(&plan, Some(&candidate()), &[without]),
            Verdict::Approve(_)
        ));
        let red = Tests {
            total: 1,
            failed: 1,
            ..Tests::default()
        };
        let with_red = result(
            &plan,
            Some(build(BuildStatus::Succeeded)),
            vec![tests_report("unit", red)],
        );
        assert!(matches!(
            decide(&plan, Some(&candidate()), &[with_red]),
            Verdict::Reject(_)
        ));
    }

    #[test]
    fn what_was_not_built_is_never_approved() {
        let table = [
            (NoBuild::SkipCi, VerdictKind::Hold),
            (
                NoBuild::NotComputable {
                    reason: "too far apart".to_owned(),
                },
                VerdictKind::Hold,
            ),
            (
                NoBuild::BranchInTheWay {
                    branch: "mergegate".to_owned(),
                },
                VerdictKind::Hold,
            ),
            (
                NoBuild::Conflict {
                    files: vec![],
                    more: 0,
                },
                VerdictKind::Reject,
            ),
            (
                NoBuild::NoBuildspec {
                    path: "buildspec.yml".to_owned(),
                },
                VerdictKind::Reject,
            ),
            (
                NoBuild::InvalidRules { faults: vec![] },
                VerdictKind::Reject,
            ),
            (NoBuild::NotGated { gated: vec![] }, VerdictKind::NotGated),
        ];
        for (no_build, expected) in table {
            let plan = Plan {
                no_build: Some(no_build),
                ..plan_with("", &[])
            };
            let green = result(&plan, Some(build(BuildStatus::Succeeded)), vec![]);
            assert_eq!(decide(&plan, Some(&candidate()), &[green]).kind(), expected);
        }
    }

    fn judged(demands: &Demands, lines: &[(u64, u64)], before: Option<(u64, u64)>) -> Verdict {
        let mut plan = plan_with("", &["unit"]);
        plan.checks[0].demands = demands.clone();
        let mut reports = vec![tests_report("unit", passed(3))];
        reports.extend(lines.iter().map(|(covered, total)| Report {
            name: "lines".to_owned(),
            status: ReportStatus::Complete,
            content: ReportContent::Coverage(Coverage {
                covered: *covered,
                total: *total,
                files: Vec::new(),
            }),
        }));
        let mut result = result(&plan, Some(build(BuildStatus::Succeeded)), reports);
        result.coverage_before = before.map(|(covered, total)| Lines { covered, total });
        decide(&plan, Some(&candidate()), &[result])
    }

    fn percent(hundredths: u32) -> Percent {
        serde_json::from_value(hundredths.into()).unwrap()
    }

    #[test]
    fn refuses_coverage_below_the_minimum_none_and_a_drop_beyond_what_is_allowed() {
        let demands = Demands {
            minimum_coverage: Some(percent(8000)),
            maximum_drop: Some(percent(50)),
            ..Demands::default()
        };
        let failed = |lines: &[_], before| failure(&judged(&demands, lines, before)).clone();
        assert_eq!(failed(&[], None), CheckFailure::NoCoverage);
        assert_eq!(failed(&[(0, 0)], None), CheckFailure::NoCoverage);
        assert_eq!(
            failed(&[(799, 1000)], None),
            CheckFailure::CoverageTooLow {
                covered: percent(7990),
                minimum: percent(8000),
            }
        );
        assert_eq!(
            failed(&[(400, 500), (420, 500)], Some((900, 1000))),
            CheckFailure::CoverageDropped {
                covered: percent(8200),
                drop: percent(800),
                maximum: percent(50),
            }
        );
    }

    #[test]
    fn a_drop_is_judged_only_where_it_is_known_what_coverage_was() {
        let demands = Demands {
            maximum_drop: Some(percent(50)),
            ..Demands::default()
        };
        for before in [None, Some((802, 1000)), Some((5, 10))] {
            let verdict = judged(&demands, &[(800, 1000)], before);
            assert!(matches!(verdict, Verdict::Approve(_)), "{before:?}");
        }
    }

    #[test]
    fn refuses_fewer_tests_than_the_rules_ask_for_and_a_report_that_they_name() {
        let demands = Demands {
            minimum_tests: Some(4),
            ..Demands::default()
        };
        let (found, minimum) = (3, 4);
        assert_eq!(
            failure(&judged(&demands, &[], None)),
            &CheckFailure::TooFewTests { found, minimum }
        );
        let demands = Demands {
            reports: vec!["lint".to_owned()],
            ..Demands::default()
        };
        let report = "lint".to_owned();
        assert_eq!(
            failure(&judged(&demands, &[], None)),
            &CheckFailure::ReportMissing { report }
        );
    }
}

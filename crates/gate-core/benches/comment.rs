//! What a comment and its verdict cost: a green one, and one that must shed detail until it fits CodeCommit's limit.

use std::{hint::black_box, time::Duration};

use criterion::{Criterion, criterion_group, criterion_main};
use gate_core::{
    build::{Build, BuildStatus, Purpose},
    candidate::{Candidate, Preview},
    comment::{LIMIT, Stage, View, render},
    id::{
        BranchName, BuildId, CheckName, CommitId, PullRequestId, RepositoryName, RevisionId,
        RunName,
    },
    plan::{Plan, PlannedCheck},
    protocol::Candidacy,
    report::{Report, ReportContent, ReportStatus, TestFailure, Tests},
    verdict::{CheckResult, decide},
};

const FAILURES: u64 = 500;

/// A finished run of one check.
struct Finished {
    run: RunName,
    candidacy: Candidacy,
    candidate: Candidate,
    plan: Plan,
    results: Vec<CheckResult>,
}

impl Finished {
    fn new(status: BuildStatus, tests: Tests) -> Self {
        let commit = |digit: &str| CommitId::new(digit.repeat(40));
        let run = RunName::new("pr-7-3f2a91c0d1e2-bbbbbbbb-1");
        let candidacy = Candidacy {
            repository: RepositoryName::new("demo"),
            pull_request: PullRequestId::new("7"),
            revision: RevisionId::new("3f2a91c0d1e2".repeat(6)),
            source_commit: commit("a"),
            destination_commit: commit("b"),
        };
        let candidate = Candidate {
            repository: candidacy.repository.clone(),
            pull_request: candidacy.pull_request.clone(),
            revision: candidacy.revision.clone(),
            source: BranchName::new("login"),
            destination: BranchName::new("main"),
            source_commit: candidacy.source_commit.clone(),
            destination_commit: candidacy.destination_commit.clone(),
            preview: Preview::FastForward,
        };
        let check = PlannedCheck::new(CheckName::new("build"), vec!["unit".to_owned()]);
        let build = Build {
            id: BuildId::new("mergegate-pr-7:1"),
            status,
            complete: true,
            resolved_commit: Some(commit("a")),
            purpose: Some(Purpose {
                run: run.clone(),
                run_started: "2026-11-20T10:00:00.000Z".to_owned(),
                check: check.name.clone(),
                attempt: 1,
            }),
            duration: Duration::from_secs(252),
            log_url: Some("https://example.com/log".to_owned()),
            failure: None,
            reports: vec!["arn:report".to_owned()],
        };
        let report = Report {
            name: "unit".to_owned(),
            status: ReportStatus::Complete,
            content: ReportContent::Tests(tests),
        };
        let plan = Plan {
            checks: vec![check.clone()],
            ..Plan::default()
        };
        let results = vec![CheckResult {
            check,
            build: Some(build),
            reports: vec![report],
        }];
        Self {
            run,
            candidacy,
            candidate,
            plan,
            results,
        }
    }

    fn comment(&self) -> String {
        let verdict = decide(&self.plan, Some(&self.candidate), &self.results);
        render(&View {
            run: &self.run,
            candidacy: &self.candidacy,
            source: &self.candidate.source,
            destination: &self.candidate.destination,
            candidate: Some(&self.candidate),
            plan: Some(&self.plan),
            results: &self.results,
            stage: Stage::Finished {
                verdict: &verdict,
                refused: None,
            },
        })
    }
}

fn green() -> Finished {
    let tests = Tests {
        total: 1204,
        passed: 1204,
        ..Tests::default()
    };
    Finished::new(BuildStatus::Succeeded, tests)
}

fn red() -> Finished {
    let failure = |number: u64| TestFailure {
        suite: Some("login".to_owned()),
        name: format!("refuses_password_{number}"),
        message: Some("assertion `left == right` failed\n".repeat(20)),
        duration: Some(Duration::from_millis(12)),
    };
    let tests = Tests {
        total: 1204,
        passed: 1204 - FAILURES,
        failed: FAILURES,
        failures: (0..FAILURES).map(failure).collect(),
        ..Tests::default()
    };
    Finished::new(BuildStatus::Failed, tests)
}

fn comments(criterion: &mut Criterion) {
    for (name, finished) in [("green", green()), ("red with 500 failures", red())] {
        assert!(finished.comment().chars().count() <= LIMIT);
        criterion.bench_function(&format!("verdict and comment, {name}"), |bencher| {
            bencher.iter(|| black_box(&finished).comment());
        });
    }
}

criterion_group!(benches, comments);
criterion_main!(benches);

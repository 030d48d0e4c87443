//! What a comment and its verdict cost: a green one, one that must shed detail until it fits CodeCommit's limit, and one
//! from 50,000 cases that are compared with as many.

use std::{hint::black_box, time::Duration};

use criterion::{Criterion, criterion_group, criterion_main};
use gate_core::{
    build::{Build, BuildStatus, MadeOf, Purpose},
    candidate::{Candidate, Preview},
    comment::{LIMIT, Stage, View, render},
    findings::{Baseline, Earlier, Findings},
    id::{
        BranchName, BuildId, CheckName, CommitId, PullRequestId, RepositoryName, RevisionId,
        RunName,
    },
    plan::{Plan, PlannedCheck},
    protocol::Candidacy,
    report::{Outcome, Report, ReportContent, ReportStatus, TestCase, Tests},
    verdict::{CheckResult, decide},
};

/// A finished run of one check.
struct Finished {
    run: RunName,
    candidacy: Candidacy,
    candidate: Candidate,
    plan: Plan,
    results: Vec<CheckResult>,
    baseline: Baseline,
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
            own: true,
            made_of: MadeOf::default(),
            queued: Duration::ZERO,
            duration: Duration::from_secs(252),
            log_url: Some("https://example.com/log".to_owned()),
            log: None,
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
            log_end: None,
            coverage_before: None,
        }];
        let findings = Findings::new(run.clone(), String::new(), commit("b"), &results);
        let pull_request = PullRequestId::new("6");
        let baseline = Baseline::after_merge(None, commit("b"), pull_request, Some(findings));
        Self {
            run,
            candidacy,
            candidate,
            plan,
            results,
            baseline,
        }
    }

    fn comment(&self) -> String {
        let verdict = decide(&self.plan, Some(&self.candidate), &self.results);
        render(&View {
            run: &self.run,
            candidacy: &self.candidacy,
            title: "Lock the account",
            source: &self.candidate.source,
            destination: &self.candidate.destination,
            candidate: Some(&self.candidate),
            plan: Some(&self.plan),
            results: &self.results,
            earlier: Earlier::Of(&self.baseline),
            changed: None,
            report: Some("https://example.com/report"),
            exhausted: None,
            stage: Stage::Finished {
                verdict: &verdict,
                refused: None,
            },
        })
    }
}

fn case(number: u64, outcome: Outcome) -> TestCase {
    TestCase {
        suite: Some(format!("com.example.shop.Module{}Test", number % 500).into()),
        class: None,
        own_file: None,
        name: format!("refuses_password_{number}"),
        outcome,
        flaky: false,
        message: (outcome == Outcome::Failed)
            .then(|| "assertion `left == right` failed\n".repeat(20)),
        file: None,
        line: None,
        duration: Some(Duration::from_millis(12)),
    }
}

fn tests(passed: u64, failed: u64) -> Tests {
    let green = (0..passed).map(|number| case(number, Outcome::Passed));
    let red = (passed..passed + failed).map(|number| case(number, Outcome::Failed));
    Tests {
        total: passed + failed,
        passed,
        failed,
        cases: green.chain(red).collect(),
        ..Tests::default()
    }
}

fn comments(criterion: &mut Criterion) {
    let table = [
        ("green", BuildStatus::Succeeded, 1204, 0),
        ("red with 500 failures", BuildStatus::Failed, 704, 500),
        ("50,000 cases", BuildStatus::Failed, 49_500, 500),
    ];
    for (name, status, passed, failed) in table {
        let finished = Finished::new(status, tests(passed, failed));
        assert!(finished.comment().chars().count() <= LIMIT);
        criterion.bench_function(&format!("verdict and comment, {name}"), |bencher| {
            bencher.iter(|| black_box(&finished).comment());
        });
    }
}

criterion_group!(benches, comments);
criterion_main!(benches);

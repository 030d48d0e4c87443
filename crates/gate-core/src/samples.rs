//! Values that the tests of this crate share.

use std::time::Duration;

use crate::{
    build::{Build, BuildStatus, MadeOf, Purpose},
    candidate::{Candidate, Preview},
    host::Comment,
    id::{
        BranchName, BuildId, CheckName, CommentId, CommitId, PullRequestId, RepositoryName,
        RevisionId, RunName, TreeId,
    },
    plan::{Plan, PlannedCheck},
    protocol::{Candidacy, Execution},
    pull_request::{PullRequest, PullRequestStatus},
    report::{Outcome, Report, ReportContent, ReportStatus, TestCase, Tests},
    settings::RepositorySettings,
    title::Flags,
    verdict::CheckResult,
};

pub(crate) fn commit(digit: char) -> CommitId {
    CommitId::new(digit.to_string().repeat(40))
}

pub(crate) fn candidacy() -> Candidacy {
    Candidacy {
        repository: RepositoryName::new("demo"),
        pull_request: PullRequestId::new("7"),
        revision: RevisionId::new("3f2a91c0d1e2".repeat(6)),
        source_commit: commit('a'),
        destination_commit: commit('b'),
    }
}

pub(crate) fn candidate() -> Candidate {
    let Candidacy {
        repository,
        pull_request,
        revision,
        source_commit,
        destination_commit,
    } = candidacy();
    Candidate {
        repository,
        pull_request,
        revision,
        source: BranchName::new("login"),
        destination: BranchName::new("main"),
        source_commit,
        destination_commit,
        preview: Preview::Merged {
            commit: commit('c'),
            tree: TreeId::new("t".repeat(40)),
            branch: BranchName::new("mergegate/pr-7/01234567"),
        },
    }
}

pub(crate) fn live() -> PullRequest {
    let Candidacy {
        repository,
        pull_request,
        revision,
        source_commit,
        destination_commit,
    } = candidacy();
    PullRequest {
        id: pull_request,
        title: "Lock the account after five failures".to_owned(),
        status: PullRequestStatus::Open,
        author: "arn:aws:iam::000000000000:user/ann".to_owned(),
        revision,
        repository,
        source: BranchName::new("login"),
        destination: BranchName::new("main"),
        source_commit,
        destination_commit,
        merge: None,
        has_approval_rules: true,
    }
}

pub(crate) fn comment(content: &str) -> Comment {
    Comment {
        id: CommentId::new("c0ffee"),
        author: "arn:aws:iam::000000000000:user/ann".to_owned(),
        token: None,
        content: content.to_owned(),
        deleted: false,
        created: "2026-11-20T10:05:00.000Z".to_owned(),
        edited: false,
        after: Some(live().source_commit),
        in_reply_to: None,
    }
}

pub(crate) fn closed() -> PullRequest {
    PullRequest {
        status: PullRequestStatus::Closed,
        ..live()
    }
}

pub(crate) fn execution() -> Execution {
    Execution {
        name: RunName::new("pr-7-3f2a91c0d1e2-bbbbbbbb-1"),
        start_time: "2026-11-20T10:00:00.000Z".to_owned(),
    }
}

pub(crate) fn plan_with(title: &str, reports: &[&str]) -> Plan {
    let reports = reports.iter().map(|name| (*name).to_owned()).collect();
    let check = PlannedCheck::new(CheckName::new("build"), reports);
    Plan {
        checks: vec![check],
        flags: Flags::parse(title),
        ..Plan::default()
    }
}

pub(crate) fn build(status: BuildStatus) -> Build {
    Build {
        id: BuildId::new("mergegate-pr-7:1"),
        status,
        complete: status != BuildStatus::InProgress,
        resolved_commit: Some(commit('c')),
        purpose: Some(Purpose {
            run: execution().name,
            run_started: execution().start_time,
            check: CheckName::new("build"),
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
    }
}

pub(crate) fn tests_report(name: &str, tests: Tests) -> Report {
    Report {
        name: name.to_owned(),
        status: ReportStatus::Complete,
        content: ReportContent::Tests(tests),
    }
}

pub(crate) fn passed(total: u64) -> Tests {
    Tests {
        total,
        passed: total,
        ..Tests::default()
    }
}

pub(crate) fn result(plan: &Plan, build: Option<Build>, reports: Vec<Report>) -> CheckResult {
    CheckResult {
        check: plan.checks[0].clone(),
        build,
        reports,
        log_end: None,
        coverage_before: None,
    }
}

pub(crate) fn case(name: &str, outcome: Outcome) -> TestCase {
    TestCase {
        suite: Some("login".into()),
        class: None,
        name: name.to_owned(),
        own_file: None,
        outcome,
        flaky: false,
        message: None,
        file: None,
        line: None,
        duration: Some(Duration::from_millis(12)),
    }
}

/// A report of exactly these cases.
pub(crate) fn tests_of(cases: Vec<TestCase>) -> Tests {
    let of = |outcome| cases.iter().filter(|case| case.outcome == outcome).count() as u64;
    Tests {
        total: cases.len() as u64,
        passed: of(Outcome::Passed),
        failed: of(Outcome::Failed),
        skipped: of(Outcome::Skipped),
        flaky: cases.iter().filter(|case| case.flaky).count() as u64,
        cases,
        untold: None,
    }
}

pub(crate) fn settings() -> RepositorySettings {
    RepositorySettings {
        version: 1,
        build_role: "arn:aws:iam::000000000000:role/build".to_owned(),
        destinations: Vec::new(),
        clone_url: "https://example.com/demo".to_owned(),
        log_group: "/aws/codebuild/mergegate".to_owned(),
        image: "image".to_owned(),
        environment_type: "LINUX_CONTAINER".to_owned(),
        compute_type: "BUILD_GENERAL1_SMALL".to_owned(),
        timeout_minutes: 60,
        queued_timeout_minutes: 480,
        vpc: None,
        containers: None,
    }
}

//! Prints the page with all results of a made-up run that has a bit of everything: `cargo run -p gate-core --example page`.

use std::time::Duration;

use gate_core::{
    build::{Build, BuildStatus, MadeOf, PhaseFailure},
    candidate::{Candidate, Preview},
    comment::{Stage, View},
    findings::{Baseline, Earlier, Findings, Point},
    id::{
        BranchName, BuildId, CheckName, CommitId, PullRequestId, RepositoryName, RevisionId,
        RunName,
    },
    page,
    plan::{Plan, PlannedCheck},
    protocol::Candidacy,
    report::{
        Coverage, FileCoverage, Outcome, Report, ReportContent, ReportStatus, TestCase, Tests,
    },
    verdict::{CheckResult, decide},
};

fn commit(digit: &str) -> CommitId {
    CommitId::new(digit.repeat(40))
}

fn case(suite: &str, name: &str, outcome: Outcome, milliseconds: u64) -> TestCase {
    TestCase {
        suite: Some(suite.into()),
        class: None,
        own_file: None,
        name: name.to_owned(),
        outcome,
        flaky: false,
        message: None,
        file: None,
        line: None,
        duration: Some(Duration::from_millis(milliseconds)),
    }
}

fn failed(suite: &str, name: &str, place: (&str, u32), message: &str) -> TestCase {
    TestCase {
        message: Some(message.to_owned()),
        file: Some(place.0.to_owned()),
        line: Some(place.1),
        ..case(suite, name, Outcome::Failed, 12)
    }
}

fn tests_now() -> Vec<TestCase> {
    let mut cases = vec![
        failed(
            "login",
            "rejects_empty_password",
            ("src/login.rs", 88),
            "assertion `left == right` failed\n  left: Ok(Session { user: \"ann\" })\n right: Err(EmptyPassword)\n\nstack backtrace:\n   0: shop::login::tests::rejects_empty_password\n             at ./src/login.rs:88:9",
        ),
        failed(
            "login",
            "locks_after_five",
            ("src/login.rs", 131),
            "the account is not locked after 5 failures",
        ),
        failed(
            "bill",
            "shows <img src=x onerror=alert(1)> as text",
            ("src/bill.rs", 7),
            "AKIAABCDEFGHIJKLMNOP must not be seen\n<script>alert(1)</script>",
        ),
        failed(
            "billing",
            "leap_day",
            ("src/billing.rs", 29),
            "2028-02-29 is not 2028-03-01",
        ),
        TestCase {
            flaky: true,
            message: Some("connection refused".to_owned()),
            ..case("mail", "sends_the_bill", Outcome::Passed, 2300)
        },
        case("import", "reads_a_year_of_orders", Outcome::Passed, 9400),
        case("import", "reads_an_empty_file", Outcome::Skipped, 0),
    ];
    cases.extend((0..60_u64).map(|at| {
        let name = format!("adds_line_{at}_to_the_bill");
        case("bill", &name, Outcome::Passed, 3 + at * at)
    }));
    cases
}

fn tests_before() -> Vec<TestCase> {
    let mut cases = tests_now().split_off(7);
    cases.extend([
        case("billing", "leap_day", Outcome::Failed, 12),
        case("login", "locks_after_five", Outcome::Passed, 12),
        case("import", "reads_a_year_of_orders", Outcome::Passed, 2100),
        case("import", "reads_an_empty_file", Outcome::Passed, 1),
        case("legacy", "prints_on_paper", Outcome::Passed, 40),
    ]);
    cases
}

fn coverage(files: &[(&str, u64, u64)]) -> ReportContent {
    let file = |(path, covered, total): &(&str, u64, u64)| FileCoverage {
        path: (*path).to_owned(),
        covered: *covered,
        total: *total,
    };
    ReportContent::Coverage(Coverage {
        covered: files.iter().map(|file| file.1).sum(),
        total: files.iter().map(|file| file.2).sum(),
        files: files.iter().map(file).collect(),
    })
}

fn results(cases: Vec<TestCase>, lines: ReportContent) -> Vec<CheckResult> {
    let of = |outcome| cases.iter().filter(|case| case.outcome == outcome).count() as u64;
    let tests = Tests {
        total: cases.len() as u64,
        passed: of(Outcome::Passed),
        failed: of(Outcome::Failed),
        skipped: of(Outcome::Skipped),
        flaky: cases.iter().filter(|case| case.flaky).count() as u64,
        cases,
        untold: None,
    };
    let report = |name: &str, content| Report {
        name: name.to_owned(),
        status: ReportStatus::Complete,
        content,
    };
    let build = Build {
        id: BuildId::new("mergegate-pr-7:1"),
        status: BuildStatus::Failed,
        complete: true,
        resolved_commit: Some(commit("c")),
        purpose: None,
        own: true,
        made_of: MadeOf::default(),
        queued: Duration::ZERO,
        duration: Duration::from_secs(252),
        log_url: Some("https://example.com/log".to_owned()),
        log: None,
        failure: Some(PhaseFailure {
            phase: "BUILD".to_owned(),
            message: "Error while executing command: make test. Reason: exit status 1".to_owned(),
        }),
        reports: Vec::new(),
    };
    vec![CheckResult {
        check: PlannedCheck::new(CheckName::new("build"), Vec::new()),
        build: Some(build),
        reports: vec![
            report("unit", ReportContent::Tests(tests)),
            report("lines", lines),
        ],
        log_end: None,
        coverage_before: None,
    }]
}

fn history(last: &Point) -> Vec<Point> {
    let earlier = (0..14_u64).map(|at| {
        let mut point = last.clone();
        point.commit = CommitId::new(format!("{at:x}").repeat(40));
        point.pull_request = PullRequestId::new((at + 1).to_string());
        point.started = format!("2026-11-{:02}T10:00:00.000Z", at + 1);
        point.percent = point
            .percent
            .map(|percent| percent + 4.0 - f64::from(u8::try_from(at % 5).unwrap_or(0)));
        if let Some(counts) = &mut point.counts {
            counts.total = 40 + at * 2;
            counts.failed = u64::from(at % 6 == 5);
        }
        point
    });
    earlier.chain([last.clone()]).collect()
}

fn main() {
    let candidacy = Candidacy {
        repository: RepositoryName::new("shop"),
        pull_request: PullRequestId::new("7"),
        revision: RevisionId::new("3f2a91c0d1e2".repeat(6)),
        source_commit: commit("a"),
        destination_commit: commit("b"),
    };
    let (source, destination) = (BranchName::new("login"), BranchName::new("main"));
    let candidate = Candidate {
        repository: candidacy.repository.clone(),
        pull_request: candidacy.pull_request.clone(),
        revision: candidacy.revision.clone(),
        source: source.clone(),
        destination: destination.clone(),
        source_commit: candidacy.source_commit.clone(),
        destination_commit: candidacy.destination_commit.clone(),
        preview: Preview::FastForward,
    };
    let now = results(
        tests_now(),
        coverage(&[
            ("src/login.rs", 311, 420),
            ("src/bill.rs", 204, 210),
            ("src/mail.rs", 12, 96),
        ]),
    );
    let before = results(
        tests_before(),
        coverage(&[("src/login.rs", 371, 410), ("src/bill.rs", 204, 210)]),
    );
    let run = RunName::new("pr-7-3f2a91c0d1e2-bbbbbbbb-1");
    let found = |results: &[CheckResult]| {
        Findings::new(
            run.clone(),
            "2026-11-20T10:00:00.000Z".to_owned(),
            commit("b"),
            results,
        )
    };
    let six = PullRequestId::new("6");
    let baseline = Baseline::after_merge(None, commit("b"), six, Some(found(&before)));
    let plan = Plan {
        checks: now.iter().map(|result| result.check.clone()).collect(),
        ..Plan::default()
    };
    let verdict = decide(&plan, Some(&candidate), &now);
    let view = View {
        run: &run,
        candidacy: &candidacy,
        title: "Lock the account after five failures",
        source: &source,
        destination: &destination,
        candidate: Some(&candidate),
        plan: Some(&plan),
        results: &now,
        earlier: Earlier::Of(&baseline),
        changed: None,
        report: None,
        exhausted: None,
        stage: Stage::Finished {
            verdict: &verdict,
            refused: None,
        },
    };
    let last = found(&now).point(commit("c"), candidacy.pull_request.clone());
    print!("{}", page::render(&view, &history(&last)));
}

//! Small numbers stand for ids in the model's state; here they become the ids that `gate-core` takes.

use std::{sync::LazyLock, time::Duration};

use gate_core::{
    build::{self, BuildStatus},
    candidate::{Candidate, Preview},
    id::{
        BranchName, BuildId, CheckName, CommitId, PullRequestId, RepositoryName, RevisionId,
        RunName, TreeId,
    },
    names::{self, RunPurpose},
    protocol::{
        ApprovalRecord, Candidacy, Claim, Execution, ExecutionStatus, Request as CoreRequest,
        ResultRecord, StartedBuild, Wanted,
    },
    pull_request::{self, PullRequestStatus},
};

use crate::{
    calls::number,
    conversation::{comment_id, comment_number},
    world::{
        Build, BuildState, Commit, Known, Memory, Record, Request, Run, RunId, Status, Title, View,
    },
};

/// The highest number of a revision, a destination commit or a run.
const HIGHEST: usize = 16;

fn texts(letter: char) -> Vec<String> {
    let text = |number| format!("{letter}{number:x}").repeat(20);
    (0..HIGHEST).map(text).collect()
}

static REVISIONS: LazyLock<Vec<String>> = LazyLock::new(|| texts('a'));
static SOURCES: LazyLock<Vec<String>> = LazyLock::new(|| texts('b'));
static TIPS: LazyLock<Vec<String>> = LazyLock::new(|| texts('c'));

/// A revision's id.
pub fn revision(number: u8) -> RevisionId {
    RevisionId::new(&REVISIONS[usize::from(number)])
}

/// The source commit of a revision.
pub fn source(number: u8) -> CommitId {
    CommitId::new(&SOURCES[usize::from(number)])
}

/// A commit of the destination.
pub fn tip(number: u8) -> CommitId {
    CommitId::new(&TIPS[usize::from(number)])
}

/// The commit that merging makes.
pub fn merged(commit: Commit) -> CommitId {
    CommitId::new(format!("d{}{}", commit.revision, commit.tip))
}

/// Its tree.
pub fn tree(commit: Commit) -> TreeId {
    TreeId::new(format!("e{}{}", commit.revision, commit.tip))
}

/// The only pull request.
pub fn pull_request_id() -> PullRequestId {
    PullRequestId::new("7")
}

/// Its repository.
pub fn repository() -> RepositoryName {
    RepositoryName::new("demo")
}

/// The only check.
pub fn check() -> CheckName {
    CheckName::new("build")
}

/// A build's id.
pub fn build(number: u8) -> BuildId {
    BuildId::new(format!("mergegate-pr-7:{number}"))
}

/// What a run is asked to test.
pub fn candidacy(revision_number: u8, tip_number: u8) -> Candidacy {
    Candidacy {
        repository: repository(),
        pull_request: pull_request_id(),
        revision: revision(revision_number),
        source_commit: source(revision_number),
        destination_commit: tip(tip_number),
    }
}

/// What is tested.
pub fn candidate(commit: Commit) -> Candidate {
    let Candidacy {
        repository,
        pull_request,
        revision,
        source_commit,
        destination_commit,
    } = candidacy(commit.revision, commit.tip);
    Candidate {
        repository,
        pull_request,
        revision,
        source: BranchName::new("login"),
        destination: BranchName::new("main"),
        source_commit,
        destination_commit,
        preview: Preview::Merged {
            commit: merged(commit),
            tree: tree(commit),
            branch: BranchName::new("mergegate/pr-7/01234567"),
        },
    }
}

/// A request as the protocol reads it.
pub fn request(request: Request) -> CoreRequest {
    match request {
        Request::Gate(commit) => CoreRequest::Gate(candidacy(commit.revision, commit.tip)),
        Request::OlderSource(commit) => CoreRequest::Gate(Candidacy {
            source_commit: source(commit.revision - 1),
            ..candidacy(commit.revision, commit.tip)
        }),
        Request::Defer(commit) => CoreRequest::Defer(candidacy(commit.revision, commit.tip)),
        Request::Close => CoreRequest::Close {
            repository: repository(),
            pull_request: pull_request_id(),
        },
        Request::Say(commit, comment) => CoreRequest::Say {
            candidacy: candidacy(commit.revision, commit.tip),
            comment: comment.map(comment_id),
            error: None,
        },
        Request::Command(commit, comment) => CoreRequest::Command {
            candidacy: candidacy(commit.revision, commit.tip),
            comment: comment_id(comment),
        },
    }
}

/// The way back: what the protocol asks to start.
pub fn request_of(request: &CoreRequest) -> Request {
    let commit = |candidacy: &Candidacy| Commit {
        revision: place(candidacy.revision.as_str(), &REVISIONS),
        tip: place(candidacy.destination_commit.as_str(), &TIPS),
    };
    match request {
        CoreRequest::Gate(candidacy) => {
            let asked = commit(candidacy);
            if candidacy.source_commit == source(asked.revision) {
                Request::Gate(asked)
            } else {
                Request::OlderSource(asked)
            }
        }
        CoreRequest::Defer(candidacy) => Request::Defer(commit(candidacy)),
        CoreRequest::Close { .. } => Request::Close,
        CoreRequest::Say {
            candidacy, comment, ..
        } => Request::Say(commit(candidacy), comment.as_ref().map(comment_number)),
        CoreRequest::Command { candidacy, comment } => {
            Request::Command(commit(candidacy), comment_number(comment))
        }
        CoreRequest::Overridden { .. } => not_modelled(),
    }
}

/// Runs that only make a remark approve, build and remove nothing: nobody in the model starts one.
fn not_modelled() -> ! {
    unreachable!("the model starts no run that only makes a remark")
}

/// A run's name.
pub fn run_name(asked: Request, attempt: u8) -> RunName {
    Wanted::name_of(&request(asked), u32::from(attempt))
}

/// The number at the end of a run's name.
pub fn attempt(run: &RunName) -> u8 {
    let attempt = names::attempt(run).and_then(|attempt| u8::try_from(attempt).ok());
    attempt.unwrap_or(u8::MAX)
}

/// A run as its handlers are told about it. Runs start one after the other.
pub fn execution(runs: &[Run], id: RunId) -> Execution {
    let run = &runs[usize::from(id)];
    Execution {
        name: run_name(run.request, run.attempt),
        start_time: time(u32::from(id) * 10 + 10),
    }
}

/// A moment, in milliseconds since the first.
pub fn time(milliseconds: u32) -> String {
    format!("2026-11-20T10:00:00.{milliseconds:03}Z")
}

/// A run's place in the order.
pub fn claim(runs: &[Run], id: RunId) -> Claim {
    Claim::from(&execution(runs, id))
}

/// The title's text.
pub fn title(title: Title) -> &'static str {
    match title {
        Title::Plain => "Lock the account",
        Title::SkipTests => "Lock the account [skip-tests]",
        Title::SkipCi => "Lock the account [skip-ci]",
    }
}

/// A pull request as it was read.
pub fn pull_request(view: View) -> pull_request::PullRequest {
    pull_request::PullRequest {
        id: pull_request_id(),
        title: title(view.title).to_owned(),
        status: if view.open {
            PullRequestStatus::Open
        } else {
            PullRequestStatus::Closed
        },
        author: "arn:aws:iam::000000000000:user/ann".to_owned(),
        revision: revision(view.revision),
        repository: repository(),
        source: BranchName::new("login"),
        destination: BranchName::new("main"),
        source_commit: source(view.revision),
        destination_commit: tip(1),
        merge: view.merged.map(|commit| pull_request::Merge {
            commit: Some(merged(commit)),
        }),
        has_approval_rules: true,
    }
}

/// A build as CodeBuild shows it.
pub fn shown(runs: &[Run], place: usize, build: &Build) -> build::Build {
    let status = match build.state {
        BuildState::Running => BuildStatus::InProgress,
        BuildState::Stopping | BuildState::Stopped => BuildStatus::Stopped,
        BuildState::Passed => BuildStatus::Succeeded,
        BuildState::Failed => BuildStatus::Failed,
        BuildState::Fault => BuildStatus::Fault,
        BuildState::TimedOut => BuildStatus::TimedOut,
        BuildState::Lost => BuildStatus::Lost,
    };
    let foreign = || CommitId::new("f0".repeat(20));
    let run = &runs[usize::from(build.run)];
    build::Build {
        id: self::build(number(place)),
        status,
        complete: build.is_complete(),
        resolved_commit: Some(build.commit.map_or_else(foreign, merged)),
        purpose: Some(build::Purpose {
            run: run_name(run.request, run.attempt),
            run_started: execution(runs, build.run).start_time,
            check: check(),
            attempt: u32::from(build.attempt),
        }),
        own: !build.forged,
        made_of: build::MadeOf::default(),
        queued: Duration::ZERO,
        duration: Duration::from_mins(1),
        log_url: None,
        log: None,
        failure: None,
        reports: Vec::new(),
    }
}

/// All builds of an answer.
pub fn all_shown(runs: &[Run], builds: &[Build]) -> Vec<build::Build> {
    let place = builds.iter().enumerate();
    place
        .map(|(place, build)| shown(runs, place, build))
        .collect()
}

/// The number in a build's id.
pub fn build_number(id: &BuildId) -> u8 {
    let digits = id.as_str().rsplit(':').next();
    digits
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(u8::MAX)
}

/// The builds a run knows, as its state holds them.
pub fn started(memory: &Memory) -> Vec<StartedBuild> {
    let started = |known: &Known| StartedBuild {
        check: check(),
        attempt: u32::from(known.attempt),
        id: build(known.build),
        log_url: None,
        tried_again: known.tried_again,
    };
    memory.builds.iter().map(started).collect()
}

/// A build that a run knows, from what its state holds.
pub fn known(started: &StartedBuild) -> Known {
    Known {
        attempt: u8::try_from(started.attempt).unwrap_or(u8::MAX),
        build: build_number(&started.id),
        tried_again: started.tried_again,
    }
}

/// The names of runs, a bit each.
pub fn run_names(runs: &[Run], bits: u16) -> Vec<RunName> {
    let all = (0_u8..).zip(runs);
    all.filter(|(id, _)| bits & 1 << id != 0)
        .map(|(_, run)| run_name(run.request, run.attempt))
        .collect()
}

/// The reporter's record as it is written.
pub fn record(runs: &[Run], record: Record) -> ResultRecord {
    let own = run_names(runs, 1 << record.run);
    let by = &runs[usize::from(record.run)];
    let run = run_name(by.request, by.attempt);
    let spoke = record.verdict.or(record.deferred).is_some();
    ResultRecord {
        verdict: record.verdict,
        approval: if record.given {
            ApprovalRecord::Given
        } else {
            ApprovalRecord::NotGiven
        },
        tested_commit: record.tested.map(merged),
        tested_tree: record.tested.map(tree),
        deferred: record.deferred,
        // A deferral tests nothing.
        destination_commit: (spoke && !matches!(by.request, Request::Defer(_)))
            .then(|| tip(by.tip)),
        failed: if record.failed {
            vec![check()]
        } else {
            Vec::new()
        },
        heard: record.heard.map(|print| format!("{print:016x}")),
        plan: record.plan.map(|print| format!("{print:032x}")),
        runs: if spoke {
            [run_names(runs, record.continues), own].concat()
        } else {
            Vec::new()
        },
        ..ResultRecord::spoken(run, revision(record.revision), None)
    }
}

/// Another pull request of the branch, which is being tested.
pub fn another(tip_number: u8) -> (pull_request::PullRequest, Claim, CoreRequest) {
    let id = PullRequestId::new("8");
    let live = pull_request::PullRequest {
        id: id.clone(),
        ..pull_request(View {
            revision: 1,
            open: true,
            merged: None,
            title: Title::Plain,
        })
    };
    let asked = CoreRequest::Gate(Candidacy {
        pull_request: id.clone(),
        ..candidacy(1, tip_number)
    });
    let purpose = RunPurpose::Gate {
        revision: &live.revision,
        destination: &tip(tip_number),
    };
    let claim = Claim {
        start_time: "2026-11-20T10:00:00.000Z".to_owned(),
        run: names::run(&id, purpose, 1),
    };
    (live, claim, asked)
}

/// An execution's status.
pub fn status(status: Status) -> ExecutionStatus {
    match status {
        Status::Running => ExecutionStatus::Running,
        Status::Succeeded => ExecutionStatus::Succeeded,
        Status::Died => ExecutionStatus::Died,
    }
}

/// The number of a revision.
pub fn revision_number(revision: &RevisionId) -> u8 {
    place(revision.as_str(), &REVISIONS)
}

fn place(text: &str, texts: &[String]) -> u8 {
    let place = texts.iter().position(|known| known == text);
    place.map_or(u8::MAX, number)
}

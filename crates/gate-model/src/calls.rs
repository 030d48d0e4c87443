//! Calls to AWS, each of which is one step of the model: what they answer and what they change.

use crate::{
    bound::RUNS,
    conversation::{Accepted, Wish},
    world::{
        At, Build, BuildState, Comment, Commit, Memory, Record, Request, Run, RunId, STRANGE_TIP,
        Status, View, World,
    },
};

/// A call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(
    missing_docs,
    reason = "named after what they do; `shell` says which production call each stands for"
)]
pub enum Call {
    ReadPullRequest,
    ReadKnownCommits,
    ReadTip,
    ReadClaim,
    ReadRecord,
    ReadCommands,
    ReadApproval {
        revision: u8,
    },
    ReadComment {
        revision: u8,
    },
    ReadExecution {
        request: Request,
        attempt: u8,
    },
    ReadOwnExecution {
        run: RunId,
    },
    ReadBuilds,
    ReadBuildsOfProject,
    ListProjects,
    ListReportGroups,
    ListParameters,
    ListBranches,
    ListOpenPullRequests,
    ReadOthers,
    WriteClaim {
        run: RunId,
    },
    WriteRecord(Record),
    WriteCommand {
        comment: u8,
        revision: u8,
    },
    WriteEnvironment,
    CreateBranch {
        run: RunId,
    },
    PutProject,
    StartBuild {
        run: RunId,
        attempt: u8,
        tested: bool,
    },
    StopBuild {
        build: u8,
    },
    Approve {
        run: RunId,
        revision: u8,
    },
    Revoke {
        revision: u8,
    },
    Comment {
        revision: u8,
        comment: Comment,
    },
    Reply {
        comment: u8,
    },
    SayMergedDiffers {
        tested: Commit,
    },
    StartExecution {
        request: Request,
        attempt: u8,
    },
    DeleteReportGroups,
    DeleteBranches {
        runs: u16,
    },
    DeleteProject,
    DeleteParameters(Parameters),
}

/// Which parameters of the pull request there are.
#[allow(
    missing_docs,
    clippy::struct_excessive_bools,
    reason = "one for each parameter"
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Parameters {
    pub claim: bool,
    pub environment: bool,
    pub record: bool,
    pub commands: bool,
}

impl Parameters {
    /// Whether there is one.
    pub fn any(self) -> bool {
        self.claim || self.environment || self.record || self.commands
    }
}

/// How an approval ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Approval {
    /// It stands.
    Done,
    /// CodeCommit refuses: the revision is not the live one.
    RevisionNotCurrent,
    /// CodeCommit refuses: the pull request is closed.
    Closed,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "named after the call they answer")]
pub enum Answer {
    Done,
    PullRequest(View),
    Standing(View, bool),
    KnownCommits(u8),
    Tip(u8),
    Claim(Option<RunId>),
    Record(Option<Record>),
    Commands(Accepted),
    Said(Comment),
    Found(bool),
    Parameters(Parameters),
    Branches(u16),
    Execution(Option<(Request, Status)>),
    Builds(Vec<Build>),
    Build(u8),
    NoProject,
    NoCapacity,
    Started(bool),
    Approval(Approval),
    BuildsRunning,
}

impl Call {
    /// Whether it changes something.
    pub fn is_effect(self) -> bool {
        !matches!(
            self,
            Self::ReadPullRequest
                | Self::ReadKnownCommits
                | Self::ReadTip
                | Self::ReadClaim
                | Self::ReadRecord
                | Self::ReadCommands
                | Self::ReadApproval { .. }
                | Self::ReadComment { .. }
                | Self::ReadExecution { .. }
                | Self::ReadOwnExecution { .. }
                | Self::ReadBuilds
                | Self::ReadBuildsOfProject
                | Self::ListProjects
                | Self::ListReportGroups
                | Self::ListParameters
                | Self::ListBranches
                | Self::ListOpenPullRequests
                | Self::ReadOthers
        )
    }
}

impl Call {
    /// Whether it may take effect after its caller gave up on it. Edits of a comment come in the order in which they were
    /// sent: nothing would repair one that overtook another of the same run.
    pub fn may_be_late(self) -> bool {
        self.is_effect()
            && !matches!(
                self,
                Self::Comment { .. } | Self::Reply { .. } | Self::SayMergedDiffers { .. }
            )
    }
}

impl Call {
    /// Whether it sees how builds stand.
    pub fn sees_builds(self) -> bool {
        self.touches() & BUILDS != 0 && !matches!(self, Self::StartBuild { .. })
    }

    /// Whether it looks for executions.
    pub fn sees_executions(self) -> bool {
        self.touches() & EXECUTIONS != 0
    }

    /// Whether the order of the two can be told.
    pub fn meets(self, other: Self) -> bool {
        self.touches() & other.touches() != 0
    }

    /// What it reads or changes, a bit each.
    fn touches(self) -> u16 {
        match self {
            Self::ReadPullRequest
            | Self::ReadKnownCommits
            | Self::ListOpenPullRequests
            | Self::ReadOthers
            | Self::ReadTip
            | Self::Reply { .. }
            | Self::SayMergedDiffers { .. } => 0,
            Self::ReadClaim | Self::WriteClaim { .. } => CLAIM,
            Self::ReadRecord | Self::WriteRecord(_) => RECORD,
            Self::ReadCommands | Self::WriteCommand { .. } => COMMANDS,
            Self::WriteEnvironment => ENVIRONMENT,
            Self::ListParameters | Self::DeleteParameters(_) => {
                CLAIM | RECORD | ENVIRONMENT | COMMANDS
            }
            Self::ReadApproval { .. } | Self::Approve { .. } | Self::Revoke { .. } => APPROVAL,
            Self::ReadComment { .. } | Self::Comment { .. } => COMMENTS,
            Self::ReadExecution { .. }
            | Self::ReadOwnExecution { .. }
            | Self::StartExecution { .. } => EXECUTIONS,
            Self::ReadBuilds | Self::StopBuild { .. } => BUILDS,
            Self::ReadBuildsOfProject | Self::StartBuild { .. } | Self::DeleteProject => {
                BUILDS | PROJECT
            }
            Self::PutProject => PROJECT | REPORT_GROUPS,
            Self::ListProjects => PROJECT,
            Self::ListReportGroups | Self::DeleteReportGroups => REPORT_GROUPS,
            Self::ListBranches | Self::CreateBranch { .. } | Self::DeleteBranches { .. } => {
                BRANCHES
            }
        }
    }
}

const CLAIM: u16 = 1;
const RECORD: u16 = 1 << 1;
const ENVIRONMENT: u16 = 1 << 2;
const APPROVAL: u16 = 1 << 3;
const COMMENTS: u16 = 1 << 4;
const EXECUTIONS: u16 = 1 << 5;
const BUILDS: u16 = 1 << 6;
const PROJECT: u16 = 1 << 7;
const REPORT_GROUPS: u16 = 1 << 8;
const BRANCHES: u16 = 1 << 9;
const COMMANDS: u16 = 1 << 10;

impl World {
    /// Carries a call out.
    pub fn perform(&mut self, call: Call) -> Answer {
        match call {
            Call::ReadPullRequest => Answer::PullRequest(self.live),
            Call::ReadKnownCommits => Answer::KnownCommits(self.live.revision),
            Call::ReadTip => Answer::Tip(self.tip),
            Call::ReadClaim => Answer::Claim(self.claim),
            Call::ReadRecord => Answer::Record(self.record),
            Call::ReadCommands => Answer::Commands(self.accepted),
            Call::ReadApproval { revision } => Answer::Found(self.approved[slot(revision)]),
            Call::ReadComment { revision } => Answer::Said(self.comments[slot(revision)]),
            Call::ReadExecution { request, attempt } => {
                let run = self.find_run(request, attempt);
                Answer::Execution(run.map(|run| (run.request, run.status)))
            }
            Call::ReadOwnExecution { run } => {
                let run = &self.runs[usize::from(run)];
                Answer::Execution(Some((run.request, run.status)))
            }
            Call::ReadBuilds => Answer::Builds(self.builds.clone()),
            Call::ReadBuildsOfProject if self.project => Answer::Builds(self.builds.clone()),
            Call::ReadBuildsOfProject => Answer::Builds(Vec::new()),
            Call::ListProjects => Answer::Found(self.project),
            Call::ListReportGroups => Answer::Found(self.report_groups),
            Call::ListParameters => Answer::Parameters(Parameters {
                claim: self.claim.is_some(),
                environment: self.environment,
                record: self.record.is_some(),
                commands: self.accepted != Accepted::default(),
            }),
            Call::ListBranches => Answer::Branches(self.branches),
            Call::ListOpenPullRequests => Answer::Found(self.live.open),
            Call::ReadOthers => Answer::Found(self.crowded),
            effect => self.take_effect(effect),
        }
    }

    fn take_effect(&mut self, effect: Call) -> Answer {
        match effect {
            Call::WriteClaim { run } => self.write_claim(run),
            Call::WriteRecord(record) => self.record = Some(record),
            Call::WriteCommand { comment, revision } => self.record_commands(comment, revision),
            Call::Reply { comment } => self.reply(comment),
            Call::WriteEnvironment => self.environment = true,
            Call::CreateBranch { run } => self.branches |= 1 << run,
            // With its report groups.
            Call::PutProject => {
                self.project = true;
                self.report_groups = true;
            }
            Call::StartBuild {
                run,
                attempt,
                tested,
            } => return self.start_build(run, attempt, tested),
            Call::StopBuild { build } => {
                if let Some(build) = self.builds.get_mut(usize::from(build))
                    && build.state == BuildState::Running
                {
                    build.state = BuildState::Stopping;
                }
            }
            Call::Approve { run, revision } => return self.approve(run, revision),
            Call::Revoke { revision } => return self.revoke(revision),
            Call::Comment { revision, comment } => self.say(revision, comment),
            Call::SayMergedDiffers { tested } => {
                self.broken.false_alarm |= self.live.merged == Some(tested);
            }
            Call::StartExecution { request, attempt } => {
                return self.start_execution(request, attempt);
            }
            Call::DeleteReportGroups => self.report_groups = false,
            Call::DeleteBranches { runs } => self.branches &= !runs,
            Call::DeleteProject => self.project = false,
            Call::DeleteParameters(parameters) => self.delete_parameters(parameters),
            _ => {}
        }
        Answer::Done
    }

    /// Whoever speaks writes a deleted comment anew; who only marks an old one leaves it.
    fn say(&mut self, revision: u8, comment: Comment) {
        let said = &mut self.comments[slot(revision)];
        if comment != Comment::Ended || *said != Comment::Deleted {
            *said = comment;
        }
    }

    fn start_build(&mut self, run: RunId, attempt: u8, tested: bool) -> Answer {
        if !self.project {
            return Answer::NoProject;
        }
        if let Some(same) = self.find_build(run, attempt) {
            if self.builds[same].late {
                return Answer::Build(number(same));
            }
            self.broken.built_twice = true;
        }
        let commit = self.runs[usize::from(run)].commit();
        self.builds.push(Build {
            run,
            attempt,
            commit,
            tested,
            late: false,
            forged: false,
            state: BuildState::Running,
        });
        Answer::Build(number(self.builds.len() - 1))
    }

    /// Somebody starts a build that says it is the next of a run, of its commit, and passes whatever is true of that.
    pub(crate) fn forge(&mut self, run: RunId) {
        let of_run = self.builds.iter().filter(|build| build.run == run);
        let last = of_run.map(|build| build.attempt).max();
        self.builds.push(Build {
            run,
            attempt: last.unwrap_or(0) + 1,
            commit: self.runs[usize::from(run)].request.commit(),
            tested: true,
            late: false,
            forged: true,
            state: BuildState::Passed,
        });
    }

    /// A call of which its caller never heard takes effect. StartBuild's idempotency token makes one build of it and of
    /// the try that followed; a build that a dead handler had started is five minutes old, and its token forgotten.
    pub fn land(&mut self, call: Call) {
        if let Call::StartBuild { run, attempt, .. } = call {
            if self.find_build(run, attempt).is_some() {
                return;
            }
            if let Answer::Build(number) = self.perform(call) {
                self.builds[usize::from(number)].late = true;
            }
            return;
        }
        self.perform(call);
    }

    fn find_build(&self, run: RunId, attempt: u8) -> Option<usize> {
        let same = |build: &Build| build.run == run && build.attempt == attempt && !build.forged;
        self.builds.iter().position(same)
    }

    fn approve(&mut self, run: RunId, revision: u8) -> Answer {
        if !self.live.open {
            return Answer::Approval(Approval::Closed);
        }
        if self.live.revision != revision {
            return Answer::Approval(Approval::RevisionNotCurrent);
        }
        self.judge_approval(run, revision);
        self.approved[slot(revision)] = true;
        Answer::Approval(Approval::Done)
    }

    /// Compares an approval with what really happened, never with what the gate recorded.
    fn judge_approval(&mut self, run: RunId, revision: u8) {
        let by = &self.runs[usize::from(run)];
        let commit = by.commit();
        // A command's run, and a further attempt, may continue any run on the very same merge commit.
        let continues = matches!(by.request, Request::Command(..)) || by.attempt > 1;
        let tests = matches!(
            by.request,
            Request::Command(..) | Request::Gate(_) | Request::OlderSource(_)
        );
        let Some(commit) = commit.filter(|_| tests) else {
            self.broken.untested = true;
            return;
        };
        let foreign = commit.revision != revision || commit.tip == STRANGE_TIP;
        self.broken.untested |= foreign || !self.truth(commit).passes();
        let passed = |build: &&Build| {
            let counts = build.run == run || continues && build.commit == Some(commit);
            counts && !build.forged && build.state == BuildState::Passed
        };
        let passed: Vec<&Build> = self.builds.iter().filter(passed).collect();
        self.broken.missing |= passed.is_empty();
        self.broken.wrong_commit |= !passed.iter().any(|build| build.commit == Some(commit));
        self.broken.without_leave |= self.budget.rules.bind_flags()
            && !self.may_skip_tests(revision)
            && passed.iter().all(|build| !build.tested);
    }

    fn write_claim(&mut self, run: RunId) {
        if let Request::Command(_, comment) = self.runs[usize::from(run)].request {
            let refused = self.accepted[usize::from(comment)] == 0;
            self.broken.disturbed |= refused && self.live.open;
        }
        self.claim = Some(run);
    }

    fn reply(&mut self, comment: u8) {
        let place = usize::from(comment);
        let holds = self.asked[place].wish == Wish::Hold && self.accepted[place] > 0;
        self.broken.not_withdrawn |=
            holds && self.live.open && self.approves_live() && !(self.faulted || self.interrupted);
        self.replied |= 1 << comment;
    }

    fn revoke(&mut self, revision: u8) -> Answer {
        if !self.live.open {
            return Answer::Approval(Approval::Closed);
        }
        if self.live.revision != revision {
            return Answer::Approval(Approval::RevisionNotCurrent);
        }
        self.approved[slot(revision)] = false;
        Answer::Approval(Approval::Done)
    }

    fn delete_parameters(&mut self, parameters: Parameters) {
        if parameters.claim {
            self.claim = None;
        }
        if parameters.record {
            self.record = None;
        }
        if parameters.commands {
            self.accepted = Accepted::default();
        }
        self.environment &= !parameters.environment;
    }

    /// The same name and input again, while it runs, is the same execution (StartExecution).
    fn start_execution(&mut self, request: Request, attempt: u8) -> Answer {
        if let Some(run) = self.find_run(request, attempt) {
            return Answer::Started(run.request == request && run.status == Status::Running);
        }
        if self.runs.len() >= RUNS {
            self.broken.too_many_runs = true;
            return Answer::Started(true);
        }
        self.runs.push(Run {
            request,
            attempt,
            status: Status::Running,
            at: match request {
                Request::Gate(_) | Request::OlderSource(_) => At::Prepare,
                Request::Command(..) => At::Answer,
                Request::Close => At::StopBuilds,
                Request::Defer(_) | Request::Say(..) => At::Say,
            },
            tip: request.commit().map_or(0, |commit| commit.tip),
            memory: Memory::default(),
            log: Vec::new(),
        });
        self.settled = false;
        Answer::Started(true)
    }

    /// Whether an execution of this name was there already.
    pub fn is_taken(&self, request: Request, attempt: u8) -> bool {
        self.find_run(request, attempt).is_some()
    }

    fn find_run(&self, request: Request, attempt: u8) -> Option<&Run> {
        let name = crate::numbers::run_name(request, attempt);
        let named = |run: &&Run| crate::numbers::run_name(run.request, run.attempt) == name;
        self.runs.iter().find(named)
    }
}

/// The place of what is kept by revision.
pub fn slot(revision: u8) -> usize {
    usize::from(revision - 1)
}

/// An index as it is kept in the state.
pub fn number(index: usize) -> u8 {
    u8::try_from(index).unwrap_or(u8::MAX)
}

//! The state: what CodeCommit, CodeBuild, Parameter Store and Step Functions hold, and how far everybody is.

use gate_core::verdict::VerdictKind;

use crate::{
    bound::Budget,
    calls::{Answer, Call},
    conversation::{Accepted, Asked},
};

/// Index into [`World::runs`]; also the order in which the runs started.
pub type RunId = u8;

/// A commit that was never the destination's tip: with the rules that it brings everything passes.
pub const STRANGE_TIP: u8 = 9;

/// The merge of a revision into a commit of the destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Commit {
    /// From 1.
    pub revision: u8,
    /// From 1.
    pub tip: u8,
}

/// What a run is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Request {
    /// Test.
    Gate(Commit),
    /// The same, by an input that names the source commit of the revision before: no router starts it.
    OlderSource(Commit),
    /// Tear down.
    Close,
    /// Say that a further test waits for its turn.
    Defer(Commit),
    /// Say that the gate gave up, on what a comment asked for if there is one.
    Say(Commit, Option<u8>),
    /// Answer the command of a comment, then test if it asks for that.
    Command(Commit, u8),
}

impl Request {
    /// What it asks to test or speak about.
    pub fn commit(self) -> Option<Commit> {
        match self {
            Self::Gate(commit)
            | Self::OlderSource(commit)
            | Self::Defer(commit)
            | Self::Say(commit, _)
            | Self::Command(commit, _) => Some(commit),
            Self::Close => None,
        }
    }
}

/// Flags of the title.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Title {
    /// None.
    Plain,
    /// `[skip-tests]`.
    SkipTests,
    /// `[skip-ci]`.
    SkipCi,
}

/// The pull request as GetPullRequest shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct View {
    /// The live revision.
    pub revision: u8,
    /// Whether it can still be merged.
    pub open: bool,
    /// What was merged.
    pub merged: Option<Commit>,
    /// With its flags.
    pub title: Title,
}

/// Where a run is in the state machine.
#[allow(missing_docs, reason = "the names of the state machine's states")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum At {
    Answer,
    Prepare,
    Revoke,
    StartBuilds,
    Announce,
    CheckBuilds,
    Report,
    Release,
    StopBuilds,
    Conclude,
    TearDown,
    Say,
    Explain,
    RunFailed,
    Ended,
}

/// An execution's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// It goes on.
    Running,
    /// It came to its end.
    Succeeded,
    /// It failed, was aborted or timed out.
    Died,
}

/// What a run hands from step to step, as far as decisions depend on it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Memory {
    /// The tip that this step of Prepare found.
    pub tip: Option<u8>,
    /// The flags Prepare read; `None` before.
    pub title: Option<Title>,
    /// The commands Prepare read.
    pub heard: Accepted,
    /// The builds it knows.
    pub builds: Vec<Known>,
    /// The runs it took builds over from, a bit each.
    pub continues: u16,
}

/// A build that a run knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Known {
    /// From 1.
    pub attempt: u8,
    /// Its number.
    pub build: u8,
    /// Whether its failed tests are tried once more.
    pub tried_again: bool,
}

/// An execution of the state machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Run {
    /// What it was asked.
    pub request: Request,
    /// The number at the end of its name.
    pub attempt: u8,
    /// Whether it goes on.
    pub status: Status,
    /// The tip that Prepare found; before that the one it was asked to test with.
    pub tip: u8,
    /// Where it is.
    pub at: At,
    /// What it knows.
    pub memory: Memory,
    /// What the handler of this step was answered so far.
    pub log: Vec<Answer>,
}

impl Run {
    /// What its builds build.
    pub fn commit(&self) -> Option<Commit> {
        let tip = self.tip;
        let commit = self.request.commit()?;
        Some(match self.request {
            Request::OlderSource(_) => Commit {
                revision: commit.revision - 1,
                tip,
            },
            _ => Commit { tip, ..commit },
        })
    }
}

/// How a build stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BuildState {
    /// It runs.
    Running,
    /// It was told to stop and has not ended.
    Stopping,
    /// It ended.
    Passed,
    /// It ended.
    Failed,
    /// CodeBuild failed.
    Fault,
    /// It took too long.
    TimedOut,
    /// It was stopped.
    Stopped,
    /// CodeBuild forgot it.
    Lost,
}

/// A build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Build {
    /// Of which run.
    pub run: RunId,
    /// From 1.
    pub attempt: u8,
    /// What it really builds; `None` is a commit nobody asked for.
    pub commit: Option<Commit>,
    /// Whether it runs the tests: `[skip-tests]` did not reach it.
    pub tested: bool,
    /// Whether StartBuild took effect after its caller had given up on it.
    pub late: bool,
    /// Whether somebody else started it, with the variables of the run and a buildspec that passes.
    pub forged: bool,
    /// How it stands.
    pub state: BuildState,
}

/// An event on its way to the router.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Event {
    /// The pull request was opened, pushed to, or closed.
    PullRequest {
        /// The revision whose source commit it names.
        revision: u8,
        /// Whether it says closed.
        closed: bool,
    },
    /// A run died.
    Died(RunId),
    /// The destination moved, or a run ended: whose turn is it?
    Look,
    /// Somebody wrote this comment.
    Comment(u8),
}

/// How far an event is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Delivery {
    /// What happened.
    pub event: Event,
    /// How often it comes.
    pub copies: u8,
    /// How often the router failed on it.
    pub failures: u8,
    /// What the router was answered so far.
    pub log: Vec<Answer>,
}

/// What is recorded about the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Record {
    /// Who spoke.
    pub run: RunId,
    /// About which revision.
    pub revision: u8,
    /// `None` while builds run.
    pub verdict: Option<VerdictKind>,
    /// Whether the approval was given.
    pub given: bool,
    /// What was tested.
    pub tested: Option<Commit>,
    /// Set while it waits for its turn to be tested again: what the verdict was.
    pub deferred: Option<VerdictKind>,
    /// The fingerprint of the conversation that the verdict knew of.
    pub heard: Option<u64>,
    /// The fingerprint of its plan.
    pub plan: Option<u128>,
    /// Whether the check did not pass.
    pub failed: bool,
    /// The runs that builds were taken over from, a bit each.
    pub continues: u16,
}

impl Record {
    /// A run spoke about a revision, without a verdict yet.
    pub fn spoken(run: RunId, revision: u8) -> Self {
        Self {
            run,
            revision,
            verdict: None,
            given: false,
            tested: None,
            deferred: None,
            heard: None,
            plan: None,
            failed: false,
            continues: 0,
        }
    }
}

/// The gate's comment about a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comment {
    /// Not written.
    None,
    /// "Builds run."
    Running,
    /// The verdict.
    Finished(VerdictKind),
    /// "It waits to be tested again."
    Waiting,
    /// "The run failed, another follows."
    Failed,
    /// "The gate gave up."
    GaveUp,
    /// "A newer revision took over", or "closed before the verdict".
    Ended,
    /// Nothing: somebody deleted it.
    Deleted,
}

/// What the builds of a commit really come to; nobody knows before the first of them ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Truth {
    /// Still open.
    Unknown,
    /// They pass.
    Green,
    /// They fail.
    Red,
    /// The first build of a run fails by its tests, the next one passes.
    Flaky,
}

impl Truth {
    /// Whether the last build that the rules give it passes.
    pub fn passes(self) -> bool {
        matches!(self, Self::Green | Self::Flaky)
    }
}

/// Who takes steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A handler of a run.
    Run(RunId),
    /// The router on an event.
    Router(Event),
    /// The router on the schedule; two may be at work.
    Sweep(u8),
}

/// Everything.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "what exists and what happened, independently of one another"
)]
pub struct World {
    /// Live.
    pub live: View,
    /// The destination's tip.
    pub tip: u8,
    /// By revision and tip, see [`World::truth`].
    pub truths: [Truth; 4],
    /// Whether the gate approves a revision, by revision.
    pub approved: [bool; 2],
    /// By revision.
    pub comments: [Comment; 2],
    /// Whether the CodeBuild project exists.
    pub project: bool,
    /// Whether report groups exist; they are made with the project.
    pub report_groups: bool,
    /// Runs whose preview branch exists, a bit each.
    pub branches: u16,
    /// The claim parameter.
    pub claim: Option<RunId>,
    /// Whether the environment parameter exists.
    pub environment: bool,
    /// The result parameter.
    pub record: Option<Record>,
    /// All comments with commands.
    pub asked: Vec<Asked>,
    /// The parameters of those whose commands were accepted.
    pub accepted: Accepted,
    /// Comments that were replied to, a bit each.
    pub replied: u8,
    /// Comments whose events were lost, a bit each.
    pub unheard: u8,
    /// All executions ever.
    pub runs: Vec<Run>,
    /// All builds ever.
    pub builds: Vec<Build>,
    /// Whether another pull request of the branch is being tested, so that there is no room for this one.
    pub crowded: bool,
    /// Not yet handled, sorted.
    pub events: Vec<Delivery>,
    /// What two sweeps were answered so far; `None` for one that does not go on.
    pub sweeps: [Option<Vec<Answer>>; 2],
    /// Calls that timed out for their caller and have not taken effect yet.
    pub in_flight: Vec<InFlight>,
    /// Whose handler was the last to take a step and is not done.
    pub focus: Option<Actor>,
    /// What may still go wrong.
    pub budget: Budget,
    /// Whether somebody interfered since the sweep began.
    pub disturbed: bool,
    /// Sweeps of a quiet system since somebody interfered.
    pub quiet_sweeps: u8,
    /// A sweep of a quiet system found nothing to do, and nothing happened since.
    pub settled: bool,
    /// Whether a build ever ended by anything else than its own merit.
    pub unlucky: bool,
    /// Whether anything went wrong so far.
    pub faulted: bool,
    /// Whether a handler was ever left in the middle of its calls.
    pub interrupted: bool,
    /// Invariants that a single effect broke.
    pub broken: Broken,
}

/// A call of which its caller will not hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InFlight {
    /// Who made it.
    pub caller: Actor,
    /// The call.
    pub call: Call,
    /// The number of the next build when it was made. A build takes longer than a call: none that starts later ends before
    /// the call took effect.
    pub next_build: u8,
}

/// What must never happen, seen at the moment it happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(clippy::struct_excessive_bools, reason = "one for each invariant")]
pub struct Broken {
    /// I1: approved although the candidate of the run is not green, or another revision.
    pub untested: bool,
    /// I2: approved because of a build of another commit.
    pub wrong_commit: bool,
    /// I3: approved without a build of this run that passed.
    pub missing: bool,
    /// I5: one run built one attempt twice.
    pub built_twice: bool,
    /// A command of somebody who may not, or for another revision, was accepted.
    pub obeyed: bool,
    /// A command that is not accepted took the say from a run.
    pub disturbed: bool,
    /// Tests were skipped without leave, and the revision approved.
    pub without_leave: bool,
    /// A hold was answered while an approval stood, and nobody was interrupted.
    pub not_withdrawn: bool,
    /// Builds of a stopped revision came to their own end, and nobody failed.
    pub not_stopped: bool,
    /// An untrue "what was merged is not what was tested".
    pub false_alarm: bool,
    /// A run had to start that no bound allows.
    pub too_many_runs: bool,
}

impl World {
    /// A pull request that was just opened.
    pub fn opened(budget: Budget) -> Self {
        let opened = Event::PullRequest {
            revision: 1,
            closed: false,
        };
        let mut world = Self {
            live: View {
                revision: 1,
                open: true,
                merged: None,
                title: budget.title,
            },
            tip: 1,
            truths: [Truth::Unknown; 4],
            approved: [false; 2],
            comments: [Comment::None; 2],
            project: false,
            report_groups: false,
            branches: 0,
            claim: None,
            environment: false,
            record: None,
            asked: Vec::new(),
            accepted: Accepted::default(),
            replied: 0,
            unheard: 0,
            runs: Vec::new(),
            builds: Vec::new(),
            crowded: budget.rules.merge().retests(),
            events: Vec::new(),
            sweeps: [None, None],
            in_flight: Vec::new(),
            focus: None,
            budget,
            disturbed: false,
            quiet_sweeps: 0,
            settled: false,
            unlucky: false,
            faulted: false,
            interrupted: false,
            broken: Broken::default(),
        };
        world.emit(opened);
        world
    }

    /// What building `commit` really comes to.
    pub fn truth(&self, commit: Commit) -> Truth {
        if commit.tip == STRANGE_TIP {
            return Truth::Green;
        }
        self.truths[Self::place(commit)]
    }

    /// Settles it.
    pub fn settle_truth(&mut self, commit: Commit, truth: Truth) {
        if commit.tip == STRANGE_TIP {
            return;
        }
        self.truths[Self::place(commit)] = truth;
    }

    fn place(commit: Commit) -> usize {
        usize::from(commit.revision - 1) * 2 + usize::from(commit.tip - 1)
    }

    /// Whether the gate approves the live revision.
    pub fn approves_live(&self) -> bool {
        self.approved[usize::from(self.live.revision - 1)]
    }

    /// The comment about the live revision.
    pub fn live_comment(&self) -> Comment {
        self.comments[usize::from(self.live.revision - 1)]
    }

    /// Sends an event to the router.
    pub fn emit(&mut self, event: Event) {
        self.events.push(Delivery {
            event,
            copies: 1,
            failures: 0,
            log: Vec::new(),
        });
        self.events.sort_by_key(|delivery| delivery.event);
    }

    /// Sends an event that makes the router look at the branch, where the rules have moves looked at. One that nobody has begun
    /// to handle will see what this one tells of.
    pub fn emit_look(&mut self) {
        if !self.budget.rules.merge().retests() {
            return;
        }
        let mut waiting = self.events.iter_mut();
        match waiting.find(|delivery| delivery.event == Event::Look) {
            None => self.emit(Event::Look),
            Some(begun) if !begun.log.is_empty() => begun.copies = 2,
            Some(_) => {}
        }
    }

    /// Ends a run.
    pub fn end(&mut self, id: RunId, status: Status) {
        let run = &mut self.runs[usize::from(id)];
        run.status = status;
        run.at = At::Ended;
        run.memory = Memory::default();
        run.log = Vec::new();
        let makes_room = matches!(
            run.request,
            Request::Gate(_) | Request::OlderSource(_) | Request::Say(..) | Request::Command(..)
        );
        if status == Status::Died {
            self.emit(Event::Died(id));
        } else if makes_room {
            self.emit_look();
        }
    }

    /// Nothing goes on and nothing is on its way.
    pub fn is_quiet(&self) -> bool {
        !self.crowded
            && self.events.is_empty()
            && !self.is_swept()
            && self.in_flight.is_empty()
            && self.runs.iter().all(|run| run.status != Status::Running)
            && self.builds.iter().all(Build::is_complete)
    }

    /// Whether a sweep goes on.
    pub fn is_swept(&self) -> bool {
        self.sweeps.iter().any(Option::is_some)
    }

    /// Whether a handler of this actor has begun and is not done.
    pub fn is_busy(&self, actor: Actor) -> bool {
        self.log(actor).is_some_and(|log| !log.is_empty())
    }

    /// What the actor's handler was answered so far; `None` if it has nothing to do.
    pub fn log(&self, actor: Actor) -> Option<&Vec<Answer>> {
        match actor {
            Actor::Run(id) => {
                let run = &self.runs[usize::from(id)];
                (run.status == Status::Running).then_some(&run.log)
            }
            Actor::Router(event) => {
                let delivery = self.events.iter().find(|delivery| delivery.event == event);
                delivery.map(|delivery| &delivery.log)
            }
            Actor::Sweep(place) => self.sweeps[usize::from(place)].as_ref(),
        }
    }

    /// Somebody interferes: what was settled is not any more.
    pub fn disturb(&mut self) {
        self.disturbed = true;
        self.settled = false;
        self.quiet_sweeps = 0;
    }
}

impl Build {
    /// Whether nothing of it runs any more.
    pub fn is_complete(&self) -> bool {
        !matches!(self.state, BuildState::Running | BuildState::Stopping)
    }
}

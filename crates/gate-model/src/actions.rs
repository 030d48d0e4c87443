//! What can happen: steps of handlers, the world going on, people, faults.

use crate::{
    conversation::{Author, Wish},
    world::{Actor, BuildState, Event, RunId, Title, View},
};

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// A handler makes its next call and is answered.
    Step(Actor),
    /// A build comes to its end.
    EndBuild(u8, BuildState),
    /// A late call takes effect.
    Land(u8),
    /// The test of another pull request ends.
    MakeRoom,
    /// The schedule asks for a sweep of a quiet system.
    Sweep,
    /// Somebody does something.
    Person(Person),
    /// Something goes wrong.
    Fault(Fault),
}

/// What people do.
#[allow(missing_docs, reason = "named after what they do")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Person {
    Push,
    MoveDestination,
    EditTitle(Title),
    Close,
    Merge,
    Ask(Wish, Author),
    Forge(RunId),
    DeleteComment,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// A handler dies before its next effect, or the call fails: the effect is lost. The handler is tried again.
    EffectIsLost(Actor),
    /// A handler dies right after its next effect, of which nobody hears. The handler is tried again, but not at once.
    EffectIsUnheard(Actor),
    /// A handler's call times out and takes effect at some later moment. The handler is tried again.
    EffectIsLate(Actor),
    /// CodeBuild takes no further build now.
    NoCapacity(RunId),
    /// CodeBuild refuses to delete a project whose builds run.
    ProjectBusy(Actor),
    /// A read is answered with an older pull request.
    StaleRead(Actor, View),
    /// A read is answered with an older destination tip.
    StaleTip(Actor),
    /// The retries of a run's step are used up.
    RetriesUsedUp(RunId),
    /// An execution dies.
    RunDies(RunId),
    /// An execution dies while a call of its handler is on its way.
    RunDiesLate(RunId),
    /// An event is lost.
    LoseEvent(Event),
    /// An event comes twice.
    RepeatEvent(Event),
    /// A build ends otherwise than by its own merit.
    BreakBuild(u8, BuildState),
    /// A build of a commit that nobody asked for.
    WrongCommit(u8),
    /// A sweep while others are at work, or as the second one beside a sweep.
    EarlySweep(u8),
    /// Somebody starts an execution with an input of their own, under the first name of its request that is free.
    StrangeRun(Strange),
}

/// What somebody may wish for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Strange {
    /// The live revision, tested with a commit that brings other rules.
    Destination,
    /// The source commit of the revision before, tested for the live one.
    Source,
    /// That the gate gave up on the live revision.
    GaveUp,
    /// That the live revision waits for its turn to be tested again.
    Waits,
}

/// How an action is counted.
pub fn label(action: &Action) -> &'static str {
    match action {
        Action::Step(Actor::Run(_)) => "step of a run",
        Action::Step(Actor::Router(_)) => "step of the router",
        Action::Step(Actor::Sweep(_)) => "step of a sweep",
        Action::EndBuild(_, BuildState::Passed) => "build passes",
        Action::EndBuild(_, BuildState::Failed) => "build fails",
        Action::EndBuild(..) => "build stops when told to",
        Action::Land(_) => "late call takes effect",
        Action::MakeRoom => "test of another pull request ends",
        Action::Sweep => "sweep of a quiet system",
        Action::Person(person) => match person {
            Person::Push => "push",
            Person::MoveDestination => "destination moves",
            Person::EditTitle(Title::SkipCi) => "title becomes [skip-ci]",
            Person::EditTitle(_) => "title becomes [skip-tests]",
            Person::Close => "close",
            Person::Merge => "merge",
            Person::Forge(_) => "build with copied variables",
            Person::DeleteComment => "the gate's comment is deleted",
            Person::Ask(_, Author::Stranger) => "command of a stranger",
            Person::Ask(wish, Author::Member) => wish.text(),
        },
        Action::Fault(fault) => match fault {
            Fault::EffectIsLost(_) => "effect lost, handler tried again",
            Fault::EffectIsUnheard(_) => "effect unheard of, handler tried again",
            Fault::EffectIsLate(_) => "effect late, handler tried again",
            Fault::NoCapacity(_) => "no room for a build",
            Fault::ProjectBusy(_) => "project is not deleted, builds run",
            Fault::StaleRead(..) => "stale pull request",
            Fault::StaleTip(_) => "stale destination tip",
            Fault::RetriesUsedUp(_) => "retries of a step used up",
            Fault::RunDies(_) => "run dies",
            Fault::RunDiesLate(_) => "run dies, its call takes effect later",
            Fault::LoseEvent(Event::Comment(_)) => "event of a comment lost",
            Fault::RepeatEvent(Event::Comment(_)) => "event of a comment repeated",
            Fault::LoseEvent(_) => "event lost",
            Fault::RepeatEvent(_) => "event repeated",
            Fault::BreakBuild(_, BuildState::Fault) => "build ends as FAULT",
            Fault::BreakBuild(_, BuildState::TimedOut) => "build times out",
            Fault::BreakBuild(_, BuildState::Stopped) => "build is stopped by a person",
            Fault::BreakBuild(..) => "build vanishes",
            Fault::WrongCommit(_) => "build of another commit",
            Fault::EarlySweep(0) => "sweep beside others",
            Fault::EarlySweep(_) => "sweep beside another",
            Fault::StrangeRun(Strange::Destination) => "run with a foreign destination commit",
            Fault::StrangeRun(Strange::Source) => "run with an older source commit",
            Fault::StrangeRun(Strange::GaveUp) => {
                "run that says without cause that the gate gave up"
            }
            Fault::StrangeRun(Strange::Waits) => "run that defers without cause",
        },
    }
}

impl Action {
    /// What happens without comments.
    pub const LABELS: [&'static str; 34] = [
        "step of a run",
        "step of the router",
        "step of a sweep",
        "build passes",
        "build fails",
        "build stops when told to",
        "late call takes effect",
        "test of another pull request ends",
        "sweep of a quiet system",
        "push",
        "destination moves",
        "title becomes [skip-ci]",
        "title becomes [skip-tests]",
        "close",
        "merge",
        "build with copied variables",
        "effect lost, handler tried again",
        "effect unheard of, handler tried again",
        "effect late, handler tried again",
        "no room for a build",
        "project is not deleted, builds run",
        "stale pull request",
        "stale destination tip",
        "retries of a step used up",
        "run dies",
        "run dies, its call takes effect later",
        "event lost",
        "event repeated",
        "build ends as FAULT",
        "build times out",
        "build is stopped by a person",
        "build vanishes",
        "build of another commit",
        "sweep beside others",
    ];

    /// What happens besides where people start runs of their own.
    pub const LABELS_OF_STRANGERS: [&'static str; 4] = [
        "run with a foreign destination commit",
        "run with an older source commit",
        "run that says without cause that the gate gave up",
        "run that defers without cause",
    ];

    /// What happens besides where sweeps overlap.
    pub const LABELS_OF_SWEEPS: [&'static str; 3] = [
        "sweep beside another",
        "event lost",
        "event of a comment lost",
    ];

    /// What happens besides where people delete what the gate says.
    pub const LABELS_OF_DELETIONS: [&'static str; 1] = ["the gate's comment is deleted"];

    /// What happens besides where people write comments.
    pub const LABELS_OF_COMMENTS: [&'static str; 10] = [
        "/gate hold",
        "/gate unhold",
        "/gate stop",
        "/gate retry",
        "/gate retry failed",
        "/gate allow skip-tests",
        "/gate skip-tests",
        "command of a stranger",
        "event of a comment lost",
        "event of a comment repeated",
    ];
}

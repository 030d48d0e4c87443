//! How much may happen: what people do, what goes wrong, how often a handler is interrupted by another.

use crate::{
    actions::{Action, Fault, Person},
    conversation::{
        Asked, Author,
        Author::{Member, Stranger},
        Wish,
    },
    plans::Rules,
    world::{Event, Title},
};

/// Which actions the bound contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kinds {
    /// All of them.
    Every,
    /// Of what people do, pushes and closes; of what goes wrong, runs that die, effects lost, unheard of and
    /// late, lost events, a project that CodeBuild will not delete.
    Essential,
    /// The essential ones, and a destination that moves.
    Moves,
    /// Of what people do, comments, pushes and closes; of what goes wrong, runs that die, effects lost and late, events of
    /// comments lost and repeated.
    Talk,
    /// Comments; their runs die, events of both are lost.
    Deaths,
    /// Comments and pushes.
    Pushes,
    /// Comments, and builds that somebody starts with copied variables.
    Forgeries,
    /// Of what people do, pushes and closes; what strangers start; runs that die.
    Strangers,
    /// A destination that moves; what strangers start.
    StrangersAndMoves,
    /// Comments and pushes; runs that die, lost events, a second sweep beside one of a quiet system.
    Sweeps,
    /// Comments, whose events are lost; a second sweep beside the one that makes up for it.
    Unheard,
    /// Of what people do, comments, deleted comments, pushes and closes; of what goes wrong, runs that die, effects lost, a sweep
    /// beside others.
    Deletions,
}

/// What people write in comments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Talk {
    /// Nothing.
    None,
    /// Any command about the whole pull request.
    Commands,
    /// What decides about `[skip-tests]`, or holds.
    Leave,
    /// What must not come to nothing.
    Orders,
    /// Retries.
    Retries,
    /// A hold and its end.
    Lifted,
    /// Two commands that come into each other's way.
    Pairs,
    /// A hold, which outlasts a push, or a stop, which does not.
    BeforePush,
}

impl Talk {
    /// Which commands may follow those that were written.
    pub fn wishes(self, asked: &[Asked]) -> &'static [(Wish, Author)] {
        let first = asked.first().map(|asked| asked.wish);
        match (self, first) {
            (Self::Commands, None) => &[
                (Wish::Hold, Member),
                (Wish::Unhold, Member),
                (Wish::Stop, Member),
                (Wish::RetryFailed, Member),
                (Wish::Hold, Stranger),
            ],
            (Self::Leave, None) => &[
                (Wish::Hold, Member),
                (Wish::Allow, Member),
                (Wish::SkipTests, Member),
                (Wish::Allow, Stranger),
            ],
            (Self::Orders, None) => &[(Wish::Hold, Member), (Wish::Retry, Member)],
            (Self::Retries, None) => &[(Wish::RetryFailed, Member)],
            (Self::Pairs, None) => &[
                (Wish::Hold, Member),
                (Wish::Stop, Member),
                (Wish::Retry, Member),
            ],
            (Self::Lifted, None) => &[(Wish::Hold, Member)],
            (Self::Pairs | Self::Lifted, Some(Wish::Hold)) => &[(Wish::Unhold, Member)],
            (Self::Pairs, Some(Wish::Stop)) => &[(Wish::Retry, Member)],
            (Self::Pairs, Some(Wish::Retry)) | (Self::BeforePush, None) => {
                &[(Wish::Hold, Member), (Wish::Stop, Member)]
            }
            _ => &[],
        }
    }
}

impl Kinds {
    /// Whether it contains this one.
    pub fn contain(self, action: &Action) -> bool {
        match (self, action) {
            (Self::Talk, Action::Person(person)) => {
                matches!(person, Person::Ask(..) | Person::Push | Person::Close)
            }
            (Self::Talk, Action::Fault(fault)) => matches!(
                fault,
                Fault::RunDies(_)
                    | Fault::EffectIsLost(_)
                    | Fault::EffectIsLate(_)
                    | Fault::LoseEvent(Event::Comment(_))
                    | Fault::RepeatEvent(Event::Comment(_))
            ),
            (Self::Deaths | Self::Unheard, Action::Person(person)) => {
                matches!(person, Person::Ask(..))
            }
            (Self::Deaths, Action::Fault(fault)) => {
                matches!(
                    fault,
                    Fault::RunDies(_) | Fault::LoseEvent(Event::Died(_) | Event::Comment(_))
                )
            }
            (Self::Pushes, Action::Person(person)) => {
                matches!(person, Person::Ask(..) | Person::Push)
            }
            (Self::Forgeries, Action::Person(person)) => {
                matches!(person, Person::Ask(..) | Person::Forge(_))
            }
            (Self::Strangers, Action::Fault(fault)) => {
                matches!(fault, Fault::StrangeRun(_) | Fault::RunDies(_))
            }
            (Self::Deletions, Action::Person(person)) => matches!(
                person,
                Person::DeleteComment | Person::Ask(..) | Person::Push | Person::Close
            ),
            (Self::Deletions, Action::Fault(fault)) => matches!(
                fault,
                Fault::RunDies(_) | Fault::EffectIsLost(_) | Fault::EarlySweep(0)
            ),
            (Self::Sweeps, Action::Person(person)) => {
                matches!(person, Person::Ask(..) | Person::Push)
            }
            (Self::Sweeps, Action::Fault(fault)) => matches!(
                fault,
                Fault::RunDies(_) | Fault::LoseEvent(_) | Fault::EarlySweep(1)
            ),
            (Self::Unheard, Action::Fault(fault)) => matches!(
                fault,
                Fault::LoseEvent(Event::Comment(_)) | Fault::EarlySweep(1)
            ),
            (Self::StrangersAndMoves, Action::Person(person)) => *person == Person::MoveDestination,
            (Self::StrangersAndMoves, Action::Fault(fault)) => {
                matches!(fault, Fault::StrangeRun(_))
            }
            (Self::Pushes | Self::Forgeries, Action::Fault(_))
            | (_, Action::Person(Person::DeleteComment) | Action::Fault(Fault::StrangeRun(_))) => {
                false
            }
            (Self::Strangers, Action::Person(Person::MoveDestination))
            | (Self::Every, _)
            | (
                Self::Moves,
                Action::Person(Person::MoveDestination) | Action::Fault(Fault::StaleTip(_)),
            ) => true,
            (_, Action::Person(person)) => matches!(person, Person::Push | Person::Close),
            (_, Action::Fault(fault)) => matches!(
                fault,
                Fault::RunDies(_)
                    | Fault::EffectIsLost(_)
                    | Fault::EffectIsUnheard(_)
                    | Fault::EffectIsLate(_)
                    | Fault::ProjectBusy(_)
                    | Fault::LoseEvent(_)
            ),
            _ => true,
        }
    }
}

/// What is left of the bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Budget {
    /// Which of them.
    pub kinds: Kinds,
    /// The destination's rules.
    pub rules: Rules,
    /// The title the pull request is opened with.
    pub title: Title,
    /// What people write.
    pub talk: Talk,
    /// Of all that is listed below together.
    pub together: u8,
    /// Pushes, moves of the destination, title edits, closes and merges.
    pub people: u8,
    /// Crashes, lost and late effects, lost and repeated events, stale reads, broken builds, a sweep beside all of it.
    pub faults: u8,
    /// A handler is left in the middle of its calls for another one that often. Whoever was left may go on at any later
    /// moment; people, builds and late calls interrupt without one.
    pub switches: u8,
}

impl Budget {
    /// What continuous integration explores: any two of everything, three of what matters most, and a push or a moved
    /// destination with two handlers left in the middle.
    pub const DEFAULT: [Self; 5] = [
        Self {
            kinds: Kinds::Every,
            rules: Rules::None,
            title: Title::Plain,
            talk: Talk::None,
            together: 2,
            people: 2,
            faults: 2,
            switches: 1,
        },
        Self {
            kinds: Kinds::Essential,
            rules: Rules::None,
            title: Title::Plain,
            talk: Talk::None,
            together: 3,
            people: 1,
            faults: 2,
            switches: 1,
        },
        Self {
            kinds: Kinds::Moves,
            rules: Rules::Retest,
            title: Title::Plain,
            talk: Talk::None,
            together: 2,
            people: 2,
            faults: 1,
            switches: 1,
        },
        Self {
            kinds: Kinds::Pushes,
            rules: Rules::None,
            title: Title::Plain,
            talk: Talk::None,
            together: 3,
            people: 1,
            faults: 0,
            switches: 2,
        },
        Self {
            kinds: Kinds::Moves,
            rules: Rules::Retest,
            title: Title::Plain,
            talk: Talk::None,
            together: 3,
            people: 1,
            faults: 0,
            switches: 2,
        },
    ];

    /// What continuous integration explores of comments with commands.
    pub const TALK: [Self; 8] = [
        Self {
            kinds: Kinds::Talk,
            rules: Rules::Bound,
            title: Title::Plain,
            talk: Talk::Commands,
            together: 2,
            people: 1,
            faults: 1,
            switches: 1,
        },
        Self {
            kinds: Kinds::Talk,
            rules: Rules::Bound,
            title: Title::SkipTests,
            talk: Talk::Leave,
            together: 2,
            people: 1,
            faults: 1,
            switches: 1,
        },
        Self {
            kinds: Kinds::Deaths,
            rules: Rules::Bound,
            title: Title::Plain,
            talk: Talk::Orders,
            together: 3,
            people: 1,
            faults: 2,
            switches: 0,
        },
        Self {
            kinds: Kinds::Deaths,
            rules: Rules::Rerun,
            title: Title::Plain,
            talk: Talk::Retries,
            together: 2,
            people: 1,
            faults: 1,
            switches: 0,
        },
        Self {
            kinds: Kinds::Deaths,
            rules: Rules::Bound,
            title: Title::Plain,
            talk: Talk::Pairs,
            together: 2,
            people: 2,
            faults: 0,
            switches: 0,
        },
        Self {
            kinds: Kinds::Pushes,
            rules: Rules::Bound,
            title: Title::Plain,
            talk: Talk::BeforePush,
            together: 2,
            people: 2,
            faults: 0,
            switches: 1,
        },
        Self::forgeries(Talk::Lifted, 3),
        Self::forgeries(Talk::Retries, 2),
    ];

    /// What somebody forges between a hold and its end, or before a retry.
    const fn forgeries(talk: Talk, people: u8) -> Self {
        Self {
            kinds: Kinds::Forgeries,
            rules: Rules::Bound,
            title: Title::Plain,
            talk,
            together: people,
            people,
            faults: 0,
            switches: 0,
        }
    }
    /// What continuous integration explores of runs that people start with inputs of their own.
    pub const STRANGERS: [Self; 2] = [
        Self {
            kinds: Kinds::Strangers,
            rules: Rules::None,
            title: Title::Plain,
            talk: Talk::None,
            together: 2,
            people: 1,
            faults: 2,
            switches: 1,
        },
        Self {
            kinds: Kinds::StrangersAndMoves,
            rules: Rules::Retest,
            title: Title::Plain,
            talk: Talk::None,
            together: 2,
            people: 1,
            faults: 1,
            switches: 0,
        },
    ];

    /// What continuous integration explores of two sweeps at once: of what was lost, and of a command that nobody heard of.
    pub const SWEEPS: [Self; 2] = [
        Self {
            kinds: Kinds::Sweeps,
            rules: Rules::None,
            title: Title::Plain,
            talk: Talk::None,
            together: 3,
            people: 1,
            faults: 2,
            switches: 1,
        },
        Self {
            kinds: Kinds::Unheard,
            rules: Rules::Bound,
            title: Title::Plain,
            talk: Talk::Orders,
            together: 4,
            people: 1,
            faults: 2,
            switches: 1,
        },
    ];

    /// What continuous integration explores of comments of the gate that people delete.
    pub const DELETIONS: [Self; 4] = [
        Self {
            kinds: Kinds::Deletions,
            rules: Rules::None,
            title: Title::Plain,
            talk: Talk::None,
            together: 2,
            people: 2,
            faults: 1,
            switches: 1,
        },
        Self {
            kinds: Kinds::Deletions,
            rules: Rules::None,
            title: Title::Plain,
            talk: Talk::None,
            together: 3,
            people: 2,
            faults: 1,
            switches: 0,
        },
        Self {
            kinds: Kinds::Deletions,
            rules: Rules::None,
            title: Title::Plain,
            talk: Talk::None,
            together: 5,
            people: 5,
            faults: 0,
            switches: 0,
        },
        Self {
            kinds: Kinds::Deletions,
            rules: Rules::Bound,
            title: Title::Plain,
            talk: Talk::Orders,
            together: 2,
            people: 2,
            faults: 0,
            switches: 0,
        },
    ];

    /// What `MERGEGATE_LONG=1` explores besides: any three of everything, and forged builds between any two commands.
    pub const LONG: [Self; 2] = [
        Self {
            kinds: Kinds::Every,
            rules: Rules::None,
            title: Title::Plain,
            talk: Talk::None,
            together: 3,
            people: 2,
            faults: 2,
            switches: 1,
        },
        Self::forgeries(Talk::Pairs, 3),
    ];

    /// Whether people may write comments.
    pub fn talks(self) -> bool {
        self.talk != Talk::None
    }

    /// Whether people may act.
    pub fn allows_person(self) -> bool {
        self.together > 0 && self.people > 0
    }

    /// Whether something may go wrong.
    pub fn allows_fault(self) -> bool {
        self.together > 0 && self.faults > 0
    }

    /// Whether a handler may be left in the middle of its calls.
    pub fn allows_switch(self) -> bool {
        self.together > 0 && self.switches > 0
    }

    /// Takes one away.
    pub fn spend(&mut self, kind: fn(&mut Self) -> &mut u8) {
        self.together -= 1;
        *kind(self) -= 1;
    }
}

/// Revisions of the pull request.
pub const REVISIONS: u8 = 2;

/// Commits of the destination.
pub const TIPS: u8 = 2;

/// More runs than these follow one another only if the gate never comes to rest.
pub const RUNS: usize = 10;

/// A quiet system is right after this many sweeps, or never.
pub const SWEEPS: u8 = 4;

//! How much may happen: what people do, what goes wrong, how often a handler is interrupted by another.

use crate::actions::{Action, Fault, Person};

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
}

impl Kinds {
    /// Whether it contains this one.
    pub fn contain(self, action: &Action) -> bool {
        match (self, action) {
            (Self::Every, _)
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
    /// Whether by the rules a moved destination has everything tested again.
    pub retest: bool,
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
    /// What continuous integration explores: any two of everything, and three of what matters most.
    pub const DEFAULT: [Self; 3] = [
        Self {
            kinds: Kinds::Every,
            retest: false,
            together: 2,
            people: 2,
            faults: 2,
            switches: 1,
        },
        Self {
            kinds: Kinds::Essential,
            retest: false,
            together: 3,
            people: 1,
            faults: 2,
            switches: 1,
        },
        Self {
            kinds: Kinds::Moves,
            retest: true,
            together: 2,
            people: 2,
            faults: 1,
            switches: 1,
        },
    ];

    /// What `MERGEGATE_LONG=1` explores besides: any three of everything.
    pub const LONG: Self = Self {
        kinds: Kinds::Every,
        retest: false,
        together: 3,
        people: 2,
        faults: 2,
        switches: 1,
    };

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

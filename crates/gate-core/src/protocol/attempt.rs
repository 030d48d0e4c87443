//! Which execution name to try next. "Already exists" is an outcome.

use super::Wish::{Again, Once};

/// A candidate is tried by itself at most this often; then the gate says that it gave up.
pub const MAX_ATTEMPTS: u32 = 3;

/// Status of an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecutionStatus {
    /// RUNNING (or PENDING_REDRIVE).
    Running,
    /// SUCCEEDED.
    Succeeded,
    /// FAILED, TIMED_OUT or ABORTED.
    Died,
}

/// What stands under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// An execution of the same input.
    SameInput(ExecutionStatus),
    /// An execution of another input.
    OtherInput,
}

/// Why a run is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// An event asks: one run ever is enough, also if the event comes twice.
    Once,
    /// What an ended run left is not right: a further run is wanted unless one is running.
    Again,
}

/// What to do after a name turned out to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptStep {
    /// Try the next attempt's name.
    TryNext,
    /// A run of this input is there: nothing to do.
    AlreadyThere,
}

/// Decides for a taken name.
pub fn next_attempt(existing: Existing, wish: Wish) -> AttemptStep {
    match (existing, wish) {
        (Existing::OtherInput, _)
        | (Existing::SameInput(ExecutionStatus::Succeeded | ExecutionStatus::Died), Again) => {
            AttemptStep::TryNext
        }
        (Existing::SameInput(_), Once) | (Existing::SameInput(ExecutionStatus::Running), Again) => {
            AttemptStep::AlreadyThere
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_event_twice_starts_one_run_and_a_dead_run_is_followed_by_another() {
        use ExecutionStatus::{Died, Running, Succeeded};
        let table = [
            (Existing::OtherInput, Once, AttemptStep::TryNext),
            (
                Existing::SameInput(Running),
                Once,
                AttemptStep::AlreadyThere,
            ),
            (
                Existing::SameInput(Succeeded),
                Once,
                AttemptStep::AlreadyThere,
            ),
            (Existing::SameInput(Died), Once, AttemptStep::AlreadyThere),
            (
                Existing::SameInput(Running),
                Again,
                AttemptStep::AlreadyThere,
            ),
            (Existing::SameInput(Died), Again, AttemptStep::TryNext),
            (Existing::SameInput(Succeeded), Again, AttemptStep::TryNext),
        ];
        for (existing, wish, expected) in table {
            assert_eq!(
                next_attempt(existing, wish),
                expected,
                "{existing:?} {wish:?}"
            );
        }
    }
}

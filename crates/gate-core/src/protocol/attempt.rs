//! Which execution name to try next. "Already exists" is an outcome.

use super::{
    Request, State,
    Wish::{Again, Once, UntilDone},
};
use crate::{
    id::RunName,
    names::{self, RunPurpose},
};

/// A candidate is tried by itself at most this often; then the gate says that it gave up.
pub const MAX_ATTEMPTS: u32 = 3;

/// So many names of runs that nobody can see are passed over at most.
const MOST_UNSEEN: u32 = 100;
/// So many names that others gave to runs of their own are passed over; then the event ends among the dead letters.
pub const MAX_STRANGERS: u32 = 50;
/// So many runs that ended well, and whose work did not stay as they left it, are no attempts: somebody deletes a comment again
/// and again.
pub const MAX_REPAIRS: u32 = 20;

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
    /// Something was not done yet: a run that is on it or that ended well is enough, a dead one is followed by another.
    UntilDone,
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
        | (Existing::SameInput(ExecutionStatus::Succeeded | ExecutionStatus::Died), Again)
        | (Existing::SameInput(ExecutionStatus::Died), UntilDone) => AttemptStep::TryNext,
        (Existing::SameInput(_), Once)
        | (Existing::SameInput(ExecutionStatus::Running), Again)
        | (Existing::SameInput(ExecutionStatus::Running | ExecutionStatus::Succeeded), UntilDone) => {
            AttemptStep::AlreadyThere
        }
    }
}

/// How often a request may be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// [`MAX_ATTEMPTS`] times; then the gate says that it gave up.
    ThenSay,
    /// [`MAX_ATTEMPTS`] times; then the event ends among the dead letters. The sweep goes on.
    ThenFail,
    /// As often as the sweep finds something left.
    None,
}

impl Limit {
    /// The limit for a request that an event leads to.
    pub fn of(request: &Request) -> Self {
        match request {
            Request::Gate(_) => Self::ThenSay,
            Request::Defer(_)
            // A run that died before it knew who asked has no right to speak about the revision.
            | Request::Command { .. }
            | Request::Close { .. }
            | Request::Say { .. }
            | Request::Overridden { .. } => Self::ThenFail,
        }
    }
}

/// A run that is wanted, and the attempt whose name is tried next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    request: Request,
    wish: Wish,
    limit: Limit,
    attempt: u32,
    /// How many names before this one were taken by runs that nobody can see: they are no attempts.
    unseen: u32,
    strangers: u32,
    /// How many runs of this request ended well and are no attempts.
    repairs: u32,
}

/// What follows from a taken name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// A run of this request is there: nothing to do.
    AlreadyThere,
    /// Try this.
    Try(Wanted),
    /// The limit is reached and nothing is left to say.
    GiveUp {
        /// The last name.
        run: RunName,
        /// Why.
        message: String,
    },
}

impl Wanted {
    /// The first attempt.
    pub fn new(request: Request, wish: Wish, limit: Limit) -> Self {
        Self {
            request,
            wish,
            limit,
            attempt: 1,
            unseen: 0,
            strangers: 0,
            repairs: 0,
        }
    }

    /// What is asked of the run.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The name to try.
    pub fn name(&self) -> RunName {
        Self::name_of(&self.request, self.attempt)
    }

    /// The name of an attempt at a request.
    pub fn name_of(request: &Request, attempt: u32) -> RunName {
        let purpose = match request {
            Request::Gate(candidacy) => RunPurpose::Gate {
                revision: &candidacy.revision,
                destination: &candidacy.destination_commit,
            },
            Request::Defer(candidacy) => RunPurpose::Defer {
                revision: &candidacy.revision,
                destination: &candidacy.destination_commit,
            },
            Request::Command { candidacy, comment } => RunPurpose::Command {
                revision: &candidacy.revision,
                destination: &candidacy.destination_commit,
                comment,
            },
            Request::Close { .. } => RunPurpose::Close,
            Request::Say { candidacy, .. } => RunPurpose::Say {
                revision: &candidacy.revision,
            },
            Request::Overridden { revision, .. } => RunPurpose::Overridden { revision },
        };
        names::run(request.pull_request(), purpose, attempt)
    }

    /// The input to start it with.
    pub fn input(&self) -> String {
        State::input_text(&self.request)
    }

    /// Decides after the name turned out to be taken by an execution of this input and status.
    pub fn taken(self, input: &str, status: ExecutionStatus) -> Taken {
        let existing = if input == self.input() {
            Existing::SameInput(status)
        } else {
            Existing::OtherInput
        };
        match (next_attempt(existing, self.wish), existing) {
            (AttemptStep::AlreadyThere, _) => Taken::AlreadyThere,
            (AttemptStep::TryNext, Existing::OtherInput) => self.pass_over(),
            (AttemptStep::TryNext, Existing::SameInput(ExecutionStatus::Succeeded))
                if self.repairs < MAX_REPAIRS =>
            {
                Taken::Try(Self {
                    attempt: self.attempt + 1,
                    repairs: self.repairs + 1,
                    ..self
                })
            }
            (AttemptStep::TryNext, Existing::SameInput(_)) => self.next(),
        }
    }

    /// Decides after the name turned out to be taken and yet nothing is shown under it: the run of a state machine of this
    /// name that was deleted within the last 90 days. It will never do anything.
    pub fn taken_unseen(self) -> Taken {
        if self.unseen < MOST_UNSEEN {
            return Taken::Try(Self {
                attempt: self.attempt + 1,
                unseen: self.unseen + 1,
                ..self
            });
        }
        Taken::GiveUp {
            run: self.name(),
            message: format!("{MOST_UNSEEN} names are taken by runs that cannot be seen"),
        }
    }

    /// Whether a name before this one was taken by a run that nobody can see.
    pub fn has_met_unseen(&self) -> bool {
        self.unseen > 0
    }

    /// What others do under a name is no attempt at this request.
    fn pass_over(self) -> Taken {
        let strangers = self.strangers + 1;
        if strangers > MAX_STRANGERS {
            let message = format!("{strangers} names of its attempts are taken by other requests");
            let run = self.name();
            return Taken::GiveUp { run, message };
        }
        Taken::Try(Self {
            attempt: self.attempt + 1,
            strangers,
            ..self
        })
    }

    fn next(self) -> Taken {
        let tried = self.attempt - self.unseen - self.strangers - self.repairs;
        if self.limit == Limit::None || tried < MAX_ATTEMPTS {
            return Taken::Try(Self {
                attempt: self.attempt + 1,
                ..self
            });
        }
        let run = self.name();
        match self.request.giving_up() {
            Some(say) if self.limit == Limit::ThenSay => {
                Taken::Try(Self::new(say, Wish::UntilDone, Limit::ThenFail))
            }
            _ => {
                let message = format!("{tried} attempts did not do it");
                Taken::GiveUp { run, message }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::candidacy;

    fn gate(wish: Wish) -> Wanted {
        Wanted::new(Request::Gate(candidacy()), wish, Limit::ThenSay)
    }

    /// The names that are tried when every one is taken by a dead run of the same request.
    fn names_tried(mut wanted: Wanted) -> (Vec<String>, Taken) {
        let mut names = Vec::new();
        loop {
            names.push(wanted.name().to_string());
            let input = wanted.input();
            match wanted.taken(&input, ExecutionStatus::Died) {
                Taken::Try(next) => wanted = next,
                end => return (names, end),
            }
        }
    }

    #[test]
    fn after_three_dead_runs_the_gate_says_once_that_it_gave_up() {
        let (names, end) = names_tried(gate(Wish::Again));
        let expected = [
            "pr-7-3f2a91c0d1e2-bbbbbbbb-1",
            "pr-7-3f2a91c0d1e2-bbbbbbbb-2",
            "pr-7-3f2a91c0d1e2-bbbbbbbb-3",
            "pr-7-say-3f2a91c0d1e2-1",
            "pr-7-say-3f2a91c0d1e2-2",
            "pr-7-say-3f2a91c0d1e2-3",
        ];
        assert_eq!(names, expected);
        assert!(matches!(end, Taken::GiveUp { .. }), "{end:?}");
        let say = Request::Gate(candidacy())
            .giving_up()
            .expect("it can be said");
        let said = Wanted::new(say, Wish::UntilDone, Limit::ThenFail);
        let input = said.input();
        assert_eq!(
            said.taken(&input, ExecutionStatus::Succeeded),
            Taken::AlreadyThere
        );
    }

    #[test]
    fn tear_down_by_events_ends_among_the_dead_letters_and_by_the_sweep_goes_on() {
        let candidacy = candidacy();
        let close = Request::Close {
            repository: candidacy.repository,
            pull_request: candidacy.pull_request,
        };
        let limit = Limit::of(&close);
        let (names, end) = names_tried(Wanted::new(close.clone(), Wish::Again, limit));
        assert_eq!(names, ["pr-7-close-1", "pr-7-close-2", "pr-7-close-3"]);
        assert!(matches!(end, Taken::GiveUp { .. }), "{end:?}");
        let mut wanted = Wanted::new(close, Wish::Again, Limit::None);
        for _ in 0..10 {
            let input = wanted.input();
            let Taken::Try(next) = wanted.taken(&input, ExecutionStatus::Died) else {
                panic!("the sweep goes on")
            };
            wanted = next;
        }
    }

    #[test]
    fn names_that_others_took_are_no_attempts_and_keep_nobody_from_theirs() {
        let mut wanted = gate(Wish::Again);
        for _ in 0..MAX_STRANGERS {
            let Taken::Try(next) = wanted.taken("{}", ExecutionStatus::Succeeded) else {
                panic!("the next attempt expected")
            };
            wanted = next;
        }
        assert_eq!(wanted.name().as_str(), "pr-7-3f2a91c0d1e2-bbbbbbbb-51");
        let one_more = wanted.clone().taken("{}", ExecutionStatus::Succeeded);
        assert!(matches!(one_more, Taken::GiveUp { .. }), "{one_more:?}");
        let (names, _) = names_tried(wanted);
        assert_eq!(
            names[..3],
            ["51", "52", "53"].map(|last| format!("pr-7-3f2a91c0d1e2-bbbbbbbb-{last}"))
        );
        assert_eq!(names[3], "pr-7-say-3f2a91c0d1e2-1");
    }

    #[test]
    fn runs_that_ended_well_are_no_attempts_and_yet_not_without_end() {
        let mut wanted = gate(Wish::Again);
        let mut repaired = 0;
        while !matches!(wanted.request(), Request::Say { .. }) {
            if repaired == MAX_REPAIRS / 2 {
                let (names, _) = names_tried(wanted.clone());
                let gates = names.iter().filter(|name| !name.contains("say"));
                assert_eq!(gates.count(), 3, "{names:?}");
            }
            let input = wanted.input();
            let Taken::Try(next) = wanted.taken(&input, ExecutionStatus::Succeeded) else {
                panic!("a further run expected")
            };
            wanted = next;
            repaired += 1;
        }
        assert_eq!(repaired, MAX_REPAIRS + MAX_ATTEMPTS);
    }

    #[test]
    fn a_name_that_another_request_has_taken_is_passed_over() {
        let Taken::Try(next) = gate(Wish::Once).taken("{}", ExecutionStatus::Running) else {
            panic!("the next attempt expected")
        };
        assert_eq!(next.name().as_str(), "pr-7-3f2a91c0d1e2-bbbbbbbb-2");
    }

    #[test]
    fn names_that_runs_of_a_deleted_state_machine_have_taken_are_no_attempts() {
        let mut wanted = gate(Wish::Again);
        for _ in 0..3 {
            let Taken::Try(next) = wanted.taken_unseen() else {
                panic!("the next number expected")
            };
            wanted = next;
        }
        assert!(wanted.has_met_unseen());
        let (names, end) = names_tried(wanted);
        let expected = [
            "pr-7-3f2a91c0d1e2-bbbbbbbb-4",
            "pr-7-3f2a91c0d1e2-bbbbbbbb-5",
            "pr-7-3f2a91c0d1e2-bbbbbbbb-6",
            "pr-7-say-3f2a91c0d1e2-1",
            "pr-7-say-3f2a91c0d1e2-2",
            "pr-7-say-3f2a91c0d1e2-3",
        ];
        assert_eq!(names, expected);
        assert!(matches!(end, Taken::GiveUp { .. }), "{end:?}");
    }

    #[test]
    fn refuses_to_look_for_a_free_name_without_end() {
        let mut taken = gate(Wish::Once).taken_unseen();
        let mut passed_over = 1;
        while let Taken::Try(next) = taken {
            taken = next.taken_unseen();
            passed_over += 1;
        }
        assert_eq!(passed_over, MOST_UNSEEN + 1);
    }

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
            (Existing::OtherInput, UntilDone, AttemptStep::TryNext),
            (
                Existing::SameInput(Running),
                UntilDone,
                AttemptStep::AlreadyThere,
            ),
            (
                Existing::SameInput(Succeeded),
                UntilDone,
                AttemptStep::AlreadyThere,
            ),
            (Existing::SameInput(Died), UntilDone, AttemptStep::TryNext),
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

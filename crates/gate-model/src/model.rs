//! The model as stateright explores it, and what must hold in every state.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use gate_core::verdict::VerdictKind;
use stateright::{Model, Property};

use crate::{
    actions::{Action, label},
    bound::{Budget, SWEEPS},
    conversation::{Author, COMMENTS, Wish},
    world::{Comment, Request, Status, Truth, World},
};

/// The gate and everything around it, within a bound.
#[derive(Debug)]
pub struct Gate {
    budget: Budget,
    fired: Mutex<BTreeMap<&'static str, u64>>,
}

impl Gate {
    /// Within this bound.
    pub fn within(budget: Budget) -> Self {
        Self {
            budget,
            fired: Mutex::default(),
        }
    }

    /// How often each action fired.
    pub fn fired(&self) -> BTreeMap<&'static str, u64> {
        let fired = self.fired.lock().unwrap_or_else(PoisonError::into_inner);
        fired.clone()
    }
}

impl Model for Gate {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World::opened(self.budget)]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        world.possible(actions);
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut fired = self.fired.lock().unwrap_or_else(PoisonError::into_inner);
        *fired.entry(label(&action)).or_default() += 1;
        drop(fired);
        Some(world.after(action))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        PROPERTIES
            .iter()
            .map(|(name, condition)| Property::always(name, *condition))
            .collect()
    }
}

type Condition = fn(&Gate, &World) -> bool;

/// What always holds. Liveness is asked of every state in which a sweep of the quiet system found nothing to do.
const PROPERTIES: [(&str, Condition); 22] = [
    (
        "I1: only the revision of a green candidate is approved",
        |_, world| !world.broken.untested,
    ),
    ("I2: a build of another commit never counts", |_, world| {
        !world.broken.wrong_commit
    }),
    ("I3: missing is not passed", |_, world| {
        !world.broken.missing
    }),
    ("I5: no build is started twice", |_, world| {
        !world.broken.built_twice
    }),
    ("what was tested is never called different", |_, world| {
        !world.broken.false_alarm
    }),
    (
        "no command of a stranger or for another revision is accepted",
        |_, world| !world.broken.obeyed,
    ),
    ("a refused command disturbs no run", |_, world| {
        !world.broken.disturbed
    }),
    ("tests are skipped only by leave", |_, world| {
        !world.broken.without_leave
    }),
    (
        "an answered hold leaves no approval, unless it is interrupted",
        |_, world| !world.broken.not_withdrawn,
    ),
    (
        "a stop ends the builds, unless something fails",
        |_, world| !world.broken.not_stopped,
    ),
    (
        "a hold or stop needs no sweep, unless something fails",
        |_, world| {
            let at_rest = world.is_quiet() && world.live.open && world.is_spoken_for();
            !(at_rest
                && !world.faulted
                && world.approves_live()
                && (world.is_held() || world.is_stopped() && !raced(world)))
        },
    ),
    ("every command that was heard is answered", |_, world| {
        !world.settled || all_answered(world)
    }),
    ("every retry has a build", |_, world| {
        !settled_open(world) || retries_were_built(world)
    }),
    ("the gate comes to rest", |_, world| {
        let sweeps_are_over = world.quiet_sweeps == SWEEPS && world.is_quiet();
        !world.broken.too_many_runs && (!sweeps_are_over || world.settled)
    }),
    ("every open pull request has its verdict", |_, world| {
        !settled_open(world) || has_verdict(world)
    }),
    (
        "the gate gives up only where something fails",
        |_, world| !settled_open(world) || world.faulted || !gave_up(world),
    ),
    ("every approval equals the recorded verdict", |_, world| {
        !settled_open(world) || approval_is_recorded(world)
    }),
    ("the verdict is the truth", |_, world| {
        !settled_open(world) || is_true(world)
    }),
    (
        "with retest every verdict and approval is about the tip",
        |gate, world| {
            !gate.budget.rules.merge().retests() || !settled_open(world) || is_about_the_tip(world)
        },
    ),
    ("the comment says the verdict", |_, world| {
        !settled_open(world) || says_verdict(world)
    }),
    (
        "people alone never leave a comment saying that builds run",
        |gate, world| {
            let (all, left) = (gate.budget, world.budget);
            let people_alone = left.faults == all.faults && left.switches == all.switches;
            !(world.settled && people_alone && world.comments.contains(&Comment::Running))
        },
    ),
    (
        "I6: nothing is left of a closed pull request",
        |_, world| !world.settled || world.live.open || is_gone(world),
    ),
];

/// Of three runs at once the oldest may take the claim down for a moment in which a stop is answered: left to the sweep.
fn raced(world: &World) -> bool {
    world.interrupted && world.live.revision > 1
}

fn settled_open(world: &World) -> bool {
    world.settled && world.live.open
}

/// The gate said that it gave up on the live revision.
fn gave_up(world: &World) -> bool {
    let said = world.runs.iter().any(|run| {
        run.status == Status::Succeeded
            && matches!(run.request, Request::Say(commit, _) if commit.revision == world.live.revision)
    });
    said && world.live_comment() == Comment::GaveUp && !world.approves_live()
}

fn has_verdict(world: &World) -> bool {
    let record = world
        .record
        .filter(|record| record.revision == world.live.revision && record.verdict.is_some());
    record.is_some() || gave_up(world)
}

fn approval_is_recorded(world: &World) -> bool {
    gave_up(world)
        || world.record.is_some_and(|record| {
            let deserved = record.verdict == Some(VerdictKind::Approve);
            record.given == world.approves_live() && record.given == deserved
        })
}

fn is_true(world: &World) -> bool {
    let Some(record) = world.record.filter(|_| !gave_up(world)) else {
        return true;
    };
    let truth = record.tested.map(|commit| world.truth(commit));
    let held = world.is_held();
    match record.verdict {
        Some(VerdictKind::Approve) => {
            truth.is_some_and(Truth::passes) && !held && !world.is_stopped()
        }
        Some(VerdictKind::Reject) => truth == Some(Truth::Red) || world.unlucky,
        Some(VerdictKind::Hold) => {
            let passed = truth.is_some_and(Truth::passes);
            world.is_stopped() || world.waits_for_leave() || held && passed
        }
        _ => true,
    }
}

/// Every comment whose event came has its reply, and no hold of a member went unrecorded.
fn all_answered(world: &World) -> bool {
    let comments = (0..).zip(&world.asked).zip(world.accepted);
    comments
        .filter(|((comment, _), _)| world.unheard & 1 << comment == 0)
        .all(|((comment, asked), recorded)| {
            let holds = asked.wish == Wish::Hold && asked.by == Author::Member;
            let heard = !holds || recorded > 0 || !world.live.open;
            heard && world.replied & 1 << comment != 0
        })
}

/// Since a retry something was built, unless a flag or a stop keeps it from that.
fn retries_were_built(world: &World) -> bool {
    let built = |before: u8| world.builds.len() > usize::from(before);
    gave_up(world) || world.is_stopped() || world.waits_for_leave() || world.retries().all(built)
}

fn is_about_the_tip(world: &World) -> bool {
    let tested = world.record.and_then(|record| record.tested);
    gave_up(world) || tested.is_none_or(|tested| tested.tip == world.tip)
}

fn says_verdict(world: &World) -> bool {
    let verdict = world.record.and_then(|record| record.verdict);
    verdict.is_some_and(|verdict| world.live_comment() == Comment::Finished(verdict))
        || gave_up(world)
}

fn is_gone(world: &World) -> bool {
    let parameters = world.claim.is_some() || world.environment || world.record.is_some();
    let commands = world.accepted != [0; COMMENTS];
    !(parameters || commands || world.project || world.report_groups || world.branches != 0)
}

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
    world::{Comment, Request, Status, Title, Truth, World},
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
const PROPERTIES: [(&str, Condition); 13] = [
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
    ("the gate comes to rest", |_, world| {
        let sweeps_are_over = world.quiet_sweeps == SWEEPS && world.is_quiet();
        !world.broken.too_many_runs && (!sweeps_are_over || world.settled)
    }),
    ("every open pull request has its verdict", |_, world| {
        !settled_open(world) || has_verdict(world)
    }),
    ("every approval equals the recorded verdict", |_, world| {
        !settled_open(world) || approval_is_recorded(world)
    }),
    ("the verdict is the truth", |_, world| {
        !settled_open(world) || is_true(world)
    }),
    (
        "with retest every verdict and approval is about the tip",
        |gate, world| !gate.budget.retest || !settled_open(world) || is_about_the_tip(world),
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

fn settled_open(world: &World) -> bool {
    world.settled && world.live.open
}

/// The gate said that it gave up on the live revision.
fn gave_up(world: &World) -> bool {
    let said = world.runs.iter().any(|run| {
        run.status == Status::Succeeded
            && matches!(run.request, Request::Say(commit) if commit.revision == world.live.revision)
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
    match record.verdict {
        Some(VerdictKind::Approve) => truth == Some(Truth::Green),
        Some(VerdictKind::Reject) => truth == Some(Truth::Red) || world.unlucky,
        Some(VerdictKind::Hold) => world.live.title == Title::SkipCi,
        _ => true,
    }
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
    !(parameters || world.project || world.report_groups || world.branches != 0)
}

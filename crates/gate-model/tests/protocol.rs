//! The model check itself.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::{collections::BTreeMap, fmt::Write as _, io::Write as _, sync::Mutex, time::Instant};

use gate_model::{actions::Action, bound::Budget, model::Gate, world::World};
use stateright::{Checker as _, HasDiscoveries, Model as _, Path};

const THREADS: usize = 2;

/// What the bound of continuous integration contains at least.
const STATES: usize = 1_000_000;

#[derive(Default)]
struct Figures {
    states: usize,
    fired: BTreeMap<&'static str, u64>,
    broken: String,
}

/// The steps of a trace, each with the call it makes, and where they lead.
fn show(path: Path<World, Action>) -> String {
    let mut text = String::new();
    for (world, action) in path.into_vec() {
        let Some(action) = action else {
            writeln!(text, "  {world:?}").unwrap();
            continue;
        };
        let call = match action {
            Action::Step(actor) => world.next_call(actor),
            _ => None,
        };
        let call = call.map_or_else(String::new, |call| format!(" {call:?}"));
        writeln!(text, "  {action:?}{call}").unwrap();
    }
    text
}

fn explore(budget: Budget, figures: &mut Figures) {
    let start = Instant::now();
    let checker = Gate::within(budget)
        .checker()
        .threads(THREADS)
        .finish_when(HasDiscoveries::AnyFailures)
        .spawn_bfs()
        .join();
    say(&format!(
        "{budget:?}\n{} distinct states, {} reached, at most {} steps deep, in {:.0} s\n",
        checker.unique_state_count(),
        checker.state_count(),
        checker.max_depth(),
        start.elapsed().as_secs_f64(),
    ));
    figures.states += checker.unique_state_count();
    for (action, times) in checker.model().fired() {
        *figures.fired.entry(action).or_default() += times;
    }
    for (property, path) in checker.discoveries() {
        write!(figures.broken, "BROKEN: {property}\n{}", show(path)).unwrap();
    }
}

/// Past the capture of the test harness: the figures are for every reader of the log.
fn say(text: &str) {
    std::io::stderr().write_all(text.as_bytes()).unwrap();
}

/// Explores these bounds, in which each of these actions has to happen.
fn holds(budgets: &[Budget], labels: &[&str]) -> usize {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _alone = ONE_AT_A_TIME.lock();
    let mut figures = Figures::default();
    for budget in budgets {
        explore(*budget, &mut figures);
        assert!(figures.broken.is_empty(), "{}", figures.broken);
    }
    for (action, times) in &figures.fired {
        say(&format!("{times:>12}  {action}\n"));
    }
    let never = labels
        .iter()
        .filter(|label| !figures.fired.contains_key(**label));
    assert_eq!(
        never.collect::<Vec<_>>(),
        Vec::<&&str>::new(),
        "these never fired"
    );
    figures.states
}

#[test]
fn the_protocol_holds_every_property_within_the_bound() {
    let mut budgets = Budget::DEFAULT.to_vec();
    if std::env::var_os("MERGEGATE_LONG").is_some() {
        budgets.extend(Budget::LONG);
    }
    let states = holds(&budgets, &Action::LABELS);
    assert!(states >= STATES, "{states} states");
}

#[test]
fn the_protocol_holds_whatever_runs_people_start() {
    holds(&Budget::STRANGERS, &Action::LABELS_OF_STRANGERS);
}

#[test]
fn the_protocol_holds_while_two_sweeps_are_at_work() {
    holds(&Budget::SWEEPS, &Action::LABELS_OF_SWEEPS);
}

#[test]
fn the_protocol_holds_whatever_comments_people_delete() {
    holds(&Budget::DELETIONS, &Action::LABELS_OF_DELETIONS);
}

#[test]
fn the_conversation_holds_every_property_within_its_bound() {
    holds(&Budget::TALK, &Action::LABELS_OF_COMMENTS);
}

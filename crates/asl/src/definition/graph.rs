//! The flow between states: every name exists, every state is reached, and the machine can end.
//!
//! It works on the JSON itself, so that a state with a fault of its own does not make others look unreachable.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::fault::{Faults, Place};

pub(super) fn check(start_at: Option<&str>, states: Option<&Value>, faults: &Faults) {
    let Some(states) = states
        .and_then(Value::as_object)
        .filter(|states| !states.is_empty())
    else {
        return;
    };
    let place = Place::root().child("States");
    check_targets(states, &place, faults);
    match start_at {
        Some(start_at) if states.contains_key(start_at) => {
            let reached = reached(start_at, states);
            for name in states
                .keys()
                .filter(|name| !reached.contains(name.as_str()))
            {
                faults.add(&place.child(name), format!("no state leads to `{name}`"));
            }
        }
        Some(start_at) => {
            let message = format!("`StartAt` names `{start_at}`, which is not a state");
            faults.add(&Place::root().child("StartAt"), message);
        }
        None => {}
    }
    if !states.values().any(ends) {
        faults.add(
            &place,
            "no state ends the machine: one needs `End`, or the type Succeed or Fail",
        );
    }
}

fn check_targets(states: &Map<String, Value>, place: &Place, faults: &Faults) {
    for (name, state) in states {
        for (next, place) in targets(state, &place.child(name)) {
            if !states.contains_key(next) {
                faults.add(&place, format!("`{next}` is not a state"));
            }
        }
    }
}

/// A state that leads nowhere either ends the machine or has a fault of its own.
fn ends(state: &Value) -> bool {
    state.get("End") == Some(&Value::Bool(true)) || targets(state, &Place::root()).is_empty()
}

fn reached<'a>(start_at: &'a str, states: &'a Map<String, Value>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::from([start_at]);
    let mut pending = vec![start_at];
    while let Some(name) = pending.pop() {
        let Some(state) = states.get(name) else {
            continue;
        };
        for (next, _) in targets(state, &Place::root()) {
            if reached.insert(next) {
                pending.push(next);
            }
        }
    }
    reached
}

/// Every state that `state` names, with the place where it does.
fn targets<'a>(state: &'a Value, place: &Place) -> Vec<(&'a str, Place)> {
    let direct = ["Next", "Default"].map(|field| (state.get(field), place.child(field)));
    let listed = ["Choices", "Catch"].into_iter().flat_map(|field| {
        let entries = state
            .get(field)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .enumerate();
        let place = place.child(field);
        entries.map(move |(index, entry)| (entry.get("Next"), place.item(index).child("Next")))
    });
    direct
        .into_iter()
        .chain(listed)
        .filter_map(|(next, place)| Some((next?.as_str()?, place)))
        .collect()
}

//! Upgrades under running executions: what the functions of an earlier release wrote, those of this one read.
//!
//! `tests/fixtures/state/v<n>` holds what every step was handed by the first release with that version of the state, and
//! `tests/fixtures/records/v<n>` what stood in Parameter Store. From its release on a fixture is never changed.

use std::{collections::BTreeSet, path::PathBuf};

use gate_core::{
    conversation::CommandRecord,
    protocol::{
        Claim, Durations, EnvironmentRecord, Invocation, Key, ResultRecord, STATE_VERSION, State,
    },
    settings::RepositorySettings,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use mergegate_tests::tools;

use crate::flow::{steps, word};

fn folder(kind: &str, version: u32) -> PathBuf {
    tools::root().join(format!("tests/fixtures/{kind}/v{version}"))
}

/// The fixtures of a folder: name and content.
fn fixtures(kind: &str, version: u32) -> Vec<(String, Value)> {
    let folder = folder(kind, version);
    let entries = std::fs::read_dir(&folder);
    let entries = entries.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a fixture");
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        (name, serde_json::from_str(&text).expect("JSON"))
    };
    entries
        .map(|entry| read(entry.expect("an entry").path()))
        .collect()
}

/// Whether everything in `before` is in `after`, which may have more.
fn keeps(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => before
            .iter()
            .all(|(key, value)| after.get(key).is_some_and(|after| keeps(value, after))),
        (Value::Array(before), Value::Array(after)) => {
            before.len() == after.len()
                && before
                    .iter()
                    .zip(after)
                    .all(|(before, after)| keeps(before, after))
        }
        (before, after) => before == after || *before == Value::Array(Vec::new()),
    }
}

#[test]
fn the_state_of_this_release_and_of_the_one_before_is_read_at_every_step() {
    let oldest = STATE_VERSION.saturating_sub(1).max(1);
    for version in oldest..=STATE_VERSION {
        let mut known = BTreeSet::new();
        for (name, payload) in fixtures("state", version) {
            let invocation = Invocation::parse(payload.clone());
            let invocation =
                invocation.unwrap_or_else(|error| panic!("v{version}/{name}: {error}"));
            let step = serde_json::json!(invocation.step);
            assert_eq!(step, name.as_str(), "the file is named by its step");
            let again = serde_json::json!(invocation);
            assert!(
                keeps(&payload, &again),
                "v{version}/{name} loses something: {again}"
            );
            known.insert(name);
        }
        let all: BTreeSet<String> = steps().into_iter().map(word).collect();
        assert_eq!(known, all, "v{version} has every step");
    }
}

#[test]
fn of_a_run_that_a_release_without_seals_began_what_it_was_asked_is_believed_and_no_more() {
    let key = Key::new(&"k".repeat(32)).expect("a key");
    let mut believed = BTreeSet::new();
    for (name, payload) in fixtures("state", 1) {
        match Invocation::open(payload.clone(), &key) {
            Ok(_) => drop(believed.insert(name)),
            // The run fails, the pull request says so, and the next attempt begins anew.
            Err(error) => {
                assert_eq!(error.word(), "BrokenSeal", "{name}");
                assert!(!error.is_transient());
                let asked = Invocation::parse(payload).expect("an invocation");
                let left = State {
                    failure: asked.state.failure.clone(),
                    ..State::of(asked.state.request.clone())
                };
                assert_eq!(asked.with_request_alone().state, left, "{name}");
            }
        }
    }
    let inputs = ["answer", "prepare", "say"].map(str::to_owned);
    assert_eq!(believed, BTreeSet::from(inputs));
}

#[test]
fn what_an_earlier_release_left_in_parameter_store_is_read() {
    fn reads<T: DeserializeOwned + Serialize>(name: &str, fixture: &Value) {
        let read: Result<T, _> = serde_json::from_value(fixture.clone());
        let read = read.unwrap_or_else(|error| panic!("{name}: {error}"));
        let again = serde_json::json!(read);
        assert!(keeps(fixture, &again), "{name} loses something: {again}");
    }
    let records = fixtures("records", 1);
    assert_eq!(records.len(), 6);
    for (name, fixture) in records {
        match name.as_str() {
            "command" => reads::<CommandRecord>(&name, &fixture),
            "claim" => reads::<Claim>(&name, &fixture),
            "environment" => reads::<EnvironmentRecord>(&name, &fixture),
            "result" => reads::<ResultRecord>(&name, &fixture),
            "durations" => reads::<Durations>(&name, &fixture),
            "settings" => reads::<RepositorySettings>(&name, &fixture),
            other => panic!("who reads `{other}`?"),
        }
    }
}

//! What stands in `version`, `phases` and `env`, as far as CodeBuild refuses a build for it (user guide, build-spec-ref): rules that are let through
//! can be built.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::Value;
use serde_saphyr::Spanned;

use crate::text::quoted;

const PHASES: [&str; 4] = ["install", "pre_build", "build", "post_build"];
/// The first two on Linux, the others on Windows.
const SHELLS: [&str; 4] = ["bash", "/bin/sh", "powershell.exe", "cmd.exe"];
/// `RETRY` may be followed by a count and a regular expression.
const ON_FAILURE: [&str; 3] = ["ABORT", "CONTINUE", "RETRY"];

/// The part of a buildspec that is looked at here.
#[derive(Deserialize)]
pub(super) struct Sections {
    #[serde(default)]
    version: Option<Value>,
    #[serde(default)]
    phases: Option<Map<Option<Phase>>>,
    #[serde(default)]
    env: Option<Env>,
}

#[derive(Deserialize)]
struct Phase {
    #[serde(default)]
    commands: Option<Vec<String>>,
    #[serde(default, rename = "on-failure")]
    on_failure: Option<Spanned<Value>>,
}

#[derive(Deserialize)]
struct Env {
    #[serde(default)]
    shell: Option<Spanned<Value>>,
    #[serde(default)]
    variables: Option<Spanned<Value>>,
}

/// What is wrong, and at which place; no place where it is something that is missing.
pub(super) type Found = (Option<serde_saphyr::Location>, String);

impl Sections {
    pub(super) fn faults(&self) -> Vec<Found> {
        let mut faults: Vec<Found> = Vec::new();
        faults.extend(self.version_fault().map(|words| (None, words)));
        let phases = self.phases.iter().flat_map(|phases| &phases.0);
        let mut has_command = false;
        for (name, phase) in phases {
            if !PHASES.contains(&name.value.as_str()) {
                let words = format!(
                    "`{}` is no phase; known are {}",
                    shown(&name.value),
                    quoted(&PHASES)
                );
                faults.push((Some(name.referenced), words));
                continue;
            }
            let phase = phase.as_ref();
            has_command |= phase.is_some_and(|phase| {
                let commands = phase.commands.iter().flatten();
                commands.count() > 0
            });
            faults.extend(phase.and_then(Phase::on_failure_fault));
        }
        if !has_command {
            faults.push((None, "it has no command in any of its `phases`".to_owned()));
        }
        faults.extend(self.env.iter().flat_map(Env::faults));
        faults
    }
}

impl Sections {
    fn version_fault(&self) -> Option<String> {
        let version = self.version.as_ref().map(text);
        match version.as_deref() {
            Some("0.2") => None,
            Some(other) => Some(format!(
                "it says `version: {}`, write `version: 0.2`",
                shown(other)
            )),
            None => Some("it has no `version`, write `version: 0.2`".to_owned()),
        }
    }
}

impl Phase {
    fn on_failure_fault(&self) -> Option<Found> {
        let value = self.on_failure.as_ref()?;
        let word = text(&value.value);
        let known = ON_FAILURE.contains(&word.as_str()) || word.starts_with("RETRY-");
        (!known).then(|| {
            let words = format!(
                "`on-failure: {}` is nothing that CodeBuild does; known are {}",
                shown(&word),
                quoted(&ON_FAILURE)
            );
            (Some(value.referenced), words)
        })
    }
}

impl Env {
    fn faults(&self) -> Vec<Found> {
        let mut faults = Vec::new();
        if let Some(shell) = &self.shell {
            let word = text(&shell.value);
            if !SHELLS.contains(&word.as_str()) {
                let words = format!(
                    "`shell: {}` is none that CodeBuild has; known are {}",
                    shown(&word),
                    quoted(&SHELLS)
                );
                faults.push((Some(shell.referenced), words));
            }
        }
        if let Some(variables) = &self.variables
            && !matches!(variables.value, Value::Object(_) | Value::Null)
        {
            let words = "`variables` must be names, each with its value".to_owned();
            faults.push((Some(variables.referenced), words));
        }
        faults
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

/// A map in the order of the text, its keys with their places.
struct Map<V>(Vec<(Spanned<String>, V)>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Map<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<V>(PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for Entries<V> {
            type Value = Map<V>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a map")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Map<V>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Map(entries))
            }
        }
        deserializer.deserialize_map(Entries(PhantomData))
    }
}

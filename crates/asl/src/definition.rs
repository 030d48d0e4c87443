//! A state machine's definition: parsed once into types that cannot express what this interpreter does not do.

mod graph;
mod states;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::document;
use crate::fault::{DefinitionError, Fault, Faults, Place};
use crate::fields::{Fields, LONGEST_SECONDS};
use crate::recovery;
pub(crate) use states::{Fail, Kind, Pass, Placement, Selection, State, Task, Text, Wait};

/// A parsed and validated definition.
#[derive(Debug, Clone, PartialEq)]
pub struct StateMachine {
    pub(crate) start_at: String,
    pub(crate) timeout_seconds: Option<u32>,
    pub(crate) states: BTreeMap<String, State>,
    pub(crate) all_takes_large_results: bool,
}

impl StateMachine {
    /// Parses a definition in JSON; all faults are said at once.
    pub fn parse(definition: &str) -> Result<Self, DefinitionError> {
        let faults = Faults::default();
        let value = document::read(definition, &faults)
            .map_err(|error| refused(format!("the definition is not JSON: {error}")))?;
        let machine = Self::read(&value, &faults);
        faults.into_result()?;
        machine.ok_or_else(|| refused("the definition is incomplete".to_owned()))
    }

    fn read(value: &Value, faults: &Faults) -> Option<Self> {
        let mut fields = Fields::new("a state machine", value, Place::root(), faults)?;
        if let Some(version) = fields.text("Version")
            && version != "1.0"
        {
            fields.fault(
                "Version",
                format!("version `{version}` of the language is not supported, only `1.0`"),
            );
        }
        states::check_query_language(&mut fields);
        let timeout_seconds = fields.integer("TimeoutSeconds", &(1..=LONGEST_SECONDS));
        let start_at = fields.required_text("StartAt").map(str::to_owned);
        let states = fields
            .required("States")
            .and_then(|value| states::parse_all(value, &fields.place.child("States"), faults));
        fields.finish();
        graph::check(start_at.as_deref(), value.get("States"), faults);
        Some(Self {
            start_at: start_at?,
            timeout_seconds,
            states: states?,
            all_takes_large_results: true,
        })
    }

    /// The same machine, with what `States.ALL` and `States.TaskFailed` do about a task's result over the limit on data: an
    /// execution recorded on AWS shows them taking it, which is the default; AWS's guide says that only
    /// `States.DataLimitExceeded` does.
    #[must_use]
    pub fn with_all_taking_large_results(mut self, takes: bool) -> Self {
        self.all_takes_large_results = takes;
        self
    }

    /// The names of all states.
    pub fn state_names(&self) -> impl Iterator<Item = &str> {
        self.states.keys().map(String::as_str)
    }

    /// Every word that some `ErrorEquals` holds.
    pub fn error_words(&self) -> BTreeSet<&str> {
        let tasks = self.states.values().filter_map(|state| match &state.kind {
            Kind::Task(task) => Some(task),
            _ => None,
        });
        tasks
            .flat_map(|task| recovery::error_words(&task.retriers, &task.catchers))
            .collect()
    }
}

/// A fault of the whole document.
fn refused(message: String) -> DefinitionError {
    DefinitionError {
        faults: vec![Fault {
            place: String::new(),
            message,
        }],
    }
}

//! The history of an execution, member for member as GetExecutionHistory gives it, and its limit of 25,000 events.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::failure::Failure;

/// An execution that would need more events fails; only an event that ends it may be the last one.
pub const HISTORY_LIMIT_EVENTS: u64 = 25_000;

/// One event of an execution's history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEvent {
    /// Counts from 1.
    pub id: u64,
    /// The event that led to this one; 0 for the first event, the first state and a stop from outside.
    pub previous_event_id: u64,
    /// Written as seconds since the epoch, with milliseconds.
    #[serde(
        serialize_with = "to_epoch_seconds",
        deserialize_with = "from_epoch_seconds"
    )]
    pub timestamp: Timestamp,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: EventKind,
    /// The one details object of this kind of event.
    #[serde(flatten)]
    pub details: EventDetails,
}

/// AWS's event types, as far as this interpreter writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "AWS's own words")]
pub enum EventKind {
    ExecutionStarted,
    ExecutionSucceeded,
    ExecutionFailed,
    ExecutionTimedOut,
    ExecutionAborted,
    TaskStateEntered,
    TaskScheduled,
    TaskStarted,
    TaskSucceeded,
    TaskFailed,
    TaskTimedOut,
    TaskStateExited,
    ChoiceStateEntered,
    ChoiceStateExited,
    WaitStateEntered,
    WaitStateExited,
    PassStateEntered,
    PassStateExited,
    SucceedStateEntered,
    SucceedStateExited,
    FailStateEntered,
}

/// The details of an event; each variant is written under its own member name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "AWS's own words")]
pub enum EventDetails {
    #[serde(rename = "executionStartedEventDetails")]
    ExecutionStarted(ExecutionStarted),
    #[serde(rename = "executionSucceededEventDetails")]
    ExecutionSucceeded(Succeeded),
    #[serde(rename = "executionFailedEventDetails")]
    ExecutionFailed(Outcome),
    #[serde(rename = "executionTimedOutEventDetails")]
    ExecutionTimedOut(Outcome),
    #[serde(rename = "executionAbortedEventDetails")]
    ExecutionAborted(Outcome),
    #[serde(rename = "stateEnteredEventDetails")]
    StateEntered(StateEntered),
    #[serde(rename = "stateExitedEventDetails")]
    StateExited(StateExited),
    #[serde(rename = "taskScheduledEventDetails")]
    TaskScheduled(TaskScheduled),
    #[serde(rename = "taskStartedEventDetails")]
    TaskStarted(TaskStarted),
    #[serde(rename = "taskSucceededEventDetails")]
    TaskSucceeded(TaskSucceeded),
    #[serde(rename = "taskFailedEventDetails")]
    TaskFailed(TaskEnded),
    #[serde(rename = "taskTimedOutEventDetails")]
    TaskTimedOut(TaskEnded),
}

/// Whether data was cut in the history; nothing is ever cut here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataDetails {
    /// Always false.
    pub truncated: bool,
}

/// Details of `ExecutionStarted`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "AWS's own words")]
pub struct ExecutionStarted {
    pub input: String,
    pub input_details: DataDetails,
    pub role_arn: String,
}

/// Details of `ExecutionSucceeded`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "AWS's own words")]
pub struct Succeeded {
    pub output: String,
    pub output_details: DataDetails,
}

/// Details of `ExecutionFailed`, `ExecutionTimedOut` and `ExecutionAborted`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "AWS's own words")]
pub struct Outcome {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

/// Details of every `…StateEntered`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "AWS's own words")]
pub struct StateEntered {
    pub name: String,
    pub input: String,
    pub input_details: DataDetails,
}

/// Details of every `…StateExited`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "AWS's own words")]
pub struct StateExited {
    pub name: String,
    pub output: String,
    pub output_details: DataDetails,
}

/// Details of `TaskScheduled`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "AWS's own words")]
pub struct TaskScheduled {
    pub resource_type: String,
    pub resource: String,
    pub region: String,
    pub parameters: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_in_seconds: Option<u32>,
}

/// Details of `TaskStarted`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "AWS's own words")]
pub struct TaskStarted {
    pub resource_type: String,
    pub resource: String,
}

/// Details of `TaskSucceeded`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "AWS's own words")]
pub struct TaskSucceeded {
    pub resource_type: String,
    pub resource: String,
    pub output: String,
    pub output_details: DataDetails,
}

/// Details of `TaskFailed` and `TaskTimedOut`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "AWS's own words")]
pub struct TaskEnded {
    pub resource_type: String,
    pub resource: String,
    pub error: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

/// Events not yet drained, and how many there were in all.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct History {
    count: u64,
    pending: Vec<HistoryEvent>,
}

impl History {
    /// Adds an event after which the execution goes on; its id, or the failure that ends a history at its limit.
    pub(crate) fn add(
        &mut self,
        now: Timestamp,
        kind: EventKind,
        details: EventDetails,
    ) -> Result<u64, Failure> {
        if self.count + 1 >= HISTORY_LIMIT_EVENTS {
            return Err(Failure::runtime(format!(
                "The execution reached the maximum number of history events ({HISTORY_LIMIT_EVENTS})."
            )));
        }
        Ok(self.append(now, kind, details))
    }

    /// Adds an event unconditionally: the first one, or the one that ends the execution, which always has room.
    pub(crate) fn append(&mut self, now: Timestamp, kind: EventKind, details: EventDetails) -> u64 {
        self.count += 1;
        // Whoever stops an execution from outside does not follow from any event.
        let leads_on = self.count > 2 && kind != EventKind::ExecutionAborted;
        let previous_event_id = if leads_on { self.count - 1 } else { 0 };
        // What is finer than a millisecond would be lost in writing, and a resumed history would differ.
        let timestamp = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
        self.pending.push(HistoryEvent {
            id: self.count,
            previous_event_id,
            timestamp,
            kind,
            details,
        });
        self.count
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn drain(&mut self) -> Vec<HistoryEvent> {
        std::mem::take(&mut self.pending)
    }
}

impl StateEntered {
    pub(crate) fn new(name: &str, input: &Value) -> Self {
        Self {
            name: name.to_owned(),
            input: input.to_string(),
            input_details: DataDetails::default(),
        }
    }
}

impl StateExited {
    pub(crate) fn new(name: &str, output: &Value) -> Self {
        Self {
            name: name.to_owned(),
            output: output.to_string(),
            output_details: DataDetails::default(),
        }
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "milliseconds of any real date fit the 53 bits"
)]
fn to_epoch_seconds<S: Serializer>(
    timestamp: &Timestamp,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(timestamp.as_millisecond() as f64 / 1000.0)
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "`as` saturates, and out-of-range times are refused"
)]
fn from_epoch_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let seconds = f64::deserialize(deserializer)?;
    Timestamp::from_millisecond((seconds * 1000.0).round() as i64).map_err(serde::de::Error::custom)
}

//! What reads answered a moment ago, for an observer that wants one to be behind.
//!
//! Of CodeCommit, whose reads nobody promises to be consistent: pull requests and branch tips.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde_json::Value;

/// Nothing is read that is older than this.
const MEMORY: Duration = Duration::from_millis(500);
/// Above this many answers the old ones are thrown out.
const MANY: usize = 256;

/// One read, whoever makes it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Read {
    operation: String,
    input: String,
}

impl Read {
    /// The read that a call is; `None` for one that is never behind.
    pub(crate) fn new(operation: &str, input: &Value) -> Option<Self> {
        matches!(operation, "GetPullRequest" | "GetBranch").then(|| Self {
            operation: operation.to_owned(),
            input: input.to_string(),
        })
    }
}

/// The last answers, and when they were true.
#[derive(Default)]
pub(crate) struct Answers(Mutex<HashMap<Read, (Instant, Value)>>);

impl Answers {
    /// Keeps an answer that is true now.
    pub(crate) fn keep(&self, read: Read, answer: &Value) {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= MANY {
            answers.retain(|_, (since, _)| since.elapsed() < MEMORY);
        }
        answers.insert(read, (Instant::now(), answer.clone()));
    }

    /// What the read answered a moment ago.
    pub(crate) fn recall(&self, read: &Read) -> Option<Value> {
        let answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, answer) = answers.get(read)?;
        (since.elapsed() < MEMORY).then(|| answer.clone())
    }
}

//! The seal on what passes between the steps of a run.
//!
//! Whoever may invoke a function can hand it any state. What a function has put out bears the seal of the run; what bears none is
//! the request that a run begins with, which every step compares with the live pull request.

use std::{collections::BTreeMap, fmt, fmt::Write as _};

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value};
use sha2::Sha256;

use super::{Execution, Invocation, Request, State, Step};
use crate::error::GateError;

/// The member of the state that holds the seal.
const SEAL: &str = "seal";

/// What the state machine adds to a sealed state on its way to Explain.
const FAILURE: &str = "failure";

/// All that the input of a run holds.
const OF_INPUT: [&str; 2] = ["version", "request"];

/// A secret of fewer characters is no key.
const SHORTEST: usize = 32;

/// The key of a deployment, which only its functions know.
#[derive(Clone)]
pub struct Key(Hmac<Sha256>);

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Key")
    }
}

impl Key {
    /// A secret as a key; `None` if it is too short for one.
    pub fn new(secret: &str) -> Option<Self> {
        if secret.len() < SHORTEST {
            return None;
        }
        let mac = Hmac::new_from_slice(secret.as_bytes());
        mac.ok().map(Self)
    }

    /// 64 hex digits for these parts, which nobody without the key can foretell.
    pub fn token(&self, parts: &[&str]) -> String {
        hex(&self.over("token", parts).finalize().into_bytes())
    }

    fn over(&self, purpose: &str, parts: &[&str]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        for part in [purpose].iter().chain(parts) {
            // With its length before it no part can reach into the next.
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac
    }

    fn over_state(&self, execution: &Execution, state: &Map<String, Value>) -> Hmac<Sha256> {
        let mut text = String::new();
        let sealed = |name: &str| name != SEAL && name != FAILURE;
        write_members(state, sealed, &mut text);
        let Execution { name, start_time } = execution;
        self.over("state", &[name.as_str(), start_time, &text])
    }
}

/// Writes the members in the order of their names: the state machine may hand them on in another one.
fn write_members(members: &Map<String, Value>, keep: impl Fn(&str) -> bool, text: &mut String) {
    let sorted: BTreeMap<&String, &Value> = members.iter().filter(|(name, _)| keep(name)).collect();
    text.push('{');
    for (name, value) in sorted {
        let _ = write!(text, "{}:", Value::String(name.clone()));
        write_value(value, text);
        text.push(',');
    }
    text.push('}');
}

fn write_value(value: &Value, text: &mut String) {
    match value {
        Value::Object(members) => write_members(members, |_| true, text),
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write_value(item, text);
                text.push(',');
            }
            text.push(']');
        }
        plain => {
            let _ = write!(text, "{plain}");
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let pairs = digits.then(|| text.as_bytes().chunks(2))?;
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.map(byte).collect()
}

impl State {
    /// As the state machine takes it from a step of this run, with its seal.
    pub fn sealed(self, execution: &Execution, key: &Key) -> Value {
        let mut output = self.into_output();
        if let Value::Object(members) = &mut output {
            let seal = key.over_state(execution, members).finalize();
            members.insert(SEAL.to_owned(), hex(&seal.into_bytes()).into());
        }
        output
    }
}

impl Invocation {
    /// Reads a payload whose state bears the seal of its run, or is the input that a run begins with.
    pub fn open(payload: Value, key: &Key) -> Result<Self, GateError> {
        let state = payload.get("state").and_then(Value::as_object).cloned();
        let state = state.unwrap_or_default();
        let invocation = Self::parse(payload)?;
        let broken = |message: &str| GateError::BrokenSeal {
            step: format!("{:?}", invocation.step),
            message: message.to_owned(),
        };
        let Some(seal) = state.get(SEAL) else {
            if invocation.begins_a_run(&state) {
                return Ok(invocation);
            }
            return Err(broken(
                "it has none; the run began under an earlier release, or somebody wrote the state by hand",
            ));
        };
        let seal = seal.as_str().and_then(unhex).unwrap_or_default();
        let made = key.over_state(&invocation.execution, &state);
        match made.verify_slice(&seal) {
            Ok(()) => Ok(invocation),
            Err(_) => Err(broken(
                "it was changed, is another run's, or was made with another key",
            )),
        }
    }

    /// The same with nothing but what the run was asked and what went wrong: what Explain believes of a state without seal.
    #[must_use]
    pub fn with_request_alone(self) -> Self {
        let State {
            request, failure, ..
        } = self.state;
        Self {
            state: State {
                failure,
                ..State::of(request)
            },
            ..self
        }
    }

    /// Whether this is a run's input, at the step that such runs begin with.
    fn begins_a_run(&self, state: &Map<String, Value>) -> bool {
        let first = match self.state.request {
            // Its first step may fail.
            Request::Gate(_) => matches!(self.step, Step::Prepare | Step::Explain),
            Request::Command { .. } => self.step == Step::Answer,
            Request::Close { .. } => self.step == Step::StopBuilds,
            Request::Defer(_) | Request::Say { .. } | Request::Overridden { .. } => {
                self.step == Step::Say
            }
        };
        let is_failure = |name: &str| name == FAILURE && self.step == Step::Explain;
        let mut names = state.keys();
        first && names.all(|name| OF_INPUT.contains(&name.as_str()) || is_failure(name))
    }
}

#[cfg(test)]
mod tests;

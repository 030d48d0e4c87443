//! Misbehaviour by seed: which calls, events, functions and builds are spoilt, and how.
//!
//! Programs suffer, people do not: calls of assumed roles, what rules and state machines invoke, builds. Whether the
//! n-th call of an operation is spoilt depends on the seed, the operation and n, on nothing else.

mod chance;
mod kind;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::sync::Notify;

use crate::{Call, Interference, Moment, Observer, RUN_COMMANDS, ServiceError};
use chance::Chance;
use kind::Victim;

pub use kind::Fault;

/// Longer than a client waits for one answer.
const SILENCE: Duration = Duration::from_secs(30);
/// An event that waits for another one to overtake it waits no longer.
const OVERTAKEN_WITHIN: Duration = Duration::from_secs(1);
/// At how many wake-ups a function dies at the latest.
const LAST_WAKING: u32 = 40;

/// A source of faults.
pub struct Faults {
    seed: u64,
    rate: f64,
    kinds: BTreeSet<Fault>,
    stopped: AtomicBool,
    tally: Mutex<Tally>,
    /// Rung when an event goes by.
    overtaken: Notify,
}

#[derive(Default)]
struct Tally {
    seen: BTreeMap<(String, bool), u64>,
    injected: BTreeMap<(Fault, String), u64>,
}

/// What was injected: kind, operation or function, times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Injected(BTreeMap<(Fault, String), u64>);

impl Faults {
    /// Faults of all kinds; `rate` is the share of reads that suffer, from 0 to 1. Of what is rarer a larger share does.
    pub fn new(seed: u64, rate: f64) -> Self {
        Self {
            seed,
            rate,
            kinds: Fault::ALL.into(),
            stopped: AtomicBool::new(false),
            tally: Mutex::default(),
            overtaken: Notify::new(),
        }
    }

    /// The same faults without those of other kinds.
    #[must_use]
    pub fn only(self, kinds: impl IntoIterator<Item = Fault>) -> Self {
        Self {
            kinds: kinds.into_iter().collect(),
            ..self
        }
    }

    /// From now on nothing is spoilt.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.overtaken.notify_waiters();
    }

    /// What was injected so far.
    pub fn injected(&self) -> Injected {
        Injected(self.tally().injected.clone())
    }

    /// Spoils the calls that it sees.
    pub fn observer(self: &Arc<Self>) -> Observer {
        let faults = Arc::clone(self);
        Arc::new(move |call, moment| {
            let faults = Arc::clone(&faults);
            Box::pin(async move { faults.interfere(&call, moment).await })
        })
    }

    /// What happens to one call at one moment.
    pub async fn interfere(&self, call: &Call, moment: Moment) -> Interference {
        let Some(victim) = Victim::of(call) else {
            return Interference::Pass;
        };
        if victim == Victim::Event && moment == Moment::Before {
            self.overtaken.notify_waiters();
        }
        match self.strike(victim, call, moment) {
            Some((fault, chance)) => self.perform(fault, chance, call).await,
            None => Interference::Pass,
        }
    }

    /// Decides, and counts.
    fn strike(&self, victim: Victim, call: &Call, moment: Moment) -> Option<(Fault, Chance)> {
        if self.stopped.load(Ordering::SeqCst) {
            return None;
        }
        let name = name_of(call);
        let mut tally = self.tally();
        let seen = tally
            .seen
            .entry((name.clone(), moment == Moment::Before))
            .or_default();
        *seen += 1;
        let mut chance = Chance::new(self.seed, &name, moment, *seen);
        if !chance.hits(self.rate * victim.times()) {
            return None;
        }
        let fault = chance.one_of(kind::possible(victim, moment))?;
        if !self.kinds.contains(&fault) {
            return None;
        }
        *tally.injected.entry((fault, name)).or_default() += 1;
        Some((fault, chance))
    }

    async fn perform(&self, fault: Fault, mut chance: Chance, call: &Call) -> Interference {
        match fault {
            Fault::Throttled if call.function.is_some() => {
                Interference::Fail(error(429, "TooManyRequestsException"))
            }
            Fault::Throttled => Interference::Fail(error(400, "ThrottlingException")),
            Fault::Failed | Fault::FailedAfterEffect if call.function.is_some() => {
                Interference::Fail(error(500, "ServiceException"))
            }
            Fault::Failed => Interference::Fail(error(503, "ServiceUnavailable")),
            Fault::FailedAfterEffect => Interference::Fail(error(500, "InternalServerError")),
            Fault::TimedOut | Fault::TimedOutAfterEffect => {
                tokio::time::sleep(SILENCE).await;
                Interference::Drop
            }
            Fault::Lost | Fault::AnswerLost | Fault::BuildKilled => Interference::Drop,
            Fault::AnswerTruncated => Interference::Truncate,
            Fault::Slow => Interference::Delay(chance.milliseconds(5, 300)),
            Fault::EffectLate => Interference::Late(chance.milliseconds(1, 80)),
            Fault::StaleRead => Interference::Stale,
            Fault::HandlerKilled => Interference::Die(chance.number(LAST_WAKING)),
            Fault::EventLost => Interference::Forget,
            Fault::EventTwice => Interference::Repeat,
            Fault::EventLate => Interference::Delay(chance.milliseconds(50, 1500)),
            Fault::EventReordered => {
                let overtaken = self.overtaken.notified();
                let _ = tokio::time::timeout(OVERTAKEN_WITHIN, overtaken).await;
                Interference::Pass
            }
            Fault::BuildFaulted | Fault::BuildFaultedAtEnd => {
                Interference::Fail(error(500, "INTERNAL_SERVICE_ERROR"))
            }
        }
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The operation, or the function that is invoked.
fn name_of(call: &Call) -> String {
    match (&call.function, &call.state) {
        (Some(_), Some(state)) => format!("Invoke in {state}"),
        (Some(function), None) => format!("Invoke of {function}"),
        (None, _) if call.operation == RUN_COMMANDS => "a build".to_owned(),
        (None, _) => call.operation.clone(),
    }
}

fn error(status: u16, code: &str) -> ServiceError {
    ServiceError {
        status,
        ..ServiceError::client(code, "the local endpoint was told to misbehave")
    }
}

impl Injected {
    /// How often, in all.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// How often a kind was.
    pub fn of(&self, fault: Fault) -> u64 {
        let of_kind = self.0.iter().filter(|((kind, _), _)| *kind == fault);
        of_kind.map(|(_, times)| times).sum()
    }

    /// Adds what was injected elsewhere.
    pub fn add(&mut self, other: &Self) {
        for (what, times) in &other.0 {
            *self.0.entry(what.clone()).or_default() += times;
        }
    }
}

/// A table: a line for each kind, with the operations it hit.
impl fmt::Display for Injected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in Fault::ALL {
            let hit = self.0.iter().filter(|((kind, _), _)| *kind == fault);
            let hit: Vec<String> = hit
                .map(|((_, name), times)| format!("{name} {times}"))
                .collect();
            writeln!(
                formatter,
                "{:>6}  {:<22} {}",
                self.of(fault),
                fault.word(),
                hit.join(", ")
            )?;
        }
        write!(formatter, "{:>6}  in all", self.total())
    }
}

#[cfg(test)]
mod tests;

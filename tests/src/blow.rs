//! Where a run can be struck: every call and every step, before and after it.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use aws_sdk_codecommit::types::PullRequestStatusEnum;
use futures::future::BoxFuture;
use local_aws::{Call, Interference, Moment, Observer, ServiceError};

use crate::People;

/// One call that the gate makes, or one step of the state machine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The state of the state machine; `router` for what an event or the sweep leads to.
    pub state: String,
    /// For example `StartBuild`; `Invoke` for the step itself.
    pub operation: String,
    /// From 1, among the calls of this operation in this state.
    pub nth: u32,
}

impl Place {
    /// Whether it is a step of the state machine, or the router's work, as a whole.
    pub fn is_step(&self) -> bool {
        self.operation == "Invoke"
    }

    /// Whether nothing changes there.
    pub fn is_read(&self) -> bool {
        const READS: [&str; 6] = ["Get", "List", "Describe", "BatchGet", "Evaluate", "Search"];
        READS.iter().any(|read| self.operation.starts_with(read))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            state,
            operation,
            nth,
        } = self;
        write!(formatter, "{state}/{operation}#{nth}")
    }
}

/// What every story knows of the calls so far.
#[derive(Default)]
struct Trail {
    /// The state that each function was last invoked by.
    states: BTreeMap<String, String>,
    counts: BTreeMap<(String, String), u32>,
}

impl Trail {
    /// The place of a call that is about to be made; none for callers other than the gate.
    fn enter(&mut self, call: &Call) -> Option<Place> {
        let state = match &call.function {
            Some(function) => {
                let by_rule = call.caller == "events.amazonaws.com";
                let state = call
                    .state
                    .clone()
                    .or_else(|| by_rule.then(|| "router".to_owned()))?;
                self.states.insert(function.clone(), state.clone());
                state
            }
            None => self.states.get(function_of(call)?)?.clone(),
        };
        let count = self
            .counts
            .entry((state.clone(), call.operation.clone()))
            .or_default();
        *count += 1;
        Some(Place {
            state,
            operation: call.operation.clone(),
            nth: *count,
        })
    }
}

/// The function whose role makes the call: `…:assumed-role/<role>/<function>`.
fn function_of(call: &Call) -> Option<&str> {
    let (_, session) = call.caller.split_once(":assumed-role/")?;
    session.split_once('/').map(|(_, function)| function)
}

/// What happens at the place.
#[derive(Clone)]
pub enum Deed {
    /// Somebody does something meanwhile.
    Meanwhile(Arc<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>),
    /// The handler gets an error that passes: its step is tried again from its beginning.
    Falter,
    /// The handler gets an error that does not pass: the run dies.
    Fail,
    /// The answer, or before the effect the call itself, is lost.
    Drop,
}

impl Deed {
    /// Somebody does something meanwhile.
    pub fn meanwhile(deed: impl Fn() -> BoxFuture<'static, ()> + Send + Sync + 'static) -> Self {
        Self::Meanwhile(Arc::new(deed))
    }

    async fn interfere(&self, call: &Call) -> Interference {
        let error = |code: &str, status| ServiceError {
            status,
            ..ServiceError::client(code, "struck by a story")
        };
        match self {
            Self::Meanwhile(deed) => {
                deed().await;
                Interference::Pass
            }
            // With this status the SDK itself does not try again.
            Self::Falter if call.function.is_none() => {
                Interference::Fail(error("ServiceUnavailable", 400))
            }
            Self::Falter => Interference::Fail(error("ServiceException", 500)),
            Self::Fail => Interference::Fail(error("AccessDeniedException", 400)),
            Self::Drop => Interference::Drop,
        }
    }
}

/// Ann pushes `branch` as it is in her clone.
pub fn pushes(people: &People, branch: &'static str) -> Deed {
    let copy = people.copy.clone();
    Deed::meanwhile(move || {
        let copy = copy.clone();
        Box::pin(async move {
            let push = tokio::task::spawn_blocking(move || copy.send(branch));
            push.await.expect("a push");
        })
    })
}

/// Ann closes a pull request.
pub fn closes(people: &People, id: &'static str) -> Deed {
    let client = people.code_commit("ann");
    Deed::meanwhile(move || {
        let close = client
            .update_pull_request_status()
            .pull_request_id(id)
            .pull_request_status(PullRequestStatusEnum::Closed)
            .send();
        Box::pin(async {
            close.await.expect("a close");
        })
    })
}

/// A deed at a place, once.
pub struct Blow {
    place: Place,
    moment: Moment,
    deed: Deed,
    struck: Mutex<bool>,
    trail: Mutex<(Trail, Option<Place>)>,
}

impl Blow {
    /// Strikes when the gate comes to `place`.
    pub fn new(place: Place, moment: Moment, deed: Deed) -> Arc<Self> {
        Arc::new(Self {
            place,
            moment,
            deed,
            struck: Mutex::default(),
            trail: Mutex::default(),
        })
    }

    /// Whether the gate came there.
    pub fn has_struck(&self) -> bool {
        *locked(&self.struck)
    }

    /// Watches the gate and strikes.
    pub fn observer(self: &Arc<Self>) -> Observer {
        let blow = self.clone();
        Arc::new(move |call, moment| {
            let blow = blow.clone();
            Box::pin(async move {
                if blow.hits(&call, moment) {
                    blow.deed.interfere(&call).await
                } else {
                    Interference::Pass
                }
            })
        })
    }

    fn hits(&self, call: &Call, moment: Moment) -> bool {
        let (trail, at) = &mut *locked(&self.trail);
        if moment == Moment::Before {
            let Some(place) = trail.enter(call) else {
                return false;
            };
            if place != self.place {
                return false;
            }
            *at = Some(place);
        }
        // The effect of the very call that was seen coming: nothing else of that name is under way in a single run.
        let here = at.is_some()
            && call.operation == self.place.operation
            && (call.function.is_none()
                || call.state.as_deref().unwrap_or("router") == self.place.state)
            && (call.function.is_some() || function_of(call).is_some());
        let mut struck = locked(&self.struck);
        let hits = here && moment == self.moment && !*struck;
        *struck |= hits;
        hits
    }
}

/// Notes where a run could be struck.
#[derive(Clone, Default)]
pub struct Record {
    trail: Arc<Mutex<(Trail, Vec<Place>)>>,
}

impl Record {
    /// Watches the gate.
    pub fn observer(&self) -> Observer {
        let record = self.clone();
        Arc::new(move |call, moment| {
            if moment == Moment::Before {
                let (trail, places) = &mut *locked(&record.trail);
                places.extend(trail.enter(&call));
            }
            Box::pin(async { Interference::Pass })
        })
    }

    /// What was seen since the last time it was asked, in order.
    pub fn take(&self) -> Vec<Place> {
        std::mem::take(&mut locked(&self.trail).1)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

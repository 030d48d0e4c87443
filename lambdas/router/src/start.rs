//! Starting a run: the first attempt whose name is free, or the answer that a run is there already.

use gate_aws::{Clients, StartedExecution};
use gate_core::{
    error::GateError,
    id::RunName,
    names::{self, RunPurpose},
    protocol::{AttemptStep, Existing, MAX_ATTEMPTS, Request, State, Wish, next_attempt},
};
use serde_json::{Value, json};

/// How often a request may be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// Three times; then the gate says that it gave up.
    ThenSay,
    /// Three times; then the event ends among the dead letters. The sweep goes on.
    ThenFail,
    /// As often as the sweep finds something left.
    None,
}

impl Limit {
    /// The limit for a request that an event leads to.
    pub(crate) fn of(request: &Request) -> Self {
        match request {
            Request::Gate(_) => Self::ThenSay,
            Request::Close { .. } | Request::Say { .. } => Self::ThenFail,
        }
    }
}

/// More attempts than this are a defect of the gate, not a reason to go on.
const ABSURD: u32 = 10_000;

/// Starts `request` under the first free name that `wish` allows. `error` is what is said when the limit is reached.
pub(crate) async fn start(
    clients: &Clients,
    request: &Request,
    wish: Wish,
    limit: Limit,
    error: &str,
) -> Result<Value, GateError> {
    let mut request = request.clone();
    let mut limit = limit;
    let mut wish = wish;
    let mut attempt = 1;
    loop {
        let name = name(&request, attempt);
        let input = State::input_text(&request);
        if clients.executions.start(&name, &input).await? == StartedExecution::Started {
            tracing::info!(run.name = %name, action = crate::action(&request), "started a run");
            return Ok(json!({ "started": name }));
        }
        match next_attempt(existing(clients, &request, &name, &input).await?, wish) {
            AttemptStep::AlreadyThere => {
                tracing::info!(run.name = %name, "the run is there already");
                return Ok(json!({ "already": name }));
            }
            AttemptStep::TryNext => attempt += 1,
        }
        let exhausted = attempt
            > if limit == Limit::None {
                ABSURD
            } else {
                MAX_ATTEMPTS
            };
        match (&request, limit) {
            (Request::Gate(candidacy), Limit::ThenSay) if exhausted => {
                let candidacy = candidacy.clone();
                request = Request::Say {
                    candidacy,
                    error: error.to_owned(),
                };
                (limit, wish, attempt) = (Limit::ThenFail, Wish::Once, 1);
            }
            _ if exhausted => {
                let message = format!("{attempt} attempts did not do it");
                return Err(GateError::GaveUp {
                    run: name.to_string(),
                    message,
                });
            }
            _ => {}
        }
    }
}

fn name(request: &Request, attempt: u32) -> RunName {
    let purpose = match request {
        Request::Gate(candidacy) => RunPurpose::Gate {
            revision: &candidacy.revision,
            destination: &candidacy.destination_commit,
        },
        Request::Close { .. } => RunPurpose::Close,
        Request::Say { candidacy, .. } => RunPurpose::Say {
            revision: &candidacy.revision,
        },
    };
    names::run(request.pull_request(), purpose, attempt)
}

async fn existing(
    clients: &Clients,
    request: &Request,
    name: &RunName,
    input: &str,
) -> Result<Existing, GateError> {
    let described = clients.executions.describe(name).await?;
    let described = described.ok_or_else(|| GateError::ReadsBehind {
        message: format!("run {name} exists and is not shown yet"),
    })?;
    // Whatever the words, giving up is said once.
    let same = described.input == input || matches!(request, Request::Say { .. });
    Ok(if same {
        Existing::SameInput(described.status)
    } else {
        Existing::OtherInput
    })
}

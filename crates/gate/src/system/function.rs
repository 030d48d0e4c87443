//! The four Lambda functions: their names, who they are, and how the local account runs them.

use std::sync::Arc;

use gate_aws::Clients;
use gate_core::{error::GateError, secret};
use local_aws::{FunctionError, FunctionHandler};
use serde_json::Value;

use super::repositories::Repositories;

/// A Lambda function of the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Router,
    Environment,
    Builder,
    Reporter,
}

impl Function {
    pub(super) const ALL: [Self; 4] = [
        Self::Router,
        Self::Environment,
        Self::Builder,
        Self::Reporter,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Router => "router",
            Self::Environment => "environment",
            Self::Builder => "builder",
            Self::Reporter => "reporter",
        }
    }

    /// What stands for its ARN in the state machine's definition.
    pub(super) fn placeholder(self) -> &'static str {
        match self {
            Self::Router => "${RouterFunction}",
            Self::Environment => "${EnvironmentFunction}",
            Self::Builder => "${BuilderFunction}",
            Self::Reporter => "${ReporterFunction}",
        }
    }

    /// `<service>-<word>`.
    pub(super) fn name(self, service: &str) -> String {
        format!("{service}-{}", self.word())
    }

    /// Who it is when it calls AWS: its role, in a session that bears its name.
    pub(super) fn caller_arn(self, service: &str, account: &str, region: &str) -> String {
        let name = self.name(service);
        format!("arn:aws:sts::{account}:assumed-role/{name}-{region}/{name}")
    }
}

/// An access key for each function. Nobody can guess one: a build that runs as this user could approve itself with it. To an
/// emulator elsewhere, which must be told who each is, they are the names of the functions of `service`.
pub(super) fn access_keys(service: Option<&String>) -> Vec<(Function, String)> {
    let key = |function: Function| match service {
        Some(service) => (function, function.name(service)),
        None => (function, format!("{:032x}", fastrand::u128(..))),
    };
    Function::ALL.map(key).into()
}

/// Runs `function` with its own clients. The router sees no repository that has no settings yet.
pub(super) fn handler(
    function: Function,
    clients: Arc<Clients>,
    repositories: Arc<Repositories>,
) -> FunctionHandler {
    Arc::new(move |payload| {
        let clients = clients.clone();
        let repositories = repositories.clone();
        Box::pin(async move {
            if function == Function::Router {
                repositories.adopt().await.map_err(|error| FunctionError {
                    error_type: "ServiceUnavailable".to_owned(),
                    error_message: error.to_string(),
                })?;
            }
            let result = Box::pin(run(function, payload, &clients)).await;
            result.map_err(|error| failure(function, &error))
        })
    })
}

/// What stands in for a function of a system that has ended.
pub(super) fn ended() -> FunctionHandler {
    Arc::new(|_| {
        Box::pin(async {
            Err(FunctionError {
                error_type: "ServiceUnavailable".to_owned(),
                error_message: "the system has ended".to_owned(),
            })
        })
    })
}

async fn run(function: Function, payload: Value, clients: &Clients) -> Result<Value, GateError> {
    match function {
        Function::Router => Box::pin(router::handle(payload, clients)).await,
        Function::Environment => Box::pin(environment::handle(payload, clients)).await,
        Function::Builder => Box::pin(builder::handle(payload, clients)).await,
        Function::Reporter => Box::pin(reporter::handle(payload, clients)).await,
    }
}

fn failure(function: Function, error: &GateError) -> FunctionError {
    let (function, word) = (function.word(), error.word());
    let message = secret::hide(&error.to_string()).into_owned();
    if error.is_transient() {
        tracing::info!(function.name = function, error.word = word, error.message = %message, "a function asks to be called again");
    } else {
        tracing::warn!(function.name = function, error.word = word, error.message = %message, "a function failed");
    }
    FunctionError {
        error_type: word.to_owned(),
        error_message: message,
    }
}

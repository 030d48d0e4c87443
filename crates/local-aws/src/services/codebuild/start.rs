//! StartBuild and RetryBuild: whether there is room for a build, and whether the same request has started it already.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    builds::{self, Record},
    events, invalid,
    model::{Build, seconds_now},
    plan::{self, Plan, StartInput},
    projects, rules,
};
use crate::{
    Account, Caller, ServiceError,
    hex::hex,
    services::parse,
    store::{Table, Transaction},
};

/// How many builds wait for each one that may run.
const QUEUE_FACTOR: usize = 5;
const TOKEN_LIFE_SECONDS: f64 = 300.0;
const TOKENS: Table<Token> = Table::new("codebuild-idempotency-tokens");

/// A request that was answered with a build.
#[derive(Serialize, Deserialize)]
struct Token {
    request: String,
    build: String,
    time: f64,
}

/// Starts a build of a project.
pub(super) fn start(
    account: &Arc<Account>,
    caller: &Caller,
    input: Value,
) -> Result<Value, ServiceError> {
    let request = fingerprint("StartBuild", &input);
    let mut input: StartInput = parse(input)?;
    rules::nothing_unsimulated(&input.rest)?;
    let token = input.idempotency_token.take();
    let name = input
        .project_name
        .clone()
        .ok_or_else(|| rules::required("projectName", "StartBuild"))?;
    launch(account, caller, token.as_deref(), request, |tables| {
        let project =
            projects::get(tables, &name).ok_or_else(|| projects::not_found(account, &name))?;
        if let Some(limit) = project.concurrent_build_limit
            && builds::open_of(tables, &name).len() >= limit as usize
        {
            return Err(limit_exceeded(format!(
                "Project {name} cannot have more than {limit} builds at once: its concurrentBuildLimit"
            )));
        }
        plan::of_project(project, input)
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RetryInput {
    id: Option<String>,
    idempotency_token: Option<String>,
}

/// Starts a build once more, made of the same things.
pub(super) fn retry(
    account: &Arc<Account>,
    caller: &Caller,
    input: Value,
) -> Result<Value, ServiceError> {
    let request = fingerprint("RetryBuild", &input);
    let input: RetryInput = parse(input)?;
    let id = input
        .id
        .ok_or_else(|| rules::required("id", "RetryBuild"))?;
    launch(
        account,
        caller,
        input.idempotency_token.as_deref(),
        request,
        |tables| {
            let record = builds::get(tables, &id).ok_or_else(|| builds::not_found(&id))?;
            let build = record.build;
            if !build.build_complete {
                return Err(invalid(format!(
                    "Build {id} is still in progress and cannot be retried"
                )));
            }
            if projects::get(tables, &build.project_name).is_none() {
                return Err(projects::not_found(account, &build.project_name));
            }
            Ok(plan::of_build(build))
        },
    )
}

/// Journals a new build and sets it going, or answers with the one that the same request has started.
fn launch(
    account: &Arc<Account>,
    caller: &Caller,
    token: Option<&str>,
    request: String,
    make: impl FnOnce(&Transaction<'_>) -> Result<Plan, ServiceError>,
) -> Result<Value, ServiceError> {
    let (build, is_new) = account.store.write(|tables| {
        if let Some(token) = token
            && let Some(build) = known(tables, token, &request)?
        {
            return Ok((build, false));
        }
        let plan = make(tables)?;
        let most = account.builds.most_at_once(account) * (1 + QUEUE_FACTOR);
        if builds::open(tables).len() >= most {
            return Err(limit_exceeded(format!(
                "Cannot have more than {most} builds in queue for the account"
            )));
        }
        let number =
            tables.next_number(&format!("codebuild-build-number/{}", plan.project_name))?;
        let record = Record {
            build: plan::build(account, caller, plan, number),
            order: tables.next_number("codebuild-builds")?,
            stop_requested: false,
            groups: Vec::new(),
        };
        builds::insert(tables, &record)?;
        if let Some(token) = token {
            let answered = Token {
                request,
                build: record.build.id.clone(),
                time: seconds_now(),
            };
            tables.put(&TOKENS, token, &answered)?;
        }
        events::emit_state_change(account, tables, &record.build)?;
        Ok::<_, ServiceError>((record.build, true))
    })?;
    if is_new {
        account.events_bell.notify_one();
        account.builds.launch(account, &build.id);
    }
    Ok(json!({ "build": build }))
}

/// The build that this token has started.
fn known(
    tables: &mut Transaction<'_>,
    token: &str,
    request: &str,
) -> Result<Option<Build>, ServiceError> {
    let oldest = seconds_now() - TOKEN_LIFE_SECONDS;
    let expired: Vec<String> = tables
        .scan(&TOKENS, "")
        .filter(|(_, answered)| answered.time < oldest)
        .map(|(token, _)| token.to_owned())
        .collect();
    for token in expired {
        tables.delete(&TOKENS, &token);
    }
    let Some(answered) = tables.get(&TOKENS, token) else {
        return Ok(None);
    };
    if answered.request != request {
        return Err(invalid(format!(
            "idempotencyToken {token} was used with other parameters less than 5 minutes ago"
        )));
    }
    Ok(builds::get(tables, &answered.build).map(|record| record.build))
}

/// A request without its token, in a form that compares.
fn fingerprint(operation: &str, input: &Value) -> String {
    let mut input = input.clone();
    if let Some(members) = input.as_object_mut() {
        members.remove("idempotencyToken");
    }
    hex(&Sha256::digest(format!("{operation} {input}")))
}

fn limit_exceeded(message: String) -> ServiceError {
    ServiceError::client("AccountLimitExceededException", message)
}

//! Targets of rules: what they are sent, and how it reaches them.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{parse, rules, validation};
use crate::{
    Account, ServiceError,
    page::page,
    services::{
        lambda::{self, Undeliverable},
        states,
    },
    store::{StoreError, Transaction},
    strict, wire,
};

/// Targets that one rule has at most.
const LIMIT_TARGETS: usize = 5;

/// A target as PutTargets takes it; members that are not built are refused by name.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Target {
    id: String,
    arn: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role_arn: Option<String>,
    /// JSON that is sent instead of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    input: Option<String>,
    /// The part of the event that is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    input_path: Option<String>,
}

impl Target {
    fn check(&self) -> Result<(), ServiceError> {
        rules::check_name(&self.id)?;
        if !is_function(&self.arn) && !is_state_machine(&self.arn) {
            let message = format!(
                "the local endpoint does not implement the target `{}`: use a Lambda function or a state machine",
                self.arn
            );
            return Err(validation(message));
        }
        if self.input.is_some() && self.input_path.is_some() {
            let message = format!(
                "Only one of Input, InputPath, or InputTransformer must be provided for target {}.",
                self.id
            );
            return Err(validation(message));
        }
        if let Some(input) = &self.input
            && let Err(error) = wire::json(input.as_bytes())
        {
            let message = format!("JSON syntax error in input for target {}: {error}", self.id);
            return Err(validation(message));
        }
        if let Some(path) = &self.input_path
            && steps(path).is_none()
        {
            let message = format!("Invalid InputPath for target {}: `{path}`", self.id);
            return Err(validation(message));
        }
        Ok(())
    }

    fn payload(&self, event: &Value) -> Value {
        if let Some(input) = &self.input {
            return serde_json::from_str(input).unwrap_or_default();
        }
        let path = self.input_path.as_deref().unwrap_or("$");
        let mut members = steps(path).into_iter().flatten();
        let found = members.try_fold(event, |value, member| value.get(member));
        found.cloned().unwrap_or_default()
    }

    /// Hands `event` to the target, or buries it; ring `invocations.bell` and `states_bell` afterwards.
    pub(super) fn send(
        &self,
        account: &Account,
        transaction: &mut Transaction<'_>,
        event: &Value,
    ) -> Result<(), StoreError> {
        let payload = self.payload(event);
        if is_function(&self.arn) {
            return lambda::enqueue(transaction, &self.arn, payload);
        }
        let started =
            states::start_from_event(account, transaction, &self.arn, payload.to_string());
        let Err(error) = started else { return Ok(()) };
        tracing::warn!(target = self.arn, error = %error, "an event became a dead letter");
        let letter = Undeliverable {
            target: self.arn.clone(),
            payload,
            error: error.to_string(),
        };
        lambda::bury(transaction, &letter)
    }
}

fn is_function(arn: &str) -> bool {
    arn.starts_with("arn:aws:lambda:") && arn.contains(":function:")
}

fn is_state_machine(arn: &str) -> bool {
    arn.starts_with("arn:aws:states:") && arn.contains(":stateMachine:")
}

/// The member names of `$.a.b`; `None` for any other path.
fn steps(path: &str) -> Option<Vec<&str>> {
    let members = path.strip_prefix('$')?;
    if members.is_empty() {
        return Some(Vec::new());
    }
    let steps: Vec<_> = members.strip_prefix('.')?.split('.').collect();
    let plain = |step: &&str| !step.is_empty() && !step.contains(['[', ']', '*', '?', '@']);
    steps.iter().all(plain).then_some(steps)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutTargets {
    rule: String,
    event_bus_name: Option<String>,
    targets: Vec<Value>,
}

pub(super) fn put(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: PutTargets = parse(input)?;
    rules::check_bus(account, input.event_bus_name.as_deref())?;
    let targets = input.targets.into_iter().map(|target| {
        let target: Target = strict::read(&target)
            .map_err(|error| validation(format!("the local endpoint refuses a target: {error}")))?;
        target.check()?;
        Ok(target)
    });
    let targets = targets.collect::<Result<Vec<_>, ServiceError>>()?;
    rules::change(account, &input.rule, |rule| {
        for target in targets {
            rule.targets.insert(target.id.clone(), target);
        }
        if rule.targets.len() > LIMIT_TARGETS {
            return Err(ServiceError::client(
                "LimitExceededException",
                "The requested resource exceeds the maximum number allowed.",
            ));
        }
        Ok(no_failures())
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RemoveTargets {
    rule: String,
    event_bus_name: Option<String>,
    ids: Vec<String>,
}

pub(super) fn remove(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: RemoveTargets = parse(input)?;
    rules::check_bus(account, input.event_bus_name.as_deref())?;
    rules::change(account, &input.rule, |rule| {
        for id in &input.ids {
            rule.targets.remove(id);
        }
        Ok(no_failures())
    })
}

fn no_failures() -> Value {
    json!({ "FailedEntryCount": 0, "FailedEntries": [] })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListTargets {
    rule: String,
    event_bus_name: Option<String>,
    next_token: Option<String>,
    limit: Option<i64>,
}

pub(super) fn list(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: ListTargets = parse(input)?;
    rules::check_bus(account, input.event_bus_name.as_deref())?;
    let limit = rules::check_limit(input.limit)?;
    let rule = account
        .store
        .read(|tables| rules::get(tables, &input.rule))?;
    let targets = rule.targets.into_values();
    let page = page(
        targets,
        |target| target.id.clone(),
        limit,
        input.next_token.as_deref(),
    )
    .ok_or_else(rules::invalid_token)?;
    let mut output = json!({ "Targets": page.items });
    if let Some(token) = page.next_token {
        output["NextToken"] = json!(token);
    }
    Ok(output)
}

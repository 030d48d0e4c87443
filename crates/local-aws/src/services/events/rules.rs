//! Rules of the default event bus: what they want and whether they are enabled.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Pattern, parse, schedule::Rate, targets::Target, validation};
use crate::{
    Account, ServiceError,
    account::now,
    page::{self, page},
    store::{Table, Tables, Transaction},
};

pub(super) const RULES: Table<Rule> = Table::new("event_rules");

/// Rules that the default bus holds at most.
const LIMIT_RULES: usize = 300;
const BUS: &str = "default";

/// A rule and its targets.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) pattern: Option<String>,
    pub(super) schedule: Option<String>,
    pub(super) enabled: bool,
    description: Option<String>,
    role_arn: Option<String>,
    pub(super) targets: BTreeMap<String, Target>,
    /// When the schedule last fired, or when it was set or enabled.
    pub(super) last_fired: Timestamp,
}

impl Rule {
    pub(super) fn arn(&self, account: &Account) -> String {
        account.arn("events", &format!("rule/{}", self.name))
    }

    fn describe(&self, account: &Account) -> Value {
        let mut description = json!({
            "Name": self.name,
            "Arn": self.arn(account),
            "State": if self.enabled { "ENABLED" } else { "DISABLED" },
            "EventBusName": BUS,
        });
        for (name, value) in [
            ("EventPattern", &self.pattern),
            ("ScheduleExpression", &self.schedule),
            ("Description", &self.description),
            ("RoleArn", &self.role_arn),
        ] {
            if let Some(value) = value {
                description[name] = json!(value);
            }
        }
        description
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutRule {
    name: String,
    event_pattern: Option<String>,
    schedule_expression: Option<String>,
    state: Option<String>,
    description: Option<String>,
    role_arn: Option<String>,
    event_bus_name: Option<String>,
    #[serde(default)]
    tags: Vec<Value>,
}

pub(super) fn put(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: PutRule = parse(input)?;
    check_name(&input.name)?;
    check_bus(account, input.event_bus_name.as_deref())?;
    if !input.tags.is_empty() {
        return Err(validation(
            "the local endpoint does not implement tags of rules",
        ));
    }
    if input.event_pattern.is_none() && input.schedule_expression.is_none() {
        return Err(validation(
            "Parameter(s) EventPattern or ScheduleExpression must be specified.",
        ));
    }
    if let Some(pattern) = &input.event_pattern {
        Pattern::parse(pattern)?;
    }
    if let Some(schedule) = &input.schedule_expression {
        Rate::parse(schedule).map_err(|error| validation(error.to_string()))?;
    }
    let enabled = match input.state.as_deref() {
        None | Some("ENABLED") => true,
        Some("DISABLED") => false,
        Some(other) => {
            return Err(validation(format!(
                "the local endpoint does not implement the rule state `{other}`"
            )));
        }
    };
    let arn = account.store.write(|transaction| {
        let before = transaction.get(&RULES, &input.name);
        if before.is_none() && transaction.scan(&RULES, "").count() >= LIMIT_RULES {
            return Err(ServiceError::client(
                "LimitExceededException",
                "The requested resource exceeds the maximum number allowed.",
            ));
        }
        // Putting a schedule again as it is does not put it off.
        let last_fired = match &before {
            Some(rule) if rule.enabled == enabled && rule.schedule == input.schedule_expression => {
                rule.last_fired
            }
            _ => now(),
        };
        let rule = Rule {
            name: input.name,
            pattern: input.event_pattern,
            schedule: input.schedule_expression,
            enabled,
            description: input.description,
            role_arn: input.role_arn,
            targets: before.map(|rule| rule.targets).unwrap_or_default(),
            last_fired,
        };
        transaction.put(&RULES, &rule.name, &rule)?;
        Ok(rule.arn(account))
    })?;
    account.events_bell.notify_one();
    Ok(json!({ "RuleArn": arn }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    name: String,
    event_bus_name: Option<String>,
}

pub(super) fn describe(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: Named = parse(input)?;
    check_bus(account, input.event_bus_name.as_deref())?;
    let rule = account.store.read(|tables| get(tables, &input.name))?;
    Ok(rule.describe(account))
}

/// Deletes a rule without targets; a rule that does not exist is deleted already.
pub(super) fn delete(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: Named = parse(input)?;
    check_bus(account, input.event_bus_name.as_deref())?;
    account.store.write(|transaction| {
        if let Some(rule) = transaction.get(&RULES, &input.name)
            && !rule.targets.is_empty()
        {
            return Err(validation("Rule can't be deleted since it has targets."));
        }
        transaction.delete(&RULES, &input.name);
        Ok(json!({}))
    })
}

pub(super) fn enable(
    account: &Account,
    input: Value,
    enabled: bool,
) -> Result<Value, ServiceError> {
    let input: Named = parse(input)?;
    check_bus(account, input.event_bus_name.as_deref())?;
    change(account, &input.name, |rule| {
        if enabled && !rule.enabled {
            rule.last_fired = now();
        }
        rule.enabled = enabled;
        Ok(())
    })?;
    account.events_bell.notify_one();
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListRules {
    name_prefix: Option<String>,
    event_bus_name: Option<String>,
    next_token: Option<String>,
    limit: Option<i64>,
}

pub(super) fn list(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: ListRules = parse(input)?;
    check_bus(account, input.event_bus_name.as_deref())?;
    let limit = check_limit(input.limit)?;
    let prefix = input.name_prefix.unwrap_or_default();
    let page = account.store.read(|tables| {
        let rules = tables.scan(&RULES, &prefix).map(|(_, rule)| rule);
        page(
            rules,
            |rule| rule.name.clone(),
            limit,
            input.next_token.as_deref(),
        )
    });
    let page = page.ok_or_else(invalid_token)?;
    let rules: Vec<_> = page
        .items
        .iter()
        .map(|rule| rule.describe(account))
        .collect();
    let mut output = json!({ "Rules": rules });
    if let Some(token) = page.next_token {
        output["NextToken"] = json!(token);
    }
    Ok(output)
}

/// The rule, or the error that it does not exist.
pub(super) fn get(tables: &Tables, name: &str) -> Result<Rule, ServiceError> {
    tables.get(&RULES, name).ok_or_else(|| {
        ServiceError::client(
            "ResourceNotFoundException",
            format!("Rule {name} does not exist on EventBus {BUS}."),
        )
    })
}

/// Changes a rule that exists.
pub(super) fn change<R>(
    account: &Account,
    name: &str,
    change: impl FnOnce(&mut Rule) -> Result<R, ServiceError>,
) -> Result<R, ServiceError> {
    account.store.write(|transaction: &mut Transaction<'_>| {
        let mut rule = get(transaction, name)?;
        let result = change(&mut rule)?;
        transaction.put(&RULES, name, &rule)?;
        Ok(result)
    })
}

/// Only the default bus is built.
pub(super) fn check_bus(account: &Account, name: Option<&str>) -> Result<(), ServiceError> {
    match name {
        None | Some(BUS) => Ok(()),
        Some(arn) if arn == account.arn("events", "event-bus/default") => Ok(()),
        Some(other) => Err(ServiceError::client(
            "ResourceNotFoundException",
            format!("Event bus {other} does not exist."),
        )),
    }
}

/// Whether `name` is 1 to 64 of `A-Za-z0-9._-`.
pub(super) fn check_name(name: &str) -> Result<(), ServiceError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if (1..=64).contains(&name.len()) && name.bytes().all(allowed) {
        return Ok(());
    }
    Err(validation(format!(
        "`{name}` is no name: use 1 to 64 letters, digits, dots, hyphens and underscores"
    )))
}

pub(super) fn check_limit(limit: Option<i64>) -> Result<usize, ServiceError> {
    page::size(limit, 100, 100).ok_or_else(|| validation("Limit must be from 1 to 100"))
}

pub(super) fn invalid_token() -> ServiceError {
    validation("Parameter NextToken is not valid.")
}

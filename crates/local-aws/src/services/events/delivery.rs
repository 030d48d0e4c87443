//! From the outbox to the targets of matching rules, and from the clock to the targets of scheduled ones.
//!
//! What is sent and the fact that it was sent are one transaction, so a process killed in between sends again or not
//! at all, but loses nothing.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{
    Pattern,
    envelope::{Contents, Event},
    rules::{RULES, Rule},
    schedule::Rate,
};
use crate::{
    Account,
    account::now,
    store::{StoreError, Table, Transaction},
};

const OUTBOX: Table<Value> = Table::new("events_outbox");

pub(super) fn has_waiting(account: &Account) -> bool {
    account
        .store
        .read(|tables| tables.scan(&OUTBOX, "").next().is_some())
}

/// Events sent in one transaction.
const BATCH: usize = 32;
/// How long the worker sleeps when no schedule is due.
const IDLE: Duration = Duration::from_hours(1);

/// Puts an event into the outbox.
pub(super) fn post(transaction: &mut Transaction<'_>, event: &Event) -> Result<(), StoreError> {
    let key = format!("{:016}", transaction.next_number("events_outbox")?);
    let event = serde_json::to_value(event).map_err(|source| StoreError::Value {
        table: "events_outbox".to_owned(),
        key: key.clone(),
        source,
    })?;
    transaction.put(&OUTBOX, &key, &event)
}

/// Sends whatever there is to send, whenever there is.
pub(super) async fn work(account: Arc<Account>) {
    loop {
        let round = send_events(&account).and_then(|()| fire_schedules(&account));
        let next = round.unwrap_or_else(|error| {
            tracing::error!(error = %error, "failed to deliver events");
            None
        });
        let sleep = next.map_or(IDLE, |next| {
            Duration::try_from(next.duration_since(now())).unwrap_or_default()
        });
        tokio::select! {
            () = account.events_bell.notified() => {}
            () = tokio::time::sleep(sleep) => {}
        }
    }
}

fn send_events(account: &Account) -> Result<(), StoreError> {
    loop {
        let sent = account.store.write(|transaction| {
            let batch: Vec<(String, Value)> = transaction
                .scan(&OUTBOX, "")
                .take(BATCH)
                .map(|(key, event)| (key.to_owned(), event))
                .collect();
            let rules = if batch.is_empty() {
                Vec::new()
            } else {
                enabled(transaction)
            };
            for (key, event) in &batch {
                for rule in rules.iter().filter(|rule| wants(rule, event)) {
                    send(account, transaction, rule, event)?;
                }
                transaction.delete(&OUTBOX, key);
            }
            Ok::<_, StoreError>(batch.len())
        })?;
        if sent == 0 {
            return Ok(());
        }
        ring(account);
    }
}

fn enabled(transaction: &Transaction<'_>) -> Vec<Rule> {
    let rules = transaction.scan(&RULES, "").map(|(_, rule)| rule);
    rules.filter(|rule| rule.enabled).collect()
}

fn wants(rule: &Rule, event: &Value) -> bool {
    let pattern = rule.pattern.as_deref().map(Pattern::parse);
    pattern.is_some_and(|pattern| pattern.is_ok_and(|pattern| pattern.matches(event)))
}

fn send(
    account: &Account,
    transaction: &mut Transaction<'_>,
    rule: &Rule,
    event: &Value,
) -> Result<(), StoreError> {
    rule.targets
        .values()
        .try_for_each(|target| target.send(account, transaction, event))
}

fn ring(account: &Account) {
    account.invocations.bell.notify_one();
    account.states_bell.notify_one();
}

/// Fires what is due; when the next schedule is due.
fn fire_schedules(account: &Account) -> Result<Option<Timestamp>, StoreError> {
    let next = account.store.write(|transaction| {
        let mut next = None;
        for mut rule in enabled(transaction) {
            let Some(interval) = interval(account, &rule) else {
                continue;
            };
            if due(&rule, interval) <= now() {
                rule.last_fired = now();
                transaction.put(&RULES, &rule.name, &rule)?;
                send(
                    account,
                    transaction,
                    &rule,
                    &scheduled_event(account, &rule),
                )?;
            }
            let due = due(&rule, interval);
            next = Some(next.map_or(due, |next: Timestamp| next.min(due)));
        }
        Ok::<_, StoreError>(next)
    })?;
    ring(account);
    Ok(next)
}

fn interval(account: &Account, rule: &Rule) -> Option<Duration> {
    let rate = Rate::parse(rule.schedule.as_deref()?).ok()?;
    Some(rate.interval(account.settings.wait_scale))
}

fn due(rule: &Rule, interval: Duration) -> Timestamp {
    SignedDuration::try_from(interval)
        .ok()
        .and_then(|interval| rule.last_fired.checked_add(interval).ok())
        .unwrap_or(Timestamp::MAX)
}

fn scheduled_event(account: &Account, rule: &Rule) -> Value {
    let contents = Contents {
        source: "aws.events".to_owned(),
        detail_type: "Scheduled Event".to_owned(),
        time: rule.last_fired,
        resources: vec![rule.arn(account)],
        detail: json!({}),
    };
    json!(Event::new(account, contents))
}

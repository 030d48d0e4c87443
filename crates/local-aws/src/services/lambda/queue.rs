//! Asynchronous invocations: journaled until the function has answered, tried three times, then a dead letter.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::Value;
use tokio::{sync::Semaphore, task::JoinSet};

use super::{Failure, function_name, run};
use crate::{
    Account, Call, DeadLetter, Moment,
    account::now,
    interference::{Passed, Spoilt, consult},
    store::{StoreError, Table, Transaction},
};

const QUEUE: Table<Queued> = Table::new("lambda_queue");
const QUEUE_KEYS: Table<IgnoredAny> = Table::new("lambda_queue");
const DEAD_LETTERS: Table<Undeliverable> = Table::new("lambda_dead_letters");

/// Waits before the second and the third try, in seconds of AWS's time.
const RETRY_DELAYS_SECONDS: [u32; 2] = [60, 120];
/// Handlers of asynchronous invocations that run at once; the rest wait their turn.
const CONCURRENT_INVOCATIONS: usize = 64;
/// Who invokes, as an observer sees it.
const CALLER: &str = "events.amazonaws.com";

#[derive(Serialize, Deserialize)]
struct Queued {
    target: String,
    payload: Value,
    failed_attempts: usize,
    due: Timestamp,
}

/// A payload that reached nobody.
#[derive(Serialize, Deserialize)]
pub(crate) struct Undeliverable {
    pub(crate) target: String,
    pub(crate) payload: Value,
    pub(crate) error: String,
}

/// Queues one invocation of the function with the ARN `target`; ring `account.invocations.bell` afterwards.
pub(crate) fn enqueue(
    transaction: &mut Transaction<'_>,
    target: &str,
    payload: Value,
) -> Result<(), StoreError> {
    let key = format!("{:016}", transaction.next_number("lambda_queue")?);
    let queued = Queued {
        target: target.to_owned(),
        payload,
        failed_attempts: 0,
        due: now(),
    };
    transaction.put(&QUEUE, &key, &queued)
}

/// Keeps what no target would take.
pub(crate) fn bury(
    transaction: &mut Transaction<'_>,
    letter: &Undeliverable,
) -> Result<(), StoreError> {
    let key = format!("{:016}", transaction.next_number("lambda_dead_letters")?);
    transaction.put(&DEAD_LETTERS, &key, letter)
}

pub(super) fn dead_letters(account: &Account) -> Vec<DeadLetter> {
    account.store.read(|tables| {
        tables
            .scan(&DEAD_LETTERS, "")
            .map(|(_, letter)| DeadLetter {
                target: letter.target,
                payload: letter.payload,
                error: letter.error,
            })
            .collect()
    })
}

/// Whether any invocation still waits for its function's answer.
pub(super) fn is_empty(account: &Account) -> bool {
    account
        .store
        .read(|tables| tables.scan(&QUEUE_KEYS, "").next().is_none())
}

/// Takes up every queued invocation, in a task of its own.
pub(super) async fn work(account: Arc<Account>) {
    let mut deliveries = JoinSet::new();
    let permits = Arc::new(Semaphore::new(CONCURRENT_INVOCATIONS));
    let mut taken = String::new();
    loop {
        let keys: Vec<String> = account.store.read(|tables| {
            let keys = tables.scan(&QUEUE_KEYS, "").map(|(key, _)| key.to_owned());
            keys.filter(|key| *key > taken).collect()
        });
        for key in keys {
            taken.clone_from(&key);
            deliveries.spawn(deliver(account.clone(), permits.clone(), key));
        }
        while deliveries.try_join_next().is_some() {}
        account.invocations.bell.notified().await;
    }
}

async fn deliver(account: Arc<Account>, permits: Arc<Semaphore>, key: String) {
    while let Some(queued) = account.store.read(|tables| tables.get(&QUEUE, &key)) {
        let early = queued.due.duration_since(now());
        tokio::time::sleep(Duration::try_from(early).unwrap_or_default()).await;
        let Ok(permit) = permits.acquire().await else {
            return;
        };
        let outcome = attempt(&account, &queued).await;
        drop(permit);
        let settled = account
            .store
            .write(|transaction| settle(&account, transaction, &key, queued, outcome));
        if let Err(error) = settled {
            tracing::error!(error = %error, invocation = key, "failed to settle an asynchronous invocation");
            return;
        }
    }
}

async fn attempt(account: &Account, queued: &Queued) -> Result<(), Failure> {
    let call = Call {
        service: "lambda",
        operation: "Invoke".to_owned(),
        caller: CALLER.to_owned(),
        function: Some(function_name(&queued.target).to_owned()),
        state: None,
    };
    let passed = match consult(account, &call, Moment::Before).await {
        Err(Spoilt::Forgotten) => return Ok(()),
        passed => passed?,
    };
    let result = run(account, &queued.target, queued.payload.clone(), passed).await;
    if passed == Passed::Twice {
        // The second delivery is the one whose outcome nobody sees.
        drop(run(account, &queued.target, queued.payload.clone(), passed).await);
    }
    consult(account, &call, Moment::After).await?;
    result.map(drop)
}

fn settle(
    account: &Account,
    transaction: &mut Transaction<'_>,
    key: &str,
    mut queued: Queued,
    outcome: Result<(), Failure>,
) -> Result<(), StoreError> {
    let Err(failure) = outcome else {
        transaction.delete(&QUEUE, key);
        return Ok(());
    };
    let delay = match failure {
        Failure::Unknown => None,
        _ => RETRY_DELAYS_SECONDS.get(queued.failed_attempts).copied(),
    };
    let Some(seconds) = delay else {
        tracing::warn!(function = queued.target, error = %failure, "an asynchronous invocation became a dead letter");
        transaction.delete(&QUEUE, key);
        let letter = Undeliverable {
            target: queued.target,
            payload: queued.payload,
            error: failure.to_string(),
        };
        return bury(transaction, &letter);
    };
    let wait = f64::from(seconds) * account.settings.wait_scale;
    queued.failed_attempts += 1;
    queued.due = SignedDuration::try_from_secs_f64(wait)
        .ok()
        .and_then(|wait| now().checked_add(wait).ok())
        .unwrap_or(Timestamp::MAX);
    transaction.put(&QUEUE, key, &queued)
}

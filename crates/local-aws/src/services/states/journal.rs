//! The journal of executions: what a restart goes on from, and what is told about those that have ended.

use asl::{Execution, Status};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::IgnoredAny};

use super::{history, names, notice};
use crate::{
    Account, ServiceError,
    account::now,
    store::{StoreError, Table, Tables, Transaction},
};

/// By ARN.
pub(super) const RECORDS: Table<Record> = Table::new("executions");
/// Those that run, by ARN.
const OPEN: Table<Open> = Table::new("open_executions");
const OPEN_KEYS: Table<IgnoredAny> = Table::new("open_executions");

/// What DescribeExecution tells.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Record {
    /// Counts all executions of the account: their order.
    pub(super) number: u64,
    pub(super) arn: String,
    pub(super) machine_arn: String,
    pub(super) name: String,
    pub(super) status: String,
    pub(super) start: Timestamp,
    pub(super) stop: Option<Timestamp>,
    pub(super) input: String,
    pub(super) output: Option<String>,
    pub(super) error: Option<String>,
    pub(super) cause: Option<String>,
    /// Its machine was deleted: nothing shows it any more, its name stays taken.
    #[serde(default)]
    pub(super) forgotten: bool,
}

/// A running execution as it is taken up again.
#[derive(Serialize, Deserialize)]
pub(super) struct Open {
    pub(super) execution: Execution,
    pub(super) definition_key: String,
    /// How far the execution's clock is ahead of the real one, because its waits were shortened.
    ahead_milliseconds: i64,
}

impl Open {
    pub(super) fn new(execution: Execution, definition_key: String) -> Self {
        Self {
            execution,
            definition_key,
            ahead_milliseconds: 0,
        }
    }

    /// The time as the execution sees it.
    pub(super) fn now(&self) -> Timestamp {
        let now = now();
        let ahead = jiff::SignedDuration::from_millis(self.ahead_milliseconds);
        now.checked_add(ahead).unwrap_or(now)
    }

    /// Sets the execution's clock to `time`, unless it is later already.
    pub(super) fn skip_to(&mut self, time: Timestamp) {
        let missing = time.as_millisecond() - self.now().as_millisecond();
        self.ahead_milliseconds += missing.max(0);
    }
}

impl Record {
    fn close(&mut self, status: &Status) {
        status.word().clone_into(&mut self.status);
        self.stop = Some(now());
        match status {
            Status::Succeeded { output } => self.output = Some(output.to_string()),
            Status::Failed { error, cause } | Status::Aborted { error, cause } => {
                self.error.clone_from(error);
                self.cause.clone_from(cause);
            }
            Status::Running | Status::TimedOut => {}
        }
    }
}

/// Writes down an execution that has just been started.
pub(super) fn open_new(
    account: &Account,
    transaction: &mut Transaction<'_>,
    record: &mut Record,
    mut open: Open,
) -> Result<(), StoreError> {
    transaction.put(&RECORDS, &record.arn, record)?;
    notice::emit(account, transaction, record)?;
    advance(account, transaction, record, &mut open)?;
    Ok(())
}

/// Whether an execution may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Journaled {
    Running,
    /// It has ended: by itself now, or somebody stopped it before.
    Ended,
}

/// Writes down how far an execution has come; at its end also what came of it.
pub(super) fn journal(
    account: &Account,
    transaction: &mut Transaction<'_>,
    arn: &str,
    open: &mut Open,
) -> Result<Journaled, StoreError> {
    let record = transaction
        .get(&RECORDS, arn)
        .filter(|_| transaction.get(&OPEN_KEYS, arn).is_some());
    let Some(mut record) = record else {
        return Ok(Journaled::Ended);
    };
    advance(account, transaction, &mut record, open)
}

fn advance(
    account: &Account,
    transaction: &mut Transaction<'_>,
    record: &mut Record,
    open: &mut Open,
) -> Result<Journaled, StoreError> {
    history::append(transaction, &record.arn, open.execution.drain_history())?;
    if *open.execution.status() == Status::Running {
        transaction.put(&OPEN, &record.arn, open)?;
        return Ok(Journaled::Running);
    }
    record.close(open.execution.status());
    transaction.put(&RECORDS, &record.arn, record)?;
    transaction.delete(&OPEN, &record.arn);
    notice::emit(account, transaction, record)?;
    Ok(Journaled::Ended)
}

/// The ARNs of all running executions.
pub(super) fn running(tables: &Tables) -> Vec<String> {
    let keys = tables.scan(&OPEN_KEYS, "").map(|(arn, _)| arn.to_owned());
    keys.collect()
}

/// A running execution.
pub(super) fn open(tables: &Tables, arn: &str) -> Option<Open> {
    tables.get(&OPEN, arn)
}

/// The execution, or the error that it does not exist.
pub(super) fn get(tables: &Tables, arn: &str) -> Result<Record, ServiceError> {
    let record = tables.get(&RECORDS, arn);
    record.filter(|record| !record.forgotten).ok_or_else(|| {
        ServiceError::client(
            "ExecutionDoesNotExist",
            format!("Execution Does Not Exist: '{arn}'"),
        )
    })
}

/// Stops an execution if it runs; ring `events_bell` and abandon its task afterwards.
pub(super) fn abort(
    account: &Account,
    transaction: &mut Transaction<'_>,
    arn: &str,
    error: Option<String>,
    cause: Option<String>,
) -> Result<(), StoreError> {
    if let Some(mut open) = open(transaction, arn) {
        let now = open.now();
        open.execution.stop(error, cause, now);
        journal(account, transaction, arn, &mut open)?;
    }
    Ok(())
}

/// Aborts all executions of a machine.
pub(super) fn abort_all(
    account: &Account,
    transaction: &mut Transaction<'_>,
    machine: &str,
) -> Result<(), StoreError> {
    let prefix = names::execution_arn(account, machine, "");
    let running = running(transaction);
    for arn in running.iter().filter(|arn| arn.starts_with(&prefix)) {
        abort(account, transaction, arn, None, None)?;
        account.executions.abandon(arn);
    }
    Ok(())
}

/// Forgets all executions of a machine that is gone.
pub(super) fn forget_all(
    account: &Account,
    transaction: &mut Transaction<'_>,
    machine: &str,
) -> Result<(), StoreError> {
    let prefix = names::execution_arn(account, machine, "");
    let records: Vec<Record> = transaction
        .scan(&RECORDS, &prefix)
        .map(|(_, record)| record)
        .collect();
    for record in records {
        let record = Record {
            forgotten: true,
            ..record
        };
        transaction.put(&RECORDS, &record.arn, &record)?;
    }
    Ok(())
}

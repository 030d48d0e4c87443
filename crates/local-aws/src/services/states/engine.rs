//! The engine: every running execution is a task that journals each advance before it acts on the next step.
//!
//! A process killed at any moment finds the execution as it was journaled last: a wait goes on, a function whose answer
//! was not journaled is invoked again, as Lambda itself may do.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use asl::{Invocation, StateMachine, Step};
use jiff::Timestamp;
use tokio::task::{AbortHandle, JoinSet};

use super::{
    journal::{self, Journaled, Open},
    machines, task,
};
use crate::{Account, store::StoreError};

/// The executions that run in this process.
#[derive(Default)]
pub(crate) struct Running {
    tasks: Mutex<HashMap<String, AbortHandle>>,
}

impl Running {
    /// Stops working on an execution.
    pub(super) fn abandon(&self, arn: &str) {
        if let Some(task) = self.lock().remove(arn) {
            task.abort();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, AbortHandle>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes up every running execution, in a task of its own.
pub(super) async fn work(account: Arc<Account>) {
    let mut tasks = JoinSet::new();
    loop {
        while tasks.try_join_next().is_some() {}
        for arn in account.store.read(journal::running) {
            let mut running = account.executions.lock();
            if running.get(&arn).is_none_or(AbortHandle::is_finished) {
                let handle = tasks.spawn(conduct(account.clone(), arn.clone()));
                running.insert(arn, handle);
            }
        }
        account
            .executions
            .lock()
            .retain(|_, task| !task.is_finished());
        account.states_bell.notified().await;
    }
}

async fn conduct(account: Arc<Account>, arn: String) {
    if let Err(error) = run(&account, &arn).await {
        tracing::error!(error = %error, execution.arn = arn, "failed to journal an execution: it waits for a restart");
        // Taking it up again at once would fail again at once.
        std::future::pending::<()>().await;
    }
}

async fn run(account: &Account, arn: &str) -> Result<(), StoreError> {
    let Some(mut open) = account.store.read(|tables| journal::open(tables, arn)) else {
        return Ok(());
    };
    let machine = match machine(account, &open) {
        Ok(machine) => machine,
        Err(cause) => {
            let now = open.now();
            let error = "States.Runtime".to_owned();
            open.execution.stop(Some(error), Some(cause), now);
            save(account, arn, &mut open)?;
            return Ok(());
        }
    };
    let mut random = fastrand::Rng::new();
    loop {
        let now = open.now();
        let step = open.execution.step(&machine, now, &mut random);
        if save(account, arn, &mut open)? == Journaled::Ended {
            return Ok(());
        }
        match step {
            Step::Finished => return Ok(()),
            Step::Wait { until } => {
                let wait = between(now, until).as_secs_f64() * account.settings.wait_scale;
                let wait = Duration::try_from_secs_f64(wait).unwrap_or(Duration::MAX);
                tokio::time::sleep(wait).await;
                open.skip_to(until);
            }
            Step::Invoke(invocation) => perform(account, &mut open, &invocation).await,
        }
    }
}

/// Runs a task until it has a result or its time is up; the function itself is not stopped.
async fn perform(account: &Account, open: &mut Open, invocation: &Invocation) {
    let work = task::perform(account, &open.execution, invocation);
    let result = match invocation.deadline {
        None => Some(work.await),
        Some(deadline) => tokio::time::timeout(between(open.now(), deadline), work)
            .await
            .ok(),
    };
    match (result, invocation.deadline) {
        (Some(result), _) => {
            let now = open.now();
            open.execution.complete(invocation.id, result, now);
        }
        (None, deadline) => open.skip_to(deadline.unwrap_or_else(|| open.now())),
    }
}

fn between(now: Timestamp, later: Timestamp) -> Duration {
    Duration::try_from(later.duration_since(now)).unwrap_or_default()
}

fn machine(account: &Account, open: &Open) -> Result<StateMachine, String> {
    let definition = account
        .store
        .read(|tables| machines::definition(tables, &open.definition_key))
        .ok_or_else(|| format!("the definition `{}` is gone", open.definition_key))?;
    let takes = account.settings.assumptions.all_takes_large_results;
    StateMachine::parse(&definition)
        .map(|machine| machine.with_all_taking_large_results(takes))
        .map_err(|error| error.to_string())
}

fn save(account: &Account, arn: &str, open: &mut Open) -> Result<Journaled, StoreError> {
    let journaled = account
        .store
        .write(|transaction| journal::journal(account, transaction, arn, open))?;
    if journaled == Journaled::Ended {
        account.events_bell.notify_one();
    }
    Ok(journaled)
}

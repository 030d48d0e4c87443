//! The builds of this process: who runs, who waits, and how they are told to end.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use tokio::{
    sync::{Semaphore, watch},
    task::JoinHandle,
};

use super::run;
use crate::Account;

/// What a build is told from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Nothing,
    /// StopBuild: end as STOPPED.
    Stop,
    /// The endpoint ends: end the processes, the next endpoint starts the build again.
    Abandon,
}

struct Handle {
    tell: watch::Sender<Told>,
    task: JoinHandle<()>,
}

/// The builds that run or wait in this process.
#[derive(Default)]
pub(crate) struct Running {
    handles: Mutex<BTreeMap<String, Handle>>,
    slots: OnceLock<Arc<Semaphore>>,
}

impl Running {
    /// How many builds run at once.
    #[allow(
        clippy::unused_self,
        reason = "asked of the builds, wherever the number comes from"
    )]
    pub(super) fn most_at_once(&self, account: &Account) -> usize {
        account.settings.concurrent_builds.max(1)
    }

    /// A place to run in; places are given in the order in which they are asked for.
    pub(super) fn slots(&self, account: &Account) -> Arc<Semaphore> {
        let slots = self
            .slots
            .get_or_init(|| Arc::new(Semaphore::new(self.most_at_once(account))));
        Arc::clone(slots)
    }

    /// Sets a journaled build going.
    pub(super) fn launch(&self, account: &Arc<Account>, id: &str) {
        let (tell, told) = watch::channel(Told::Nothing);
        let mut handles = self.handles();
        let task = tokio::spawn({
            let account = Arc::clone(account);
            let id = id.to_owned();
            async move {
                run::run(&account, &id, told).await;
                account.builds.handles().remove(&id);
            }
        });
        handles.insert(id.to_owned(), Handle { tell, task });
    }

    /// Tells a build to stop, if it is one of ours.
    pub(super) fn stop(&self, id: &str) {
        if let Some(handle) = self.handles().get(id) {
            handle.tell.send_replace(Told::Stop);
        }
    }

    /// Ends the processes of all builds and waits until they are gone.
    pub(super) async fn abandon(&self) {
        let handles = std::mem::take(&mut *self.handles());
        for handle in handles.values() {
            handle.tell.send_replace(Told::Abandon);
        }
        for (id, handle) in handles {
            if let Err(error) = handle.task.await {
                tracing::error!(build = %id, error = %error, "a build ended abnormally");
            }
        }
    }

    fn handles(&self) -> MutexGuard<'_, BTreeMap<String, Handle>> {
        self.handles.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

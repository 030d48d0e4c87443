//! The builds of this process: who runs, who waits, and how they are told to end.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    task::{Context, Waker},
};

use futures::{
    FutureExt as _,
    future::{BoxFuture, MaybeDone, maybe_done},
};
use tokio::{
    sync::{AcquireError, OwnedSemaphorePermit, Semaphore, watch},
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

/// A place to run in: awaited, it is a build's turn; dropped, it is the next one's.
pub(super) type Place = MaybeDone<BoxFuture<'static, Result<OwnedSemaphorePermit, AcquireError>>>;

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

    /// Sets a journaled build going. Builds get their places in the order of these calls.
    pub(super) fn launch(&self, account: &Arc<Account>, id: &str) {
        let (tell, told) = watch::channel(Told::Nothing);
        let mut handles = self.handles();
        let place = self.queue_up(account);
        let task = tokio::spawn({
            let account = Arc::clone(account);
            let id = id.to_owned();
            async move {
                run::run(&account, &id, told, place).await;
                account.builds.handles().remove(&id);
            }
        });
        handles.insert(id.to_owned(), Handle { tell, task });
    }

    /// Takes a place at the end of the queue, which a task that is only spawned would do some time later.
    fn queue_up(&self, account: &Account) -> Place {
        let slots = self
            .slots
            .get_or_init(|| Arc::new(Semaphore::new(self.most_at_once(account))));
        let mut place = maybe_done(Arc::clone(slots).acquire_owned().boxed());
        // Whoever awaits the place will ask again with a waker of its own.
        let mut nobody = Context::from_waker(Waker::noop());
        let _ready = Pin::new(&mut place).poll(&mut nobody);
        place
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

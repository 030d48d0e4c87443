//! What the stories of functions, rules and machines share: lives of an account, functions that remember.

use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use futures::{FutureExt, future::BoxFuture};
use serde_json::Value;

use crate::{Account, Call, FunctionError, FunctionHandler, Interference, Moment, Settings};

/// One life of the endpoint's process over `directory`: afterwards its tasks are gone without a goodbye, as after a SIGKILL.
pub(crate) fn live<R>(
    directory: &Path,
    wait_scale: f64,
    story: impl AsyncFnOnce(Arc<Account>) -> R,
) -> R {
    let settings = Settings {
        wait_scale,
        ..Settings::new(directory)
    };
    live_with(settings, story)
}

/// As [`live`], under any settings.
pub(crate) fn live_with<R>(settings: Settings, story: impl AsyncFnOnce(Arc<Account>) -> R) -> R {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async { story(Account::open(settings).await.unwrap()).await })
}

/// Waits until `answer` has one.
pub(crate) async fn eventually<T>(mut answer: impl FnMut() -> Option<T>) -> T {
    let patience = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(answer) = answer() {
            return answer;
        }
        assert!(Instant::now() < patience, "it did not happen in 20 seconds");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// The payloads that a function was invoked with.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Vec<Value>>>);

impl Seen {
    pub(crate) fn payloads(&self) -> Vec<Value> {
        self.0.lock().unwrap().clone()
    }

    /// Once there are `count` payloads, all of them.
    pub(crate) async fn at_least(&self, count: usize) -> Vec<Value> {
        eventually(|| Some(self.payloads()).filter(|payloads| payloads.len() >= count)).await
    }

    fn remember(&self, payload: &Value) -> usize {
        let mut payloads = self.0.lock().unwrap();
        payloads.push(payload.clone());
        payloads.len()
    }

    /// A function that remembers its payload and answers with what `body` makes of it and of the count of payloads so far.
    pub(crate) fn function(
        &self,
        body: impl Fn(Value, usize) -> Result<Value, FunctionError> + Send + Sync + 'static,
    ) -> FunctionHandler {
        let seen = self.clone();
        let body = Arc::new(body);
        Arc::new(move |payload: Value| {
            let (seen, body) = (seen.clone(), body.clone());
            async move {
                let count = seen.remember(&payload);
                body(payload, count)
            }
            .boxed()
        })
    }

    /// A function that remembers its payload and never answers.
    pub(crate) fn hanging_function(&self) -> FunctionHandler {
        let seen = self.clone();
        Arc::new(move |payload: Value| {
            seen.remember(&payload);
            std::future::pending().boxed()
        })
    }
}

pub(crate) fn failure(error_type: &str, error_message: &str) -> FunctionError {
    FunctionError {
        error_type: error_type.to_owned(),
        error_message: error_message.to_owned(),
    }
}

/// An observer that spoils the invocations `spoil` names; it is told how many moments of invocations went before.
pub(crate) fn spoiling(
    account: &Account,
    spoil: impl Fn(&Call, Moment, usize) -> Interference + Send + Sync + 'static,
) {
    let moments = std::sync::atomic::AtomicUsize::new(0);
    account.observe(Arc::new(move |call: Call, moment| {
        let before = moments.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let interference = spoil(&call, moment, before);
        let answer: BoxFuture<'static, Interference> = async move { interference }.boxed();
        answer
    }));
}

//! Calls that are refused for a while.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use local_aws::{Call, Interference, Moment, Observer, ServiceError};

use crate::Stage;

/// Trouble that lasts until it is over.
#[derive(Clone, Default)]
pub struct Trouble {
    over: Arc<AtomicBool>,
}

impl Trouble {
    /// Every call that `meets` is refused with the error.
    pub fn begin(
        stage: &Stage,
        code: &'static str,
        meets: impl Fn(&Call) -> bool + Send + Sync + 'static,
    ) -> Self {
        let trouble = Self::default();
        let over = trouble.over.clone();
        let observer: Observer = Arc::new(move |call, moment| {
            let refuse = moment == Moment::Before && meets(&call) && !over.load(Ordering::SeqCst);
            Box::pin(async move {
                if refuse {
                    Interference::Fail(ServiceError::client(code, "there is trouble"))
                } else {
                    Interference::Pass
                }
            })
        });
        stage.system.account().observe(observer);
        trouble
    }

    /// Nothing is refused any more.
    pub fn end(&self) {
        self.over.store(true, Ordering::SeqCst);
    }
}

/// Whether an event is brought to the router: refused with AccessDeniedException it is lost for good.
pub fn is_delivery(call: &Call) -> bool {
    call.caller == "events.amazonaws.com"
}

//! Clients that are made when they are first used. Making one costs every cold start, and few events need all.

use std::{
    fmt,
    ops::Deref,
    sync::{Arc, LazyLock},
};

type Make<C> = Box<dyn FnOnce() -> C + Send>;

/// A client of one service.
pub(crate) struct Lazy<C>(Arc<LazyLock<C, Make<C>>>);

impl<C> Lazy<C> {
    /// A client that `make` makes.
    pub(crate) fn new(make: impl FnOnce() -> C + Send + 'static) -> Self {
        Self(Arc::new(LazyLock::new(Box::new(make))))
    }

    /// Makes it now. Not a method: those are the client's.
    pub(crate) fn prepare(this: &Self) {
        LazyLock::force(&this.0);
    }
}

impl<C> Clone for Lazy<C> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<C> Deref for Lazy<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.0
    }
}

impl<C> fmt::Debug for Lazy<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Lazy")
    }
}

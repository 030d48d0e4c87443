//! Suites within suites: a case bears the names of all around it.

use std::sync::Arc;

use crate::limits::NAME_BYTES;
use crate::text::clip;

const SEPARATOR: &str = " > ";

/// The suites that are open.
#[derive(Default)]
pub(crate) struct Suites {
    open: Vec<Suite>,
    /// The name outside of all.
    none: Arc<str>,
}

struct Suite {
    /// Its own name after those of the suites around it.
    name: Arc<str>,
    file: Option<String>,
}

impl Suites {
    /// Opens a suite and returns its whole name; `file` is that of its cases, if none is known of the suites around.
    pub(crate) fn open(&mut self, own: &str, file: Option<String>) -> &str {
        let outer = self.name();
        let name: Arc<str> = match (outer.is_empty(), own.is_empty()) {
            (true, _) => own.into(),
            (false, true) => outer.clone(),
            (false, false) => clip(format!("{outer}{SEPARATOR}{own}").into(), NAME_BYTES).into(),
        };
        let file = file.or_else(|| self.file().map(str::to_owned));
        self.open.push(Suite { name, file });
        self.name()
    }

    /// Closes the innermost.
    pub(crate) fn close(&mut self) {
        self.open.pop();
    }

    /// The whole name of the innermost, empty outside of all.
    pub(crate) fn name(&self) -> &Arc<str> {
        self.open.last().map_or(&self.none, |suite| &suite.name)
    }

    /// The file of the innermost.
    pub(crate) fn file(&self) -> Option<&str> {
        self.open.last()?.file.as_deref()
    }
}

/// A text that is often the one before: then it is shared.
#[derive(Default)]
pub(crate) struct Recurring(Arc<str>);

impl Recurring {
    pub(crate) fn share(&mut self, text: &str) -> Arc<str> {
        if *self.0 != *text {
            self.0 = text.into();
        }
        self.0.clone()
    }
}

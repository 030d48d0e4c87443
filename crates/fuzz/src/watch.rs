//! A look at the clock while a reader works: one that hangs cannot say so itself.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// No input of a few hundred kilobytes takes so long, even on a busy machine.
const HANG: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(200);

/// The input that is being read, and since when; `None` at the end.
type Current = Arc<Mutex<Option<(Instant, Vec<u8>)>>>;

pub(crate) struct Watch {
    current: Current,
}

impl Watch {
    pub(crate) fn start(folder: &Path) -> Self {
        let current: Current = Arc::new(Mutex::new(Some((Instant::now(), Vec::new()))));
        let (seen, folder) = (Arc::clone(&current), folder.to_owned());
        thread::spawn(move || look(&seen, &folder));
        Self { current }
    }

    pub(crate) fn at(&self, input: &[u8]) {
        self.set(Some((Instant::now(), input.to_vec())));
    }

    pub(crate) fn end(&self) {
        self.set(None);
    }

    fn set(&self, value: Option<(Instant, Vec<u8>)>) {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = value;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.end();
    }
}

/// Ends the process if an input takes too long: nothing else ends a loop.
fn look(current: &Current, folder: &Path) {
    loop {
        thread::sleep(PAUSE);
        let current = current.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((since, input)) = current.as_ref() else {
            return;
        };
        if since.elapsed() > HANG {
            let path = crate::keep(folder, input);
            eprintln!("an input hangs its reader, kept as {}", path.display());
            std::process::abort();
        }
    }
}

//! Where a user's state is kept between two commands.

use std::{fs, path::PathBuf};

use crate::terminal;

/// `$XDG_STATE_HOME/mergegate`, or `~/.local/state/mergegate`; `None` for a user without a home.
pub(crate) fn directory() -> Option<PathBuf> {
    let directory = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let state =
        directory("XDG_STATE_HOME").or_else(|| Some(directory("HOME")?.join(".local/state")));
    Some(state?.join("mergegate"))
}

/// Says, the first time a user builds something here, under whose rights that happens.
pub(crate) fn say_once_that_builds_are_not_sandboxed() {
    if directory().is_none_or(|state| is_first(state, "told-that-builds-are-not-sandboxed")) {
        terminal::say(&format!(
            "{} builds run on this machine as you, without a sandbox; this is said once",
            terminal::bold("note:")
        ));
    }
}

/// Whether no file of this name was there; it is now. Where none can be written, it is the first time each time.
fn is_first(state: PathBuf, name: &str) -> bool {
    let file = state.join(name);
    if file.exists() {
        return false;
    }
    let _unwritten = fs::create_dir_all(state).and_then(|()| fs::write(file, ""));
    true
}

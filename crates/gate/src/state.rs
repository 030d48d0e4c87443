//! Where a user's state is kept between two commands.

use std::path::PathBuf;

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

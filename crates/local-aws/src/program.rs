//! Where programs are. With an absolute path and an environment of its own a child is spawned; by its bare name it would be
//! forked, which copies the tables of this process's whole memory for each of many short calls.

use std::{
    env,
    ffi::OsStr,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// The first `git` on the PATH that this process began with.
pub(crate) fn git() -> &'static Path {
    static GIT: OnceLock<PathBuf> = OnceLock::new();
    GIT.get_or_init(|| find("git", &env::var_os("PATH").unwrap_or_default()))
}

/// The first program of this name on a PATH; the bare name if there is none, so that starting it says what is wrong.
pub(crate) fn find(name: &str, path: &OsStr) -> PathBuf {
    let places = env::split_paths(path).map(|folder| folder.join(name));
    let mut found = places.filter(|place| place.is_absolute() && is_executable(place));
    found.next().unwrap_or_else(|| PathBuf::from(name))
}

fn is_executable(place: &Path) -> bool {
    let metadata = place.metadata();
    metadata.is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

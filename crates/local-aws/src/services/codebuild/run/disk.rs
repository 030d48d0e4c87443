//! The disk that a build may use, and how its folder goes.
//!
//! A build that fills the disk takes the endpoint's journal with it. So its folder is measured while it runs, and the rest
//! of the file system as well, since a process can write anywhere its user can.

use std::{
    fmt,
    fs::{self, Permissions},
    io,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use nix::sys::statvfs::statvfs;
use tokio::time::sleep;

use crate::Account;

/// The shortest pause between two measurements.
const PAUSE: Duration = Duration::from_millis(500);
/// Measuring takes at most one part in so many of the time.
const SHARE: u32 = 20;
/// What `st_blocks` counts in (POSIX leaves it open, every Unix has 512).
const BLOCK: u64 = 512;

/// How much a build may write.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    most_bytes: u64,
    reserve_bytes: u64,
}

impl Limits {
    pub(super) fn of(account: &Account) -> Self {
        Self {
            most_bytes: account.settings.build_disk_bytes,
            reserve_bytes: account.settings.disk_reserve_bytes,
        }
    }

    /// Whether the folder holds too much, or the disk around it too little.
    fn are_broken(self, folder: &Path) -> bool {
        size(folder) > self.most_bytes || free(folder) < self.reserve_bytes
    }
}

impl fmt::Display for Limits {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "The build used more disk than this endpoint allows: at most {} MiB in its folder, and {} MiB stay free.",
            self.most_bytes >> 20,
            self.reserve_bytes >> 20
        )
    }
}

/// Waits until a build has used more disk than it may.
pub(super) async fn fills_up(folder: PathBuf, limits: Limits) {
    let mut pause = PAUSE;
    loop {
        sleep(pause).await;
        let begin = Instant::now();
        let folder = folder.clone();
        let measured = tokio::task::spawn_blocking(move || limits.are_broken(&folder));
        if measured.await.unwrap_or(false) {
            return;
        }
        pause = PAUSE.max(begin.elapsed() * SHARE);
    }
}

/// What the files below a folder take of the disk. What vanishes or is too deep meanwhile counts for nothing.
fn size(folder: &Path) -> u64 {
    let mut folders = vec![folder.to_owned()];
    let mut bytes = 0_u64;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            bytes = bytes.saturating_add(metadata.blocks().saturating_mul(BLOCK));
            if metadata.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    bytes
}

/// What is left for programs on the disk of a folder; a folder that is not there has a whole disk.
#[allow(
    clippy::useless_conversion,
    reason = "some systems count blocks in 32 bits"
)]
fn free(folder: &Path) -> u64 {
    let Ok(disk) = statvfs(folder) else {
        return u64::MAX;
    };
    u64::from(disk.blocks_available()).saturating_mul(u64::from(disk.fragment_size()))
}

/// Removes a folder, also one that a build has made read-only in parts or nested deeper than any stack: whatever is a
/// folder in a folder is lifted to the top first.
pub(super) fn remove_whole(folder: &Path) -> io::Result<()> {
    let mut lifted = Vec::new();
    match empty(folder, folder, &mut lifted) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    }
    while let Some(inner) = lifted.pop() {
        empty(&inner, folder, &mut lifted)?;
        fs::remove_dir(&inner)?;
    }
    fs::remove_dir(folder)
}

/// Removes the files of `folder` and moves its folders up to `top`.
fn empty(folder: &Path, top: &Path, lifted: &mut Vec<PathBuf>) -> io::Result<()> {
    let writable = || Permissions::from_mode(0o700);
    fs::set_permissions(folder, writable())?;
    let entries: Vec<_> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    for entry in entries {
        if !entry.file_type()?.is_dir() {
            fs::remove_file(entry.path())?;
            continue;
        }
        // A folder that changes its place is written to.
        fs::set_permissions(entry.path(), writable())?;
        let place = top.join(format!("{:032x}", fastrand::u128(..)));
        fs::rename(entry.path(), &place)?;
        lifted.push(place);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_goes_whatever_a_build_did_to_it() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("build");
        fs::create_dir_all(folder.join("locked/inner")).unwrap();
        fs::write(folder.join("locked/inner/file"), "x").unwrap();
        fs::set_permissions(folder.join("locked/inner"), Permissions::from_mode(0o500)).unwrap();
        fs::set_permissions(folder.join("locked"), Permissions::from_mode(0o000)).unwrap();
        let outside = place.path().join("outside");
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("kept"), "x").unwrap();
        std::os::unix::fs::symlink(&outside, folder.join("link")).unwrap();
        remove_whole(&folder).unwrap();
        assert!(!folder.exists());
        assert!(outside.join("kept").exists(), "a link was followed");
        remove_whole(&folder).unwrap();
    }

    #[test]
    fn a_folder_is_as_large_as_what_is_in_it() {
        let place = tempfile::tempdir().unwrap();
        assert_eq!(size(place.path()), 0);
        fs::create_dir(place.path().join("inner")).unwrap();
        fs::write(place.path().join("inner/file"), vec![1; 1 << 20]).unwrap();
        assert!(size(place.path()) >= 1 << 20);
        assert!(free(place.path()) > 0);
    }
}

//! Blind fuzzing for tests: known inputs, mutated, until one breaks what reads them.
//!
//! Every target has a folder of its corpus: what a reader must take, what it must refuse, and every input that once broke
//! it. The usual run replays the corpus and tries some hundred mutations from a fixed seed. With `MERGEGATE_LONG=1` it
//! searches for ten minutes per target, with `MERGEGATE_FUZZ_SECONDS` for as many seconds. An input that breaks the
//! reader is written into the corpus, and the test fails with its name.
//!
//! Mutations are blind, since coverage-guided fuzzing needs a nightly compiler.

#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "for tests only, which may panic"
)]

mod mutate;
mod rules;
mod watch;

use std::{
    env, fs,
    panic::{RefUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

pub use mutate::Mutator;
pub use rules::rule_files;
use watch::Watch;

/// Mutations that the usual run tries.
const USUAL: u32 = 400;

/// Plays the corpus in `folder` through `reader` and searches on from there. `pieces` are texts that mean something to the
/// reader; `reader` panics when a promise is broken.
pub fn search(
    folder: &Path,
    pieces: &'static [&'static str],
    reader: impl Fn(&[u8]) + RefUnwindSafe,
) {
    let corpus = corpus(folder);
    let watch = Watch::start(folder);
    for (path, input) in &corpus {
        watch.at(input);
        let survived = catch_unwind(|| reader(input)).is_ok();
        assert!(survived, "{} breaks its reader", path.display());
    }
    let seeds: Vec<Vec<u8>> = corpus.into_iter().map(|(_, input)| input).collect();
    let time = search_time();
    let seed = if time.is_some() { fastrand::u64(..) } else { 1 };
    let mut mutator = Mutator::new(&seeds, pieces, seed);
    let begin = Instant::now();
    let mut tried = 0;
    while time.map_or(tried < USUAL, |time| begin.elapsed() < time) {
        let input = mutator.next_input();
        tried += 1;
        watch.at(&input);
        let survived = catch_unwind(|| reader(&input)).is_ok();
        assert!(survived, "kept as {}", keep(folder, &input).display());
    }
    watch.end();
    let name = folder.file_name().unwrap_or_default().display();
    println!("{name}: {tried} inputs in {} s", begin.elapsed().as_secs());
}

/// How long to search; `None` in the usual run.
pub fn search_time() -> Option<Duration> {
    match env::var("MERGEGATE_FUZZ_SECONDS") {
        Ok(seconds) => {
            let seconds = seconds.parse().expect("MERGEGATE_FUZZ_SECONDS is a number");
            Some(Duration::from_secs(seconds))
        }
        Err(_) => env::var_os("MERGEGATE_LONG").map(|_| Duration::from_mins(10)),
    }
}

/// The files of a corpus, by name.
fn corpus(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(folder);
    let entries = entries.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry of the corpus").path())
        .map(|path| {
            let input = fs::read(&path).expect("a file of the corpus");
            (path, input)
        })
        .collect();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    files.sort();
    files
}

/// Writes an input into the corpus.
fn keep(folder: &Path, input: &[u8]) -> PathBuf {
    let path = folder.join(format!("broke-{:08x}", fastrand::u32(..)));
    fs::write(&path, input).expect("the corpus can be written");
    path
}

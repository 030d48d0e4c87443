//! Reports of real tools, mutated: no input makes a reader panic, hang or grow.
//!
//! The usual run tries a few hundred mutations of each report from a fixed seed, and replays `regressions`, where every
//! input that once broke a reader is kept. `MERGEGATE_LONG=1` searches for ten minutes per format
//! (`MERGEGATE_FUZZ_SECONDS` for another time, `MERGEGATE_FUZZ_FORMAT=LCOV` for one format):
//!
//! ```text
//! MERGEGATE_LONG=1 cargo test --release -p test-reports --test fuzz -- --nocapture
//! ```
//!
//! Mutations are blind, since coverage-guided fuzzing needs a nightly compiler.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fuzz::Mutator;
use test_reports::{Case, FileCoverage, ReadError, Sink, detect, read};

/// No input of a few hundred kilobytes takes so long, even on a busy machine.
const HANG: Duration = Duration::from_secs(10);

/// What a process that reads such inputs needs at most, in bytes.
const MOST_MEMORY: usize = 96 * 1024 * 1024;

/// Texts that mean something to one reader or another.
const PIECES: [&str; 44] = [
    "<",
    ">",
    "/>",
    "</",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<!DOCTYPE a [<!ENTITY b 'c'>",
    "]>",
    "<?xml encoding='utf-16'?>",
    "&amp;",
    "&#0;",
    "&#x10FFFF;",
    "&",
    "\"",
    "'",
    "=",
    "\r",
    "\r\n",
    "\n",
    "\u{feff}",
    "\u{202e}",
    "🐢",
    "\0",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\\u",
    "\\ud83d",
    "\\",
    "null",
    "-1",
    "1e999",
    "99999999999999999999",
    "4000001",
    "DA:",
    "SF:a\n",
    "end_of_record\n",
    "<testsuite>",
    "<testcase/>",
];

/// Keeps nothing, and checks what every reader promises.
#[derive(Default)]
struct Critic {
    cases: u64,
}

impl Sink for Critic {
    fn suite(&mut self, _: &str) {}

    fn case(&mut self, case: Case) {
        self.cases += 1;
        assert!(!case.name.is_empty(), "a case has no name");
        assert_ne!(case.line, Some(0), "lines count from 1");
    }

    fn file_coverage(&mut self, file: FileCoverage) {
        assert!(file.lines_covered <= file.lines_total || file.lines_total == 0);
    }
}

/// Reads `input`; fails if it takes too long or a promise is broken.
fn try_out(input: &[u8]) {
    let begin = Instant::now();
    let result: Result<_, ReadError> = read(input, &mut Critic::default());
    if let Err(error) = result {
        assert!(error.line > 0 && error.column > 0 && !error.message.is_empty());
    }
    assert!(begin.elapsed() < HANG, "it took {:?}", begin.elapsed());
}

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Every report of the corpus, by format.
fn seeds() -> BTreeMap<String, Vec<Vec<u8>>> {
    let mut seeds: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for tool in fs::read_dir(folder("../../tests/fixtures/reports")).unwrap() {
        let tool = tool.unwrap().path();
        for file in fs::read_dir(&tool).into_iter().flatten() {
            let file = file.unwrap().path();
            let report = fs::read(&file).unwrap_or_default();
            if let Ok(format) = detect(report.as_slice()) {
                seeds.entry(format.to_string()).or_default().push(report);
            }
        }
    }
    assert_eq!(
        seeds.len(),
        11,
        "a format has no report: {:?}",
        seeds.keys()
    );
    for reports in seeds.values_mut() {
        reports.sort();
    }
    seeds
}

#[test]
fn mutated_reports_break_no_reader() {
    for (format, seeds) in seeds() {
        let mut mutator = Mutator::new(&seeds, &PIECES, 1);
        for _ in 0..300 {
            let input = mutator.next_input();
            survives(&format, &input);
        }
    }
}

#[test]
fn what_once_broke_a_reader_does_so_no_more() {
    for file in fs::read_dir(folder("tests/fuzz/regressions")).unwrap() {
        try_out(&fs::read(file.unwrap().path()).unwrap());
    }
}

#[test]
fn a_long_search_finds_nothing() {
    if std::env::var_os("MERGEGATE_LONG").is_none() {
        eprintln!("not run: a search of ten minutes per format, only with MERGEGATE_LONG=1");
        return;
    }
    let seconds = std::env::var("MERGEGATE_FUZZ_SECONDS");
    let seconds = seconds.map_or(600, |seconds| seconds.parse().unwrap());
    let only = std::env::var("MERGEGATE_FUZZ_FORMAT").ok();
    for (format, seeds) in seeds() {
        if only.as_ref().is_some_and(|only| *only != format) {
            continue;
        }
        let end = Instant::now() + Duration::from_secs(seconds);
        let mut mutator = Mutator::new(&seeds, &PIECES, fastrand::u64(..));
        let (mut inputs, mut bytes) = (0_u64, 0);
        while Instant::now() < end {
            let input = mutator.next_input();
            inputs += 1;
            bytes += input.len();
            survives(&format, &input);
        }
        let megabytes = bytes / 1_000_000;
        let memory = peak_memory();
        println!(
            "{format}: {inputs} inputs, {megabytes} MB in {seconds} s; peak memory {memory} bytes"
        );
        assert!(
            memory < MOST_MEMORY,
            "{format}: memory grew to {memory} bytes"
        );
    }
}

/// Tries `input` out; fails, and keeps it, if it breaks the reader.
fn survives(format: &str, input: &[u8]) {
    let survived = catch_unwind(|| try_out(input)).is_ok();
    assert!(survived, "{format}: kept as {}", keep(format, input));
}

fn keep(format: &str, input: &[u8]) -> String {
    let name = format!("{}-{}.bin", format.replace('.', "-"), fastrand::u32(..));
    let path = folder("tests/fuzz/regressions").join(&name);
    fs::write(path, input).unwrap();
    name
}

/// The most memory that this process ever held, in bytes; 0 where the system does not say.
fn peak_memory() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| {
        line.trim()
            .trim_end_matches("kB")
            .trim()
            .parse::<usize>()
            .ok()
    });
    kilobytes.unwrap_or_default() * 1024
}

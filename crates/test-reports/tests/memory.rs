//! A report's size is not the reader's. Alone in its process, because it measures the process.
#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(target_os = "linux")]

#[path = "reports/endless.rs"]
mod endless;

use std::time::Instant;

use endless::endless;
use test_reports::limits::{CUT_MARK, TEXT_BYTES};
use test_reports::{Case, FileCoverage, Sink, parse, read};

const MEBIBYTE: usize = 1024 * 1024;

/// The most memory that this process ever held, in bytes.
fn peak_memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    line.trim()
        .trim_end_matches("kB")
        .trim()
        .parse::<usize>()
        .unwrap()
        * 1024
}

/// Counts cases and keeps none.
struct Count(u64);

impl Sink for Count {
    fn suite(&mut self, _: &str) {}

    fn case(&mut self, _: Case) {
        self.0 += 1;
    }

    fn file_coverage(&mut self, _: FileCoverage) {}
}

#[test]
fn a_gigabyte_is_read_in_twenty_megabytes() {
    if std::env::var_os("MERGEGATE_LONG").is_none() {
        eprintln!("not run: a gigabyte of cases, only with MERGEGATE_LONG=1");
        return;
    }
    let case = "<testcase classname='shop.Basket' name='takes a price &amp; gives change' time='0.001'>\
                <failure message='no'>at shop.Basket.total(Basket.java:42)\n</failure></testcase>\n";
    let cases = 1_000_000_000 / case.len();
    let begin = Instant::now();
    let mut count = Count(0);
    read(
        endless(
            "<testsuite name='s'>",
            case,
            cases * case.len(),
            "</testsuite>",
        ),
        &mut count,
    )
    .unwrap();
    let (memory, time) = (peak_memory(), begin.elapsed());
    println!("{cases} cases, 1 GB: {memory} bytes at most, {time:?}");
    assert_eq!(count.0, cases as u64);
    assert!(memory < 20 * MEBIBYTE, "it took {memory} bytes");
}

#[test]
fn a_huge_text_does_not_grow_memory() {
    let before = peak_memory();
    for (open, piece, close) in [
        ("<failure>", "ein größerer Text ]] ]> ", "</failure>"),
        (
            "<failure><![CDATA[",
            "<b>größer</b> ]] ]> &amp; ",
            "]]></failure>",
        ),
        ("<failure>", "many words and one &amp; ", "</failure>"),
        ("<system-out><![CDATA[", "noise\n", "]]></system-out>"),
    ] {
        let head = format!("<testsuite name='s'><testcase name='n'>{open}");
        let tail = format!("{close}</testcase>\n<testcase name='last'/></testsuite>");
        let report = parse(endless(&head, piece, 4 * MEBIBYTE, &tail)).unwrap();
        assert_eq!(report.cases[1].name, "last", "{open}");
        if let Some(details) = &report.cases[0].details {
            assert!(
                details.len() <= TEXT_BYTES + CUT_MARK.len() && details.ends_with(CUT_MARK),
                "{open}"
            );
        }
    }
    let grown = peak_memory().saturating_sub(before);
    assert!(grown < 4 * MEBIBYTE, "memory grew by {grown} bytes");
}

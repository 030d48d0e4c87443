//! How fast 25 MB of JUnit XML become a model: ours, the two Rust readers on crates.io that build a full model, and
//! Python's junitparser (once, where `python3` has it). All take the document from memory, except Python's.
//!
//! `MERGEGATE_PYTHON` names another interpreter.

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Write as _;
use std::process::Command;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const BYTES: usize = 25_000_000;

/// A report as large suites write it: one case of thirty fails with a trace, one of forty is skipped, one of fifty
/// prints something.
fn document() -> String {
    let mut suites = String::new();
    let mut number = 0_u32;
    while suites.len() < BYTES {
        suite(&mut suites, &mut number);
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"all\">\n{suites}</testsuites>\n"
    )
}

fn suite(text: &mut String, number: &mut u32) {
    let suite = *number / 50;
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "  <testsuite name=\"com.example.shop.Basket{suite}Test\" tests=\"50\" failures=\"2\" errors=\"0\" skipped=\"1\" time=\"1.234\">"
    );
    for _ in 0..50 {
        case(text, *number);
        *number += 1;
    }
    text.push_str("  </testsuite>\n");
}

fn case(text: &mut String, number: u32) {
    let suite = number / 50;
    let _ = write!(
        text,
        "    <testcase name=\"takes a price of {number} &amp; gives change\" classname=\"com.example.shop.Basket{suite}Test\" time=\"0.0{number}\""
    );
    let rest = match number {
        failed if failed % 30 == 7 => failure(failed),
        skipped if skipped % 40 == 9 => {
            ">\n      <skipped message=\"no printer\"/>\n    </testcase>\n".to_owned()
        }
        printed if printed % 50 == 11 => format!(
            ">\n      <system-out><![CDATA[{}]]></system-out>\n    </testcase>\n",
            "INFO  com.example.shop - a line of a log, größer than it needs to be\n".repeat(20)
        ),
        _ => "/>\n".to_owned(),
    };
    text.push_str(&rest);
}

fn failure(number: u32) -> String {
    let trace = "\tat com.example.shop.Basket.total(Basket.java:42)\n".repeat(30);
    format!(
        ">\n      <failure message=\"expected: &lt;{number}&gt; but was: &lt;0&gt;\" type=\"org.opentest4j.AssertionFailedError\">org.opentest4j.AssertionFailedError: expected: &lt;{number}&gt; but was: &lt;0&gt;\n{trace}</failure>\n    </testcase>\n"
    )
}

fn junit(criterion: &mut Criterion) {
    let document = document();
    let cases = document.matches("<testcase ").count();
    println!("{} bytes, {cases} cases", document.len());
    let mut group = criterion.benchmark_group("junit");
    group.throughput(Throughput::Bytes(document.len() as u64));
    group.sample_size(10);
    group.measurement_time(Duration::from_secs(8));
    group.bench_function("test-reports", |bencher| {
        bencher.iter(|| test_reports::parse(black_box(document.as_bytes())));
    });
    group.bench_function("quick-junit", |bencher| {
        bencher.iter(|| quick_junit::Report::deserialize(black_box(document.as_bytes())));
    });
    group.bench_function("junit-parser", |bencher| {
        bencher.iter(|| junit_parser::from_reader(black_box(document.as_bytes())));
    });
    group.finish();
    compare(&document, cases);
    python(&document);
}

/// Nobody is fast by reading less.
fn compare(document: &str, cases: usize) {
    let ours = test_reports::parse(document.as_bytes()).map(|report| report.cases.len());
    let theirs = quick_junit::Report::deserialize(document.as_bytes()).map(|report| {
        report
            .test_suites
            .iter()
            .map(|suite| suite.test_cases.len())
            .sum::<usize>()
    });
    let others = junit_parser::from_reader(document.as_bytes()).map(|report| {
        report
            .suites
            .iter()
            .map(|suite| suite.cases.len())
            .sum::<usize>()
    });
    println!(
        "cases read: ours {ours:?}, quick-junit {theirs:?}, junit-parser {others:?} of {cases}"
    );
}

const PYTHON: &str = r"
import sys, time
from junitparser import JUnitXml
best = None
for _ in range(3):
    begin = time.perf_counter()
    report = JUnitXml.fromfile(sys.argv[1])
    parsed = time.perf_counter() - begin
    seen = [(case.name, case.classname, case.time, case.result) for suite in report for case in suite]
    whole = time.perf_counter() - begin
    best = min(best or (parsed, whole), (parsed, whole))
print(f'junitparser: {len(seen)} cases; {best[0]:.3f} s to the tree, {best[1]:.3f} s with every case looked at')
";

fn python(document: &str) {
    let interpreter = std::env::var("MERGEGATE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let path = std::env::temp_dir().join(format!("mergegate-junit-{}.xml", std::process::id()));
    let written =
        std::fs::File::create(&path).and_then(|mut file| file.write_all(document.as_bytes()));
    let output = Command::new(interpreter)
        .arg("-c")
        .arg(PYTHON)
        .arg(&path)
        .output();
    match (written, output) {
        (Ok(()), Ok(output)) if output.status.success() => {
            print!("{}", String::from_utf8_lossy(&output.stdout));
        }
        _ => println!("junitparser: NOT MEASURED, this python3 does not have it"),
    }
    // It is in the folder of temporary files; one that stays behind does no harm.
    let _ = std::fs::remove_file(&path);
}

criterion_group!(benches, junit);
criterion_main!(benches);

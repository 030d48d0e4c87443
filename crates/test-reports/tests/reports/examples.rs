//! The reports that the projects in `examples/` wrote, as they are and with `failing.patch`.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use test_reports::{Case, Report, Summary};

fn fixture(name: &str) -> BufReader<File> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name);
    BufReader::new(File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

fn read(name: &str) -> Report {
    test_reports::parse(fixture(name)).unwrap()
}

/// Tests, passed, skipped, failed.
fn figures(report: &Report) -> (u64, u64, u64, u64) {
    let counts = &report.counts;
    (counts.tests, counts.passed, counts.skipped, counts.failed)
}

fn failures(report: &Report) -> Vec<&Case> {
    report
        .cases
        .iter()
        .filter(|case| case.outcome.is_failure())
        .collect()
}

#[test]
fn python_unittest() {
    assert_eq!(figures(&read("unittest-green.xml")), (17, 16, 1, 0));
    let red = read("unittest-red.xml");
    assert_eq!(figures(&red), (17, 14, 1, 2));
    let [printed, shipping] = failures(&red)[..] else {
        panic!("{red:?}")
    };
    assert_eq!(printed.name, "test_a_bill_is_printed_in_columns");
    assert_eq!(shipping.message.as_deref(), Some("490 != 0"));
    assert_eq!(
        (shipping.file.as_deref(), shipping.line),
        (Some("tests/test_bill.py"), Some(11))
    );
    assert_eq!(
        shipping.class_name.as_deref(),
        Some("tests.test_bill.Shipping")
    );
}

#[test]
fn python_coverage() {
    let green = read("trace-coverage-green.xml").coverage.unwrap();
    let red = read("trace-coverage-red.xml").coverage.unwrap();
    assert_eq!((green.lines_covered, green.lines_total), (53, 53));
    assert_eq!((red.lines_covered, red.lines_total), (55, 56));
    let paths: Vec<&str> = red.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(
        paths,
        ["shop/__init__.py", "shop/bill.py", "shop/prices.py"]
    );
}

#[test]
fn node_test() {
    assert_eq!(figures(&read("node-test-green.xml")), (15, 14, 1, 0));
    let red = read("node-test-red.xml");
    assert_eq!(figures(&red), (15, 13, 1, 1));
    let [attempts] = failures(&red)[..] else {
        panic!("{red:?}")
    };
    assert_eq!(&*attempts.suite, "lockout");
    assert_eq!(attempts.name, "does not count attempts while it is locked");
    assert_eq!(
        attempts.message.as_deref(),
        Some("Expected values to be strictly equal:86400 !== 60")
    );
    assert!(
        attempts
            .details
            .as_deref()
            .unwrap()
            .contains("test/lockout.test.js:41:12")
    );
}

#[test]
fn shell() {
    assert_eq!(figures(&read("shell-green.xml")), (13, 12, 1, 0));
    let red = read("shell-red.xml");
    assert_eq!(figures(&red), (13, 10, 1, 2));
    let [newest, notes] = failures(&red)[..] else {
        panic!("{red:?}")
    };
    assert_eq!(
        newest.message.as_deref(),
        Some("expected: 1.10.0\nactual:   1.9.2")
    );
    assert_eq!(
        (notes.file.as_deref(), notes.line),
        (Some("tests/text_test.sh"), Some(62))
    );
}

#[test]
fn all_of_them_together() {
    let mut summary = Summary::default();
    for name in [
        "unittest-red.xml",
        "trace-coverage-red.xml",
        "node-test-red.xml",
        "shell-red.xml",
    ] {
        summary.add(name, fixture(name));
    }
    assert_eq!(
        (summary.files, summary.counts.tests, summary.failures.len()),
        (4, 45, 5)
    );
    assert_eq!(summary.problems, []);
}

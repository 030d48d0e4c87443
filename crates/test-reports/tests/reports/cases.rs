//! Files that other tools wrote, or as small as they can be and still misled us: `tests/fixtures/cases`.

use std::fs;
use std::path::Path;

use test_reports::{ReadError, Report, Summary, parse};

use crate::story;

fn content(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/cases");
    let path = folder.join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn read(name: &str) -> Report {
    parse(&*content(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn lines(name: &str) -> (u64, u64) {
    let coverage = read(name).coverage.unwrap();
    (coverage.lines_covered, coverage.lines_total)
}

fn refusal(name: &str) -> ReadError {
    parse(&*content(name)).unwrap_err()
}

#[test]
fn clover_of_istanbul_counts_branches_that_were_missed() {
    assert_eq!(lines("clover-istanbul-uncovered-branch-line.xml"), (1, 4));
}

#[test]
fn there_is_no_line_zero() {
    assert_eq!(lines("cobertura-line-zero.xml"), (0, 0));
}

#[test]
fn gcovr_tells_no_instructions() {
    assert_eq!(lines("jacoco-gcovr.xml"), (2, 3));
}

#[test]
fn lcov_goes_on_behind_a_name_of_several_lines() {
    assert_eq!(lines("lcov-source-name-of-several-lines.info"), (2, 3));
}

#[test]
fn simplecov_has_a_report_of_its_own() {
    assert_eq!(lines("simplecov-json-formatter.json"), (2, 3));
}

#[test]
fn refuses_what_only_has_a_root_like_a_report() {
    for (name, root) in [
        (
            "foreign-cppunit-as-trx.xml",
            "`<TestRun>` with `<FailedTests>` in it",
        ),
        (
            "foreign-maven-assembly-as-xunit.xml",
            "`<assembly>` with `<id>` in it",
        ),
    ] {
        assert_eq!(
            refusal(name).message,
            format!(
                "the root element is {root}: not a known test or coverage report; read are JUnit, NUnit, xUnit.net, \
                 TestNG, TRX, Cucumber, Cobertura, JaCoCo, Clover, SimpleCov, LCOV"
            )
        );
    }
}

#[test]
fn two_classes_may_have_a_test_of_one_name() {
    let mut summary = Summary::default();
    let file = content("junit-same-name-in-two-classes.xml");
    summary.add("junit.xml", &*file);
    let told: Vec<_> = summary
        .failures
        .iter()
        .map(|failure| {
            let place = (failure.file.as_deref(), failure.line);
            (summary.name_of(failure), place)
        })
        .collect();
    assert_eq!(
        told,
        [
            (
                "tests.test_cart.TestCart > test_total".to_owned(),
                (Some("tests/test_cart.py"), Some(3))
            ),
            (
                "tests.test_bill.TestBill > test_total".to_owned(),
                (Some("tests/test_bill.py"), Some(4))
            ),
        ]
    );
}

#[test]
fn a_failure_that_is_only_counted_is_told() {
    assert_eq!(
        story(&read("junit-suite-says-failed-cases-do-not.xml")),
        ["[shop] adds passed", "[shop] pays failed: 2 is not 3"]
    );
}

#[test]
fn what_testng_ignored_did_not_run() {
    assert_eq!(
        story(&read("junit-testng-ignored.xml")),
        ["[shop] adds passed", "[shop] callsCourier skipped"]
    );
}

#[test]
fn nunit_2_without_booleans_and_with_a_fixture_of_ignored_tests() {
    assert_eq!(
        story(&read("nunit2-failure-without-success.xml")),
        [
            "[Till] adds passed",
            "[Till] calls skipped: later",
            "[Till] pays failed: no"
        ]
    );
    assert_eq!(
        story(&read("nunit2-fixture-of-ignored-tests.xml")),
        [
            "[shop.dll > BasketTests] BasketTests.Adds passed",
            "[shop.dll > CourierTests] CourierTests.Calls skipped: needs a courier"
        ]
    );
}

#[test]
fn a_try_of_testng_with_an_object_is_the_same_case() {
    assert_eq!(
        story(&read("testng-retry-with-object-parameter.xml")),
        ["[Shop > all > shop.TillTest] pays(shop.Order) flaky: too slow"]
    );
}

#[test]
fn an_error_of_the_run_that_repeats_a_failed_test_is_none() {
    assert_eq!(
        story(&read("trx-xunit-fail-echo.trx")),
        [
            "[Shop.BasketTests] Shop.BasketTests.Adds passed",
            "[Shop.BasketTests] Shop.BasketTests.Pays failed: 2 is not 3"
        ]
    );
}

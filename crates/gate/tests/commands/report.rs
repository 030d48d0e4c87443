//! `gate report`.

use crate::support::{Place, fixture};

#[test]
fn reports_without_a_failure_are_added_up() {
    let place = Place::new();
    let said = place.gate(&[
        "report",
        &fixture("unittest-green.xml"),
        &fixture("trace-coverage-green.xml"),
    ]);
    assert_eq!(
        said.stdout,
        "Tests 17: 16 passed, 1 skipped in 5 ms\nCoverage 100.0 % (53 of 53 lines)\n"
    );
    assert_eq!((said.code, said.stderr.as_str()), (0, ""));
}

#[test]
fn a_failed_test_is_shown_with_its_place_and_its_words() {
    let place = Place::new();
    let said = place.gate(&["report", &fixture("shell-red.xml")]);
    assert_eq!(said.code, 1);
    let expected = "Failures
  ✗ text_test > test_the_newest_version_is_the_first_heading (tests/text_test.sh:31)
      expected: 1.10.0
      actual:   1.9.2
";
    assert!(said.stdout.contains(expected), "{}", said.stdout);
}

#[test]
fn json_is_one_object_that_parses() {
    let place = Place::new();
    let said = place.gate(&["report", "--json", &fixture("unittest-red.xml")]);
    let object: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(
        (
            object["tests"].as_u64(),
            object["failed"].as_u64(),
            said.code
        ),
        (Some(17), Some(2), 1)
    );
    assert_eq!(
        object["failures"][0]["name"],
        "test_a_bill_is_printed_in_columns"
    );
}

#[test]
fn a_broken_file_hides_no_other_and_is_named_with_its_place() {
    let place = Place::new();
    std::fs::write(
        place.path("broken.xml"),
        "<testsuite>\n<testcase name=\"a\">",
    )
    .unwrap();
    let said = place.gate(&["report", "broken.xml", &fixture("unittest-green.xml")]);
    assert!(
        said.stdout.starts_with("Tests 17: 16 passed"),
        "{}",
        said.stdout
    );
    assert!(
        said.stderr.starts_with("error: broken.xml:2:"),
        "{}",
        said.stderr
    );
    assert_eq!(said.code, 1);
}

#[test]
fn fails_with_2_when_nothing_can_be_read() {
    let place = Place::new();
    let said = place.gate(&["report", "nowhere.xml"]);
    assert_eq!(said.code, 2);
    assert_eq!(
        said.stderr,
        "error: nowhere.xml:1:1: cannot be opened: No such file or directory (os error 2)\n"
    );
    let said = place.gate(&["report", "."]);
    assert_eq!(said.code, 2, "{}", said.stderr);
}

#[test]
fn tests_of_one_name_are_told_apart_and_their_files_found() {
    let place = Place::new();
    let said = place.gate(&[
        "report",
        &fixture("cases/junit-same-name-in-two-classes.xml"),
    ]);
    assert_eq!(said.code, 1);
    let expected = "Failures
  ✗ tests.test_cart.TestCart > test_total (tests/test_cart.py:3, 1 ms)
      assert 2 == 3
  ✗ tests.test_bill.TestBill > test_total (tests/test_bill.py:4, 1 ms)
      assert 3 == 2
";
    assert!(said.stdout.contains(expected), "{}", said.stdout);
}

#[test]
fn paths_are_told_as_the_repository_has_them() {
    let place = Place::new();
    let folder = std::fs::canonicalize(place.path(".")).unwrap();
    let folder = folder.display();
    std::fs::write(
        place.path("junit.xml"),
        format!(
            "<testsuite name='cart'><testcase name='adds' file='{folder}/tests/CartTest.php' line='4'>\
             <failure>no\n{folder}/vendor/phpunit/a.php:3\n{folder}/tests/CartTest.php:9</failure></testcase></testsuite>"
        ),
    )
    .unwrap();
    let said = place.gate(&["report", "junit.xml"]);
    let expected = "✗ cart > adds (tests/CartTest.php:9)\n";
    assert!(said.stdout.contains(expected), "{}", said.stdout);
}

#[test]
fn fails_with_2_and_the_formats_that_are_read_on_an_unknown_file() {
    let place = Place::new();
    let file = fixture("cases/foreign-cppunit-as-trx.xml");
    let said = place.gate(&["report", &file]);
    assert_eq!(said.code, 2);
    assert_eq!(
        said.stderr,
        format!(
            "error: {file}:2:1: the root element is `<TestRun>` with `<FailedTests>` in it: not a known test or coverage \
             report; read are JUnit, NUnit, xUnit.net, TestNG, TRX, Cucumber, Cobertura, JaCoCo, Clover, SimpleCov, LCOV\n"
        )
    );
}

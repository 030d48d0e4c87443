//! Which test it is, and where it failed.

use test_reports::{Case, Summary};

use crate::{only_case, parse};

fn place(case: &Case) -> Option<String> {
    let place = case.place(None)?;
    let line = place.line.map(|line| format!(":{line}"));
    Some(place.file + &line.unwrap_or_default())
}

/// Where a case of `class` failed that said `details`.
fn place_of(class: &str, details: &str) -> Option<String> {
    let details = details.replace('&', "&amp;").replace('<', "&lt;");
    place(&only_case(&format!(
        "<testcase classname='{class}' name='total'><failure message='no'>{details}</failure></testcase>"
    )))
}

#[test]
fn a_trace_of_each_language_names_the_place() {
    for (class, details, told) in [
        (
            "tests.test_cart.TestCart",
            "self = x\n\n> assert total() == 3\nE  assert 2 == 3\n\ntests/test_cart.py:3: AssertionError",
            "tests/test_cart.py:3",
        ),
        (
            "tests.test_cart",
            "tests/test_cart.py:9: \n_ _ _\n> raise E\nshop/cart.py:4: ValueError",
            "tests/test_cart.py:9",
        ),
        (
            "cart",
            "shop/api.py:9: \n_ _ _\nshop/cart.py:4: ValueError",
            "shop/cart.py:4",
        ),
        (
            "test_cart.CartTest",
            "Traceback (most recent call last):\n  File \"/usr/lib/python3.11/unittest/case.py\", line 59, in x\n  File \"/tmp/a1/test_cart.py\", line 7, in total\n    self.fail()\nAssertionError",
            "test_cart.py:7",
        ),
        (
            "cart adds",
            "Error: expect(received).toBe(expected)\n\nExpected: 3\nReceived: 2\n    at Object.toBe (src/cart.test.js:12:20)\n    at new Promise (<anonymous>)\n    at node_modules/jest-circus/build/run.js:3:1",
            "src/cart.test.js:12",
        ),
        (
            "src/cart.test.ts",
            "AssertionError: expected 2 to be 3\n ❯ src/cart.test.ts:5:20",
            "src/cart.test.ts:5",
        ),
        (
            "src/cart.test.ts",
            "Error: no\n    at file:///home/ci/shop/src/cart.test.ts:5:20\n    at node:internal/process/task_queues:95:5",
            "src/cart.test.ts:5",
        ),
        (
            "shop",
            "assertion failed\nthread 'tests::total' panicked at crates/shop/src/cart.rs:20:9:\nno\n  1: /rustc/abc/library/core/src/panicking.rs:1:2",
            "crates/shop/src/cart.rs:20",
        ),
        (
            "example.com/shop",
            "=== RUN TestTotal\n    cart_test.go:12: got 2",
            "cart_test.go:12",
        ),
        (
            "shop.CartTest",
            "org.opentest4j.AssertionFailedError: no\n\tat org.junit.jupiter.api.Assertions.fail(Assertions.java:55)\n\tat shop.Helper.check(Helper.java:9)\n\tat shop.CartTest.total(CartTest.java:31)\n\tat java.base/java.lang.reflect.Method.invoke(Method.java:580)",
            "CartTest.java:31",
        ),
        (
            "CartTest",
            "CartTest::total\nFailed asserting that 2 matches 3.\n\n/srv/shop/vendor/phpunit/x.php:9\n/srv/shop/tests/CartTest.php:12",
            "CartTest.php:12",
        ),
        (
            "Shop.CartTests",
            "Assert failed\n   at Xunit.Assert.Equal() in /_/src/xunit/Equal.cs:line 9\n   at Shop.CartTests.Total() in C:\\ci\\shop\\CartTests.cs:line 12",
            "CartTests.cs:12",
        ),
        (
            "CartTests",
            "Failure/Error: x\n\n# ./spec/cart_spec.rb:9:in `block'\n# /usr/share/rubygems/x.rb:1",
            "spec/cart_spec.rb:9",
        ),
        (
            "any",
            "no\n    at x (/codebuild/output/src1234/src/git-codecommit.eu-central-1.amazonaws.com/v1/repos/shop/test/a.js:4:5)",
            "test/a.js:4",
        ),
        (
            "any",
            "no\n/tmp/gate-check-1/eu-central-1/builds/01234567-89ab-cdef-0123-456789abcdef/src/test/a_test.rb:4",
            "test/a_test.rb:4",
        ),
        (
            "any",
            "no\n  File \"/codebuild/output/src99/src/a/b.py\", line 3, in x",
            "a/b.py:3",
        ),
    ] {
        assert_eq!(place_of(class, details).as_deref(), Some(told), "{details}");
    }
}

#[test]
fn what_is_not_of_the_repository_is_no_place() {
    for details in [
        "no\n    at node:internal/x.js:1:2\n    at /srv/shop/node_modules/a/b.js:3:4",
        "  File \"/usr/lib/python3/unittest/case.py\", line 59, in x",
        "connect ECONNREFUSED 127.0.0.1:5432 of shop.example.com:80",
        "\tat java.base/java.util.ArrayList.get(ArrayList.java:427)",
    ] {
        assert_eq!(place_of("cart", details), None, "{details}");
    }
}

#[test]
fn the_report_itself_says_best_where_a_test_is() {
    for (case, told) in [
        (
            "<testcase name='a' file='tests/a.py' line='1'><failure>tests/a.py:3: AssertionError</failure></testcase>",
            "tests/a.py:3",
        ),
        (
            "<testcase name='a' file='tests/a.py' line='1'><failure>shop/b.py:3: ValueError</failure></testcase>",
            "tests/a.py:1",
        ),
        (
            "<testcase name='a'><failure file='src/a.c' line='7'>b.c:3: no</failure></testcase>",
            "src/a.c:7",
        ),
        (
            "<testcase name='a' file='src/a.c' line='1'><failure line='7'/></testcase>",
            "src/a.c:7",
        ),
        (
            "<testcase name='a' file='./src\\a.c'><failure/></testcase>",
            "src/a.c",
        ),
        (
            "<testcase name='a' file='/srv/shop/tests/ATest.php' line='4'><failure/></testcase>",
            "ATest.php:4",
        ),
    ] {
        assert_eq!(place(&only_case(case)).as_deref(), Some(told), "{case}");
    }
    let passed = only_case("<testcase name='a'><skipped>a.py:3: later</skipped></testcase>");
    assert_eq!(place(&passed), None);
}

#[test]
fn the_repository_that_the_caller_knows_is_no_part_of_a_place() {
    let case = only_case(
        "<testcase name='a' file='/srv/shop/tests/ATest.php' line='4'><failure>/srv/shop/tests/ATest.php:9</failure></testcase>",
    );
    let place = case.place(Some("/srv/shop/")).unwrap();
    assert_eq!(
        (place.file.as_str(), place.line),
        ("tests/ATest.php", Some(9))
    );
    assert_eq!(
        case.own_file(Some("/srv/shop")).as_deref(),
        Some("tests/ATest.php")
    );
    assert_eq!(
        case.own_file(Some("/elsewhere")).as_deref(),
        Some("ATest.php")
    );
}

#[test]
fn a_message_holds_the_line_that_says_what_failed() {
    for (details, message) in [
        (
            "Error: expect(received).toBe(expected) // Object.is equality\n\nExpected: 3\nReceived: 2\n    at Object.toBe (a.js:1:2)\n",
            "Error: expect(received).toBe(expected) // Object.is equality\nExpected: 3\nReceived: 2",
        ),
        (
            "def test_total():\n    cart = Cart()\n>   assert cart.total() == 3\nE   assert 2 == 3\nE    +  where 2 = total()\n\ntests/a.py:3: AssertionError",
            "assert 2 == 3\n +  where 2 = total()",
        ),
        (
            "    cart_test.go:12: \n\tError Trace:\tcart_test.go:12\n\tError:      \tNot equal: \n\t            \texpected: 3\n\t            \tactual  : 2\n",
            "cart_test.go:12:\nError:      \tNot equal:\nexpected: 3\nactual  : 2",
        ),
        ("no money\nand no card", "no money"),
    ] {
        let details = details.replace('>', "&gt;");
        let case = only_case(&format!(
            "<testcase name='n'><failure>{details}</failure></testcase>"
        ));
        assert_eq!(case.message.as_deref(), Some(message));
    }
}

#[test]
fn names_are_as_short_as_can_be_and_nobody_elses() {
    let report = |text: &str| {
        let mut summary = Summary::default();
        summary.add("a.xml", text.as_bytes());
        let names = summary
            .failures
            .iter()
            .map(|failure| summary.name_of(failure));
        names.collect::<Vec<_>>()
    };
    assert_eq!(
        report(
            "<testsuites><testsuite name='unit'><testcase name='a' classname='X'><failure/></testcase></testsuite>\
             <testsuite name='api'><testcase name='a' classname='X'><failure/></testcase>\
             <testcase name='b' classname='X'><failure/></testcase></testsuite></testsuites>"
        ),
        ["unit > a", "api > a", "api > b"]
    );
    assert_eq!(
        report(
            "<testsuite name='s'><testcase name='a' file='x.rb'><failure/></testcase><testcase name='a' file='y.rb'><failure/></testcase></testsuite>"
        ),
        ["s > a (x.rb)", "s > a (y.rb)"]
    );
}

#[test]
fn a_message_of_more_than_a_mebibyte_is_cut_and_not_the_file() {
    let long = "one line of many\n".repeat(200_000);
    let report = parse(&format!(
        "<testsuite name='s'>\n<testcase name='a'><failure message='{long}' type='T'/><failure message=\"{long}\">x</failure></testcase>\n<testcase name='b'/></testsuite>"
    ));
    let names: Vec<_> = report.cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    let message = report.cases[0].message.as_deref().unwrap();
    assert!(message.starts_with("one line of many\none line of many\n"));
    assert!(
        message.ends_with(test_reports::limits::CUT_MARK),
        "{}",
        message.len()
    );
    // What follows has its right place.
    let error = crate::refusal(&format!(
        "<testsuite name='s'>\n<testcase name='a' note='{long}äöü\nab' x='{long}'/><oops</testsuite>"
    ));
    assert_eq!(error.line, 2 + 2 * 200_000 + 1, "{error}");
}

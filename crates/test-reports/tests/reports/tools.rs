//! Reports of real tools that were once read other than their tools meant them: `tests/fixtures/tools`.

use std::fs;
use std::path::Path;

use test_reports::{Report, Summary};

use crate::{refusal, story};

fn content(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tools");
    let path = folder.join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn read(name: &str) -> Report {
    test_reports::parse(&*content(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Tests, passed, skipped, failed, errors, flaky.
fn figures(name: &str) -> [u64; 6] {
    of(&read(name))
}

fn of(report: &Report) -> [u64; 6] {
    let counts = &report.counts;
    [
        counts.tests,
        counts.passed,
        counts.skipped,
        counts.failed,
        counts.errors,
        counts.flaky,
    ]
}

fn summary(name: &str) -> Summary {
    let mut summary = Summary::default();
    summary.add(name, &*content(name));
    assert!(summary.problems.is_empty(), "{:?}", summary.problems);
    summary
}

#[test]
fn refuses_other_documents_whose_root_is_testsuites() {
    for name in ["libcheck-failures.xml", "phpunit-testsuites.xml"] {
        let error = test_reports::parse(&*content(name)).unwrap_err();
        let words = "not a known test or coverage report; read are JUnit, NUnit,";
        assert!(error.message.contains(words), "{name}: {error}");
    }
    for document in [
        "<testsuites xmlns='http://check.sourceforge.net/ns'/>",
        "<testsuites><suite/></testsuites>",
        "<testsuites><testsuite><test result='failure'/></testsuite></testsuites>",
        "<testsuite><suite><test/></suite></testsuite>",
    ] {
        let error = refusal(document);
        assert!(error.message.contains("not a known"), "{error}");
    }
    for document in [
        "<testsuites/>",
        "<testsuites></testsuites>",
        "<testsuites><testsuite name='a'/><testsuite name='b'><properties/><system-out/></testsuite></testsuites>",
        "<testsuite tests='0'/>",
    ] {
        assert_eq!(crate::parse(document).counts.tests, 0, "{document}");
    }
    // What JUnit does not have stands beside tests.
    let report = crate::parse("<testsuite><note/><testcase name='a'/></testsuite>");
    assert_eq!(story(&report), ["[] a passed"]);
}

#[test]
fn tries_of_pytest_are_one_test() {
    // "3 failed, 2 passed, 11 rerun".
    assert_eq!(figures("pytest-reruns.xml"), [5, 2, 0, 3, 0, 1]);
    let told = story(&read("pytest-reruns.xml"));
    assert_eq!(
        told,
        [
            "[pytest] test_total flaky",
            "[pytest] test_always failed: assert False",
            "[pytest] test_chain failed: RuntimeError: outer",
            "[pytest] test_a[1] passed",
            "[pytest] test_a[2] failed: AssertionError: päram ‹2›\nassert 2 == 1",
        ]
    );
}

#[test]
fn tries_of_pytest_may_stand_among_others() {
    // Two workers write into one report.
    let passed = |name: char| format!("<testcase classname='c' name='{name}'/>");
    let cases: String = "abacbb".chars().map(passed).collect();
    let report = crate::parse(&format!(
        "<testsuite name='pytest' errors='0' failures='1' tests='3'>{cases}<testcase classname='c' name='b'><failure message='no'/></testcase></testsuite>"
    ));
    assert_eq!(
        story(&report),
        [
            "[pytest] a flaky",
            "[pytest] b failed: no",
            "[pytest] c passed"
        ]
    );
}

/// A suite that states `totals`, with cases whose names are in `cases`: `-a` failed.
fn suite(totals: &str, cases: &str) -> [u64; 6] {
    let cases: String = cases
        .split(' ')
        .map(|case| match case.strip_prefix('-') {
            Some(name) => format!("<testcase name='{name}'><failure message='no'/></testcase>"),
            None => format!("<testcase name='{case}'/>"),
        })
        .collect();
    let document =
        format!("<testsuites><testsuite name='s' {totals}>{cases}</testsuite></testsuites>");
    of(&crate::parse(&document))
}

#[test]
fn a_failure_before_a_pass_is_forgiven_only_where_the_totals_say_so() {
    for (totals, cases, figures) in [
        // Fewer tests than cases, and no failure: the test was tried again.
        ("tests='2' failures='0'", "-a a b", [2, 2, 0, 0, 0, 1]),
        ("tests='2' failures='0'", "-a b a", [2, 2, 0, 0, 0, 1]),
        ("tests='2' failures='1'", "-a a -b", [2, 1, 0, 1, 0, 1]),
        ("tests='2'", "-a a b", [2, 2, 0, 0, 0, 1]),
        // The failure is counted.
        ("tests='2' failures='1'", "-a a b", [3, 2, 0, 1, 0, 0]),
        ("tests='2' failures='2'", "-a a -b", [3, 1, 0, 2, 0, 0]),
        // Two tests of one name, or nobody knows.
        ("tests='3' failures='1'", "-a a b", [3, 2, 0, 1, 0, 0]),
        ("tests='3' failures='0'", "-a a b", [3, 2, 0, 1, 0, 0]),
        ("tests='1' failures='0'", "-a a b", [3, 2, 0, 1, 0, 0]),
        ("tests='0' failures='0'", "-a a b", [3, 2, 0, 1, 0, 0]),
        ("", "-a a b", [3, 2, 0, 1, 0, 0]),
        // Two tests of one name and a try of a third: whose try it was is not known.
        ("tests='3' failures='0'", "-a a b b", [4, 3, 0, 1, 0, 0]),
        // The last try decides.
        ("tests='1' failures='0'", "-a -a a", [1, 1, 0, 0, 0, 1]),
        ("tests='1' failures='1'", "-a -a", [1, 0, 0, 1, 0, 0]),
        ("tests='1' failures='2'", "-a -a", [2, 0, 0, 2, 0, 0]),
        // What has passed is not tried again, but of pytest.
        ("tests='1' failures='1'", "a a -a", [3, 2, 0, 1, 0, 0]),
        ("tests='1'", "a a a", [3, 3, 0, 0, 0, 0]),
    ] {
        assert_eq!(suite(totals, cases), figures, "{totals}: {cases}");
    }
}

#[test]
fn jest_counts_no_test_that_is_to_be_done() {
    // Two tests of one name, and one that is not counted.
    assert_eq!(figures("jest-toequal.xml"), [30, 7, 2, 21, 0, 0]);
}

#[test]
fn what_waits_for_totals_is_told_whatever_comes() {
    // The file ends too early.
    let mut summary = Summary::default();
    let document = "<testsuite name='s' tests='1' failures='0'><testcase name='a'><failure/></testcase><testcase name='a'/><oops";
    summary.add("cut-off", document.as_bytes());
    assert_eq!(summary.failures.len(), 1);
    assert_eq!(summary.counts.tests, 2);
    // A suite within: the totals are of both.
    let report = crate::parse(
        "<testsuite name='s' tests='1' failures='0'><testcase name='a'><failure/></testcase><testsuite name='t'/><testcase name='a'/></testsuite>",
    );
    assert_eq!(of(&report), [2, 1, 0, 1, 0, 0]);
    // More than is kept in memory.
    let long = "x".repeat(60_000);
    let cases = format!("<testcase name='a'><failure>{long}</failure></testcase>").repeat(100);
    let report = crate::parse(&format!(
        "<testsuite name='s' tests='1' failures='0'>{cases}<testcase name='a'/></testsuite>"
    ));
    assert_eq!(of(&report), [101, 1, 0, 100, 0, 0]);
}

#[test]
fn gotestsum_counts_every_try_as_a_test() {
    // "2 runs, 2 tests, 1 failure", and it ends well: but two tests of one name would look the same.
    assert_eq!(
        story(&read("gotestsum-rerun-passed.xml")),
        [
            "[example.com/s] TestFlaky failed: a_test.go:3: first try fails",
            "[example.com/s] TestOk passed",
            "[example.com/s] TestFlaky passed",
        ]
    );
    assert_eq!(figures("gotestsum-rerun-thrice.xml"), [22, 1, 1, 20, 0, 0]);
}

#[test]
fn what_is_to_be_done_may_fail() {
    // "tests 25, pass 2, fail 13, cancelled 4, skipped 2, todo 4"; suites are no tests to us.
    let report = read("node-test-todo.xml");
    let todo: Vec<String> = story(&report)
        .into_iter()
        .filter(|case| case.contains("todo failing"))
        .collect();
    assert_eq!(todo, ["[cart] todo failing skipped: because"; 2],);
    assert_eq!(report.counts.skipped, 2 + 4);
}

#[test]
fn a_failure_that_was_expected_is_none_where_the_totals_say_so() {
    let report = read("catch2-mayfail.xml");
    let may: Vec<String> = story(&report)
        .into_iter()
        .filter(|case| case.contains("] may ") || case.contains("] shouldfail "))
        .collect();
    assert_eq!(
        may,
        [
            "[c2] may skipped: TEST_CASE tagged with !mayfail",
            "[c2] shouldfail skipped: TEST_CASE tagged with !mayfail",
        ]
    );
    // Of ten assertions; two cases held.
    assert_eq!(of(&report), [9, 3, 2, 3, 1, 0]);
    for (totals, failed) in [
        ("failures='0'", 0),
        ("failures='1'", 1),
        ("failures='2'", 1),
        ("", 1),
    ] {
        let report = crate::parse(&format!(
            "<testsuite name='s' {totals}><testcase name='a'><skipped/><failure/></testcase></testsuite>"
        ));
        assert_eq!(report.counts.failed, failed, "{totals}");
    }
    // It may be the one that is counted.
    let report = crate::parse(
        "<testsuite name='s' failures='2'><testcase name='a'><failure/><failure/></testcase><testcase name='b'><skipped/><failure/></testcase></testsuite>",
    );
    assert_eq!(report.counts.failed, 2);
}

#[test]
fn a_risky_test_of_phpunit_is_not_broken() {
    assert_eq!(
        story(&read("phpunit-risky.xml")),
        [
            "[r > RTest] testRisky skipped: This test did not perform any assertions",
            "[r > RTest] testOk passed",
        ]
    );
}

#[test]
fn pending_tests_of_mocha_are_counted() {
    // "6 passing, 6 pending, 22 failing".
    assert_eq!(figures("mocha-junit-pending.xml"), [34, 6, 6, 22, 0, 0]);
    for (totals, skipped) in [
        ("tests='5' skipped='3'", 3),
        ("tests='5' skipped='9'", 0),
        ("tests='3' skipped='3'", 0),
        (
            "tests='18446744073709551615' skipped='18446744073709551610'",
            u64::MAX / 2 - 2,
        ),
        ("skipped='3'", 0),
    ] {
        let report = crate::parse(&format!(
            "<testsuites {totals}><testsuite name='s'><testcase name='a'/><testcase name='b'/></testsuite></testsuites>"
        ));
        assert_eq!(report.counts.skipped, skipped, "{totals}");
    }
    // They are counted once, and what is listed is not counted again.
    let report = crate::parse(
        "<testsuites tests='3' skipped='2'><testsuite tests='3' skipped='2'><testcase name='a'/><testcase name='b'><skipped/></testcase></testsuite></testsuites>",
    );
    assert_eq!(of(&report), [3, 1, 2, 0, 0, 0]);
}

#[test]
fn a_test_of_pytest_that_fails_twice_is_one() {
    // "24 failed, 10 passed, 3 skipped, 1 xfailed, 3 errors", and 40 tests.
    let summary = summary("pytest-teardown-twice.xml");
    let twice: Vec<_> = summary
        .failures
        .iter()
        .filter(|failure| failure.name == "test_fail_and_tear_err")
        .collect();
    assert_eq!(twice.len(), 1);
    assert_eq!(
        twice[0].message.as_deref(),
        Some("AssertionError: body fails too\nassert 1 == 2")
    );
    assert_eq!(summary.counts.tests, 32);
}

/// What is told of each failure: its name, its place, and what the tool says.
fn told(name: &str) -> Vec<(String, String, String)> {
    let summary = summary(name);
    let failures = summary.failures.iter().map(|failure| {
        let line = failure.line.map(|line| format!(":{line}"));
        let place = failure.file.clone().unwrap_or_default() + &line.unwrap_or_default();
        let message = failure.message.clone().unwrap_or_default();
        (summary.name_of(failure), place, message)
    });
    failures.collect()
}

/// Name, place and words of some failures of each file.
const TOLD: [(&str, &[[&str; 3]]); 17] = [
    (
        "pytest-collection-error.xml",
        &[
            [
                "pytest > other.test_importerr",
                "other/test_importerr.py:1",
                "ModuleNotFoundError: No module named 'nosuchmodule'",
            ],
            [
                "pytest > other.test_syntax",
                "other/test_syntax.py:1",
                "SyntaxError: invalid syntax",
            ],
        ],
    ),
    (
        "pytest-collection-error-xunit1.xml",
        &[[
            "pytest > other.test_syntax",
            "other/test_syntax.py:1",
            "SyntaxError: invalid syntax",
        ]],
    ),
    (
        "jest-toequal.xml",
        &[
            [
                "t/cart.test.js > cart total > adds",
                "t/cart.test.js:5",
                "Error: expect(received).toEqual(expected) // deep equality\n-   \"a\": 2,\n+   \"a\": 1,",
            ],
            [
                "t/cart.test.js > snap",
                "t/cart.test.js:16",
                "Error: expect(received).toMatchInlineSnapshot(snapshot)\n- {}\n+ {\n+   \"a\": 1,\n+ }",
            ],
        ],
    ),
    (
        "jest-suite-errors.xml",
        &[
            [
                "t/broken.test.js",
                "t/broken.test.js:1",
                "Cannot find module 'nosuch-module' from 't/broken.test.js'",
            ],
            [
                "t/broken.test.js",
                "",
                "Cannot find module 'nosuch-module' from 't/broken.test.js'",
            ],
            [
                "t/empty.test.js",
                "",
                "Your test suite must contain at least one test.",
            ],
        ],
    ),
    (
        "boost.xml",
        &[
            ["cart > total", "b.cc:4", "check 1 == 2 has failed [1 != 2]"],
            ["Shop > throws", "b.cc:7", "std::runtime_error: boom"],
        ],
    ),
    (
        "catch2-mayfail.xml",
        &[
            ["c2.global > throws", "c2.cc:4", "boom"],
            [
                "c2.global > tmpl - char",
                "c2.cc:9",
                "CHECK( sizeof(TestType) == 4 )\n1 == 4",
            ],
        ],
    ),
    (
        "mocha-xunit.xml",
        &[
            [
                "Mocha Tests > cart > ok (a.js)",
                "a.js",
                "The expression evaluated to a falsy value:\nassert.ok(false)",
            ],
            [
                "Mocha Tests > cart total > adds (a.js)",
                "a.js",
                "Expected values to be strictly equal:\n3 !== 4",
            ],
            [
                "Mocha Tests > cart total > adds (a.js)",
                "a.js",
                "Expected values to be strictly deep-equal:\n+   a: 1,\n-   a: 2,",
            ],
        ],
    ),
    (
        "phpunit.xml",
        &[
            [
                "CartTest > testArr",
                "CartTest.php:5",
                "Failed asserting that two arrays are equal.\n-    'a' => 1\n+    'a' => 2",
            ],
            [
                "CartTest > testP with data set \"two ü\"",
                "CartTest.php:7",
                "msg ünï <&>\nFailed asserting that 2 is identical to 1.",
            ],
            [
                "CartTest > testErr",
                "CartTest.php:9",
                "RuntimeException: boom red",
            ],
        ],
    ),
    (
        "minitest.xml",
        &[
            [
                "Minitest::Result > test_total",
                "test/cart_test.rb:6",
                "Expected: 4\nActual: 3",
            ],
            [
                "Minitest::Result > test_hash",
                "test/cart_test.rb:7",
                "-{:a=>1, :b=>\"ü\n+{:a=>2, :b=>\"ü",
            ],
            [
                "Minitest::Result > test_err",
                "test/cart_test.rb:8",
                "ArgumentError: boom <&> red",
            ],
        ],
    ),
    (
        "gotestsum.xml",
        &[
            [
                "example.com/shop > TestSub/ok#01",
                "cart_test.go:5",
                "cart_test.go:5: helper got 4",
            ],
            [
                "example.com/shop/sub > TestTotal",
                "b_test.go:3",
                "b_test.go:3: expected 1\ngot 2",
            ],
            [
                "example.com/shop/sub > TestPanic",
                "b_test.go:4",
                "panic: assignment to entry in nil map [recovered]",
            ],
        ],
    ),
    (
        "bats.xml",
        &[[
            "a.bats > err",
            "a.bats:4",
            "`@test \"err\" { echo \"some output\"; false; }' failed",
        ]],
    ),
    (
        "cucumber-junit.xml",
        &[
            ["Cart ü > undefined", "", "undefined: Then nosuchstep"],
            ["Cart ü > pend", "", "pending: Then pending it"],
        ],
    ),
    (
        "cucumber.json",
        &[[
            "Cart ü > total",
            "features/a.feature:4",
            "AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:\n3 !== 1",
        ]],
    ),
    (
        "ava-tap-xunit.xml",
        &[
            ["Default > b › a ü", "", "AssertionError: t.is()\n- 1\n+ 2"],
            [
                "Default > b › thr",
                "b.test.js:1",
                "Error thrown in test\nError {\n  message: 'boom',\n}",
            ],
        ],
    ),
    (
        "behave.xml",
        &[[
            "a.Cart ü > raises",
            "features/steps/s.py:9",
            "KeyError: 'zz'",
        ]],
    ),
    (
        "xmlrunner.xml",
        &[
            ["test_a.A > test_err", "test_a.py:7", "KeyError: 'nokey'"],
            // Python's own loader is no place.
            [
                "unittest.loader._FailedTest > test_c",
                "test_c.py:1",
                "Failed to import test module: test_c\nModuleNotFoundError: No module named 'nosuch'",
            ],
        ],
    ),
    (
        // Tests of one name in two files, which both fail in a helper.
        "jest-default.xml",
        &[
            ["cart helper", "cart.test.js:15", "Error: helper: 3"],
            ["cart helper", "bill.test.js:15", "Error: helper: 3"],
        ],
    ),
];

fn holds(file: &str, [name, place, message]: [&str; 3]) {
    let told = told(file);
    let expected = (name.to_owned(), place.to_owned(), message.to_owned());
    assert!(
        told.contains(&expected),
        "{file}: {expected:?} is not in {told:#?}"
    );
}

#[test]
fn a_failure_is_told_with_its_place_and_the_words_that_explain_it() {
    for (file, failures) in TOLD {
        for failure in failures {
            holds(file, *failure);
        }
    }
}

#[test]
fn colours_are_told_by_no_tool() {
    let pytest = "AssertionError: assert 'ü' == 'é'\n  \n  - é\n  + ü";
    let name = "tests.test_cart.TestCart > test_p[\\xfc-\\xe9]";
    holds("pytest-color.xml", [name, "", pytest]);
    let node = "boom <x> & &quot;q&quot; red";
    holds(
        "node-test-todo.xml",
        ["cart > throws", "a.test.js:10", node],
    );
    // The escape character is lost. The name repeats its groups, and is told without them.
    let mocha = "boom <x> & \"q\" red";
    holds(
        "mocha-junit-pending.xml",
        ["cart throws (a.js)", "a.js", mocha],
    );
}

#[test]
fn refuses_json_that_only_looks_like_a_report() {
    for name in [
        "config-with-coverage-key.json",
        "tsconfig.json",
        "renovate.json",
    ] {
        let error = test_reports::parse(&*content(name)).unwrap_err();
        let words = "this JSON is not a known test or coverage report; read are JUnit,";
        assert!(error.message.starts_with(words), "{name}: {error}");
    }
    for document in [
        r#"{"coverage":{"thresholds":{"global":80}}}"#,
        r#"{"coverage":{"thresholds":{"lines":80}}}"#,
        r#"{"coverage":["a"]}"#,
        r#"{"scripts":{"coverage":"jest --coverage"}}"#,
    ] {
        let error = refusal(document);
        assert!(error.message.contains("not a known"), "{document}: {error}");
    }
    for (document, format) in [
        (r#"{"RSpec":{"coverage":{}}}"#, "SimpleCov"),
        (r#"{"coverage" : { "a.rb" : [1]}}"#, "SimpleCov"),
        (
            r#"{"coverage":{"a.rb":{"lines":[1]}},"groups":{}}"#,
            "SimpleCov",
        ),
        (
            r#"[{"keyword":"Feature","location":"a.feature:1","name":"a"}]"#,
            "Cucumber",
        ),
        (r#"[{"keyword":"Feature","uri":"a.feature"}]"#, "Cucumber"),
        ("[]", "Cucumber"),
    ] {
        let report = crate::parse(document);
        assert_eq!(report.format.to_string(), format, "{document}");
    }
}

#[test]
fn a_doctype_may_hold_what_looks_like_its_end() {
    assert_eq!(figures("doctype.xml"), [2, 1, 0, 1, 0, 0]);
    for document in [
        "<!DOCTYPE testsuite [<!-- ' ]> --> <!ENTITY b ']>'>]><testsuite/>",
        "<!DOCTYPE testsuite PUBLIC \"-//x>//\" 'y>'><testsuite/>",
    ] {
        crate::parse(document);
    }
    for document in [
        "<!DOCTYPE a [<!-- ]><testsuite/>",
        "<!DOCTYPE a [<?pi ]><testsuite/>",
        "<!DOCTYPE a [<!--> ]><testsuite/>",
    ] {
        let error = refusal(document);
        let words = "a DOCTYPE is not closed by `>`";
        assert!(error.message.contains(words), "{error}");
    }
}

//! What each format but JUnit and Cobertura refuses, and what it bears.

use test_reports::limits::{DEPTH, TEXT_BYTES, WAITING_BYTES};
use test_reports::parse;

use crate::endless::endless;
use crate::{refusal, story};

#[test]
fn refuses_words_that_could_stand_for_a_failure() {
    for (document, words) in [
        (
            "<test-run>\n <test-case name='a' result='Exploded'/></test-run>",
            "line 2, column 2: the result `Exploded` of a `<test-case>` is not known",
        ),
        (
            "<test-results><test-case name='a'/></test-results>",
            "line 1, column 15: a `<test-case>` has no `result`",
        ),
        (
            "<assemblies><assembly><collection><test result='Perhaps'/></collection></assembly></assemblies>",
            "line 1, column 35: the result `Perhaps` of a `<test>` is not known",
        ),
        (
            "<testng-results><suite><test><class><test-method status='LATE'/></class></test></suite></testng-results>",
            "line 1, column 37: the status `LATE` of a `<test-method>` is not known",
        ),
        (
            "<TestRun><Results><UnitTestResult outcome='Odd'/></Results></TestRun>",
            "line 1, column 19: the outcome `Odd` of a result is not known",
        ),
        (
            "[{\"uri\":\"a\",\"elements\":[{\"name\":\"s\",\"steps\":[{\"result\":{\"status\":\"odd\"}}]}]}]",
            "line 1, column 73: the status `odd` of a step is not known",
        ),
    ] {
        assert_eq!(refusal(document).to_string(), words, "{document}");
    }
}

#[test]
fn refuses_broken_json_with_its_place() {
    for (document, words) in [
        (
            "{\"RSpec\": {\n  \"coverage\": {\"a.rb\": [1, 2",
            "line 2, column 29: the file ends inside a value: it is cut off",
        ),
        (
            "{\"RSpec\": {\"coverage\": {\"a.rb\": [1,]}}}",
            "line 1, column 36: not well-formed JSON: nothing follows a `,`",
        ),
        (
            "{\"RSpec\": {\"coverage\": {\"a.rb\": [1 2]}}}",
            "line 1, column 36: not well-formed JSON: a list goes on with `,` or ends with `]`",
        ),
        (
            "{\"RSpec\": {\"coverage\": {}}} {}",
            "line 1, column 29: not well-formed JSON: there is something behind the end",
        ),
        (
            "{\"RSpec\": {\"coverage\": {\"\\x\": []}}}",
            "line 1, column 26: not well-formed JSON: `\\` is followed by what cannot be escaped",
        ),
        (
            "{\"RSpec\": [], \"x\": {\"coverage\": {}}}",
            "line 1, column 11: the run `RSpec` is not an object",
        ),
        (
            "[{\"keyword\": \"Feature\", \"elements\": {}}]",
            "line 1, column 37: `elements` is not a list",
        ),
    ] {
        assert_eq!(refusal(document).to_string(), words, "{document}");
    }
}

#[test]
fn refuses_broken_lcov_with_its_place() {
    for (document, words) in [
        (
            "TN:\nSF:a.c\nDA:1,1\n",
            "line 4, column 1: the file ends before an `end_of_record`: it is cut off",
        ),
        (
            "TN:\nDA:1,1\n",
            "line 2, column 1: `DA` without an `SF` before it",
        ),
        (
            "SF:a.c\nDA:one,1\nend_of_record\n",
            "line 2, column 1: `DA` has no line and count that are numbers",
        ),
        (
            "SF:a.c\nDA:1,1\n<html>\n",
            "line 3, column 1: this is no record of LCOV",
        ),
    ] {
        assert_eq!(refusal(document).to_string(), words, "{document}");
    }
    let error = parse(endless("SF:", "x", 1 << 20, "\n")).unwrap_err();
    assert_eq!(error.message, "a line is longer than 65536 bytes");
}

#[test]
fn json_takes_no_more_memory_than_is_kept_of_it() {
    let error = parse(endless(
        "[{\"keyword\":\"Feature\",\"uri\":",
        "[",
        1 << 20,
        "",
    ))
    .unwrap_err();
    assert_eq!(
        error.message,
        format!("objects and lists are nested deeper than {DEPTH}")
    );
    let report = parse(endless(
        "[{\"uri\":\"a\",\"elements\":[{\"name\":\"s\",\"embeddings\":\"",
        "base64 ",
        1 << 20,
        "\",\"steps\":[{\"result\":{\"status\":\"failed\",\"error_message\":\"no\"}}]}]}]",
    ))
    .unwrap();
    assert_eq!(story(&report), ["[] s failed: no"]);
    let report = parse(endless(
        "[{\"uri\":\"a\",\"elements\":[{\"name\":\"s\",\"steps\":[{\"result\":{\"status\":\"failed\",\"error_message\":\"",
        "much ",
        1 << 20,
        "\"}}]}]}]",
    ))
    .unwrap();
    assert!(report.cases[0].details.as_ref().unwrap().len() < TEXT_BYTES + 20);
}

#[test]
fn cases_wait_for_the_names_of_their_classes_only_so_long() {
    let result = "<UnitTestResult testId='t' testName='a test with a name' outcome='Passed'/>";
    let definitions = "</Results><TestDefinitions><UnitTest id='t'><TestMethod className='C'/></UnitTest></TestDefinitions></TestRun>";
    let few = parse(endless(
        "<TestRun><Results>",
        result,
        100 * result.len(),
        definitions,
    ))
    .unwrap();
    assert!(few.cases.iter().all(|case| &*case.suite == "C"));
    let many = parse(endless(
        "<TestRun><Results>",
        result,
        WAITING_BYTES,
        definitions,
    ))
    .unwrap();
    assert_eq!(many.cases.len(), WAITING_BYTES / result.len());
    assert!(many.cases[0].suite.is_empty());
}

#[test]
fn a_fault_hides_no_case_before_it() {
    for document in [
        "<TestRun><Results><UnitTestResult testName='red' outcome='Failed'/><oops",
        "[{\"elements\":[{\"name\":\"red\",\"steps\":[{\"result\":{\"status\":\"failed\"}}]}, oops",
    ] {
        let mut summary = test_reports::Summary::default();
        summary.add("cut-off", document.as_bytes());
        assert_eq!(summary.failures[0].name, "red", "{document}");
        assert_eq!(summary.problems.len(), 1);
    }
}

#[test]
fn a_test_that_was_tried_again_in_testng_is_one_flaky_case() {
    let report = crate::parse(
        "<testng-results><suite name='s'><test name='t'><class name='C'>\
         <test-method name='mail' status='SKIP' retried='true'><exception><message>slow</message></exception></test-method>\
         <test-method name='mail' status='PASS'/></class></test></suite></testng-results>",
    );
    assert_eq!(story(&report), ["[s > t > C] mail flaky: slow"]);
}

#[test]
fn a_background_that_fails_fails_its_scenario() {
    let report = crate::parse(
        "[{\"name\":\"F\",\"elements\":[{\"type\":\"background\",\"steps\":[{\"result\":{\"status\":\"failed\",\"error_message\":\"no till\"}}]},\
         {\"type\":\"scenario\",\"name\":\"pays\",\"steps\":[{\"result\":{\"status\":\"skipped\"}}]}]}]",
    );
    assert_eq!(story(&report), ["[F] pays failed: no till"]);
}

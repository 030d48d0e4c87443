//! What cannot be read is refused with its place.

use test_reports::{Format, detect};

use crate::refusal;

#[test]
fn formats_are_known_by_their_content() {
    for (document, format) in [
        (
            "<TestRun xmlns='http://microsoft.com/schemas/VisualStudio/TeamTest/2010'/>",
            Format::Trx,
        ),
        ("<test-run id='2' testcasecount='1'/>", Format::NUnit),
        ("<test-results name='a.dll'/>", Format::NUnit),
        ("<assemblies timestamp='now'/>", Format::XUnit),
        ("<testng-results skipped='0'/>", Format::TestNg),
        (
            "<!DOCTYPE report PUBLIC '-//JACOCO//DTD Report 1.1//EN' 'report.dtd'><report name='a'/>",
            Format::JaCoCo,
        ),
        (
            "<coverage generated='1714557600' clover='4.4.1'/>",
            Format::Clover,
        ),
        (
            "[{\"uri\": \"login.feature\", \"elements\": []}]",
            Format::Cucumber,
        ),
        ("[ ]", Format::Cucumber),
        ("{\"RSpec\": {\"coverage\": {}}}", Format::SimpleCov),
        ("TN:\nSF:a.c\nend_of_record\n", Format::Lcov),
        ("# of today\nSF:a.c\nend_of_record", Format::Lcov),
        ("<testsuites/>", Format::JUnit),
        (
            "<coverage line-rate='1' generated='no'/>",
            Format::Cobertura,
        ),
    ] {
        assert_eq!(detect(document.as_bytes()), Ok(format), "{document}");
        assert_eq!(crate::parse(document).format, format, "{document}");
    }
    assert_eq!(detect(&b"<testsuites>"[..]), Ok(Format::JUnit));
}

#[test]
fn refuses_what_it_knows_and_cannot_read_by_its_name() {
    for (document, words) in [
        (
            "TAP version 13\n1..1\nok 1 - login",
            "TAP is recognised but cannot be read: let the tool write JUnit XML",
        ),
        (
            "ok 1 - login",
            "TAP is recognised but cannot be read: let the tool write JUnit XML",
        ),
        (
            "mode: set\nshop.go:3.2,4.5 1 1",
            "Go's cover profile is recognised but cannot be read: let the tool write Cobertura XML or LCOV",
        ),
        (
            "{\"Time\":\"now\",\"Action\":\"run\",\"Package\":\"shop\"}\n{}",
            "`go test -json` is recognised but cannot be read: let the tool write JUnit XML",
        ),
        (
            "{\"numTotalTests\": 1, \"testResults\": []}",
            "Jest's JSON is recognised but cannot be read: let the tool write JUnit XML",
        ),
        (
            "{\"a.js\": {\"statementMap\": {}}}",
            "Istanbul's JSON is recognised but cannot be read: let the tool write Cobertura XML or LCOV",
        ),
        (
            "<coverage version='1'><file path='a'/></coverage>",
            "SonarQube's generic coverage is recognised but cannot be read: let the tool write Cobertura XML or LCOV",
        ),
        (
            "<checkstyle/>",
            "Checkstyle findings are no tests and no coverage",
        ),
    ] {
        assert_eq!(refusal(document).message, words, "{document}");
    }
}

#[test]
fn refuses_what_is_no_report() {
    let read = "not a known test or coverage report; read are JUnit, NUnit, xUnit.net, TestNG, TRX, Cucumber, Cobertura, \
                JaCoCo, Clover, SimpleCov, LCOV";
    for (document, words) in [
        ("", "line 1, column 1: the file is empty".to_owned()),
        ("\u{feff}", "line 1, column 1: the file is empty".to_owned()),
        (
            " \n",
            format!("line 1, column 1: there is no element in it: {read}"),
        ),
        (
            "<!-- nothing -->",
            format!("line 1, column 1: there is no element in it: {read}"),
        ),
        (
            "all is well",
            format!("line 1, column 1: neither XML nor JSON nor LCOV: {read}"),
        ),
        ("{}", format!("line 1, column 1: this JSON is {read}")),
        (
            "\n <html/>",
            format!("line 2, column 2: the root element is `<html>`: {read}"),
        ),
    ] {
        assert_eq!(refusal(document).to_string(), words, "{document:?}");
    }
}

#[test]
fn refuses_broken_xml_with_its_place() {
    for (document, words) in [
        (
            "<testsuite>\n  <testcase name='żółw'",
            "line 2, column 3: not well-formed XML: a tag is not closed by `>`",
        ),
        (
            "<testsuite>\n<testcase>\n",
            "line 3, column 1: the file ends inside an element: it is cut off",
        ),
        (
            "<testsuite>é</testcase>",
            "line 1, column 13: not well-formed XML: `</testsuite>` is missing before `</testcase>`",
        ),
        (
            "<testsuite/><testsuite/>",
            "line 1, column 13: a second root element: there are two documents in one file",
        ),
        (
            "<testsuite/>\nDone.",
            "line 2, column 1: text outside the root element",
        ),
        (
            "<testsuite name=a/>",
            "line 1, column 17: not well-formed XML: in `<testsuite>`: the value of attribute `name` is not in quotes",
        ),
        (
            "<testsuite><failure><![CDATA[never ends",
            "line 1, column 21: not well-formed XML: a CDATA section is not closed by `]]>`",
        ),
    ] {
        assert_eq!(refusal(document).to_string(), words, "{document:?}");
    }
}

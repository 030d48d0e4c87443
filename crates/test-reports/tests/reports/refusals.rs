//! What cannot be read is refused with its place.

use test_reports::{Format, detect};

use crate::refusal;

#[test]
fn refuses_other_formats_by_their_name() {
    for (document, format) in [
        (
            "<TestRun xmlns='http://microsoft.com/schemas/VisualStudio/TeamTest/2010'/>",
            "TRX",
        ),
        ("<test-run id='2' testcasecount='1'/>", "NUnit"),
        ("<test-results name='a.dll'/>", "NUnit"),
        ("<testng-results skipped='0'/>", "TestNG"),
        (
            "<!DOCTYPE report PUBLIC '-//JACOCO//DTD Report 1.1//EN' 'report.dtd'><report name='a'/>",
            "JaCoCo",
        ),
        (
            "<coverage generated='1714557600' clover='4.4.1'/>",
            "Clover",
        ),
        (
            "[{\"uri\": \"login.feature\", \"elements\": []}]",
            "Cucumber",
        ),
        ("{\"RSpec\": {\"coverage\": {}}}", "SimpleCov"),
    ] {
        assert_eq!(
            detect(document.as_bytes()).unwrap().to_string(),
            format,
            "{document}"
        );
        assert_eq!(
            refusal(document).message,
            format!("{format} reports are not supported yet")
        );
    }
    assert_eq!(detect(&b"<testsuites>"[..]), Ok(Format::JUnit));
    assert_eq!(
        detect(&b"<coverage line-rate='1' generated='no'>"[..]),
        Ok(Format::Cobertura)
    );
}

#[test]
fn refuses_what_is_no_report() {
    for (document, words) in [
        ("", "line 1, column 1: the file is empty"),
        ("\u{feff}", "line 1, column 1: the file is empty"),
        (
            " \n",
            "line 1, column 1: there is no element in it: not a test or coverage report",
        ),
        (
            "<!-- nothing -->",
            "line 1, column 1: there is no element in it: not a test or coverage report",
        ),
        (
            "ok 1 - login",
            "line 1, column 1: neither XML nor JSON: not a test or coverage report",
        ),
        (
            "{}",
            "line 1, column 1: this JSON is not a known test or coverage report",
        ),
        (
            "\n <html/>",
            "line 2, column 2: the root element is `<html>`: not a known test or coverage report",
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
            "line 2, column 3: not well-formed XML: tag not closed: `>` not found before end of input",
        ),
        (
            "<testsuite>\n<testcase>\n",
            "line 3, column 1: the file ends inside an element: it is cut off",
        ),
        (
            "<testsuite>é</testcase>",
            "line 1, column 13: not well-formed XML: expected `</testsuite>`, but `</testcase>` was found",
        ),
        (
            "<testsuite/><testsuite/>",
            "line 1, column 13: a second root element: there are two documents in one file",
        ),
        (
            "<testsuite/>\nDone.",
            "line 1, column 13: text outside the root element",
        ),
        (
            "<testsuite name=a/>",
            "line 1, column 1: in `<testsuite>`: position 15: attribute value must be enclosed in `\"` or `'`",
        ),
        (
            "<testsuite><failure><![CDATA[never ends",
            "line 1, column 21: not well-formed XML: CDATA not closed: `]]>` not found before end of input",
        ),
    ] {
        assert_eq!(refusal(document).to_string(), words, "{document:?}");
    }
}

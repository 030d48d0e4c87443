//! What a case becomes, whatever the tool.

use test_reports::Outcome;

use crate::{only_case, parse, sentence, story};

#[test]
fn an_error_beats_a_failure_and_the_first_message_stays() {
    for findings in [
        r#"<failure message="first"/><error message="second"/>"#,
        r#"<error message="first"/><failure message="second"/>"#,
        r#"<skipped message="why"/><failure message="first"/><error message="second"/><skipped/>"#,
    ] {
        let case = only_case(&format!("<testcase name='locks'>{findings}</testcase>"));
        assert_eq!(sentence(&case), "[login] locks error: first", "{findings}");
    }
}

#[test]
fn a_failure_is_not_made_flaky_by_what_stands_beside_it() {
    let case = only_case(
        "<testcase name='locks'><flakyFailure message='once'/><failure message='always'/></testcase>",
    );
    assert_eq!(sentence(&case), "[login] locks failed: always");
    assert!(!case.flaky);
}

#[test]
fn a_repeated_failure_alone_is_a_failure() {
    let case = only_case("<testcase name='locks'><rerunFailure message='again'/></testcase>");
    assert_eq!(sentence(&case), "[login] locks failed: again");
}

#[test]
fn a_message_is_found_wherever_the_tool_put_it() {
    for (finding, message) in [
        (
            "<failure message='attribute' type='T'>text</failure>",
            "attribute",
        ),
        (
            "<failure message=' ' type='T'>\n\n  first line\nsecond</failure>",
            "first line",
        ),
        ("<failure type='AssertionError'/>", "AssertionError"),
        ("<failure><![CDATA[a < b]]> &amp; c</failure>", "a < b & c"),
    ] {
        let case = only_case(&format!("<testcase name='n'>{finding}</testcase>"));
        assert_eq!(case.message.as_deref(), Some(message), "{finding}");
    }
    let silent = only_case("<testcase name='n'><failure/></testcase>");
    assert_eq!(
        (silent.outcome, silent.message, silent.details),
        (Outcome::Failed, None, None)
    );
}

#[test]
fn missing_and_odd_attributes_are_unknown_not_wrong() {
    let case = only_case("<testcase time='soon' line='zero' file=''/>");
    assert_eq!(case.name, "(without a name)");
    assert_eq!(
        (case.duration, case.line, case.file, case.class_name),
        (None, None, None, None)
    );
    assert_eq!(
        only_case("<testcase classname='Login' line='0'/>").name,
        "Login"
    );
}

#[test]
fn the_cases_win_over_the_totals() {
    let report = parse(
        r#"<testsuites tests="99" failures="0"><testsuite name="a" tests="0" failures="-1" errors="many">
           <testcase name="x"><failure/></testcase></testsuite></testsuites>"#,
    );
    assert_eq!((report.counts.tests, report.counts.failed), (1, 1));
}

#[test]
fn a_suite_that_breaks_before_its_cases_is_a_case() {
    let report = parse(
        r#"<testsuites><testsuite name="login"><error message="no database">trace</error>
           <testcase name="x"/></testsuite></testsuites>"#,
    );
    assert_eq!(
        story(&report),
        ["[login] login error: no database", "[login] x passed"]
    );
}

#[test]
fn what_is_printed_is_never_a_result() {
    let report = parse(
        r#"<testsuite name="s"><properties><testcase name="no"/></properties>
           <system-out><testcase name="no"/><failure/></system-out>
           <testcase name="yes"><system-err><failure message="no"/></system-err><properties><error/></properties></testcase>
           </testsuite>"#,
    );
    assert_eq!(story(&report), ["[s] yes passed"]);
}

#[test]
fn an_empty_suite_is_a_report_without_cases() {
    let report = parse("<testsuites/>");
    assert_eq!((report.suites, report.counts.tests), (0, 0));
    assert!(report.coverage.is_none());
}

#[test]
fn sloppy_but_unambiguous_markup_is_read() {
    let case = only_case(
        "<testcase name='R&D' name='twice'><failure message='&nbsp;&bomb;'>a & b &#27;</failure></testcase>",
    );
    assert_eq!(case.name, "R&D");
    assert_eq!(case.message.as_deref(), Some("&nbsp;&bomb;"));
    assert_eq!(case.details.as_deref(), Some("a & b \u{1b}"));
}

#[test]
fn lines_end_alike_wherever_the_report_was_written() {
    let case = only_case(
        "<testcase name='n'><failure>one\r\ntwo<![CDATA[\r\nthree]]></failure></testcase>",
    );
    assert_eq!(case.details.as_deref(), Some("one\ntwo\nthree"));
}

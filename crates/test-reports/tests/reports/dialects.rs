//! One document per tool, as the tool writes it.

use std::time::Duration;

use test_reports::Format;

use crate::{parse, story};

#[test]
fn surefire_with_reruns() {
    let report = parse(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuite xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="3.0.2"
    xsi:noNamespaceSchemaLocation="https://maven.apache.org/surefire/maven-surefire-plugin/xsd/surefire-test-report.xsd"
    name="org.example.LoginTest" time="1,234.567" tests="4" errors="0" skipped="1" failures="1" flakes="1">
  <properties><property name="java.version" value="21"/></properties>
  <testcase name="acceptsGoodPassword" classname="org.example.LoginTest" time="0.012"/>
  <testcase name="locksAfterFive" classname="org.example.LoginTest" time="1,234.5">
    <failure message="expected: &lt;true&gt; but was: &lt;false&gt;" type="org.opentest4j.AssertionFailedError"><![CDATA[org.opentest4j.AssertionFailedError: expected: <true> but was: <false>
	at org.example.LoginTest.locksAfterFive(LoginTest.java:31)]]></failure>
    <rerunFailure message="again" type="org.opentest4j.AssertionFailedError"><stackTrace>at rerun</stackTrace></rerunFailure>
    <system-out><![CDATA[<failure>not one</failure>]]></system-out>
  </testcase>
  <testcase name="sendsMail" classname="org.example.LoginTest" time="0.3">
    <flakyFailure message="timed out" type="java.net.SocketTimeoutException">
      <stackTrace><![CDATA[java.net.SocketTimeoutException: timed out]]></stackTrace>
      <system-out>noise</system-out>
    </flakyFailure>
  </testcase>
  <testcase name="singleSignOn" classname="org.example.LoginTest" time="0"><skipped message="no server"/></testcase>
</testsuite>"#,
    );
    assert_eq!(report.format, Format::JUnit);
    assert_eq!(
        story(&report),
        [
            "[org.example.LoginTest] acceptsGoodPassword passed",
            "[org.example.LoginTest] locksAfterFive failed: expected: <true> but was: <false>",
            "[org.example.LoginTest] sendsMail flaky: timed out",
            "[org.example.LoginTest] singleSignOn skipped: no server",
        ]
    );
    assert_eq!(
        report.cases[1].duration,
        Some(Duration::from_millis(1_234_500))
    );
    assert_eq!(
        report.cases[2].details.as_deref().map(str::trim),
        Some("java.net.SocketTimeoutException: timed out")
    );
    assert_eq!(
        (
            report.counts.tests,
            report.counts.passed,
            report.counts.flaky
        ),
        (4, 2, 1)
    );
}

#[test]
fn pytest_with_parameters_and_a_broken_fixture() {
    let report = parse(
        r#"<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="4" time="0.045" timestamp="2024-05-01T10:00:00.000000+00:00" hostname="ci"><testcase classname="tests.test_login" name="test_password[short-&quot;x&quot;]" time="1e-05" /><testcase classname="tests.test_login" name="test_locks" time="0.001"><failure message="AssertionError: assert 4 == 5&#10;  +  where 4 = attempts()">def test_locks():
&gt;       assert attempts() == 5
E       AssertionError: assert 4 == 5

tests/test_login.py:9: AssertionError</failure></testcase><testcase classname="tests.test_login" name="test_mail" time="0.000"><error message="failed on setup with &quot;KeyError: 'host'&quot;">KeyError</error></testcase><testcase classname="tests.test_login" name="test_sso" time="0.000"><skipped type="pytest.skip" message="no server">tests/test_login.py:20: no server</skipped></testcase></testsuite></testsuites>"#,
    );
    assert_eq!(
        story(&report),
        [
            "[pytest] test_password[short-\"x\"] passed",
            "[pytest] test_locks failed: AssertionError: assert 4 == 5\n  +  where 4 = attempts()",
            "[pytest] test_mail error: failed on setup with \"KeyError: 'host'\"",
            "[pytest] test_sso skipped: no server",
        ]
    );
    assert_eq!(
        report.cases[1].class_name.as_deref(),
        Some("tests.test_login")
    );
    assert_eq!(report.cases[0].duration, Some(Duration::from_micros(10)));
}

#[test]
fn jest_junit_without_messages() {
    let report = parse(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="jest tests" tests="2" failures="1" errors="0" time="1.2">
  <testsuite name="login" errors="0" failures="1" skipped="0" timestamp="2024-05-01T10:00:00" time="0.8" tests="2" file="/src/login.test.js">
    <testcase classname="login accepts" name="login accepts a good password" time="0.003"></testcase>
    <testcase classname="login locks" name="login locks after five" time="0.005">
      <failure>Error: expect(received).toBe(expected) // Object.is equality

Expected: true
Received: false
    at Object.toBe (/src/login.test.js:12:20)</failure>
    </testcase>
  </testsuite>
</testsuites>"#,
    );
    assert_eq!(
        story(&report),
        [
            "[login] login accepts a good password passed",
            "[login] login locks after five failed: Error: expect(received).toBe(expected) // Object.is equality\nExpected: true\nReceived: false",
        ]
    );
    assert_eq!(report.cases[1].file.as_deref(), Some("/src/login.test.js"));
}

#[test]
fn node_test_nests_suites_and_cases() {
    let report = parse(
        r#"<?xml version="1.0" encoding="utf-8"?>
<testsuites>
	<testcase name="top level" time="0.000741" classname="test"/>
	<testsuite name="policy" time="0.003" disabled="0" errors="0" tests="1" failures="0" skipped="0" hostname="ci">
		<testsuite name="refuses" time="0.001" disabled="0" errors="0" tests="2" failures="1" skipped="1" hostname="ci">
			<testcase name="a short password" time="0.001" classname="test" failure="no">
				<failure type="testCodeFailure" message="no">
[Error [ERR_TEST_FAILURE]: no] { cause: 'x &lt; y' }
				</failure>
			</testcase>
			<testcase name="a mail" time="0" classname="test"><skipped type="todo" message="later"/></testcase>
		</testsuite>
	</testsuite>
	<!-- tests 3 -- and more -->
</testsuites>"#,
    );
    assert_eq!(
        story(&report),
        [
            "[] top level passed",
            "[policy > refuses] a short password failed: no",
            "[policy > refuses] a mail skipped: later",
        ]
    );
    assert_eq!(report.suites, 2);
}

#[test]
fn nextest_with_retries() {
    let report = parse(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="nextest-run" tests="3" failures="1" errors="0" uuid="45c50042-482e-477e-88a2-60cfcc3eaf95" timestamp="2024-05-01T10:00:00.000+00:00" time="0.023">
    <testsuite name="login" tests="3" disabled="0" errors="0" failures="1">
        <testcase name="tests::accepts" classname="login" timestamp="2024-05-01T10:00:00.000+00:00" time="0.006"></testcase>
        <testcase name="tests::flaky_mail" classname="login" timestamp="2024-05-01T10:00:00.000+00:00" time="0.005">
            <flakyFailure timestamp="2024-05-01T10:00:00.000+00:00" time="0.004" message="thread 'tests::flaky_mail' panicked at src/lib.rs:9:5" type="test failure with exit code 101">the text<system-out>out</system-out></flakyFailure>
            <flakyFailure message="second attempt" type="test failure"/>
        </testcase>
        <testcase name="tests::locks" classname="login" timestamp="2024-05-01T10:00:00.000+00:00" time="0.004">
            <failure message="thread 'tests::locks' panicked at src/lib.rs:20:9" type="test failure with exit code 101">thread 'tests::locks' panicked at src/lib.rs:20:9:
assertion `left == right` failed</failure>
            <rerunFailure message="same again" type="test failure with exit code 101">more</rerunFailure>
            <system-out>running 1 test</system-out>
            <system-err>assertion `left == right` failed</system-err>
        </testcase>
    </testsuite>
</testsuites>"#,
    );
    assert_eq!(
        story(&report),
        [
            "[login] tests::accepts passed",
            "[login] tests::flaky_mail flaky: thread 'tests::flaky_mail' panicked at src/lib.rs:9:5",
            "[login] tests::locks failed: assertion `left == right` failed",
        ]
    );
    assert_eq!(
        report.cases[2].details.as_deref(),
        Some(
            "thread 'tests::locks' panicked at src/lib.rs:20:9:\nassertion `left == right` failed"
        )
    );
}

#[test]
fn go_junit_report() {
    let report = parse(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="3" failures="1" skipped="1">
	<testsuite name="example.com/login" tests="3" failures="1" errors="0" id="0" hostname="ci" skipped="1" time="0.150" timestamp="2024-05-01T10:00:00Z">
		<properties><property name="go.version" value="go1.22"></property></properties>
		<testcase name="TestAccepts" classname="example.com/login" time="0.020"></testcase>
		<testcase name="TestLocks/after_five" classname="example.com/login" time="0.130">
			<failure message="Failed"><![CDATA[    login_test.go:11: want locked]]></failure>
		</testcase>
		<testcase name="TestMail" classname="example.com/login" time="0.000">
			<skipped message="Skipped"><![CDATA[    login_test.go:18: no server]]></skipped>
		</testcase>
		<system-out><![CDATA[noise]]></system-out>
	</testsuite>
</testsuites>"#,
    );
    assert_eq!(
        story(&report),
        [
            "[example.com/login] TestAccepts passed",
            "[example.com/login] TestLocks/after_five failed: login_test.go:11: want locked",
            "[example.com/login] TestMail skipped: login_test.go:18: no server",
        ]
    );
    assert_eq!(
        report.cases[1].details.as_deref(),
        Some("    login_test.go:11: want locked")
    );
}

#[test]
fn google_test_marks_disabled_cases_by_attributes() {
    let report = parse(
        r#"<testsuites tests="2" failures="0" disabled="1" errors="0" time="0.001" name="AllTests">
  <testsuite name="Login" tests="2" failures="0" disabled="1" errors="0" time="0.001">
    <testcase name="Accepts" file="login_test.cc" line="12" status="run" result="completed" time="0.001" classname="Login" />
    <testcase name="DISABLED_Mail" file="login_test.cc" line="20" status="notrun" result="suppressed" time="0." classname="Login" />
  </testsuite>
</testsuites>"#,
    );
    assert_eq!(
        story(&report),
        ["[Login] Accepts passed", "[Login] DISABLED_Mail skipped"]
    );
    assert_eq!(
        (report.cases[0].file.as_deref(), report.cases[0].line),
        (Some("login_test.cc"), Some(12))
    );
}

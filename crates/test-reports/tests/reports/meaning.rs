//! Red is not made out of green, nor green out of red, and coverage is what its maker means. Of each kind further inputs
//! than those in `tests/fixtures/cases`.

use crate::{only_case, parse, refusal, sentence, story};

fn lines(document: &str) -> (u64, u64) {
    let coverage = parse(document).coverage.unwrap();
    (coverage.lines_covered, coverage.lines_total)
}

fn clover(lines: &str) -> String {
    format!(
        "<coverage generated='1' clover='3.2.0'><project><file name='till.js'>{lines}</file></project></coverage>"
    )
}

#[test]
fn a_line_of_clover_is_covered_by_its_count_and_a_condition_without_one_by_its_decisions() {
    for (line, covered) in [
        (
            "<line num='1' count='2' type='cond' truecount='0' falsecount='2'/>",
            1,
        ),
        (
            "<line num='1' count='0' type='cond' truecount='1' falsecount='1'/>",
            0,
        ),
        (
            "<line num='1' type='cond' truecount='0' falsecount='1'/>",
            1,
        ),
        (
            "<line num='1' type='cond' truecount='0' falsecount='0'/>",
            0,
        ),
    ] {
        assert_eq!(lines(&clover(line)), (covered, 1), "{line}");
    }
    assert_eq!(
        lines(&clover("<line num='0' count='1' type='stmt'/>")),
        (0, 0)
    );
}

#[test]
fn clover_may_have_its_packages_files_and_lines_inside_of_metrics() {
    let file = "<file name='till.js'><metrics><line num='1' count='1' type='stmt'/></metrics>\
                <line num='2' count='0' type='stmt'/></file>";
    for inside in [
        format!(
            "<project><metrics><package name='a'><metrics>{file}</metrics></package></metrics></project>"
        ),
        format!("<project><metrics/><package name='a'><metrics/>{file}</package></project>"),
        format!("<project><metrics>{file}</metrics></project>"),
    ] {
        assert_eq!(
            lines(&format!("<coverage generated='1'>{inside}</coverage>")),
            (1, 2),
            "{inside}"
        );
    }
}

#[test]
fn a_line_of_jacoco_without_a_count_has_none() {
    let report = |lines: &str| {
        format!(
            "<report name='r'><package name='shop'><sourcefile name='Till.java'>{lines}</sourcefile></package></report>"
        )
    };
    for (told, expected) in [
        ("<line nr='1' mi='2'/><line nr='2' ci='3'/>", (1, 2)),
        (
            "<line nr='0' ci='3'/><line nr='2' mi='0' ci='1' mb='0' cb='0'/>",
            (1, 1),
        ),
        ("<line nr='3'/><line nr='4' cb='1'/>", (1, 2)),
        (
            "<line nr='3'/><counter type='LINE' missed='0' covered='1'/>",
            (1, 1),
        ),
        // Where instructions are told, the counter says no more.
        (
            "<line nr='3' ci='0'/><counter type='LINE' missed='0' covered='1'/>",
            (0, 1),
        ),
    ] {
        assert_eq!(lines(&report(told)), expected, "{told}");
    }
    assert_eq!(
        refusal(&report("<line nr='3' ci='all'/>")).message,
        "a `<line>` has a `ci` that is no whole number"
    );
}

#[test]
fn names_in_lcov_may_go_on_and_other_lines_may_not() {
    for (document, expected) in [
        ("TN:a\nb c\nSF:a.c\nDA:1,1\nend_of_record\n", (1, 1)),
        (
            "SF:a.c\nFN:1,a(\n  b)\nFNDA:1,a(\n  b)\nDA:0,1\nDA:1,0\nDA:2,5\nend_of_record\n",
            (1, 2),
        ),
    ] {
        assert_eq!(lines(document), expected, "{document}");
    }
    assert_eq!(
        refusal("SF:a.c\nDA:1,1\nwhat is this\nend_of_record\n").to_string(),
        "line 3, column 1: this is no record of LCOV"
    );
}

#[test]
fn both_reports_of_simplecov_are_read() {
    for (document, expected) in [
        (
            "{\"$schema\": \"https://example.com/s.json\", \"meta\": {}, \"coverage\": {\"/a.rb\": {\"lines\": [0, 1]}}, \
             \"total\": {\"lines\": {\"covered\": 1}}, \"errors\": {}}",
            (1, 2),
        ),
        (
            "{\"coverage\": {\"/a.rb\": [null, 1, \"ignored\"]}}",
            (1, 1),
        ),
        (
            "{\"coverage\": {\"coverage\": {\"/a.rb\": [1, 0]}, \"timestamp\": 1}}",
            (1, 2),
        ),
        ("{\"meta\": {}, \"coverage\": {}}", (0, 0)),
    ] {
        assert_eq!(lines(document), expected, "{document}");
    }
    assert_eq!(
        refusal("{\"meta\": {\"of\": 1}, \"coverages\": {\"coverage\": {}}}").message,
        "the run `meta` has no `coverage`"
    );
}

#[test]
fn booleans_of_nunit_2_are_taken_as_they_are_written() {
    let suite = |cases: &str| {
        format!(
            "<test-results><test-suite name='Till' executed='true' success='false'><results>{cases}</results></test-suite></test-results>"
        )
    };
    for (case, told) in [
        (
            "<test-case name='pays' executed='true' success='false'/>",
            "[Till] pays failed",
        ),
        (
            "<test-case name='pays' executed='TRUE'><failure><message>no</message></failure></test-case>",
            "[Till] pays failed: no",
        ),
        (
            "<test-case name='pays' success='True'><failure><message>no</message></failure></test-case>",
            "[Till] pays failed: no",
        ),
        (
            "<test-case name='pays' executed='false'/>",
            "[Till] pays skipped",
        ),
        (
            "<test-case name='pays' result='failure' executed='True' success='False'/>",
            "[Till] pays failed",
        ),
        (
            "<test-case name='pays' result='inconclusive' success='False'/>",
            "[Till] pays skipped",
        ),
    ] {
        assert_eq!(story(&parse(&suite(case))), [told], "{case}");
    }
}

#[test]
fn a_suite_of_nunit_that_failed_by_itself_is_a_case_and_one_that_ran_nothing_is_not() {
    let report = |attributes: &str, inside: &str| {
        format!(
            "<test-results><test-suite name='Till' {attributes}>{inside}</test-suite></test-results>"
        )
    };
    let skipped = "<results><test-case name='calls' executed='False'/></results>";
    let passed = "<results><test-case name='adds' executed='True' success='True'/></results>";
    let broken = format!("<failure><message>no till</message></failure>{skipped}");
    for (attributes, inside, told) in [
        ("success='False'", skipped, vec!["[Till] calls skipped"]),
        (
            "result='Ignored' success='False'",
            skipped,
            vec!["[Till] calls skipped"],
        ),
        (
            "success='False'",
            &*broken,
            vec!["[Till] calls skipped", "[Till] Till error: no till"],
        ),
        (
            "success='false'",
            passed,
            vec!["[Till] adds passed", "[Till] Till error"],
        ),
        (
            "result='failure' success='False'",
            skipped,
            vec!["[Till] calls skipped", "[Till] Till error"],
        ),
    ] {
        assert_eq!(
            story(&parse(&report(attributes, inside))),
            told,
            "{attributes} {inside}"
        );
    }
}

#[test]
fn errors_of_a_run_of_trx_that_no_result_shows_count() {
    let run = |infos: &[&str]| {
        let infos = infos
            .iter()
            .map(|text| format!("<RunInfo outcome='Error'><Text>{text}</Text></RunInfo>"))
            .collect::<Vec<_>>()
            .concat();
        // As Visual Studio writes it, with the summary first.
        format!(
            "<TestRun><ResultSummary><RunInfos>{infos}</RunInfos></ResultSummary><Results>\
             <UnitTestResult testName='Till.Pays(1)' outcome='Failed'/></Results></TestRun>"
        )
    };
    let echo = "[xUnit.net 00:00:00.40]     Till.Pays(1) [FAIL]";
    for (infos, told) in [
        (
            vec![echo, "[xUnit.net 00:00:00.41]       Assert.Equal() Failure"],
            vec![],
        ),
        (
            vec![
                echo,
                "[xUnit.net 00:00:00.50]     Till.dll: Catastrophic failure: no host",
            ],
            vec![
                "[] (test run) error: [xUnit.net 00:00:00.50]     Till.dll: Catastrophic failure: no host",
            ],
        ),
        (
            vec!["[xUnit.net 00:00:00.40]     Till.Adds [FAIL]"],
            vec!["[] (test run) error: [xUnit.net 00:00:00.40]     Till.Adds [FAIL]"],
        ),
        (
            vec![
                echo,
                "The active test run was aborted. Reason: Test host process crashed",
            ],
            vec![
                "[] (test run) error: The active test run was aborted. Reason: Test host process crashed",
            ],
        ),
    ] {
        let mut expected = vec!["[] Till.Pays(1) failed"];
        expected.extend(told);
        assert_eq!(story(&parse(&run(&infos))), expected, "{infos:?}");
    }
}

#[test]
fn tries_of_testng_are_joined_and_objects_that_tell_cases_apart_are_numbered() {
    let report = |methods: &[(&str, &str, &str)]| {
        let methods = methods
            .iter()
            .map(|(status, more, value)| {
                format!("<test-method name='pays' status='{status}' {more}><params><param><value>{value}</value></param></params></test-method>")
            })
            .collect::<Vec<_>>()
            .concat();
        parse(&format!(
            "<testng-results><suite name='s'><test name='t'><class name='C'>{methods}</class></test></suite></testng-results>"
        ))
    };
    let failed = report(&[
        ("SKIP", "retried='true'", "shop.Order@1"),
        ("SKIP", "retried='true'", "shop.Order@2f"),
        ("FAIL", "", "shop.Order@3"),
    ]);
    assert_eq!(story(&failed), ["[s > t > C] pays(shop.Order) failed"]);
    let two = report(&[("PASS", "", "shop.Order@1"), ("FAIL", "", "shop.Order@2")]);
    assert_eq!(
        story(&two),
        [
            "[s > t > C] pays(shop.Order) passed",
            "[s > t > C] pays(shop.Order) #2 failed"
        ]
    );
    let plain = report(&[
        ("SKIP", "retried='true'", "ann@example.com"),
        ("PASS", "", "bob@example.com"),
    ]);
    assert_eq!(
        story(&plain),
        [
            "[s > t > C] pays(bob@example.com) passed",
            "[s > t > C] pays(ann@example.com) skipped"
        ]
    );
}

#[test]
fn totals_of_junit_that_no_case_shows_are_an_error() {
    for (document, told) in [
        // What Python's regression tests write of sub-tests.
        (
            "<testsuites><testsuite name='test_x' tests='1' failures='3' errors='0'><testcase name='test_x'/></testsuite></testsuites>",
            vec![
                "[test_x] test_x passed",
                "[test_x] test_x error: the report counts 3 failures in here that no test in it shows",
            ],
        ),
        (
            "<testsuites errors='1'><testsuite name='tap' failures='1'/><testsuite name='b'><testcase name='adds'/></testsuite></testsuites>",
            vec![
                "[tap] tap error: the report counts a failure in here that no test in it shows",
                "[b] adds passed",
            ],
        ),
        (
            "<testsuites failures='1'><testsuite name='b'><testcase name='adds'/></testsuite></testsuites>",
            vec![
                "[b] adds passed",
                "[] (suite) error: the report counts a failure in here that no test in it shows",
            ],
        ),
        // As gotestsum writes it of a package that did not compile.
        (
            "<testsuites failures='1' errors='1'><testsuite name='b' failures='1'><testcase name='adds'><failure/></testcase></testsuite></testsuites>",
            vec![
                "[b] adds failed",
                "[] (suite) error: the report counts a failure in here that no test in it shows",
            ],
        ),
        (
            "<testsuites failures='1' errors='1'><testsuite name='b' failures='1' errors='1'><testcase name='adds'><failure/><error/></testcase></testsuite></testsuites>",
            vec!["[b] adds error"],
        ),
        // Shown once, in whatever form, it is no error.
        (
            "<testsuites failures='2'><testsuite name='b' failures='2'><testcase name='adds'><failure/></testcase></testsuite></testsuites>",
            vec!["[b] adds failed"],
        ),
        (
            "<testsuite name='b' failures='1' errors='many'><testcase name='adds'><flakyFailure message='slow'/></testcase></testsuite>",
            vec!["[b] adds flaky: slow"],
        ),
    ] {
        assert_eq!(story(&parse(document)), told, "{document}");
    }
}

#[test]
fn what_did_not_run_is_skipped_by_whatever_name() {
    for skip in ["<ignored/>", "<disabled/>", "<skipped/>"] {
        let case = only_case(&format!("<testcase name='prints'>{skip}</testcase>"));
        assert_eq!(sentence(&case), "[login] prints skipped");
    }
    let both = only_case("<testcase name='prints'><ignored/><failure message='no'/></testcase>");
    assert_eq!(sentence(&both), "[login] prints failed: no");
}

#[test]
fn scenarios_that_were_tried_again_are_one_case() {
    let scenario = |line: u32, status: &str, said: &str| {
        format!(
            "{{\"type\":\"scenario\",\"name\":\"pays\",\"line\":{line},\"steps\":[{{\"result\":\
             {{\"status\":\"{status}\",\"error_message\":\"{said}\"}}}}]}}"
        )
    };
    let feature = |scenarios: &[String]| {
        parse(&format!(
            "[{{\"name\":\"Till\",\"uri\":\"till.feature\",\"elements\":[{}]}}]",
            scenarios.join(",")
        ))
    };
    let (slow, late, good) = (
        scenario(3, "failed", "slow"),
        scenario(3, "failed", "late"),
        scenario(3, "passed", ""),
    );
    for (scenarios, told) in [
        (
            vec![slow.clone(), good.clone()],
            vec!["[Till] pays flaky: slow"],
        ),
        (vec![slow.clone(), late], vec!["[Till] pays failed: late"]),
        // Rows of an outline are on lines of their own.
        (
            vec![slow.clone(), scenario(4, "passed", "")],
            vec!["[Till] pays failed: slow", "[Till] pays passed"],
        ),
        (
            vec![good, slow.clone()],
            vec!["[Till] pays passed", "[Till] pays failed: slow"],
        ),
        (
            vec![slow, scenario(3, "skipped", "")],
            vec!["[Till] pays failed: slow", "[Till] pays skipped"],
        ),
    ] {
        assert_eq!(story(&feature(&scenarios)), told);
    }
}

#[test]
fn refuses_other_formats_with_a_root_or_a_key_of_ours() {
    for document in [
        "<TestRun/>",
        "<TestRun><TestSuite/></TestRun>",
        "<assembly xmlns='urn:schemas-microsoft-com:asm.v1' manifestVersion='1.0'/>",
        "<assembly><fileSets/></assembly>",
        "<assemblies><dll/></assemblies>",
        "<report><stats/><data/></report>",
        "<report xmlns='http://www.gallio.org/'><testPackage/></report>",
        "<coverage><banana/></coverage>",
        "<test-results><jmeter/></test-results>",
        "<testsuite id='1' name='plan'><node_order>0</node_order></testsuite>",
        "[{\"uri\": \"file:///a.js\", \"range\": {}}]",
        "[{\"keyword\": \"lint\"}]",
    ] {
        let error = refusal(document);
        assert!(
            error
                .message
                .contains("not a known test or coverage report; read are JUnit, NUnit,"),
            "{document}: {error}"
        );
    }
    for (document, name) in [
        (
            "<coverage profilerVersion='1.5.8'><module/></coverage>",
            "NCover",
        ),
        (
            "<coverage><module name='a'><method/></module></coverage>",
            "NCover",
        ),
    ] {
        assert_eq!(
            refusal(document).message,
            format!(
                "{name} is recognised but cannot be read: let the tool write Cobertura XML or LCOV"
            )
        );
    }
}

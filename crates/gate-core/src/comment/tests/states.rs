//! One snapshot for each state.

use super::*;
use crate::{
    id::CheckName,
    plan::{LeftOut, NoBuild, Note, PlannedCheck, Why},
    report::{FileCoverage, Report, ReportContent, ReportStatus},
    rules::{CheckLines, CommentRules, Demands, Percent},
    title::Flag,
};

fn coverage(files: &[(&str, u64, u64)]) -> Report {
    let files: Vec<_> = files
        .iter()
        .map(|(path, covered, total)| FileCoverage {
            path: (*path).to_owned(),
            covered: *covered,
            total: *total,
        })
        .collect();
    Report {
        name: "coverage".to_owned(),
        status: ReportStatus::Complete,
        content: ReportContent::Coverage(Coverage {
            covered: files.iter().map(|file| file.covered).sum(),
            total: files.iter().map(|file| file.total).sum(),
            files,
        }),
    }
}

#[test]
fn green() {
    let (plan, mut results) = passed_with(green_cases(1204));
    results[0].reports.push(coverage(&[
        ("src/login.rs", 442, 500),
        ("src/bill.rs", 400, 500),
    ]));
    let (_, mut before) = passed_with(green_cases(1198));
    before[0].reports.push(coverage(&[
        ("src/login.rs", 430, 500),
        ("src/bill.rs", 400, 500),
    ]));
    let before = baseline(&before);
    insta::assert_snapshot!(compared_comment(&plan, &results, Earlier::Of(&before)));
}

#[test]
fn red_with_one_failure() {
    let mut cases = green_cases(40);
    let (_, before) = passed_with(cases.clone());
    let message = "assertion `left == right` failed\n  left: 1\n right: 2";
    cases.push(TestCase {
        file: Some("src/login.rs".to_owned()),
        line: Some(88),
        ..failure("rejects_empty_password", message)
    });
    let (plan, results) = red(cases);
    let before = baseline(&before);
    insta::assert_snapshot!(compared_comment(&plan, &results, Earlier::Of(&before)));
}

#[test]
fn new_failures_come_before_known_ones_and_what_else_changed() {
    let lasting = |name: &str, seconds| TestCase {
        duration: Some(Duration::from_secs(seconds)),
        ..case(name, Outcome::Passed)
    };
    let mut before = green_cases(8);
    before.extend([
        failure("leap_day", "29 is not 28"),
        lasting("imports_a_year", 2),
    ]);
    let (_, before) = red(before);
    let mut now = green_cases(6);
    now.extend([
        failure("leap_day", "29 is not 28"),
        failure("locks_after_five", "the account is not locked"),
        case("test_6", Outcome::Skipped),
        lasting("imports_a_year", 9),
        TestCase {
            flaky: true,
            ..case("sends_mail", Outcome::Passed)
        },
    ]);
    let (plan, results) = red(now);
    let before = baseline(&before);
    insta::assert_snapshot!(compared_comment(&plan, &results, Earlier::Of(&before)));
}

#[test]
fn red_with_known_failures_only() {
    let (_, before) = red(vec![failure("leap_day", "29 is not 28")]);
    let (plan, results) = red(vec![failure("leap_day", "29 is not 28")]);
    let before = baseline(&before);
    insta::assert_snapshot!(compared_comment(&plan, &results, Earlier::Of(&before)));
}

#[test]
fn red_with_300_failures_fits_and_counts_the_rest() {
    let message = "a very long message\n".repeat(200);
    let failures = (0..300)
        .map(|number| failure(&format!("test_number_{number}"), &message))
        .collect();
    let (plan, results) = red(failures);
    insta::assert_snapshot!(comment(&plan, &results));
}

#[test]
fn flaky() {
    let mut cases = green_cases(40);
    for name in ["sends_mail", "receives_mail"] {
        cases.push(TestCase {
            flaky: true,
            message: Some("connection refused".to_owned()),
            ..case(name, Outcome::Passed)
        });
    }
    let (plan, results) = passed_with(cases);
    insta::assert_snapshot!(compared_comment(&plan, &results, Earlier::Nothing));
}

#[test]
fn the_build_broke_before_any_test() {
    let plan = plan_with("", &["unit"]);
    let log = "cc -o shop main.c\nmain.c: In function 'main':\nmain.c:7:5: error: expected ';' before 'return'\nmake: *** [Makefile:3: shop] Error 1";
    let results = [CheckResult {
        log_end: Some(log.to_owned()),
        ..result(&plan, Some(broken()), vec![])
    }];
    insta::assert_snapshot!(comment(&plan, &results));
}

#[test]
fn time_in_the_queue_is_told_apart() {
    let plan = plan_with("", &[]);
    let build = Build {
        queued: Duration::from_secs(15),
        duration: Duration::from_millis(300),
        ..broken()
    };
    let text = comment(&plan, &[result(&plan, Some(build), vec![])]);
    let line = "- ❌ **build** failed in 300 ms after 15 s in the queue: [log]";
    assert!(text.contains(line), "{text}");
}

#[test]
fn timed_out() {
    let plan = plan_with("", &["unit"]);
    let results = [result(&plan, Some(build(BuildStatus::TimedOut)), vec![])];
    insta::assert_snapshot!(comment(&plan, &results));
}

#[test]
fn infrastructure() {
    let plan = plan_with("", &["unit"]);
    let results = [result(&plan, Some(build(BuildStatus::Fault)), vec![])];
    insta::assert_snapshot!(comment(&plan, &results));
}

#[test]
fn tests_skipped_by_a_flag_and_a_mistyped_flag() {
    let plan = plan_with("Fix [skip-tests] [no-cash]", &["unit"]);
    let results = [result(&plan, Some(build(BuildStatus::Succeeded)), vec![])];
    insta::assert_snapshot!(comment(&plan, &results));
}

#[test]
fn conflict() {
    let no_build = Some(NoBuild::Conflict {
        files: vec!["src/login.rs".to_owned(), "a`b.txt".to_owned()],
        more: 0,
    });
    insta::assert_snapshot!(comment(
        &Plan {
            no_build,
            ..Plan::default()
        },
        &[]
    ));
}

#[test]
fn skip_ci_is_a_hold() {
    let plan = Plan {
        no_build: Some(NoBuild::SkipCi),
        ..plan_with("[skip-ci]", &[])
    };
    insta::assert_snapshot!(comment(&plan, &[]));
}

#[test]
fn running() {
    let plan = Plan {
        notes: vec![Note::ChangesBuildspec {
            path: "buildspec.yml".to_owned(),
        }],
        ..plan_with("", &[])
    };
    let results = [result(&plan, Some(build(BuildStatus::InProgress)), vec![])];
    let (candidate, earlier) = (candidate(), Earlier::NotAsked);
    insta::assert_snapshot!(said(
        Some(&candidate),
        Some(&plan),
        &results,
        earlier,
        None,
        Stage::Running {
            badge: Some("https://codebuild.example/badges?uuid=1")
        }
    ));
}

#[test]
fn the_gate_itself_failed() {
    let error = "CodeBuild does not permit CreateProject: not authorized; redeploy the gate, or check the policies around it";
    let stage = Stage::Failed { error, again: true };
    insta::assert_snapshot!(said(None, None, &[], Earlier::NotAsked, None, stage));
}

#[test]
fn superseded_by_a_newer_revision() {
    insta::assert_snapshot!(superseded(&execution().name));
}

#[test]
fn first_gated_commit_without_a_baseline() {
    let (plan, results) = passed_with(green_cases(3));
    insta::assert_snapshot!(compared_comment(&plan, &results, Earlier::Nothing));
}

#[test]
fn no_differences_where_the_merge_was_not_what_was_tested_or_nothing_could_be_read() {
    let (plan, results) = passed_with(green_cases(3));
    let untested = |merged| Baseline::after_merge(None, merged, PullRequestId::new("6"), None);
    let text = compared_comment(&plan, &results, Earlier::Of(&untested(commit('b'))));
    let words = "No differences are shown: what was last merged into `main` (bbbbbbb, pull request 6) is not what was tested.";
    assert!(text.contains(words), "{text}");
    let text = compared_comment(&plan, &results, Earlier::Of(&untested(commit('d'))));
    let words =
        "(ddddddd, pull request 6) is not what was tested; it has moved since, past the gate.";
    assert!(text.contains(words), "{text}");
    let text = compared_comment(&plan, &results, Earlier::Unreadable);
    let words = "No differences are shown: the results of `main` could not be read.";
    assert!(text.contains(words), "{text}");
}

#[test]
fn differences_to_a_destination_that_has_moved_past_the_gate_say_so() {
    let (plan, results) = passed_with(green_cases(3));
    let mut before = baseline(&results);
    before.merged = commit('d');
    let text = compared_comment(&plan, &results, Earlier::Of(&before));
    let words = "Differences are to `main` at ddddddd, from pull request 6; it has moved since, past the gate.";
    assert!(text.contains(words), "{text}");
    let merged_without_tests = before.after_untested_merge(commit('b'));
    let text = compared_comment(&plan, &results, Earlier::Of(&merged_without_tests));
    let words = "Differences are to `main` at ddddddd, from pull request 6.\n";
    assert!(text.contains(words), "{text}");
}

#[test]
fn coverage_drop() {
    let (plan, mut results) = passed_with(green_cases(3));
    results[0].reports.push(coverage(&[
        ("src/login.rs", 300, 500),
        ("src/bill.rs", 400, 500),
        ("src/mail.rs", 10, 100),
    ]));
    let (_, mut before) = passed_with(green_cases(3));
    before[0].reports.push(coverage(&[
        ("src/login.rs", 442, 500),
        ("src/bill.rs", 400, 500),
    ]));
    let before = baseline(&before);
    insta::assert_snapshot!(compared_comment(&plan, &results, Earlier::Of(&before)));
}

/// The usual plan with these demands.
fn demanding(demands: Demands) -> Plan {
    let mut plan = plan_with("", &["unit"]);
    plan.checks[0].demands = demands;
    plan
}

fn percent(hundredths: u32) -> Option<Percent> {
    serde_json::from_value(hundredths.into()).ok()
}

/// Passed, with tests and coverage.
fn covered(plan: &Plan, covered: u64, total: u64) -> Vec<CheckResult> {
    let reports = vec![
        tests_report("unit", tests_of(green_cases(3))),
        coverage(&[
            ("/build/src/login.rs", covered, total),
            ("src/bill.rs", 400, 500),
        ]),
    ];
    vec![result(plan, Some(build(BuildStatus::Succeeded)), reports)]
}

#[test]
fn coverage_drop_that_the_rules_do_not_allow() {
    let plan = demanding(Demands {
        maximum_drop: percent(50),
        ..Demands::default()
    });
    let mut results = covered(&plan, 300, 500);
    let before = baseline(&covered(&plan, 442, 500));
    let known = before.findings.as_ref().unwrap();
    results[0].coverage_before = known.coverage_by_check.get(&plan.checks[0].name).copied();
    let verdict = decide(&plan, Some(&candidate()), &results);
    let stage = Stage::Finished {
        verdict: &verdict,
        refused: None,
    };
    let changed = ["src/login.rs".to_owned(), "README.md".to_owned()];
    let (run, candidacy, candidate, live) = (execution().name, candidacy(), candidate(), live());
    insta::assert_snapshot!(said_of(&View {
        run: &run,
        candidacy: &candidacy,
        title: &live.title,
        source: &live.source,
        destination: &live.destination,
        candidate: Some(&candidate),
        plan: Some(&plan),
        results: &results,
        earlier: Earlier::Of(&before),
        changed: Some(&changed),
        report: Some(REPORT),
        exhausted: None,
        stage,
    }));
}

#[test]
fn too_little_coverage_too_few_tests_and_what_could_not_be_judged() {
    let plan = demanding(Demands {
        minimum_coverage: percent(8500),
        maximum_drop: percent(50),
        ..Demands::default()
    });
    let text = compared_comment(&plan, &covered(&plan, 442, 500), Earlier::Nothing);
    let lines = [
        "### ❌ Mergegate: not approved, `build` covers 84.2 % of the lines, 85 % are required\n",
        "- ❌ **build** passed, but its tests cover 84.2 % of the lines, and the rules ask for 85 %: [log]",
        "Whether coverage fell was not judged for `build`: it is not known what it was on `main`.\n",
    ];
    for line in lines {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let plan = demanding(Demands {
        minimum_tests: Some(1000),
        ..Demands::default()
    });
    let text = comment(&plan, &covered(&plan, 442, 500));
    let lines = [
        "### ❌ Mergegate: not approved, `build` ran 3 tests, 1,000 are required\n",
        "- ❌ **build** passed, but its reports hold 3 tests, and the rules ask for 1,000: [log]",
    ];
    for line in lines {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn what_failed_too_often_is_not_said_to_be_worth_a_retry() {
    let plan = plan_with("", &[]);
    let results = [result(&plan, Some(broken()), vec![])];
    let verdict = decide(&plan, Some(&candidate()), &results);
    let (run, candidacy, candidate, live) = (execution().name, candidacy(), candidate(), live());
    let text = said_of(&View {
        run: &run,
        candidacy: &candidacy,
        title: &live.title,
        source: &live.source,
        destination: &live.destination,
        candidate: Some(&candidate),
        plan: Some(&plan),
        results: &results,
        earlier: Earlier::NotAsked,
        changed: None,
        report: None,
        exhausted: Some(10),
        stage: Stage::Finished {
            verdict: &verdict,
            refused: None,
        },
    });
    let advice = "\n\nPush a fix: 10 runs failed of this very candidate, and by `limits.failed_runs` of `gate.toml` it is not tested \
                  again. `/gate help` lists what you can ask.\n\n";
    assert!(
        text.contains(advice) && !text.contains("/gate retry"),
        "{text}"
    );
}

/// A plan of these checks, each with a build that ended so.
fn of_checks(checks: &[(&str, BuildStatus)], rules: CommentRules) -> (Plan, Vec<CheckResult>) {
    let check = |(name, _): &(&str, BuildStatus)| PlannedCheck::new(CheckName::new(*name), vec![]);
    let plan = Plan {
        checks: checks.iter().map(check).collect(),
        comment: rules,
        ..plan_with("", &[])
    };
    let result = |(check, (_, status)): (&PlannedCheck, &(&str, BuildStatus))| CheckResult {
        check: check.clone(),
        ..result(&plan, Some(build(*status)), vec![])
    };
    let results = plan.checks.iter().zip(checks).map(result).collect();
    (plan, results)
}

const FAILED_ONLY: CommentRules = CommentRules {
    announce: true,
    log_lines: 30,
    checks: CheckLines::Failed,
};

#[test]
fn of_several_checks_that_failed_each_has_its_words_and_the_advice_is_for_all() {
    let all = [
        ("unit", BuildStatus::Failed),
        ("docs", BuildStatus::Succeeded),
        ("web", BuildStatus::TimedOut),
        ("image", BuildStatus::Fault),
    ];
    let (plan, results) = of_checks(&all, CommentRules::default());
    let text = comment(&plan, &results);
    let lines = [
        "### ❌ Mergegate: not approved, `unit` failed, `web` ran out of time, `image` could not run: infrastructure\n",
        "Push a fix, or write `/gate retry unit` if you believe that `unit` failed by chance. Make `web` faster, or have \
         `timeout_minutes` raised, and push; or write `/gate retry web` if it was bad luck. Your change is not to blame for `image`: \
         write `/gate retry image` later, or ask whoever runs the gate to look at CodeBuild. `/gate help` lists what else you can ask.",
    ];
    for line in lines {
        assert!(text.contains(line), "{text}");
    }
    let failed = ["a", "b", "c", "d", "e"].map(|name| (name, BuildStatus::Failed));
    let (plan, results) = of_checks(&failed, CommentRules::default());
    let text = comment(&plan, &results);
    let lines = [
        "not approved, 5 checks did not pass: `a`, `b`, `c` and 2 more\n",
        "Push a fix, or write `/gate retry failed` if you believe that `a`, `b`, `c` and 2 more failed by chance.",
    ];
    for line in lines {
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn failed_tests_of_one_check_do_not_hide_that_another_broke_and_why() {
    let (plan, mut results) = red(vec![failure("rejects", "no")]);
    let mut plan = plan;
    let mut other = plan.checks[0].clone();
    other.name = CheckName::new("docs");
    other.reports.clear();
    plan.checks.push(other.clone());
    let mut second = results[0].clone();
    second.check = other;
    second.reports.clear();
    second.log_end = Some("$ make docs\nno rule to make target".to_owned());
    results.push(second);
    let text = comment(&plan, &results);
    let lines = [
        "not approved, 1 test failure, `docs` failed\n",
        "The log of **docs** ends with\n\n```\n$ make docs\nno rule to make target\n```",
    ];
    for line in lines {
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn a_failed_check_that_need_not_pass_is_marked_where_it_stands() {
    let checks = [
        ("unit", BuildStatus::Succeeded),
        ("lint", BuildStatus::Failed),
    ];
    let (mut plan, mut results) = of_checks(&checks, CommentRules::default());
    plan.checks[1].required = false;
    results[1].check.required = false;
    let text = comment(&plan, &results);
    assert!(
        text.contains("- ❌ **lint** (optional) failed in 4 min 12 s"),
        "{text}"
    );
    assert!(text.contains("- ✅ **unit** passed in"), "{text}");
}

#[test]
fn checks_that_follow_one_another_take_their_times_together() {
    let checks = [
        ("compile", BuildStatus::Succeeded),
        ("test", BuildStatus::Succeeded),
        ("docs", BuildStatus::Succeeded),
    ];
    let (mut plan, mut results) = of_checks(&checks, CommentRules::default());
    plan.checks[1].after = vec![CheckName::new("compile")];
    results[1].check.after = vec![CheckName::new("compile")];
    let text = comment(&plan, &results);
    // Twice 4 min 12 s; what runs beside them adds nothing.
    assert!(text.contains(", 8 min 24 s\n"), "{text}");
}

#[test]
fn a_build_that_ran_tests_did_not_pass_without_them_whatever_a_flag_asked_for() {
    let plan = plan_with("Fix [skip-tests]", &["unit"]);
    let report = tests_report("unit", tests_of(green_cases(3000)));
    let results = [result(
        &plan,
        Some(build(BuildStatus::Succeeded)),
        vec![report],
    )];
    let text = comment(&plan, &results);
    assert!(!text.contains("without its tests"), "{text}");
}

#[test]
fn where_no_report_was_read_it_is_said_how_to_get_one() {
    let plan = plan_with("", &[]);
    let results = [result(&plan, Some(build(BuildStatus::Succeeded)), vec![])];
    let text = comment(&plan, &results);
    let words = "No test report was read: name the files that the tests write under `reports` in the buildspec, and failed tests and \
                 coverage are told here.";
    assert_eq!(text.matches(words).count(), 1, "{text}");
}

fn left_out(name: &str, why: Why) -> LeftOut {
    LeftOut {
        name: CheckName::new(name),
        required: true,
        why,
    }
}

#[test]
fn what_passed_or_was_not_needed_is_counted_where_the_rules_want_that() {
    let green = BuildStatus::Succeeded;
    let all = [
        ("build", green),
        ("docs", green),
        ("unit", BuildStatus::Failed),
        ("web", green),
    ];
    let (mut plan, results) = of_checks(&all, FAILED_ONLY);
    let not_needed = |folder: &str| Why::NotNeeded {
        paths: vec![format!("{folder}/**")],
    };
    plan.left_out = vec![
        left_out("mobile", not_needed("mobile")),
        left_out(
            "release",
            Why::OtherBranch {
                branches: vec!["release/*".to_owned()],
            },
        ),
        left_out("server", not_needed("server")),
        left_out("browser", Why::Flag { flag: Flag::Only }),
        left_out("bench", Why::Flag { flag: Flag::Only }),
    ];
    insta::assert_snapshot!(comment(&plan, &results));
}

#[test]
fn one_check_that_passed_has_its_line_whatever_the_rules_want() {
    let all = [("build", BuildStatus::Succeeded)];
    let (plan, results) = of_checks(&all, FAILED_ONLY);
    let (usual, _) = of_checks(&all, CommentRules::default());
    assert_eq!(comment(&plan, &results), comment(&usual, &results));
}

#[test]
fn of_a_log_as_much_is_shown_as_the_rules_want() {
    let log: Vec<String> = (1..=60).map(|line| format!("line {line}")).collect();
    for (log_lines, first) in [(0, None), (1, Some(60)), (30, Some(31)), (50, Some(11))] {
        let rules = CommentRules {
            log_lines,
            ..CommentRules::default()
        };
        let (plan, mut results) = of_checks(&[("build", BuildStatus::Failed)], rules);
        results[0].log_end = Some(log.join("\n"));
        let text = comment(&plan, &results);
        let shown: Vec<_> = text
            .lines()
            .filter(|line| line.starts_with("line "))
            .collect();
        assert_eq!(shown.len(), log_lines as usize, "{text}");
        assert_eq!(
            text.contains("The log of **build** ends with"),
            log_lines > 0
        );
        assert_eq!(
            shown.first().copied(),
            first.map(|line: u32| format!("line {line}")).as_deref()
        );
        assert!(
            text.contains("- ❌ **build** failed in 4 min 12 s: [log]"),
            "{text}"
        );
    }
}

#[test]
fn whatever_the_rules_want_the_headline_says_what_was_skipped() {
    let quiet = CommentRules {
        announce: false,
        log_lines: 0,
        checks: CheckLines::Failed,
    };
    let green = BuildStatus::Succeeded;
    let (mut plan, results) = of_checks(&[("build", green), ("docs", green)], quiet);
    plan.flags = crate::title::Flags::parse("[skip-tests]");
    plan.left_out = vec![left_out(
        "unit",
        Why::Flag {
            flag: Flag::SkipTests,
        },
    )];
    let text = comment(&plan, &results);
    let lines = [
        "### ✅ Mergegate: approved, tests skipped by a flag in the title\n",
        "- ✅ 2 checks passed without their tests\n",
        "- ⚪ **unit** skipped: `[skip-tests]` is in the title\n",
    ];
    for line in lines {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

/// As pytest tells it: one suite for all.
fn of_class(class: &str, outcome: Outcome) -> TestCase {
    TestCase {
        suite: Some("pytest".into()),
        class: Some(class.into()),
        file: Some(format!("{}.py", class.replace('.', "/"))),
        line: Some(3),
        message: Some("assert 2 == 3".to_owned()),
        ..case("test_total", outcome)
    }
}

#[test]
fn a_class_whose_test_fails_on_main_hides_no_failure_of_another() {
    let (cart, bill) = ("tests.test_cart", "tests.test_bill");
    let (_, before) = red(vec![
        of_class(cart, Outcome::Failed),
        of_class(bill, Outcome::Passed),
    ]);
    let (plan, results) = red(vec![
        of_class(cart, Outcome::Failed),
        of_class(bill, Outcome::Failed),
    ]);
    let text = compared_comment(&plan, &results, Earlier::Of(&baseline(&before)));
    assert!(
        text.contains(
            "New failures\n- `tests.test_bill > test_total` at `tests/test_bill.py:3`, 12 ms\n\n```\nassert 2 == 3\n```"
        ),
        "{text}"
    );
    assert!(
        text.contains("Already failing on `main`: `tests.test_cart > test_total`"),
        "{text}"
    );
}

#[test]
fn tests_of_several_checks_are_told_with_their_check() {
    let (plan, unit) = red(vec![of_class("tests.test_cart", Outcome::Failed)]);
    let (_, mut system) = red(vec![of_class("tests.test_cart", Outcome::Failed)]);
    system[0].check.name = CheckName::new("system");
    let results = [unit, system].concat();
    let text = compared_comment(&plan, &results, Earlier::Nothing);
    for check in ["build", "system"] {
        let line =
            format!("- `tests.test_cart > test_total` in `{check}` at `tests/test_cart.py:3`");
        assert!(text.contains(&line), "{text}");
    }
}

#[test]
fn tests_that_an_earlier_release_kept_are_compared_by_number_and_it_is_said() {
    let (plan, results) = red(vec![of_class("tests.test_cart", Outcome::Failed)]);
    let mut before = baseline(&results);
    if let Some(findings) = &mut before.findings {
        findings.version = 1;
    }
    let text = compared_comment(&plan, &results, Earlier::Of(&before));
    assert!(
        text.contains(
            "Its tests are compared by their number only: an earlier release of the gate kept them, which did not tell all of them \
             apart."
        ),
        "{text}"
    );
    assert!(
        text.contains("Failures\n- `tests.test_cart > test_total`"),
        "{text}"
    );
}

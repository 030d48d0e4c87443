//! Several checks: which of them the words are about, and what is not said of those that need not pass.

use super::*;
use crate::{
    id::CheckName,
    plan::PlannedCheck,
    report::Report,
    verdict::{CheckResult, Verdict},
};

/// A check, whether it must pass, how it ended and what its report holds.
type Ended<'a> = (&'a str, bool, BuildStatus, Vec<TestCase>);

fn of_checks(title: &str, checks: Vec<Ended<'_>>) -> (Plan, Vec<CheckResult>) {
    let mut plan = plan_with(title, &[]);
    plan.checks.clear();
    let mut results = Vec::new();
    for (name, required, status, cases) in checks {
        let check = PlannedCheck {
            required,
            ..PlannedCheck::new(CheckName::new(name), Vec::new())
        };
        let reports: Vec<Report> = match cases.len() {
            0 => Vec::new(),
            _ => vec![tests_report(name, tests_of(cases))],
        };
        plan.checks.push(check.clone());
        results.push(CheckResult {
            check,
            build: Some(build(status)),
            reports,
            log_end: None,
            coverage_before: None,
        });
    }
    (plan, results)
}

/// What people are notified with.
fn notified(plan: &Plan, results: &[CheckResult]) -> String {
    let (run, candidacy, candidate, live) = (execution().name, candidacy(), candidate(), live());
    let verdict = decide(plan, Some(&candidate), results);
    let kind = Verdict::kind(&verdict);
    let headline = headline(&View {
        run: &run,
        candidacy: &candidacy,
        title: &live.title,
        source: &live.source,
        destination: &live.destination,
        candidate: Some(&candidate),
        plan: Some(plan),
        results,
        earlier: Earlier::NotAsked,
        changed: None,
        report: None,
        exhausted: None,
        stage: Stage::Finished {
            verdict: &verdict,
            refused: None,
        },
    });
    let subject = crate::outcome::Subject {
        region: "eu-central-1",
        repository: &candidacy.repository,
        pull_request: &candidacy.pull_request,
    };
    crate::outcome::of_verdict(subject, kind, &headline)
}

#[test]
fn a_notification_names_or_counts_the_checks_that_failed() {
    let failed = |names: &[&'static str]| {
        let checks = names.iter();
        of_checks(
            "",
            checks
                .map(|name| (*name, true, BuildStatus::Failed, vec![]))
                .collect(),
        )
    };
    for (names, words) in [
        (
            &["unit", "web"][..],
            "not approved, `unit` failed, `web` failed, https://",
        ),
        (
            &["a", "b", "c", "d", "e"],
            "not approved, 5 checks did not pass: `a`, `b`, `c` and 2 more, https://",
        ),
    ] {
        let (plan, results) = failed(names);
        let said = notified(&plan, &results);
        assert!(
            said.starts_with("rejected: pull request 7 of demo, "),
            "{said}"
        );
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn failed_tests_of_a_check_that_need_not_pass_are_not_why_nothing_is_approved() {
    let (plan, results) = of_checks(
        "",
        vec![
            ("unit", true, BuildStatus::Failed, green_cases(3)),
            (
                "lint",
                false,
                BuildStatus::Failed,
                vec![failure("long_line", "over 100"), failure("tabs", "no")],
            ),
        ],
    );
    let text = comment(&plan, &results);
    for line in [
        "### ❌ Mergegate: not approved, `unit` failed\n",
        "- ❌ **lint** (optional) failed in 4 min 12 s: [log]",
        "**2 failed**",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    // Of failures that the destination has, too, only those of required checks are known ones.
    let text = compared_comment(&plan, &results, Earlier::Of(&baseline(&results)));
    let line = "### ❌ Mergegate: not approved, `unit` failed\n";
    assert!(text.contains(line), "{text}");
}

#[test]
fn who_waits_for_an_optional_check_is_named_and_who_failed_first_is_to_be_mended() {
    let (mut plan, mut results) = of_checks(
        "",
        vec![
            ("lint", false, BuildStatus::Failed, vec![]),
            ("unit", true, BuildStatus::Failed, vec![]),
            ("web", true, BuildStatus::Failed, vec![]),
        ],
    );
    for (place, after) in [(1, "lint"), (2, "unit")] {
        plan.checks[place].after = vec![CheckName::new(after)];
        results[place].check = plan.checks[place].clone();
        results[place].build = None;
    }
    let text = comment(&plan, &results);
    for line in [
        "### ❌ Mergegate: not approved, `unit` did not run: `lint` (optional) did not pass\n",
        "Push a fix, or write `/gate retry lint` if you believe it is flaky.",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn a_check_that_codebuild_refuses_is_rejected_with_what_it_says() {
    let (mut plan, mut results) = of_checks(
        "",
        vec![
            ("unit", true, BuildStatus::Succeeded, vec![]),
            ("web", true, BuildStatus::Succeeded, vec![]),
            ("end", true, BuildStatus::Succeeded, vec![]),
        ],
    );
    plan.checks[2].after = vec![CheckName::new("web")];
    crate::plan::refuse(
        &mut plan,
        &CheckName::new("web"),
        "no `huge` machine for NPM_TOKEN=npm_abcdefghijklmnopqrstuvwxyz0123456789",
    );
    for (result, check) in results.iter_mut().zip(&plan.checks).skip(1) {
        result.check = check.clone();
        result.build = None;
    }
    let text = comment(&plan, &results);
    for line in [
        "### ❌ Mergegate: not approved, CodeBuild refuses to build `web`\n",
        "- ✅ **unit** passed in 4 min 12 s: [log]",
        "- ❌ **web** cannot be built: CodeBuild says ``no `huge` machine for NPM_TOKEN=(secret hidden)``\n",
        "- ⚪ **end** did not run: `web` did not pass\n",
        "Change the image, the machine or the variables that the rules ask for in `web`, and push;",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn the_log_of_a_check_that_need_not_pass_says_so() {
    let (plan, mut results) = of_checks(
        "",
        vec![
            ("unit", true, BuildStatus::Failed, vec![]),
            ("lint", false, BuildStatus::Failed, vec![]),
        ],
    );
    for result in &mut results {
        result.log_end = Some("no".to_owned());
    }
    let text = comment(&plan, &results);
    assert!(text.contains("The log of **unit** ends with\n"), "{text}");
    let line = "The log of **lint** (optional) ends with\n";
    assert!(text.contains(line), "{text}");
}

#[test]
fn where_tests_ran_the_headline_does_not_say_that_they_were_skipped() {
    let check = |name, tests| (name, true, BuildStatus::Succeeded, green_cases(tests));
    let asked = ", with a flag in the title that asks to skip tests\n";
    let skipped = ", tests skipped by a flag in the title\n";
    for (second, words) in [(3000, asked), (0, skipped)] {
        let checks = vec![check("unit", 3000), check("system", second)];
        let (plan, results) = of_checks("[skip-tests]", checks);
        let text = comment(&plan, &results);
        let line = format!("### ✅ Mergegate: approved{words}");
        assert!(text.contains(&line), "{text}");
    }
}

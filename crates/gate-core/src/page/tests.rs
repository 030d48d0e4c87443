use super::*;
use crate::{
    build::BuildStatus,
    comment::tests::{REPORT, baseline, broken, failure, green_cases, red},
    findings::{Counts, Earlier},
    plan::Plan,
    report::{Coverage, FileCoverage, Outcome, Report, ReportContent, ReportStatus, TestCase},
    samples::{build, candidacy, candidate, case, commit, execution, live, plan_with, result},
    verdict::decide,
};

fn page(plan: &Plan, results: &[CheckResult], earlier: Earlier<'_>, history: &[Point]) -> String {
    page_titled(&live().title, plan, results, earlier, history)
}

fn page_titled(
    title: &str,
    plan: &Plan,
    results: &[CheckResult],
    earlier: Earlier<'_>,
    history: &[Point],
) -> String {
    let candidate = candidate();
    let verdict = decide(plan, Some(&candidate), results);
    let (run, candidacy, pull_request) = (execution().name, candidacy(), live());
    let view = View {
        run: &run,
        candidacy: &candidacy,
        title,
        source: &pull_request.source,
        destination: &pull_request.destination,
        candidate: Some(&candidate),
        plan: Some(plan),
        results,
        earlier,
        changed: None,
        report: Some(REPORT),
        exhausted: None,
        stage: Stage::Finished {
            verdict: &verdict,
            refused: None,
        },
    };
    render(&view, history)
}

fn point(total: u64, failed: u64, percent: f64) -> Point {
    Point {
        commit: commit('d'),
        pull_request: candidacy().pull_request,
        started: execution().start_time,
        seconds: 252,
        counts: Some(Counts {
            total,
            passed: total - failed,
            failed,
            ..Counts::default()
        }),
        percent: Some(percent),
    }
}

/// Every element is closed in the order in which it was opened.
fn is_well_formed(page: &str) -> bool {
    const VOID: [&str; 5] = ["meta", "link", "input", "rect", "polyline"];
    let mut open: Vec<&str> = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        let Some(end) = rest[at..].find('>') else {
            return false;
        };
        let tag = &rest[at + 1..at + end];
        rest = &rest[at + end + 1..];
        let name = tag
            .trim_start_matches('/')
            .split([' ', '/'])
            .next()
            .unwrap_or_default();
        if tag.starts_with('/') {
            if open.pop() != Some(name) {
                return false;
            }
        } else if !tag.starts_with('!') && !VOID.contains(&name) {
            open.push(name);
        }
    }
    open.is_empty()
}

#[test]
fn a_red_run_is_told_whole() {
    let mut now = green_cases(3);
    now.push(failure("leap_day", "29 is not 28"));
    now.push(TestCase {
        file: Some("src/login.rs".to_owned()),
        line: Some(88),
        ..failure("rejects_empty_password", "left: 1\nright: 2")
    });
    let (_, before) = red(vec![
        failure("leap_day", "29 is not 28"),
        case("old", Outcome::Passed),
    ]);
    let before = baseline(&before);
    let (plan, mut results) = red(now);
    results[0].reports.push(Report {
        name: "coverage".to_owned(),
        status: ReportStatus::Complete,
        content: ReportContent::Coverage(Coverage {
            covered: 1,
            total: 2,
            files: vec![FileCoverage {
                path: "src/login.rs".to_owned(),
                covered: 1,
                total: 2,
            }],
        }),
    });
    let history = [point(4, 0, 80.0), point(5, 2, 50.0)];
    let page = page(&plan, &results, Earlier::Of(&before), &history);
    assert!(is_well_formed(&page), "{page}");
    let (_, body) = page.split_once("<body").unwrap();
    insta::assert_snapshot!(body);
}

#[test]
fn the_page_has_the_pull_requests_title_as_text() {
    let (plan, results) = red(vec![failure("leap_day", "29 is not 28")]);
    let of = |title: &str| page_titled(title, &plan, &results, Earlier::NotAsked, &[]);
    let hostile = of("Fix </p><script>\u{202e}x\u{1b}[31m\u{7}&amp; \u{200b}AKIAABCDEFGHIJKLMNOP");
    assert!(is_well_formed(&hostile), "{hostile}");
    let line = "<p class=\"subject\">Fix &lt;/p&gt;&lt;script&gt;x&amp;amp; ";
    assert!(hostile.contains(line), "{hostile}");
    for mark in [
        "<script", "\u{202e}", "\u{1b}", "\u{7}", "\u{200b}", "AKIAABC",
    ] {
        assert!(!hostile.contains(mark), "{mark:?}");
    }
    assert!(!of("\u{200b} ").contains("class=\"subject\""));
}

#[test]
fn of_a_run_that_built_nothing_the_page_has_what_the_comment_says() {
    let comment = "### ❌ Mergegate: not approved, it conflicts with the destination\n\nBoth sides changed:\n\n- `<a>`\n";
    let page = of_comment(comment);
    assert!(is_well_formed(&page), "{page}");
    for part in [
        "<h1>Not approved, it conflicts with the destination</h1>",
        ">Both sides changed:\n\n- `&lt;a&gt;`</pre>",
    ] {
        assert!(page.contains(part), "{page}");
    }
}

#[test]
fn checks_that_follow_one_another_take_their_times_together() {
    let mut plan = plan_with("", &[]);
    let mut second = plan.checks[0].clone();
    second.name = crate::id::CheckName::new("test");
    second.after = vec![plan.checks[0].name.clone()];
    plan.checks.push(second.clone());
    let first = result(&plan, Some(build(BuildStatus::Succeeded)), vec![]);
    let second = CheckResult {
        check: second,
        ..first.clone()
    };
    let page = page(&plan, &[first, second], Earlier::NotAsked, &[]);
    // Twice 4 min 12 s.
    let tile = "<b>8 min 24 s</b><span>build time</span>";
    assert!(page.contains(tile), "{page}");
}

#[test]
fn a_build_that_broke_shows_the_end_of_its_log_and_no_empty_sections() {
    let plan = plan_with("", &[]);
    let results = [CheckResult {
        log_end: Some("main.c:7:5: error: <expected> ';'".to_owned()),
        ..result(&plan, Some(broken()), vec![])
    }];
    let page = page(&plan, &results, Earlier::NotAsked, &[]);
    assert!(is_well_formed(&page), "{page}");
    assert!(
        page.contains("error: &lt;expected&gt; &#39;;&#39;</pre>"),
        "{page}"
    );
    for id in [
        "failures", "changes", "coverage", "history", "slowest", "tests",
    ] {
        assert!(!page.contains(&format!("id=\"{id}\"")), "{id}");
    }
}

#[test]
fn text_from_outside_is_text_and_the_page_loads_nothing() {
    let hostile = "</pre><script>alert(1)</script><img src=x onerror=alert(1)> \"' AKIAABCDEFGHIJKLMNOP \u{202e}";
    let (plan, results) = red(vec![TestCase {
        suite: Some(hostile.into()),
        file: Some(hostile.to_owned()),
        ..failure(hostile, hostile)
    }]);
    let page = page(&plan, &results, Earlier::Nothing, &[]);
    assert!(is_well_formed(&page), "{page}");
    for mark in [
        "<script",
        "<img",
        "AKIAABC",
        "\u{202e}",
        "http-equiv=\"refresh",
        "src=\"",
    ] {
        assert!(!page.contains(mark), "{mark}");
    }
    assert!(page.contains("default-src &#39;none&#39;") || page.contains("default-src 'none'"));
}

#[test]
fn of_very_many_tests_the_page_shows_a_bounded_number_and_counts_the_rest() {
    let plan = plan_with("", &["unit"]);
    let tests = crate::samples::tests_of(green_cases(20_000));
    let report = crate::samples::tests_report("unit", tests);
    let results = [result(
        &plan,
        Some(build(BuildStatus::Succeeded)),
        vec![report],
    )];
    let page = page(&plan, &results, Earlier::Nothing, &[]);
    assert!(page.contains("and 15,000 more tests that passed"));
    assert!(page.len() < 2 << 20, "{} bytes", page.len());
}

//! For any changed files and any rules: a required check is built, or a reason is there why it is not, and the comment shows it.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::{
    build::BuildStatus,
    comment::{self, Stage, View},
    findings::Earlier,
    rules::{CheckRule, Rules, glob},
    samples::{build, candidacy, candidate, execution, live},
    verdict::{CheckResult, Verdict, decide},
};

/// One check as it is drawn.
#[derive(Clone, Debug)]
struct Drawn {
    required: bool,
    test: bool,
    paths: Vec<&'static str>,
    exclude: Vec<&'static str>,
    branches: Vec<&'static str>,
    after: Option<prop::sample::Index>,
    status: BuildStatus,
}

const GOOD: &[u8] = b"version: 0.2\nphases: {build: {commands: [make]}}";

const PATHS: [&str; 6] = [
    "src/**", "web/**", "docs/*", "**/*.md", "Makefile", "{a,b}/?",
];
const FILES: [&str; 8] = [
    "src/x",
    "src/deep/x.md",
    "web/a.md",
    "docs/a",
    "docs/deep/a",
    "Makefile",
    "a/b",
    "readme.md",
];
const BRANCHES: [&str; 3] = ["main", "release/*", "rel*/**"];
const TITLES: [&str; 6] = [
    "x",
    "[skip-tests]",
    "[only=c-0]",
    "[only=c-1,c-2] [skip-tests]",
    "[only=nobody]",
    "[no-cache]",
];

fn drawn() -> impl Strategy<Value = Drawn> {
    let some = |of: &'static [&'static str]| prop::sample::subsequence(of.to_vec(), 0..=2);
    let status = prop_oneof![
        4 => Just(BuildStatus::Succeeded),
        1 => Just(BuildStatus::Failed),
        1 => Just(BuildStatus::Lost),
    ];
    (
        prop::bool::weighted(0.7),
        any::<bool>(),
        some(&PATHS),
        some(&PATHS),
        some(&BRANCHES),
        prop::option::weighted(0.2, any::<prop::sample::Index>()),
        status,
    )
        .prop_map(
            |(required, test, paths, exclude, branches, after, status)| Drawn {
                required,
                test,
                paths,
                exclude,
                branches,
                after,
                status,
            },
        )
}

fn gate_toml(checks: &[Drawn]) -> String {
    let mut text = String::new();
    for (place, check) in checks.iter().enumerate() {
        let kind = if check.test { "test" } else { "build" };
        write!(
            text,
            "[[check]]\nname = \"c-{place}\"\nrequired = {}\nkind = \"{kind}\"\npaths = {:?}\nexclude = {:?}\nbranches = {:?}\n",
            check.required, check.paths, check.exclude, check.branches
        )
        .unwrap();
        if let Some(after) = check.after.filter(|_| place > 0) {
            writeln!(text, "after = [\"c-{}\"]", after.index(place)).unwrap();
        }
    }
    text
}

fn matches(patterns: &[String], text: &str) -> bool {
    let mut patterns = patterns.iter();
    patterns.any(|pattern| glob(pattern).unwrap().compile_matcher().is_match(text))
}

/// Whether the reason is true, by reading the rule again, file by file.
fn is_true(why: &Why, rule: &CheckRule, flags: &Flags, subject: Subject<'_>) -> bool {
    match why {
        Why::OtherBranch { branches } => {
            *branches == rule.branches && !matches(branches, subject.destination.as_str())
        }
        Why::NotNeeded { paths } => {
            let counts = |file: &String| {
                (paths.is_empty() || matches(paths, file)) && !matches(&rule.exclude, file)
            };
            *paths == rule.paths && !subject.changed.iter().any(counts)
        }
        Why::Flag { flag: Flag::Only } => !flags.only.iter().any(|name| name == rule.name.as_str()),
        Why::Flag {
            flag: Flag::SkipTests,
        } => flags.has(Flag::SkipTests) && rule.kind == Kind::Test,
        Why::Flag { .. } => false,
    }
}

fn results(plan: &Plan, checks: &[Drawn]) -> Vec<CheckResult> {
    let result = |check: &PlannedCheck| {
        let place: usize = check.name.as_str()[2..].parse().unwrap();
        CheckResult {
            check: check.clone(),
            build: Some(build(checks[place].status)),
            reports: Vec::new(),
            log_end: None,
            coverage_before: None,
        }
    };
    plan.checks.iter().map(result).collect()
}

fn comment(plan: &Plan, results: &[CheckResult], verdict: &Verdict) -> String {
    let (run, candidacy, pull_request) = (execution().name, candidacy(), live());
    comment::render(&View {
        run: &run,
        candidacy: &candidacy,
        title: &pull_request.title,
        source: &pull_request.source,
        destination: &pull_request.destination,
        candidate: Some(&candidate()),
        plan: Some(plan),
        results,
        earlier: Earlier::NotAsked,
        changed: None,
        report: None,
        exhausted: None,
        stage: Stage::Finished {
            verdict,
            refused: None,
        },
    })
}

/// How many checks the comment says are left out for reasons that contain `words`, by lines of their own and by numbers.
fn told(comment: &str, one: &str, many: &str) -> usize {
    let lines = comment
        .lines()
        .filter_map(|line| line.strip_prefix("- ⚪ "));
    let number = |line: &str| match line.strip_prefix("and ") {
        Some(rest) if rest.contains(many) => rest.split(' ').next()?.parse().ok(),
        None if line.contains(one) => Some(1),
        _ => None,
    };
    lines.filter_map(number).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_required_check_is_never_dropped_without_a_reason_that_the_comment_shows(
        checks in prop::collection::vec(drawn(), 1..90),
        after_merge in prop::option::weighted(0.3, prop::collection::vec(drawn(), 1..5)),
        changed in prop::sample::subsequence(FILES.to_vec(), 0..=4),
        destination in prop::sample::select(vec!["main", "release/1", "other"]),
        title in prop::sample::select(TITLES.to_vec()),
    ) {
        let text = gate_toml(&checks);
        let rules = Rules::parse(text.as_bytes()).unwrap();
        let merged = after_merge.map_or(text.clone(), |checks| gate_toml(&checks));
        let side = |gate_toml: &str| RuleFiles {
            gate_toml: Some(gate_toml.as_bytes().to_vec()),
            buildspecs: [("buildspec.yml".to_owned(), GOOD.to_vec())].into(),
            ..RuleFiles::default()
        };
        let sides = RuleSides { destination: side(&text), merged: side(&merged), kept: None };
        let changed: Vec<String> = changed.into_iter().map(str::to_owned).collect();
        let destination = BranchName::new(destination);
        let conversation = Conversation::default();
        let subject = Subject { destination: &destination, changed: &changed, conversation: &conversation };
        let flags = Flags::parse(title);
        let requires = |text: &str| {
            Rules::parse(text.as_bytes()).unwrap().requires_anything_on(&destination)
        };
        let Ok(chosen) = choose(&sides, &destination) else {
            prop_assert!(!requires(&merged));
            return Ok(());
        };
        prop_assert!(requires(&merged));
        if !requires(&text) {
            // The default check counts in the place of such rules.
            prop_assert_eq!(chosen.rules, Rules::of_one_build());
            return Ok(());
        }
        let plan = plan(&flags, chosen, subject);

        for rule in &rules.checks {
            let planned = plan.checks.iter().find(|check| check.name == rule.name);
            let left_out = plan.left_out.iter().find(|check| check.name == rule.name);
            match (planned, left_out) {
                (Some(planned), None) => prop_assert_eq!(planned.required, rule.required),
                (None, Some(left_out)) => {
                    prop_assert_eq!(left_out.required, rule.required);
                    prop_assert!(is_true(&left_out.why, rule, &flags, subject), "{:?}", left_out);
                }
                both => prop_assert!(false, "{both:?}"),
            }
        }

        let results = results(&plan, &checks);
        let verdict = decide(&plan, Some(&candidate()), &results);
        if let Verdict::Approve(_) = &verdict {
            let passed = |result: &CheckResult| {
                result.build.as_ref().is_some_and(|build| build.status == BuildStatus::Succeeded)
            };
            prop_assert!(results.iter().all(|result| passed(result) || !result.check.required));
        }
        let comment = comment(&plan, &results, &verdict);
        prop_assert!(comment.chars().count() <= comment::LIMIT);
        prop_assert!(comment.ends_with(&format!("Mergegate · run {}", execution().name)), "{comment}");
        let of = |is: fn(&Why) -> bool| plan.left_out.iter().filter(|check| is(&check.why)).count();
        let not_needed = of(|why| matches!(why, Why::NotNeeded { .. }));
        prop_assert_eq!(told(&comment, "** not needed: ", "more not needed: "), not_needed);
        let elsewhere = of(|why| matches!(why, Why::OtherBranch { .. }));
        prop_assert_eq!(told(&comment, "** is for other branches: ", "more are for other branches"), elsewhere);
        for flag in [Flag::Only, Flag::SkipTests] {
            let words = format!("skipped: `[{}]` is in the title", flag.name());
            let left_out = plan.left_out.iter().filter(|check| check.why == Why::Flag { flag });
            prop_assert_eq!(told(&comment, &words, &words), left_out.clone().count());
            let approved = comment.starts_with("### ✅ Mergegate: approved");
            if approved && left_out.clone().any(|check| check.required) {
                let headline = comment.lines().next().unwrap();
                prop_assert!(headline.contains("skipped by"), "{headline}");
            }
        }
    }
}

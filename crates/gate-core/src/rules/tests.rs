use super::*;

fn rules(text: &str) -> Rules {
    Rules::parse(text.as_bytes()).unwrap()
}

fn faults(text: &str) -> Vec<String> {
    let faults = Rules::parse(text.as_bytes()).unwrap_err();
    faults.iter().map(ToString::to_string).collect()
}

#[test]
fn without_a_word_there_is_one_required_build() {
    let one = Rules::of_one_build();
    assert_eq!(rules(""), one);
    assert_eq!(one.checks.len(), 1);
    assert_eq!(one.checks[0].name.as_str(), "build");
    assert!(one.checks[0].required);
    assert_eq!(
        one.checks[0].buildspec,
        BuildspecSource::File("buildspec.yml".to_owned())
    );
}

#[test]
fn a_check_takes_what_it_does_not_say_from_the_defaults() {
    let rules = rules(
        r#"
        [build]
        compute = "medium"
        timeout_minutes = 30
        [build.environment]
        LANG = "C"
        STAGE = "test"

        [[check]]
        name = "web"
        buildspec = "web/buildspec.yml"
        paths = ["web/**"]
        kind = "test"

        [[check]]
        name = "docs"
        inline = "{version: 0.2, phases: {build: {commands: [make docs]}}}"
        required = false
        after = ["web"]
        compute = "small"
        environment = { STAGE = "docs" }

        [flags.skip-tests]
        may_approve = false
        "#,
    );
    let [web, docs] = &rules.checks[..] else {
        panic!("{rules:?}")
    };
    assert_eq!((web.kind, web.required), (Kind::Test, true));
    assert_eq!(web.settings.compute, Some(Compute::Medium));
    assert_eq!(rules.environment_of(web)["STAGE"], "test");
    assert_eq!(docs.settings.compute, Some(Compute::Small));
    assert_eq!(docs.settings.timeout_minutes, Some(30));
    assert_eq!(rules.environment_of(docs)["LANG"], "C");
    assert_eq!(rules.environment_of(docs)["STAGE"], "docs");
    assert_eq!(docs.after, [CheckName::new("web")]);
    assert!(matches!(docs.buildspec, BuildspecSource::Inline(_)));
    assert!(!rules.flags[&Flag::SkipTests].may_approve);
    assert_eq!(
        rules.buildspec_files().collect::<Vec<_>>(),
        ["web/buildspec.yml"]
    );
}

#[test]
fn refuses_everything_that_is_wrong_at_once_with_its_place() {
    let text = r#"[build]
imge = "x"
timeout_minutes = 3
privileged = "yes"

[[check]]
name = "unit tests"
paths = ["src/[a", "/src"]
compute = "huge"
after = ["nobody"]

[[check]]
name = "web"
buildspec = "../buildspec.yml"
colour = "red"

[flags.skip-test]
may_approve = false
"#;
    assert_eq!(
        faults(text),
        [
            "line 2, column 1: `imge` is no key here; did you mean `image`?",
            "line 3, column 19: a build may run 5 to 2160 minutes, not 3",
            "line 4, column 14: invalid type: string \"yes\", expected a boolean",
            "line 7, column 8: `unit tests` is no name for a check: write 1 to 60 letters, digits, `.`, `_` or `-`, beginning with a letter or digit",
            "line 8, column 10: the glob `src/[a` cannot be read: unclosed character class; missing ']'",
            "line 8, column 20: the glob `/src` can match nothing: paths are relative to the repository's root",
            "line 9, column 11: `huge` is no value for this; known are `small`, `medium`, `large`, `xlarge`",
            "line 14, column 13: `../buildspec.yml` is no file of the repository: write a path relative to its root, without `..`",
            "line 15, column 1: `colour` is no key here; known are `name`, `buildspec`, `inline`, `paths`, `exclude`, `branches`, `required`, `kind`, `after`, `coverage`, `reports`, `retries`, `rerun_failed`, `image`, `compute`, `timeout_minutes`, `privileged`, `cache`, `environment`",
            "line 17, column 8: `skip-test` is no value for this; did you mean `skip-tests`?",
        ]
    );
}

#[test]
fn refuses_what_only_the_whole_file_shows() {
    let text = r#"
[[check]]
name = "a"
after = ["b"]
[[check]]
name = "b"
after = ["c", "lint"]
[[check]]
name = "c"
after = ["a"]
[[check]]
name = "a"
[[check]]
buildspec = "x.yml"
inline = "version: 0.1"
[[check]]
name = "d"
after = ["d"]
"#;
    assert_eq!(
        faults(text),
        [
            "line 4, column 10: `a` and `b` would wait for each other",
            "line 7, column 10: `b` and `c` would wait for each other",
            "line 7, column 15: there is no check `lint` to come after",
            "line 10, column 10: `c` and `a` would wait for each other",
            "line 12, column 8: there is a check `a` already",
            "line 13, column 1: this check has no `name`",
            "line 15, column 10: `inline`: it has no command in any of its `phases`",
            "line 15, column 10: `inline`: it says `version: 0.1`, write `version: 0.2`",
            "line 15, column 10: this check has a buildspec already, `x.yml`: remove one of both",
            "line 18, column 10: `d` would wait for itself",
        ]
    );
}

#[test]
fn refuses_what_is_no_toml_with_every_place() {
    assert_eq!(
        faults("[build]\nimage = x\ncompute = small\n"),
        [
            "line 2, column 9: string values must be quoted, expected literal string",
            "line 3, column 11: string values must be quoted, expected literal string",
        ]
    );
    assert_eq!(
        Rules::parse(b"image = \"\xff\"").unwrap_err()[0].to_string(),
        "line 1, column 10: this is not UTF-8 text"
    );
    let large = vec![b'#'; 5 * 1024 * 1024];
    assert_eq!(
        Rules::parse(&large).unwrap_err()[0].message,
        "`gate.toml` has 5242880 bytes, more than 262144"
    );
}

#[test]
fn refuses_variables_that_no_build_can_be_given_at_their_places() {
    assert_eq!(
        faults("[build.environment]\nA = \"x\\u0000y\"\n"),
        ["line 2, column 5: no variable can hold a NUL"]
    );
    let large = "v".repeat(20_000);
    let text = format!(
        "[build.environment]\nA = \"{large}\"\n[[check]]\nname = \"a\"\n[[check]]\nname = \"b\"\n[check.environment]\nB = \"{large}\"\n"
    );
    assert_eq!(
        faults(&text),
        ["line 7, column 1: the variables of a build would have 40002 bytes, more than 32768"]
    );
    let mut many = "[build.environment]\n".to_owned();
    many.extend((0..201).map(|number| format!("V{number} = \"\"\n")));
    assert_eq!(
        faults(&many),
        ["line 1, column 1: builds would have 201 variables, more than 200"]
    );
}

#[test]
fn what_is_wrong_with_an_inline_buildspec_is_said_at_its_place_in_the_file() {
    let text = "[[check]]\nname = \"a\"\ninline = '''\nversion: 0.2\nphases: {build: {commands: [make]}}\nreports:\n  unit.tests: {files: x}\n'''\n\
                [[check]]\nname = \"b\"\ninline = '{version: 0.2, phases: {build: {commands: [make]}}, reports: {a b: {files: x}}}'\n\
                [[check]]\nname = \"c\"\ninline = \"{version: 0.2, phases: {build: {commands: [\\\"make\\\"]}}, reports: {a b: {files: x}}}\"\n";
    let found = faults(text);
    let places: Vec<_> = found
        .iter()
        .filter_map(|fault| fault.split_once(": "))
        .collect();
    assert_eq!(places[0].0, "line 7, column 3", "{found:?}");
    assert!(places[0].1.contains("the report `unit.tests`"), "{found:?}");
    assert_eq!(places[1].0, "line 11, column 73", "{found:?}");
    assert_eq!(places[2].0, "line 14, column 10", "{found:?}");
    assert_eq!(found.len(), 3);
}

#[test]
fn checks_that_wait_for_each_other_are_said_beside_other_faults() {
    let text = "[[check]]\nname = \"a\"\nafter = [\"b\"]\n[[check]]\nname = \"b\"\nafter = [\"a\"]\nimge = \"x\"\n[[check]]\nname = \"c d\"\n";
    assert_eq!(
        faults(text),
        [
            "line 3, column 10: `a` and `b` would wait for each other",
            "line 6, column 10: `b` and `a` would wait for each other",
            "line 7, column 1: `imge` is no key here; did you mean `image`?",
            "line 9, column 8: `c d` is no name for a check: write 1 to 60 letters, digits, `.`, `_` or `-`, beginning with a letter or digit",
        ]
    );
}

#[test]
fn a_value_of_another_kind_is_told_in_words_of_the_file() {
    for (text, expected) in [
        (
            "[check]\nname = \"a\"\n",
            "line 1, column 1: this is one table and must be a list: write `[[…]]`, or a list in brackets",
        ),
        (
            "build = 1\n",
            "line 1, column 9: invalid type: integer `1`, expected a table",
        ),
        (
            "[[check]]\nname = \"a\"\npaths = \"src/**\"\n",
            "line 3, column 9: invalid type: string \"src/**\", expected a list",
        ),
    ] {
        assert_eq!(faults(text), [expected], "{text}");
    }
}

#[test]
fn refuses_globs_that_nest_without_end() {
    let glob = "{a,".repeat(50_000);
    assert_eq!(
        faults(&format!("[[check]]\nname = \"a\"\npaths = [\"{glob}\"]\n")),
        [format!(
            "line 3, column 10: the glob `{}` has 150000 bytes, more than 256",
            "{a,".repeat(20)
        )]
    );
}

#[test]
fn refuses_tables_that_nest_without_end() {
    let deep = "{a.a.a.a.a.a.a.a = ".repeat(10_000);
    for text in [
        format!("x = {deep}"),
        format!("[{}a]", "a.".repeat(100_000)),
        format!("x = {}", "[".repeat(200_000)),
    ] {
        assert!(!faults(&text).is_empty());
    }
}

#[test]
fn refuses_variables_that_are_the_gates_own() {
    assert_eq!(
        faults("[build.environment]\nMERGEGATE_RUN = \"x\"\n\"a b\" = \"y\"\n"),
        [
            "line 2, column 1: `MERGEGATE_RUN` is a variable that the gate or CodeBuild sets",
            "line 3, column 1: `a b` is no name for a variable: write at most 255 letters, digits and `_`, no digit first",
        ]
    );
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(\\PC|\\n|[\\[\\]=\".]|check|name|build){0,200}") {
        if let Err(faults) = Rules::parse(text.as_bytes()) {
            proptest::prop_assert!(!faults.is_empty());
        }
    }
}

#[test]
fn a_check_says_what_its_reports_must_say() {
    let rules = rules(
        r#"
        [[check]]
        name = "unit"
        [check.coverage]
        minimum = 80
        maximum_drop = 0.5
        [check.reports]
        required = ["junit"]
        minimum_tests = 100

        [[check]]
        name = "docs"
        "#,
    );
    let demands = &rules.checks[0].demands;
    let shown = |percent: Option<Percent>| percent.map(|percent| percent.to_string());
    assert_eq!(shown(demands.minimum_coverage).as_deref(), Some("80"));
    assert_eq!(shown(demands.maximum_drop).as_deref(), Some("0.5"));
    assert_eq!(demands.reports, ["junit"]);
    assert_eq!(demands.minimum_tests, Some(100));
    assert!(rules.checks[1].demands.is_empty());
    let kept = serde_json::to_value(demands).unwrap();
    assert_eq!(serde_json::from_value::<Demands>(kept).unwrap(), *demands);
}

#[test]
fn refuses_per_cent_that_are_none_and_a_number_of_tests_below_nothing() {
    let text = r#"
[[check]]
name = "unit"
coverage = { minimum = 101, maximum_drop = -0.5, least = 3 }
reports = { minimum_tests = -1 }
"#;
    assert_eq!(
        faults(text),
        [
            "line 4, column 24: per cent are 0 to 100, not 101",
            "line 4, column 44: per cent are 0 to 100, not -0.5",
            "line 4, column 50: `least` is no key here; known are `minimum`, `maximum_drop`",
            "line 5, column 29: invalid value: integer `-1`, expected u32",
        ]
    );
}

#[test]
fn approvals_outlive_a_move_of_the_destination_unless_the_rules_say_otherwise() {
    let merge = rules("").merge;
    assert_eq!(
        (merge.retests(), merge.at_most, merge.strategy),
        (false, 4, Strategy::ThreeWay)
    );
    let merge = rules("[merge]\nwhen_destination_moves = \"retest\"\nat_most = 60\n").merge;
    assert_eq!((merge.retests(), merge.at_most), (true, 60));
}

#[test]
fn refuses_merges_that_are_not_tested_and_turns_without_a_limit() {
    let text =
        "[merge]\nwhen_destination_moves = \"rebuild\"\nat_most = 0\nstrategy = \"squash\"\n";
    assert_eq!(
        faults(text),
        [
            "line 2, column 26: `rebuild` is no value for this; known are `keep`, `retest`",
            "line 3, column 11: 1 to 60 pull requests may be tested again at once, not 0",
            "line 4, column 12: `squash` is no value for this; known are `three-way`",
        ]
    );
}

#[test]
fn a_check_is_retried_once_after_a_fault_and_never_after_failed_tests_unless_it_says_so() {
    assert_eq!(
        rules("[[check]]\nname = \"a\"\n").checks[0].retry,
        Retry::default()
    );
    let text = "[[check]]\nname = \"a\"\nretries = 0\nrerun_failed = true\n";
    let retry = Retry {
        faults: 0,
        failed_tests: true,
    };
    assert_eq!(rules(text).checks[0].retry, retry);
    assert_eq!(
        faults("[[check]]\nname = \"a\"\nretries = 4\n"),
        ["line 3, column 11: a check may be retried 0 to 3 times, not 4"]
    );
}

#[test]
fn a_check_keeps_what_it_says_or_what_builds_keep() {
    let rules = rules(
        r#"
        [build]
        cache = ["custom", "source", "custom"]

        [[check]]
        name = "unit"

        [[check]]
        name = "image"
        privileged = true
        cache = ["docker"]

        [[check]]
        name = "clean"
        cache = []
        "#,
    );
    let kept = rules
        .checks
        .iter()
        .map(|check| check.settings.cache.clone());
    let kept: Vec<_> = kept.collect();
    let modes = |modes: &[CacheMode]| Some(modes.iter().copied().collect::<BTreeSet<_>>());
    assert_eq!(
        kept,
        [
            modes(&[CacheMode::Source, CacheMode::Custom]),
            modes(&[CacheMode::Docker]),
            modes(&[]),
        ]
    );
    assert_eq!(Rules::of_one_build().checks[0].settings.cache, None);
}

#[test]
fn refuses_a_cache_that_codebuild_does_not_have() {
    assert_eq!(
        faults("[build]\ncache = [\"dokcer\", \"s3\"]\n"),
        [
            "line 2, column 10: `dokcer` is no value for this; did you mean `docker`?",
            "line 2, column 20: `s3` is no value for this; known are `source`, `custom`, `docker`",
        ]
    );
    let words = |line: u32, column: u32, check: &str| {
        format!(
            "line {line}, column {column}: `docker` keeps layers of images, and `{check}` may not run Docker: it needs \
             `privileged = true`"
        )
    };
    assert_eq!(
        faults("[build]\ncache = [\"custom\", \"docker\"]\n"),
        [words(2, 20, "build")]
    );
    let text = "[build]\nprivileged = true\ncache = [\"docker\"]\n[[check]]\nname = \"a\"\n[[check]]\nname = \"b\"\n\
                privileged = false\n[[check]]\nname = \"c\"\nprivileged = false\ncache = [\"docker\"]\n";
    assert_eq!(faults(text), [words(3, 10, "b"), words(12, 10, "c")]);
}

#[test]
fn ten_runs_of_a_candidate_may_fail_unless_the_rules_say_otherwise() {
    assert_eq!(rules("").limits.failed_runs, 10);
    assert_eq!(rules("[limits]\nfailed_runs = 1\n").limits.failed_runs, 1);
    for (number, line) in [("0", 2), ("101", 2), ("-1", 2)] {
        assert_eq!(
            faults(&format!("[limits]\nfailed_runs = {number}\n")),
            [format!(
                "line {line}, column 15: 1 to 100 runs may fail before no other is asked for, not {number}"
            )]
        );
    }
    assert_eq!(
        faults("[limit]\n[limits]\nfailed_run = 3\n"),
        [
            "line 1, column 2: `limit` is no key here; did you mean `limits`?",
            "line 3, column 1: `failed_run` is no key here; did you mean `failed_runs`?",
        ]
    );
}

#[test]
fn everything_is_said_unless_the_rules_want_less() {
    assert!(rules("").comment.is_usual());
    let text = "[comment]\nannounce = false\nlog_lines = 0\nchecks = \"failed\"\n";
    let less = CommentRules {
        announce: false,
        log_lines: 0,
        checks: CheckLines::Failed,
    };
    assert_eq!(rules(text).comment, less);
}

#[test]
fn refuses_comments_of_more_than_a_comment_holds() {
    let text =
        "[comment]\nannounce = \"no\"\nlog_lines = 51\nchecks = \"fialed\"\nheadline = false\n";
    assert_eq!(
        faults(text),
        [
            "line 2, column 12: invalid type: string \"no\", expected a boolean",
            "line 3, column 13: a comment shows 0 to 50 lines of a log, not 51",
            "line 4, column 10: `fialed` is no value for this; did you mean `failed`?",
            "line 5, column 1: `headline` is no key here; known are `announce`, `log_lines`, `checks`",
        ]
    );
}

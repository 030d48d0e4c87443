use super::*;

const GOOD: &[u8] = b"version: 0.2\nphases:\n  build:\n    commands: [make]\n";
const OTHER: &[u8] = b"version: 0.2\nphases:\n  build:\n    commands: ['true']\n";
const BROKEN: &[u8] = b"version: [";

/// Three checks, one of them for the documentation alone.
const THREE: &str = r#"
[[check]]
name = "build"
[[check]]
name = "unit"
kind = "test"
paths = ["src/**", "Makefile"]
exclude = ["**/*.md"]
after = ["build"]
[[check]]
name = "docs"
required = false
paths = ["docs/**"]
branches = ["main", "release/*"]
"#;

/// Files of rules: a `gate.toml`, and buildspecs by their paths.
fn files(gate_toml: Option<&[u8]>, buildspecs: &[(&str, &[u8])]) -> RuleFiles {
    let buildspecs = buildspecs.iter();
    RuleFiles {
        gate_toml: gate_toml.map(<[u8]>::to_vec),
        buildspecs: buildspecs
            .map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec()))
            .collect(),
        ..RuleFiles::default()
    }
}

/// A repository whose only rules are its `buildspec.yml`.
fn only_buildspec(bytes: Option<&[u8]>) -> RuleFiles {
    let buildspecs: Vec<_> = bytes
        .map(|bytes| ("buildspec.yml", bytes))
        .into_iter()
        .collect();
    files(None, &buildspecs)
}

fn both(destination: RuleFiles, merged: RuleFiles) -> RuleSides {
    RuleSides {
        destination,
        merged,
        ..RuleSides::default()
    }
}

fn of_sides(sides: &RuleSides, title: &str, destination: &str, changed: &[&str]) -> Plan {
    let destination = BranchName::new(destination);
    let flags = Flags::parse(title);
    let chosen = match choose(sides, &destination) {
        Ok(chosen) => chosen,
        Err(no_build) => return Plan::none(flags, no_build),
    };
    let changed: Vec<String> = changed.iter().map(|path| (*path).to_owned()).collect();
    let subject = Subject {
        destination: &destination,
        changed: &changed,
        conversation: &Conversation::default(),
    };
    plan(&flags, chosen, subject)
}

fn of(destination: RuleFiles, merged: RuleFiles) -> Plan {
    let sides = RuleSides {
        destination,
        merged,
        kept: None,
    };
    of_sides(&sides, "", "main", &[])
}

/// The same, of a branch that had usable rules.
fn of_kept(destination: RuleFiles, merged: RuleFiles, kept: RuleFiles) -> Plan {
    let sides = RuleSides {
        destination,
        merged,
        kept: Some((CommitId::new("c0ffee"), kept)),
    };
    of_sides(&sides, "", "main", &[])
}

/// The plan of a repository whose only rules are its `buildspec.yml`.
fn of_buildspec(destination: Option<&[u8]>, merged: Option<&[u8]>) -> Plan {
    of(only_buildspec(destination), only_buildspec(merged))
}

/// The plan of a repository with these rules on both sides.
fn of_rules(rules: (&str, &str), title: &str, destination: &str, changed: &[&str]) -> Plan {
    let side = |rules: &str| files(Some(rules.as_bytes()), &[("buildspec.yml", GOOD)]);
    let sides = RuleSides {
        destination: side(rules.0),
        merged: side(rules.1),
        kept: None,
    };
    of_sides(&sides, title, destination, changed)
}

/// What is wrong with the rules after the merge.
fn faults(plan: &Plan) -> Vec<String> {
    match &plan.no_build {
        Some(NoBuild::InvalidRules { faults }) => faults.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

fn three(title: &str, destination: &str, changed: &[&str]) -> Plan {
    of_rules((THREE, THREE), title, destination, changed)
}

fn names(plan: &Plan) -> Vec<&str> {
    plan.checks
        .iter()
        .map(|check| check.name.as_str())
        .collect()
}

fn left_out(plan: &Plan) -> Vec<(&str, &Why)> {
    let names = plan.left_out.iter();
    names
        .map(|check| (check.name.as_str(), &check.why))
        .collect()
}

#[test]
fn the_destinations_buildspec_rules_and_a_change_to_it_is_noted() {
    let plan = of_buildspec(Some(GOOD), Some(OTHER));
    assert_eq!(plan.checks[0].side, Side::Destination);
    let path = "buildspec.yml".to_owned();
    assert_eq!(plan.notes, [Note::ChangesBuildspec { path }]);
    assert_eq!(of_buildspec(Some(GOOD), Some(GOOD)).notes, []);
}

#[test]
fn refuses_a_merge_that_would_leave_no_rules() {
    let plan = of_buildspec(Some(GOOD), None);
    assert_eq!(
        faults(&plan),
        ["gate.toml: it is missing", "buildspec.yml: it is missing"]
    );
    let named = "[[check]]\nname = \"a\"\nbuildspec = \"ci/a.yml\"\n[[check]]\nname = \"b\"\nbuildspec = \"ci/b.yml\"\npaths = [\"web/**\"]\n";
    let there = files(
        Some(named.as_bytes()),
        &[("ci/a.yml", GOOD), ("ci/b.yml", GOOD)],
    );
    for (merged, expected) in [
        (
            files(None, &[]),
            vec!["gate.toml: it is missing", "buildspec.yml: it is missing"],
        ),
        (
            files(Some(named.as_bytes()), &[("ci/a.yml", GOOD)]),
            vec!["ci/b.yml: it is missing"],
        ),
        (
            files(Some(named.as_bytes()), &[("ci/b.yml", BROKEN)]),
            vec![
                "ci/a.yml: it is missing",
                "ci/b.yml: line 1, column 10: it cannot be read: ",
            ],
        ),
    ] {
        let found = faults(&of(there.clone(), merged));
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{found} is not {expected}");
        }
    }
}

#[test]
fn what_is_there_in_place_of_a_file_is_said() {
    for (instead, words) in [
        (Instead::Folder, "it is a folder, where a file must be"),
        (
            Instead::Submodule,
            "it is a submodule, where a file must be",
        ),
        (
            Instead::Link,
            "it is a symbolic link, which is not followed: a file must be there",
        ),
    ] {
        let mut sides = RuleSides {
            destination: only_buildspec(Some(GOOD)),
            ..RuleSides::default()
        };
        assert_eq!(sides.missing_after_merge(), ["buildspec.yml", "gate.toml"]);
        sides
            .merged
            .instead
            .insert("buildspec.yml".to_owned(), instead);
        let plan = of_sides(&sides, "", "main", &[]);
        assert_eq!(
            faults(&plan),
            [
                "gate.toml: it is missing".to_owned(),
                format!("buildspec.yml: {words}")
            ]
        );
    }
}

#[test]
fn rules_that_become_something_else_are_refused_and_rules_that_are_deleted_leave_the_buildspec() {
    let there = files(Some(THREE.as_bytes()), &[("buildspec.yml", GOOD)]);
    let mut sides = both(there, only_buildspec(Some(GOOD)));
    assert_eq!(sides.missing_after_merge(), ["gate.toml"]);
    assert!(of_sides(&sides, "", "main", &[]).builds());
    for instead in [Instead::Link, Instead::Folder, Instead::Submodule] {
        sides.merged.instead.insert("gate.toml".to_owned(), instead);
        let faults = faults(&of_sides(&sides, "", "main", &[]));
        assert!(faults[0].starts_with("gate.toml: it is a "), "{faults:?}");
    }
    // A repository that never had rules does not care what else is called so.
    sides.destination.gate_toml = None;
    assert_eq!(sides.missing_after_merge(), Vec::<String>::new());
    assert!(of_sides(&sides, "", "main", &[]).builds());
}

#[test]
fn what_is_wrong_with_rules_and_with_the_buildspecs_they_name_is_said_at_once() {
    let rules = "[[check]]\nname = \"a\"\nbuildspec = \"bad.yml\"\nafter = [\"a\"]\nretries = 9\n\
                 [[check]]\nname = \"b\"\nbuildspec = \"gone.yml\"\n[[check]]\nname = \"c\"\nbuildspec = 7\n";
    let merged = files(Some(rules.as_bytes()), &[("bad.yml", BROKEN)]);
    let sides = both(only_buildspec(Some(GOOD)), merged);
    let mut missing = sides.missing_after_merge();
    missing.sort();
    assert_eq!(missing, ["gone.yml"]);
    let found = faults(&of_sides(&sides, "", "main", &[]));
    let expected = [
        "gate.toml: line 4, column 10: `a` would wait for itself",
        "gate.toml: line 5, column 11: ",
        "gate.toml: line 11, column 13: ",
        "bad.yml: line 1, column 10: it cannot be read: ",
        "gone.yml: it is missing",
    ];
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found} is not {expected}");
    }
}

#[test]
fn refuses_buildspecs_whose_paths_no_run_could_carry_or_no_commit_has() {
    for (path, words) in [
        (
            format!("{}.yml", "p".repeat(253)),
            "has 257 bytes, more than 256",
        ),
        (
            ".git/config".to_owned(),
            "nothing of a commit is called `.git`",
        ),
        (
            "ci/.GIT/x".to_owned(),
            "nothing of a commit is called `.git`",
        ),
    ] {
        let rules = format!("[[check]]\nname = \"a\"\nbuildspec = \"{path}\"\n");
        let faults = Rules::parse(rules.as_bytes()).unwrap_err();
        assert!(faults[0].message.contains(words), "{faults:?}");
    }
}

#[test]
fn different_rules_have_different_digests() {
    let all = [
        files(None, &[]),
        files(Some(b"-"), &[]),
        files(Some(b""), &[("a", b"b\nc"), ("d", b"")]),
        files(Some(b""), &[("a", b"b"), ("c\nd", b"")]),
        files(Some(b"a\nb"), &[]),
        files(Some(b"a"), &[("b", b"")]),
    ];
    let digests: std::collections::BTreeSet<String> = all.iter().map(RuleFiles::digest).collect();
    assert_eq!(digests.len(), all.len());
}

#[test]
fn refuses_a_merge_after_which_nothing_would_be_required_of_the_branch() {
    for rules in [
        "[[check]]\nname = \"a\"\nrequired = false\n",
        "[[check]]\nname = \"a\"\nbranches = [\"release/*\"]\n",
    ] {
        let plan = of_rules((THREE, rules), "", "main", &[]);
        assert_eq!(
            faults(&plan),
            [
                "gate.toml: no check for `main` is required, so nothing would have to pass: make one `required`"
            ]
        );
        // Who has such rules can mend them: the default check counts.
        let mends = of_rules((rules, THREE), "", "main", &[]);
        assert_eq!(names(&mends), ["build"]);
        assert_eq!(mends.checks[0].side, Side::Destination);
    }
}

#[test]
fn a_branch_that_had_rules_never_takes_a_pull_requests_own() {
    let own = "[[check]]\nname = \"easy\"\ninline = \"{version: 0.2, phases: {build: {commands: ['true']}}}\"\n";
    let merged = files(Some(own.as_bytes()), &[("buildspec.yml", OTHER)]);
    let kept = files(Some(THREE.as_bytes()), &[("buildspec.yml", GOOD)]);
    let commit = CommitId::new("c0ffee");
    let gone = of_kept(RuleFiles::default(), merged.clone(), kept.clone());
    assert_eq!(names(&gone), ["build"]);
    assert_eq!(
        (gone.checks[0].side, &gone.kept),
        (Side::Kept, &Some(commit.clone()))
    );
    assert_eq!(gone.notes[0], Note::KeptRules { commit });
    // What stands there and cannot be used is no way to bring own ones either.
    for broken in [only_buildspec(Some(BROKEN)), files(Some(b"[chek]"), &[])] {
        let plan = of_kept(broken, merged.clone(), kept.clone());
        assert!(
            plan.checks.iter().all(|check| check.side == Side::Kept),
            "{plan:?}"
        );
    }
    // Without a memory it is as for a branch that never had any.
    let first = of(RuleFiles::default(), merged);
    assert_eq!(names(&first), ["easy"]);
}

#[test]
fn a_pull_request_that_restores_deleted_rules_is_gated_by_those_that_were() {
    let kept = only_buildspec(Some(GOOD));
    let plan = of_kept(RuleFiles::default(), kept.clone(), kept);
    assert_eq!(plan.no_build, None);
    assert_eq!(plan.checks[0].side, Side::Kept);
    let neither = of_kept(
        RuleFiles::default(),
        RuleFiles::default(),
        only_buildspec(Some(GOOD)),
    );
    assert_eq!(
        faults(&neither),
        ["gate.toml: it is missing", "buildspec.yml: it is missing"]
    );
}

const BATCH: &[u8] =
    b"version: 0.2\nbatch: {build-list: [{identifier: a}]}\nphases: {build: {commands: [make]}}\n";

#[test]
fn a_repository_with_a_batch_buildspec_adopts_the_gate_with_rules_that_do_not_use_it() {
    let rules = "[[check]]\nname = \"unit\"\nbuildspec = \"ci/unit.yml\"\n";
    let merged = files(
        Some(rules.as_bytes()),
        &[("buildspec.yml", BATCH), ("ci/unit.yml", GOOD)],
    );
    let plan = of(only_buildspec(Some(BATCH)), merged);
    assert_eq!(names(&plan), ["unit"]);
    assert!(
        matches!(&plan.notes[..], [Note::BrokenBuildspec { fault }] if fault.contains("batch buildspec")),
        "{plan:?}"
    );
    let none = of_buildspec(Some(BATCH), Some(BATCH));
    assert!(
        faults(&none)[0].starts_with("buildspec.yml: line 2, column 1: this is a batch buildspec")
    );
}

#[test]
fn rules_that_are_broken_and_leave_nothing_to_build_can_be_mended() {
    let broken = files(Some(b"[chek]"), &[("ci/unit.yml", GOOD)]);
    let rules = "[[check]]\nname = \"unit\"\nbuildspec = \"ci/unit.yml\"\n";
    let mended = files(Some(rules.as_bytes()), &[("ci/unit.yml", GOOD)]);
    let plan = of(broken, mended);
    assert_eq!(names(&plan), ["unit"]);
    assert!(
        matches!(&plan.notes[..], [Note::BrokenRules { used: Used::Own, faults }] if faults.len() == 1),
        "{plan:?}"
    );
}

#[test]
fn a_destination_without_rules_takes_the_first_and_a_broken_one_can_be_mended() {
    let first = of_buildspec(None, Some(GOOD));
    let path = "buildspec.yml".to_owned();
    assert_eq!(first.notes, [Note::FirstBuildspec { path }]);
    assert_eq!(first.checks[0].side, Side::Merged);
    let mended = of_buildspec(Some(BROKEN), Some(GOOD));
    assert_eq!(mended.checks[0].side, Side::Merged);
    assert!(
        matches!(&mended.notes[..], [Note::BrokenBuildspec { fault }] if fault.contains("cannot be read"))
    );
}

#[test]
fn refuses_a_merge_whose_rules_would_be_broken_or_missing() {
    assert_eq!(faults(&of_buildspec(Some(GOOD), Some(BROKEN))).len(), 1);
    assert_eq!(
        faults(&of_buildspec(None, Some(b""))),
        ["buildspec.yml: it is empty"]
    );
    let path = "buildspec.yml".to_owned();
    assert_eq!(
        of_buildspec(None, None).no_build,
        Some(NoBuild::NoBuildspec { path })
    );
    let invalid = of_rules((THREE, "[chek]"), "", "main", &[]);
    assert!(
        faults(&invalid)[0].contains("did you mean `check`"),
        "{invalid:?}"
    );
    let names_nothing = "[[check]]\nname = \"a\"\nbuildspec = \"missing.yml\"\n";
    assert_eq!(
        faults(&of_rules((THREE, names_nothing), "", "main", &[])),
        ["missing.yml: it is missing"]
    );
    let several = ["a", "b", "c", "d"]
        .map(|name| format!("[[check]]\nname = \"{name}\"\nbuildspec = \"{name}.yml\"\n"))
        .concat();
    let merged = files(
        Some(several.as_bytes()),
        &[("a.yml", BROKEN), ("b.yml", b""), ("c.yml", GOOD)],
    );
    let all = faults(&of(only_buildspec(Some(GOOD)), merged));
    let begins = ["a.yml: ", "b.yml: it is empty", "d.yml: it is missing"];
    assert_eq!(all.len(), begins.len(), "{all:?}");
    for (fault, begin) in all.iter().zip(begins) {
        assert!(fault.starts_with(begin), "{all:?}");
    }
}

#[test]
fn a_conflict_is_not_built() {
    let files = vec!["a.txt".to_owned()];
    let many: Vec<_> = (0..2_500)
        .map(|number| format!("src/{number:04}/{}", "x".repeat(200)))
        .collect();
    let Some(NoBuild::Conflict { files: named, more }) = unbuildable(&MergeOutcome::Conflict {
        files: many.clone(),
    }) else {
        panic!("it is a conflict");
    };
    assert!(many.starts_with(&named) && (20..=100).contains(&named.len()));
    assert_eq!(named.len() as u64 + more, 2_500);
    let conflict = MergeOutcome::Conflict {
        files: files.clone(),
    };
    assert_eq!(
        unbuildable(&conflict),
        Some(NoBuild::Conflict { files, more: 0 })
    );
    assert_eq!(unbuildable(&MergeOutcome::FastForward), None);
}

#[test]
fn changed_files_decide_which_checks_are_needed_and_the_others_say_why_not() {
    let plan = three("", "main", &["docs/a.md"]);
    assert_eq!(names(&plan), ["build", "docs"]);
    let not_needed = Why::NotNeeded {
        paths: vec!["src/**".to_owned(), "Makefile".to_owned()],
    };
    assert_eq!(left_out(&plan), [("unit", &not_needed)]);
    assert_eq!(
        names(&three("", "main", &["src/deep/x.rs"])),
        ["build", "unit"]
    );
    assert_eq!(names(&three("", "main", &["Makefile"])), ["build", "unit"]);
    assert_eq!(names(&three("", "main", &["sub/Makefile"])), ["build"]);
    // An excluded file does not count; another one beside it does.
    assert_eq!(names(&three("", "main", &["src/readme.md"])), ["build"]);
    assert_eq!(
        names(&three("", "main", &["src/readme.md", "src/x.rs"])),
        ["build", "unit"]
    );
}

#[test]
fn a_check_is_for_the_branches_it_names() {
    assert_eq!(
        names(&three("", "release/2", &["docs/a"])),
        ["build", "docs"]
    );
    let other = three("", "release/2/fix", &["docs/a"]);
    assert_eq!(names(&other), ["build"]);
    let branches = vec!["main".to_owned(), "release/*".to_owned()];
    assert!(left_out(&other).contains(&("docs", &Why::OtherBranch { branches })));
}

#[test]
fn flags_leave_checks_out_and_what_comes_after_them_waits_no_longer() {
    let plan = three("[skip-tests]", "main", &["src/x.rs"]);
    assert_eq!(names(&plan), ["build"]);
    let skipped = Why::Flag {
        flag: Flag::SkipTests,
    };
    assert_eq!(left_out(&plan)[0], ("unit", &skipped));
    let only = three("[only=unit]", "main", &["src/x.rs"]);
    assert_eq!(names(&only), ["unit"]);
    assert_eq!(only.checks[0].after, []);
    let in_any_case = three("[only=UNIT,Docs]", "main", &["src/x.rs", "docs/a"]);
    assert_eq!(names(&in_any_case), ["unit", "docs"]);
    assert_eq!(in_any_case.notes, []);
    let nobody = three("[only=unti]", "main", &["src/x.rs"]);
    assert_eq!(names(&nobody), ["build", "unit"]);
    assert!(
        matches!(&nobody.notes[..], [Note::NoSuchCheck { name, known }] if name == "unti" && known.len() == 3)
    );
    let large = three("[compute=large]", "main", &[]);
    assert_eq!(
        large.checks[0].settings.compute,
        Some(crate::rules::Compute::Large)
    );
}

#[test]
fn a_pull_request_that_changes_the_rules_is_told_what_they_would_do_to_it() {
    let after = THREE
        .replace("name = \"build\"", "name = \"build\"\ncompute = \"large\"")
        .replace("name = \"docs\"", "name = \"lint\"")
        .replace("paths = [\"docs/**\"]", "");
    let plan = of_rules((THREE, &after), "", "main", &["docs/a.md"]);
    assert_eq!(names(&plan), ["build", "docs"]);
    assert_eq!(
        plan.notes,
        [Note::ChangesRules {
            added: vec![CheckName::new("lint")],
            removed: vec![CheckName::new("docs")],
            changed: vec![CheckName::new("build")],
        }]
    );
}

#[test]
fn broken_rules_of_the_destination_are_said_and_can_be_mended() {
    let plan = of_rules(("[build]\nimge = 1", THREE), "", "main", &["src/x.rs"]);
    assert_eq!(names(&plan), ["build"]);
    assert!(
        matches!(&plan.notes[0], Note::BrokenRules { faults, used: Used::DefaultCheck } if faults[0].place == Some((2, 1))),
        "{plan:?}"
    );
}

#[test]
fn the_first_rules_of_a_repository_count_at_once() {
    let brings = files(Some(THREE.as_bytes()), &[("buildspec.yml", GOOD)]);
    let first = of(RuleFiles::default(), brings.clone());
    assert_eq!(first.checks[0].side, Side::Merged);
    assert_eq!(first.notes, [Note::FirstRules]);
    // A repository with a buildspec has a rule already.
    let has_one = of(only_buildspec(Some(GOOD)), brings);
    assert_eq!(names(&has_one), ["build"]);
    assert!(
        matches!(&has_one.notes[..], [Note::ChangesRules { .. }]),
        "{has_one:?}"
    );
}

#[test]
fn a_flag_that_may_not_approve_is_kept_with_the_plan() {
    let bound = format!("{THREE}\n[flags.skip-tests]\nmay_approve = false\n");
    let plan = of_rules(
        (&bound, &bound),
        "[skip-tests] [no-cache]",
        "main",
        &["src/x.rs"],
    );
    assert_eq!(plan.held_by, [Flag::SkipTests]);
    assert_eq!(of_rules((&bound, &bound), "", "main", &[]).held_by, []);
}

proptest::proptest! {
    #[test]
    fn every_check_of_the_rules_is_planned_or_has_a_reason(
        files in proptest::collection::vec("(src|docs|web)?/?[a-c]{1,3}(\\.md)?", 0..6),
        title in "(\\[skip-tests\\]|\\[only=unit\\]|\\[only=docs\\]|x){0,2}",
        destination in "(main|release/1|other)",
    ) {
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let plan = three(&title, &destination, &files);
        let mut all: Vec<&str> = names(&plan);
        all.extend(left_out(&plan).iter().map(|(name, _)| *name));
        all.sort_unstable();
        proptest::prop_assert_eq!(all, ["build", "docs", "unit"]);
    }
}

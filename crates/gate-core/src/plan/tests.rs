use super::*;
use crate::rules::Rules;

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

fn both(destination: Option<&[u8]>, merged: Option<&[u8]>) -> BothSides {
    BothSides {
        destination: destination.map(<[u8]>::to_vec),
        merged: merged.map(<[u8]>::to_vec),
    }
}

/// The plan of a repository whose only rules are its `buildspec.yml`.
fn of_buildspec(destination: Option<&[u8]>, merged: Option<&[u8]>) -> Plan {
    let chosen = choose(&BothSides::default(), destination.is_some()).unwrap();
    let buildspecs = [("buildspec.yml".to_owned(), both(destination, merged))].into();
    let subject = Subject {
        destination: &BranchName::new("main"),
        changed: &[],
        conversation: &Conversation::default(),
    };
    plan(&Flags::default(), chosen, &buildspecs, subject)
}

/// The plan of a repository with these rules on both sides.
fn of_rules(rules: (&str, &str), title: &str, destination: &str, changed: &[&str]) -> Plan {
    let gate_toml = both(Some(rules.0.as_bytes()), Some(rules.1.as_bytes()));
    let chosen = match choose(&gate_toml, true) {
        Ok(chosen) => chosen,
        Err(no_build) => return Plan::none(Flags::default(), no_build),
    };
    let files = chosen.buildspec_files().into_iter();
    let buildspecs = files
        .map(|path| {
            let merged = (path != "missing.yml").then_some(GOOD);
            (path, both(Some(GOOD), merged))
        })
        .collect();
    let changed: Vec<String> = changed.iter().map(|path| (*path).to_owned()).collect();
    let subject = Subject {
        destination: &BranchName::new(destination),
        changed: &changed,
        conversation: &Conversation::default(),
    };
    plan(&Flags::parse(title), chosen, &buildspecs, subject)
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
fn a_pull_request_that_deletes_the_buildspec_is_still_gated_by_it() {
    let plan = of_buildspec(Some(GOOD), None);
    assert_eq!(plan.checks[0].side, Side::Destination);
    let path = "buildspec.yml".to_owned();
    assert_eq!(plan.notes, [Note::ChangesBuildspec { path }]);
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
    assert!(matches!(
        of_buildspec(Some(GOOD), Some(BROKEN)).no_build,
        Some(NoBuild::InvalidBuildspec { .. })
    ));
    assert!(matches!(
        of_buildspec(None, Some(b"")).no_build,
        Some(NoBuild::InvalidBuildspec { .. })
    ));
    let path = "buildspec.yml".to_owned();
    assert_eq!(
        of_buildspec(None, None).no_build,
        Some(NoBuild::NoBuildspec { path })
    );
    let invalid = of_rules((THREE, "[chek]"), "", "main", &[]);
    assert!(
        matches!(&invalid.no_build, Some(NoBuild::InvalidRules { faults }) if faults[0].message.contains("did you mean `check`")),
        "{invalid:?}"
    );
    let names_nothing = "[[check]]\nname = \"a\"\nbuildspec = \"missing.yml\"\n";
    let path = "missing.yml".to_owned();
    assert_eq!(
        of_rules((THREE, names_nothing), "", "main", &[]).no_build,
        Some(NoBuild::NoBuildspec { path })
    );
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
        matches!(&plan.notes[0], Note::BrokenRules { faults } if faults[0].line == 2),
        "{plan:?}"
    );
}

#[test]
fn the_first_rules_of_a_repository_count_at_once() {
    let gate_toml = both(None, Some(THREE.as_bytes()));
    let first = choose(&gate_toml, false).unwrap();
    assert_eq!(
        (first.side, &first.notes[..]),
        (Side::Merged, &[Note::FirstRules][..])
    );
    // A repository with a buildspec has a rule already.
    let has_one = choose(&gate_toml, true).unwrap();
    assert_eq!(has_one.rules, Rules::of_one_build());
    assert!(has_one.after_merge.is_some());
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

//! `gate config`.

use std::fs;

use crate::support::Place;

const BUILDSPEC: &str = "version: 0.2\nphases:\n  build:\n    commands: [make]\n";

#[test]
fn rules_that_are_right_can_be_used() {
    let place = Place::new();
    fs::write(place.path("buildspec.yml"), BUILDSPEC).unwrap();
    fs::write(place.path("gate.toml"), "[[check]]\nname = \"unit\"\n").unwrap();
    let said = place.gate(&["config", "check"]);
    assert_eq!(
        (said.code, said.stdout.as_str(), said.stderr.as_str()),
        (0, "gate.toml can be used\n", "")
    );
}

#[test]
fn refuses_rules_with_every_fault_and_its_place() {
    let place = Place::new();
    let rules =
        "[build]\nimge = \"x\"\n[[check]]\nname = \"unit\"\nafter = [\"unit\"]\nrequired = 3\n";
    fs::write(place.path("gate.toml"), rules).unwrap();
    let said = place.gate(&["config", "check"]);
    assert_eq!((said.code, said.stdout.as_str()), (1, ""));
    assert_eq!(
        said.stderr,
        "error: gate.toml:2:1: `imge` is no key here; did you mean `image`?\n\
         error: gate.toml:5:10: `unit` would wait for itself\n\
         error: gate.toml:6:12: invalid type: integer `3`, expected a boolean\n"
    );
    let json = place.gate(&["config", "check", "--json"]);
    let object: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((json.code, &object["valid"]), (1, &false.into()));
    assert_eq!(object["faults"][0]["line"], 2);
}

#[test]
fn refuses_a_buildspec_that_is_not_there_or_cannot_be_read() {
    let place = Place::new();
    fs::write(place.path("broken.yml"), "version: 0.2\n").unwrap();
    let rules = "[[check]]\nname = \"a\"\nbuildspec = \"none.yml\"\n[[check]]\nname = \"b\"\nbuildspec = \"broken.yml\"\n";
    fs::write(place.path("gate.toml"), rules).unwrap();
    let said = place.gate(&["config", "check"]);
    assert_eq!(said.code, 1);
    assert_eq!(
        said.stderr,
        "error: none.yml: it is missing\n\
         error: broken.yml: it has no command in any of its `phases`\n"
    );
}

#[test]
fn refuses_what_codebuild_would_refuse_later_with_its_place() {
    let place = Place::new();
    let buildspec = "version: 0.2\nphases: {build: {commands: [make]}}\nreports:\n  unit.tests: {files: [a.xml]}\n";
    fs::write(place.path("buildspec.yml"), buildspec).unwrap();
    fs::write(
        place.path("gate.toml"),
        "[[check]]\nname = \"a\"\nrequired = false\n",
    )
    .unwrap();
    let said = place.gate(&["config", "check"]);
    assert_eq!(said.code, 1);
    assert_eq!(
        said.stderr,
        "error: buildspec.yml: line 4, column 3: CodeBuild takes no report group for the report `unit.tests`: write letters, digits, `-` and `_`\n\
         error: no check is `required`, so nothing would have to pass: a pull request with these rules is rejected\n"
    );
}

#[test]
fn a_glob_that_matches_no_file_is_a_warning() {
    let place = Place::new();
    let rules = "[[check]]\nname = \"unit\"\npaths = [\"scr/**\", \"*.yml\"]\n";
    place.repository(
        "shop",
        &[("buildspec.yml", BUILDSPEC), ("gate.toml", rules)],
    );
    let said = place.gate(&["config", "check", "shop/gate.toml"]);
    assert_eq!(
        (said.code, said.stdout.as_str()),
        (0, "shop/gate.toml can be used\n")
    );
    assert_eq!(
        said.stderr,
        "warning: check `unit`: `scr/**` matches no file\n"
    );
}

#[test]
fn refuses_a_file_that_is_not_there_with_the_next_step() {
    let place = Place::new();
    let said = place.gate(&["config", "check"]);
    assert_eq!(said.code, 2);
    assert_eq!(
        said.stderr,
        "error: `gate.toml` cannot be read: No such file or directory (os error 2)\n\
         help: name the file, or change to the repository's root\n"
    );
}

fn schema(place: &Place) -> jsonschema::Validator {
    let said = place.gate(&["config", "schema"]);
    assert_eq!(said.code, 0);
    let schema: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn as_json(rules: &str) -> serde_json::Value {
    let table: toml::Table = rules.parse().unwrap();
    serde_json::json!(table)
}

#[test]
fn the_example_is_right_for_the_gate_and_for_editors() {
    let place = Place::new();
    let example = include_str!("../../../../gate.example.toml");
    fs::write(place.path("gate.toml"), example).unwrap();
    fs::write(place.path("buildspec.yml"), BUILDSPEC).unwrap();
    let said = place.gate(&["config", "check"]);
    assert_eq!((said.code, said.stderr.as_str()), (0, ""));
    let faults: Vec<_> = schema(&place)
        .iter_errors(&as_json(example))
        .map(|error| error.to_string())
        .collect();
    assert_eq!(faults, Vec::<String>::new());
}

/// What is wrong, and the key it is wrong at.
const WRONG: [(&str, &str); 15] = [
    ("[biuld]\nimage = \"x\"", "biuld"),
    ("[build]\ncompute = \"huge\"", "compute"),
    ("[build]\ntimeout_minutes = 3", "timeout_minutes"),
    ("[build]\nprivileged = \"yes\"", "privileged"),
    ("[build]\ncache = [\"s3\"]", "cache"),
    ("[build.environment]\nPORT = 80", "PORT"),
    ("[[check]]\nname = \"unit tests\"", "name"),
    ("[[check]]\nbuildspec = \"b.yml\"", "check"),
    ("[[check]]\nname = \"a\"\npaths = \"src\"", "paths"),
    ("[[check]]\nname = \"a\"\nkind = \"tests\"", "kind"),
    ("[comment]\nanounce = false", "anounce"),
    ("[comment]\nlog_lines = 51", "log_lines"),
    ("[comment]\nchecks = \"none\"", "checks"),
    ("[limits]\nfailed_runs = 0", "failed_runs"),
    ("[flags.skip-tests]\nmay_approve = 1", "may_approve"),
];

#[test]
fn refuses_where_an_editor_with_the_schema_underlines() {
    let place = Place::new();
    let schema = schema(&place);
    fs::write(place.path("buildspec.yml"), BUILDSPEC).unwrap();
    for (rules, key) in WRONG {
        fs::write(place.path("gate.toml"), rules).unwrap();
        let said = place.gate(&["config", "check", "--json"]);
        let found: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
        let faults = found["faults"].as_array().unwrap();
        assert_eq!((said.code, faults.len()), (1, 1), "{rules}: {found}");
        let line = usize::try_from(faults[0]["line"].as_u64().unwrap()).unwrap();
        let text = rules.lines().nth(line - 1).unwrap();
        assert!(text.contains(key), "{rules}: {found}");
        let instance = as_json(rules);
        let errors: Vec<_> = schema.iter_errors(&instance).collect();
        assert_eq!(errors.len(), 1, "{rules}: {errors:?}");
        let place = format!("{} {}", errors[0].instance_path(), errors[0]);
        assert!(place.contains(key), "{rules}: {place}");
    }
}

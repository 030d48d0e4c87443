//! A `gate.toml` that is not as it should be.

use std::fmt::Write as _;

use mergegate_tests::{Stage, green_files};

use crate::{with, words};

const FAULTY: &str = "\
[build]
imge = \"aws/codebuild/standard:7.0\"
timeout_minutes = 3

[[check]]
name = \"unit tests\"
after = [\"lint\"]
";

#[tokio::test(flavor = "multi_thread")]
async fn refuses_a_pull_request_whose_rules_cannot_be_read_with_every_fault() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("change", "main", &[("gate.toml", FAULTY)]);
    let id = stage.open("change", "Change the rules").await;
    assert_eq!(words(&stage, &id).await, REFUSED);
    assert!(!stage.approved(&id).await);
    assert!(stage.builds().await.is_empty());
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_rules_of_the_destination_can_be_mended_by_a_pull_request() {
    let stage = Stage::set(&with("gate.toml", FAULTY)).await;
    let mended = "[build]\ntimeout_minutes = 30\n";
    stage.copy.push("change", "main", &[("gate.toml", mended)]);
    let id = stage.open("change", "Mend the rules").await;
    assert_eq!(words(&stage, &id).await, MENDED);
    assert!(stage.approved(&id).await);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_rules_that_name_a_buildspec_which_is_not_there() {
    let stage = Stage::set(&green_files()).await;
    let rules = "[[check]]\nname = \"web\"\nbuildspec = \"web/buildspec.yml\"\n";
    stage.copy.push("change", "main", &[("gate.toml", rules)]);
    let id = stage.open("change", "Change the rules").await;
    let said = words(&stage, &id).await;
    assert!(said.contains("web/buildspec.yml: it is missing"), "{said}");
    assert!(!stage.approved(&id).await);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_rules_with_a_glob_that_matches_nothing_are_warned_of() {
    let stage = Stage::set(&green_files()).await;
    let rules = "[[check]]\nname = \"unit\"\npaths = [\"valeu\", \"l*\", \"scr/**\"]\n";
    stage.copy.push("change", "main", &[("gate.toml", rules)]);
    let id = stage.open("change", "Add rules").await;
    let said = words(&stage, &id).await;
    assert!(
        said.contains("- after the merge `valeu` of `unit`, `scr/**` of `unit` match no file: is that meant?\n"),
        "{said}"
    );
    assert!(stage.approved(&id).await);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_rules_of_five_megabytes_with_words() {
    let stage = Stage::set(&green_files()).await;
    let large = "#".repeat(5 << 20);
    stage.copy.push("change", "main", &[("gate.toml", &large)]);
    let id = stage.open("change", "Change the rules").await;
    let said = words(&stage, &id).await;
    for words in [
        "### ❌ Mergegate: not approved, its rules are invalid\n",
        "gate.toml: line 1, column 1: `gate.toml` has ",
        " bytes, more than 262144\n",
    ] {
        assert!(said.contains(words), "{said}");
    }
    assert!(!stage.approved(&id).await);
    stage.strike().await;
}

/// A report whose name no report group can have.
const DOTTED: &str = "\
version: 0.2
phases: {build: {commands: [sh test.sh]}}
reports:
  unit.tests: {files: [report.xml]}
";

#[tokio::test(flavor = "multi_thread")]
async fn refuses_a_report_that_would_lock_the_repository_and_lets_who_has_one_mend_it() {
    let stage = Stage::set(&green_files()).await;
    stage
        .copy
        .push("change", "main", &[("buildspec.yml", DOTTED)]);
    let id = stage.open("change", "Bring a report").await;
    let said = words(&stage, &id).await;
    assert!(
        said.contains(
            "buildspec.yml: line 4, column 3: CodeBuild takes no report group for the report `unit.tests`: write letters, digits, `-` and `_`"
        ),
        "{said}"
    );
    assert!(!stage.approved(&id).await);
    stage.strike().await;

    let stage = Stage::set(&with("buildspec.yml", DOTTED)).await;
    let mended = DOTTED.replace("unit.tests", "unit-tests");
    stage
        .copy
        .push("change", "main", &[("buildspec.yml", &mended)]);
    let id = stage.open("change", "Mend the report").await;
    let said = words(&stage, &id).await;
    assert!(said.starts_with("### ✅ Mergegate: approved\n"), "{said}");
    assert!(
        said.contains("CodeBuild takes no report group for the report `unit.tests`"),
        "{said}"
    );
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_rules_whose_run_would_not_fit_an_execution_and_shares_the_variables_of_all() {
    let stage = Stage::set(&green_files()).await;
    let inline = format!(
        "{{version: 0.2, phases: {{build: {{commands: [\"echo {}\"]}}}}}}",
        "x".repeat(20_000)
    );
    let check = |number: usize| format!("[[check]]\nname = \"c{number}\"\ninline = '{inline}'\n");
    let rules: String = (0..10).map(check).collect();
    stage.copy.push("change", "main", &[("gate.toml", &rules)]);
    let id = stage.open("change", "Large rules").await;
    let said = words(&stage, &id).await;
    assert!(said.contains("gate.toml: line "), "{said}");
    assert!(said.contains("KiB of a run's state"), "{said}");
    stage.strike().await;

    let mut rules = format!("[build.environment]\nA = \"{}\"\n", "v".repeat(4_500));
    for number in 0..60 {
        let inline = "{version: 0.2, phases: {build: {commands: [\"test ${#A} -eq 4500\"]}}}";
        let _ = write!(
            rules,
            "[[check]]\nname = \"c{number}\"\ninline = '{inline}'\n"
        );
    }
    let mut files = green_files();
    files.push(("gate.toml", &rules));
    let stage = Stage::set(&files).await;
    stage.copy.push("change", "main", &[("value", "5\n")]);
    let id = stage.open("change", "Change").await;
    let said = words(&stage, &id).await;
    assert!(said.starts_with("### ✅ Mergegate: approved\n"), "{said}");
    stage.strike().await;
}

const REFUSED: &str = "\
### ❌ Mergegate: not approved, its rules are invalid

`change` COMMIT → `main` COMMIT, nothing was built

After the merge the rules could not be used:

```
gate.toml: line 2, column 1: `imge` is no key here; did you mean `image`?
gate.toml: line 3, column 19: a build may run 5 to 2160 minutes, not 3
gate.toml: line 6, column 8: `unit tests` is no name for a check: write 1 to 60 letters, digits, `.`, `_` or `-`, beginning with a letter or digit
```

Mend them and push; `gate config check` tells the same.

Mergegate · run RUN";
const MENDED: &str = "\
### ✅ Mergegate: approved

`change` COMMIT → `main` COMMIT, tested as it is: merging is a fast-forward, TIME

The destination's rules cannot be used:

```
gate.toml: line 2, column 1: `imge` is no key here; did you mean `image`?
gate.toml: line 3, column 19: a build may run 5 to 2160 minutes, not 3
gate.toml: line 6, column 8: `unit tests` is no name for a check: write 1 to 60 letters, digits, `.`, `_` or `-`, beginning with a letter or digit
```

- ✅ **build** passed in TIME: [log](LINK)

**Tests** 1: 1 passed

No differences are shown: nothing that was gated has been merged into `main` yet.

Good to know
- the destination's `gate.toml` is broken: one build of `buildspec.yml` was asked for in its place
- this pull request changes the rules, which takes effect after the merge: then `build` would run in another way

[All results](LINK)

Mergegate · run RUN";

//! Buildspecs and reports that are not as they should be.

use mergegate_tests::{BUILDSPEC, Stage, green_files};

use crate::{with, without, words};

/// What is said when a pull request brings this buildspec to a repository of these files.
async fn said(files: &[(&str, &str)], brought: &str) -> (Stage, String, String) {
    let stage = Stage::set(files).await;
    let change = [
        ("buildspec.yml", brought),
        ("test.sh", mergegate_tests::TEST_SCRIPT),
    ];
    stage.copy.push("change", "main", &change);
    let id = stage.open("change", "Change").await;
    let said = words(&stage, &id).await;
    (stage, id, said)
}

async fn is_never_built(stage: Stage, id: &str) {
    assert!(!stage.approved(id).await);
    assert!(stage.builds().await.is_empty());
    stage.swept().await;
    assert_eq!(stage.executions(None).await.len(), 1, "said once");
    stage.close(id).await;
    stage.swept().await;
    stage.assert_right(id).await;
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_a_pull_request_that_empties_the_buildspec() {
    let (stage, id, said) = said(&green_files(), "").await;
    assert_eq!(said, EMPTIED);
    is_never_built(stage, &id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_a_pull_request_that_breaks_the_buildspec_with_the_place() {
    let (stage, id, said) = said(&green_files(), "version: 0.2\nphases:\n  build: [\n").await;
    assert_eq!(said, BROKEN);
    is_never_built(stage, &id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_a_repository_without_a_buildspec() {
    let stage = Stage::set(&without("buildspec.yml")).await;
    stage.copy.push("change", "main", &[("value", "5\n")]);
    let id = stage.open("change", "Change").await;
    assert_eq!(words(&stage, &id).await, MISSING);
    is_never_built(stage, &id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_buildspec_is_taken_from_the_pull_request_this_once() {
    let (stage, id, said) = said(&without("buildspec.yml"), BUILDSPEC).await;
    assert_eq!(said, FIRST);
    assert!(stage.approved(&id).await);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_buildspec_can_be_mended_by_a_pull_request() {
    let broken = with("buildspec.yml", "version: 0.2\nphases: [\n");
    let (stage, id, said) = said(&broken, BUILDSPEC).await;
    assert_eq!(said, MENDED);
    assert!(stage.approved(&id).await);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_buildspec_takes_effect_after_the_merge() {
    let lenient = BUILDSPEC.replace("sh test.sh", "sh test.sh || true");
    let stage = Stage::set(&green_files()).await;
    stage.copy.push(
        "change",
        "main",
        &[("buildspec.yml", &lenient), ("value", "11\n")],
    );
    let id = stage.open("change", "Be lenient").await;
    assert_eq!(words(&stage, &id).await, LENIENT);
    assert!(!stage.approved(&id).await);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_the_paths_do_not_find_is_not_a_pass() {
    let astray = with("buildspec.yml", ASTRAY);
    let stage = Stage::set(&astray).await;
    stage.copy.push("change", "main", &[("value", "5\n")]);
    let id = stage.open("change", "Change").await;
    assert_eq!(words(&stage, &id).await, NO_REPORT);
    assert!(!stage.approved(&id).await);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_without_a_test_is_not_a_pass() {
    let stage = Stage::set(&with(
        "test.sh",
        "echo '<testsuite name=\"none\"/>' > report.xml\n",
    ))
    .await;
    stage.copy.push("change", "main", &[("value", "5\n")]);
    let id = stage.open("change", "Change").await;
    assert_eq!(words(&stage, &id).await, NO_TESTS);
    assert!(!stage.approved(&id).await);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_is_no_xml_is_not_a_pass() {
    let stage = Stage::set(&with(
        "test.sh",
        "echo '<testsuite><testcase' > report.xml\n",
    ))
    .await;
    stage.copy.push("change", "main", &[("value", "5\n")]);
    let id = stage.open("change", "Change").await;
    assert_eq!(words(&stage, &id).await, NO_XML);
    assert!(!stage.approved(&id).await);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_fails_is_named_with_its_phase() {
    let stage = Stage::set(&with("test.sh", "echo no luck; exit 3\n")).await;
    stage.copy.push("change", "main", &[("value", "5\n")]);
    let id = stage.open("change", "Change").await;
    assert_eq!(words(&stage, &id).await, EXIT_3);
    assert!(!stage.approved(&id).await);
    stage.strike().await;
}

/// A pull request that changes the rules by git, on a repository that begins with `files`.
async fn by_git(files: &[(&str, &str)], commands: &[&[&str]]) -> (Stage, String, String) {
    let stage = Stage::set(files).await;
    stage.copy.commit("change", "main", &[("value", "5\n")]);
    for command in commands {
        stage.copy.git(command);
    }
    stage
        .copy
        .git(&["commit", "--quiet", "--message", "Change the rules"]);
    stage.copy.send("change");
    let id = stage.open("change", "Change the rules").await;
    let said = words(&stage, &id).await;
    (stage, id, said)
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_a_pull_request_that_deletes_the_rules() {
    let (stage, id, said) = by_git(&green_files(), &[&["rm", "--quiet", "buildspec.yml"]]).await;
    assert!(
        said.contains("```\ngate.toml: it is missing\nbuildspec.yml: it is missing\n```"),
        "{said}"
    );
    is_never_built(stage, &id).await;

    let rules = "[[check]]\nname = \"unit\"\nbuildspec = \"ci/unit.yml\"\n[[check]]\nname = \"docs\"\nbuildspec = \"ci/docs.yml\"\npaths = [\"docs/**\"]\n";
    let mut files = without("buildspec.yml");
    files.extend([
        ("gate.toml", rules),
        ("ci/unit.yml", BUILDSPEC),
        ("ci/docs.yml", BUILDSPEC),
    ]);
    // The check of the deleted file is not needed for this change.
    let (stage, id, said) = by_git(&files, &[&["rm", "--quiet", "ci/docs.yml"]]).await;
    assert!(
        said.contains("```\nci/docs.yml: it is missing\n```"),
        "{said}"
    );
    is_never_built(stage, &id).await;
    let (stage, id, said) = by_git(&files, &[&["rm", "--quiet", "gate.toml"]]).await;
    assert!(
        said.contains("gate.toml: it is missing\nbuildspec.yml: it is missing"),
        "{said}"
    );
    is_never_built(stage, &id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_a_folder_a_submodule_and_a_link_in_place_of_a_buildspec() {
    let commit = "160000,5d41402abc4b2a76b9719d911017c592ae4f5d41,buildspec.yml";
    let remove: &[&str] = &["rm", "--quiet", "buildspec.yml"];
    let (stage, id, said) = by_git(
        &green_files(),
        &[remove, &["update-index", "--add", "--cacheinfo", commit]],
    )
    .await;
    assert!(
        said.contains("buildspec.yml: it is a submodule, where a file must be"),
        "{said}"
    );
    is_never_built(stage, &id).await;

    let stage = Stage::set(&green_files()).await;
    stage.copy.commit("change", "main", &[("value", "5\n")]);
    stage.copy.git(&["rm", "--quiet", "buildspec.yml"]);
    stage
        .copy
        .push("change", "", &[("buildspec.yml/part.yml", BUILDSPEC)]);
    let id = stage.open("change", "A folder").await;
    let said = words(&stage, &id).await;
    assert!(
        said.contains("buildspec.yml: it is a folder, where a file must be"),
        "{said}"
    );
    is_never_built(stage, &id).await;

    let stage = Stage::set(&green_files()).await;
    stage
        .copy
        .commit("change", "main", &[("ci.yml", BUILDSPEC)]);
    stage.copy.git(&["rm", "--quiet", "buildspec.yml"]);
    std::os::unix::fs::symlink("ci.yml", stage.copy.path().join("buildspec.yml")).unwrap();
    stage.copy.push("change", "", &[]);
    let id = stage.open("change", "A link").await;
    let said = words(&stage, &id).await;
    assert!(
        said.contains("buildspec.yml: it is a symbolic link, which is not followed"),
        "{said}"
    );
    is_never_built(stage, &id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_whose_rules_were_deleted_past_the_gate_never_takes_a_pull_requests_own() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("change", "main", &[("value", "5\n")]);
    let id = stage.open("change", "Change").await;
    stage.verdict(&id).await;
    stage.close(&id).await;
    stage.copy.git(&["checkout", "--quiet", "main"]);
    stage.copy.git(&["rm", "--quiet", "buildspec.yml"]);
    stage
        .copy
        .git(&["commit", "--quiet", "--message", "No rules"]);
    stage.copy.send("main");

    let easy = BUILDSPEC.replace("sh test.sh", "true");
    let change = [("buildspec.yml", easy.as_str()), ("value", "11\n")];
    stage.copy.push("easy", "main", &change);
    let id = stage.open("easy", "Bring easy rules").await;
    let said = words(&stage, &id).await;
    assert!(
        said.starts_with("### ❌ Mergegate: not approved, 1 test failure\n"),
        "{said}"
    );
    assert!(
        said.contains(
            "- the destination has no rules any more that can be used: those that it had at "
        ),
        "{said}"
    );
    assert!(!stage.approved(&id).await);
    stage.copy.push(
        "mends",
        "main",
        &[("buildspec.yml", BUILDSPEC), ("value", "5\n")],
    );
    let id = stage.open("mends", "Restore the rules").await;
    let said = words(&stage, &id).await;
    assert!(said.starts_with("### ✅ Mergegate: approved\n"), "{said}");
    stage.strike().await;
}

/// The report is written elsewhere.
const ASTRAY: &str = "\
version: 0.2
phases:
  build:
    commands:
      - sh test.sh
reports:
  unit:
    files: [reports/*.xml]
    file-format: JUNITXML
";

const EMPTIED: &str = "\
### ❌ Mergegate: not approved, its rules are invalid

`change` COMMIT → `main` COMMIT, nothing was built

After the merge the rules could not be used:

```
buildspec.yml: it is empty
```

Mend them and push; `gate config check` tells the same.

Mergegate · run RUN";
const BROKEN: &str = "\
### ❌ Mergegate: not approved, its rules are invalid

`change` COMMIT → `main` COMMIT, nothing was built

After the merge the rules could not be used:

```
buildspec.yml: line 3, column 10: it cannot be read: unclosed bracket '['
```

Mend them and push; `gate config check` tells the same.

Mergegate · run RUN";
const MISSING: &str = "\
### ❌ Mergegate: not approved, there is no buildspec

`change` COMMIT → `main` COMMIT, nothing was built

Neither side has a `buildspec.yml`. Add one that builds and tests this repository, and push.

Mergegate · run RUN";
const FIRST: &str = "\
### ✅ Mergegate: approved

`change` COMMIT → `main` COMMIT, tested as it is: merging is a fast-forward, TIME

- ✅ **build** passed in TIME: [log](LINK)

**Tests** 1: 1 passed

No differences are shown: nothing that was gated has been merged into `main` yet.

Good to know
- the destination has no `buildspec.yml` yet: this pull request's own was used, this once

[All results](LINK)

Mergegate · run RUN";
const MENDED: &str = "\
### ✅ Mergegate: approved

`change` COMMIT → `main` COMMIT, tested as it is: merging is a fast-forward, TIME

- ✅ **build** passed in TIME: [log](LINK)

**Tests** 1: 1 passed

No differences are shown: nothing that was gated has been merged into `main` yet.

Good to know
- the destination's buildspec is broken, so this pull request's own was used: `buildspec.yml: line 2, column 9: it cannot be read: unclosed bracket '['`

[All results](LINK)

Mergegate · run RUN";
const LENIENT: &str = "\
### ❌ Mergegate: not approved, 1 test failure

`change` COMMIT → `main` COMMIT, tested as it is: merging is a fast-forward, TIME

- ❌ **build** failed in TIME: [log](LINK)
  phase BUILD: `Error while executing command: sh test.sh. Reason: exit status 1`

**Tests** 1: 0 passed, **1 failed**

Failures
- `limits > stays_below_the_limit`, TIME

```
11 is not below 10
```

No differences are shown: nothing that was gated has been merged into `main` yet.

Good to know
- this pull request changes `buildspec.yml`: the change takes effect after the merge

Push a fix, or write `/gate retry build` if you believe it is flaky. `/gate help` lists what else you can ask. [All results](LINK)

Mergegate · run RUN";
const NO_REPORT: &str = "\
### ❌ Mergegate: not approved, a report of `build` is incomplete

`change` COMMIT → `main` COMMIT, tested as it is: merging is a fast-forward, TIME

- ❌ **build** passed, but its report `unit` is incomplete: files are missing or cannot be read, the log says which: [log](LINK)

Push a fix, or write `/gate retry build` if you believe it is flaky. `/gate help` lists what else you can ask. [All results](LINK)

Mergegate · run RUN";
const NO_TESTS: &str = "\
### ❌ Mergegate: not approved, `build` ran no test

`change` COMMIT → `main` COMMIT, tested as it is: merging is a fast-forward, TIME

- ❌ **build** passed, but there is no test in its reports: [log](LINK)

Push a fix. `/gate help` lists what else you can ask. [All results](LINK)

Mergegate · run RUN";
const NO_XML: &str = "\
### ❌ Mergegate: not approved, a report of `build` is incomplete

`change` COMMIT → `main` COMMIT, tested as it is: merging is a fast-forward, TIME

- ❌ **build** passed, but its report `unit` is incomplete: files are missing or cannot be read, the log says which: [log](LINK)

Push a fix, or write `/gate retry build` if you believe it is flaky. `/gate help` lists what else you can ask. [All results](LINK)

Mergegate · run RUN";
const EXIT_3: &str = "\
### ❌ Mergegate: not approved, `build` failed

`change` COMMIT → `main` COMMIT, tested as it is: merging is a fast-forward, TIME

- ❌ **build** failed in TIME: [log](LINK)
  phase BUILD: `Error while executing command: sh test.sh. Reason: exit status 3`

The log of **build** ends with

```
$ sh test.sh
no luck
```

Push a fix, or write `/gate retry build` if you believe it is flaky. `/gate help` lists what else you can ask. [All results](LINK)

Mergegate · run RUN";

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

After the merge the buildspec could not be run:

```
`buildspec.yml` is empty
```

Mend it and push.

Mergegate · run RUN";
const BROKEN: &str = "\
### ❌ Mergegate: not approved, its rules are invalid

`change` COMMIT → `main` COMMIT, nothing was built

After the merge the buildspec could not be run:

```
`buildspec.yml` cannot be read: line 3 column 10: expected mapping start
```

Mend it and push.

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
- the destination's buildspec is broken, so this pull request's own was used: `` `buildspec.yml` cannot be read: line 2 column 9: expected mapping start ``

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
### ❌ Mergegate: not approved, the report of `build` is missing

`change` COMMIT → `main` COMMIT, tested as it is: merging is a fast-forward, TIME

- ❌ **build** passed, but its report `unit` is incomplete: check the paths in the buildspec: [log](LINK)

Push a fix, or write `/gate retry build` if you believe it is flaky. `/gate help` lists what else you can ask. [All results](LINK)

Mergegate · run RUN";
const NO_TESTS: &str = "\
### ❌ Mergegate: not approved, `build` ran no test

`change` COMMIT → `main` COMMIT, tested as it is: merging is a fast-forward, TIME

- ❌ **build** passed, but there is no test in its reports: [log](LINK)

Push a fix. `/gate help` lists what else you can ask. [All results](LINK)

Mergegate · run RUN";
const NO_XML: &str = "\
### ❌ Mergegate: not approved, the report of `build` is missing

`change` COMMIT → `main` COMMIT, tested as it is: merging is a fast-forward, TIME

- ❌ **build** passed, but its report `unit` is incomplete: check the paths in the buildspec: [log](LINK)

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
Command did not exit successfully sh test.sh exit status 3
```

Push a fix, or write `/gate retry build` if you believe it is flaky. `/gate help` lists what else you can ask. [All results](LINK)

Mergegate · run RUN";

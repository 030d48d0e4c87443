//! Titles: anything at all, and the flags in them.

use mergegate_tests::{BUILDSPEC, Stage, green_files};

use crate::{with, words};

/// Tests run unless they are skipped.
const SKIPPABLE: &str = "\
version: 0.2
phases:
  build:
    commands:
      - '[ \"$MERGEGATE_SKIP_TESTS\" = true ] || sh test.sh'
reports:
  unit:
    files: [report.xml]
    file-format: JUNITXML
";

/// Opens a pull request of that title which fails its test, and answers what is said about it.
async fn said_of_red(stage: &Stage, title: &str) -> (String, String) {
    stage.copy.push("change", "main", &[("value", "11\n")]);
    let id = stage.open("change", title).await;
    let said = words(stage, &id).await;
    (id, said)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_title_of_brackets_and_backticks_changes_nothing() {
    let stage = Stage::set(&green_files()).await;
    let title = "[`]([```<script>]"
        .repeat(9)
        .chars()
        .take(150)
        .collect::<String>();
    assert_eq!(title.chars().count(), 150);
    let (_, said) = said_of_red(&stage, &title).await;
    assert_eq!(said, RED);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn skip_tests_is_obeyed_and_said_in_the_headline() {
    let stage = Stage::set(&with("buildspec.yml", SKIPPABLE)).await;
    let (id, said) = said_of_red(&stage, "Docs only [Skip-Tests]").await;
    assert_eq!(said, SKIP_TESTS);
    assert!(stage.approved(&id).await);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn skip_ci_builds_nothing_and_approves_nothing() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("change", "main", &[("value", "5\n")]);
    let id = stage.open("change", "[skip-ci] Change").await;
    assert_eq!(words(&stage, &id).await, SKIP_CI);
    assert!(!stage.approved(&id).await);
    assert!(stage.builds().await.is_empty());
    stage.swept().await;
    assert_eq!(stage.executions(None).await.len(), 1);
    stage.close(&id).await;
    stage.swept().await;
    stage.assert_right(&id).await;
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn container_and_no_cache_reach_the_build() {
    let stage = Stage::set(&green_files()).await;
    let (_, said) = said_of_red(&stage, "[container] Image [no_cache]").await;
    assert_eq!(said, CONTAINER);
    let build = stage.builds().await.remove(0);
    assert_eq!(
        build
            .environment()
            .and_then(aws_sdk_codebuild::types::ProjectEnvironment::privileged_mode),
        Some(true)
    );
    let cache = build.cache().map(|cache| cache.r#type().as_str());
    assert_eq!(cache, Some("NO_CACHE"));
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistyped_flag_is_named_with_the_one_it_resembles() {
    let stage = Stage::set(&green_files()).await;
    let (_, said) = said_of_red(&stage, "Fix [skip-test] [JIRA-12] [skipper] [only=web]").await;
    assert_eq!(said, MISTYPED);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn skip_tests_does_not_hide_a_test_that_failed_all_the_same() {
    let stage = Stage::set(&with("buildspec.yml", BUILDSPEC)).await;
    let (id, said) = said_of_red(&stage, "[skip-tests] I hope").await;
    assert!(
        said.starts_with("### ❌ Mergegate: not approved, 1 test failure\n"),
        "{said}"
    );
    assert!(!stage.approved(&id).await);
    stage.strike().await;
}

const RED: &str = "\
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

Push a fix, or write `/gate retry build` if you believe it is flaky. `/gate help` lists what else you can ask. [All results](LINK)

Mergegate · run RUN";
const SKIP_TESTS: &str = "\
### ✅ Mergegate: approved, tests skipped by a flag in the title

`change` COMMIT → `main` COMMIT, tested as it is: merging is a fast-forward, TIME

- ✅ **build** passed without its tests in TIME: [log](LINK)

Good to know
- `[skip-tests]` is in the title: tests were not asked for

[All results](LINK)

Mergegate · run RUN";
const SKIP_CI: &str = "\
### ⏸ Mergegate: on hold, `[skip-ci]` is in the title

`change` COMMIT → `main` COMMIT, nothing was built

Nothing was built. To have it tested, take the flag out of the title and write `/gate retry`, or push.

Mergegate · run RUN";
const CONTAINER: &str = "\
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
- `[container]` is in the title: the build may run Docker
- `[no-cache]` is in the title: the build starts without its cache

Push a fix, or write `/gate retry build` if you believe it is flaky. `/gate help` lists what else you can ask. [All results](LINK)

Mergegate · run RUN";
const MISTYPED: &str = "\
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
- `[only=web]` is in the title, but there is no check `web`. There is `build`.
- `[skip-test]` in the title is no flag that this gate knows, did you mean `[skip-tests]`?
- `[skipper]` in the title is no flag that this gate knows

Push a fix, or write `/gate retry build` if you believe it is flaky. `/gate help` lists what else you can ask. [All results](LINK)

Mergegate · run RUN";

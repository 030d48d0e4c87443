//! Names that are legal and awkward.

use mergegate_tests::{Stage, WorkingCopy, green_files};

use crate::words;

#[tokio::test(flavor = "multi_thread")]
async fn branches_with_quotes_are_gated_like_any_other() {
    let stage = Stage::set(&green_files()).await;
    for branch in ["o'brien", "say-\"hello\"", "$(touch-x)", "a`b", "ünïcode/ß"] {
        stage.copy.push(branch, "main", &[("value", "5\n")]);
        stage
            .copy
            .push("main", "", &[(&format!("other-{}", branch.len()), "x\n")]);
        let id = stage.open(branch, "Odd branch").await;
        let verdict = stage.verdict(&id).await;
        assert!(
            verdict.starts_with("### ✅ Mergegate: approved\n"),
            "{branch}: {verdict}"
        );
        let shown = if branch.contains('`') {
            format!("``{branch}`` ")
        } else {
            format!("`{branch}` ")
        };
        assert!(
            verdict.lines().nth(2).unwrap().starts_with(&shown),
            "{verdict}"
        );
        stage.close(&id).await;
    }
    stage.swept().await;
    assert_eq!(stage.leftovers().await, Vec::<String>::new());
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_with_a_dot_in_its_name_is_gated() {
    let stage = Stage::set(&green_files()).await;
    let client = stage.code_commit("ann");
    client
        .create_repository()
        .repository_name("my.repo")
        .send()
        .await
        .unwrap();
    let directory = tempfile::tempdir().unwrap();
    let url = format!("{}/v1/repos/my.repo", stage.url());
    let copy = WorkingCopy::clone(&url, directory.path().join("copy"));
    copy.push("main", "", &green_files());
    copy.push("change", "main", &[("value", "5\n")]);
    copy.push("main", "", &[("limit", "8\n")]);
    let id = stage.open_in("my.repo", "change", "Dotted").await;
    assert_eq!(
        words(&stage, &id).await,
        "### ✅ Mergegate: approved\n\n\
         `change` COMMIT → `main` COMMIT, tested as merged (COMMIT), TIME\n\n\
         - ✅ **build** passed in TIME: [log](LINK)\n\n\
         **Tests** 1: 1 passed\n\n\
         No differences are shown: nothing that was gated has been merged into `main` yet.\n\n\
         [All results](LINK)\n\n\
         Mergegate · run RUN"
    );
    stage.close(&id).await;
    stage.swept().await;
    assert_eq!(stage.leftovers().await, Vec::<String>::new());
    assert!(
        !copy
            .git(&["ls-remote", "--heads", "origin"])
            .contains("mergegate/")
    );
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_that_is_not_gated_is_told_so_once_and_nothing_is_built() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("develop", "main", &[("note", "x\n")]);
    stage.copy.push("change", "develop", &[("value", "5\n")]);
    let id = stage.open_as("ann", "change", "develop", "Elsewhere").await;
    assert_eq!(words(&stage, &id).await, NOT_GATED);
    stage.swept().await;
    assert_eq!(stage.executions(None).await.len(), 1);
    assert!(stage.builds().await.is_empty());
    assert!(!stage.approved(&id).await);
    stage.close(&id).await;
    stage.swept().await;
    assert_eq!(stage.leftovers().await, Vec::<String>::new());
    stage.strike().await;
}

const NOT_GATED: &str = "\
### ⚪ Mergegate: this destination branch is not gated

`change` COMMIT → `develop` COMMIT, nothing was built

This gate looks after `main`. Nothing was built and nothing will be.

Mergegate · run RUN";

//! Two repositories in one deployment: nothing of one reaches the other, though both hold the same files and branches.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use gate_core::{
    id::{BranchName, RepositoryName},
    names::objects,
};
use mergegate_tests::{Stage, THE_GATE, WorkingCopy, green_files};
use serde_json::json;

const APPROVED: &str = "### ✅ Mergegate: approved";
const RED: &str = "### ❌ Mergegate: not approved";
const HELD: &str = "### ⏸ Mergegate: on hold";

/// A second repository, and Ann's clone of it.
struct Other {
    copy: WorkingCopy,
    _directory: tempfile::TempDir,
}

impl Other {
    /// `other` with the very same content.
    async fn beside(stage: &Stage) -> Self {
        let client = stage.code_commit("ann");
        let create = client.create_repository().repository_name("other");
        create.send().await.unwrap();
        let associate = client.associate_approval_rule_template_with_repository();
        associate
            .approval_rule_template_name("gate")
            .repository_name("other")
            .send()
            .await
            .unwrap();
        let directory = tempfile::tempdir().unwrap();
        let url = format!("{}/v1/repos/other", stage.url());
        let copy = WorkingCopy::clone(&url, directory.path().join("copy"));
        copy.push("main", "", &green_files());
        Self {
            copy,
            _directory: directory,
        }
    }
}

/// The same pull request in both repositories: their ids, that of `demo` first.
async fn opened(stage: &Stage, other: &Other, value: &str) -> (String, String) {
    stage.copy.push("change", "main", &[("value", value)]);
    other.copy.push("change", "main", &[("value", value)]);
    let (here, there) = tokio::join!(
        stage.open("change", "The same"),
        stage.open_in("other", "change", "The same")
    );
    (here, there)
}

fn project(id: &str) -> String {
    format!("mergegate-pr-{id}")
}

#[tokio::test(flavor = "multi_thread")]
async fn pull_requests_of_both_get_what_is_their_own_and_a_close_takes_nothing_of_the_other() {
    let stage = Stage::set(&green_files()).await;
    let other = Other::beside(&stage).await;
    let (here, there) = opened(&stage, &other, "5\n").await;
    for id in [&here, &there] {
        assert!(stage.verdict(id).await.starts_with(APPROVED));
        assert!(stage.approved(id).await);
    }
    stage.quiet().await;
    let builds = stage.builds().await;
    assert_eq!(
        builds.len(),
        2,
        "nothing that was tested in one counts in the other"
    );
    for (id, repository) in [(&here, "demo"), (&there, "other")] {
        let own = builds
            .iter()
            .find(|build| build.project_name() == Some(&project(id)));
        let source = own.unwrap().source().unwrap().location().unwrap();
        assert!(
            source.ends_with(&format!("/v1/repos/{repository}")),
            "{source}"
        );
    }
    let before = stage.verdict(&there).await;
    stage.close(&here).await;
    stage.quiet().await;
    stage.swept().await;
    let left = stage.leftovers().await;
    assert!(left.contains(&project(&there)), "{left:?}");
    assert!(
        !left.iter().any(|left| left.contains(&project(&here))),
        "{left:?}"
    );
    assert_eq!(stage.verdict(&there).await, before);
    assert!(stage.approved(&there).await);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_and_a_gate_toml_count_where_they_are() {
    let stage = Stage::set(&green_files()).await;
    let other = Other::beside(&stage).await;
    let rules = "[commands.hold]\nallow = [\"arn:aws:iam::*:user/bob\"]\n\
                 [[check]]\nname = \"of-the-other\"\nbuildspec = \"buildspec.yml\"\n";
    other.copy.push("main", "", &[("gate.toml", rules)]);
    let (here, there) = opened(&stage, &other, "5\n").await;
    assert!(stage.verdict(&here).await.contains("- ✅ **build** passed"));
    assert!(
        stage
            .verdict(&there)
            .await
            .contains("- ✅ **of-the-other** passed")
    );
    stage.quiet().await;
    let before = stage.verdict(&there).await;
    stage.ask(&here, "/gate hold").await;
    stage.verdict_like(&here, HELD).await;
    stage.quiet().await;
    assert_eq!(stage.verdict(&there).await, before);
    assert!(stage.approved(&there).await);
    assert!(!stage.approved(&here).await);
    stage.swept().await;
    assert!(stage.approved(&there).await);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn results_of_one_are_no_baseline_of_the_other_though_the_content_is_the_same() {
    let stage = Stage::set(&green_files()).await;
    let other = Other::beside(&stage).await;
    let (here, there) = opened(&stage, &other, "5\n").await;
    stage.verdict(&here).await;
    stage.verdict(&there).await;
    stage.merge(&here).await;
    stage.close(&there).await;
    stage.cleaned().await;
    stage.quiet().await;
    let main = BranchName::new("main");
    let known = async |repository: &str| {
        let key = objects::baseline(&RepositoryName::new(repository), &main);
        stage.clients().objects.get(&key).await.unwrap().is_some()
    };
    assert!(known("demo").await);
    assert!(!known("other").await);
    let clients = stage.clients();
    let durations = |repository: &str| clients.names().durations(&RepositoryName::new(repository));
    let store = stage.parameter_store();
    for repository in ["demo", "other"] {
        let kept = store.get_parameter().name(durations(repository));
        assert!(kept.send().await.is_ok(), "{repository} has its own");
    }
    other.copy.push("second", "main", &[("value", "11\n")]);
    let second = stage.open_in("other", "second", "Second").await;
    let said = stage.verdict(&second).await;
    assert!(said.starts_with(RED), "{said}");
    let none = "No differences are shown: nothing that was gated has been merged into `main` yet.";
    assert!(said.contains(none), "{said}");
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_of_one_main_tests_nothing_of_the_other_again() {
    let stage = Stage::set(&green_files()).await;
    let other = Other::beside(&stage).await;
    let rules = "[merge]\nwhen_destination_moves = \"retest\"\n[[check]]\nname = \"build\"\n";
    stage.copy.push("main", "", &[("gate.toml", rules)]);
    other.copy.push("main", "", &[("gate.toml", rules)]);
    let (here, there) = opened(&stage, &other, "5\n").await;
    stage.verdict_like(&here, APPROVED).await;
    stage.verdict_like(&there, APPROVED).await;
    stage.quiet().await;
    let before = stage.verdict(&there).await;
    stage.copy.push("main", "", &[("limit", "4\n")]);
    stage.verdict_like(&here, RED).await;
    stage.quiet().await;
    assert_eq!(stage.verdict(&there).await, before);
    assert!(stage.approved(&there).await);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_settings_of_one_keep_the_sweep_from_nothing_of_the_other() {
    let stage = Stage::set(&green_files()).await;
    let other = Other::beside(&stage).await;
    let (here, there) = opened(&stage, &other, "5\n").await;
    stage.verdict(&here).await;
    stage.verdict(&there).await;
    stage.quiet().await;
    let settings = stage
        .clients()
        .names()
        .settings(&RepositoryName::new("demo"));
    let put = stage.parameter_store().put_parameter().name(settings);
    let put = put.value("no settings").overwrite(true);
    put.r#type("String".into()).send().await.unwrap();
    let revision = stage.revision(&there).await;
    let gate = stage.code_commit(THE_GATE);
    let revoke = gate.update_pull_request_approval_state();
    let revoke = revoke.pull_request_id(&there).revision_id(revision);
    revoke.approval_state("REVOKE".into()).send().await.unwrap();
    assert!(!stage.approved(&there).await);
    stage.swept().await;
    assert!(stage.approved(&there).await, "the sweep has mended it");
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_that_the_deployment_does_not_serve_is_ignored_with_a_reason() {
    let stage = Stage::set(&green_files()).await;
    let event = json!({
        "source": "aws.codecommit",
        "detail-type": "CodeCommit Repository State Change",
        "detail": {
            "event": "referenceUpdated",
            "repositoryName": "foreign",
            "referenceType": "branch",
            "referenceFullName": "refs/heads/main",
            "commitId": "a".repeat(40),
            "oldCommitId": "b".repeat(40),
        }
    });
    let answer = stage.tell_router(&event).await.unwrap();
    assert_eq!(
        answer,
        json!({ "ignored": "this gate does not serve `foreign`" })
    );
    stage.strike().await;
}

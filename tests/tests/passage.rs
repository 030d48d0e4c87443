//! What is said of a branch that moves: by the merge of an approved pull request, or past the gate.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use gate_core::{
    host::CodeHost,
    id::{BranchName, CommitId, RepositoryName},
};
use mergegate_tests::{Stage, Trouble, green_files, play_all};
use serde_json::{Value, json};

async fn tip(stage: &Stage) -> CommitId {
    let (repository, main) = (RepositoryName::new("demo"), BranchName::new("main"));
    let tip = stage.clients().host.branch_tip(&repository, &main).await;
    tip.unwrap().unwrap()
}

/// Tells the router once more that `main` moved from there to its tip; whether it counts that as past the gate.
async fn past_the_gate(stage: &Stage, from: &CommitId) -> Value {
    tell_of_move(stage, "other", from).await["past_the_gate"].clone()
}

async fn tell_of_move(stage: &Stage, id: &str, from: &CommitId) -> Value {
    let event = json!({
        "id": id,
        "source": "aws.codecommit",
        "detail-type": "CodeCommit Repository State Change",
        "detail": {
            "event": "referenceUpdated",
            "repositoryName": "demo",
            "referenceType": "branch",
            "referenceFullName": "refs/heads/main",
            "commitId": tip(stage).await,
            "oldCommitId": from,
            "callerUserArn": "arn:aws:iam::000000000000:user/bob",
        }
    });
    stage.tell_router(&event).await.unwrap()
}

async fn opened(value: &str) -> (Stage, String) {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("change", "main", &[("value", value)]);
    let id = stage.open("change", "Change").await;
    stage.verdict(&id).await;
    stage.quiet().await;
    (stage, id)
}

#[test]
fn the_merge_of_an_approved_pull_request_is_none_past_the_gate_in_whatever_way_it_is_made() {
    play_all(
        vec!["fast-forward", "squash", "three-way"],
        async |way: &&str| {
            let (stage, id) = opened("5\n").await;
            let from = tip(&stage).await;
            let client = stage.code_commit("bob");
            match *way {
                "fast-forward" => {
                    let merge = client.merge_pull_request_by_fast_forward();
                    merge
                        .pull_request_id(&id)
                        .repository_name("demo")
                        .send()
                        .await
                        .map(drop)
                        .unwrap();
                }
                "squash" => {
                    let merge = client.merge_pull_request_by_squash();
                    merge
                        .pull_request_id(&id)
                        .repository_name("demo")
                        .send()
                        .await
                        .map(drop)
                        .unwrap();
                }
                _ => stage.merge(&id).await,
            }
            assert_ne!(tip(&stage).await, from);
            assert_eq!(past_the_gate(&stage, &from).await, json!(false), "{way}");
            stage.cleaned().await;
            stage.quiet().await;
            assert_eq!(
                past_the_gate(&stage, &from).await,
                json!(false),
                "{way}, told late"
            );
            stage.strike().await;
        },
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_straight_to_main_goes_past_the_gate_and_the_next_comment_says_so() {
    let (stage, id) = opened("5\n").await;
    stage.merge(&id).await;
    stage.cleaned().await;
    let from = tip(&stage).await;
    stage.copy.git(&["fetch", "--quiet", "origin"]);
    stage
        .copy
        .git(&["checkout", "--quiet", "-B", "main", "origin/main"]);
    stage.copy.push("main", "", &[("note", "in a hurry\n")]);
    stage.quiet().await;
    assert_eq!(past_the_gate(&stage, &from).await, json!(true));
    stage.copy.push("next", "main", &[("value", "6\n")]);
    let id = stage.open("next", "Next").await;
    let said = stage.verdict(&id).await;
    assert!(
        said.contains("; it has moved since, past the gate."),
        "{said}"
    );
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_past_the_gate_that_is_told_of_twice_is_counted_once() {
    let stage = Stage::set(&green_files()).await;
    let from = tip(&stage).await;
    stage.copy.push("main", "", &[("note", "in a hurry\n")]);
    stage.quiet().await;
    for (id, told) in [("1a", true), ("1a", false), ("2b", true), ("1a", false)] {
        let answer = tell_of_move(&stage, id, &from).await;
        assert_eq!(answer["past_the_gate"], json!(true), "{id}");
        assert_eq!(answer["told"], json!(told), "{id}");
    }
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_that_merges_a_red_pull_request_goes_past_the_gate() {
    let (stage, id) = opened("11\n").await;
    let from = tip(&stage).await;
    // What the gate knows of it goes with its environment.
    let trouble = Trouble::begin(&stage, "AccessDeniedException", |call| {
        call.operation == "DeleteParameters"
    });
    stage
        .copy
        .git(&["push", "--quiet", "origin", "change:main"]);
    assert_eq!(past_the_gate(&stage, &from).await, json!(true));
    assert!(!stage.is_open(&id).await, "CodeCommit calls it merged");
    trouble.end();
    stage.swept().await;
    assert_eq!(stage.leftovers().await, Vec::<String>::new());
    let late = past_the_gate(&stage, &from).await;
    assert_eq!(late, json!(false), "it cannot be told any more");
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_under_an_override_is_the_overrides_business() {
    let (stage, id) = opened("11\n").await;
    let from = tip(&stage).await;
    let revision = stage.revision(&id).await;
    let client = stage.code_commit("bob");
    let overriding = client.override_pull_request_approval_rules();
    let overriding = overriding.pull_request_id(&id).revision_id(revision);
    overriding
        .override_status(aws_sdk_codecommit::types::OverrideStatus::Override)
        .send()
        .await
        .unwrap();
    stage.quiet().await;
    stage.merge(&id).await;
    assert_eq!(past_the_gate(&stage, &from).await, json!(false));
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_that_is_not_gated_has_no_gate_to_go_past() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("topic", "main", &[("value", "5\n")]);
    let event = json!({
        "source": "aws.codecommit",
        "detail-type": "CodeCommit Repository State Change",
        "detail": {
            "event": "referenceUpdated",
            "repositoryName": "demo",
            "referenceType": "branch",
            "referenceFullName": "refs/heads/topic",
            "commitId": "a".repeat(40),
            "oldCommitId": "b".repeat(40),
        }
    });
    let answer = stage.tell_router(&event).await.unwrap();
    assert_eq!(answer, json!({ "ignored": "`topic` is not gated" }));
    stage.strike().await;
}

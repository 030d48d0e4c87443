//! What pushes and deletions do to open pull requests, under the switches for what nobody could confirm.

use serde_json::json;

use super::{Desk, opening};
use crate::{
    Assumptions, Caller, CloseEvents,
    services::codecommit::{ReferenceChange, references_moved},
};

const ROOT: &str = "arn:aws:iam::000000000000:user/";

/// Moves a branch to a commit, whatever it was at, as a forced push does.
async fn force(desk: &Desk, branch: &str, commit: &str) {
    let _moving = desk.account.references.lock().await;
    let full_name = format!("refs/heads/{branch}");
    let old = desk.account.git.resolve("demo", &full_name).await.unwrap();
    let git = &desk.account.git;
    git.set_reference("demo", &full_name, Some(commit), old.as_deref())
        .await
        .unwrap();
    let change = ReferenceChange {
        full_name,
        old,
        new: Some(commit.to_owned()),
    };
    let caller = Caller {
        arn: format!("{ROOT}git"),
    };
    references_moved(&desk.account, &caller, "demo", &[change])
        .await
        .unwrap();
}

#[tokio::test]
async fn a_deleted_source_branch_closes_the_pull_request() {
    let desk = Desk::new().await;
    let id = desk.open("feature").await;
    desk.delete_branch("feature").await;
    assert_eq!(desk.get(&id).await["pullRequestStatus"], "CLOSED");
    assert_eq!(
        desk.target(&id).await["mergeMetadata"],
        json!({ "isMerged": false })
    );
    let details = desk.details();
    let closed = details
        .iter()
        .find(|detail| detail["event"] == "pullRequestStatusChanged")
        .unwrap();
    assert_eq!(closed["pullRequestStatus"], "Closed");
    assert_eq!(closed["isMerged"], "False");
    desk.branch("feature").await;
    assert_eq!(desk.events(), [""; 0]);
}

#[tokio::test]
async fn a_deleted_destination_branch_closes_the_pull_request() {
    let desk = Desk::new().await;
    desk.branch("release").await;
    let mut input = opening("feature");
    input["targets"][0]["destinationReference"] = json!("release");
    let answer = desk.ok("ann", "CreatePullRequest", input).await;
    let id = answer["pullRequest"]["pullRequestId"].as_str().unwrap();
    desk.delete_branch("release").await;
    assert_eq!(desk.get(id).await["pullRequestStatus"], "CLOSED");
    assert_eq!(
        desk.events(),
        ["pullRequestCreated", "pullRequestStatusChanged"]
    );
}

#[tokio::test]
async fn a_push_that_contains_the_source_closes_as_merged() {
    for (close_events, expected) in [
        (CloseEvents::One, vec!["pullRequestMergeStatusUpdated"]),
        (
            CloseEvents::Two,
            vec!["pullRequestMergeStatusUpdated", "pullRequestStatusChanged"],
        ),
    ] {
        let assumptions = Assumptions {
            close_events,
            ..Assumptions::default()
        };
        let desk = Desk::assuming(assumptions).await;
        let id = desk.open("feature").await;
        desk.events();
        let source = desk.tip("feature").await;
        force(&desk, "main", &source).await;
        assert_eq!(desk.events(), expected);
        assert_eq!(desk.get(&id).await["pullRequestStatus"], "CLOSED");
        assert_eq!(
            desk.target(&id).await["mergeMetadata"],
            json!({ "isMerged": true, "mergedBy": format!("{ROOT}git"),
                "mergeCommitId": source, "mergeOption": "FAST_FORWARD_MERGE" })
        );
    }
}

#[tokio::test]
async fn of_many_pull_requests_a_push_closes_those_whose_sources_it_contains() {
    let desk = Desk::new().await;
    let mut ids = Vec::new();
    for branch in ["below", "inside", "tip", "beside"] {
        if branch == "beside" || branch == "below" {
            desk.branch(branch).await;
        } else {
            let onto = desk.tip(if branch == "inside" {
                "below"
            } else {
                "inside"
            });
            let input =
                json!({ "repositoryName": "demo", "branchName": branch, "commitId": onto.await });
            desk.ok("ann", "CreateBranch", input).await;
        }
        desk.push(branch, branch, "new\n").await;
        ids.push(desk.open(branch).await);
    }
    let inside = desk.tip("inside").await;
    force(&desk, "main", &inside).await;
    let mut states = Vec::new();
    for id in &ids {
        states.push(desk.get(id).await["pullRequestStatus"].clone());
    }
    assert_eq!(states, ["CLOSED", "CLOSED", "OPEN", "OPEN"]);
}

#[tokio::test]
async fn a_forced_push_renews_the_revision_and_names_both_tips() {
    let desk = Desk::new().await;
    let id = desk.open("feature").await;
    let first = desk.revision(&id).await;
    let main = desk.tip("main").await;
    desk.branch("other").await;
    let other = desk.push("other", "other", "x\n").await;
    desk.events();
    force(&desk, "feature", &other).await;
    assert_ne!(desk.revision(&id).await, first);
    let history = desk.history(&id).await;
    let moved = &history[1];
    assert_eq!(
        moved["pullRequestEventType"],
        "PULL_REQUEST_SOURCE_REFERENCE_UPDATED"
    );
    assert_eq!(
        moved["pullRequestSourceReferenceUpdatedEventMetadata"],
        json!({ "repositoryName": "demo", "beforeCommitId": main,
            "afterCommitId": other, "mergeBase": main })
    );
    assert_eq!(desk.events(), ["pullRequestSourceBranchUpdated"]);
}

#[tokio::test]
async fn a_second_report_of_the_same_move_changes_nothing() {
    let desk = Desk::new().await;
    let id = desk.open("feature").await;
    let before = desk.tip("feature").await;
    let after = desk.push("feature", "feature", "newer\n").await;
    let revision = desk.revision(&id).await;
    desk.events();
    let change = ReferenceChange {
        full_name: "refs/heads/feature".to_owned(),
        old: Some(before),
        new: Some(after),
    };
    let caller = Caller {
        arn: format!("{ROOT}git"),
    };
    references_moved(&desk.account, &caller, "demo", &[change])
        .await
        .unwrap();
    assert_eq!(desk.revision(&id).await, revision);
    assert_eq!(desk.events(), [""; 0]);
}

#[tokio::test]
async fn a_moved_destination_is_followed_as_assumed() {
    for (renews, follows) in [(false, false), (true, false), (false, true), (true, true)] {
        let assumptions = Assumptions {
            destination_move_renews_revision: renews,
            destination_commit_follows_branch: follows,
            ..Assumptions::default()
        };
        let desk = Desk::assuming(assumptions).await;
        let id = desk.open("feature").await;
        let opened = desk.tip("main").await;
        let revision = desk.revision(&id).await;
        desk.events();
        let moved = desk.push("main", "other", "x\n").await;
        let shown = if follows { &moved } else { &opened };
        assert_eq!(desk.target(&id).await["destinationCommit"], **shown);
        assert_eq!(desk.revision(&id).await != revision, renews);
        assert_eq!(desk.get(&id).await["pullRequestStatus"], "OPEN");
        assert_eq!(desk.events(), [""; 0]);
    }
}

#[tokio::test]
async fn the_first_reads_after_a_change_see_the_state_before_it() {
    let assumptions = Assumptions {
        stale_reads: 2,
        ..Assumptions::default()
    };
    let desk = Desk::assuming(assumptions).await;
    let id = desk.open("feature").await;
    let opened = desk.target(&id).await["sourceCommit"].take();
    let pushed = desk.push("feature", "feature", "newer\n").await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(desk.target(&id).await["sourceCommit"].take());
    }
    assert_eq!(seen, [opened.clone(), opened, json!(pushed)]);
}

#[tokio::test]
async fn a_push_that_a_crash_left_unreported_is_found_at_the_next_start() {
    let desk = Desk::new().await;
    let id = desk.open("feature").await;
    let revision = desk.revision(&id).await;
    desk.branch("other").await;
    let other = desk.push("other", "other", "x\n").await;
    desk.events();
    let old = desk.tip("feature").await;
    let git = &desk.account.git;
    git.set_reference("demo", "refs/heads/feature", Some(&other), Some(&old))
        .await
        .unwrap();
    assert_eq!(desk.revision(&id).await, revision);
    let desk = desk.restart().await;
    assert_ne!(desk.revision(&id).await, revision);
    assert_eq!(desk.target(&id).await["sourceCommit"], other);
    assert_eq!(desk.events(), ["pullRequestSourceBranchUpdated"]);
}

#[tokio::test]
async fn a_deleted_repository_takes_its_pull_requests_with_it() {
    let desk = Desk::new().await;
    let id = desk.open("feature").await;
    desk.ok(
        "ann",
        "DeleteRepository",
        json!({ "repositoryName": "demo" }),
    )
    .await;
    let input = json!({ "pullRequestId": id });
    let code = desk.refused("ann", "GetPullRequest", input).await;
    assert_eq!(code, "PullRequestDoesNotExistException");
}

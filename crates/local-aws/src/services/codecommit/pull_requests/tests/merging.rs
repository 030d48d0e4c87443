//! The three merges, what stops them, and what a crash leaves.

use serde_json::{Value, json};

use super::Desk;
use crate::{Assumptions, CloseEvents, store::Table};

fn merge(id: &str) -> Value {
    json!({ "pullRequestId": id, "repositoryName": "demo" })
}

async fn parents(desk: &Desk, commit: &str) -> Vec<Value> {
    let input = json!({ "repositoryName": "demo", "commitId": commit });
    let answer = desk.ok("ann", "GetCommit", input).await;
    answer["commit"]["parents"].as_array().unwrap().clone()
}

#[tokio::test]
async fn each_merge_closes_the_pull_request_and_makes_its_own_commit() {
    for (operation, option) in [
        ("MergePullRequestByFastForward", "FAST_FORWARD_MERGE"),
        ("MergePullRequestBySquash", "SQUASH_MERGE"),
        ("MergePullRequestByThreeWay", "THREE_WAY_MERGE"),
    ] {
        let desk = Desk::new().await;
        let id = desk.open("feature").await;
        let (main, source) = (desk.tip("main").await, desk.tip("feature").await);
        desk.events();

        let answer = desk.ok("ben", operation, merge(&id)).await;

        let tip = desk.tip("main").await;
        let pull_request = desk.get(&id).await;
        assert_eq!(answer["pullRequest"], pull_request);
        assert_eq!(pull_request["pullRequestStatus"], "CLOSED");
        let target = &pull_request["pullRequestTargets"][0];
        assert_eq!(
            target["mergeMetadata"],
            json!({ "isMerged": true, "mergedBy": "arn:aws:iam::000000000000:user/ben",
                "mergeCommitId": tip, "mergeOption": option })
        );
        assert_eq!(target["destinationCommit"], main);
        let expected = match option {
            "THREE_WAY_MERGE" => vec![json!(main), json!(source)],
            _ => vec![json!(main)],
        };
        assert_eq!(parents(&desk, &tip).await, expected);
        let details = desk.details();
        let merged = details
            .iter()
            .find(|detail| detail["event"] == "pullRequestMergeStatusUpdated")
            .unwrap();
        assert_eq!(merged["isMerged"], "True");
        assert_eq!(merged["pullRequestStatus"], "Closed");
        assert_eq!(merged["mergeOption"], option);
        assert!(
            details
                .iter()
                .all(|detail| detail["event"] != "pullRequestStatusChanged")
        );
        let again = desk.refused("ben", operation, merge(&id)).await;
        assert_eq!(again, "PullRequestAlreadyClosedException");
    }
}

#[tokio::test]
async fn a_merge_emits_two_events_where_that_is_assumed() {
    let assumptions = Assumptions {
        close_events: CloseEvents::Two,
        destination_commit_follows_branch: true,
        destination_move_renews_revision: true,
        ..Assumptions::default()
    };
    let desk = Desk::assuming(assumptions).await;
    let id = desk.open("feature").await;
    let revision = desk.revision(&id).await;
    desk.ok("ben", "MergePullRequestBySquash", merge(&id)).await;
    assert_eq!(
        desk.events(),
        [
            "pullRequestCreated",
            "pullRequestMergeStatusUpdated",
            "pullRequestStatusChanged"
        ]
    );
    assert_eq!(desk.revision(&id).await, revision);
}

#[tokio::test]
async fn refuses_merges_that_need_a_person() {
    let desk = Desk::new().await;
    let id = desk.open("feature").await;
    let seen = desk.tip("feature").await;
    desk.push("feature", "readme", "one\ntwo\nTHREE\n").await;
    desk.push("main", "readme", "ONE\ntwo\nthree\n").await;
    let mut stale = merge(&id);
    stale["sourceCommitId"] = json!(seen);
    let code = desk.refused("ben", "MergePullRequestBySquash", stale).await;
    assert_eq!(code, "TipOfSourceReferenceIsDifferentException");
    for operation in [
        "MergePullRequestByFastForward",
        "MergePullRequestBySquash",
        "MergePullRequestByThreeWay",
    ] {
        let code = desk.refused("ben", operation, merge(&id)).await;
        assert_eq!(code, "ManualMergeRequiredException", "{operation}");
    }
    let mut input = merge(&id);
    input["repositoryName"] = json!("nowhere");
    let code = desk.refused("ben", "MergePullRequestBySquash", input).await;
    assert_eq!(code, "RepositoryDoesNotExistException");
    assert_eq!(desk.get(&id).await["pullRequestStatus"], "OPEN");

    let mut by_line = merge(&id);
    by_line["conflictDetailLevel"] = json!("LINE_LEVEL");
    by_line["sourceCommitId"] = json!(desk.tip("feature").await);
    by_line["authorName"] = json!("Ben");
    by_line["email"] = json!("ben@example.com");
    by_line["commitMessage"] = json!("Both ends");
    desk.ok("ben", "MergePullRequestByThreeWay", by_line).await;
    let input = json!({ "repositoryName": "demo", "commitId": desk.tip("main").await });
    let commit = desk.ok("ben", "GetCommit", input).await["commit"].take();
    assert_eq!(commit["message"], "Both ends");
    assert_eq!(commit["author"]["email"], "ben@example.com");
}

#[tokio::test]
async fn a_merge_closes_the_other_pull_request_of_the_same_commit() {
    let desk = Desk::new().await;
    let id = desk.open("feature").await;
    let commit = desk.tip("feature").await;
    let input = json!({ "repositoryName": "demo", "branchName": "twin", "commitId": commit });
    desk.ok("ann", "CreateBranch", input).await;
    let twin = desk.open("twin").await;
    desk.ok("ben", "MergePullRequestByThreeWay", merge(&id))
        .await;
    let target = desk.target(&twin).await;
    assert_eq!(target["mergeMetadata"]["mergeOption"], "FAST_FORWARD_MERGE");
    assert_eq!(desk.get(&twin).await["pullRequestStatus"], "CLOSED");
}

#[tokio::test]
async fn of_two_merges_at_once_one_wins() {
    let desk = Desk::new().await;
    let id = desk.open("feature").await;
    let operation = "MergePullRequestByThreeWay";
    let (one, other) = tokio::join!(
        desk.call("ben", operation, merge(&id)),
        desk.call("carl", operation, merge(&id)),
    );
    let lost = [one, other]
        .into_iter()
        .filter_map(Result::err)
        .collect::<Vec<_>>();
    assert_eq!(lost, ["PullRequestAlreadyClosedException"]);
    assert_eq!(
        desk.events(),
        ["pullRequestCreated", "pullRequestMergeStatusUpdated"]
    );
}

#[tokio::test]
async fn a_squash_that_a_crash_left_unreported_is_finished_at_the_next_start() {
    let desk = Desk::new().await;
    let id = desk.open("feature").await;
    let (main, source) = (desk.tip("main").await, desk.tip("feature").await);
    let input = json!({ "repositoryName": "demo", "mergeOption": "SQUASH_MERGE",
        "sourceCommitSpecifier": source, "destinationCommitSpecifier": main });
    let answer = desk.ok("ben", "CreateUnreferencedMergeCommit", input).await;
    let squashed = answer["commitId"].as_str().unwrap();
    // The journal as it is between git's move of the branch and its report.
    let row = json!({
        "source_commit": source,
        "merged": { "by": "arn:aws:iam::000000000000:user/ben", "commit": squashed, "option": "SQUASH_MERGE" },
    });
    let begun = Table::new("pull-request-merges");
    let store = &desk.account.store;
    store
        .write(|transaction| transaction.put(&begun, &format!("{id:0>12}"), &row))
        .unwrap();
    let git = &desk.account.git;
    git.set_reference("demo", "refs/heads/main", Some(squashed), Some(&main))
        .await
        .unwrap();
    desk.events();
    let desk = desk.restart().await;
    let metadata = desk.target(&id).await["mergeMetadata"].take();
    assert_eq!(metadata["mergeOption"], "SQUASH_MERGE");
    assert_eq!(metadata["mergedBy"], "arn:aws:iam::000000000000:user/ben");
    assert_eq!(desk.get(&id).await["pullRequestStatus"], "CLOSED");
    assert_eq!(desk.events(), ["pullRequestMergeStatusUpdated"]);
}

use aws_sdk_codecommit::types::PullRequestStatusEnum;
use gate_core::{
    host::{BranchCreated, CommitDetails},
    id::TreeId,
    pull_request::{Merge, PullRequest, PullRequestStatus},
};
use serde_json::json;

use super::*;
use crate::testing;

#[tokio::test]
async fn a_pull_request_is_read_as_it_stands() {
    let rule = mock!(Client::get_pull_request)
        .match_requests(|request| request.pull_request_id() == Some("7"))
        .then_http_response(|| answer(&testing::pull_request("OPEN", "r1")));
    assert_eq!(
        codecommit(&[&rule]).pull_request(&id()).await,
        Ok(Some(PullRequest {
            id: id(),
            title: "Add login [skip-tests]".to_owned(),
            status: PullRequestStatus::Open,
            author: "arn:aws:iam::123456789012:user/ann".to_owned(),
            revision: RevisionId::new("r1"),
            repository: repository(),
            source: BranchName::new("login"),
            destination: BranchName::new("main"),
            source_commit: CommitId::new("3f2a91c"),
            destination_commit: CommitId::new("81c0d2e"),
            merge: None,
            has_approval_rules: true,
        }))
    );
}

#[tokio::test]
async fn a_merged_pull_request_tells_its_merge_commit() {
    let mut merged = testing::pull_request("CLOSED", "r1");
    merged["pullRequest"]["pullRequestTargets"][0]["mergeMetadata"] =
        json!({ "isMerged": true, "mergeCommitId": "a77e1b0" });
    let rule = mock!(Client::get_pull_request).then_http_response(move || answer(&merged));
    let live = codecommit(&[&rule]).pull_request(&id()).await.unwrap();
    let live = live.unwrap();
    assert!(!live.is_open());
    assert_eq!(
        live.merge,
        Some(Merge {
            commit: Some(CommitId::new("a77e1b0"))
        })
    );
}

#[tokio::test]
async fn a_pull_request_branch_or_file_that_does_not_exist_is_none() {
    let pull_request = mock!(Client::get_pull_request)
        .then_http_response(|| refusal(400, "PullRequestDoesNotExistException", "no"));
    let branch = mock!(Client::get_branch)
        .then_http_response(|| refusal(400, "BranchDoesNotExistException", "no"));
    let file = mock!(Client::get_file)
        .then_http_response(|| refusal(400, "FileDoesNotExistException", "no"));
    let host = codecommit(&[&pull_request, &branch, &file]);
    let commit = CommitId::new("81c0d2e");
    assert_eq!(host.pull_request(&id()).await, Ok(None));
    let tip = host
        .branch_tip(&repository(), &BranchName::new("gone"))
        .await;
    assert_eq!(tip, Ok(None));
    let read = host.file(&repository(), &commit, "buildspec.yml").await;
    assert_eq!(read, Ok(None));
}

#[tokio::test]
async fn a_file_that_is_too_large_to_be_handed_out_is_too_large_for_rules() {
    let file = mock!(Client::get_file)
        .then_http_response(|| refusal(400, "FileTooLargeException", "too large"));
    let host = codecommit(&[&file]);
    let commit = CommitId::new("81c0d2e");
    let read = host.file(&repository(), &commit, "gate.toml").await;
    let bytes = read.unwrap().unwrap();
    let faults = gate_core::rules::Rules::parse(&bytes).unwrap_err();
    assert_eq!(
        faults[0].message,
        "`gate.toml` has 6291457 bytes, more than 262144"
    );
}

#[tokio::test]
async fn refuses_to_take_a_missing_commit_for_a_missing_file() {
    let file = mock!(Client::get_file)
        .then_http_response(|| refusal(400, "CommitDoesNotExistException", "no such commit"));
    let host = codecommit(&[&file]);
    let commit = CommitId::new("81c0d2e");
    let read = host.file(&repository(), &commit, "buildspec.yml").await;
    assert_eq!(
        read.unwrap_err().to_string(),
        "CodeCommit refused GetFile: CommitDoesNotExistException: no such commit"
    );
}

#[tokio::test]
async fn refuses_an_answer_without_a_revision() {
    let mut broken = testing::pull_request("OPEN", "r1");
    broken["pullRequest"]["revisionId"] = json!(null);
    let rule = mock!(Client::get_pull_request).then_http_response(move || answer(&broken));
    let error = codecommit(&[&rule]).pull_request(&id()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "CodeCommit refused GetPullRequest: UnreadableAnswer: the answer has no `revisionId`"
    );
}

#[tokio::test]
async fn changed_files_are_all_pages_under_the_names_of_both_sides() {
    let pages = mock!(Client::get_differences)
        .sequence()
        .http_status(
            200,
            Some(
                json!({
                    "differences": [
                        { "changeType": "D", "beforeBlob": { "path": "old/name" } },
                        { "changeType": "A", "afterBlob": { "path": "new/name" } },
                    ],
                    "NextToken": "2",
                })
                .to_string(),
            ),
        )
        .http_status(
            200,
            Some(
                json!({ "differences": [
                    { "changeType": "M", "beforeBlob": { "path": "both" }, "afterBlob": { "path": "both" } },
                ]})
                .to_string(),
            ),
        )
        .build();
    let host = codecommit(&[&pages]);
    let changed = host
        .changed_files(&repository(), &CommitId::new("b"), &CommitId::new("a"))
        .await;
    assert_eq!(changed.unwrap(), ["both", "new/name", "old/name"]);
}

#[tokio::test]
async fn the_files_of_a_commit_are_what_differs_from_nothing_as_far_as_they_are_wanted() {
    let all = mock!(Client::get_differences)
        .match_requests(|request| request.before_commit_specifier().is_none())
        .then_http_response(|| {
            answer(&json!({ "differences": [
                { "changeType": "A", "afterBlob": { "path": "b" } },
                { "changeType": "A", "afterBlob": { "path": "a" } },
            ]}))
        });
    let host = codecommit(&[&all]);
    let commit = CommitId::new("c");
    let files = host.files(&repository(), &commit, 2).await;
    assert_eq!(files.unwrap().unwrap(), ["a", "b"]);
    let too_many = host.files(&repository(), &commit, 1).await;
    assert_eq!(too_many.unwrap(), None);
}

#[tokio::test]
async fn a_file_is_its_bytes_and_a_commit_its_tree_and_parents() {
    let file = mock!(Client::get_file).then_http_response(|| {
        answer(&json!({
            "commitId": "81c0d2e", "blobId": "b1", "filePath": "gate.toml", "fileMode": "NORMAL",
            "fileSize": 5, "fileContent": "aGVsbG8=",
        }))
    });
    let commit = mock!(Client::get_commit).then_http_response(|| {
        answer(&json!({ "commit": { "treeId": "7ree", "parents": ["p1", "p2"] } }))
    });
    let host = codecommit(&[&file, &commit]);
    let at = CommitId::new("81c0d2e");
    let bytes = host.file(&repository(), &at, "gate.toml").await;
    assert_eq!(bytes, Ok(Some(b"hello".to_vec())));
    assert_eq!(
        host.commit(&repository(), &at).await,
        Ok(CommitDetails {
            tree: TreeId::new("7ree"),
            parents: vec![CommitId::new("p1"), CommitId::new("p2")],
        })
    );
}

#[tokio::test]
async fn known_source_commits_are_the_first_and_every_push() {
    let rule = mock!(Client::describe_pull_request_events)
        .sequence()
        .http_status(
            200,
            Some(
                json!({ "nextToken": "2", "pullRequestEvents": [
                    { "pullRequestCreatedEventMetadata": { "sourceCommitId": "s1", "destinationCommitId": "d1" } },
                    { "approvalStateChangedEventMetadata": { "revisionId": "r1", "approvalStatus": "APPROVE" } },
                ]})
                .to_string(),
            ),
        )
        .http_status(
            200,
            Some(
                json!({ "pullRequestEvents": [
                    { "pullRequestSourceReferenceUpdatedEventMetadata": { "beforeCommitId": "d1", "afterCommitId": "s2" } },
                ]})
                .to_string(),
            ),
        )
        .build();
    let commits = codecommit(&[&rule]).known_source_commits(&id()).await;
    assert_eq!(commits, Ok(vec![CommitId::new("s1"), CommitId::new("s2")]));
}

#[tokio::test]
async fn preview_branches_are_found_among_all_pages_of_branches() {
    let rule = mock!(Client::list_branches)
        .sequence()
        .http_status(
            200,
            Some(json!({ "branches": ["main", "mergegate/pr-7/a"], "nextToken": "2" }).to_string()),
        )
        .http_status(
            200,
            Some(json!({ "branches": ["mergegate/pr-71/b", "mergegate/pr-7/c"] }).to_string()),
        )
        .build();
    let host = codecommit(&[&rule]);
    let branches = host.branches(&repository(), "mergegate/pr-7/").await;
    assert_eq!(
        branches,
        Ok(vec![
            BranchName::new("mergegate/pr-7/a"),
            BranchName::new("mergegate/pr-7/c")
        ])
    );
}

#[tokio::test]
async fn a_preview_branch_that_is_there_or_gone_already_is_an_outcome() {
    let create = mock!(Client::create_branch)
        .then_http_response(|| refusal(400, "BranchNameExistsException", "no"));
    let delete = mock!(Client::delete_branch)
        .then_http_response(|| refusal(400, "BranchDoesNotExistException", "no"));
    let host = codecommit(&[&create, &delete]);
    let branch = BranchName::new("mergegate/pr-7/a");
    let commit = CommitId::new("a77e1b0");
    let created = host.create_branch(&repository(), &branch, &commit).await;
    assert_eq!(created, Ok(BranchCreated::Exists));
    assert_eq!(host.delete_branch(&repository(), &branch).await, Ok(()));
}

#[tokio::test]
async fn pull_requests_are_listed_by_status_and_an_empty_repository_has_no_default_branch() {
    let open = mock!(Client::list_pull_requests)
        .match_requests(|request| {
            request.pull_request_status() == Some(&PullRequestStatusEnum::Open)
        })
        .then_http_response(|| answer(&json!({ "pullRequestIds": ["7", "9"] })));
    let closed = mock!(Client::list_pull_requests)
        .match_requests(|request| {
            request.pull_request_status() == Some(&PullRequestStatusEnum::Closed)
        })
        .then_http_response(|| answer(&json!({ "pullRequestIds": ["8"] })));
    let repository_of = mock!(Client::get_repository)
        .then_http_response(|| answer(&json!({ "repositoryMetadata": {} })));
    let host = codecommit(&[&open, &closed, &repository_of]);
    let ids = host.open_pull_requests(&repository()).await;
    assert_eq!(ids, Ok(vec![id(), PullRequestId::new("9")]));
    let ids = host.closed_pull_requests(&repository()).await;
    assert_eq!(ids, Ok(vec![PullRequestId::new("8")]));
    assert_eq!(host.default_branch(&repository()).await, Ok(None));
}

#[tokio::test]
async fn a_repository_that_somebody_deleted_has_nothing_in_it() {
    let gone = || refusal(400, "RepositoryDoesNotExistException", "no");
    let branches = mock!(Client::list_branches).then_http_response(gone);
    let open = mock!(Client::list_pull_requests).then_http_response(gone);
    let delete = mock!(Client::delete_branch).then_http_response(gone);
    let host = codecommit(&[&branches, &open, &delete]);
    assert_eq!(host.branches(&repository(), "").await, Ok(vec![]));
    assert_eq!(host.open_pull_requests(&repository()).await, Ok(vec![]));
    let branch = BranchName::new("mergegate/pr-7/a");
    assert_eq!(host.delete_branch(&repository(), &branch).await, Ok(()));
}

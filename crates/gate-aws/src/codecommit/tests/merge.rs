use aws_sdk_codecommit::types::{
    ConflictDetailLevelTypeEnum,
    MergeOptionTypeEnum::{FastForwardMerge, ThreeWayMerge},
};
use aws_smithy_mocks::Rule;
use gate_core::{host::MergeOutcome, id::TreeId};
use serde_json::{Value, json};

use super::*;

fn fast_forward(mergeable: bool) -> Rule {
    mock!(Client::get_merge_conflicts)
        .match_requests(|request| request.merge_option() == Some(&FastForwardMerge))
        .then_http_response(move || {
            let base = if mergeable { "81c0d2e" } else { "ba5e" };
            answer(&with_base(&json!(base), conflicts(mergeable, None, &[])))
        })
}

fn with_base(base: &Value, mut conflicts: Value) -> Value {
    conflicts["baseCommitId"] = base.clone();
    conflicts
}

fn conflicts(mergeable: bool, next: Option<&str>, files: &[&str]) -> Value {
    let list: Vec<Value> = files
        .iter()
        .map(|file| json!({ "filePath": file }))
        .collect();
    json!({
        "mergeable": mergeable,
        "destinationCommitId": "81c0d2e",
        "sourceCommitId": "3f2a91c",
        "conflictMetadataList": list,
        "nextToken": next,
    })
}

async fn preview(rules: &[&Rule]) -> MergeOutcome {
    let (source, destination) = (CommitId::new("3f2a91c"), CommitId::new("81c0d2e"));
    codecommit(rules)
        .preview_merge(&repository(), &source, &destination)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_source_that_contains_the_destination_is_its_own_preview() {
    assert_eq!(
        preview(&[&fast_forward(true)]).await,
        MergeOutcome::FastForward
    );
}

#[tokio::test]
async fn a_fast_forward_is_none_unless_its_base_is_the_destinations_tip() {
    for base in [json!("ba5e"), Value::Null] {
        let claimed = mock!(Client::get_merge_conflicts)
            .match_requests(|request| request.merge_option() == Some(&FastForwardMerge))
            .then_http_response(move || answer(&with_base(&base, conflicts(true, None, &[]))));
        let mergeable = mock!(Client::get_merge_conflicts)
            .match_requests(|request| request.merge_option() == Some(&ThreeWayMerge))
            .then_http_response(|| answer(&conflicts(true, None, &[])));
        let create = mock!(Client::create_unreferenced_merge_commit)
            .then_http_response(|| answer(&json!({ "commitId": "a77e1b0", "treeId": "7ree" })));
        assert_eq!(
            preview(&[&claimed, &mergeable, &create]).await,
            MergeOutcome::Merged {
                commit: CommitId::new("a77e1b0"),
                tree: TreeId::new("7ree"),
            }
        );
    }
}

#[tokio::test]
async fn branches_that_went_apart_are_merged_line_by_line() {
    let mergeable = mock!(Client::get_merge_conflicts)
        .match_requests(|request| {
            request.merge_option() == Some(&ThreeWayMerge)
                && request
                    .conflict_detail_level()
                    .map(ConflictDetailLevelTypeEnum::as_str)
                    == Some("LINE_LEVEL")
        })
        .then_http_response(|| answer(&conflicts(true, None, &[])));
    let create = mock!(Client::create_unreferenced_merge_commit)
        .match_requests(|request| {
            request.source_commit_specifier() == Some("3f2a91c")
                && request.destination_commit_specifier() == Some("81c0d2e")
                && request.merge_option() == Some(&ThreeWayMerge)
                && request
                    .conflict_detail_level()
                    .map(ConflictDetailLevelTypeEnum::as_str)
                    == Some("LINE_LEVEL")
                && request.author_name() == Some("Mergegate")
        })
        .then_http_response(|| answer(&json!({ "commitId": "a77e1b0", "treeId": "7ree" })));
    assert_eq!(
        preview(&[&fast_forward(false), &mergeable, &create]).await,
        MergeOutcome::Merged {
            commit: CommitId::new("a77e1b0"),
            tree: TreeId::new("7ree"),
        }
    );
}

#[tokio::test]
async fn conflicting_files_of_all_pages_are_named_in_order() {
    let pages = mock!(Client::get_merge_conflicts)
        .match_requests(|request| request.merge_option() == Some(&ThreeWayMerge))
        .sequence()
        .http_status(
            200,
            Some(conflicts(false, Some("2"), &["web/b.ts"]).to_string()),
        )
        .http_status(200, Some(conflicts(false, None, &["a.rs"]).to_string()))
        .build();
    assert_eq!(
        preview(&[&fast_forward(false), &pages]).await,
        MergeOutcome::Conflict {
            files: vec!["a.rs".to_owned(), "web/b.ts".to_owned()],
        }
    );
}

#[tokio::test]
async fn a_merge_to_be_done_by_hand_is_a_conflict() {
    let mergeable = mock!(Client::get_merge_conflicts)
        .match_requests(|request| request.merge_option() == Some(&ThreeWayMerge))
        .then_http_response(|| answer(&conflicts(true, None, &[])));
    let create = mock!(Client::create_unreferenced_merge_commit)
        .then_http_response(|| refusal(400, "ManualMergeRequiredException", "by hand"));
    assert_eq!(
        preview(&[&fast_forward(false), &mergeable, &create]).await,
        MergeOutcome::Conflict { files: Vec::new() }
    );
}

#[tokio::test]
async fn a_merge_that_is_too_much_for_codecommit_comes_with_its_reason() {
    let table = [
        (
            "TipsDivergenceExceededException",
            "the branches are too far apart for CodeCommit to merge: no",
        ),
        (
            "MaximumFileContentToLoadExceededException",
            "the changed files are too large for CodeCommit to merge: no",
        ),
        (
            "MaximumItemsToCompareExceededException",
            "too many files differ for CodeCommit to merge: no",
        ),
    ];
    for (code, reason) in table {
        let outcome = MergeOutcome::NotComputable {
            reason: reason.to_owned(),
        };
        let compare =
            mock!(Client::get_merge_conflicts).then_http_response(move || refusal(400, code, "no"));
        assert_eq!(preview(&[&compare]).await, outcome, "{code}");

        let mergeable = mock!(Client::get_merge_conflicts)
            .match_requests(|request| request.merge_option() == Some(&ThreeWayMerge))
            .then_http_response(|| answer(&conflicts(true, None, &[])));
        let create = mock!(Client::create_unreferenced_merge_commit)
            .then_http_response(move || refusal(400, code, "no"));
        let rules = [&fast_forward(false), &mergeable, &create];
        assert_eq!(preview(&rules).await, outcome, "{code} while creating");
    }
}

#[tokio::test]
async fn fails_for_a_while_when_a_branch_moves_under_the_merge() {
    let moved = mock!(Client::get_merge_conflicts)
        .then_http_response(|| refusal(400, "ConcurrentReferenceUpdateException", "moved"));
    let commit = CommitId::new("3f2a91c");
    let host = codecommit(&[&moved]);
    let error = host.preview_merge(&repository(), &commit, &commit).await;
    assert!(error.unwrap_err().is_transient());
}

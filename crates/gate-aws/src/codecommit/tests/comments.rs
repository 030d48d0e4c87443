use gate_core::{
    host::{Comment, Edited, NewComment, Posted},
    id::CommentId,
};
use serde_json::json;

use super::*;

async fn post(host: &super::super::CodeCommit) -> Posted {
    let comment = NewComment {
        pull_request: &id(),
        repository: &repository(),
        before: &CommitId::new("81c0d2e"),
        after: &CommitId::new("3f2a91c"),
        content: "✅ approved",
        token: "t1",
    };
    host.post_comment(comment).await.unwrap()
}

#[tokio::test]
async fn a_comment_shows_the_destination_before_and_the_source_after() {
    let rule = mock!(Client::post_comment_for_pull_request)
        .match_requests(|request| {
            request.before_commit_id() == Some("81c0d2e")
                && request.after_commit_id() == Some("3f2a91c")
                && request.client_request_token() == Some("t1")
        })
        .then_http_response(|| {
            answer(&json!({ "comment": {
                "commentId": "c1",
                "content": "✅ approved",
                "authorArn": "arn:reporter",
                "clientRequestToken": "t1",
                "creationDate": 1_795_168_800.25,
                "lastModifiedDate": 1_795_168_801,
                "inReplyTo": "c0",
            }}))
        });
    let posted = post(&codecommit(&[&rule])).await;
    assert_eq!(
        posted,
        Posted::Comment(Comment {
            id: CommentId::new("c1"),
            author: "arn:reporter".to_owned(),
            token: Some("t1".to_owned()),
            content: "✅ approved".to_owned(),
            deleted: false,
            created: "2026-11-20T10:00:00.250Z".to_owned(),
            edited: true,
            after: None,
            in_reply_to: Some(CommentId::new("c0")),
        })
    );
}

#[tokio::test]
async fn a_comment_that_cannot_stand_there_is_an_outcome() {
    let table = [
        ("IdempotencyParameterMismatchException", Posted::TokenUsed),
        (
            "BeforeCommitIdAndAfterCommitIdAreSameException",
            Posted::SameCommit,
        ),
        ("PullRequestDoesNotExistException", Posted::NoPullRequest),
    ];
    for (code, outcome) in table {
        let rule = mock!(Client::post_comment_for_pull_request)
            .then_http_response(move || refusal(400, code, "no"));
        assert_eq!(post(&codecommit(&[&rule])).await, outcome, "{code}");
    }
}

#[tokio::test]
async fn a_reply_sent_twice_with_other_words_finds_the_first() {
    let rule = mock!(Client::post_comment_reply)
        .match_requests(|request| request.in_reply_to() == Some("c1"))
        .then_http_response(|| refusal(400, "IdempotencyParameterMismatchException", "no"));
    let host = codecommit(&[&rule]);
    let posted = host.reply(&CommentId::new("c1"), "again", "t2").await;
    assert_eq!(posted, Ok(Posted::TokenUsed));
}

#[tokio::test]
async fn a_comment_that_is_gone_or_anothers_is_not_edited() {
    for code in [
        "CommentDeletedException",
        "CommentDoesNotExistException",
        "CommentNotCreatedByCallerException",
    ] {
        let rule =
            mock!(Client::update_comment).then_http_response(move || refusal(400, code, "no"));
        let host = codecommit(&[&rule]);
        let edited = host.edit_comment(&CommentId::new("c1"), "words").await;
        assert_eq!(edited, Ok(Edited::NotPossible), "{code}");
    }
}

#[tokio::test]
async fn refuses_a_comment_that_is_too_long_with_codecommits_words() {
    let rule = mock!(Client::update_comment)
        .then_http_response(|| refusal(400, "CommentContentSizeLimitExceededException", "10,240"));
    let host = codecommit(&[&rule]);
    let error = host.edit_comment(&CommentId::new("c1"), "words").await;
    assert_eq!(error.unwrap_err().word(), "Refused");
}

#[tokio::test]
async fn comments_and_replies_of_all_pages_come_oldest_first() {
    let page = |next: Option<&str>, comments: serde_json::Value| {
        json!({
            "nextToken": next,
            "commentsForPullRequestData": [{ "comments": comments }],
        })
        .to_string()
    };
    let rule = mock!(Client::get_comments_for_pull_request)
        .sequence()
        .http_status(
            200,
            Some(page(
                Some("2"),
                json!([
                    { "commentId": "first", "creationDate": 100.0, "content": "/gate retry" },
                    { "commentId": "third", "creationDate": 300.5, "inReplyTo": "first" },
                ]),
            )),
        )
        .http_status(
            200,
            Some(page(
                None,
                json!([{ "commentId": "second", "creationDate": 200.0, "deleted": true }]),
            )),
        )
        .build();
    let comments = codecommit(&[&rule]).comments(&id()).await.unwrap();
    let seen: Vec<(&str, bool)> = comments
        .iter()
        .map(|comment| (comment.id.as_str(), comment.deleted))
        .collect();
    assert_eq!(seen, [("first", false), ("second", true), ("third", false)]);
}

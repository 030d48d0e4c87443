//! Comments: their limit, their authors, their tokens, their order.

use serde_json::{Value, json};

use super::Desk;

const POST: &str = "PostCommentForPullRequest";

async fn posting(desk: &Desk, id: &str, content: &str) -> Value {
    let target = desk.target(id).await;
    json!({
        "pullRequestId": id,
        "repositoryName": "demo",
        "beforeCommitId": target["destinationCommit"],
        "afterCommitId": target["sourceCommit"],
        "content": content,
    })
}

#[tokio::test]
async fn a_comment_holds_ten_thousand_characters_whatever_their_bytes() {
    let desk = Desk::new().await;
    let id = desk.open("feature").await;
    let crabs = "\u{1F980}".repeat(10_240);
    let answer = desk
        .ok("ben", POST, posting(&desk, &id, &crabs).await)
        .await;
    assert_eq!(answer["comment"]["content"], crabs);
    let more = posting(&desk, &id, &format!("{crabs}!")).await;
    let code = desk.refused("ben", POST, more).await;
    assert_eq!(code, "CommentContentSizeLimitExceededException");
    let empty = posting(&desk, &id, "").await;
    let code = desk.refused("ben", POST, empty).await;
    assert_eq!(code, "CommentContentRequiredException");
}

#[tokio::test]
async fn refuses_a_comment_between_commits_that_cannot_be_compared() {
    let desk = Desk::new().await;
    let id = desk.open("feature").await;
    let good = posting(&desk, &id, "text").await;
    let (before, unknown) = (good["beforeCommitId"].clone(), json!("0".repeat(40)));
    for (member, value, code) in [
        (
            "afterCommitId",
            before,
            "BeforeCommitIdAndAfterCommitIdAreSameException",
        ),
        ("afterCommitId", unknown, "CommitDoesNotExistException"),
        ("afterCommitId", json!("abc"), "InvalidCommitIdException"),
        ("beforeCommitId", Value::Null, "CommitIdRequiredException"),
        (
            "repositoryName",
            json!("none"),
            "RepositoryDoesNotExistException",
        ),
        (
            "pullRequestId",
            json!("9"),
            "PullRequestDoesNotExistException",
        ),
        (
            "location",
            json!({ "filePath": "none" }),
            "PathDoesNotExistException",
        ),
        (
            "location",
            json!({ "filePath": "../x" }),
            "InvalidPathException",
        ),
        (
            "location",
            json!({ "filePath": "feature", "filePosition": 2, "relativeFileVersion": "AFTER" }),
            "InvalidFilePositionException",
        ),
        (
            "location",
            json!({ "filePath": "feature", "filePosition": 1, "relativeFileVersion": "BEFORE" }),
            "PathDoesNotExistException",
        ),
        (
            "location",
            json!(["feature", 1, "AFTER"]),
            "SerializationException",
        ),
        (
            "clientRequestToken",
            json!(""),
            "InvalidClientRequestTokenException",
        ),
    ] {
        let mut input = good.clone();
        input[member] = value;
        assert_eq!(desk.refused("ben", POST, input).await, code, "{member}");
    }
}

#[tokio::test]
async fn only_the_same_session_edits_a_comment() {
    let desk = Desk::new().await;
    let id = desk.open("feature").await;
    desk.events();
    let posted = desk
        .ok("Gate/reporter", POST, posting(&desk, &id, "running").await)
        .await;
    let comment = posted["comment"]["commentId"].clone();
    let edit = json!({ "commentId": comment, "content": "passed" });
    for other in ["ann", "Gate/other"] {
        let code = desk.refused(other, "UpdateComment", edit.clone()).await;
        assert_eq!(code, "CommentNotCreatedByCallerException");
    }
    desk.ok("Gate/reporter", "UpdateComment", edit.clone())
        .await;
    let read = json!({ "commentId": comment });
    let answer = desk.ok("ann", "GetComment", read.clone()).await;
    assert_eq!(answer["comment"]["content"], "passed");
    assert_eq!(
        desk.events(),
        ["commentOnPullRequestCreated", "commentOnPullRequestUpdated"]
    );
    let deleted = desk.ok("ann", "DeleteCommentContent", read.clone()).await;
    assert_eq!(deleted["comment"]["deleted"], true);
    assert_eq!(deleted["comment"].get("content"), None);
    for (operation, input) in [("UpdateComment", edit), ("GetComment", read)] {
        let code = desk.refused("Gate/reporter", operation, input).await;
        assert_eq!(code, "CommentDeletedException");
    }
}

#[tokio::test]
async fn the_same_token_posts_one_comment() {
    let desk = Desk::new().await;
    let id = desk.open("feature").await;
    let mut input = posting(&desk, &id, "verdict").await;
    input["clientRequestToken"] = json!("run-1");
    let first = desk.ok("ben", POST, input.clone()).await;
    assert_eq!(first["comment"]["clientRequestToken"], "run-1");
    let second = desk.ok("ben", POST, input.clone()).await;
    assert_eq!(first, second);
    input["content"] = json!("another verdict");
    let code = desk.refused("ben", POST, input).await;
    assert_eq!(code, "IdempotencyParameterMismatchException");
    let reply = json!({ "inReplyTo": first["comment"]["commentId"], "content": "thanks",
        "clientRequestToken": "run-1" });
    let once = desk.ok("ben", "PostCommentReply", reply.clone()).await;
    assert_eq!(desk.ok("ben", "PostCommentReply", reply).await, once);
    assert_eq!(
        desk.events(),
        [
            "pullRequestCreated",
            "commentOnPullRequestCreated",
            "commentOnPullRequestCreated"
        ]
    );
}

#[tokio::test]
async fn comments_are_grouped_by_what_they_stand_under() {
    let desk = Desk::new().await;
    let id = desk.open("feature").await;
    let general = desk.ok("ben", POST, posting(&desk, &id, "one").await).await;
    let mut input = posting(&desk, &id, "at a line").await;
    input["location"] =
        json!({ "filePath": "feature", "filePosition": 1, "relativeFileVersion": "AFTER" });
    let located = desk.ok("ben", POST, input).await;
    assert!(located["afterBlobId"].is_string());
    assert_eq!(located.get("beforeBlobId"), None);
    let reply = json!({ "inReplyTo": general["comment"]["commentId"], "content": "two" });
    desk.ok("ann", "PostCommentReply", reply).await;
    desk.push("feature", "feature", "newer\n").await;
    desk.ok("ben", POST, posting(&desk, &id, "three").await)
        .await;

    let of_all = json!({ "pullRequestId": id });
    let answer = desk
        .ok("ann", "GetCommentsForPullRequest", of_all.clone())
        .await;
    let texts = |group: &Value| -> Vec<Value> {
        let comments = group["comments"].as_array().unwrap().iter();
        comments.map(|comment| comment["content"].clone()).collect()
    };
    let groups = answer["commentsForPullRequestData"].as_array().unwrap();
    let grouped: Vec<_> = groups.iter().map(texts).collect();
    assert_eq!(
        grouped,
        [vec!["one", "two"], vec!["at a line"], vec!["three"]]
    );
    assert_eq!(groups[1]["location"]["filePath"], "feature");

    let narrowed = json!({
        "pullRequestId": id,
        "repositoryName": "demo",
        "beforeCommitId": general["beforeCommitId"],
        "afterCommitId": desk.tip("feature").await,
    });
    let answer = desk.ok("ann", "GetCommentsForPullRequest", narrowed).await;
    assert_eq!(texts(&answer["commentsForPullRequestData"][0]), ["three"]);

    let mut page = of_all;
    page["maxResults"] = json!(1);
    let mut seen = Vec::new();
    loop {
        let answer = desk
            .ok("ann", "GetCommentsForPullRequest", page.clone())
            .await;
        seen.extend(texts(&answer["commentsForPullRequestData"][0]));
        page["nextToken"] = answer["nextToken"].clone();
        if page["nextToken"].is_null() {
            break;
        }
    }
    assert_eq!(seen, ["one", "two", "at a line", "three"]);
}

#[tokio::test]
async fn comments_on_commits_are_not_comments_on_the_pull_request() {
    let desk = Desk::new().await;
    let id = desk.open("feature").await;
    desk.events();
    let mut input = posting(&desk, &id, "nice").await;
    let members = input.as_object_mut().unwrap();
    members.remove("pullRequestId");
    desk.ok("ben", "PostCommentForComparedCommit", input.clone())
        .await;
    assert_eq!(desk.events(), ["commentOnCommitCreated"]);
    let answer = desk.ok("ben", "GetCommentsForComparedCommit", input).await;
    assert_eq!(
        answer["commentsForComparedCommitData"][0]["comments"][0]["content"],
        "nice"
    );
    let of_all = json!({ "pullRequestId": id });
    let answer = desk.ok("ann", "GetCommentsForPullRequest", of_all).await;
    assert_eq!(answer["commentsForPullRequestData"], json!([]));
}

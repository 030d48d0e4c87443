//! Commands beside whatever else happens.

use aws_sdk_codecommit::types::ApprovalState;
use mergegate_tests::{BUILDSPEC, Stage, green_files};

use crate::{APPROVED, HELD, opened};

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_at_any_moment_of_a_run_ends_in_a_hold() {
    for pause in [0, 150, 300, 450, 600, 750, 900, 1100] {
        let (stage, id) = opened(&green_files(), "2\n", "Change").await;
        tokio::time::sleep(std::time::Duration::from_millis(pause)).await;
        stage.say(&id, "/gate hold").await;
        stage.quiet().await;
        let verdict = stage.verdict(&id).await;
        assert!(verdict.starts_with(HELD), "after {pause} ms: {verdict}");
        assert!(!stage.approved(&id).await, "after {pause} ms");
        stage.strike().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_at_any_moment_of_a_run_leaves_nothing_running_and_nothing_approved_unheard() {
    let slow = BUILDSPEC.replace("- sh test.sh", "- 'sleep 600; sh test.sh'");
    let mut files = green_files();
    files[0].1 = &slow;
    for pause in [0, 200, 400, 700] {
        let (stage, id) = opened(&files, "2\n", "Slow").await;
        tokio::time::sleep(std::time::Duration::from_millis(pause)).await;
        stage.say(&id, "/gate stop").await;
        stage.quiet().await;
        let verdict = stage.verdict(&id).await;
        assert!(verdict.starts_with(HELD), "after {pause} ms: {verdict}");
        assert_eq!(stage.running_builds().await, Vec::<String>::new());
        stage.strike().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_retries_at_once_and_a_comment_told_of_twice_end_in_one_verdict_each_with_one_reply() {
    let (stage, id) = opened(&green_files(), "2\n", "Change").await;
    stage.verdict_like(&id, APPROVED).await;
    stage.quiet().await;
    let (one, other) = tokio::join!(
        stage.say_as("ann", &id, "/gate retry"),
        stage.say_as("bob", &id, "/gate retry")
    );
    tell_again(&stage, &id, &one).await;
    stage.quiet().await;
    tell_again(&stage, &id, &one).await;
    stage.quiet().await;
    for comment in [&one, &other] {
        assert_eq!(
            stage.replies(&id, comment).await,
            ["Everything is tested again."]
        );
    }
    assert!(stage.verdict(&id).await.starts_with(APPROVED));
    assert!(stage.approved(&id).await);
    // Whose run was overtaken before its retry was written down has one more.
    let overtaken = stage.executions(Some("FAILED")).await.len();
    assert!(overtaken <= 1, "{overtaken} runs failed");
    let runs = stage.executions(None).await;
    assert_eq!(runs.len(), 3 + overtaken, "{runs:?}");
    stage.strike().await;
}

/// Delivers the event of a comment once more.
pub(crate) async fn tell_again(stage: &Stage, id: &str, comment: &str) {
    let event = serde_json::json!({
        "source": "aws.codecommit",
        "detail-type": "CodeCommit Comment on Pull Request",
        "detail": {
            "event": "commentOnPullRequestCreated",
            "pullRequestId": id,
            "repositoryName": "demo",
            "commentId": comment,
            "callerUserArn": "arn:aws:iam::000000000000:user/ann",
        }
    });
    stage.tell_router(&event).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_a_hold_took_back_does_not_come_back_by_the_sweep() {
    let (stage, id) = opened(&green_files(), "2\n", "Change").await;
    stage.verdict_like(&id, APPROVED).await;
    stage.quiet().await;
    stage.ask(&id, "/gate hold").await;
    stage.verdict_like(&id, HELD).await;
    stage.swept().await;
    assert!(!stage.approved(&id).await);
    assert!(stage.verdict(&id).await.starts_with(HELD));
    let revision = stage.revision(&id).await;
    let forged = stage
        .code_commit(mergegate_tests::THE_GATE)
        .update_pull_request_approval_state();
    let forged = forged.pull_request_id(&id).revision_id(revision);
    forged
        .approval_state(ApprovalState::Approve)
        .send()
        .await
        .unwrap();
    stage.swept().await;
    assert!(!stage.approved(&id).await, "the sweep corrects it");
    stage.strike().await;
}

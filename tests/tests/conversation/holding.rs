//! Hold, unhold and stop.

use mergegate_tests::{BUILDSPEC, green_files};

use crate::{APPROVED, HELD, check, masked, opened, with_rules};

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_lasts_over_a_push_and_the_one_who_may_lifts_it() {
    let rules = [
        check("build", "true", ""),
        "[commands.unhold]\nallow = [\"arn:aws:iam::*:user/bob\"]\n".to_owned(),
    ];
    let (stage, id) = with_rules(&rules.concat(), "2\n", "Change").await;
    stage.verdict_like(&id, APPROVED).await;
    stage.quiet().await;
    let reply = stage
        .ask(&id, "/gate hold until the {{release}} is out")
        .await;
    insta::assert_snapshot!("hold", reply);
    let held = stage.verdict_like(&id, HELD).await;
    insta::assert_snapshot!("held_verdict", masked(&held));
    assert!(!stage.approved(&id).await);

    stage.copy.push("change", "", &[("value", "3\n")]);
    let held = stage.verdict_like(&id, HELD).await;
    assert!(
        held.contains("- ✅ **build** passed"),
        "builds go on: {held}"
    );
    stage.quiet().await;
    assert!(!stage.approved(&id).await);

    let forbidden = stage.ask(&id, "/gate unhold").await;
    assert_eq!(
        forbidden,
        "This is not yours to ask: by `gate.toml` it takes `arn:aws:iam::*:user/bob`."
    );
    let lifted = stage.ask_as("bob", &id, "/gate unhold").await;
    assert_eq!(
        lifted,
        "The hold is lifted: what the builds say counts again."
    );
    stage.verdict_like(&id, APPROVED).await;
    assert!(stage.approved(&id).await);
    stage.close(&id).await;
    stage.cleaned().await;
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_the_builds_and_holds_until_a_retry() {
    let mut files = green_files();
    let door = tempfile::tempdir().unwrap();
    let wait = format!(
        "- '[ -e {} ] || sleep 600; sh test.sh'",
        door.path().join("open").display()
    );
    let slow = BUILDSPEC.replace("- sh test.sh", &wait);
    files[0].1 = &slow;
    let (stage, id) = opened(&files, "2\n", "Slow").await;
    stage.running_build().await;
    let reply = stage.ask_as("bob", &id, "/gate stop").await;
    insta::assert_snapshot!("stop", reply);
    let held = stage.verdict_like(&id, HELD).await;
    insta::assert_snapshot!("stopped_verdict", masked(&held));
    stage.quiet().await;
    assert_eq!(stage.running_builds().await, Vec::<String>::new());
    assert_eq!(
        stage.ask(&id, "/gate stop").await,
        "Nothing runs. `/gate hold` keeps the pull request from being approved."
    );
    std::fs::write(door.path().join("open"), "").unwrap();
    assert_eq!(
        stage.ask(&id, "/gate retry").await,
        "Everything is tested again."
    );
    stage.verdict_like(&id, APPROVED).await;
    assert!(stage.approved(&id).await);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn holds_with_reasons_of_any_length_are_answered_and_hold() {
    let (stage, id) = opened(&green_files(), "2\n", "Change").await;
    stage.verdict_like(&id, APPROVED).await;
    stage.quiet().await;
    let hold = |number| format!("/gate hold {number} {}\n", "理".repeat(180));
    let nine: String = (0..9).map(hold).collect();
    let reply = stage.ask(&id, &nine).await;
    assert_eq!(
        reply.matches("Nothing is approved from now on").count(),
        9,
        "{reply}"
    );
    assert!(!stage.approved(&id).await);
    let verdict = stage.verdict_like(&id, HELD).await;
    assert!(verdict.contains("`8 理理理"), "{verdict}");
    let endless = format!("/gate retry {}\n", "理".repeat(380)).repeat(10);
    let reply = stage.ask(&id, &endless).await;
    assert_eq!(reply.matches("there is no check").count(), 10, "{reply}");
    stage.strike().await;
}

//! Commands whose events never arrive, and what is not taken for one.

use std::sync::atomic::{AtomicU32, Ordering};

use mergegate_tests::{Stage, Trouble, green_files, is_delivery};

use crate::{APPROVED, HELD, RED, check, opened, opens_with, races::tell_again, with_rules};

const HOLD: &str = "Nothing is approved from now on, whatever is pushed, until somebody writes `/gate unhold`. Builds go on.";

async fn approved() -> (Stage, String) {
    let (stage, id) = opened(&green_files(), "2\n", "Change").await;
    stage.verdict_like(&id, APPROVED).await;
    stage.quiet().await;
    (stage, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_nobody_told_the_gate_of_is_found_by_the_sweep_and_answered_once() {
    let (stage, id) = approved().await;
    let trouble = Trouble::begin(&stage, "AccessDeniedException", is_delivery);
    let hold = stage.say(&id, "/gate hold").await;
    stage.quiet().await;
    assert_eq!(stage.system.account().dead_letters().len(), 1);
    trouble.end();
    assert!(stage.approved(&id).await, "nobody told the gate");
    let runs = stage.executions(None).await.len();
    stage.swept().await;
    assert_eq!(stage.replies(&id, &hold).await, [HOLD]);
    assert!(stage.verdict(&id).await.starts_with(HELD));
    assert!(!stage.approved(&id).await);
    stage.swept().await;
    tell_again(&stage, &id, &hold).await;
    stage.quiet().await;
    assert_eq!(stage.executions(None).await.len(), runs + 1);
    assert_eq!(stage.replies(&id, &hold).await, [HOLD]);
    stage.strike().await;
}

/// What holds in the end goes by the order in which it was written.
#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_is_found_after_its_end_was_asked_for_holds_nothing() {
    let (stage, id) = approved().await;
    let trouble = Trouble::begin(&stage, "AccessDeniedException", is_delivery);
    let hold = stage.say(&id, "/gate hold").await;
    stage.quiet().await;
    trouble.end();
    assert_eq!(
        stage.ask(&id, "/gate unhold").await,
        "The hold is lifted: what the builds say counts again."
    );
    stage.swept().await;
    assert_eq!(stage.replies(&id, &hold).await, [HOLD]);
    assert!(stage.verdict(&id).await.starts_with(APPROVED));
    assert!(stage.approved(&id).await);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_whose_run_died_unheard_is_answered_by_another() {
    let (stage, id) = approved().await;
    let deliveries = AtomicU32::new(0);
    let trouble = Trouble::begin(&stage, "AccessDeniedException", move |call| {
        call.state.as_deref() == Some("Answer")
            || is_delivery(call) && deliveries.fetch_add(1, Ordering::SeqCst) > 0
    });
    let retry = stage.say(&id, "/gate retry").await;
    stage.quiet().await;
    assert_eq!(stage.replies(&id, &retry).await, Vec::<String>::new());
    let first = stage.executions(None).await.remove(0);
    assert!(first.ends_with("-1"), "{first}");
    trouble.end();
    stage.swept().await;
    assert_eq!(
        stage.replies(&id, &retry).await,
        ["Everything is tested again."]
    );
    let second = stage.executions(None).await.remove(0);
    assert_eq!(
        Some(second.as_str()),
        first
            .strip_suffix("-1")
            .map(|name| format!("{name}-2"))
            .as_deref()
    );
    stage.verdict_like(&id, APPROVED).await;
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_command_for_an_older_revision_is_refused_once_and_an_answered_one_never_again() {
    let (stage, id) = approved().await;
    let live = stage.pull_request(&id).await;
    let older = live.pull_request_targets()[0].clone();
    let status = stage.say(&id, "/gate status").await;
    let unhold = stage.say(&id, "/gate unhold").await;
    stage.reply(&id, &status).await;
    stage.reply(&id, &unhold).await;
    stage.copy.push("change", "", &[("value", "3\n")]);
    stage.verdict_like(&id, APPROVED).await;
    stage.quiet().await;
    let trouble = Trouble::begin(&stage, "AccessDeniedException", is_delivery);
    let (before, after) = (older.destination_commit(), older.source_commit());
    let late = stage
        .say_at("ann", &id, before.unwrap(), after.unwrap(), "/gate retry")
        .await;
    stage.quiet().await;
    trouble.end();
    let runs = stage.executions(None).await.len();
    stage.swept().await;
    let refused = stage.replies(&id, &late).await;
    assert!(
        matches!(&refused[..], [words] if words.starts_with("Nothing was done: this was written under `")),
        "{refused:?}"
    );
    for answered in [&status, &unhold] {
        assert_eq!(stage.replies(&id, answered).await.len(), 1);
    }
    assert_eq!(stage.executions(None).await.len(), runs + 1);
    assert!(stage.approved(&id).await);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_words_that_were_made_a_command_by_an_edit() {
    let (stage, id) = approved().await;
    let trouble = Trouble::begin(&stage, "AccessDeniedException", is_delivery);
    let lost = stage.say(&id, "no need to hold this").await;
    stage.quiet().await;
    trouble.end();
    let heard = stage.say(&id, "looks good").await;
    stage.quiet().await;
    for words in [lost, heard] {
        let edit = stage.code_commit("ann").update_comment();
        let edit = edit.comment_id(words).content("/gate hold");
        edit.send().await.unwrap();
    }
    let runs = stage.executions(None).await.len();
    stage.swept().await;
    assert_eq!(stage.executions(None).await.len(), runs);
    assert!(stage.approved(&id).await);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_that_was_refused_is_not_made_up_for_when_it_is_told_of_again() {
    let door = tempfile::tempdir().unwrap();
    let open = door.path().join("open");
    std::fs::write(&open, "").unwrap();
    let (stage, id) = with_rules(&check("unit", &opens_with(&open), ""), "2\n", "Change").await;
    stage.verdict_like(&id, APPROVED).await;
    stage.quiet().await;
    let early = stage.say(&id, "/gate retry failed").await;
    let refused = stage.reply(&id, &early).await;
    assert_eq!(
        refused,
        "No check failed. `/gate retry all` tests everything again."
    );
    // Another destination is another run.
    stage.copy.push("main", "", &[("limit", "8\n")]);
    std::fs::remove_file(&open).unwrap();
    stage.ask_as("bob", &id, "/gate retry").await;
    stage.verdict_like(&id, RED).await;
    stage.quiet().await;
    assert_eq!(stage.builds().await.len(), 2);
    tell_again(&stage, &id, &early).await;
    stage.quiet().await;
    assert_eq!(stage.builds().await.len(), 2);
    assert_eq!(stage.replies(&id, &early).await, [refused]);
    stage.strike().await;
}

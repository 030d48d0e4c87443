//! Help, status, and what is refused.

use mergegate_tests::{BUILDSPEC, THE_GATE, green_files};

use crate::{APPROVED, RED, check, masked, opened, with_rules};

#[tokio::test(flavor = "multi_thread")]
async fn help_and_status_are_said_and_disturb_no_run() {
    let mut files = green_files();
    let slow = BUILDSPEC.replace("- sh test.sh", "- 'sleep 600; sh test.sh'");
    files[0].1 = &slow;
    let (stage, id) = opened(&files, "2\n", "Slow").await;
    let build = stage.running_build().await;
    let help = stage.ask(&id, "/gate help").await;
    insta::assert_snapshot!("help", help);
    let running = stage.ask(&id, "What is it doing?\n/gate why").await;
    insta::assert_snapshot!("status_while_it_runs", masked(&running));
    assert_eq!(stage.running_builds().await, [build]);
    stage.close(&id).await;
    stage.cleaned().await;
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn status_tells_what_each_check_did_and_why_nothing_is_approved() {
    let rules = [
        check("unit", "test $(cat value) -lt 10", ""),
        check("docs", "true", ""),
    ];
    let (stage, id) = with_rules(&rules.concat(), "11\n", "Raise it [no-cache]").await;
    let red = stage.verdict_like(&id, RED).await;
    insta::assert_snapshot!("red_verdict", masked(&red));
    let status = stage.ask(&id, "/gate status").await;
    insta::assert_snapshot!("status_on_red", masked(&status));
    stage.copy.push("change", "", &[("value", "3\n")]);
    stage.verdict_like(&id, APPROVED).await;
    stage.quiet().await;
    let status = stage.ask(&id, "/gate status").await;
    insta::assert_snapshot!("status_on_green", masked(&status));
    assert!(stage.approved(&id).await, "a question changes nothing");
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_what_is_unknown_forbidden_or_too_much_and_does_nothing() {
    let rules = [
        check("build", "true", ""),
        "[commands]\nallow = [\"arn:aws:iam::*:user/bob\"]\n".to_owned(),
    ];
    let (stage, id) = with_rules(&rules.concat(), "2\n", "Change").await;
    stage.verdict_like(&id, APPROVED).await;
    stage.quiet().await;
    let before = stage.builds().await.len();
    let unknown = stage.ask_as("bob", &id, "/gate retyr").await;
    assert_eq!(
        unknown,
        "`retyr` is no command of this gate; did you mean `/gate retry`? `/gate help` lists them."
    );
    let forbidden = stage.ask_as("ann", &id, "/gate retry\n/gate hold").await;
    insta::assert_snapshot!("forbidden", forbidden);
    let endless = format!("/gate retry {}", "x ".repeat(5_000));
    let endless = stage.ask_as("bob", &id, &endless).await;
    assert_eq!(
        endless,
        "Nothing was done: no command has more than 400 characters."
    );
    let many = stage.ask_as("bob", &id, &"/gate retry\n".repeat(850)).await;
    assert_eq!(
        many,
        "Nothing was done: the comment has 850 commands, and the gate takes 10 at once."
    );
    stage.quiet().await;
    assert_eq!(stage.builds().await.len(), before);
    assert!(stage.approved(&id).await);
    let conversation = stage.clients().names().pull_requests();
    let parameters = stage.clients().parameters.names_below(&conversation).await;
    let parameters = parameters.unwrap();
    assert!(
        !parameters.iter().any(|name| name.contains("/commands/")),
        "{parameters:?}"
    );
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_checks_that_there_are_not_though_no_rules_name_any() {
    let (stage, id) = opened(&green_files(), "2\n", "Change").await;
    stage.verdict_like(&id, APPROVED).await;
    stage.quiet().await;
    let before = stage.builds().await.len();
    for command in ["retry biuld", "only=biuld"] {
        let refused = stage.ask(&id, &format!("/gate {command}")).await;
        assert_eq!(
            refused,
            "Nothing was done: there is no check `biuld`; did you mean `build`? There is `build`."
        );
    }
    stage.quiet().await;
    assert_eq!(stage.builds().await.len(), before);
    assert!(stage.approved(&id).await);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_a_command_for_an_older_revision_and_on_a_closed_pull_request() {
    let (stage, id) = opened(&green_files(), "2\n", "Change").await;
    stage.verdict_like(&id, APPROVED).await;
    let live = stage.pull_request(&id).await;
    let older = live.pull_request_targets()[0].clone();
    let (before, after) = (
        older.destination_commit().unwrap(),
        older.source_commit().unwrap(),
    );
    stage.copy.push("change", "", &[("value", "3\n")]);
    stage.verdict_like(&id, APPROVED).await;
    stage.quiet().await;
    let runs = stage.builds().await.len();
    let late = stage.say_at("ann", &id, before, after, "/gate retry").await;
    let refused = stage.reply(&id, &late).await;
    insta::assert_snapshot!("older_revision", masked(&refused));
    stage.close(&id).await;
    stage.cleaned().await;
    let closed = stage.ask(&id, "/gate retry\n/gate status").await;
    insta::assert_snapshot!("closed", closed);
    stage.quiet().await;
    assert_eq!(stage.builds().await.len(), runs);
    assert_eq!(stage.leftovers().await, Vec::<String>::new());
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_comment_and_the_gates_own_ask_for_nothing() {
    let (stage, id) = opened(&green_files(), "2\n", "Change").await;
    stage.verdict_like(&id, APPROVED).await;
    stage.quiet().await;
    let before = stage.executions(None).await.len();
    let words = stage.say(&id, "looks good").await;
    // What is edited before the gate has read it is what it reads.
    stage.quiet().await;
    let edit = stage.code_commit("ann").update_comment();
    edit.comment_id(&words)
        .content("/gate retry")
        .send()
        .await
        .unwrap();
    stage.say_as(THE_GATE, &id, "/gate retry").await;
    stage.say(&id, "no `/gate retry` here\n> /gate retry").await;
    stage.quiet().await;
    assert_eq!(stage.executions(None).await.len(), before);
    let held = stage.say(&id, "/gate hold").await;
    stage.reply(&id, &held).await;
    let delete = stage.code_commit("ann").delete_comment_content();
    delete.comment_id(&held).send().await.unwrap();
    stage.verdict_like(&id, crate::HELD).await;
    stage.strike().await;
}

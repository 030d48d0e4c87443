//! Runs that somebody starts with an input of their own: an input is a wish.

use std::sync::Arc;

use aws_sdk_codecommit::types::{ApprovalState, OverrideStatus};
use gate_core::{
    id::CommitId,
    protocol::{Candidacy, Request},
};
use local_aws::Moment;
use mergegate_tests::{
    BUILDSPEC, Blow, Deed, Place, Stage, THE_GATE, Trouble, green_files, is_delivery,
};

/// `main` with a limit of 10 that then fell to 8, and a pull request to it, with its verdict.
async fn judged(value: &str) -> (Stage, String) {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("change", "main", &[("value", value)]);
    stage.copy.push("main", "", &[("limit", "8\n")]);
    let id = stage.open("change", "Change").await;
    stage.verdict(&id).await;
    stage.quiet().await;
    (stage, id)
}

async fn is_right_without_it(stage: &Stage, id: &str) {
    stage.quiet().await;
    stage.assert_right(id).await;
    stage.swept().await;
    stage.assert_right(id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_the_rules_of_a_destination_commit_that_somebody_chose() {
    let (stage, id) = judged("9\n").await;
    let lenient = BUILDSPEC.replace(
        "sh test.sh",
        "sed -i 's/exit .*/exit 0/' test.sh; echo 100 > limit; sh test.sh",
    );
    let own_rules = stage
        .copy
        .push("rules", "main", &[("buildspec.yml", &lenient)]);
    let older = stage.copy.git(&["rev-parse", "main~1"]);
    let live = stage.candidacy(&id).await;
    for commit in [own_rules, older] {
        let request = Request::Gate(Candidacy {
            destination_commit: CommitId::new(commit),
            ..live.clone()
        });
        stage.wish(&request, 1).await;
        is_right_without_it(&stage, &id).await;
        let verdict = stage.verdict(&id).await;
        assert!(verdict.contains("9 is not below 8"), "{verdict}");
    }
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_the_green_commit_of_an_older_revision_for_the_red_live_one() {
    let (stage, id) = judged("5\n").await;
    let green = stage.candidacy(&id).await;
    stage.copy.push("change", "", &[("value", "9\n")]);
    stage.verdict_like(&id, "### ❌").await;
    stage.quiet().await;
    let red = stage.candidacy(&id).await;
    let request = Request::Gate(Candidacy {
        source_commit: green.source_commit,
        ..red
    });
    let run = stage.wish(&request, 2).await;
    stage.quiet().await;
    assert_eq!(stage.executions(Some("FAILED")).await, [run.as_str()]);
    is_right_without_it(&stage, &id).await;
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_a_run_that_bears_the_name_of_another_and_goes_on_past_names_that_are_taken() {
    let (stage, id) = judged("5\n").await;
    stage.copy.push("other", "main", &[("value", "9\n")]);
    let other = stage.open("other", "Other").await;
    stage.verdict(&other).await;
    stage.quiet().await;
    let (own, of_other) = (stage.candidacy(&id).await, stage.candidacy(&other).await);
    let next = |attempt| gate_core::protocol::Wanted::name_of(&Request::Gate(own.clone()), attempt);
    let foreign = gate_core::protocol::State::input_text(&Request::Gate(of_other));
    for attempt in 2..=6 {
        stage.start_run(next(attempt).as_str(), &foreign).await;
    }
    stage.quiet().await;
    assert_eq!(stage.executions(Some("FAILED")).await.len(), 5);
    stage.assert_right(&other).await;
    // Somebody takes the approval back: the sweep has it tested again, under the first name that is free.
    let revoke = stage
        .code_commit(THE_GATE)
        .update_pull_request_approval_state();
    let revoke = revoke
        .pull_request_id(&id)
        .revision_id(own.revision.as_str())
        .approval_state(ApprovalState::Revoke);
    revoke.send().await.unwrap();
    stage.swept().await;
    stage.assert_right(&id).await;
    let last = stage.executions(None).await.remove(0);
    assert_eq!(last, next(7).as_str());
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_to_say_that_it_gave_up_where_it_has_not() {
    let (stage, id) = judged("5\n").await;
    let say = Request::Say {
        candidacy: stage.candidacy(&id).await,
        comment: None,
        error: None,
    };
    let run = stage.wish(&say, 1).await;
    stage.quiet().await;
    assert_eq!(stage.executions(Some("FAILED")).await, [run.as_str()]);
    assert!(stage.approved(&id).await);
    let comments = stage.comments(&id).await;
    assert!(
        comments.iter().all(|said| !said.contains("gave up")),
        "{comments:#?}"
    );
    let defer = Request::Defer(stage.candidacy(&id).await);
    stage.wish(&defer, 1).await;
    stage.quiet().await;
    assert!(
        stage.approved(&id).await,
        "nothing waits to be tested again"
    );
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_override_is_said_of_nobody_who_did_not_and_of_everybody_who_did() {
    let (stage, id) = judged("9\n").await;
    let live = stage.candidacy(&id).await;
    let overridden = |by: &str| Request::Overridden {
        repository: live.repository.clone(),
        pull_request: live.pull_request.clone(),
        revision: live.revision.clone(),
        by: format!("arn:aws:iam::000000000000:user/{by}"),
    };
    // In bob's own words, too, so that his run would be taken for the one that tells of him.
    for (who, attempt) in [("bob", 1), ("eve", 2)] {
        stage.wish(&overridden(who), attempt).await;
    }
    stage.quiet().await;
    let said = async |who: &str| {
        let comments = stage.comments(&id).await;
        let remark = format!("user/{who}` did it");
        comments
            .iter()
            .filter(|said| said.contains(&remark))
            .count()
    };
    assert_eq!((said("bob").await, said("eve").await), (0, 0));
    let override_rules = stage
        .code_commit("bob")
        .override_pull_request_approval_rules();
    let override_rules = override_rules
        .pull_request_id(&id)
        .revision_id(live.revision.as_str())
        .override_status(OverrideStatus::Override);
    override_rules.send().await.unwrap();
    stage
        .eventually("a remark", async || (said("bob").await == 1).then_some(()))
        .await;
    stage.quiet().await;
    assert_eq!((said("bob").await, said("eve").await), (1, 0));
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_answered_by_the_rules_of_the_destination_whatever_its_run_was_started_with() {
    let rules = "[flags.skip-tests]\nallow = [\"arn:aws:iam::*:user/bob\"]\n\
                 [[check]]\nname = \"unit\"\nkind = \"test\"\n";
    let mut files = green_files();
    files.push(("gate.toml", rules));
    let stage = Stage::set(&files).await;
    let own_rules = stage.copy.push(
        "rules",
        "main",
        &[("gate.toml", "[[check]]\nname = \"unit\"\nkind = \"test\"\n")],
    );
    stage.copy.push("change", "main", &[("value", "11\n")]);
    let id = stage.open("change", "Change").await;
    stage.verdict(&id).await;
    stage.quiet().await;
    let trouble = Trouble::begin(&stage, "AccessDeniedException", is_delivery);
    let comment = stage.say_as("eve", &id, "/gate skip-tests").await;
    let request = Request::Command {
        candidacy: Candidacy {
            destination_commit: CommitId::new(own_rules),
            ..stage.candidacy(&id).await
        },
        comment: gate_core::id::CommentId::new(&comment),
    };
    stage.wish(&request, 1).await;
    let reply = stage.reply(&id, &comment).await;
    assert!(reply.starts_with("This is not yours to ask"), "{reply}");
    stage.quiet().await;
    trouble.end();
    assert!(!stage.approved(&id).await);
    stage.strike().await;
}

/// Main moves while the run is on its way from the router to its first step: nobody wished for anything wrong.
#[tokio::test(flavor = "multi_thread")]
async fn a_destination_that_moves_before_a_run_begins_is_tested_as_it_is_then() {
    for merge in ["", "[merge]\nwhen_destination_moves = \"retest\"\n"] {
        let rules = format!("{merge}[[check]]\nname = \"unit\"\n");
        let mut files = green_files();
        files.push(("gate.toml", &rules));
        let stage = Arc::new(Stage::set(&files).await);
        stage.copy.push("change", "main", &[("value", "9\n")]);
        stage.copy.commit("main", "", &[("limit", "8\n")]);
        let copy = stage.copy.clone();
        let deed = Deed::meanwhile(move || {
            let copy = copy.clone();
            Box::pin(async move {
                let push = tokio::task::spawn_blocking(move || copy.send("main"));
                push.await.unwrap();
            })
        });
        let place = Place {
            state: "Prepare".to_owned(),
            operation: "Invoke".to_owned(),
            nth: 1,
        };
        let blow = Blow::new(place, Moment::Before, deed);
        stage.system.account().observe(blow.observer());
        let id = stage.open("change", "Change").await;
        let verdict = stage.verdict(&id).await;
        assert!(verdict.contains("9 is not below 8"), "{verdict}");
        stage.swept().await;
        stage.assert_right(&id).await;
        let verdict = stage.verdict(&id).await;
        assert!(verdict.contains("9 is not below 8"), "{verdict}");
    }
}

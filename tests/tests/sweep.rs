//! What the sweep repairs, and what it leaves alone.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use aws_sdk_codecommit::types::ApprovalState;
use gate_core::{host::CodeHost as _, id::PullRequestId};
use local_aws::{Call, Interference, Moment};
use mergegate_tests::{People, Stage, THE_GATE, Trouble, green_files, is_delivery, play_all};
use tokio::sync::Notify;

fn is_the_gates(call: &Call) -> bool {
    call.caller.contains(":assumed-role/")
}

#[test]
fn events_that_never_arrive_are_made_up_for() {
    let lost = ["a push", "the close", "the merge"];
    play_all(lost.to_vec(), async |lost: &&str| {
        let stage = Stage::set(&green_files()).await;
        stage.copy.push("change", "main", &[("value", "5\n")]);
        stage.copy.push("main", "", &[("limit", "8\n")]);
        let id = stage.open("change", "Change").await;
        stage.quiet().await;
        let trouble = Trouble::begin(&stage, "AccessDeniedException", is_delivery);
        match *lost {
            "a push" => drop(stage.copy.push("change", "", &[("value", "9\n")])),
            "the close" => stage.close(&id).await,
            _ => stage.merge(&id).await,
        }
        // Of a push and of a merge two rules tell: the pull request's, and that of branches that move.
        let letters = if *lost == "the close" { 1 } else { 2 };
        made_up_for(&stage, &id, &trouble, letters).await;
        stage.strike().await;
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opening_that_nobody_told_the_gate_of_is_made_up_for() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("change", "main", &[("value", "5\n")]);
    stage.quiet().await;
    let trouble = Trouble::begin(&stage, "AccessDeniedException", is_delivery);
    let id = stage.open("change", "Change").await;
    made_up_for(&stage, &id, &trouble, 1).await;
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_death_nobody_told_the_gate_of_is_made_up_for() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("change", "main", &[("value", "5\n")]);
    stage.quiet().await;
    let deliveries = AtomicU32::new(0);
    let trouble = Trouble::begin(&stage, "AccessDeniedException", move |call| {
        call.operation == "CreateProject"
            || is_delivery(call) && deliveries.fetch_add(1, Ordering::SeqCst) > 0
    });
    let id = stage.open("change", "Change").await;
    // The run's last words are a comment, of which an event tells as well.
    made_up_for(&stage, &id, &trouble, 2).await;
    stage.strike().await;
}

/// Events are lost for good, and are `letters` among the dead; when the trouble is over the sweep finds what they told of.
async fn made_up_for(stage: &Stage, id: &str, trouble: &Trouble, letters: usize) {
    stage.quiet().await;
    let mut dead = stage.system.account().dead_letters();
    // On a slow machine the schedule has its turn meanwhile.
    dead.retain(|letter| letter.payload["detail-type"] != "Scheduled Event");
    assert_eq!(dead.len(), letters, "{dead:#?}");
    trouble.end();
    stage.swept().await;
    People::assert_right(stage, id).await;
}

/// EventBridge may fire a schedule twice, and a sweep may take longer than the next one is away. Each of the slow ones has read
/// that the pull request lacks a run, and goes on when it has its verdict.
#[tokio::test(flavor = "multi_thread")]
async fn a_verdict_that_came_while_a_sweep_was_at_work_stands() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("change", "main", &[("value", "5\n")]);
    stage.quiet().await;
    let trouble = Trouble::begin(&stage, "AccessDeniedException", is_delivery);
    let id = stage.open("change", "Change").await;
    stage.quiet().await;
    trouble.end();
    // Between what a sweep reads of the pull requests of a branch and what it does about them it reads the branch.
    let (slow, go_on) = (Arc::new(AtomicU32::new(0)), Arc::new(Notify::new()));
    let (held, gate) = (slow.clone(), go_on.clone());
    stage
        .system
        .account()
        .observe(Arc::new(move |call, moment| {
            let branch_of_a_sweep =
                moment == Moment::Before && call.operation == "GetBranch" && is_the_gates(&call);
            let first_ones = |held| (held < SLOW).then_some(held + 1);
            let order = Ordering::SeqCst;
            let waits = branch_of_a_sweep && held.fetch_update(order, order, first_ones).is_ok();
            let gate = gate.clone();
            Box::pin(async move {
                if waits {
                    gate.notified().await;
                }
                Interference::Pass
            })
        }));
    let sweeps = async {
        let slow_ones = (0..SLOW).map(|_| stage.system.sweep());
        for swept in futures::future::join_all(slow_ones).await {
            swept.expect("the sweep looks at everything");
        }
    };
    let meanwhile = async {
        stage
            .eventually("slow sweeps", async || {
                (slow.load(Ordering::SeqCst) == SLOW).then_some(())
            })
            .await;
        stage.system.sweep().await.expect("a quick sweep");
        stage.verdict_like(&id, "### ✅").await;
        stage.quiet().await;
        go_on.notify_waiters();
    };
    tokio::join!(sweeps, meanwhile);
    stage.quiet().await;
    assert_eq!(stage.executions(None).await.len(), 1);
    assert!(stage.approved(&id).await);
    stage.strike().await;
}

/// Of two runs that spoke at the same time, the older one's words came last and the newer one's record.
#[tokio::test(flavor = "multi_thread")]
async fn a_comment_that_says_the_verdict_of_another_run_is_made_up_for() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("change", "main", &[("value", "15\n")]);
    let id = stage.open("change", "Change").await;
    let verdict = stage.verdict(&id).await;
    stage.quiet().await;
    let clients = stage.clients();
    let comments = clients.host.comments(&PullRequestId::new(&id)).await;
    let [comment] = &comments.unwrap()[..] else {
        panic!("one comment expected");
    };
    let of_another = verdict.replace("-1", "-0").replace(
        "❌ Mergegate: not approved, 1 test failure",
        "✅ Mergegate: approved",
    );
    let edit = stage.code_commit(THE_GATE).update_comment();
    let edit = edit.comment_id(comment.id.as_str()).content(of_another);
    edit.send().await.unwrap();
    stage.swept().await;
    stage.assert_right(&id).await;
    assert_eq!(stage.executions(None).await.len(), 2);
    stage.strike().await;
}

/// As many as would try until the gate gives up.
const SLOW: u32 = 3;

#[test]
fn a_tear_down_that_failed_half_way_is_finished_later() {
    let calls: [fn(&Call) -> bool; 5] = [
        |call| is_the_gates(call) && call.operation == "DeleteReportGroup",
        |call| is_the_gates(call) && call.operation == "DeleteBranch",
        |call| is_the_gates(call) && call.operation == "DeleteProject",
        |call| is_the_gates(call) && call.operation == "DeleteParameters",
        |call| call.state.as_deref() == Some("StopBuilds"),
    ];
    play_all((0..calls.len()).collect(), async |&number: &usize| {
        let stage = Stage::set(&green_files()).await;
        stage.copy.push("change", "main", &[("value", "5\n")]);
        stage.copy.push("main", "", &[("limit", "8\n")]);
        // From the beginning, so that the run cannot drop its preview branch.
        let trouble = Trouble::begin(&stage, "AccessDeniedException", calls[number]);
        let id = stage.open("change", "Change").await;
        stage.verdict(&id).await;
        stage.close(&id).await;
        stage.quiet().await;
        assert_ne!(stage.leftovers().await, Vec::<String>::new());
        let dead = stage.system.account().dead_letters();
        assert_eq!(dead.len(), 1, "after three attempts: {dead:#?}");
        assert!(
            dead[0]
                .error
                .starts_with("GaveUp: gave up on run pr-1-close-3: "),
            "{dead:#?}"
        );
        trouble.end();
        stage.swept().await;
        People::assert_right(&stage, &id).await;
        stage.strike().await;
    });
}

async fn set_approval_by_hand(stage: &Stage, id: &str, wanted: ApprovalState) {
    let revision = stage.revision(id).await;
    let client = stage.code_commit(THE_GATE);
    let update = client
        .update_pull_request_approval_state()
        .pull_request_id(id)
        .revision_id(revision)
        .approval_state(wanted);
    update.send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_somebody_took_back_is_given_again_for_the_same_build() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("change", "main", &[("value", "5\n")]);
    let id = stage.open("change", "Change").await;
    stage.quiet().await;
    set_approval_by_hand(&stage, &id, ApprovalState::Revoke).await;
    assert!(!stage.approved(&id).await);
    stage.swept().await;
    assert_eq!(stage.builds().await.len(), 1);
    stage.assert_right(&id).await;
    stage.strike().await;
}

#[test]
fn a_verdict_that_somebody_deleted_is_said_again_and_nothing_is_built_for_it() {
    let values = [("5\n", "### ✅"), ("11\n", "### ❌")];
    play_all(vec!["green", "red"], async |colour: &&str| {
        let (value, beginning) = values[usize::from(*colour == "red")];
        let stage = Stage::set(&green_files()).await;
        stage.copy.push("change", "main", &[("value", value)]);
        let id = stage.open("change", "Change").await;
        stage.verdict(&id).await;
        stage.quiet().await;
        // Oftener than a run that fails is tried again: to say a verdict anew is no attempt.
        for times in 1..=4 {
            stage.delete_what_the_gate_says(&id).await;
            stage.swept().await;
            let verdict = stage.verdict(&id).await;
            assert!(verdict.starts_with(beginning), "{verdict}");
            stage.assert_right(&id).await;
            assert_eq!(stage.executions(None).await.len(), 1 + times);
        }
        assert_eq!(stage.builds().await.len(), 1);
        stage.strike().await;
    });
}

/// The gate knows what it said, and says it as often as it is deleted.
#[tokio::test(flavor = "multi_thread")]
async fn the_last_word_of_a_gate_that_gave_up_is_said_again() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("change", "main", &[("value", "5\n")]);
    stage.quiet().await;
    let trouble = Trouble::begin(&stage, "AccessDeniedException", |call| {
        call.operation == "CreateProject"
    });
    let id = stage.open("change", "Change").await;
    stage.quiet().await;
    let last_word = stage.verdict(&id).await;
    assert!(last_word.contains("gave up"), "{last_word}");
    stage.delete_what_the_gate_says(&id).await;
    stage.swept().await;
    let said = stage.verdict(&id).await;
    assert!(said.contains("gave up"), "{said}");
    let before = stage.executions(None).await;
    stage.swept().await;
    assert_eq!(stage.executions(None).await, before, "once is enough");
    trouble.end();
    stage.strike().await;
}

/// Nobody asked for another test of it: what the retry built is there.
#[tokio::test(flavor = "multi_thread")]
async fn a_verdict_after_a_retry_that_somebody_deleted_is_said_again_and_nothing_is_built_for_it() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("change", "main", &[("value", "5\n")]);
    let id = stage.open("change", "Change").await;
    stage.verdict(&id).await;
    stage.quiet().await;
    stage.ask(&id, "/gate retry").await;
    stage.quiet().await;
    assert_eq!(stage.builds().await.len(), 2);
    stage.delete_what_the_gate_says(&id).await;
    stage.swept().await;
    stage.assert_right(&id).await;
    stage.verdict_like(&id, "### ✅").await;
    assert_eq!(stage.builds().await.len(), 2);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_was_never_deserved_is_taken_back() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("change", "main", &[("value", "11\n")]);
    let id = stage.open("change", "Change").await;
    stage.quiet().await;
    set_approval_by_hand(&stage, &id, ApprovalState::Approve).await;
    assert!(stage.approved(&id).await);
    stage.swept().await;
    assert!(!stage.approved(&id).await);
    stage.assert_right_verdict(&id).await;
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_pull_request_that_is_as_it_should_be_is_left_alone() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("green", "main", &[("value", "5\n")]);
    stage.copy.push("red", "main", &[("value", "11\n")]);
    let green = stage.open("green", "Green").await;
    let red = stage.open("red", "Red").await;
    stage.quiet().await;
    let before = (stage.leftovers().await, stage.executions(None).await);
    stage.swept().await;
    let after = (stage.leftovers().await, stage.executions(None).await);
    assert_eq!(before, after);
    assert_eq!(before.1.len(), 2);
    stage.assert_right(&green).await;
    stage.assert_right(&red).await;
    stage.strike().await;
}

#[test]
fn a_pull_request_that_cannot_be_read_is_never_taken_for_a_closed_one() {
    let codes = [
        "ThrottlingException",
        "AccessDeniedException",
        "InternalFailure",
    ];
    play_all(codes.to_vec(), async |&code: &&'static str| {
        let stage = Stage::set(&green_files()).await;
        stage.copy.push("change", "main", &[("value", "5\n")]);
        stage.copy.push("closed", "main", &[("value", "6\n")]);
        let id = stage.open("change", "Change").await;
        let closed = stage.open("closed", "To be closed").await;
        stage.quiet().await;
        let before = (stage.leftovers().await, stage.executions(None).await);
        let trouble = Trouble::begin(&stage, code, |call| {
            is_the_gates(call) && call.operation == "GetPullRequest"
        });
        let error = stage.tell_router_to_sweep().await.unwrap_err();
        assert!(error.contains("there is trouble"), "{error}");
        stage.quiet().await;
        let after = (stage.leftovers().await, stage.executions(None).await);
        assert_eq!(before, after);
        trouble.end();
        stage.close(&closed).await;
        stage.swept().await;
        let of_closed = format!("mergegate-pr-{closed}");
        let left = stage.leftovers().await;
        assert!(
            left.iter().all(|left| !left.contains(&of_closed)),
            "{left:?}"
        );
        assert!(left.contains(&format!("mergegate-pr-{id}")), "{left:?}");
        assert!(stage.approved(&id).await);
        stage.strike().await;
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_of_a_pull_request_whose_repository_is_gone_goes_too() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("change", "main", &[("value", "5\n")]);
    let id = stage.open("change", "Change").await;
    stage.verdict(&id).await;
    stage.quiet().await;
    let client = stage.code_commit("ann");
    client
        .delete_repository()
        .repository_name("demo")
        .send()
        .await
        .unwrap();
    stage.swept().await;
    let clients = stage.clients();
    assert_eq!(
        clients.builds.projects("mergegate-pr-").await.unwrap(),
        Vec::<String>::new()
    );
    assert!(
        clients
            .builds
            .report_groups("mergegate-pr-")
            .await
            .unwrap()
            .is_empty()
    );
    let folder = clients.names().pull_requests();
    assert_eq!(
        clients.parameters.names_below(&folder).await.unwrap(),
        Vec::<String>::new()
    );
    stage.strike().await;
}

/// The functions may read what belongs to gated repositories; a deployment without one leaves the rest to the sweep.
#[tokio::test(flavor = "multi_thread")]
async fn the_environment_of_a_repository_that_is_not_gated_any_more_goes_and_the_sweep_does_not_fail()
 {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("change", "main", &[("value", "5\n")]);
    let id = stage.open("change", "Change").await;
    stage.verdict(&id).await;
    stage.quiet().await;
    let clients = stage.clients();
    let demo = gate_core::id::RepositoryName::new("demo");
    let settings = clients.names().settings(&demo);
    clients.parameters.delete(&[settings]).await.unwrap();
    let trouble = Trouble::begin(&stage, "AccessDeniedException", |call| {
        call.service == "codecommit" && is_the_gates(call)
    });
    stage.swept().await;
    trouble.end();
    assert_eq!(stage.leftovers().await, Vec::<String>::new());
    stage.strike().await;
}

/// Names of executions are taken for 90 days, also for the state machine of a gate that was removed and deployed again.
#[tokio::test(flavor = "multi_thread")]
async fn a_gate_that_is_deployed_anew_goes_on_with_the_next_number_where_names_are_taken() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("change", "main", &[("value", "5\n")]);
    let id = stage.open("change", "Change").await;
    stage.verdict(&id).await;
    stage.quiet().await;
    let before = stage.executions(None).await;
    deploy_anew(&stage).await;
    assert_eq!(stage.executions(None).await, Vec::<String>::new());

    stage.swept().await;
    People::assert_right(&stage, &id).await;
    let next = |run: &String| format!("{}-2", run.trim_end_matches("-1"));
    assert_eq!(
        stage.executions(None).await,
        before.iter().map(next).collect::<Vec<_>>()
    );
    stage.strike().await;
}

/// `cdk destroy` and `cdk deploy`, as far as runs are concerned: another state machine under the same name, nothing remembered.
async fn deploy_anew(stage: &Stage) {
    let machines = stage.step_functions();
    let arn = &stage.system.deployment().state_machine_arn;
    let described = machines.describe_state_machine().state_machine_arn(arn);
    let described = described.send().await.unwrap();
    let deleted = machines.delete_state_machine().state_machine_arn(arn);
    deleted.send().await.unwrap();
    let created = machines
        .create_state_machine()
        .name(described.name)
        .definition(described.definition)
        .role_arn(described.role_arn);
    created.send().await.unwrap();
    let clients = stage.clients();
    let folder = clients.names().pull_requests();
    let remembered = clients.parameters.names_below(&folder).await.unwrap();
    clients.parameters.delete(&remembered).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_looks_like_the_gates_is_left_alone() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.git(&[
        "push",
        "--quiet",
        "origin",
        "main:refs/heads/mergegate/notes",
    ]);
    stage.copy.git(&[
        "push",
        "--quiet",
        "origin",
        "main:refs/heads/mergegate-pr-1",
    ]);
    let parameters = stage.parameter_store();
    for name in [
        "/mergegate/other/pull-requests/1/run",
        "/mergegate/mergegate/pull-requests/one/run",
    ] {
        let put = parameters.put_parameter().name(name).value("x");
        put.r#type("String".into()).send().await.unwrap();
    }
    stage.swept().await;
    assert_eq!(stage.executions(None).await, Vec::<String>::new());
    for name in [
        "/mergegate/other/pull-requests/1/run",
        "/mergegate/mergegate/pull-requests/one/run",
    ] {
        assert!(
            parameters.get_parameter().name(name).send().await.is_ok(),
            "{name}"
        );
    }
    assert!(
        stage
            .copy
            .git(&["ls-remote", "--heads", "origin"])
            .contains("mergegate/notes")
    );
    stage.strike().await;
}

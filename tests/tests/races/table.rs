//! The races of the design's table that need more than one strike.

use std::{sync::Arc, time::Duration};

use aws_sdk_codecommit::{
    primitives::Blob,
    types::{
        ConflictDetailLevelTypeEnum, ConflictResolution, ConflictResolutionStrategyTypeEnum,
        ReplaceContentEntry, ReplacementTypeEnum,
    },
};
use futures::future::BoxFuture;
use gate_core::{
    id::{PullRequestId, RevisionId},
    protocol::ResultRecord,
};
use local_aws::{Interference, Moment, Observer};
use mergegate_tests::{
    BUILDSPEC, Blow, Deed, Place, Stage, THE_GATE, closes, green_files, play_all,
    pull_request_event, pushes,
};
use tokio::sync::Mutex;

use crate::MOMENTS;

/// Builds whose value is 1 never end by themselves.
fn endless_files() -> Vec<(&'static str, &'static str)> {
    let endless = BUILDSPEC.replace(
        "- sh test.sh",
        "- '[ \"$(cat value)\" = 1 ] && sleep 600; sh test.sh'",
    );
    let mut files = green_files();
    files[0].1 = String::leak(endless);
    files
}

fn place(state: &str, operation: &str) -> Place {
    Place {
        state: state.to_owned(),
        operation: operation.to_owned(),
        nth: 1,
    }
}

/// Both moments of the places.
fn moments(places: &[(&str, &str)]) -> Vec<String> {
    let all = places.iter().flat_map(|(state, operation)| {
        MOMENTS.map(|moment| format!("{moment:?} {state} {operation}"))
    });
    all.collect()
}

fn parse(scenario: &str) -> (Moment, Place) {
    let words: Vec<_> = scenario.split(' ').collect();
    let moment = if words[0] == "Before" {
        Moment::Before
    } else {
        Moment::After
    };
    (moment, place(words[1], words[2]))
}

/// A stage whose pull request is about to be struck while its build would run for ever.
async fn endless(moment: Moment, place: Place, deed: impl Fn(&Stage) -> Deed) -> (Stage, String) {
    let stage = Stage::set(&endless_files()).await;
    stage.copy.push("change", "main", &[("note", "first\n")]);
    stage.copy.commit("change", "", &[("value", "2\n")]);
    let blow = Blow::new(place, moment, deed(&stage));
    stage.system.account().observe(blow.observer());
    let id = stage.open("change", "Change").await;
    stage
        .eventually("the strike", async || blow.has_struck().then_some(()))
        .await;
    (stage, id)
}

const AROUND_A_RUNNING_BUILD: [(&str, &str); 4] = [
    ("StartBuilds", "StartBuild"),
    ("StartBuilds", "Invoke"),
    ("Announce", "Invoke"),
    ("CheckBuilds", "Invoke"),
];

#[test]
fn a_close_stops_a_build_that_is_just_being_started_or_looked_at() {
    play_all(
        moments(&AROUND_A_RUNNING_BUILD),
        async |scenario: &String| {
            let (moment, place) = parse(scenario);
            let (stage, id) = endless(moment, place, |stage| closes(stage, "1")).await;
            stage.quiet().await;
            stage.assert_right(&id).await;
            stage.strike().await;
        },
    );
}

#[test]
fn a_push_stops_a_build_that_is_just_being_started_or_looked_at() {
    play_all(
        moments(&AROUND_A_RUNNING_BUILD),
        async |scenario: &String| {
            let (moment, place) = parse(scenario);
            let (stage, id) = endless(moment, place, |stage| pushes(stage, "change")).await;
            stage.verdict(&id).await;
            stage.quiet().await;
            stage.assert_right(&id).await;
            stage.strike().await;
        },
    );
}

#[test]
fn of_two_runs_for_one_revision_the_later_one_speaks() {
    let places = [
        ("Prepare", "CreateProject"),
        ("Revoke", "Invoke"),
        ("StartBuilds", "StartBuild"),
        ("Announce", "PostCommentForPullRequest"),
        ("CheckBuilds", "Invoke"),
        ("Report", "UpdatePullRequestApprovalState"),
        ("Report", "UpdateComment"),
        ("Report", "PutParameter"),
    ];
    play_all(moments(&places), async |scenario: &String| {
        let (moment, place) = parse(scenario);
        let stage = Arc::new(Stage::set(&green_files()).await);
        stage.copy.push("change", "main", &[("value", "5\n")]);
        let later = Arc::new(Mutex::new(None));
        let deed = {
            let (stage, later) = (stage.clone(), later.clone());
            Deed::meanwhile(move || {
                let (stage, later) = (stage.clone(), later.clone());
                Box::pin(async move {
                    let first = stage.executions(None).await.pop().unwrap();
                    *later.lock().await = Some(stage.run_again(&first).await);
                })
            })
        };
        let blow = Blow::new(place, moment, deed);
        stage.system.account().observe(blow.observer());
        let id = stage.open("change", "Change").await;
        stage.quiet().await;
        stage.assert_right(&id).await;
        let later = later.lock().await.clone().expect("a later run");
        let comment = stage.verdict(&id).await;
        let last_line = format!("Mergegate · run {later}");
        assert!(comment.ends_with(&last_line), "{later} expected: {comment}");
        stage.system.shut_down().await;
    });
}

/// The revision that the gate last remembered to have spoken about.
async fn said_last(stage: &Stage, id: &str) -> Option<RevisionId> {
    let clients = stage.clients();
    let result = clients.names().result(&PullRequestId::new(id));
    let record: Option<ResultRecord> = clients.parameters.get(&result).await.unwrap();
    record.map(|record| record.revision)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_run_that_still_speaks_leaves_the_comment_of_a_newer_one_alone() {
    let stage = Arc::new(Stage::set(&endless_files()).await);
    stage.copy.push("change", "main", &[("value", "5\n")]);
    stage.copy.commit("change", "", &[("value", "1\n")]);
    let deed = {
        let stage = stage.clone();
        Deed::meanwhile(move || {
            let stage = stage.clone();
            Box::pin(async move {
                let copy = stage.copy.clone();
                let push = tokio::task::spawn_blocking(move || copy.send("change"));
                push.await.expect("a push");
                let revision = RevisionId::new(stage.revision("1").await);
                while said_last(&stage, "1").await.as_ref() != Some(&revision) {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            })
        })
    };
    let approval = place("Report", "UpdatePullRequestApprovalState");
    let blow = Blow::new(approval, Moment::Before, deed);
    stage.system.account().observe(blow.observer());
    let id = stage.open("change", "Change").await;
    stage
        .eventually("the end of the older run", async || {
            let ended = stage.executions(Some("SUCCEEDED")).await;
            (ended.len() == 1).then_some(())
        })
        .await;
    let comments = stage.comments(&id).await;
    let [older, newer] = &comments[..] else {
        panic!("two comments expected: {comments:#?}");
    };
    assert!(older.contains("a newer revision"), "{older}");
    assert!(newer.starts_with("### ⏳"), "{newer}");
    stage.copy.push("change", "", &[("value", "2\n")]);
    stage.verdict(&id).await;
    stage.quiet().await;
    stage.assert_right(&id).await;
    stage.system.shut_down().await;
}

/// What a rule delivers comes twice, and late by a time that differs from event to event.
fn shuffled() -> Observer {
    let number = Arc::new(std::sync::atomic::AtomicU64::new(0));
    Arc::new(move |call, moment| -> BoxFuture<'static, Interference> {
        if call.caller != "events.amazonaws.com" || moment == Moment::After {
            return Box::pin(async { Interference::Pass });
        }
        let number = number.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Box::pin(async move {
            let late = [700, 0, 350, 50, 500, 10][usize::try_from(number).unwrap() % 6];
            tokio::time::sleep(Duration::from_millis(late)).await;
            Interference::Repeat
        })
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_come_twice_late_and_out_of_order_change_nothing_in_the_end() {
    let stage = Stage::set(&green_files()).await;
    stage.system.account().observe(shuffled());
    stage.copy.push("change", "main", &[("value", "5\n")]);
    let id = stage.open("change", "Change").await;
    for value in ["11\n", "6\n", "12\n", "7\n"] {
        stage.copy.push("change", "", &[("value", value)]);
    }
    stage.quiet().await;
    stage.assert_right(&id).await;
    stage.copy.push("change", "", &[("value", "13\n")]);
    stage.quiet().await;
    stage.assert_right(&id).await;
    stage.close(&id).await;
    stage.quiet().await;
    stage.assert_right(&id).await;
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_event_again_starts_nothing() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("change", "main", &[("value", "5\n")]);
    let id = stage.open("change", "Change").await;
    let opened = pull_request_event("pullRequestCreated", &stage.pull_request(&id).await);
    stage.verdict(&id).await;
    stage.quiet().await;
    let runs = stage.executions(None).await;
    assert_eq!(runs.len(), 1);
    let answer = stage.tell_router(&opened).await.unwrap();
    assert_eq!(
        answer["ignored"],
        format!("run {} has this revision", runs[0])
    );
    stage.copy.push("change", "", &[("value", "6\n")]);
    stage.verdict(&id).await;
    stage.quiet().await;
    // Now it is the event of an older revision.
    let answer = stage.tell_router(&opened).await.unwrap();
    assert!(
        answer["ignored"]
            .as_str()
            .unwrap()
            .ends_with("has this revision"),
        "{answer}"
    );
    assert_eq!(stage.executions(None).await.len(), 2);
    stage.close(&id).await;
    stage.quiet().await;
    let answer = stage.tell_router(&opened).await.unwrap();
    assert_eq!(answer["already"], format!("pr-{id}-close-1"));
    stage.assert_right(&id).await;
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_a_commit_that_reads_do_not_show_yet_comes_again() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("change", "main", &[("value", "5\n")]);
    let id = stage.open("change", "Change").await;
    let mut early = pull_request_event("pullRequestCreated", &stage.pull_request(&id).await);
    early["detail"]["sourceCommit"] = "0123456789012345678901234567890123456789".into();
    let error = stage.tell_router(&early).await.unwrap_err();
    assert_eq!(
        error,
        format!(
            "ReadsBehind: reads are behind: pull request {id} is not shown with its commit \
             0123456789012345678901234567890123456789 yet"
        )
    );
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_request_of_the_gates_own_gets_words_instead_of_an_approval() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("change", "main", &[("value", "5\n")]);
    let id = stage.open_as(THE_GATE, "change", "main", "Mine").await;
    let verdict = stage.verdict(&id).await;
    assert!(
        verdict.starts_with(
            "### ⚪ Mergegate: passed, not approved: CodeCommit lets nobody approve their own pull request, \
             and the gate opened this one\n"
        ),
        "{verdict}"
    );
    assert!(!stage.approved(&id).await);
    stage.swept().await;
    assert_eq!(
        stage.executions(None).await.len(),
        1,
        "the sweep finds it as it should be"
    );
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_people_stop_is_tried_three_times_and_then_says_so() {
    let stage = Stage::set(&endless_files()).await;
    stage.copy.push("change", "main", &[("note", "first\n")]);
    let id = stage.open("change", "Change").await;
    for attempt in 1..=3 {
        let run = stage
            .eventually("the next attempt at work", async || {
                let run = stage.executions(Some("RUNNING")).await.pop()?;
                let builds = stage.running_builds().await.len();
                (run.ends_with(&format!("-{attempt}")) && builds == 1).then_some(run)
            })
            .await;
        stage.stop_run(&run).await;
    }
    let verdict = stage.verdict(&id).await;
    assert!(
        verdict.starts_with("### ⚠️ Mergegate: the gate gave up, nothing is approved\n"),
        "{verdict}"
    );
    // The event of its end tells how it ended; the sweep, should it come first, that it ended.
    let said = ["-3 ended as ABORTED", "-3 ended without a verdict"];
    assert!(said.iter().any(|said| verdict.contains(said)), "{verdict}");
    assert!(!stage.approved(&id).await);
    stage.swept().await;
    assert_eq!(
        stage.executions(None).await.len(),
        4,
        "three runs and one that says so"
    );
    stage.copy.push("change", "", &[("value", "2\n")]);
    stage.verdict(&id).await;
    stage.quiet().await;
    stage.assert_right(&id).await;
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_a_person_stops_is_not_approved() {
    let stage = Stage::set(&endless_files()).await;
    stage.copy.push("change", "main", &[("note", "first\n")]);
    let id = stage.open("change", "Change").await;
    let build = stage.running_build().await;
    let client = stage.code_build();
    client.stop_build().id(build).send().await.unwrap();
    let verdict = stage.verdict(&id).await;
    assert!(
        verdict.starts_with("### ❌ Mergegate: not approved, `build` was stopped\n"),
        "{verdict}"
    );
    assert!(
        verdict.contains("- ❌ **build** was stopped by hand after "),
        "{verdict}"
    );
    assert!(!stage.approved(&id).await);
    stage.strike().await;
}

#[test]
fn refuses_a_foreign_commit_on_the_preview_branch() {
    let places = [("Prepare", "CreateBranch"), ("StartBuilds", "StartBuild")];
    play_all(moments(&places), async |scenario: &String| {
        let (moment, place) = parse(scenario);
        let stage = Arc::new(Stage::set(&green_files()).await);
        stage.copy.push("change", "main", &[("value", "9\n")]);
        stage.copy.push("main", "", &[("limit", "8\n")]);
        // Green by itself, and nothing that was asked for.
        stage.copy.commit("foreign", "main", &[("value", "0\n")]);
        let deed = {
            let stage = stage.clone();
            Deed::meanwhile(move || {
                let stage = stage.clone();
                Box::pin(async move {
                    let run = stage.executions(None).await.pop().unwrap();
                    let branch = gate_core::names::preview_branch(
                        &gate_core::id::PullRequestId::new("1"),
                        &gate_core::id::RunName::new(run),
                    );
                    let push = move || {
                        let to = format!("foreign:refs/heads/{branch}");
                        stage
                            .copy
                            .git(&["push", "--quiet", "--force", "origin", &to]);
                    };
                    tokio::task::spawn_blocking(push).await.unwrap();
                })
            })
        };
        let blow = Blow::new(place, moment, deed);
        stage.system.account().observe(blow.observer());
        let id = stage.open("change", "Change").await;
        let verdict = stage.verdict(&id).await;
        assert!(blow.has_struck());
        assert!(
            verdict.starts_with("### ❌ Mergegate: not approved, "),
            "{verdict}"
        );
        assert!(!stage.approved(&id).await);
        stage.assert_approvals_deserved(&id).await;
        stage.close(&id).await;
        stage.swept().await;
        stage.assert_right(&id).await;
        stage.system.shut_down().await;
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_comment_is_possible_the_last_one_takes_a_reply() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("change", "main", &[("value", "11\n")]);
    let id = stage.open("change", "Change").await;
    stage.verdict(&id).await;
    let main = stage.copy.git(&["rev-parse", "origin/main"]);
    stage.copy.git(&[
        "push",
        "--quiet",
        "--force",
        "origin",
        &format!("{main}:change"),
    ]);
    let verdict = stage.verdict(&id).await;
    assert!(
        verdict.starts_with("### ✅ Mergegate: approved\n"),
        "{verdict}"
    );
    assert_eq!(stage.comments(&id).await.len(), 2);
    stage.quiet().await;
    stage.assert_right(&id).await;
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_of_something_else_than_was_tested_is_said() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("change", "main", &[("value", "5\n")]);
    let id = stage.open("change", "Change").await;
    stage.verdict(&id).await;
    stage.quiet().await;
    stage.copy.push("main", "", &[("limit", "4\n")]);
    stage.merge(&id).await;
    stage.cleaned().await;
    let comments = stage.comments(&id).await;
    let last = comments.last().unwrap();
    assert!(
        last.starts_with("### ⚠️ Mergegate: the merge is not what was tested\n"),
        "{comments:#?}"
    );
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_that_somebody_resolved_by_hand_is_said_to_be_one() {
    let lines = |first: &str, last: &str| format!("{first}\n2\n3\n4\n5\n6\n7\n8\n{last}\n");
    let mut files = green_files();
    let (before, ours, theirs) = (lines("1", "9"), lines("one", "9"), lines("1", "nine"));
    files.push(("list", &before));
    let stage = Stage::set(&files).await;
    // By lines it merges, by files it conflicts.
    stage.copy.push("change", "main", &[("list", &ours)]);
    stage.copy.push("main", "", &[("list", &theirs)]);
    let id = stage.open("change", "Change").await;
    stage.verdict(&id).await;
    stage.quiet().await;
    let content = ReplaceContentEntry::builder()
        .file_path("list")
        .replacement_type(ReplacementTypeEnum::UseNewContent)
        .content(Blob::new("99\n"))
        .build()
        .unwrap();
    let merge = stage.code_commit("ann").merge_pull_request_by_three_way();
    let merge = merge.pull_request_id(&id).repository_name("demo");
    merge
        .conflict_detail_level(ConflictDetailLevelTypeEnum::FileLevel)
        .conflict_resolution_strategy(ConflictResolutionStrategyTypeEnum::None)
        .conflict_resolution(
            ConflictResolution::builder()
                .replace_contents(content)
                .build(),
        )
        .send()
        .await
        .unwrap();
    stage.cleaned().await;
    let comments = stage.comments(&id).await;
    let words = "whoever merged resolved it by hand, and nobody tested the result";
    assert!(comments.last().unwrap().contains(words), "{comments:#?}");
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_of_what_was_tested_needs_no_further_word() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("change", "main", &[("value", "5\n")]);
    stage.copy.push("main", "", &[("limit", "8\n")]);
    let id = stage.open("change", "Change").await;
    stage.verdict(&id).await;
    stage.quiet().await;
    stage.merge(&id).await;
    stage.cleaned().await;
    assert_eq!(stage.comments(&id).await.len(), 1);
    stage.strike().await;
}

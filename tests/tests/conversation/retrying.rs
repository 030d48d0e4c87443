//! Testing once more.

use gate_core::id::PullRequestId;

use crate::{APPROVED, RED, check, opens_with, with_rules};

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_of_all_builds_everything_again() {
    let door = tempfile::tempdir().unwrap();
    let open = door.path().join("open");
    let rules = [
        check("unit", &opens_with(&open), ""),
        check("docs", "true", ""),
    ]
    .concat();
    let (stage, id) = with_rules(&rules, "2\n", "Flaky").await;
    stage.verdict_like(&id, RED).await;
    stage.quiet().await;
    assert_eq!(stage.builds().await.len(), 2);
    std::fs::write(&open, "").unwrap();
    assert_eq!(
        stage.ask(&id, "/gate retry all").await,
        "Everything is tested again."
    );
    stage.verdict_like(&id, APPROVED).await;
    assert_eq!(stage.builds().await.len(), 4);
    assert!(stage.approved(&id).await);
    stage.close(&id).await;
    stage.cleaned().await;
    stage.strike().await;
}

/// How often each check was built.
async fn built(stage: &mergegate_tests::Stage) -> Vec<(String, usize)> {
    let mut counts = std::collections::BTreeMap::new();
    for build in stage.builds().await {
        let environment = build.environment().unwrap();
        let variables = environment.environment_variables().iter();
        let mut names = variables.filter(|variable| variable.name() == "MERGEGATE_CHECK");
        let check = names.next().unwrap().value().to_owned();
        *counts.entry(check).or_insert(0) += 1;
    }
    counts.into_iter().collect()
}

fn counts(expected: &[(&str, usize)]) -> Vec<(String, usize)> {
    let owned = expected
        .iter()
        .map(|(check, times)| ((*check).to_owned(), *times));
    owned.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_of_what_failed_builds_only_that_and_what_comes_after_it_on_the_very_same_merge_commit()
 {
    let door = tempfile::tempdir().unwrap();
    let open = door.path().join("open");
    let rules = [
        check("unit", &opens_with(&open), ""),
        check("docs", "true", ""),
        check("web", "true", "after = [\"unit\"]"),
    ];
    let (stage, id) = with_rules(&rules.concat(), "2\n", "Flaky").await;
    // The destination moves, so that merging is no fast-forward.
    stage.verdict_like(&id, RED).await;
    stage.quiet().await;
    stage.copy.push("main", "", &[("note", "moved\n")]);
    stage.ask(&id, "/gate retry").await;
    stage.quiet().await;
    let red = stage.verdict_like(&id, RED).await;
    assert!(red.contains("tested as merged ("), "{red}");
    stage.quiet().await;
    assert_eq!(built(&stage).await, counts(&[("docs", 2), ("unit", 2)]));

    std::fs::write(&open, "").unwrap();
    let reply = stage.ask(&id, "/gate retry failed").await;
    insta::assert_snapshot!("retry_failed", reply);
    let green = stage.verdict_like(&id, APPROVED).await;
    insta::assert_snapshot!("retried_verdict", crate::masked(&green));
    assert_eq!(
        built(&stage).await,
        counts(&[("docs", 2), ("unit", 3), ("web", 1)])
    );
    assert!(stage.approved(&id).await);
    let tested: std::collections::BTreeSet<_> = stage
        .builds()
        .await
        .into_iter()
        .take(3)
        .map(|build| build.resolved_source_version.unwrap())
        .collect();
    assert_eq!(tested.len(), 1, "one merge commit: {tested:?}");
    stage.quiet().await;

    stage.ask(&id, "/gate retry docs").await;
    stage.quiet().await;
    assert_eq!(
        built(&stage).await,
        counts(&[("docs", 3), ("unit", 3), ("web", 1)])
    );
    assert!(stage.approved(&id).await);
    let status = stage.ask(&id, "/gate status").await;
    assert!(status.contains("✅ `unit` passed"), "{status}");
    stage.close(&id).await;
    stage.cleaned().await;
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_request_that_the_gate_gave_up_is_tried_again_on_demand() {
    let door = tempfile::tempdir().unwrap();
    let open = door.path().join("open");
    let waits = format!("until {}; do sleep 0.1; done", opens_with(&open));
    let (stage, id) = with_rules(&check("unit", &waits, ""), "2\n", "Change").await;
    for attempt in 1..=3 {
        let run = stage.eventually("the next attempt at work", async || {
            let run = stage.executions(Some("RUNNING")).await.pop()?;
            let builds = stage.running_builds().await.len();
            (run.ends_with(&format!("-{attempt}")) && builds == 1).then_some(run)
        });
        stage.stop_run(&run.await).await;
    }
    let words = stage.verdict_like(&id, "### ⚠️ Mergegate: the gate gave up");
    let words = words.await;
    assert!(
        !words.contains("nothing was built"),
        "a build began: {words}"
    );
    assert!(words.contains("Write `/gate retry` or push"), "{words}");
    stage.quiet().await;
    std::fs::write(&open, "").unwrap();
    stage.ask(&id, "/gate retry").await;
    stage.verdict_like(&id, APPROVED).await;
    assert!(stage.approved(&id).await);
    stage.close(&id).await;
    stage.cleaned().await;
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lifted_hold_approves_what_was_green_without_a_build() {
    let (stage, id) = with_rules(&check("build", "true", ""), "2\n", "Change").await;
    stage.verdict_like(&id, APPROVED).await;
    stage.quiet().await;
    stage.ask(&id, "/gate hold").await;
    stage.verdict_like(&id, crate::HELD).await;
    stage.quiet().await;
    stage.ask(&id, "/gate unhold").await;
    stage.verdict_like(&id, APPROVED).await;
    assert!(stage.approved(&id).await);
    assert_eq!(stage.builds().await.len(), 1);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_destination_moved_everything_is_built_again_and_the_comment_says_why() {
    let rules = [
        check("unit", "test $(cat value) -lt 2", ""),
        check("docs", "true", ""),
    ];
    let (stage, id) = with_rules(&rules.concat(), "2\n", "Change").await;
    stage.verdict_like(&id, RED).await;
    stage.quiet().await;
    stage.copy.push("main", "", &[("note", "moved\n")]);
    stage.ask(&id, "/gate retry unit").await;
    stage.quiet().await;
    let red = stage.verdict_like(&id, RED).await;
    assert!(
        red.contains("- everything was built again: the destination has moved since"),
        "{red}"
    );
    assert_eq!(built(&stage).await, counts(&[("docs", 2), ("unit", 2)]));
    stage.strike().await;
}

/// The claim as it stands.
async fn claim(stage: &mergegate_tests::Stage, id: &str) -> String {
    let clients = stage.clients();
    let name = clients.names().claim(&PullRequestId::new(id));
    let claim = clients.parameters.get_text(&name).await.unwrap();
    claim.expect("a claim")
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_to_test_again_what_failed_too_often_until_somebody_pushes() {
    let rules = [
        check("unit", "test $(cat value) -lt 10", ""),
        "[limits]\nfailed_runs = 2\n".to_owned(),
    ];
    let (stage, id) = with_rules(&rules.concat(), "11\n", "Stubborn").await;
    let first = stage.verdict_like(&id, RED).await;
    assert!(
        first.contains("Push a fix, or write `/gate retry unit` if you believe it is flaky."),
        "{first}"
    );
    stage.quiet().await;
    stage.ask(&id, "/gate retry").await;
    stage.quiet().await;
    let second = stage.verdict_like(&id, RED).await;
    insta::assert_snapshot!("failed_too_often", crate::masked(&second));

    let before = claim(&stage, &id).await;
    let asked = "/gate retry\n/gate retry unit\n/gate no-cache\n/gate status";
    let refused = stage.ask(&id, asked).await;
    insta::assert_snapshot!("not_tested_again", crate::masked(&refused));
    stage.quiet().await;
    assert_eq!(claim(&stage, &id).await, before, "no run was disturbed");
    assert_eq!(stage.builds().await.len(), 2);
    stage.swept().await;
    assert_eq!(stage.builds().await.len(), 2, "nor does the sweep build it");

    stage.copy.push("change", "", &[("value", "12\n")]);
    stage.quiet().await;
    stage.verdict_like(&id, RED).await;
    assert_eq!(
        stage.ask(&id, "/gate retry").await,
        "Everything is tested again."
    );
    stage.quiet().await;
    assert_eq!(stage.builds().await.len(), 4);
    stage.close(&id).await;
    stage.cleaned().await;
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_is_lifted_is_no_further_failure() {
    let rules = [
        check("unit", "test $(cat value) -lt 10", ""),
        "[limits]\nfailed_runs = 2\n".to_owned(),
    ];
    let (stage, id) = with_rules(&rules.concat(), "11\n", "Held").await;
    stage.verdict_like(&id, RED).await;
    stage.quiet().await;
    for command in ["/gate hold", "/gate unhold", "/gate hold", "/gate unhold"] {
        stage.ask(&id, command).await;
        stage.quiet().await;
    }
    assert_eq!(stage.builds().await.len(), 1);
    assert_eq!(
        stage.ask(&id, "/gate retry").await,
        "Everything is tested again."
    );
    stage.quiet().await;
    assert_eq!(stage.builds().await.len(), 2);
    stage.strike().await;
}

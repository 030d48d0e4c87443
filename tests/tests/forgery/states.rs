//! States that no step has put out, handed to a function by whoever may invoke it.

use mergegate_tests::{BUILDSPEC, Stage, StageOptions, green_files};
use serde_json::{Value, json};

use crate::{APPROVED, RED, assert_stays_red, judged, mallory};

#[tokio::test(flavor = "multi_thread")]
async fn refuses_a_hand_made_state_that_would_approve_a_red_pull_request() {
    let (stage, id) = judged(StageOptions::default(), "11\n", RED).await;
    let mallory = mallory(&stage).await;
    let run = mallory.variable("MERGEGATE_RUN");
    let states = stage.states(&run).await;
    let genuine = states.into_iter().rfind(|state| state["next"] == "report");
    let genuine = genuine.expect("what Report was handed");
    let green = mallory.forges(&run, "2").await;
    let report = |state: &Value| {
        json!({
            "step": "report",
            "execution": { "name": run, "start_time": mallory.variable("MERGEGATE_RUN_STARTED") },
            "state": state,
        })
    };
    let mut changed = genuine.clone();
    changed["run"]["builds"][0]["id"] = json!(green);
    let mut without_seal = changed.clone();
    without_seal.as_object_mut().unwrap().remove("seal");
    let mut nothing_required = genuine.clone();
    nothing_required["run"]["plan"]["checks"] = json!([]);
    let mut optional = genuine.clone();
    optional["run"]["builds"] = json!([]);
    for state in [changed, without_seal.clone(), nothing_required, optional] {
        let error = stage.tell("reporter", &report(&state)).await.unwrap_err();
        let words =
            "BrokenSeal: the state that `Report` was handed does not bear the gate's seal: it ";
        assert!(error.starts_with(words), "{error}");
        assert!(!stage.approved(&id).await);
    }
    // What the run itself has put out is read, and is what it was.
    stage.tell("reporter", &report(&genuine)).await.unwrap();
    assert_stays_red(&stage, &id).await;

    // Explain gives a failure its words, and believes nothing else.
    without_seal["failure"] = json!({ "Error": "BrokenSeal", "Cause": "made up" });
    let mut explain = report(&without_seal);
    explain["step"] = json!("explain");
    let left = stage.tell("reporter", &explain).await.unwrap();
    assert_eq!(left["run"], Value::Null);
    assert_stays_red(&stage, &id).await;
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_seal_is_of_another_key_ends_in_words_and_is_tried_again() {
    let door = tempfile::tempdir().unwrap();
    let open = door.path().join("open");
    let waits = format!(
        "- 'until [ -e {} ]; do sleep 0.1; done; sh test.sh'",
        open.display()
    );
    let slow = BUILDSPEC.replace("- sh test.sh", &waits);
    let mut files = green_files();
    files[0].1 = &slow;
    let stage = Stage::set(&files).await;
    stage.copy.push("change", "main", &[("value", "2\n")]);
    let id = stage.open("change", "Change").await;
    stage.running_build().await;
    stage
        .eventually("the announcement", async || stage.comments(&id).await.pop())
        .await;
    let first = stage.executions(Some("RUNNING")).await.remove(0);
    // A deployment without the secret makes another one.
    let stage = stage
        .restarted(|data| {
            let journal = data.join("journal.jsonl");
            let text = std::fs::read_to_string(&journal).unwrap();
            let others = text
                .lines()
                .filter(|line| !line.contains("secretsmanager-secrets"));
            let text = others.collect::<Vec<_>>().join("\n") + "\n";
            std::fs::write(&journal, text).unwrap();
        })
        .await;
    std::fs::write(&open, "").unwrap();
    stage
        .eventually("the end of the first run", async || {
            stage.error_of(&first).await
        })
        .await;
    assert_eq!(stage.error_of(&first).await.as_deref(), Some("BrokenSeal"));
    stage.verdict_like(&id, APPROVED).await;
    stage.swept().await;
    stage.assert_right(&id).await;
    assert!(stage.approved(&id).await);
    stage.strike().await;
}

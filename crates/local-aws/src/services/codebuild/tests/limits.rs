//! Stops, timeouts, queues and tokens; the disk and the output that a build may use.

use std::time::Duration;

use serde_json::json;

use super::bench::{Bench, phase, spec, until_dead};

#[tokio::test]
async fn a_stopped_build_leaves_no_process_not_even_one_that_left_its_group() {
    let bench = Bench::open().await;
    let (near, far) = (bench.trace("near"), bench.trace("far"));
    bench
        .project_of(&spec(&[&format!(
            "trap '' TERM; sh -c 'trap \"\" TERM; sleep 600 & echo $! >{}; wait' & setsid sleep 601 & echo $! >{}; wait",
            near.display(),
            far.display()
        )]))
        .await;
    let id = bench.start(json!({})).await;
    let pids = [
        bench.until_exists(&near).await,
        bench.until_exists(&far).await,
    ];
    let stopping = bench.did("StopBuild", json!({ "id": id })).await;
    assert_eq!(stopping["build"]["id"], id.as_str());
    let build = bench.ended(&id).await;
    assert_eq!(build["buildStatus"], "STOPPED");
    assert_eq!(phase(&build, "BUILD")["phaseStatus"], "STOPPED");
    for pid in pids {
        until_dead(&pid).await;
    }
    let again = bench.did("StopBuild", json!({ "id": id })).await;
    assert_eq!(again["build"]["buildStatus"], "STOPPED");
}

#[tokio::test]
async fn what_a_green_build_leaves_running_ends_with_it() {
    let bench = Bench::open().await;
    let trace = bench.trace("pid");
    bench
        .project_of(&spec(&[&format!(
            "sleep 600 & echo $! >{}",
            trace.display()
        )]))
        .await;
    let build = bench.run(json!({})).await;
    assert_eq!(build["buildStatus"], "SUCCEEDED");
    until_dead(&bench.until_exists(&trace).await).await;
}

#[tokio::test]
async fn a_build_that_never_ends_is_timed_out() {
    let bench = Bench::open().await;
    let trace = bench.trace("pid");
    bench
        .project_of(&spec(&[&format!(
            "echo $$ >{}; sleep 6000",
            trace.display()
        )]))
        .await;
    let id = bench.start(json!({ "timeoutInMinutesOverride": 5 })).await;
    let pid = bench.until_exists(&trace).await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(301)).await;
    tokio::time::resume();
    let build = bench.ended(&id).await;
    assert_eq!(build["buildStatus"], "TIMED_OUT");
    assert_eq!(
        phase(&build, "BUILD")["contexts"],
        json!([{ "statusCode": "BUILD_TIMED_OUT", "message": "Build has timed out." }])
    );
    until_dead(&pid).await;
}

#[tokio::test]
async fn builds_wait_for_a_place_and_beyond_the_queue_they_are_refused() {
    let bench = Bench::open_with(|settings| settings.concurrent_builds = 1).await;
    bench.project_of(&spec(&["sleep 600"])).await;
    let mut ids = Vec::new();
    for _ in 0..6 {
        ids.push(bench.start(json!({})).await);
    }
    let (code, message) = bench
        .refusal("StartBuild", json!({ "projectName": "demo" }))
        .await;
    assert_eq!(code, "AccountLimitExceededException");
    assert_eq!(
        message,
        "Cannot have more than 6 builds in queue for the account"
    );
    bench
        .until(&ids[0], |build| build["currentPhase"] == "BUILD")
        .await;
    assert_eq!(bench.build(&ids[1]).await["currentPhase"], "QUEUED");
    bench.did("StopBuild", json!({ "id": ids[1] })).await;
    let stopped = bench.ended(&ids[1]).await;
    assert_eq!(phase(&stopped, "QUEUED")["phaseStatus"], "STOPPED");
    bench.did("StopBuild", json!({ "id": ids[0] })).await;
    bench
        .until(&ids[2], |build| build["currentPhase"] == "BUILD")
        .await;
    bench.account.shut_down().await;
}

#[tokio::test]
async fn a_build_that_waits_too_long_for_a_place_is_timed_out() {
    let bench = Bench::open_with(|settings| settings.concurrent_builds = 1).await;
    bench.project_of(&spec(&["sleep 600"])).await;
    let first = bench.start(json!({})).await;
    bench
        .until(&first, |build| build["currentPhase"] == "BUILD")
        .await;
    let second = bench
        .start(json!({ "queuedTimeoutInMinutesOverride": 5 }))
        .await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(301)).await;
    tokio::time::resume();
    let build = bench.ended(&second).await;
    assert_eq!(build["buildStatus"], "TIMED_OUT");
    assert_eq!(phase(&build, "QUEUED")["phaseStatus"], "TIMED_OUT");
    bench.account.shut_down().await;
}

#[tokio::test]
async fn refuses_more_builds_than_the_project_allows_at_once() {
    let bench = Bench::open().await;
    bench.project_of(&spec(&["sleep 600"])).await;
    bench
        .did(
            "UpdateProject",
            json!({ "name": "demo", "concurrentBuildLimit": 1 }),
        )
        .await;
    bench.start(json!({})).await;
    let (code, message) = bench
        .refusal("StartBuild", json!({ "projectName": "demo" }))
        .await;
    assert_eq!(code, "AccountLimitExceededException");
    assert!(message.contains("its concurrentBuildLimit"), "{message}");
    bench.account.shut_down().await;
}

#[tokio::test]
async fn a_token_starts_one_build_and_refuses_other_parameters() {
    let bench = Bench::open().await;
    bench.project_of(&spec(&["true"])).await;
    let first = bench.start(json!({ "idempotencyToken": "t" })).await;
    let second = bench.start(json!({ "idempotencyToken": "t" })).await;
    assert_eq!(first, second);
    let other = json!({ "projectName": "demo", "idempotencyToken": "t", "sourceVersion": "main" });
    let (code, message) = bench.refusal("StartBuild", other).await;
    assert_eq!(code, "InvalidInputException");
    assert!(message.contains("used with other parameters"), "{message}");
}

#[tokio::test]
async fn a_complete_build_is_retried_and_deleted() {
    let bench = Bench::open().await;
    bench.project_of(&spec(&["echo again"])).await;
    let build = bench.run(json!({})).await;
    let retried = bench.did("RetryBuild", json!({ "id": build["id"] })).await;
    assert_eq!(retried["build"]["buildNumber"], 2);
    let id = retried["build"]["id"].as_str().unwrap();
    assert!(bench.log(&bench.ended(id).await).contains("\nagain\n"));
    let deleted = bench.did("BatchDeleteBuilds", json!({ "ids": [id] })).await;
    assert_eq!(deleted["buildsDeleted"].as_array().unwrap().len(), 1);
    assert_eq!(
        bench.did("BatchGetBuilds", json!({ "ids": [id] })).await["buildsNotFound"],
        json!([id])
    );
}

/// A build that wants the disk for itself: it writes, and then it waits to be found out.
const GREEDY: &str = "dd if=/dev/zero of=big bs=1048576 count=8 2>/dev/null; sleep 600";

async fn assert_out_of_disk(bench: &Bench, message: &str) {
    bench.project_of(&spec(&[GREEDY])).await;
    let build = bench.run(json!({})).await;
    assert_eq!(build["buildStatus"], "FAILED");
    assert_eq!(
        phase(&build, "BUILD")["contexts"],
        json!([{ "statusCode": "CLIENT_ERROR", "message": message }])
    );
    let builds = bench.account.directory("builds");
    assert_eq!(std::fs::read_dir(builds).unwrap().count(), 0);
}

#[tokio::test]
async fn fails_a_build_that_writes_more_than_it_may() {
    let bench = Bench::open_with(|settings| settings.build_disk_bytes = 4 << 20).await;
    assert_out_of_disk(
        &bench,
        "The build used more disk than this endpoint allows: at most 4 MiB in its folder, and 256 MiB stay free.",
    )
    .await;
}

#[tokio::test]
async fn fails_a_build_that_leaves_too_little_of_the_disk() {
    let bench = Bench::open_with(|settings| settings.disk_reserve_bytes = u64::MAX).await;
    assert_out_of_disk(
        &bench,
        "The build used more disk than this endpoint allows: at most 65536 MiB in its folder, and 17592186044415 MiB stay free.",
    )
    .await;
}

#[tokio::test]
async fn output_beyond_the_limit_of_a_log_is_left_out_and_the_build_goes_on() {
    let bench = Bench::open().await;
    bench
        .project_of(&spec(&["yes | head -c 70000000", "echo done"]))
        .await;
    let build = bench.run(json!({})).await;
    assert_eq!(build["buildStatus"], "SUCCEEDED");
    let id = build["id"].as_str().unwrap();
    let unique = id.split_once(':').unwrap().1;
    let log = std::fs::read(super::super::log::path(&bench.account, unique)).unwrap();
    assert!(log.len() < 65 << 20, "{} bytes", log.len());
    let end = String::from_utf8_lossy(&log[64 << 20..]);
    assert!(
        end.contains("The log has reached 64 MiB: further output of commands is left out\n"),
        "{end}"
    );
    assert!(!end.contains("\ndone\n"), "{end}");
}

#[tokio::test]
async fn folders_nested_deeper_than_any_stack_go_with_their_build() {
    let bench = Bench::open().await;
    let deep = "import os\nfor _ in range(8000):\n    os.mkdir('d')\n    os.chdir('d')\n";
    let script = bench.trace("deep.py");
    std::fs::write(&script, deep).unwrap();
    bench
        .project_of(&format!(
            "{}reports:\n  unit:\n    files: ['**/*.xml']\n",
            spec(&[&format!("python3 {}", script.display())])
        ))
        .await;
    let build = bench.run(json!({})).await;
    assert_eq!(build["buildStatus"], "SUCCEEDED", "{}", bench.log(&build));
    let builds = bench.account.directory("builds");
    assert_eq!(std::fs::read_dir(builds).unwrap().count(), 0);
}

#[tokio::test]
async fn an_exported_variable_is_never_read_from_what_a_command_put_in_its_place() {
    let bench = Bench::open().await;
    let secret = bench.trace("secret");
    std::fs::write(&secret, "hidden").unwrap();
    let plant = format!(
        "ln -s {} ../session/exported-LINK; mkfifo ../session/exported-PIPE; chmod 0500 ../session",
        secret.display()
    );
    // The shell writes through the link, and would wait at the pipe for ever: only unset variables leave both alone.
    bench
        .project_of(&format!(
            "version: 0.2\nenv:\n  exported-variables: [LINK, PIPE]\nphases:\n  build:\n    commands:\n      - {}\n",
            json!(plant)
        ))
        .await;
    let build = bench.run(json!({})).await;
    assert_eq!(build["buildStatus"], "SUCCEEDED", "{}", bench.log(&build));
    assert!(
        !build["exportedEnvironmentVariables"]
            .to_string()
            .contains("hidden"),
        "{build}"
    );
}

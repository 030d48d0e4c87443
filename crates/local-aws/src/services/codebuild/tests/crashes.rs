//! What a build goes through when the endpoint ends under it.

use std::sync::Arc;

use serde_json::json;

use super::bench::{Bench, is_alive, phases, spec, until_dead};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .worker_threads(2)
        .build()
        .unwrap()
}

#[test]
fn a_build_that_outlived_its_endpoint_is_ended_and_started_again() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let pids = folder.path().join("pids");
    let go = folder.path().join("go");
    let commands = format!(
        "echo $$ >>{}; until [ -e {} ]; do sleep 0.02; done; echo finished",
        pids.display(),
        go.display()
    );
    let first = runtime();
    let (id, old) = first.block_on(async {
        let bench = Bench::open_in(Arc::clone(&folder), |_| {}).await;
        bench.project_of(&spec(&[&commands])).await;
        let id = bench.start(json!({})).await;
        let old = bench.until_exists(&pids).await;
        (id, old)
    });
    // As a SIGKILL would: tasks vanish, processes stay.
    first.shutdown_timeout(std::time::Duration::from_secs(5));
    assert!(is_alive(&old));
    runtime().block_on(async {
        let bench = Bench::open_in(Arc::clone(&folder), |_| {}).await;
        assert_eq!(bench.build(&id).await["buildStatus"], "IN_PROGRESS");
        until_dead(&old).await;
        std::fs::write(&go, "").unwrap();
        let build = bench.ended(&id).await;
        assert_eq!(build["buildStatus"], "SUCCEEDED", "{}", bench.log(&build));
        assert_eq!(
            phases(&build).matches("BUILD SUCCEEDED").count(),
            3,
            "{}",
            phases(&build)
        );
        assert_eq!(std::fs::read_to_string(&pids).unwrap().lines().count(), 2);
        let log = bench.log(&build);
        assert!(
            log.contains("The endpoint was restarted: the build starts from the beginning"),
            "{log}"
        );
    });
}

#[tokio::test]
async fn a_shut_down_ends_the_processes_and_the_next_start_takes_the_builds_up() {
    let bench = Bench::open_with(|settings| settings.concurrent_builds = 1).await;
    let trace = bench.trace("pids");
    bench
        .project_of(&spec(&[&format!(
            "echo $$ >>{}; [ -e {}/go ] || sleep 600",
            trace.display(),
            bench.folder.path().display()
        )]))
        .await;
    let running = bench.start(json!({})).await;
    let waiting = bench.start(json!({})).await;
    let stopped = bench.start(json!({})).await;
    let pid = bench.until_exists(&trace).await;
    bench.account.shut_down().await;
    until_dead(&pid).await;
    // Told while no endpoint runs it: the journal remembers.
    bench.did("StopBuild", json!({ "id": stopped })).await;
    let folder = Arc::clone(&bench.folder);
    drop(bench);
    std::fs::write(folder.path().join("go"), "").unwrap();
    let bench = Bench::open_in(folder, |settings| settings.concurrent_builds = 1).await;
    assert_eq!(bench.ended(&running).await["buildStatus"], "SUCCEEDED");
    assert_eq!(bench.ended(&waiting).await["buildStatus"], "SUCCEEDED");
    assert_eq!(bench.ended(&stopped).await["buildStatus"], "STOPPED");
}

//! Builds that somebody looks on at: the audit, and an observer that spoils them.

use serde_json::json;

use super::bench::{Bench, git, spec};
use crate::{
    Interference, Moment, RUN_COMMANDS, ServiceError,
    audit::{self, Happened},
};

fn spoils(bench: &Bench, struck: Moment, interference: Interference) {
    bench
        .account
        .observe(std::sync::Arc::new(move |call, moment| {
            let hit = call.operation == RUN_COMMANDS && moment == struck;
            let answer = if hit {
                interference.clone()
            } else {
                Interference::Pass
            };
            Box::pin(async { answer })
        }));
}

async fn audited() -> Bench {
    Bench::open_with(|settings| settings.audit = true).await
}

fn exit_codes(bench: &Bench) -> Vec<i32> {
    let happened = audit::read(&bench.folder.path().join("data")).unwrap();
    let built = happened.into_iter().filter_map(|happened| match happened {
        Happened::Built { exit_code, .. } => Some(exit_code),
        _ => None,
    });
    built.collect()
}

#[tokio::test]
async fn the_audit_has_the_tree_and_the_first_exit_code_that_is_not_0() {
    let bench = audited().await;
    let commands = [
        "true",
        "git commit --quiet --allow-empty -m forged",
        "exit 3",
    ];
    let commit = bench.repository(&[("buildspec.yml", &spec(&commands))]);
    let tree = git(&bench.bare(), &["rev-parse", &format!("{commit}^{{tree}}")]);
    bench.project(|_| {}).await;
    let build = bench.run(json!({ "sourceVersion": "main" })).await;
    let happened = audit::read(&bench.folder.path().join("data")).unwrap();
    let [
        Happened::Fetched { .. },
        Happened::Built {
            exit_code,
            build: id,
            commit: audited_commit,
            tree: audited_tree,
        },
        Happened::Ended {
            build: ended,
            status,
        },
    ] = &happened[..]
    else {
        panic!("{happened:?}");
    };
    assert_eq!(build["id"], id.as_str());
    assert_eq!(build["id"], ended.as_str());
    assert_eq!(build["buildStatus"], status.as_str());
    assert_eq!((audited_commit, audited_tree), (&commit, &tree));
    assert!([3, 128].contains(exit_code), "{exit_code}");
}

#[tokio::test]
async fn an_account_without_audit_writes_nothing_down() {
    let bench = Bench::open().await;
    bench.repository(&[("buildspec.yml", &spec(&["true"]))]);
    bench.project(|_| {}).await;
    bench.run(json!({ "sourceVersion": "main" })).await;
    assert_eq!(exit_codes(&bench), Vec::<i32>::new());
    assert!(!bench.folder.path().join("data/audit.jsonl").exists());
}

#[tokio::test]
async fn a_spoilt_build_is_a_fault_before_its_commands_or_after_them() {
    for (moment, codes) in [(Moment::Before, vec![]), (Moment::After, vec![0])] {
        let bench = audited().await;
        bench.repository(&[("buildspec.yml", &spec(&["true"]))]);
        bench.project(|_| {}).await;
        let error = ServiceError::internal("no room");
        spoils(&bench, moment, Interference::Fail(error));
        let build = bench.run(json!({ "sourceVersion": "main" })).await;
        assert_eq!(build["buildStatus"], "FAULT", "{moment:?}");
        assert_eq!(exit_codes(&bench), codes, "{moment:?}");
    }
}

#[tokio::test]
async fn a_build_whose_processes_are_killed_has_not_succeeded() {
    let bench = audited().await;
    bench.repository(&[("buildspec.yml", &spec(&["sleep 600"]))]);
    bench.project(|_| {}).await;
    spoils(&bench, Moment::Before, Interference::Drop);
    let build = bench.run(json!({ "sourceVersion": "main" })).await;
    let status = build["buildStatus"].as_str().unwrap();
    assert!(["FAILED", "FAULT"].contains(&status), "{status}");
    assert!(!exit_codes(&bench).contains(&0));
}

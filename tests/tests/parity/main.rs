//! `gate check` says what the deployed gate says: the same plan, verdict and comment for repositories that a seed draws.
//!
//! One side is a pull request at a local endpoint, pushed, opened and read over HTTP; the other the command in a clone.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod repository;

use std::{collections::BTreeSet, path::Path, time::Duration};

use futures::{StreamExt as _, stream};
use gate_core::{id::PullRequestId, protocol::ResultRecord};
use mergegate_tests::{Stage, StageOptions, WorkingCopy, tools, without_what_differs};
use repository::{Repository, VARIATIONS, repository};
use serde_json::{Value, json};
use tokio::process::Command;

const REPOSITORIES: u64 = 20;
/// So many at once: each waits for builds of its own.
const AT_ONCE: usize = 4;
/// A minute of a build's time limits, on both sides.
const BUILD_MINUTE: Duration = Duration::from_millis(500);

/// What a side says of a pull request.
#[derive(Debug, PartialEq)]
struct Said {
    verdict: String,
    plan: Value,
    comment: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn gate_check_says_of_twenty_repositories_what_the_deployed_gate_says() {
    let repositories: Vec<_> = (0..REPOSITORIES).map(repository).collect();
    let drawn: BTreeSet<_> = repositories
        .iter()
        .flat_map(|repository| &repository.variations)
        .copied()
        .collect();
    let never: Vec<_> = VARIATIONS
        .iter()
        .filter(|variation| !drawn.contains(*variation))
        .collect();
    assert!(never.is_empty(), "the seeds never draw {never:?}");

    let options = StageOptions {
        build_minute: BUILD_MINUTE,
        ..StageOptions::default()
    };
    let stage = Stage::set_with(options, &[("readme.md", "another repository\n")]).await;
    let compared = stream::iter(&repositories)
        .map(|repository| compare(&stage, repository))
        .buffer_unordered(AT_ONCE);
    let compared: Vec<String> = compared.collect().await;
    let verdicts: BTreeSet<_> = compared.iter().map(String::as_str).collect();
    assert!(verdicts.is_superset(&["approve", "reject", "hold"].into()));
    stage.strike().await;
}

/// Asks both sides; answers the verdict they agree on.
async fn compare(stage: &Stage, repository: &Repository) -> String {
    let folder = tempfile::tempdir().unwrap();
    let copy = set_up(repository, stage, folder.path()).await;
    let deployed = deployed(stage, repository, &copy).await;
    let checked = checked(repository, folder.path()).await;
    assert_eq!(deployed.plan, checked.plan, "{repository}");
    assert_eq!(deployed.comment, checked.comment, "{repository}");
    assert_eq!(deployed.verdict, checked.verdict, "{repository}");
    deployed.verdict
}

/// A clone at the branch `topic`, with both branches pushed.
async fn set_up(repository: &Repository, stage: &Stage, folder: &Path) -> WorkingCopy {
    let client = stage.code_commit("ann");
    let create = client.create_repository().repository_name(&repository.name);
    create.send().await.expect("a repository");
    let url = format!("{}/v1/repos/{}", stage.url(), repository.name);
    let copy = WorkingCopy::clone(&url, folder.join(&repository.name));
    copy.commit("main", "", &borrowed(&repository.begin));
    copy.commit("topic", "main", &borrowed(&repository.topic));
    if !repository.meanwhile.is_empty() {
        copy.commit("main", "", &borrowed(&repository.meanwhile));
    }
    copy.send("main");
    copy.send("topic");
    copy.git(&["checkout", "--quiet", "topic"]);
    copy
}

fn borrowed(files: &[(String, String)]) -> Vec<(&str, &str)> {
    let pairs = files.iter();
    pairs
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect()
}

async fn deployed(stage: &Stage, repository: &Repository, copy: &WorkingCopy) -> Said {
    assert_eq!(copy.git(&["branch", "--show-current"]), "topic");
    let id = stage.open_in(&repository.name, "topic", &repository.title);
    let id = id.await;
    let comment = stage.verdict(&id).await;
    let clients = stage.clients();
    let name = clients.names().result(&PullRequestId::new(id.as_str()));
    let record = stage.eventually("the verdict's record", async || {
        let record: Option<ResultRecord> = clients.parameters.get(&name).await.unwrap();
        record.filter(|record| record.verdict.is_some())
    });
    let record = record.await;
    let verdict = json!(record.verdict.unwrap());
    Said {
        verdict: verdict.as_str().unwrap().to_owned(),
        plan: stage.plan(record.run.as_str()).await,
        comment: without_links(&without_what_differs(&comment)),
    }
}

/// `gate check` shows no link, since nothing answers once it has ended.
fn without_links(comment: &str) -> String {
    comment
        .replace(": [log](LINK)", "")
        .replace(" [All results](LINK)\n", "\n")
        .replace("[All results](LINK)\n\n", "")
}

async fn checked(repository: &Repository, folder: &Path) -> Said {
    let minute = BUILD_MINUTE.as_millis().to_string();
    let mut command = Command::new(tools::gate());
    command
        .args(["check", "--json", "--title", &repository.title])
        .args(["--build-minute", &minute])
        .arg("--repo")
        .arg(folder.join(&repository.name))
        .env("XDG_STATE_HOME", folder.join("state"))
        .env("NO_COLOR", "1");
    let output = command.output().await.unwrap();
    let object: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let verdict = object["verdict"].as_str().unwrap().to_owned();
    let code = i32::from(verdict != "approve");
    assert_eq!(output.status.code(), Some(code), "{verdict}");
    Said {
        verdict,
        plan: object["plan"].clone(),
        comment: without_what_differs(object["comment"].as_str().unwrap()),
    }
}

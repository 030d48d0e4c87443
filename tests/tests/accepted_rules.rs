//! Rules that the gate accepts leave a gate: who opens the next pull request gets a verdict.
//!
//! `MERGEGATE_RULE_FILES=2000` plays as many made-up rules.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::{
    io::Write as _,
    ops::Range,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use futures::{StreamExt as _, stream};
use mergegate_tests::{Stage, StageOptions};

/// Rules that are played where nobody says how many.
const FEW: u64 = 20;
/// So many destinations there are: all rules of a batch are pushed together, each to be merged into a branch of its own.
const BATCH: u64 = 100;
/// So many of them are played at the same time.
const AT_ONCE: usize = 8;
/// Rules may have two hundred checks.
const PATIENCE: Duration = Duration::from_mins(5);
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

const GOOD: &str = "version: 0.2\nphases: {build: {commands: ['true']}}\n";
const SETTINGS: &str = "/mergegate/mergegate/repositories/demo/settings";

/// How a story ended that went well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The gate accepted the rules, and gave a verdict under them.
    Accepted,
    /// It did not accept them.
    Refused,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_pull_request_under_any_rules_that_the_gate_accepted_gets_its_verdict() {
    let count = match std::env::var("MERGEGATE_RULE_FILES") {
        Ok(count) => count.parse().expect("a number"),
        Err(_) => FEW,
    };
    let options = StageOptions {
        concurrent_builds: 8,
        ..StageOptions::default()
    };
    let stage = Stage::set_with(options, &[("buildspec.yml", GOOD), ("value", "1\n")]).await;
    gate_all_destinations(&stage).await;
    let (mut ends, mut wrong) = (Vec::new(), Vec::new());
    for first in (0..count).step_by(usize::try_from(BATCH).unwrap()) {
        let seeds = first..count.min(first + BATCH);
        bring(&stage, seeds.clone());
        let stories = stream::iter(seeds).map(|seed| play(&stage, seed));
        let mut stories = stories.buffer_unordered(AT_ONCE);
        while let Some(end) = stories.next().await {
            match end {
                Ok(end) => ends.push(end),
                Err(words) => wrong.push(words),
            }
        }
    }
    stage.strike().await;
    let accepted = ends.iter().filter(|end| **end == End::Accepted).count();
    say(&format!(
        "of {count} made-up rules {accepted} were accepted, and each was followed by a verdict but {}",
        wrong.len()
    ));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        accepted > 0 && accepted < ends.len(),
        "the search is blind: {ends:?}"
    );
}

/// Past the capture of the test harness: the figures are for every reader of the log.
fn say(text: &str) {
    let mut stderr = std::io::stderr();
    stderr.write_all(format!("{text}\n").as_bytes()).unwrap();
}

fn destination(seed: u64) -> String {
    format!("into-{}", seed % BATCH)
}

fn rules(seed: u64) -> String {
    format!("rules-{seed}")
}

fn next(seed: u64) -> String {
    format!("next-{seed}")
}

async fn gate_all_destinations(stage: &Stage) {
    let parameters = stage.parameter_store();
    let found = stage.eventually("the repository's settings", async || {
        let found = parameters.get_parameter().name(SETTINGS).send().await;
        found.ok()?.parameter?.value
    });
    let settings = found.await;
    let mut settings: serde_json::Value = serde_json::from_str(&settings).unwrap();
    settings["destinations"] = (0..BATCH).map(destination).collect();
    let put = parameters.put_parameter().name(SETTINGS);
    let put = put.value(settings.to_string()).overwrite(true);
    put.send().await.unwrap();
}

/// Makes the destinations as `main` is, and pushes the rules and what comes after each.
fn bring(stage: &Stage, seeds: Range<u64>) {
    let mut commits = Vec::new();
    for seed in seeds.clone() {
        commit(&mut commits, &rules(seed), "main", seed);
        for (path, text) in fuzz::rule_files(seed) {
            write(&mut commits, &path, &text);
        }
        write(&mut commits, "value", "1\n");
        commits.push(b'\n');
        change(&mut commits, seed);
    }
    import(stage, &commits);
    let branches = seeds.flat_map(|seed| {
        let same = |branch: String| format!("+refs/heads/{branch}:refs/heads/{branch}");
        let from_main = format!("+refs/heads/main:refs/heads/{}", destination(seed));
        [from_main, same(rules(seed)), same(next(seed))]
    });
    let branches: Vec<String> = branches.collect();
    let mut push = vec!["push", "--quiet", "origin"];
    push.extend(branches.iter().map(String::as_str));
    stage.copy.git(&push);
}

/// A commit in place of all that its parent has.
fn commit(commits: &mut Vec<u8>, branch: &str, parent: &str, seed: u64) {
    write!(
        commits,
        "commit refs/heads/{branch}\ncommitter Ann <ann@example.com> {seed} +0000\n\
         data 1\n.\nfrom refs/heads/{parent}\ndeleteall\n"
    )
    .unwrap();
}

/// Whatever the rules are, the next pull request changes something else.
fn change(commits: &mut Vec<u8>, seed: u64) {
    write!(
        commits,
        "commit refs/heads/{}\ncommitter Ann <ann@example.com> {seed} +0000\n\
         data 1\n.\nfrom refs/heads/{}\n",
        next(seed),
        rules(seed)
    )
    .unwrap();
    write(commits, "value", "2\n");
    commits.push(b'\n');
}

fn write(commits: &mut Vec<u8>, path: &str, text: &str) {
    write!(
        commits,
        "M 100644 inline {path}\ndata {}\n{text}\n",
        text.len()
    )
    .unwrap();
}

fn import(stage: &Stage, commits: &[u8]) {
    let mut import = Command::new("git")
        .args(["fast-import", "--quiet"])
        .current_dir(stage.copy.path())
        .stdin(Stdio::piped())
        .spawn()
        .expect("git fast-import");
    let mut stdin = import.stdin.take().expect("its input");
    stdin.write_all(commits).expect("its input");
    drop(stdin);
    assert!(import.wait().expect("its end").success(), "no commits");
}

async fn play(stage: &Stage, seed: u64) -> Result<End, String> {
    let told = |words: String| format!("rules {seed}: {words}");
    let into = destination(seed);
    let id = stage.open_as("ann", &rules(seed), &into, "Rules").await;
    verdict(stage, &id).await.map_err(told)?;
    if !stage.approved(&id).await {
        stage.close(&id).await;
        return Ok(End::Refused);
    }
    stage.merge(&id).await;
    let id = stage.open_as("ann", &next(seed), &into, "Next").await;
    verdict(stage, &id).await.map_err(told)?;
    stage.close(&id).await;
    Ok(End::Accepted)
}

/// Waits for what the gate says in the end, which has to be a verdict.
async fn verdict(stage: &Stage, id: &str) -> Result<(), String> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if let Some(words) = stage.try_verdict(id).await {
            let verdicts = ["### ✅", "### ❌", "### ⏸"];
            let is_verdict = verdicts.iter().any(|verdict| words.starts_with(verdict));
            return is_verdict
                .then_some(())
                .ok_or_else(|| format!("no verdict on {id}: {words}"));
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    Err(format!("{id} waits in vain"))
}

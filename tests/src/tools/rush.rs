//! Many pull requests opened at once, judged, closed and swept.

use std::time::{Duration, Instant};

use aws_sdk_sfn::types::ExecutionStatus;
use futures::future::join_all;

use super::team::{FAILS, PASSES, Team};

/// One in so many pull requests brings a report with a failed test.
const ONE_IN: usize = 10;

/// What a rush cost.
pub struct Figures {
    /// From the first opened to the last run ended.
    pub until_all_verdicts: Duration,
    /// From the first closed to the last environment gone.
    pub until_all_gone: Duration,
    /// The most memory `gate local` ever had resident.
    pub peak_memory_mib: u64,
}

/// Opens `count` pull requests at once, all of which need a merge preview; panics if a verdict is wrong or if anything is
/// left after all are closed and the sweep has run.
pub async fn rush(count: usize) -> Figures {
    let team = Team::start(&["--wait-scale", "0.05", "--concurrent-builds", "4"]).await;
    let sources: Vec<String> = (0..count)
        .map(|number| format!("change-{number}"))
        .collect();
    push(&team, &sources);

    let start = Instant::now();
    let ids = join_all(sources.iter().map(|source| team.open(source))).await;
    team.eventually("every run to end", async || {
        (team.runs(ExecutionStatus::Succeeded).await.len() >= count).then_some(())
    })
    .await;
    let until_all_verdicts = start.elapsed();
    join_all(
        ids.iter()
            .enumerate()
            .map(|(number, id)| judge(&team, number, id)),
    )
    .await;

    let start = Instant::now();
    join_all(ids.iter().map(|id| team.close(id))).await;
    team.sweep();
    team.eventually("every environment to be gone", async || {
        team.leftovers().await.is_empty().then_some(())
    })
    .await;
    team.eventually("the last run to end", async || {
        team.runs(ExecutionStatus::Running)
            .await
            .is_empty()
            .then_some(())
    })
    .await;
    assert_eq!(team.leftovers().await, Vec::<String>::new());
    for status in [
        ExecutionStatus::Failed,
        ExecutionStatus::TimedOut,
        ExecutionStatus::Aborted,
    ] {
        assert_eq!(team.runs(status).await, Vec::<String>::new());
    }
    Figures {
        until_all_verdicts,
        until_all_gone: start.elapsed(),
        peak_memory_mib: team.gate.peak_memory_mib(),
    }
}

/// Branches that leave `main` before its last commit, each with a report of its own.
fn push(team: &Team, sources: &[String]) {
    let copy = &team.copy;
    for (number, source) in sources.iter().enumerate() {
        let report = if is_red(number) { FAILS } else { PASSES };
        copy.git(&["checkout", "--quiet", "-b", source, "main"]);
        std::fs::write(copy.path().join("report.xml"), report).expect("a report");
        std::fs::write(copy.path().join(source), source).expect("a file");
        copy.git(&["add", "--all"]);
        copy.git(&["commit", "--quiet", "--message", source]);
    }
    copy.git(&[
        "push",
        "--quiet",
        "origin",
        "refs/heads/change-*:refs/heads/change-*",
    ]);
    copy.push("main", "", &[("later", "x\n")]);
}

fn is_red(number: usize) -> bool {
    number % ONE_IN == ONE_IN - 1
}

async fn judge(team: &Team, number: usize, id: &str) {
    let comments = team.comments(id).await;
    let verdict = if is_red(number) {
        "### ❌ Mergegate: not approved, 1 test failure"
    } else {
        "### ✅ Mergegate: approved"
    };
    assert!(
        comments.len() == 1
            && comments[0].starts_with(verdict)
            && comments[0].contains("tested as merged ("),
        "pull request {id}: {comments:#?}"
    );
    assert_eq!(
        team.is_satisfied(id).await,
        !is_red(number),
        "pull request {id}"
    );
}

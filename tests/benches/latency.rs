//! From the pull request event to the approval, less the Wait states, by the `gate local` process: one pull request
//! after the other, builds of `true`. Exits with 1 if the median is over its bound.
//!
//! A build runs while its run waits, so that its own time is within the Wait states; a build that took longer would
//! show as another look.

#![allow(
    clippy::expect_used,
    reason = "a story ends where something is not as it must be"
)]

use std::{collections::BTreeMap, process::ExitCode};

use aws_sdk_codecommit::{primitives::DateTime, types::PullRequestEventType};
use aws_sdk_sfn::types::{ExecutionStatus, HistoryEvent};
use mergegate_tests::tools::{PASSES, Team};

const COUNT: usize = 30;
const BOUND_MILLISECONDS: f64 = 400.0;
/// The first look at an unknown build comes after 4 s, at a known one after 1 s.
const WAIT_SCALE: f64 = 1.0;

#[tokio::main]
async fn main() -> ExitCode {
    let team = Team::start(&["--wait-scale", &WAIT_SCALE.to_string()]).await;
    let mut total = Vec::new();
    let mut parts: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for number in 0..COUNT {
        let one = measure(&team, number).await;
        total.push(one.milliseconds);
        for (part, milliseconds) in one.parts {
            parts.entry(part).or_default().push(milliseconds);
        }
    }
    println!(
        "{COUNT} pull requests one after the other, builds of `true`: event to approval, less the Wait states"
    );
    for (part, milliseconds) in &mut parts {
        print(part, milliseconds);
    }
    let median = print("event to approval", &mut total);
    if median > BOUND_MILLISECONDS {
        eprintln!("broken: at most {BOUND_MILLISECONDS} ms");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// One line; answers the median.
fn print(part: &str, milliseconds: &mut [f64]) -> f64 {
    milliseconds.sort_by(f64::total_cmp);
    let at = |share: usize| milliseconds[(milliseconds.len() - 1) * share / 100];
    println!(
        "{part:20} median {:6.0} ms   90 % {:6.0} ms   worst {:6.0} ms",
        at(50),
        at(90),
        at(100)
    );
    at(50)
}

struct Measured {
    milliseconds: f64,
    parts: BTreeMap<String, f64>,
}

async fn measure(team: &Team, number: usize) -> Measured {
    let source = format!("change-{number}");
    team.copy
        .push(&source, "main", &[(&source, "x\n"), ("report.xml", PASSES)]);
    // With a commit on the destination since, there is a merge preview to be made.
    team.copy.push("main", "", &[("later", &source)]);
    let id = team.open(&source).await;
    team.eventually("the run to end", async || {
        (team.runs(ExecutionStatus::Succeeded).await.len() > number).then_some(())
    })
    .await;
    let opened = happened(team, &id, PullRequestEventType::PullRequestCreated).await;
    let approved = happened(
        team,
        &id,
        PullRequestEventType::PullRequestApprovalStateChanged,
    )
    .await;
    let newest = team.runs(ExecutionStatus::Succeeded).await.swap_remove(0);
    let history = team
        .step_functions
        .get_execution_history()
        .execution_arn(newest);
    let history = history
        .max_results(1000)
        .send()
        .await
        .expect("a history")
        .events;

    let mut parts = states(&history);
    let waited = parts.remove("Wait").expect("a wait") * WAIT_SCALE;
    let started = milliseconds(&history[0].timestamp);
    parts.insert("event to run".to_owned(), started - opened);
    Measured {
        milliseconds: approved - opened - waited,
        parts,
    }
}

/// Time spent in each task and wait, by name.
fn states(history: &[HistoryEvent]) -> BTreeMap<String, f64> {
    let mut spent = BTreeMap::new();
    let mut entered = 0.0;
    for event in history {
        if event.state_entered_event_details.is_some() {
            entered = milliseconds(&event.timestamp);
        } else if let Some(left) = &event.state_exited_event_details
            && (event.r#type.as_str().starts_with("Task") || left.name == "Wait")
        {
            *spent.entry(left.name.clone()).or_default() +=
                milliseconds(&event.timestamp) - entered;
        }
    }
    spent
}

/// When something happened to a pull request, in milliseconds.
async fn happened(team: &Team, id: &str, kind: PullRequestEventType) -> f64 {
    let describe = team
        .code_commit
        .describe_pull_request_events()
        .pull_request_id(id);
    let events = describe
        .pull_request_event_type(kind)
        .send()
        .await
        .expect("events");
    let first = events.pull_request_events.first().expect("an event");
    milliseconds(first.event_date.as_ref().expect("a date"))
}

fn milliseconds(time: &DateTime) -> f64 {
    time.as_secs_f64() * 1000.0
}

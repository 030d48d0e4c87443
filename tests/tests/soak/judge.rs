//! The judgement, once nothing misbehaves any more: the audit, git and what everybody can read, never the gate's records.

use std::{
    fmt::{self, Write as _},
    time::{Duration, Instant},
};

use aws_sdk_codecommit::types::{PullRequest, PullRequestStatusEnum};
use aws_sdk_sfn::types::{ExecutionListItem, ExecutionStatus};
use local_aws::audit::Happened;
use mergegate_tests::{Ledger, People, Stage};

/// A quiet system is right after this many sweeps, or never.
const SWEEPS: usize = 4;
/// The last faults may take half a minute to be over, and what has piled up its time.
const PATIENCE: Duration = Duration::from_mins(4);

/// What a soak was made of.
pub(crate) struct Figures {
    pull_requests: usize,
    merged: usize,
    open: usize,
    builds: usize,
    approvals: usize,
    runs: (usize, usize),
    sweeps: (usize, usize),
    dead_letters: usize,
}

impl fmt::Display for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let closed = self.pull_requests - self.open;
        write!(
            formatter,
            "{} pull requests, {closed} closed, {} of these merged; {} runs, of which {} died; {} builds, {} approvals, none wrong; \
             verdicts right after {} sweeps; nothing left after {} more; {} dead letters",
            self.pull_requests,
            self.merged,
            self.runs.0,
            self.runs.1,
            self.builds,
            self.approvals,
            self.sweeps.0,
            self.sweeps.1,
            self.dead_letters
        )
    }
}

/// What happened, but to builds that somebody forged: whatever they came to earns nothing.
async fn own(stage: &Stage) -> Vec<Happened> {
    let forged = stage.builds_of_mallory().await;
    let is_forged = |happened: &Happened| match happened {
        Happened::Fetched { build, .. }
        | Happened::Built { build, .. }
        | Happened::Ended { build, .. } => forged.contains(build),
        Happened::Approval { .. } => false,
    };
    let mut happened = stage.audit();
    happened.retain(|happened| !is_forged(happened));
    happened
}

/// Judges the open ones, closes them, and looks for what is left.
pub(crate) async fn judge(stage: &Stage, ids: &[String]) -> Result<Figures, String> {
    let right = settle(stage, async || open_ones(stage, ids).await).await?;
    let runs = Runs::all(stage).await;
    let mut open = 0;
    let mut merged = 0;
    for id in ids {
        let live = stage.pull_request(id).await;
        let target = &live.pull_request_targets()[0];
        merged += usize::from(target.merge_metadata().is_some_and(|merge| merge.is_merged));
        if is_open(&live) {
            open += 1;
            stage.close(id).await;
        }
    }
    let gone = settle(stage, async || leftovers(stage).await).await?;
    let ledger = Ledger::new(stage, own(stage).await);
    let unearned = ledger.unearned();
    if !unearned.is_empty() {
        return Err(unearned.join("\n"));
    }
    let (builds, approvals) = ledger.counts();
    Ok(Figures {
        pull_requests: ids.len(),
        merged,
        open,
        builds,
        approvals,
        runs: (runs.0.len(), runs.0.iter().filter(|run| died(run)).count()),
        sweeps: (right, gone),
        dead_letters: stage.system.account().dead_letters().len(),
    })
}

/// Sweeps until nothing is wrong; how many sweeps that took.
async fn settle(
    stage: &Stage,
    mut wrong: impl AsyncFnMut() -> Vec<String>,
) -> Result<usize, String> {
    for sweeps in 1..=SWEEPS {
        quiet(stage).await?;
        let swept = stage.system.sweep().await;
        swept.map_err(|error| format!("the sweep fails: {error}"))?;
        quiet(stage).await?;
        let found = wrong().await;
        if found.is_empty() {
            return Ok(sweeps);
        }
        if sweeps == SWEEPS {
            return Err(found.join("\n"));
        }
    }
    Ok(SWEEPS)
}

async fn quiet(stage: &Stage) -> Result<(), String> {
    let start = Instant::now();
    let mut calm = 0;
    while calm < 3 {
        let running = stage
            .executions(Some(ExecutionStatus::Running.as_str()))
            .await;
        let busy = stage.system.account().has_undelivered() || !running.is_empty();
        calm = if busy { 0 } else { calm + 1 };
        if start.elapsed() > PATIENCE {
            return Err(format!("these never end: {running:?}"));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

fn is_open(live: &PullRequest) -> bool {
    live.pull_request_status() == Some(&PullRequestStatusEnum::Open)
}

/// What the gate's comments about the live source commit say.
pub(crate) async fn said(people: &People, live: &PullRequest) -> Vec<String> {
    let client = people.code_commit("ann");
    let source = live.pull_request_targets()[0].source_commit();
    let mut pages = client
        .get_comments_for_pull_request()
        .pull_request_id(live.pull_request_id().unwrap_or_default())
        .into_paginator()
        .send();
    let mut said = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.expect("the comments");
        for place in page.comments_for_pull_request_data() {
            let own = place.comments().iter().filter(|comment| {
                comment.author_arn() == Some(people.reporter_arn())
                    && comment.in_reply_to().is_none()
            });
            if place.after_commit_id() == source {
                said.extend(own.filter_map(|comment| comment.content.clone()));
            }
        }
    }
    said
}

/// What Step Functions knows of all runs.
struct Runs(Vec<ExecutionListItem>);

impl Runs {
    async fn all(stage: &Stage) -> Self {
        let client = stage.step_functions();
        let machine = &stage.system.deployment().state_machine_arn;
        let list = client.list_executions().state_machine_arn(machine);
        let pages = list.into_paginator().items().send();
        Self(pages.collect::<Result<_, _>>().await.expect("executions"))
    }

    /// All of a pull request in words, with what they ended with.
    async fn told(&self, stage: &Stage, id: &str) -> String {
        let mut told = String::new();
        let prefix = format!("pr-{id}-");
        for run in self.0.iter().filter(|run| run.name.starts_with(&prefix)) {
            let describe = stage.step_functions().describe_execution();
            let all = describe.execution_arn(&run.execution_arn).send().await;
            let all = all.expect("an execution");
            let line = (&run.name, &run.status, &run.start_date, &run.stop_date);
            writeln!(
                told,
                "{line:?}\n  {:?}\n  {:?} {:?}",
                all.input, all.output, all.cause
            )
            .unwrap();
        }
        told
    }
}

fn died(run: &ExecutionListItem) -> bool {
    !matches!(
        run.status,
        ExecutionStatus::Running | ExecutionStatus::Succeeded
    )
}

/// What is wrong with open pull requests.
async fn open_ones(stage: &Stage, ids: &[String]) -> Vec<String> {
    let ledger = Ledger::new(stage, own(stage).await);
    let runs = Runs::all(stage).await;
    let mut wrong = Vec::new();
    for id in ids {
        let live = stage.pull_request(id).await;
        if !is_open(&live) {
            continue;
        }
        let source = live.pull_request_targets()[0].source_commit();
        let end = ledger.last_end(source.unwrap_or_default());
        let said = said(stage, &live).await;
        let approved = stage.approved(id).await;
        let green = end
            .as_ref()
            .is_some_and(|end| end.status == "SUCCEEDED" && end.exit_code == Some(0));
        lift_again(stage, id, &said).await;
        let [words] = &said[..] else {
            wrong.push(format!("{id} has {} comments: {said:#?}", said.len()));
            continue;
        };
        let expected = if green { "### ✅" } else { "### ❌" };
        if end.is_none() || approved != green || !words.starts_with(expected) {
            let runs = runs.told(stage, id).await;
            wrong.push(format!(
                "{id}: its last build: {end:?}, approved: {approved}, said: {words}\nits runs:\n{runs}"
            ));
        }
    }
    wrong
}

/// A push may overtake the end of a hold: then the gate has said that it was written under another revision, and who meant it writes it
/// once more. A hold that stays for any other reason is wrong.
async fn lift_again(stage: &Stage, id: &str, said: &[String]) {
    let held = said
        .iter()
        .any(|words| words.starts_with("### ⏸ Mergegate: on hold, by "));
    if !held {
        return;
    }
    let replies = stage.comments(id).await;
    let overtaken =
        |reply: &String| reply.contains("If you mean that, write it once more in a new comment.");
    if replies.iter().any(overtaken) {
        stage.say(id, "/gate unhold").await;
    }
}

/// What is left in the account, whoever made it.
async fn leftovers(people: &People) -> Vec<String> {
    let builds = people.code_build();
    let projects = builds.list_projects().send().await.expect("projects");
    let mut left = projects.projects.unwrap_or_default();
    let groups = builds.list_report_groups().send().await;
    left.extend(
        groups
            .expect("report groups")
            .report_groups
            .unwrap_or_default(),
    );
    let branches = people.in_repository(&[
        "for-each-ref",
        "--format=%(refname)",
        "refs/heads/mergegate",
    ]);
    left.extend(branches.lines().map(str::to_owned));
    left.extend(people.running_builds().await);
    let mut pages = people
        .parameter_store()
        .describe_parameters()
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let page = page.expect("parameters");
        let names = page.parameters().iter().filter_map(|one| one.name());
        left.extend(
            names
                .filter(|name| name.contains("/pull-requests/"))
                .map(str::to_owned),
        );
    }
    left
}

/// Somebody with the gate's own key approves what was never built, and something is left behind.
#[tokio::test(flavor = "multi_thread")]
async fn the_judge_sees_an_unearned_approval_and_what_is_left() {
    let options = mergegate_tests::StageOptions {
        audit: true,
        ..Default::default()
    };
    let stage = Stage::set_with(options, &crate::script::files()).await;
    stage.copy.push("red", "main", &[("changes/red", "50\n")]);
    let id = stage.open("red", "A red change").await;
    stage.verdict(&id).await;
    quiet(&stage).await.unwrap();
    assert_eq!(
        open_ones(&stage, std::slice::from_ref(&id)).await,
        Vec::<String>::new()
    );
    assert_eq!(
        Ledger::new(&stage, stage.audit()).unearned(),
        Vec::<String>::new()
    );
    let approve = stage
        .code_commit(mergegate_tests::THE_GATE)
        .update_pull_request_approval_state();
    let approve = approve
        .pull_request_id(&id)
        .revision_id(stage.revision(&id).await)
        .approval_state(aws_sdk_codecommit::types::ApprovalState::Approve);
    approve.send().await.expect("an approval");
    let unearned = Ledger::new(&stage, stage.audit()).unearned();
    assert!(
        unearned[0].starts_with("a wrong approval: "),
        "{unearned:?}"
    );
    let wrong = open_ones(&stage, std::slice::from_ref(&id)).await;
    assert!(wrong[0].contains("approved: true"), "{wrong:?}");
    let left = leftovers(&stage).await;
    assert!(left.iter().any(|name| name.contains("pr-1")), "{left:?}");
    stage.strike().await;
}

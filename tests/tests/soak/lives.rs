//! People carry their scripts out, a few at a time, while somebody moves `main`.

use std::{
    io::Write as _,
    process::{Command, Stdio},
    sync::Mutex,
    time::{Duration, Instant},
};

use aws_sdk_codecommit::primitives::Blob;
use futures::{StreamExt as _, stream};
use gate_core::{
    id::CommitId,
    protocol::{Candidacy, Request},
};
use mergegate_tests::{Instead, Mallory, People, Stage};
use tokio::sync::mpsc::{self, UnboundedReceiver};

use crate::{
    judge,
    script::{Act, Foreign, LIMITS, Script},
};

/// Pull requests that somebody works on at the same time.
const AT_ONCE: usize = 12;
/// Nobody waits longer for the gate while it is disturbed.
const PATIENCE: Duration = Duration::from_secs(8);
/// How long between two builds that somebody forges.
const BETWEEN_FORGERIES: Duration = Duration::from_secs(2);
/// How long between two looks at whether the gate has spoken.
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);
/// So many lives end from one move of `main` to the next: a slow machine must not see more of them.
const LIVES_PER_MOVE: usize = 12;

/// Lives all lives; the ids of the pull requests.
pub(crate) async fn live(stage: &Stage, seed: u64, scripts: Vec<Script>) -> Vec<String> {
    prepare(stage, &scripts);
    let ids = Mutex::new(Vec::new());
    let (ended, mut ends) = mpsc::unbounded_channel();
    let lives = stream::iter(scripts).for_each_concurrent(AT_ONCE, |script| {
        let (ids, ended) = (&ids, &ended);
        async move {
            let id = stage.open(&script.branch(), "A change").await;
            ids.lock().unwrap().push(id.clone());
            one(stage, &id, &script).await;
            let _ = ended.send(());
        }
    });
    tokio::select! {
        () = lives => {}
        () = move_main(stage, seed, &mut ends) => {}
        () = forge(stage) => {}
    }
    ids.into_inner().unwrap()
}

/// Makes all commits, and pushes the first ones.
fn prepare(stage: &Stage, scripts: &[Script]) {
    let mut commits = String::new();
    for script in scripts {
        script.commits(&mut commits);
    }
    let mut import = Command::new("git")
        .args(["fast-import", "--quiet"])
        .current_dir(stage.copy.path())
        .stdin(Stdio::piped())
        .spawn()
        .expect("git fast-import");
    let mut stdin = import.stdin.take().expect("its input");
    stdin.write_all(commits.as_bytes()).expect("its input");
    drop(stdin);
    assert!(import.wait().expect("its end").success(), "no commits");
    // Otherwise each push reads thousands of files before it does anything.
    stage.copy.git(&["pack-refs", "--all"]);
    let first: Vec<String> = scripts
        .iter()
        .map(|script| {
            let (from, to) = (script.local_branch(0), script.branch());
            format!("refs/heads/{from}:refs/heads/{to}")
        })
        .collect();
    let mut push = vec!["push", "--quiet", "origin"];
    push.extend(first.iter().map(String::as_str));
    stage.copy.git(&push);
    // As any host does now and then: thousands of small files to be read by each git are a burden and no fault.
    stage.in_repository(&["gc", "--quiet"]);
}

async fn one(people: &People, id: &str, script: &Script) {
    let mut pushed = 0;
    for act in &script.acts {
        match act {
            Act::Wait(milliseconds) => {
                tokio::time::sleep(Duration::from_millis(*milliseconds)).await;
            }
            Act::AwaitWords => await_words(people, id).await,
            Act::Push => {
                pushed += 1;
                push(people, script, pushed).await;
            }
            Act::Retitle => {
                let client = people.code_commit("ann");
                let title = format!("A better title of {}", script.number);
                let edit = client.update_pull_request_title().pull_request_id(id);
                // Whether it is done is all the same.
                drop(edit.title(title).send().await);
            }
            Act::Ask(command) => drop(people.say(id, command).await),
            Act::DeleteWords => people.delete_what_the_gate_says(id).await,
            Act::Wish(foreign) => wish(people, id, script, *foreign).await,
            Act::Close => people.close(id).await,
            Act::Merge => {
                let client = people.code_commit("ann");
                let merge = client
                    .merge_pull_request_by_three_way()
                    .pull_request_id(id)
                    .repository_name("demo");
                // Refused where the gate has not approved, or where somebody merges at the same time.
                drop(merge.send().await);
            }
        }
    }
}

async fn push(people: &People, script: &Script, nth: usize) {
    let (from, to) = (script.local_branch(nth), script.branch());
    let refspec = format!("refs/heads/{from}:refs/heads/{to}");
    let copy = people.copy.clone();
    let push = tokio::task::spawn_blocking(move || {
        copy.git(&["push", "--quiet", "origin", &refspec]);
    });
    push.await.expect("a push");
}

/// Somebody starts an execution that is named as the gate would name it, and asks for something else.
async fn wish(people: &People, id: &str, script: &Script, foreign: Foreign) {
    let live = people.candidacy(id).await;
    let first = script.local_branch(0);
    let commit = |name: &str| CommitId::new(people.copy.git(&["rev-parse", name]));
    let request = match foreign {
        Foreign::Destination => Request::Gate(Candidacy {
            destination_commit: commit(&format!("{first}^")),
            ..live
        }),
        Foreign::Source => Request::Gate(Candidacy {
            source_commit: commit(&first),
            ..live
        }),
        Foreign::LastWord => Request::Say {
            candidacy: live,
            comment: None,
            error: None,
        },
    };
    people.wish_anew(&request).await;
}

async fn await_words(people: &People, id: &str) {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        let live = people.pull_request(id).await;
        let said = judge::said(people, &live).await;
        if said.iter().any(|words| !words.starts_with("### ⏳")) {
            return;
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

/// Somebody starts builds that say they are the gate's, and pass: for runs that go on, and after builds that failed; never ends by
/// itself.
async fn forge(people: &People) {
    for turn in 0.. {
        tokio::time::sleep(BETWEEN_FORGERIES).await;
        let mut builds = people.builds().await;
        builds.retain(|build| !Mallory::started(build));
        if builds.is_empty() {
            continue;
        }
        let original = builds.remove(turn * 7 % builds.len());
        let project = original.project_name().unwrap_or_default().to_owned();
        let mallory = Mallory::copies(people, original);
        let number = project.rsplit('-').next().unwrap_or_default();
        let running = people.executions(Some("RUNNING")).await;
        let of_it = |run: &&String| run.starts_with(&format!("pr-{number}-"));
        let own = mallory.variable("MERGEGATE_RUN");
        let run = running.iter().find(of_it).unwrap_or(&own);
        let attempt = if turn % 2 == 0 { "1" } else { "2" };
        // Refused where there is no room, or where the project is gone.
        drop(mallory.starts(run, attempt, Instead::Nothing).await);
    }
}

/// Somebody changes the limit now and then; never ends by itself.
async fn move_main(people: &People, seed: u64, ends: &mut UnboundedReceiver<()>) {
    let client = people.code_commit("ann");
    for turn in seed.. {
        for _ in 0..LIVES_PER_MOVE {
            ends.recv().await;
        }
        let branch = client
            .get_branch()
            .repository_name("demo")
            .branch_name("main");
        let branch = branch.send().await.expect("main").branch.expect("main");
        let limit = LIMITS[usize::from(turn % 2 == 0)];
        let put = client
            .put_file()
            .repository_name("demo")
            .branch_name("main")
            .set_parent_commit_id(branch.commit_id)
            .file_path("limit")
            .file_content(Blob::new(limit));
        // Refused where somebody merges at the same time, or where it is the limit already.
        drop(put.send().await);
    }
}

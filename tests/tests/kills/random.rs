//! SIGKILL at a random moment, while two pull requests are opened, pushed to, judged and closed.

use std::{
    fmt,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use mergegate_tests::{Ledger, People, Scene, green_files, play_all_at_once, tools};

use super::{AT_ONCE, Process, free_port, idle, nothing_outlives, sweep};

/// Which moment: a share of the time that the whole takes when nobody kills.
struct Moment {
    seed: u64,
    share: f64,
    span: Duration,
}

impl fmt::Display for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "seed {}, killed after {:?}",
            self.seed,
            self.time()
        )
    }
}

impl Moment {
    fn new(seed: u64, span: Duration) -> Self {
        let share = fastrand::Rng::with_seed(seed).f64();
        Self { seed, share, span }
    }

    fn time(&self) -> Duration {
        self.span.mul_f64(self.share)
    }
}

/// The source branches: to the first somebody pushes, the second one's pull request is closed.
const PUSHED: &str = "pushed";
const CLOSED: &str = "closed";

#[test]
fn a_kill_at_a_random_moment_loses_nothing_and_every_pull_request_ends_right() {
    tools::gate();
    let long = std::env::var_os("MERGEGATE_LONG").is_some();
    let count = if long { 200 } else { 20 };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (scene, span) = runtime.block_on(async {
        let files = green_files();
        let scene = Scene::set(&files, async |stage| {
            stage.copy.push(PUSHED, "main", &[("value", "5\n")]);
            stage.copy.push(CLOSED, "main", &[("name", "closed\n")]);
            stage.copy.push("main", "", &[("limit", "8\n")]);
            // Red only once merged, and pushed only later.
            stage.copy.commit(PUSHED, "", &[("value", "9\n")]);
        });
        let scene = scene.await;
        let span = undisturbed(&scene).await;
        (scene, span)
    });
    let moments = (1..=count).map(|seed| Moment::new(seed, span)).collect();
    play_all_at_once(AT_ONCE, moments, async |moment| play(&scene, moment).await);
}

/// How long the whole takes.
async fn undisturbed(scene: &Scene) -> Duration {
    let directory = scene.copied();
    let port = free_port();
    let mut process = Process::start(directory.path(), port, None);
    process.ready().await;
    let people = people(scene, port, directory.path());
    let start = Instant::now();
    assert!(act(&people, true).await.is_some(), "nobody was disturbed");
    idle(&people).await;
    start.elapsed()
}

fn people(scene: &Scene, port: u16, directory: &Path) -> People {
    scene.people(&format!("http://127.0.0.1:{port}"), directory)
}

async fn play(scene: &Scene, moment: &Moment) {
    let directory = scene.copied();
    let port = free_port();
    let mut process = Process::start(directory.path(), port, None);
    process.ready().await;
    let people = Arc::new(people(scene, port, directory.path()));
    let acting = tokio::spawn({
        let people = people.clone();
        async move { act(&people, true).await }
    });
    tokio::time::sleep(moment.time()).await;
    drop(process);
    acting.abort();
    let mut process = Process::start(directory.path(), port, None);
    process.ready().await;
    // Whoever got no answer asks again.
    let (pushed, closed) = act(&people, false)
        .await
        .expect("nobody is killed any more");
    people.verdict(&pushed).await;
    idle(&people).await;
    sweep(&people).await;
    people.assert_right_verdict(&pushed).await;
    people.close(&pushed).await;
    people
        .eventually("nothing to be left after a sweep", async || {
            sweep(&people).await;
            people.leftovers().await.is_empty().then_some(())
        })
        .await;
    idle(&people).await;
    for id in [&pushed, &closed] {
        people.assert_right(id).await;
    }
    let happened = local_aws::audit::read(&directory.path().join("data")).unwrap();
    let unearned = Ledger::new(&people, happened).unearned();
    assert!(unearned.is_empty(), "{unearned:#?}");
    drop(process);
    nothing_outlives(directory.path()).await;
}

/// Everything that people do, as far as it is not done; `None` when nobody answers any more.
async fn act(people: &People, leisurely: bool) -> Option<(String, String)> {
    let pushed = opened(people, PUSHED).await?;
    let closed = opened(people, CLOSED).await?;
    if leisurely {
        while people.try_verdict(&pushed).await.is_none() {
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }
    push(people).await?;
    let is_done = !people.is_open(&closed).await || people.try_close(&closed).await;
    is_done.then_some((pushed, closed))
}

/// Pushes; a push that a kill has left behind may hold its locks for a moment.
async fn push(people: &People) -> Option<()> {
    for _ in 0..3 {
        let copy = people.copy.clone();
        let push = tokio::task::spawn_blocking(move || {
            copy.try_git(&["push", "--quiet", "origin", &format!("{PUSHED}:{PUSHED}")])
        });
        if push.await.expect("git").is_ok() {
            return Some(());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    None
}

/// The pull request of a branch, which may have to be opened.
async fn opened(people: &People, branch: &str) -> Option<String> {
    let client = people.code_commit("ann");
    let list = client.list_pull_requests().repository_name("demo");
    for id in list.send().await.ok()?.pull_request_ids {
        let shown = client.get_pull_request().pull_request_id(&id).send().await;
        let shown = shown.ok()?.pull_request?;
        let source = shown.pull_request_targets()[0].source_reference()?;
        if source.ends_with(&format!("/{branch}")) {
            return Some(id);
        }
    }
    people.try_open(branch, "Change").await.then_some(())?;
    Box::pin(opened(people, branch)).await
}

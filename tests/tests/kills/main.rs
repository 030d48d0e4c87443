//! `gate local` is killed at every call and every step of a run, and at random moments, and started again: nothing is
//! lost, nothing is left.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod random;

use std::{
    collections::BTreeMap,
    fmt, fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, Ordering},
    },
    time::{Duration, Instant},
};

use gate::system::DEPLOYER;
use local_aws::{Call, Interference, Moment, Observer};
use mergegate_tests::{People, Scene, StageOptions, green_files, play_all_at_once, tools};

/// A process needs its processor: fewer at once than where all scenarios share one.
const AT_ONCE: usize = 4;

/// `kill:<moment>:<operation or state>:<nth>`.
struct Kill {
    moment: &'static str,
    place: String,
    nth: u32,
}

impl fmt::Display for Kill {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { moment, place, nth } = self;
        write!(formatter, "kill:{moment}:{place}:{nth}")
    }
}

/// A run of `gate local` in a process of its own.
struct Process {
    child: Child,
    /// What it says.
    log: PathBuf,
}

impl Process {
    fn start(directory: &Path, port: u16, interfere: Option<&Kill>) -> Self {
        await_port(port);
        let log = directory.join(format!("log-{:016x}", fastrand::u64(..)));
        let mut command = Command::new(tools::gate());
        command
            .args(["local", "--port", &port.to_string(), "--data"])
            .arg(directory.join("data"))
            .args([
                "--wait-scale",
                "0.02",
                "--concurrent-builds",
                "4",
                "--audit",
            ])
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(&log).unwrap());
        if let Some(kill) = interfere {
            command.args(["--interfere", &kill.to_string()]);
        }
        let child = command.spawn().unwrap();
        Self { child, log }
    }

    async fn ready(&mut self) {
        let start = Instant::now();
        while !self.said().contains("\nCtrl-C stops it") {
            let waits = self.end().is_none() && start.elapsed() < Duration::from_mins(1);
            assert!(waits, "gate local does not get ready: {}", self.said());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    fn end(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that no client's end of a connection takes while nobody listens.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let offset = u16::try_from(std::process::id() % 100).unwrap() * 100;
    loop {
        let port = 20_000 + offset + NEXT.fetch_add(1, Ordering::SeqCst);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// What a killed process was just starting holds its port until it becomes the program that it is to be.
fn await_port(port: u16) {
    let start = Instant::now();
    while TcpListener::bind(("127.0.0.1", port)).is_err() && start.elapsed().as_secs() < 10 {
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Counts as `--interfere` does, and remembers what the gate did.
#[derive(Default)]
struct Count {
    counts: BTreeMap<String, u32>,
    places: Vec<(String, u32)>,
}

impl Count {
    fn note(&mut self, call: &Call) {
        if call.caller.ends_with(&format!("user/{DEPLOYER}")) {
            return;
        }
        let own = call.caller.contains(":assumed-role/");
        let read = ["Get", "List", "Describe", "BatchGet", "Evaluate"]
            .iter()
            .any(|read| call.operation.starts_with(read));
        let nth = self.counts.entry(call.operation.clone()).or_default();
        *nth += 1;
        if own && !read {
            self.places.push((call.operation.clone(), *nth));
        }
        if let Some(state) = &call.state {
            let nth = self.counts.entry(state.clone()).or_default();
            *nth += 1;
            // How often the builds are looked at depends on how quick they are.
            if *nth == 1 {
                self.places.push((state.clone(), 1));
            }
        }
    }
}

/// Every place of a run from the opening to the end of the tear-down, over the same scene and in the same order.
async fn kills(scene: &Scene) -> Vec<Kill> {
    let count = Arc::new(Mutex::new(Count::default()));
    let observer: Observer = {
        let count = count.clone();
        Arc::new(move |call, moment| {
            if moment == Moment::Before {
                count.lock().unwrap().note(&call);
            }
            Box::pin(async { Interference::Pass })
        })
    };
    let stage = scene.stage_seen_by(StageOptions::default(), observer).await;
    let id = stage.open("change", "Change").await;
    stage.verdict(&id).await;
    stage.quiet().await;
    stage.close(&id).await;
    stage.quiet().await;
    stage.strike().await;
    let places = std::mem::take(&mut count.lock().unwrap().places);
    let both = |(place, nth): (String, u32)| {
        ["before", "after"].map(|moment| Kill {
            moment,
            place: place.clone(),
            nth,
        })
    };
    places.into_iter().flat_map(both).collect()
}

#[test]
fn a_kill_at_any_moment_loses_nothing_and_leaves_nothing() {
    tools::gate();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (scene, kills) = runtime.block_on(async {
        let files = green_files();
        let scene = Scene::set(&files, async |stage| {
            stage.copy.push("change", "main", &[("value", "5\n")]);
            stage.copy.push("main", "", &[("limit", "8\n")]);
        });
        let scene = scene.await;
        let kills = kills(&scene).await;
        (scene, kills)
    });
    play_all_at_once(AT_ONCE, kills, async |kill| play(&scene, kill).await);
}

async fn play(scene: &Scene, kill: &Kill) {
    let directory = scene.copied();
    let port = free_port();
    let mut process = Process::start(directory.path(), port, Some(kill));
    process.ready().await;
    let people = scene.people(&format!("http://127.0.0.1:{port}"), directory.path());
    let id = "1";
    let victim = async {
        // Whoever opens and closes may lose the answer when the process dies.
        let opened = people.try_open("change", "Change").await;
        while opened && process.end().is_none() {
            if people.try_verdict(id).await.is_some() {
                people.try_close(id).await;
                break;
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        while process.end().is_none() {
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    };
    let killed = tokio::time::timeout(Duration::from_mins(1), victim).await;
    assert!(
        killed.is_ok(),
        "the run never came there: {}",
        process.said()
    );
    let mut process = Process::start(directory.path(), port, None);
    process.ready().await;
    if people.open_ones().await.is_empty() && people.executions(None).await.is_empty() {
        assert_eq!(
            people.open("change", "Change").await,
            id,
            "the first attempt was nothing"
        );
    }
    if people.is_open(id).await {
        people.verdict(id).await;
        idle(&people).await;
        sweep(&people).await;
        people.assert_right(id).await;
        people.close(id).await;
    }
    people
        .eventually("nothing to be left after a sweep", async || {
            sweep(&people).await;
            people.leftovers().await.is_empty().then_some(())
        })
        .await;
    idle(&people).await;
    people.assert_right(id).await;
    drop(process);
    nothing_outlives(directory.path()).await;
}

async fn idle(people: &People) {
    people
        .eventually("no run", async || {
            people
                .executions(Some("RUNNING"))
                .await
                .is_empty()
                .then_some(())
        })
        .await;
}

async fn sweep(people: &People) {
    people.tell_router_to_sweep().await.unwrap();
    idle(people).await;
}

/// A git that reads for the gate ends a moment after it, when its input does.
async fn nothing_outlives(directory: &Path) {
    let mut left = processes_of(directory);
    for _ in 0..100 {
        if left.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        left = processes_of(directory);
    }
    panic!("processes that outlive their gate: {left:?}");
}

/// Processes that have the folder in their environment or work in it.
fn processes_of(directory: &Path) -> Vec<String> {
    let directory = directory.to_str().unwrap();
    let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let belongs = |path: &Path| {
        let environment = fs::read(path.join("environ")).unwrap_or_default();
        let environment = String::from_utf8_lossy(&environment).contains(directory);
        environment || fs::read_link(path.join("cwd")).is_ok_and(|cwd| cwd.starts_with(directory))
    };
    let found = processes.filter(|process| belongs(&process.path()));
    let name = |process: fs::DirEntry| fs::read_to_string(process.path().join("cmdline")).ok();
    found.filter_map(name).collect()
}

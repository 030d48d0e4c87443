//! Many pull requests on an account that misbehaves: no wrong approval, nothing left, none without words.
//!
//! `MERGEGATE_SOAK_SEED`, `MERGEGATE_SOAK_PULL_REQUESTS` and `MERGEGATE_SOAK_FAULTS=kind,kind` play one soak again;
//! `MERGEGATE_LONG=1` plays a hundred seeds.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod judge;
mod lives;
mod script;

use std::{
    any::Any,
    collections::BTreeSet,
    env, fmt,
    io::Write as _,
    panic::{AssertUnwindSafe, catch_unwind},
    str::FromStr,
    sync::Arc,
    time::Instant,
};

use local_aws::{Fault, Faults, Injected};
use mergegate_tests::{Stage, StageOptions};

use judge::Figures;
use script::Script;

/// One call in fifty suffers.
const RATE: f64 = 0.02;
/// A failure is played again smaller so often at most.
const SHRINKS: u32 = 8;

/// One soak.
#[derive(Clone, Debug)]
struct Soak {
    seed: u64,
    pull_requests: usize,
    kinds: BTreeSet<Fault>,
}

/// How to play it again.
impl fmt::Display for Soak {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds: Vec<_> = self.kinds.iter().map(|kind| kind.word()).collect();
        write!(
            formatter,
            "MERGEGATE_SOAK_SEED={} MERGEGATE_SOAK_PULL_REQUESTS={} MERGEGATE_SOAK_FAULTS={}",
            self.seed,
            self.pull_requests,
            kinds.join(",")
        )
    }
}

impl Soak {
    /// Plays it; what is wrong in the end.
    fn play(&self) -> Result<(Figures, Injected), String> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(4)
            .enable_all()
            .build()
            .unwrap();
        let played = catch_unwind(AssertUnwindSafe(|| runtime.block_on(self.act())));
        runtime.shutdown_background();
        played.unwrap_or_else(|panic| Err(words(panic.as_ref())))
    }

    async fn act(&self) -> Result<(Figures, Injected), String> {
        let faults = Arc::new(Faults::new(self.seed, RATE).only(self.kinds.clone()));
        let options = StageOptions {
            audit: true,
            ..StageOptions::default()
        };
        let observer = Some(faults.observer());
        let stage = Stage::set_seen_by(options, observer, &script::files()).await;
        let scripts = Script::all(self.seed, self.pull_requests);
        let ids = lives::live(&stage, self.seed, scripts).await;
        faults.stop();
        let judged = judge::judge(&stage, &ids).await;
        stage.strike().await;
        judged.map(|figures| (figures, faults.injected()))
    }

    /// The smallest soak found that fails too, and its words.
    fn shrunk(self, words: String) -> (Self, String) {
        let mut smallest = (self, words);
        let mut left = SHRINKS;
        while left > 0 {
            let fails = smallest.0.smaller().into_iter().find_map(|smaller| {
                left = left.checked_sub(1)?;
                say(&format!("smaller: {smaller}"));
                let words = smaller.play().err()?;
                Some((smaller, words))
            });
            match fails {
                Some(fails) => smallest = fails,
                None => break,
            }
        }
        smallest
    }

    /// Half the pull requests, one half of the kinds of faults or the other.
    fn smaller(&self) -> Vec<Self> {
        let mut smaller = Vec::new();
        if self.pull_requests > 1 {
            smaller.push(Self {
                pull_requests: self.pull_requests / 2,
                ..self.clone()
            });
        }
        let mut kinds: Vec<Fault> = self.kinds.iter().copied().collect();
        if kinds.len() > 1 {
            let rest = kinds.split_off(kinds.len() / 2);
            smaller.extend([kinds, rest].map(|kinds| Self {
                kinds: kinds.into_iter().collect(),
                ..self.clone()
            }));
        }
        smaller
    }
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned()))
        .unwrap_or_else(|| "it panicked".to_owned())
}

/// Past the capture of the test harness: the figures are for every reader of the log.
fn say(text: &str) {
    let mut stderr = std::io::stderr();
    stderr.write_all(format!("{text}\n").as_bytes()).unwrap();
}

fn asked<T: FromStr>(name: &str) -> Option<T> {
    let text = env::var(name).ok()?;
    let parsed = text.parse().ok();
    Some(parsed.unwrap_or_else(|| panic!("{name}={text} cannot be read")))
}

/// What is to be played: seeds, pull requests, kinds of faults.
fn chosen() -> (Vec<u64>, usize, BTreeSet<Fault>) {
    let long = env::var_os("MERGEGATE_LONG").is_some();
    let kinds: Option<String> = asked("MERGEGATE_SOAK_FAULTS");
    let kinds = match &kinds {
        Some(words) => words.split(',').map(|word| word.parse().unwrap()).collect(),
        None => Fault::ALL.into(),
    };
    let seeds = match asked("MERGEGATE_SOAK_SEED") {
        Some(seed) => vec![seed],
        None if long => (1..=100).collect(),
        None => vec![1],
    };
    let pull_requests = asked("MERGEGATE_SOAK_PULL_REQUESTS");
    (
        seeds,
        pull_requests.unwrap_or(if long { 500 } else { 100 }),
        kinds,
    )
}

#[test]
fn nothing_is_approved_wrongly_or_left_or_without_words_whatever_fails() {
    let (seeds, pull_requests, kinds) = chosen();
    let mut injected = Injected::default();
    for seed in seeds {
        let soak = Soak {
            seed,
            pull_requests,
            kinds: kinds.clone(),
        };
        let start = Instant::now();
        match soak.play() {
            Ok((figures, faults)) => {
                let seconds = start.elapsed().as_secs_f64();
                say(&format!("seed {seed}, {seconds:.0} s: {figures}"));
                injected.add(&faults);
            }
            Err(words) => {
                say(&format!("failed: {soak}\n{words}"));
                let (smallest, words) = soak.shrunk(words);
                panic!("play it again with {smallest}\n{words}");
            }
        }
    }
    say(&format!("faults injected, and survived\n{injected}"));
    assert!(injected.total() > 0, "nothing ever went wrong");
}

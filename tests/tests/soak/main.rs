//! Many pull requests on an account that misbehaves: no wrong approval, nothing left, none without words.
//!
//! `MERGEGATE_SOAK_SEED=12`, `MERGEGATE_SOAK_PULL_REQUESTS=500` and `MERGEGATE_SOAK_FAULTS=kind,kind` say what is played,
//! `MERGEGATE_SOAK_SEED=1-100` plays many seeds, a few at a time.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod judge;
mod lives;
mod script;

use std::{
    any::Any,
    collections::BTreeSet,
    env, fmt,
    io::Write as _,
    ops::RangeInclusive,
    panic::{AssertUnwindSafe, catch_unwind},
    str::FromStr,
    sync::{Arc, Mutex},
    thread,
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
        let files = script::files();
        let stage = Box::pin(Stage::set_seen_by(options, observer, &files)).await;
        let scripts = Script::all(self.seed, self.pull_requests);
        let ids = Box::pin(lives::live(&stage, self.seed, scripts)).await;
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

/// One seed, or the first and the last.
fn seeds(text: &str) -> Option<RangeInclusive<u64>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Some(first.parse().ok()?..=last.parse().ok()?)
}

/// What is to be played.
fn chosen() -> Vec<Soak> {
    let kinds: Option<String> = asked("MERGEGATE_SOAK_FAULTS");
    let kinds: BTreeSet<Fault> = match &kinds {
        Some(words) => words.split(',').map(|word| word.parse().unwrap()).collect(),
        None => Fault::ALL.into(),
    };
    let chosen: Option<String> = asked("MERGEGATE_SOAK_SEED");
    let chosen = chosen.unwrap_or_else(|| "1".to_owned());
    let pull_requests = asked("MERGEGATE_SOAK_PULL_REQUESTS").unwrap_or(100);
    seeds(&chosen)
        .unwrap_or_else(|| panic!("MERGEGATE_SOAK_SEED={chosen} is neither 12 nor 1-100"))
        .map(|seed| Soak {
            seed,
            pull_requests,
            kinds: kinds.clone(),
        })
        .collect()
}

/// Plays them, a few at a time, until one fails; what was injected in all.
fn play_all(soaks: Vec<Soak>) -> Result<Injected, (Soak, String)> {
    let waiting = Mutex::new(soaks.into_iter());
    let outcome = Mutex::new(Ok(Injected::default()));
    let work = || {
        while outcome.lock().unwrap().is_ok()
            && let Some(soak) = { waiting.lock().unwrap().next() }
        {
            let start = Instant::now();
            let played = soak.play();
            let seconds = start.elapsed().as_secs_f64();
            let mut outcome = outcome.lock().unwrap();
            match (played, &mut *outcome) {
                (Ok((figures, faults)), sum) => {
                    let seed = soak.seed;
                    let injected = faults.total();
                    say(&format!(
                        "seed {seed}, {seconds:.0} s, {injected} faults: {figures}"
                    ));
                    if let Ok(sum) = sum {
                        sum.add(&faults);
                    }
                }
                (Err(words), sum) => {
                    say(&format!("failed: {soak}\n{words}"));
                    *sum = Err((soak, words));
                }
            }
        }
    };
    // One more than there are processors: now and then a soak waits for a lost answer.
    let processors = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..=processors {
            scope.spawn(work);
        }
    });
    outcome.into_inner().unwrap()
}

#[test]
fn nothing_is_approved_wrongly_or_left_or_without_words_whatever_fails() {
    match play_all(chosen()) {
        Ok(injected) => {
            say(&format!("faults injected, and survived\n{injected}"));
            assert!(injected.total() > 0, "nothing ever went wrong");
        }
        Err((soak, words)) => {
            let (smallest, words) = soak.shrunk(words);
            panic!("play it again with {smallest}\n{words}");
        }
    }
}

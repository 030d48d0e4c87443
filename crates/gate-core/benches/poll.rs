//! The poll schedule against a fixed poll of ten seconds: looks, state transitions, history events, and how late an end
//! is seen. Exits with 1 if a bound is broken.
//!
//! A look takes no time here, and durations are spread evenly ±15 % around the usual one.

use std::{process::ExitCode, time::Duration};

use gate_core::poll::next_wait;

const SAMPLES: usize = 20_000;
const SEED: u64 = 20_261_120;
const FIXED: Duration = Duration::from_secs(10);
/// Wait, task, choice.
const TRANSITIONS_PER_LOOK: u32 = 3;
/// Two events for the wait, five for the task, two for the choice.
const EVENTS_PER_LOOK: u32 = 9;
/// The gate keeps the last ten passes of a check.
const PASSES: usize = 10;

const USUAL: [(&str, Duration); 6] = [
    ("10 s", Duration::from_secs(10)),
    ("1 min", Duration::from_mins(1)),
    ("5 min", Duration::from_mins(5)),
    ("20 min", Duration::from_mins(20)),
    ("2 h", Duration::from_hours(2)),
    ("8 h", Duration::from_hours(8)),
];

/// What a schedule did over all samples.
struct Figures {
    median_looks: u32,
    most_looks: u32,
    median_lag: Duration,
    worst_lag: Duration,
    /// Shares of the build that was seen late.
    median_lag_share: f64,
    worst_lag_share: f64,
}

fn watch(length: Duration, mut wait: impl FnMut(Duration) -> Duration) -> (u32, Duration) {
    let (mut elapsed, mut looks) = (Duration::ZERO, 0);
    while elapsed < length {
        elapsed += wait(elapsed);
        looks += 1;
    }
    (looks, elapsed.saturating_sub(length))
}

fn around(usual: Duration, random: &mut fastrand::Rng) -> Duration {
    usual.mul_f64(0.85 + 0.3 * random.f64())
}

/// As the reporter keeps them: whole seconds.
fn passes(usual: Duration, random: &mut fastrand::Rng) -> Vec<Duration> {
    let kept = |duration: Duration| Duration::from_secs(duration.as_secs().max(1));
    (0..PASSES).map(|_| kept(around(usual, random))).collect()
}

/// Watches builds that usually take `usual`; `schedule` makes the waits for one build from chance.
fn measure<W: FnMut(Duration) -> Duration>(
    usual: Duration,
    mut schedule: impl FnMut(&mut fastrand::Rng) -> W,
) -> Figures {
    let mut random = fastrand::Rng::with_seed(SEED);
    let (mut looks, mut lags, mut shares) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..SAMPLES {
        let wait = schedule(&mut random);
        let length = around(usual, &mut random);
        let (count, lag) = watch(length, wait);
        looks.push(count);
        lags.push(lag);
        shares.push(lag.as_secs_f64() / length.as_secs_f64());
    }
    looks.sort_unstable();
    lags.sort_unstable();
    shares.sort_by(f64::total_cmp);
    let (middle, last) = (SAMPLES / 2, SAMPLES - 1);
    Figures {
        median_looks: looks[middle],
        most_looks: looks[last],
        median_lag: lags[middle],
        worst_lag: lags[last],
        median_lag_share: shares[middle],
        worst_lag_share: shares[last],
    }
}

fn print(usual: &str, schedule: &str, figures: &Figures) {
    let Figures {
        median_looks,
        most_looks,
        median_lag,
        worst_lag,
        median_lag_share,
        worst_lag_share,
    } = figures;
    let looks = format!("{median_looks} ({most_looks})");
    let lag =
        |lag: &Duration, share: f64| format!("{:.1} s, {:.1} %", lag.as_secs_f64(), share * 100.0);
    println!(
        "| {usual:6} | {schedule:15} | {looks:>11} | {:>11} | {:>6} | {:>16} | {:>17} |",
        median_looks * TRANSITIONS_PER_LOOK,
        median_looks * EVENTS_PER_LOOK,
        lag(median_lag, *median_lag_share),
        lag(worst_lag, *worst_lag_share),
    );
}

/// The bounds that `figures` break, in words.
fn broken_with_history(usual: Duration, figures: &Figures) -> Vec<String> {
    let bound = usual.mul_f64(0.02).max(Duration::from_secs(5));
    let mut broken = Vec::new();
    if figures.most_looks > 10 {
        broken.push(format!("{} looks, at most 10", figures.most_looks));
    }
    if figures.median_lag > bound {
        broken.push(format!(
            "a median lag of {:?}, at most {bound:?}",
            figures.median_lag
        ));
    }
    broken
}

fn broken_without_history(figures: &Figures) -> Vec<String> {
    let mut broken = Vec::new();
    if figures.most_looks > 40 {
        broken.push(format!("{} looks, at most 40", figures.most_looks));
    }
    for (name, share, bound) in [
        ("median", figures.median_lag_share, 0.15),
        ("worst", figures.worst_lag_share, 0.3),
    ] {
        if share > bound {
            broken.push(format!(
                "a {name} lag of {:.1} %, at most {:.0} %",
                share * 100.0,
                bound * 100.0
            ));
        }
    }
    broken
}

fn main() -> ExitCode {
    println!(
        "| build  | schedule        | looks (most) | transitions | events | median lag       | worst lag         |"
    );
    println!("|---|---|---:|---:|---:|---:|---:|");
    let mut code = ExitCode::SUCCESS;
    for (name, usual) in USUAL {
        let known = measure(usual, |random| {
            let passes = passes(usual, random);
            move |elapsed| next_wait(elapsed, &passes)
        });
        let unknown = measure(usual, |_| |elapsed| next_wait(elapsed, &[]));
        let fixed = measure(usual, |_| |_| FIXED);
        print(name, "with history", &known);
        print(name, "without history", &unknown);
        print(name, "every 10 s", &fixed);
        let broken = broken_with_history(usual, &known)
            .into_iter()
            .chain(broken_without_history(&unknown));
        for bound in broken {
            eprintln!("broken for builds of {name}: {bound}");
            code = ExitCode::FAILURE;
        }
    }
    code
}

//! Many stories at once: each on a thread and a runtime of its own, a few at a time.

use std::{
    any::Any,
    collections::VecDeque,
    fmt::Display,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Mutex, PoisonError},
    time::Instant,
};

/// A story waits most of its time, for builds and for git, so that more of them run than there are processors.
const AT_ONCE: usize = 6;

/// Plays every scenario; panics with the names and the words of those that failed.
pub fn play_all<S: Display + Send>(scenarios: Vec<S>, play: impl AsyncFn(&S) + Sync) {
    play_all_at_once(AT_ONCE, scenarios, play);
}

/// The same, `at_once` of them together.
pub fn play_all_at_once<S: Display + Send>(
    at_once: usize,
    scenarios: Vec<S>,
    play: impl AsyncFn(&S) + Sync,
) {
    let count = scenarios.len();
    assert!(count > 0, "there is nothing to play");
    let begin = Instant::now();
    let queue = Mutex::new(VecDeque::from(scenarios));
    let failures = Mutex::new(Vec::new());
    let next = || locked(&queue).pop_front();
    std::thread::scope(|scope| {
        for _ in 0..at_once.min(count) {
            scope.spawn(|| {
                while let Some(scenario) = next() {
                    if let Err(words) = play_one(&scenario, &play) {
                        locked(&failures).push(format!("{scenario}: {words}"));
                    }
                }
            });
        }
    });
    let failures = failures
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    println!(
        "{count} scenarios in {:.1} s",
        begin.elapsed().as_secs_f64()
    );
    assert!(
        failures.is_empty(),
        "{} of {count} scenarios failed:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

fn play_one<S>(scenario: &S, play: &impl AsyncFn(&S)) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let result = catch_unwind(AssertUnwindSafe(|| runtime.block_on(play(scenario))));
    runtime.shutdown_background();
    result.map_err(|panic| words(panic.as_ref()))
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned()))
        .unwrap_or_else(|| "it panicked".to_owned())
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

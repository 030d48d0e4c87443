//! How the checks stand: a moving line per check for a person who watches, one line per change for everybody else.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use gate::system::{LogPlace, System, SystemError};
use gate_core::{
    build::{Build, BuildStatus},
    poll,
    protocol::Durations,
};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::terminal;

/// Between two looks at the log of one build.
const LOOK_AT_LOGS: Duration = Duration::from_millis(400);

/// The lines so far.
pub(super) struct Progress<'a> {
    durations: &'a Durations,
    /// `None` when nobody watches.
    bars: Option<MultiProgress>,
    lines: BTreeMap<String, Line>,
    /// What builds write is shown while they run.
    logs: Option<Logs>,
}

/// How far the logs of builds were shown.
struct Logs {
    places: BTreeMap<String, LogPlace>,
    whole: BTreeSet<String>,
    looked: Option<Instant>,
}

struct Line {
    bar: Option<ProgressBar>,
    status: BuildStatus,
    /// The build the line is about: a later attempt gets a line of its own.
    name: String,
}

impl<'a> Progress<'a> {
    /// With `follow`, what builds write is shown as they write it; nothing moves then.
    pub(super) fn new(durations: &'a Durations, follow: bool) -> Self {
        let bars = (terminal::is_watched() && !follow).then(MultiProgress::new);
        let logs = follow.then(|| Logs {
            places: BTreeMap::new(),
            whole: BTreeSet::new(),
            looked: None,
        });
        Self {
            durations,
            bars,
            lines: BTreeMap::new(),
            logs,
        }
    }

    /// Shows the builds as they are now.
    pub(super) async fn show(
        &mut self,
        system: &System,
        builds: &[Build],
    ) -> Result<(), SystemError> {
        if let Some(logs) = &mut self.logs {
            logs.show(system, builds).await?;
        }
        self.show_states(builds);
        Ok(())
    }

    fn show_states(&mut self, builds: &[Build]) {
        for build in builds.iter().rev() {
            let Some(purpose) = &build.purpose else {
                continue;
            };
            let expected = self.expected(purpose.check.as_str());
            let name = match purpose.attempt {
                1 => purpose.check.to_string(),
                attempt => format!("{} (attempt {attempt})", purpose.check),
            };
            let bars = self.bars.as_ref();
            let line = self
                .lines
                .entry(build.id.to_string())
                .or_insert_with(|| Line::start(bars, name, expected));
            line.update(build);
        }
    }

    /// Leaves what is known standing, and what is said next on a line of its own.
    pub(super) fn finish(&self) {
        for bar in self.lines.values().filter_map(|line| line.bar.as_ref()) {
            bar.abandon();
        }
        if self.bars.is_some() && !self.lines.is_empty() {
            terminal::say("");
        }
    }

    fn expected(&self, check: &str) -> Option<Duration> {
        let passes = self.durations.checks.get(check)?;
        let passes: Vec<_> = passes.iter().copied().map(Duration::from_secs).collect();
        poll::expected(&passes)
    }
}

impl Logs {
    async fn show(&mut self, system: &System, builds: &[Build]) -> Result<(), SystemError> {
        let ended = builds.iter().any(|build| build.complete);
        if !ended
            && self
                .looked
                .is_some_and(|last| last.elapsed() < LOOK_AT_LOGS)
        {
            return Ok(());
        }
        self.looked = Some(Instant::now());
        for build in builds.iter().rev() {
            let Some(purpose) = &build.purpose else {
                continue;
            };
            let id = build.id.to_string();
            if self.whole.contains(&id) {
                continue;
            }
            let place = self.places.entry(id.clone()).or_default();
            for line in system.build_log_after(&build.id, place).await?.lines() {
                let line = format!("{} │ {line}", purpose.check);
                terminal::say(&terminal::harmless(&line));
            }
            if build.complete {
                self.whole.insert(id);
            }
        }
        Ok(())
    }
}

impl Line {
    fn start(bars: Option<&MultiProgress>, name: String, expected: Option<Duration>) -> Self {
        let bar = bars.map(|bars| {
            let bar = bars.add(bar(expected));
            bar.set_prefix(terminal::harmless(&name));
            bar
        });
        if bar.is_none() {
            let expected = expected
                .map(|time| format!(", expected to take about {}", terminal::estimate(time)));
            terminal::say(&format!("{name}: runs{}", expected.unwrap_or_default()));
        }
        Self {
            bar,
            status: BuildStatus::InProgress,
            name,
        }
    }

    fn update(&mut self, build: &Build) {
        if let Some(bar) = &self.bar {
            bar.set_position(build.duration.as_millis().try_into().unwrap_or(u64::MAX));
        }
        if build.status == self.status {
            return;
        }
        self.status = build.status;
        let words = format!(
            "{} after {}",
            word(build.status),
            terminal::duration(build.duration)
        );
        match &self.bar {
            Some(bar) => bar.abandon_with_message(words),
            None => terminal::say(&format!("{}: {words}", self.name)),
        }
    }
}

fn bar(expected: Option<Duration>) -> ProgressBar {
    let (bar, template) = match expected {
        Some(time) => {
            let length = time.as_millis().try_into().unwrap_or(u64::MAX);
            let words = terminal::estimate(time);
            let template = format!("{{prefix}} {{bar:30}} {{elapsed}} of about {words} {{msg}}");
            (ProgressBar::new(length), template)
        }
        None => (
            ProgressBar::new_spinner(),
            "{prefix} {spinner} {elapsed} {msg}".to_owned(),
        ),
    };
    // A template that indicatif does not take leaves its default style.
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}

fn word(status: BuildStatus) -> &'static str {
    match status {
        BuildStatus::InProgress => "runs",
        BuildStatus::Succeeded => "passed",
        BuildStatus::Failed => "failed",
        BuildStatus::Fault | BuildStatus::Lost => "broke for reasons that are not its own",
        BuildStatus::TimedOut => "ran out of time",
        BuildStatus::Stopped => "was stopped",
    }
}

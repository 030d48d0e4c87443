//! How the checks stand: a moving line per check for a person who watches, one line per change for everybody else.

use std::{collections::BTreeMap, time::Duration};

use gate_core::{
    build::{Build, BuildStatus},
    poll,
    protocol::Durations,
};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::terminal;

/// The lines so far.
pub(super) struct Progress<'a> {
    durations: &'a Durations,
    /// `None` when nobody watches.
    bars: Option<MultiProgress>,
    lines: BTreeMap<String, Line>,
}

struct Line {
    bar: Option<ProgressBar>,
    status: BuildStatus,
    /// The build the line is about: a later attempt gets a line of its own.
    name: String,
}

impl<'a> Progress<'a> {
    pub(super) fn new(durations: &'a Durations) -> Self {
        let bars = terminal::is_watched().then(MultiProgress::new);
        Self {
            durations,
            bars,
            lines: BTreeMap::new(),
        }
    }

    /// Shows the builds as they are now.
    pub(super) fn show(&mut self, builds: &[Build]) {
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

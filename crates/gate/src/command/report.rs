//! `gate report`: what test and coverage reports say together.

use std::{
    fmt::Write as _,
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
    process::ExitCode,
};

use test_reports::{Failure as FailedTest, Problem, Summary};

use crate::terminal;

/// Reads test and coverage reports and prints what they say together.
///
/// Exit code: 0 every file was read and no test failed; 1 a test failed, or a file could not be read to its end; 2 no
/// file could be read.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Report files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(options: &Options) -> ExitCode {
    let mut summary = Summary::of_repository(repository());
    for file in &options.files {
        add(&mut summary, file);
    }
    if options.json {
        terminal::print_json(&serde_json::json!(summary).to_string());
    } else {
        terminal::print(&render(&summary));
    }
    for problem in &summary.problems {
        let Problem {
            file,
            line,
            column,
            message,
        } = problem;
        let label = terminal::red("error:");
        let text = terminal::harmless(&format!("{file}:{line}:{column}: {message}"));
        terminal::say(&format!("{label} {text}"));
    }
    exit_code(&summary)
}

/// The folder of the work tree around the current folder, or that folder itself: places in it are told relative to it.
fn repository() -> Option<String> {
    let here = std::env::current_dir().ok()?;
    let root = here.ancestors().find(|folder| folder.join(".git").exists());
    Some(root.unwrap_or(&here).to_str()?.replace('\\', "/"))
}

fn add(summary: &mut Summary, path: &Path) {
    let name = path.display().to_string();
    match File::open(path) {
        Ok(file) => summary.add(&name, BufReader::new(file)),
        Err(error) => {
            summary.files += 1;
            summary.problems.push(Problem {
                file: name,
                line: 1,
                column: 1,
                message: format!("cannot be opened: {error}"),
            });
        }
    }
}

fn exit_code(summary: &Summary) -> ExitCode {
    let said_nothing = summary.counts.tests == 0 && summary.coverage.is_none();
    if summary.problems.len() as u64 == summary.files && said_nothing {
        return ExitCode::from(2);
    }
    let good = summary.problems.is_empty() && summary.failures.is_empty();
    ExitCode::from(u8::from(!good))
}

fn render(summary: &Summary) -> String {
    let counts = &summary.counts;
    let mut text = String::new();
    if counts.tests > 0 {
        let mut parts = vec![terminal::green(&format!("{} passed", counts.passed))];
        for (number, word) in [(counts.failed, "failed"), (counts.errors, "broke")] {
            if number > 0 {
                parts.push(terminal::red(&format!("{number} {word}")));
            }
        }
        for (number, word) in [(counts.skipped, "skipped"), (counts.flaky, "flaky")] {
            if number > 0 {
                parts.push(format!("{number} {word}"));
            }
        }
        let time = terminal::duration(counts.duration);
        let _ = writeln!(
            text,
            "{} {}: {} in {time}",
            terminal::bold("Tests"),
            counts.tests,
            parts.join(", ")
        );
    } else if summary.coverage.is_none() {
        let _ = writeln!(text, "{} none", terminal::bold("Tests"));
    }
    if let Some(coverage) = &summary.coverage {
        let percent = coverage.percent().map_or_else(
            || "no lines".to_owned(),
            |percent| format!("{percent:.1} %"),
        );
        let (covered, total) = (coverage.lines_covered, coverage.lines_total);
        let _ = writeln!(
            text,
            "{} {percent} ({covered} of {total} lines)",
            terminal::bold("Coverage")
        );
    }
    if !summary.failures.is_empty() {
        text.push_str("\nFailures\n");
        for failure in &summary.failures {
            text.push_str(&failed_test(&summary.name_of(failure), failure));
        }
    }
    text
}

fn failed_test(name: &str, failure: &FailedTest) -> String {
    let mut place = Vec::new();
    if let Some(file) = &failure.file {
        let line = failure
            .line
            .map(|line| format!(":{line}"))
            .unwrap_or_default();
        place.push(format!("{file}{line}"));
    }
    place.extend(failure.duration.map(terminal::duration));
    let place = if place.is_empty() {
        String::new()
    } else {
        format!(" ({})", place.join(", "))
    };
    let title = terminal::harmless(&format!("{name}{place}")).replace('\n', " ");
    let mut text = format!("  {} {title}\n", terminal::red("✗"));
    for line in failure.message.iter().flat_map(|message| message.lines()) {
        let _ = writeln!(text, "      {}", terminal::harmless(line));
    }
    text
}

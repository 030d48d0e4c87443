//! What a check ends with: the comment or one JSON object on stdout, the end of a failed build's log on stderr.

use std::{path::Path, process::ExitCode, time::Duration};

use gate_core::{
    build::BuildStatus,
    id::CommitId,
    log,
    report::{Coverage, Report, ReportContent, Tests},
    verdict::VerdictKind,
};
use serde_json::{Value, json};

use super::{page, repository::Change};
use crate::{command::Failure, terminal};

/// Lines of a failed build's log that are shown.
const SHOWN_LINES: usize = 40;

/// What became of the candidate.
pub(super) struct Outcome {
    pub(super) verdict: VerdictKind,
    /// Without links to the endpoint, which ends with the command.
    pub(super) comment: Option<String>,
    /// Where the endpoint was.
    pub(super) address: String,
    pub(super) change: Change,
    /// What was built; `None` if nothing was.
    pub(super) tested_commit: Option<CommitId>,
    /// What the run was to do, as the state machine carried it; null if no run came so far.
    pub(super) plan: Value,
    pub(super) checks: Vec<Check>,
    /// The page with all results; `None` if nothing was built.
    pub(super) page: Option<Vec<u8>>,
}

/// What became of one check: its last build.
pub(super) struct Check {
    pub(super) name: String,
    pub(super) status: BuildStatus,
    pub(super) duration: Duration,
    /// The phase it failed in.
    pub(super) phase: Option<String>,
    pub(super) log: String,
    pub(super) log_url: Option<String>,
    pub(super) reports: Vec<Report>,
}

impl Outcome {
    /// Says it, and answers with the exit code it has. `with_logs` shows the ends of the logs of builds that failed.
    pub(super) fn print(&self, as_json: bool, with_logs: bool) -> Result<ExitCode, Failure> {
        for check in &self.checks {
            if check.status != BuildStatus::Succeeded && with_logs {
                show_end_of_log(check);
            }
            if check.status == BuildStatus::Failed {
                say_what_is_not_installed(&check.log);
            }
        }
        if as_json {
            let text = serde_json::to_string_pretty(&self.to_json());
            let text =
                text.map_err(|error| Failure::new(format!("failed to write the result: {error}")))?;
            terminal::print_json(&text);
        } else if let Some(comment) = &self.comment {
            terminal::print(&format!("{}\n", terminal::markdown(comment)));
        }
        Ok(ExitCode::from(u8::from(
            self.verdict != VerdictKind::Approve,
        )))
    }

    /// Writes the page with all results, or with the reason why there are none.
    pub(super) fn write_page(&self, file: &Path) -> Result<(), Failure> {
        let shown = file.display();
        // Where nothing was built, what an earlier check wrote there would be taken for this one's.
        let (page, what) = match (&self.page, &self.comment) {
            (Some(page), _) => {
                let page = String::from_utf8_lossy(page);
                let page = page::with_logs(&page, &self.checks, &self.address);
                (page, "all results")
            }
            (None, comment) => {
                let comment = comment.as_deref().unwrap_or("Nothing was built");
                (
                    gate_core::page::of_comment(comment),
                    "why nothing was built",
                )
            }
        };
        std::fs::write(file, page)
            .map_err(|error| Failure::new(format!("failed to write `{shown}`: {error}")))?;
        terminal::say(&terminal::harmless(&format!("{what}: {shown}")));
        Ok(())
    }

    fn to_json(&self) -> Value {
        let Change {
            source,
            source_commit,
            destination,
            destination_commit,
            ..
        } = &self.change;
        let check = |check: &Check| {
            json!({
                "name": check.name,
                "status": status(check.status),
                "duration_seconds": check.duration.as_secs_f64(),
                "log": check.log,
            })
        };
        let mut object = json!({
            "verdict": self.verdict,
            "comment": self.comment,
            "candidate": {
                "source": source,
                "source_commit": source_commit,
                "destination": destination,
                "destination_commit": destination_commit,
                "tested_commit": self.tested_commit,
            },
            "plan": self.plan,
            "checks": self.checks.iter().map(check).collect::<Vec<_>>(),
        });
        if let Some(tests) = self.tests() {
            object["tests"] = tests_json(&tests);
        }
        if let Some(coverage) = self.coverage() {
            object["coverage"] = json!({
                "lines_covered": coverage.covered,
                "lines_total": coverage.total,
                "percent": coverage.percent(),
            });
        }
        object
    }

    fn contents(&self) -> impl Iterator<Item = &ReportContent> {
        let reports = self.checks.iter().flat_map(|check| &check.reports);
        reports.map(|report| &report.content)
    }

    fn tests(&self) -> Option<Tests> {
        let mut sum = None;
        for content in self.contents() {
            if let ReportContent::Tests(tests) = content {
                sum.get_or_insert_with(Tests::default).add(tests);
            }
        }
        sum
    }

    fn coverage(&self) -> Option<Coverage> {
        let mut sum = None;
        for content in self.contents() {
            if let ReportContent::Coverage(coverage) = content {
                sum.get_or_insert_with(Coverage::default).add(coverage);
            }
        }
        sum
    }
}

fn tests_json(tests: &Tests) -> Value {
    let failures = tests.failures().map(|failure| {
        json!({
            "suite": failure.suite,
            "name": failure.name,
            "message": failure.message,
            "file": failure.file,
            "line": failure.line,
            "duration_seconds": failure.duration.map(|time| time.as_secs_f64()),
        })
    });
    json!({
        "total": tests.total,
        "passed": tests.passed,
        "failed": tests.failed,
        "skipped": tests.skipped,
        "flaky": tests.flaky,
        "failures": failures.collect::<Vec<_>>(),
    })
}

/// The status as a word for machines.
fn status(status: BuildStatus) -> &'static str {
    match status {
        BuildStatus::InProgress => "in_progress",
        BuildStatus::Succeeded => "passed",
        BuildStatus::Failed => "failed",
        BuildStatus::Fault => "infrastructure_fault",
        BuildStatus::TimedOut => "timed_out",
        BuildStatus::Stopped => "stopped",
        BuildStatus::Lost => "lost",
    }
}

/// A program that the image has and this machine has not is no mistake of the pull request.
fn say_what_is_not_installed(log: &str) {
    let Some(program) = not_found(log) else {
        return;
    };
    let program = terminal::harmless(program);
    terminal::say(&format!(
        "{} `{program}` is not installed on this machine, or not on the PATH: builds here use what this machine has, not an image",
        terminal::bold("help:")
    ));
}

/// The program that a shell looked for in vain: `sh: 1: go: not found`, `bash: line 1: go: command not found`.
fn not_found(log: &str) -> Option<&str> {
    log.lines().rev().find_map(|line| {
        let line = line.trim_end();
        let said = line
            .strip_suffix(": command not found")
            .or_else(|| line.strip_suffix(": not found"))?;
        let (before, program) = said.rsplit_once(": ")?;
        let is_program = !program.is_empty() && !program.contains([' ', '/', '`', '"']);
        // Other tools say such things as well; a shell names itself and the line.
        let is_shell = before.rsplit(": ").next().is_some_and(|line| {
            line.trim_start_matches("line ")
                .chars()
                .all(|digit| digit.is_ascii_digit())
        });
        (is_program && is_shell).then_some(program)
    })
}

fn show_end_of_log(check: &Check) {
    // As the comment has it: what ran after the failed command tells nothing of it.
    let log: Vec<String> = check.log.lines().map(str::to_owned).collect();
    let Some(told) = log::end_of_phase(&log, check.phase.as_deref()) else {
        return;
    };
    let lines: Vec<_> = told.lines().collect();
    let shown = lines
        .get(lines.len().saturating_sub(SHOWN_LINES)..)
        .unwrap_or_default();
    if shown.is_empty() {
        return;
    }
    terminal::say(&terminal::bold(&format!(
        "── {}: where it failed ──",
        check.name
    )));
    for line in shown {
        terminal::say(&terminal::harmless(line));
    }
}

#[cfg(test)]
mod tests {
    use super::not_found;

    #[test]
    fn a_program_that_is_not_there_is_named() {
        for (log, program) in [
            ("/tmp/x/script-1: 1: go: not found\n", Some("go")),
            (
                "a\n/tmp/x/script-1: line 3: cargo-nextest: command not found\nb\n",
                Some("cargo-nextest"),
            ),
            ("error: module lodash: not found", None),
            ("sh: 1: /opt/my tool: not found", None),
            ("all is well", None),
        ] {
            assert_eq!(not_found(log), program, "{log}");
        }
    }
}

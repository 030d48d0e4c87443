//! What a check ends with: the comment or one JSON object on stdout, the end of a failed build's log on stderr.

use std::{path::Path, process::ExitCode, time::Duration};

use gate_core::{
    build::BuildStatus,
    id::CommitId,
    report::{Coverage, Report, ReportContent, Tests},
    verdict::VerdictKind,
};
use serde_json::{Value, json};

use super::repository::Change;
use crate::{command::Failure, terminal};

/// Lines of a failed build's log that are shown.
const SHOWN_LINES: usize = 40;

/// What became of the candidate.
pub(super) struct Outcome {
    pub(super) verdict: VerdictKind,
    pub(super) comment: Option<String>,
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
    pub(super) log: String,
    pub(super) reports: Vec<Report>,
}

impl Outcome {
    /// Says it, and answers with the exit code it has.
    pub(super) fn print(&self, as_json: bool) -> Result<ExitCode, Failure> {
        for check in &self.checks {
            if check.status != BuildStatus::Succeeded {
                show_end_of_log(check);
            }
        }
        if as_json {
            let text = serde_json::to_string_pretty(&self.to_json());
            let text =
                text.map_err(|error| Failure::new(format!("failed to write the result: {error}")))?;
            terminal::print(&format!("{text}\n"));
        } else if let Some(comment) = &self.comment {
            terminal::print(&format!("{}\n", terminal::harmless(comment)));
        }
        Ok(ExitCode::from(u8::from(
            self.verdict != VerdictKind::Approve,
        )))
    }

    /// Writes the page with all results.
    pub(super) fn write_page(&self, file: &Path) -> Result<(), Failure> {
        let shown = file.display();
        let Some(page) = &self.page else {
            terminal::say(&format!(
                "{} nothing was built, so there is no page: `{shown}` was not written",
                terminal::bold("warning:")
            ));
            return Ok(());
        };
        std::fs::write(file, page)
            .map_err(|error| Failure::new(format!("failed to write `{shown}`: {error}")))
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

fn show_end_of_log(check: &Check) {
    let lines: Vec<_> = check.log.lines().collect();
    let shown = lines
        .get(lines.len().saturating_sub(SHOWN_LINES)..)
        .unwrap_or_default();
    if shown.is_empty() {
        return;
    }
    let which = if shown.len() < lines.len() {
        format!("last {} lines", shown.len())
    } else {
        "log".to_owned()
    };
    terminal::say(&terminal::bold(&format!("── {}: {which} ──", check.name)));
    for line in shown {
        terminal::say(&terminal::harmless(line));
    }
}

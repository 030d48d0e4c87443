//! What the builds left behind: per check its last build and that build's reports.

use std::time::Duration;

use gate_aws::{Clients, Reported, ReportsOf};
use gate_core::{
    build::{Build, BuildStatus, MadeOf},
    error::GateError,
    id::BuildId,
    log,
    protocol::{Run, StartedBuild},
    report::{Report, ReportContent, ReportStatus, mark_flaky},
    verdict::CheckResult,
};

use crate::{memory::Memory, raw};

/// Results of a run whose builds have ended.
pub(crate) async fn collect(clients: &Clients, run: &Run) -> Result<Vec<CheckResult>, GateError> {
    let ids: Vec<BuildId> = run.builds.iter().map(|build| build.id.clone()).collect();
    let builds = clients.builds.builds(&ids).await?;
    let mut results = Vec::new();
    for check in &run.plan.checks {
        let last = last(run, check.name.as_str());
        let build = last
            .and_then(|started| builds.iter().find(|build| build.id == started.id))
            .cloned();
        let mut reports = match &build {
            Some(build) if !build.reports.is_empty() => reports(clients, run, build).await?,
            _ => Vec::new(),
        };
        let before = before(run, check.name.as_str());
        let before = before.and_then(|started| builds.iter().find(|build| build.id == started.id));
        if let Some(before) = before.filter(|_| !reports.is_empty()) {
            mark_flaky(&mut reports, &self::reports(clients, run, before).await?);
        }
        let log_end = match &build {
            Some(build) => log_end(clients, run, build, &reports).await,
            None => None,
        };
        results.push(CheckResult {
            check: check.clone(),
            build,
            reports,
            log_end,
            coverage_before: None,
        });
    }
    Ok(results)
}

/// Adds what each check covered when the destination was last merged into.
pub(crate) fn remember(results: &mut [CheckResult], memory: &Memory) {
    let Some(before) = memory.earlier().findings() else {
        return;
    };
    for result in results {
        let known = before.coverage_by_check.get(&result.check.name);
        result.coverage_before = known.copied();
    }
}

/// What CodeBuild made of a build's reports, told by their raw files once all of them are read.
async fn reports(clients: &Clients, run: &Run, build: &Build) -> Result<Vec<Report>, GateError> {
    let Some(candidate) = &run.candidate else {
        return Ok(Vec::new());
    };
    let of = ReportsOf {
        project: &run.project,
        repository: &candidate.repository,
        build: &build.id,
    };
    let found = clients.reports.reports(of, &build.reports).await?;
    let generating = |found: &Reported| found.report.status == ReportStatus::Generating;
    if found.iter().any(generating) {
        return Ok(found.into_iter().map(|found| found.report).collect());
    }
    let mut reports = Vec::with_capacity(found.len());
    for reported in found {
        reports.push(raw::tell(clients, reported).await);
    }
    Ok(reports)
}

/// The end of the log of a build that broke without a failed test. It only explains: without it the verdict is the same.
async fn log_end(
    clients: &Clients,
    run: &Run,
    build: &Build,
    reports: &[Report],
) -> Option<String> {
    let broke = matches!(build.status, BuildStatus::Failed | BuildStatus::TimedOut);
    let told = reports.iter().any(|report| match &report.content {
        ReportContent::Tests(tests) => tests.failed > 0,
        ReportContent::Coverage(_) => false,
    });
    let stream = build.log.as_ref().filter(|_| broke && !told)?;
    let own = format!("{}/", run.project);
    if !stream.stream.starts_with(&own) {
        return None;
    }
    match clients.logs.end(stream).await {
        Ok(lines) => {
            let phase = build.failure.as_ref().map(|failure| failure.phase.as_str());
            log::end_of_phase(&lines, phase)
        }
        Err(error) => {
            tracing::warn!(build.id = %build.id, error = %error, "failed to read the log of a build");
            None
        }
    }
}

/// Results of a run whose builds have just been started: nothing is read but those that were taken over.
pub(crate) async fn running(clients: &Clients, run: &Run) -> Result<Vec<CheckResult>, GateError> {
    let ended = if run.continues.is_empty() {
        Vec::new()
    } else {
        let ids: Vec<BuildId> = run.builds.iter().map(|build| build.id.clone()).collect();
        clients.builds.builds(&ids).await?
    };
    let shown = |started: &StartedBuild| {
        let ended = ended.iter().find(|build| build.id == started.id);
        ended.cloned().unwrap_or_else(|| just_started(started))
    };
    let results = run.plan.checks.iter().map(|check| CheckResult {
        check: check.clone(),
        build: last(run, check.name.as_str()).map(shown),
        reports: Vec::new(),
        log_end: None,
        coverage_before: None,
    });
    Ok(results.collect())
}

/// The build whose failed tests the check's last build tried again.
fn before<'a>(run: &'a Run, check: &str) -> Option<&'a StartedBuild> {
    let last = last(run, check)?;
    run.builds.iter().find(|started| {
        started.check.as_str() == check && started.tried_again && started.id != last.id
    })
}

fn last<'a>(run: &'a Run, check: &str) -> Option<&'a StartedBuild> {
    run.builds
        .iter()
        .rfind(|started| started.check.as_str() == check)
}

fn just_started(started: &StartedBuild) -> Build {
    Build {
        id: started.id.clone(),
        status: BuildStatus::InProgress,
        complete: false,
        resolved_commit: None,
        purpose: None,
        own: true,
        made_of: MadeOf::default(),
        queued: Duration::ZERO,
        duration: Duration::ZERO,
        log_url: started.log_url.clone(),
        log: None,
        failure: None,
        reports: Vec::new(),
    }
}

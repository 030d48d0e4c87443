//! What the builds left behind: per check its last build and that build's reports.

use std::time::Duration;

use gate_aws::Clients;
use gate_core::{
    build::{Build, BuildStatus},
    error::GateError,
    id::BuildId,
    protocol::{Run, StartedBuild},
    verdict::CheckResult,
};

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
        let reports = match &build {
            Some(build) if !build.reports.is_empty() => {
                clients
                    .reports
                    .reports(&run.project, &build.reports)
                    .await?
            }
            _ => Vec::new(),
        };
        results.push(CheckResult {
            check: check.clone(),
            build,
            reports,
        });
    }
    Ok(results)
}

/// Results of a run whose builds have just been started: nothing of them was read yet.
pub(crate) fn running(run: &Run) -> Vec<CheckResult> {
    let results = run.plan.checks.iter().map(|check| CheckResult {
        check: check.clone(),
        build: last(run, check.name.as_str()).map(just_started),
        reports: Vec::new(),
    });
    results.collect()
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
        duration: Duration::ZERO,
        log_url: started.log_url.clone(),
        failure: None,
        reports: Vec::new(),
    }
}

//! The sweep: what belongs to closed pull requests is torn down, open ones get the run they lack.
//!
//! Environments are listed before any pull request is read, so that one being opened meanwhile is never taken for a leftover.

use std::collections::BTreeMap;

use gate_aws::Clients;
use gate_core::{
    error::GateError,
    host::CodeHost,
    id::{PullRequestId, RepositoryName},
    names,
    protocol::{
        Claim, EnvironmentRecord, Limit, OpenPullRequest, State, Wanted, Wish, sweep_environment,
        sweep_open,
    },
};
use serde_json::{Value, json};

use crate::start;

/// Looks at everything. What fails for one pull request or repository does not keep the others from being looked at.
pub(crate) async fn sweep(clients: &Clients) -> Result<Value, GateError> {
    let repositories = repositories(clients).await?;
    let mut outcome = Outcome::default();
    let environments = environments(clients, &repositories, &mut outcome).await?;
    for (id, repository) in environments {
        outcome.note(&id, environment(clients, &id, repository).await);
    }
    for repository in &repositories {
        let ids = clients.host.open_pull_requests(repository).await;
        for id in outcome.listed(repository, ids) {
            outcome.note(&id, open_pull_request(clients, &id).await);
        }
    }
    outcome.finish()
}

#[derive(Default)]
struct Outcome {
    started: u32,
    error: Option<GateError>,
}

impl Outcome {
    fn note(&mut self, id: &PullRequestId, result: Result<bool, GateError>) {
        match result {
            Ok(started) => self.started += u32::from(started),
            Err(error) => {
                tracing::error!(pull_request.id = %id, error = %error, "the sweep could not look at a pull request");
                self.error.get_or_insert(error);
            }
        }
    }

    /// What a repository has; nothing if it could not be asked.
    fn listed<T>(
        &mut self,
        repository: &RepositoryName,
        result: Result<Vec<T>, GateError>,
    ) -> Vec<T> {
        result.unwrap_or_else(|error| {
            tracing::error!(repository.name = %repository, error = %error, "the sweep could not look at a repository");
            self.error.get_or_insert(error);
            Vec::new()
        })
    }

    fn finish(self) -> Result<Value, GateError> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(json!({ "started": self.started })),
        }
    }
}

/// The repositories that the deployment has settings for.
async fn repositories(clients: &Clients) -> Result<Vec<RepositoryName>, GateError> {
    let folder = clients.names().repositories();
    let names = clients.parameters.names_below(&folder).await?;
    let repository = |name: &String| {
        let rest = name.strip_prefix(&folder)?.strip_prefix('/')?;
        rest.strip_suffix("/settings").map(RepositoryName::new)
    };
    Ok(names.iter().filter_map(repository).collect())
}

/// Every pull request that anything of an environment is left of, with the repository where that is known.
async fn environments(
    clients: &Clients,
    repositories: &[RepositoryName],
    outcome: &mut Outcome,
) -> Result<BTreeMap<PullRequestId, Option<RepositoryName>>, GateError> {
    let service = &clients.deployment.service;
    let mut found = BTreeMap::new();
    let prefix = format!("{service}-pr-");
    let projects = clients.builds.projects(&prefix).await?;
    let groups = clients
        .builds
        .report_groups(&prefix)
        .await?
        .into_iter()
        .map(|group| group.name);
    for name in projects.into_iter().chain(groups) {
        found.extend(names::pull_request_of_project(service, &name).map(|id| (id, None)));
    }
    let names = clients.names();
    for parameter in clients
        .parameters
        .names_below(&names.pull_requests())
        .await?
    {
        found.extend(names.pull_request_of(&parameter).map(|id| (id, None)));
    }
    for repository in repositories {
        let branches = clients.host.branches(repository, names::PREVIEW_PREFIX);
        for branch in outcome.listed(repository, branches.await) {
            found.extend(
                names::pull_request_of_branch(&branch).map(|id| (id, Some(repository.clone()))),
            );
        }
    }
    Ok(found)
}

async fn environment(
    clients: &Clients,
    id: &PullRequestId,
    repository: Option<RepositoryName>,
) -> Result<bool, GateError> {
    let live = clients.host.pull_request(id).await?;
    let repository = match (&live, repository) {
        (Some(live), _) => live.repository.clone(),
        (None, Some(repository)) => repository,
        (None, None) => {
            let record: Option<EnvironmentRecord> = clients
                .parameters
                .get(&clients.names().environment(id))
                .await?;
            record.map_or_else(
                || RepositoryName::new("unknown"),
                |record| record.repository,
            )
        }
    };
    let Some(request) = sweep_environment(id, live.as_ref(), &repository) else {
        return Ok(false);
    };
    let answer = start::start(clients, Wanted::new(request, Wish::Again, Limit::None, "")).await?;
    Ok(answer.get("started").is_some())
}

async fn open_pull_request(clients: &Clients, id: &PullRequestId) -> Result<bool, GateError> {
    let Some(live) = clients
        .host
        .pull_request(id)
        .await?
        .filter(gate_core::pull_request::PullRequest::is_open)
    else {
        return Ok(false);
    };
    let Some(tip) = clients
        .host
        .branch_tip(&live.repository, &live.destination)
        .await?
    else {
        return Ok(false);
    };
    let claim: Option<Claim> = clients.parameters.get(&clients.names().claim(id)).await?;
    let latest = match &claim {
        Some(claim) => clients.executions.describe(&claim.run).await?,
        None => None,
    };
    let latest = latest.and_then(|run| {
        Some((
            run.status,
            serde_json::from_str::<State>(&run.input).ok()?.request,
        ))
    });
    let result = clients.parameters.get(&clients.names().result(id)).await?;
    let approvers = clients.host.approvers(id, &live.revision).await?;
    let found = OpenPullRequest {
        live: &live,
        destination_tip: &tip,
        claim: claim.as_ref(),
        latest: latest.as_ref().map(|(status, request)| (*status, request)),
        result: result.as_ref(),
        approved: approvers.contains(&clients.deployment.reporter_arn),
    };
    let Some((request, wish)) = sweep_open(&found) else {
        return Ok(false);
    };
    let answer = start::start(
        clients,
        Wanted::new(
            request,
            wish,
            Limit::ThenSay,
            "its runs ended without a verdict",
        ),
    )
    .await?;
    Ok(answer.get("started").is_some())
}

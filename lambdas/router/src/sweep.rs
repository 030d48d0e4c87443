//! The sweep: what belongs to closed pull requests is torn down, open ones get the run they lack, commands their answer.
//!
//! Environments are listed before any pull request is read, so that one being opened meanwhile is never taken for a leftover.

use std::collections::BTreeMap;

use gate_aws::Clients;
use gate_core::{
    error::GateError,
    host::CodeHost,
    id::{BranchName, CommitId, PullRequestId, RepositoryName},
    names,
    protocol::{
        EnvironmentRecord, Limit, OpenPullRequest, Request, Wanted, Wish, is_outdated,
        sweep_comments, sweep_environment, sweep_open,
    },
    pull_request::PullRequest,
    rules::MergeRules,
};
use serde_json::{Value, json};

use crate::{
    branch::{self, Found},
    start,
};

/// Looks at everything. What fails for one pull request or repository does not keep the others from being looked at.
pub(crate) async fn sweep(clients: &Clients) -> Result<Value, GateError> {
    let repositories = repositories(clients).await?;
    let mut outcome = Outcome::default();
    let environments = environments(clients, &repositories, &mut outcome).await?;
    for (id, repository) in environments {
        let looked = environment(clients, &id, repository, &repositories).await;
        outcome.note(&id, looked);
    }
    for repository in &repositories {
        open_pull_requests(clients, repository, &mut outcome).await;
    }
    outcome.finish()
}

#[derive(Default)]
struct Outcome {
    started: u32,
    error: Option<GateError>,
}

impl Outcome {
    fn note(&mut self, id: &PullRequestId, result: Result<u32, GateError>) {
        match result {
            Ok(started) => self.started += started,
            Err(error) => {
                tracing::error!(pull_request.id = %id, error = %error, "the sweep could not look at a pull request");
                self.error.get_or_insert(error);
            }
        }
    }

    /// What a repository has; nothing if it could not be asked.
    fn of<T: Default>(&mut self, repository: &RepositoryName, result: Result<T, GateError>) -> T {
        result.unwrap_or_else(|error| {
            tracing::error!(repository.name = %repository, error = %error, "the sweep could not look at a repository");
            self.error.get_or_insert(error);
            T::default()
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
        for branch in outcome.of(repository, branches.await) {
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
    gated: &[RepositoryName],
) -> Result<u32, GateError> {
    let live = match clients.host.pull_request(id).await {
        Err(error @ GateError::NotPermitted { .. }) => {
            return let_go(clients, id, gated, error).await;
        }
        live => live?,
    };
    let repository = match (&live, repository) {
        (Some(live), _) => live.repository.clone(),
        (None, Some(repository)) => repository,
        (None, None) => recorded(clients, id)
            .await?
            .unwrap_or_else(|| RepositoryName::new("unknown")),
    };
    let Some(request) = sweep_environment(id, live.as_ref(), &repository) else {
        return Ok(0);
    };
    started(clients, Wanted::new(request, Wish::Again, Limit::None)).await
}

/// The repository of an environment, by its own record.
async fn recorded(
    clients: &Clients,
    id: &PullRequestId,
) -> Result<Option<RepositoryName>, GateError> {
    let name = clients.names().environment(id);
    let record: Option<EnvironmentRecord> = clients.parameters.get(&name).await?;
    Ok(record.map(|record| record.repository))
}

/// A pull request that the gate may not read. If it belongs to a repository that is not gated any more, its environment is a
/// leftover like that of a closed one; where nothing says to which it belongs, those that are gated say what is wrong.
async fn let_go(
    clients: &Clients,
    id: &PullRequestId,
    gated: &[RepositoryName],
    error: GateError,
) -> Result<u32, GateError> {
    match recorded(clients, id).await? {
        Some(repository) if gated.contains(&repository) => Err(error),
        Some(repository) => {
            let close = Request::Close {
                repository,
                pull_request: id.clone(),
            };
            started(clients, Wanted::new(close, Wish::Again, Limit::None)).await
        }
        None => {
            tracing::warn!(pull_request.id = %id, error = %error, "nothing says where a pull request belongs that cannot be read");
            Ok(0)
        }
    }
}

/// Looks at the open pull requests of a repository, branch by branch.
async fn open_pull_requests(clients: &Clients, repository: &RepositoryName, outcome: &mut Outcome) {
    let ids = clients.host.open_pull_requests(repository).await;
    let mut destinations: BTreeMap<BranchName, Vec<Found>> = BTreeMap::new();
    for id in outcome.of(repository, ids) {
        match find(clients, &id).await {
            Ok(Some(found)) => {
                let branch = found.live().destination.clone();
                destinations.entry(branch).or_default().push(found);
            }
            Ok(None) => {}
            Err(error) => outcome.note(&id, Err(error)),
        }
    }
    if destinations.is_empty() {
        return;
    }
    let gated = branch::gated(clients, repository).await;
    let gated = outcome.of(repository, gated).unwrap_or_default();
    for (branch, found) in destinations {
        let at = (repository, &branch, gated.contains(&branch));
        let swept = sweep_branch(clients, at, &found, outcome).await;
        outcome.started += outcome.of(repository, swept);
    }
}

/// Gives the pull requests of one branch the runs they lack; answers how many follow from its moves.
async fn sweep_branch(
    clients: &Clients,
    (repository, branch, is_gated): (&RepositoryName, &BranchName, bool),
    found: &[Found],
    outcome: &mut Outcome,
) -> Result<u32, GateError> {
    let tip = clients.host.branch_tip(repository, branch).await?;
    for found in found {
        commands(clients, found.live(), tip.as_ref(), outcome).await;
    }
    let Some(tip) = tip else {
        return Ok(0);
    };
    let rules = if is_gated {
        branch::rules_at(clients, repository, &tip).await?
    } else {
        MergeRules::default()
    };
    let open: Vec<OpenPullRequest<'_>> = found.iter().map(|found| found.at(&tip)).collect();
    for found in open.iter().filter(|found| !is_outdated(found, rules)) {
        outcome.note(&found.live.id, repair(clients, found).await);
    }
    branch::take_turns(clients, &open, rules).await
}

async fn find(clients: &Clients, id: &PullRequestId) -> Result<Option<Found>, GateError> {
    match branch::find(clients, id, None).await? {
        Some(found) => Ok(Some(found.for_the_sweep(clients).await?)),
        None => Ok(None),
    }
}

/// Gives the commands of an open pull request the answers that they lack.
async fn commands(
    clients: &Clients,
    live: &PullRequest,
    destination_tip: Option<&CommitId>,
    outcome: &mut Outcome,
) {
    let comments = match clients.host.comments(&live.id).await {
        Ok(comments) => comments,
        Err(error) => return outcome.note(&live.id, Err(error)),
    };
    let reporter = &clients.deployment.reporter_arn;
    for (request, wish) in sweep_comments(live, destination_tip, &comments, reporter) {
        let limit = Limit::of(&request);
        let wanted = Wanted::new(request, wish, limit);
        outcome.note(&live.id, started(clients, wanted).await);
    }
}

/// Gives an open pull request the run it lacks. Sweeps may overlap, and to read all pull requests takes its time: what seems
/// to lack a run is looked at once more, or a verdict of meanwhile would count as one more run in vain.
async fn repair(clients: &Clients, found: &OpenPullRequest<'_>) -> Result<u32, GateError> {
    if sweep_open(found).is_none() {
        return Ok(0);
    }
    let Some(again) = find(clients, &found.live.id).await? else {
        return Ok(0);
    };
    let found = again.at(found.destination_tip);
    let Some((request, wish)) = sweep_open(&found) else {
        return Ok(0);
    };
    started(clients, Wanted::new(request, wish, Limit::ThenSay)).await
}

/// Starts a run; how many were not there yet.
async fn started(clients: &Clients, wanted: Wanted) -> Result<u32, GateError> {
    let answer = start::start(clients, wanted).await?;
    Ok(u32::from(answer.get("started").is_some()))
}

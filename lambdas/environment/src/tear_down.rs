//! Tear-down: report groups, preview branches, the project, parameters last. Each deletion finds what is gone already.

use gate_aws::{Clients, DeleteOutcome, let_go};
use gate_core::{
    error::GateError,
    host::CodeHost,
    id::{PullRequestId, RepositoryName},
    names,
    protocol::{Invocation, Next, State},
};

/// Seconds to wait when CodeBuild still counts a build as running.
const BUILDS_END_SECONDS: u64 = 5;

pub(crate) async fn tear_down(
    clients: &Clients,
    invocation: Invocation,
) -> Result<State, GateError> {
    let state = invocation.state;
    let pull_request = state.request.pull_request().clone();
    let gated = state.request.repository();
    let service = &clients.deployment.service;
    let project = names::project(service, &pull_request);

    for group in clients.builds.report_groups(&format!("{project}-")).await? {
        clients.builds.delete_report_group(&group.arn).await?;
    }
    match delete_branches(clients, gated, &pull_request).await {
        // The deployment that let go of the repository has deleted them, and taken the right to look.
        Err(error @ GateError::NotPermitted { .. }) => {
            if !let_go::is_let_go(clients, gated).await? {
                return Err(error);
            }
            tracing::warn!(repository.name = %gated, error = %error, "preview branches cannot be looked for");
        }
        deleted => deleted?,
    }
    if clients.builds.delete_project(&project).await? == DeleteOutcome::BuildsRunning {
        return Ok(state.wait(BUILDS_END_SECONDS));
    }
    let names = clients.names();
    let parameters = clients
        .parameters
        .names_below(&names.pull_request(&pull_request))
        .await?;
    clients.parameters.delete(&parameters).await?;
    tracing::info!(pull_request = %pull_request, project, "the environment is gone");
    Ok(state.then(Next::End))
}

async fn delete_branches(
    clients: &Clients,
    repository: &RepositoryName,
    pull_request: &PullRequestId,
) -> Result<(), GateError> {
    let folder = names::preview_folder(pull_request);
    for branch in clients.host.branches(repository, &folder).await? {
        clients.host.delete_branch(repository, &branch).await?;
    }
    Ok(())
}

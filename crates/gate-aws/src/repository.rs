//! What the deployment says about a repository: whether it serves it, and which of its branches are gated.

use gate_core::{
    error::GateError,
    host::CodeHost,
    id::{BranchName, RepositoryName},
    settings::RepositorySettings,
};

use crate::Clients;

/// The repository's settings; `None` if this deployment does not serve it.
pub async fn settings(
    clients: &Clients,
    repository: &RepositoryName,
) -> Result<Option<RepositorySettings>, GateError> {
    let parameter = clients.names().settings(repository);
    let Some(text) = clients.parameters.get_text(&parameter).await? else {
        return Ok(None);
    };
    RepositorySettings::parse(&text)
        .map(Some)
        .map_err(|message| GateError::SettingsUnusable { parameter, message })
}

/// The gated branches of a repository with these settings.
pub async fn gated(
    clients: &Clients,
    settings: &RepositorySettings,
    repository: &RepositoryName,
) -> Result<Vec<BranchName>, GateError> {
    let default_branch = if settings.destinations.is_empty() {
        clients.host.default_branch(repository).await?
    } else {
        None
    };
    Ok(settings.gated(default_branch))
}

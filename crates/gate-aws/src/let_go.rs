//! Repositories that are not gated any more.

use gate_core::{error::GateError, id::RepositoryName};

use crate::Clients;

/// Whether the deployment says nothing of a repository: it is not gated, or not any more.
pub async fn is_let_go(clients: &Clients, repository: &RepositoryName) -> Result<bool, GateError> {
    let parameter = clients.names().settings(repository);
    Ok(clients.parameters.get_text(&parameter).await?.is_none())
}

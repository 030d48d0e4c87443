//! What people asked of the gate about a pull request: a parameter for each comment whose commands were accepted.

use gate_core::{
    conversation::{CommandRecord, Conversation},
    error::GateError,
    id::{PullRequestId, RevisionId},
};

use crate::Clients;

/// All accepted commands, in no order.
pub async fn records(
    clients: &Clients,
    pull_request: &PullRequestId,
) -> Result<Vec<CommandRecord>, GateError> {
    let folder = clients.names().commands(pull_request);
    let found = clients.parameters.values_below(&folder).await?;
    found
        .into_iter()
        .map(|(parameter, text)| {
            serde_json::from_str(&text).map_err(|error| GateError::SettingsUnusable {
                parameter,
                message: error.to_string(),
            })
        })
        .collect()
}

/// What holds for one revision now.
pub async fn of(
    clients: &Clients,
    pull_request: &PullRequestId,
    revision: &RevisionId,
) -> Result<Conversation, GateError> {
    let records = records(clients, pull_request).await?;
    Ok(Conversation::of(records, revision))
}

//! The last word on a closed pull request, before its environment and with it the gate's memory of it goes.

use gate_aws::Clients;
use gate_core::{
    comment,
    error::GateError,
    host::CodeHost,
    names,
    protocol::{Invocation, Next, ResultRecord, State, merged_differs},
};

use crate::voice;

/// Edits a comment that still says "testing"; says so when what was merged is not what was approved.
pub(crate) async fn conclude(
    clients: &Clients,
    invocation: Invocation,
) -> Result<State, GateError> {
    let state = invocation.state.then(Next::TearDown);
    let pull_request = state.request.pull_request();
    let Some(record) = voice::record(clients, pull_request).await? else {
        return Ok(state);
    };
    if let ResultRecord {
        run,
        comment: Some(id),
        verdict: None,
        ..
    } = &record
    {
        clients
            .host
            .edit_comment(id, &comment::closed_early(run))
            .await?;
    }
    let live = clients.host.pull_request(pull_request).await?;
    let merged = live
        .as_ref()
        .and_then(|live| live.merge.as_ref())
        .and_then(|merge| merge.commit.as_ref());
    if let (Some(merged), Some(tested), Some(id)) = (merged, &record.tested_commit, &record.comment)
    {
        let tree = clients
            .host
            .commit(state.request.repository(), merged)
            .await?
            .tree;
        if merged_differs(Some(&record), Some(&tree)) == Some(true) {
            let words = comment::merged_differently(tested.as_str(), merged.as_str());
            let token = names::hash(&["merged", pull_request.as_str()], 64);
            voice::reply(clients, id, &words, &token).await?;
        }
    }
    Ok(state)
}

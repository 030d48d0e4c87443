//! The last word on a closed pull request, before its environment and with it the gate's memory of it goes.

use gate_aws::Clients;
use gate_core::{
    comment,
    error::GateError,
    host::CodeHost,
    id::CommitId,
    names,
    protocol::{Invocation, Next, ResultRecord, State, is_by_hand, merged_differs},
    pull_request::PullRequest,
};

use crate::{
    memory::{self, Merge},
    voice,
};

/// Edits a comment that still says "testing"; says so when what was merged is not what was approved; takes what was
/// found in what was merged as the destination's baseline.
pub(crate) async fn conclude(
    clients: &Clients,
    invocation: Invocation,
) -> Result<State, GateError> {
    let state = invocation.state.then(Next::TearDown);
    let pull_request = state.request.pull_request();
    let Some(record) = voice::record(clients, pull_request).await? else {
        return Ok(state);
    };
    if let Some(id) = record.comment.as_ref().filter(|_| record.promises_more()) {
        let words = comment::closed_early(&record.run);
        clients.host.edit_comment(id, &words).await?;
    }
    let live = clients.host.pull_request(pull_request).await?;
    let commit = live
        .as_ref()
        .and_then(|live| live.merge.as_ref())
        .and_then(|merge| merge.commit.as_ref());
    if let (Some(live), Some(commit), Some(_)) = (&live, commit, &record.tested_tree) {
        say_what_was_merged(clients, live, commit, &record).await?;
    }
    Ok(state)
}

/// Compares what was merged with what was tested: a difference is said, sameness makes a baseline.
async fn say_what_was_merged(
    clients: &Clients,
    live: &PullRequest,
    commit: &CommitId,
    record: &ResultRecord,
) -> Result<(), GateError> {
    let merged = clients.host.commit(&live.repository, commit).await?;
    let tree = merged.tree.clone();
    if let Some(tested) = &record.tested_commit
        && merged_differs(Some(record), Some(&tree)) == Some(true)
    {
        let by_hand = match clients.host.commit(&live.repository, tested).await {
            Ok(tested) => is_by_hand(&tested.parents, &merged.parents),
            // What no branch holds may be gone by now.
            Err(GateError::Refused { .. }) => false,
            Err(error) => return Err(error),
        };
        if by_hand {
            tracing::warn!(
                pull_request.id = %live.id,
                commit = %commit,
                "a merge has a content that nobody tested, and its destination had not moved"
            );
        }
        let words = comment::merged_differently(tested.as_str(), commit.as_str(), by_hand);
        let token = names::hash(&["merged", live.id.as_str()], 64);
        voice::remark(clients, live, &words, &token).await?;
    }
    let merge = Merge {
        repository: &live.repository,
        branch: &live.destination,
        pull_request: &live.id,
        commit,
        tree: &tree,
        tested: record.tested_tree.as_ref(),
    };
    memory::adopt(clients, merge).await;
    Ok(())
}

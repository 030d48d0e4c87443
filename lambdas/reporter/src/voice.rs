//! One comment per pull request and revision: found again, edited in place, remembered.

use gate_aws::{Clients, run};
use gate_core::{
    comment::{self, View},
    error::GateError,
    host::{CodeHost, Comment, Edited, NewComment, Posted},
    id::{CommentId, PullRequestId, RunName},
    protocol::{Candidacy, Execution, ResultRecord, Standing, standing},
    pull_request::PullRequest,
};

/// What the reporter recorded about a pull request.
pub(crate) async fn record(
    clients: &Clients,
    pull_request: &PullRequestId,
) -> Result<Option<ResultRecord>, GateError> {
    clients
        .parameters
        .get(&clients.names().result(pull_request))
        .await
}

/// Remembers, and keeps what was known of the revision's failures. What the run of a newer revision remembers stays.
pub(crate) async fn put_record(
    clients: &Clients,
    pull_request: &PullRequestId,
    execution: &Execution,
    record: ResultRecord,
) -> Result<ResultRecord, GateError> {
    let earlier = self::record(clients, pull_request).await?;
    let is_of_another = earlier
        .as_ref()
        .is_some_and(|earlier| earlier.revision != record.revision);
    let record = record.over(earlier.as_ref());
    if is_of_another && run::is_overtaken(clients, pull_request, execution).await? {
        return Ok(record);
    }
    let parameter = clients.names().result(pull_request);
    let record = record.fitted();
    clients.parameters.put(&parameter, &record).await?;
    Ok(record)
}

/// Writes or edits the comment about the candidacy's revision; one that somebody deleted is written anew. `None` when CodeCommit
/// takes no comment at all.
pub(crate) async fn speak(
    clients: &Clients,
    candidacy: &Candidacy,
    live: &PullRequest,
    view: &View<'_>,
) -> Result<Option<CommentId>, GateError> {
    let content = comment::render(view);
    match edit(clients, candidacy, &content).await? {
        Written::At(id) => Ok(Some(id)),
        Written::Nowhere { lost } => {
            let words = Words {
                candidacy,
                live,
                run: view.run,
                content: &content,
            };
            words.post(clients, lost.as_ref()).await
        }
    }
}

/// Edits the comment about the candidacy's revision, if there is one.
pub(crate) async fn speak_again(
    clients: &Clients,
    candidacy: &Candidacy,
    view: &View<'_>,
) -> Result<Option<CommentId>, GateError> {
    match edit(clients, candidacy, &comment::render(view)).await? {
        Written::At(id) => Ok(Some(id)),
        Written::Nowhere { .. } => Ok(None),
    }
}

/// How an edit ended.
enum Written {
    /// It says the new words.
    At(CommentId),
    /// There is no comment to edit.
    Nowhere {
        /// The one that there was.
        lost: Option<CommentId>,
    },
}

async fn edit(
    clients: &Clients,
    candidacy: &Candidacy,
    content: &str,
) -> Result<Written, GateError> {
    let recorded = record(clients, &candidacy.pull_request).await?;
    let recorded = recorded
        .filter(|record| record.revision == candidacy.revision)
        .and_then(|record| record.comment);
    if let Some(id) = &recorded
        && clients.host.edit_comment(id, content).await? == Edited::Done
    {
        return Ok(Written::At(id.clone()));
    }
    let found = find_and_edit(clients, candidacy, content).await?;
    Ok(found.map_or(Written::Nowhere { lost: recorded }, Written::At))
}

async fn find_and_edit(
    clients: &Clients,
    candidacy: &Candidacy,
    content: &str,
) -> Result<Option<CommentId>, GateError> {
    let token = comment::token(&candidacy.pull_request, &candidacy.revision);
    for found in own_comments(clients, &candidacy.pull_request).await? {
        let same = found.token.as_deref() == Some(&token)
            || comment::is_about(&found.content, &candidacy.pull_request, &candidacy.revision);
        if same && clients.host.edit_comment(&found.id, content).await? == Edited::Done {
            return Ok(Some(found.id));
        }
    }
    Ok(None)
}

async fn own_comments(
    clients: &Clients,
    pull_request: &PullRequestId,
) -> Result<Vec<Comment>, GateError> {
    let mut comments = clients.host.comments(pull_request).await?;
    comments
        .retain(|comment| comment.author == clients.deployment.reporter_arn && !comment.deleted);
    Ok(comments)
}

/// What is to be said about a revision.
struct Words<'a> {
    candidacy: &'a Candidacy,
    live: &'a PullRequest,
    run: &'a RunName,
    content: &'a str,
}

impl Words<'_> {
    /// Posts them. What was posted under a token before and deleted since is answered as if it stood there: then another token
    /// does, and the same one when this is tried again.
    async fn post(
        &self,
        clients: &Clients,
        lost: Option<&CommentId>,
    ) -> Result<Option<CommentId>, GateError> {
        let (id, revision) = (&self.candidacy.pull_request, &self.candidacy.revision);
        let first = match lost {
            None => comment::token(id, revision),
            Some(lost) => comment::token_after(id, revision, lost.as_str()),
        };
        let second = comment::token_after(id, revision, self.run.as_str());
        for token in [first, second] {
            let new = NewComment {
                pull_request: id,
                repository: &self.candidacy.repository,
                before: &self.live.destination_commit,
                after: &self.candidacy.source_commit,
                content: self.content,
                token: &token,
            };
            match post_somewhere(clients, new).await? {
                Posted::Comment(comment) if comment.deleted => {}
                Posted::Comment(comment) => return Ok(Some(comment.id)),
                Posted::TokenUsed => {
                    let found = find_and_edit(clients, self.candidacy, self.content).await?;
                    if found.is_some() {
                        return Ok(found);
                    }
                }
                Posted::NoPullRequest | Posted::SameCommit => return Ok(None),
            }
        }
        tracing::warn!(pull_request.id = %id, "what the gate says is deleted as often as it is said");
        Ok(None)
    }
}

/// Posts a comment. Equal commits have no difference to comment on: the gate's last comment takes a reply, and if there is none, what the
/// commit itself changed takes a comment.
async fn post_somewhere(clients: &Clients, new: NewComment<'_>) -> Result<Posted, GateError> {
    let posted = clients.host.post_comment(new.clone()).await?;
    if posted != Posted::SameCommit {
        return Ok(posted);
    }
    if let Some(last) = own_comments(clients, new.pull_request).await?.pop() {
        return clients.host.reply(&last.id, new.content, new.token).await;
    }
    let commit = clients.host.commit(new.repository, new.after).await?;
    let Some(parent) = commit.parents.first() else {
        tracing::warn!(
            pull_request.id = %new.pull_request,
            "source and destination are one commit, the first of all: there is no place for a comment"
        );
        return Ok(Posted::SameCommit);
    };
    let new = NewComment {
        before: parent,
        ..new
    };
    clients.host.post_comment(new).await
}

/// Says something beside the comments of runs, once: as a reply to the last of them, or alone if there is none.
pub(crate) async fn remark(
    clients: &Clients,
    live: &PullRequest,
    content: &str,
    token: &str,
) -> Result<(), GateError> {
    let earlier = own_comments(clients, &live.id).await?;
    if earlier.iter().any(|said| said.content == content) {
        return Ok(());
    }
    let last = earlier
        .iter()
        .rfind(|said| comment::is_of_a_run(&said.content));
    if let Some(last) = last {
        reply(clients, &last.id, content, token).await?;
        return Ok(());
    }
    let new = NewComment {
        pull_request: &live.id,
        repository: &live.repository,
        before: &live.destination_commit,
        after: &live.source_commit,
        content,
        token,
    };
    post_somewhere(clients, new).await?;
    Ok(())
}

/// Replies to a comment; a reply of the same token is found again.
pub(crate) async fn reply(
    clients: &Clients,
    to: &CommentId,
    content: &str,
    token: &str,
) -> Result<Option<CommentId>, GateError> {
    match clients.host.reply(to, content, token).await? {
        Posted::Comment(comment) => Ok(Some(comment.id)),
        Posted::TokenUsed | Posted::SameCommit | Posted::NoPullRequest => Ok(None),
    }
}

/// Looks again after a comment that promises more: whoever answers to a push or a close that came just before it does not
/// know of it.
pub(crate) async fn mark_overtaken(
    clients: &Clients,
    candidacy: &Candidacy,
    run: &RunName,
    posted: Option<&CommentId>,
) -> Result<(), GateError> {
    let Some(posted) = posted else {
        return Ok(());
    };
    let live = clients.host.pull_request(&candidacy.pull_request).await?;
    let words = match standing(live.as_ref(), &candidacy.revision, true) {
        Standing::Current | Standing::Superseded => return Ok(()),
        Standing::Stale => comment::superseded(run),
        Standing::Closed => comment::closed_early(run),
    };
    clients.host.edit_comment(posted, &words).await?;
    Ok(())
}

/// Marks the comment of an earlier revision that never got its verdict.
pub(crate) async fn mark_superseded(
    clients: &Clients,
    candidacy: &Candidacy,
    execution: &Execution,
) -> Result<(), GateError> {
    let other = record(clients, &candidacy.pull_request).await?;
    let other =
        other.filter(|record| record.revision != candidacy.revision && record.promises_more());
    let Some((run, id)) = other.and_then(|record| Some((record.run, record.comment?))) else {
        return Ok(());
    };
    // A newer run claims before it speaks. If it has the claim, the comment may be its own, and its verdict be there already.
    if run::is_overtaken(clients, &candidacy.pull_request, execution).await? {
        return Ok(());
    }
    let words = comment::superseded(&run);
    clients.host.edit_comment(&id, &words).await?;
    Ok(())
}

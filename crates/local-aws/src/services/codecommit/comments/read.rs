//! Reading comments: one, those of a pull request, those of two commits.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    model::{self, Comment, Place, comment_id, load, posted},
    post::require_commit,
};
use crate::{
    Account, ServiceError,
    services::codecommit::{
        input::{Paging, commit_id},
        pull_requests::{self, PullRequestId},
        repositories::existing,
    },
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CommentInput {
    comment_id: Option<String>,
}

/// GetComment.
pub(super) fn comment(account: &Arc<Account>, input: CommentInput) -> Result<Value, ServiceError> {
    let id = comment_id(input.comment_id, "commentId")?;
    let comment = account.store.read(|tables| load(tables, &id))?;
    comment.require_content()?;
    Ok(json!({ "comment": comment.wire() }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CommentsInput {
    pull_request_id: Option<String>,
    repository_name: Option<String>,
    before_commit_id: Option<String>,
    after_commit_id: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

/// GetCommentsForPullRequest. Repository and commits come together or not at all.
pub(super) async fn for_pull_request(
    account: &Arc<Account>,
    input: CommentsInput,
) -> Result<Value, ServiceError> {
    let id = PullRequestId::parse(input.pull_request_id)?;
    let narrowed = input.repository_name.is_some()
        || input.before_commit_id.is_some()
        || input.after_commit_id.is_some();
    let commits = if narrowed {
        let before = commit_id(input.before_commit_id, "beforeCommitId")?;
        let after = commit_id(input.after_commit_id, "afterCommitId")?;
        let repository = existing(account, input.repository_name)?.repository_name;
        let pull_request = account
            .store
            .read(|tables| pull_requests::load(tables, id))?;
        pull_request.require_repository(&repository)?;
        require_commit(account, &repository, &before).await?;
        require_commit(account, &repository, &after).await?;
        Some((before, after))
    } else {
        None
    };
    let mut comments = account.store.read(|tables| {
        pull_requests::load(tables, id)?;
        Ok::<_, ServiceError>(posted(tables, &model::order_of_pull_request(id)))
    })?;
    if let Some((before, after)) = commits {
        comments.retain(|comment| {
            let comparison = &comment.place.comparison;
            comparison.before_commit_id.as_ref() == Some(&before)
                && comparison.after_commit_id == after
        });
    }
    answer(comments, &input.paging, "commentsForPullRequestData")
}

/// GetCommentsForComparedCommit.
pub(super) async fn for_compared_commit(
    account: &Arc<Account>,
    input: CommentsInput,
) -> Result<Value, ServiceError> {
    let after = commit_id(input.after_commit_id, "afterCommitId")?;
    let before = match input.before_commit_id {
        None => None,
        Some(id) => Some(commit_id(Some(id), "beforeCommitId")?),
    };
    let repository = existing(account, input.repository_name)?.repository_name;
    for commit in before.iter().chain([&after]) {
        require_commit(account, &repository, commit).await?;
    }
    let order = model::order_of_repository(&repository);
    let mut comments = account.store.read(|tables| posted(tables, &order));
    comments.retain(|comment| {
        let comparison = &comment.place.comparison;
        comparison.after_commit_id == after && comparison.before_commit_id == before
    });
    answer(comments, &input.paging, "commentsForComparedCommitData")
}

/// A page of comments; those of one place stand together, places in the order of their first comment.
fn answer(comments: Vec<Comment>, paging: &Paging, member: &str) -> Result<Value, ServiceError> {
    let ordered: Vec<_> = grouped(comments)
        .into_iter()
        .flat_map(|(_, comments)| comments)
        .collect();
    let page = paging.cut_by(ordered, |comment| comment.id.clone(), 100, 500)?;
    let mut data = Vec::new();
    for (place, comments) in grouped(page.items) {
        let mut group = place.wire()?;
        group["comments"] = comments.iter().map(Comment::wire).collect();
        data.push(group);
    }
    let mut answer = json!({ member: data });
    if let Some(token) = page.next_token {
        answer["nextToken"] = json!(token);
    }
    Ok(answer)
}

fn grouped(comments: Vec<Comment>) -> Vec<(Place, Vec<Comment>)> {
    let mut groups: Vec<(Place, Vec<Comment>)> = Vec::new();
    for comment in comments {
        match groups.iter_mut().find(|(place, _)| *place == comment.place) {
            Some((_, comments)) => comments.push(comment),
            None => groups.push((comment.place.clone(), vec![comment])),
        }
    }
    groups
}

//! Comments of a pull request.

use aws_sdk_codecommit::{
    Client,
    operation::{
        get_comment::GetCommentError,
        get_comments_for_pull_request::GetCommentsForPullRequestError,
        post_comment_for_pull_request::PostCommentForPullRequestError,
        post_comment_reply::PostCommentReplyError, update_comment::UpdateCommentError,
    },
    primitives::{DateTime, DateTimeFormat as Format},
    types,
};
use gate_core::{
    host::{Comment, Edited, HostResult, NewComment, Posted},
    id::{CommentId, CommitId, PullRequestId},
};

use super::{failed, lacks};

/// All comments and replies, oldest first. CodeCommit groups them by the commits they hang on.
pub(super) async fn all(client: &Client, id: &PullRequestId) -> HostResult<Vec<Comment>> {
    let pages = client
        .get_comments_for_pull_request()
        .pull_request_id(id.as_str())
        .into_paginator()
        .send()
        .try_collect()
        .await;
    let pages = match pages {
        Ok(pages) => pages,
        Err(error) => {
            return match error.as_service_error() {
                Some(GetCommentsForPullRequestError::PullRequestDoesNotExistException(_)) => {
                    Ok(Vec::new())
                }
                _ => Err(failed("GetCommentsForPullRequest", &error)),
            };
        }
    };
    let mut comments: Vec<(types::Comment, Option<CommitId>)> = pages
        .into_iter()
        .flat_map(|page| page.comments_for_pull_request_data.unwrap_or_default())
        .flat_map(|group| {
            let after = group.after_commit_id.map(CommitId::new);
            let comments = group.comments.unwrap_or_default();
            comments
                .into_iter()
                .map(move |comment| (comment, after.clone()))
        })
        .collect();
    comments.sort_by_key(|(comment, _)| {
        let created = comment.creation_date.as_ref();
        created.map(|date| (date.secs(), date.subsec_nanos()))
    });
    comments
        .into_iter()
        .map(|(comment, after)| {
            let comment = parse("GetCommentsForPullRequest", comment)?;
            Ok(Comment { after, ..comment })
        })
        .collect()
}

/// One comment. CodeCommit does not tell here what it stands beside.
pub(super) async fn one(client: &Client, id: &CommentId) -> HostResult<Option<Comment>> {
    const OPERATION: &str = "GetComment";
    let answer = client.get_comment().comment_id(id.as_str()).send().await;
    match answer {
        Ok(output) => posted_comment(OPERATION, output.comment).map(Some),
        Err(error) => match error.as_service_error() {
            Some(
                GetCommentError::CommentDeletedException(_)
                | GetCommentError::CommentDoesNotExistException(_),
            ) => Ok(None),
            _ => Err(failed(OPERATION, &error)),
        },
    }
}

/// Posts beside the code; `before` is the destination's side and `after` the source's, as CodeCommit's API reference has it.
pub(super) async fn post(client: &Client, comment: NewComment<'_>) -> HostResult<Posted> {
    use PostCommentForPullRequestError as Refusal;
    const OPERATION: &str = "PostCommentForPullRequest";
    let answer = client
        .post_comment_for_pull_request()
        .pull_request_id(comment.pull_request.as_str())
        .repository_name(comment.repository.as_str())
        .before_commit_id(comment.before.as_str())
        .after_commit_id(comment.after.as_str())
        .content(comment.content)
        .client_request_token(comment.token)
        .send()
        .await;
    match answer {
        Ok(output) => posted(OPERATION, output.comment),
        Err(error) => match error.as_service_error() {
            Some(Refusal::IdempotencyParameterMismatchException(_)) => Ok(Posted::TokenUsed),
            Some(Refusal::BeforeCommitIdAndAfterCommitIdAreSameException(_)) => {
                Ok(Posted::SameCommit)
            }
            Some(Refusal::PullRequestDoesNotExistException(_)) => Ok(Posted::NoPullRequest),
            _ => Err(failed(OPERATION, &error)),
        },
    }
}

pub(super) async fn reply(
    client: &Client,
    to: &CommentId,
    content: &str,
    token: &str,
) -> HostResult<Posted> {
    use PostCommentReplyError as Refusal;
    const OPERATION: &str = "PostCommentReply";
    let answer = client
        .post_comment_reply()
        .in_reply_to(to.as_str())
        .content(content)
        .client_request_token(token)
        .send()
        .await;
    match answer {
        Ok(output) => posted(OPERATION, output.comment),
        Err(error) => match error.as_service_error() {
            Some(Refusal::IdempotencyParameterMismatchException(_)) => Ok(Posted::TokenUsed),
            // A deleted comment leaves a tombstone: one that does not exist went with its pull request.
            Some(Refusal::CommentDoesNotExistException(_)) => Ok(Posted::NoPullRequest),
            _ => Err(failed(OPERATION, &error)),
        },
    }
}

pub(super) async fn edit(client: &Client, id: &CommentId, content: &str) -> HostResult<Edited> {
    use UpdateCommentError as Refusal;
    let answer = client
        .update_comment()
        .comment_id(id.as_str())
        .content(content)
        .send()
        .await;
    match answer {
        Ok(_) => Ok(Edited::Done),
        Err(error) => match error.as_service_error() {
            Some(
                Refusal::CommentDeletedException(_)
                | Refusal::CommentDoesNotExistException(_)
                | Refusal::CommentNotCreatedByCallerException(_),
            ) => Ok(Edited::NotPossible),
            _ => Err(failed("UpdateComment", &error)),
        },
    }
}

fn posted(operation: &'static str, comment: Option<types::Comment>) -> HostResult<Posted> {
    posted_comment(operation, comment).map(Posted::Comment)
}

fn posted_comment(operation: &'static str, comment: Option<types::Comment>) -> HostResult<Comment> {
    let comment = comment.ok_or_else(|| lacks(operation, "comment"))?;
    parse(operation, comment)
}

/// RFC 3339 in UTC with milliseconds, so that text order is time order.
fn time(date: &DateTime) -> Option<String> {
    let milliseconds = date.to_millis().ok()?;
    let seconds = DateTime::from_secs(milliseconds.div_euclid(1000));
    let text = seconds.fmt(Format::DateTime).ok()?;
    let whole = text.strip_suffix('Z')?;
    Some(format!("{whole}.{:03}Z", milliseconds.rem_euclid(1000)))
}

fn parse(operation: &'static str, comment: types::Comment) -> HostResult<Comment> {
    let created = comment.creation_date.as_ref();
    Ok(Comment {
        created: created.and_then(time).unwrap_or_default(),
        edited: comment.last_modified_date.as_ref() > created,
        after: None,
        in_reply_to: comment.in_reply_to.map(CommentId::new),
        id: CommentId::new(
            comment
                .comment_id
                .ok_or_else(|| lacks(operation, "commentId"))?,
        ),
        author: comment.author_arn.unwrap_or_default(),
        token: comment.client_request_token,
        content: comment.content.unwrap_or_default(),
        deleted: comment.deleted,
    })
}

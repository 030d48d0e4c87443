//! Posting: on a pull request, on a commit, as a reply.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::model::{self, Comparison, Location, Place, comment_id, content, load};
use crate::{
    Account, Caller, ServiceError,
    services::codecommit::{
        idempotency::Token,
        input::{commit_id, refuse, required},
        pull_requests::{self, PullRequestId},
        repositories::existing,
    },
};

/// The members that comments on commits and on pull requests have in common.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PostInput {
    pull_request_id: Option<String>,
    repository_name: Option<String>,
    before_commit_id: Option<String>,
    after_commit_id: Option<String>,
    location: Option<Location>,
    content: Option<String>,
    #[serde(skip_serializing)]
    client_request_token: Option<String>,
}

/// PostCommentForPullRequest.
pub(super) async fn for_pull_request(
    account: &Arc<Account>,
    caller: &Caller,
    input: PostInput,
) -> Result<Value, ServiceError> {
    let id = PullRequestId::parse(input.pull_request_id.clone())?;
    let before = commit_id(input.before_commit_id.clone(), "beforeCommitId")?;
    post(account, caller, input, Some(id), Some(before)).await
}

/// PostCommentForComparedCommit.
pub(super) async fn for_compared_commit(
    account: &Arc<Account>,
    caller: &Caller,
    input: PostInput,
) -> Result<Value, ServiceError> {
    let before = match &input.before_commit_id {
        None => None,
        Some(id) => Some(commit_id(Some(id.clone()), "beforeCommitId")?),
    };
    post(account, caller, input, None, before).await
}

async fn post(
    account: &Arc<Account>,
    caller: &Caller,
    input: PostInput,
    pull_request: Option<PullRequestId>,
    before: Option<String>,
) -> Result<Value, ServiceError> {
    let operation = match pull_request {
        Some(_) => "PostCommentForPullRequest",
        None => "PostCommentForComparedCommit",
    };
    let request_token = input.client_request_token.as_deref();
    let token = Token::new(caller, operation, request_token, &input)?;
    let content = content(input.content)?;
    let after = commit_id(input.after_commit_id, "afterCommitId")?;
    if before.as_ref() == Some(&after) {
        let message = format!("beforeCommitId and afterCommitId are both {after}");
        return refuse("BeforeCommitIdAndAfterCommitIdAreSameException", message);
    }
    let repository = existing(account, input.repository_name)?.repository_name;
    if let Some(id) = pull_request {
        let pull_request = account
            .store
            .read(|tables| pull_requests::load(tables, id))?;
        pull_request.require_repository(&repository)?;
    }
    for commit in before.iter().chain([&after]) {
        require_commit(account, &repository, commit).await?;
    }
    let mut comparison = Comparison {
        repository_name: repository,
        before_commit_id: before,
        after_commit_id: after,
        before_blob_id: None,
        after_blob_id: None,
        location: input.location,
    };
    locate(account, &mut comparison).await?;
    let place = Place {
        pull_request,
        comparison,
    };
    let comment = account.store.write(|transaction| {
        if let Some(token) = &token
            && let Some(id) = token.earlier(transaction)?
        {
            return load(transaction, &id);
        }
        let comment = model::new(caller, content, input.client_request_token, place);
        model::add(account, transaction, &comment)?;
        if let Some(token) = &token {
            token.fulfil(transaction, &comment.id)?;
        }
        Ok::<_, ServiceError>(comment)
    })?;
    account.events_bell.notify_one();
    let mut answer = comment.place.wire()?;
    answer["comment"] = comment.wire();
    Ok(answer)
}

/// Refuses an id that is of no commit of the repository.
pub(super) async fn require_commit(
    account: &Account,
    repository: &str,
    id: &str,
) -> Result<(), ServiceError> {
    if account.git.resolve(repository, id).await?.is_some() {
        return Ok(());
    }
    let message = format!("the commit {id} does not exist in the repository {repository}");
    refuse("CommitDoesNotExistException", message)
}

/// Checks the location and finds the file's blobs in both commits.
async fn locate(account: &Account, comparison: &mut Comparison) -> Result<(), ServiceError> {
    let Some(location) = &comparison.location else {
        return Ok(());
    };
    let path = required(
        location.file_path.clone(),
        "filePath",
        "PathRequiredException",
    )?;
    if path.starts_with('/') || path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        let message = format!("filePath `{path}` is not a path from the repository's root");
        return refuse("InvalidPathException", message);
    }
    if location.file_position.is_some_and(|position| position < 1) {
        let message = "filePosition counts lines from 1";
        return refuse("InvalidFilePositionException", message);
    }
    if let Some(version) = &location.relative_file_version
        && !matches!(version.as_str(), "BEFORE" | "AFTER")
    {
        let message = format!("relativeFileVersion cannot be `{version}`");
        return refuse("InvalidRelativeFileVersionEnumException", message);
    }
    let repository = &comparison.repository_name;
    let blob = async |commit: Option<&String>| match commit {
        None => Ok(None),
        Some(commit) => {
            let entry = account.git.entry(repository, commit, &path).await?;
            Ok::<_, ServiceError>(entry.map(|entry| entry.id))
        }
    };
    let before = blob(comparison.before_commit_id.as_ref()).await?;
    let after = blob(Some(&comparison.after_commit_id)).await?;
    if before.is_none() && after.is_none() {
        let message = format!("the file `{path}` is in neither commit");
        return refuse("PathDoesNotExistException", message);
    }
    if let Some(position) = location.file_position {
        let side = match location.relative_file_version.as_deref() {
            Some("BEFORE") => &before,
            Some(_) => &after,
            None => after.as_ref().map_or(&before, |_| &after),
        };
        require_line(account, repository, side.as_deref(), &path, position).await?;
    }
    comparison.before_blob_id = before;
    comparison.after_blob_id = after;
    Ok(())
}

/// Refuses a line that the file does not have.
async fn require_line(
    account: &Account,
    repository: &str,
    blob: Option<&str>,
    path: &str,
    position: i64,
) -> Result<(), ServiceError> {
    let Some(blob) = blob else {
        let message = format!("the file `{path}` is not on this side of the comparison");
        return refuse("PathDoesNotExistException", message);
    };
    let content = account.git.blob(repository, blob).await?;
    let content = content.unwrap_or_default();
    let lines = content.split_inclusive(|byte| *byte == b'\n').count();
    if usize::try_from(position).is_ok_and(|position| position <= lines) {
        return Ok(());
    }
    let message = format!("`{path}` has {lines} lines, no line {position}");
    refuse("InvalidFilePositionException", message)
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReplyInput {
    in_reply_to: Option<String>,
    content: Option<String>,
    #[serde(skip_serializing)]
    client_request_token: Option<String>,
}

/// PostCommentReply.
pub(super) fn reply(
    account: &Arc<Account>,
    caller: &Caller,
    input: ReplyInput,
) -> Result<Value, ServiceError> {
    let request_token = input.client_request_token.as_deref();
    let token = Token::new(caller, "PostCommentReply", request_token, &input)?;
    let content = content(input.content)?;
    let parent = comment_id(input.in_reply_to, "inReplyTo")?;
    let comment = account.store.write(|transaction| {
        if let Some(token) = &token
            && let Some(id) = token.earlier(transaction)?
        {
            return load(transaction, &id);
        }
        let place = load(transaction, &parent)?.place;
        let mut comment = model::new(caller, content, input.client_request_token, place);
        comment.in_reply_to = Some(parent);
        model::add(account, transaction, &comment)?;
        if let Some(token) = &token {
            token.fulfil(transaction, &comment.id)?;
        }
        Ok::<_, ServiceError>(comment)
    })?;
    account.events_bell.notify_one();
    Ok(json!({ "comment": comment.wire() }))
}

//! Reading, listing and editing pull requests, and closing one without a merge.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    history::{Happening, record},
    model::{PullRequestId, Status, change, listed, read},
};
use crate::{
    Account, Caller, ServiceError,
    services::codecommit::{
        input::{Paging, optional_word, refuse, required, word},
        repositories::existing,
    },
};

/// In characters, by the model; the text of the error says 100.
const LONGEST_TITLE: usize = 150;
const LONGEST_DESCRIPTION: usize = 10_240;
const INVALID_STATUS: &str = "InvalidPullRequestStatusException";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetInput {
    pull_request_id: Option<String>,
}

/// GetPullRequest. Under the assumption of stale reads it may show the state before the last change.
pub(super) fn get(account: &Account, input: GetInput) -> Result<Value, ServiceError> {
    let id = PullRequestId::parse(input.pull_request_id)?;
    Ok(json!({ "pullRequest": read(account, id)?.wire() }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListInput {
    repository_name: Option<String>,
    author_arn: Option<String>,
    pull_request_status: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

/// ListPullRequests, the newest first.
pub(super) fn list(account: &Account, input: ListInput) -> Result<Value, ServiceError> {
    let repository = existing(account, input.repository_name)?.repository_name;
    let status: Option<Status> = optional_word(
        input.pull_request_status,
        "pullRequestStatus",
        INVALID_STATUS,
    )?;
    let author = input.author_arn;
    if let Some(arn) = author.as_deref().filter(|arn| !arn.starts_with("arn:")) {
        let message = format!("authorArn `{arn}` is not an ARN");
        return refuse("InvalidAuthorArnException", message);
    }
    let ids: Vec<_> = account.store.read(|tables| {
        listed(tables, &repository)
            .filter(|one| status.is_none_or(|status| one.status == status))
            .filter(|one| author.as_ref().is_none_or(|arn| one.author_arn == *arn))
            .map(|one| one.id.to_string())
            .collect()
    });
    let page = input.paging.cut(ids, String::clone, 100)?;
    let mut answer = json!({ "pullRequestIds": page.items });
    if let Some(token) = page.next_token {
        answer["nextToken"] = json!(token);
    }
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TitleInput {
    pull_request_id: Option<String>,
    title: Option<String>,
}

/// UpdatePullRequestTitle; there is no event for it.
pub(super) fn update_title(account: &Account, input: TitleInput) -> Result<Value, ServiceError> {
    let id = PullRequestId::parse(input.pull_request_id)?;
    let title = valid_title(input.title)?;
    let (pull_request, ()) = change(account, id, |pull_request, _| {
        pull_request.require_open()?;
        pull_request.title = title;
        Ok(())
    })?;
    Ok(json!({ "pullRequest": pull_request.wire() }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DescriptionInput {
    pull_request_id: Option<String>,
    description: Option<String>,
}

/// UpdatePullRequestDescription; there is no event for it. An empty description is none.
pub(super) fn update_description(
    account: &Account,
    input: DescriptionInput,
) -> Result<Value, ServiceError> {
    let id = PullRequestId::parse(input.pull_request_id)?;
    let Some(description) = input.description else {
        return refuse("InvalidDescriptionException", "description is required");
    };
    let description = valid_description(description)?;
    let (pull_request, ()) = change(account, id, |pull_request, _| {
        pull_request.require_open()?;
        pull_request.description = Some(description).filter(|text| !text.is_empty());
        Ok(())
    })?;
    Ok(json!({ "pullRequest": pull_request.wire() }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StatusInput {
    pull_request_id: Option<String>,
    pull_request_status: Option<String>,
}

/// UpdatePullRequestStatus. From closed there is no way back; a merge that moves its branch just now comes first.
pub(super) async fn update_status(
    account: &Account,
    caller: &Caller,
    input: StatusInput,
) -> Result<Value, ServiceError> {
    let id = PullRequestId::parse(input.pull_request_id)?;
    let status: Status = word(
        input.pull_request_status,
        "pullRequestStatus",
        "PullRequestStatusRequiredException",
        INVALID_STATUS,
    )?;
    let _standing = account.references.lock().await;
    let (pull_request, ()) = change(account, id, |pull_request, transaction| {
        match (pull_request.status, status) {
            (Status::Open, Status::Closed) => {
                pull_request.status = Status::Closed;
                let happening = Happening::Closed;
                record(account, transaction, &caller.arn, pull_request, &happening)?;
                Ok(())
            }
            (Status::Closed, Status::Open) => {
                let message = format!("the pull request {id} is closed and cannot be reopened");
                refuse("InvalidPullRequestStatusUpdateException", message)
            }
            _ => Ok(()),
        }
    })?;
    Ok(json!({ "pullRequest": pull_request.wire() }))
}

/// A title of a request.
pub(super) fn valid_title(title: Option<String>) -> Result<String, ServiceError> {
    let title = required(title, "title", "TitleRequiredException")?;
    if title.chars().count() > LONGEST_TITLE {
        let message = format!("a title has at most {LONGEST_TITLE} characters");
        return refuse("InvalidTitleException", message);
    }
    Ok(title)
}

/// A description of a request.
pub(super) fn valid_description(description: String) -> Result<String, ServiceError> {
    if description.chars().count() > LONGEST_DESCRIPTION {
        let message = format!("a description has at most {LONGEST_DESCRIPTION} characters");
        return refuse("InvalidDescriptionException", message);
    }
    Ok(description)
}

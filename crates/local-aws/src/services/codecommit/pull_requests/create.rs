//! Opening a pull request.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    history::{Happening, record},
    model::{PullRequest, PullRequestId, Status, listed, load, new_revision, save},
    operations::{valid_description, valid_title},
};
use crate::{
    Account, Caller, ServiceError,
    git::is_reference_name,
    services::codecommit::{
        idempotency::Token,
        input::{refuse, required},
        repositories::existing,
        templates,
        time::Time,
    },
};

const MOST_OPEN: usize = 1000;
const HEADS: &str = "refs/heads/";

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateInput {
    title: Option<String>,
    description: Option<String>,
    targets: Option<Vec<Target>>,
    #[serde(skip_serializing)]
    client_request_token: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Target {
    repository_name: Option<String>,
    source_reference: Option<String>,
    destination_reference: Option<String>,
}

/// Two branches of one repository and where they are.
struct Branches {
    repository: String,
    source_reference: String,
    destination_reference: String,
    source_commit: String,
    destination_commit: String,
    merge_base: Option<String>,
}

/// CreatePullRequest. No reference moves while it looks at them.
pub(super) async fn create(
    account: &Arc<Account>,
    caller: &Caller,
    input: CreateInput,
) -> Result<Value, ServiceError> {
    let request_token = input.client_request_token.as_deref();
    let token = Token::new(caller, "CreatePullRequest", request_token, &input)?;
    let title = valid_title(input.title)?;
    let description = input.description.map(valid_description).transpose()?;
    if let Some(token) = &token {
        let earlier = account.store.read(|tables| {
            let id = token.earlier(tables)?;
            id.map(|id| load(tables, PullRequestId::parse(Some(id))?))
                .transpose()
        })?;
        if let Some(pull_request) = earlier {
            return Ok(json!({ "pullRequest": pull_request.wire() }));
        }
    }
    let target = only_target(input.targets)?;
    let _standing = account.references.lock().await;
    let branches = look_up(account, target).await?;
    let created = account.store.write(|transaction| {
        // Two requests under one token may both have got as far as here.
        if let Some(token) = &token
            && let Some(id) = token.earlier(transaction)?
        {
            return load(transaction, PullRequestId::parse(Some(id))?);
        }
        let open = listed(transaction, &branches.repository);
        if open.filter(|one| one.status == Status::Open).count() >= MOST_OPEN {
            let message = format!("a repository has at most {MOST_OPEN} open pull requests");
            return refuse("MaximumOpenPullRequestsExceededException", message);
        }
        let rules = templates::rules_for(
            transaction,
            &branches.repository,
            &branches.destination_reference,
        );
        let now = Time::now();
        let pull_request = PullRequest {
            id: PullRequestId::next(transaction)?,
            title,
            description,
            status: Status::Open,
            author_arn: caller.arn.clone(),
            created: now,
            last_activity: now,
            client_request_token: input.client_request_token,
            revision_id: new_revision(),
            repository: branches.repository,
            source_reference: branches.source_reference,
            destination_reference: branches.destination_reference,
            source_commit: branches.source_commit,
            destination_tip: branches.destination_commit.clone(),
            destination_commit: branches.destination_commit,
            merge_base: branches.merge_base,
            merged: None,
            rules,
        };
        save(account, transaction, &pull_request)?;
        let happening = Happening::Created;
        record(account, transaction, &caller.arn, &pull_request, &happening)?;
        if let Some(token) = &token {
            token.fulfil(transaction, &pull_request.id.to_string())?;
        }
        Ok::<_, ServiceError>(pull_request)
    })?;
    account.events_bell.notify_one();
    Ok(json!({ "pullRequest": created.wire() }))
}

fn only_target(targets: Option<Vec<Target>>) -> Result<Target, ServiceError> {
    let mut targets = targets.unwrap_or_default();
    let Some(target) = targets.pop() else {
        return refuse("TargetsRequiredException", "targets is required");
    };
    if targets.is_empty() {
        return Ok(target);
    }
    let elsewhere = |one: &Target| one.repository_name != target.repository_name;
    if targets.iter().any(elsewhere) {
        let message = "the targets name more than one repository";
        return refuse("MultipleRepositoriesInPullRequestException", message);
    }
    let message = "a pull request has exactly one target";
    refuse("InvalidTargetsException", message)
}

async fn look_up(account: &Account, target: Target) -> Result<Branches, ServiceError> {
    let row = existing(account, target.repository_name)?;
    let repository = row.repository_name;
    let source_reference = branch(target.source_reference, "sourceReference")?;
    let destination = target.destination_reference.or(row.default_branch);
    let destination_reference = branch(destination, "destinationReference")?;
    if source_reference == destination_reference {
        let message = format!("source and destination are both {source_reference}");
        return refuse("SourceAndDestinationAreSameException", message);
    }
    let source_commit = tip(account, &repository, &source_reference).await?;
    let destination_commit = tip(account, &repository, &destination_reference).await?;
    let merge_base = account
        .git
        .merge_base(&repository, &destination_commit, &source_commit)
        .await?;
    Ok(Branches {
        repository,
        source_reference,
        destination_reference,
        source_commit,
        destination_commit,
        merge_base,
    })
}

/// The full name of a branch, given in full or in short.
fn branch(value: Option<String>, member: &str) -> Result<String, ServiceError> {
    let name = required(value, member, "ReferenceNameRequiredException")?;
    if !is_reference_name(&name) {
        let message = format!("{member} `{name}` is not a name for a reference");
        return refuse("InvalidReferenceNameException", message);
    }
    if name.starts_with(HEADS) {
        return Ok(name);
    }
    if name.starts_with("refs/") {
        let message = format!("{member} `{name}` is not a branch");
        return refuse("ReferenceTypeNotSupportedException", message);
    }
    Ok(format!("{HEADS}{name}"))
}

async fn tip(account: &Account, repository: &str, reference: &str) -> Result<String, ServiceError> {
    let commit = account.git.resolve(repository, reference).await?;
    commit.ok_or_else(|| {
        let message = format!("repository `{repository}` has no {reference}");
        ServiceError::client("ReferenceDoesNotExistException", message)
    })
}

//! Repositories: creating, finding, listing, deleting them; their default branch.
//!
//! A repository exists once its row is in the journal. git's folder is made before the row and removed after it, so a
//! folder without a row is rubbish of a crash and the next repository of that name starts by removing it. Tags and
//! encryption keys are accepted and have no effect.

use std::{cmp::Reverse, collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    branches,
    input::{optional_word, output, refuse, required, shape},
    pull_requests, references,
    time::Time,
};
use crate::{
    Account, ServiceError,
    page::page,
    store::{StoreError, Table},
};

/// By name.
pub(super) const REPOSITORIES: Table<Repository> = Table::new("repositories");

/// ListRepositories knows no page size; the real one is not documented.
const PAGE: usize = 100;
const MOST_NAMES: usize = 100;

/// A repository as the journal and, with what depends on the account, `repositoryMetadata` hold it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(clippy::struct_field_names, reason = "AWS's words")]
pub(crate) struct Repository {
    pub(crate) repository_id: String,
    pub(crate) repository_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) repository_description: Option<String>,
    /// None before the first push.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) default_branch: Option<String>,
    pub(crate) last_modified_date: Time,
    pub(crate) creation_date: Time,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    repository_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    repository_name: Option<String>,
    repository_description: Option<String>,
}

/// CreateRepository.
pub(super) async fn create(account: &Arc<Account>, input: &Value) -> Result<Value, ServiceError> {
    let request: Create = shape(input)?;
    let name = valid_name(request.repository_name)?;
    let description = request.repository_description;
    if description
        .as_ref()
        .is_some_and(|text| text.chars().count() > 1000)
    {
        let message = "a description has at most 1,000 characters";
        return refuse("InvalidRepositoryDescriptionException", message);
    }
    let _moving = account.references.lock().await;
    if find(account, &name).is_some() {
        let message = format!("there is a repository `{name}` already");
        return refuse("RepositoryNameExistsException", message);
    }
    account.git.delete(&name).await?;
    account.git.create(&name, None).await?;
    let repository = Repository {
        repository_id: new_id(),
        repository_name: name,
        repository_description: description,
        default_branch: None,
        last_modified_date: Time::now(),
        creation_date: Time::now(),
    };
    account.store.write(|transaction| {
        let name = &repository.repository_name;
        transaction.put(&REPOSITORIES, name, &repository)
    })?;
    Ok(json!({ "repositoryMetadata": metadata(account, &repository)? }))
}

/// GetRepository.
pub(super) fn get(account: &Account, input: &Value) -> Result<Value, ServiceError> {
    let request: Named = shape(input)?;
    let repository = existing(account, request.repository_name)?;
    Ok(json!({ "repositoryMetadata": metadata(account, &repository)? }))
}

/// DeleteRepository. One that does not exist is deleted already.
pub(super) async fn delete(account: &Arc<Account>, input: &Value) -> Result<Value, ServiceError> {
    let request: Named = shape(input)?;
    let name = valid_name(request.repository_name)?;
    let _moving = account.references.lock().await;
    let Some(repository) = find(account, &name) else {
        return Ok(json!({}));
    };
    account.store.write(|transaction| {
        transaction.delete(&REPOSITORIES, &name);
        references::forget(transaction, &name);
        pull_requests::forget_repository(transaction, &name);
        Ok::<_, StoreError>(())
    })?;
    account.git.delete(&name).await?;
    Ok(json!({ "repositoryId": repository.repository_id }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    next_token: Option<String>,
    sort_by: Option<String>,
    order: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum SortBy {
    RepositoryName,
    LastModifiedDate,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Order {
    Ascending,
    Descending,
}

/// ListRepositories.
pub(super) fn list(account: &Account, input: &Value) -> Result<Value, ServiceError> {
    let request: List = shape(input)?;
    let sort_by = optional_word(request.sort_by, "sortBy", "InvalidSortByException")?;
    let order = optional_word(request.order, "order", "InvalidOrderException")?;
    let mut all: Vec<Repository> = account.store.read(|tables| {
        let rows = tables.scan(&REPOSITORIES, "");
        rows.map(|(_, repository)| repository).collect()
    });
    if matches!(sort_by, Some(SortBy::LastModifiedDate)) {
        all.sort_by_key(|repository| Reverse(repository.last_modified_date));
        all.reverse();
    }
    if matches!(order, Some(Order::Descending)) {
        all.reverse();
    }
    let key = |repository: &Repository| repository.repository_name.clone();
    let Some(page) = page(all, key, PAGE, request.next_token.as_deref()) else {
        let message = "nextToken is not one that this service gave out";
        return refuse("InvalidContinuationTokenException", message);
    };
    let repositories = page.items.iter().map(|repository| {
        json!({
            "repositoryName": repository.repository_name,
            "repositoryId": repository.repository_id,
        })
    });
    let mut answer = json!({ "repositories": repositories.collect::<Vec<_>>() });
    if let Some(token) = page.next_token {
        answer["nextToken"] = json!(token);
    }
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BatchGet {
    repository_names: Option<Vec<String>>,
}

/// BatchGetRepositories.
pub(super) fn batch_get(account: &Account, input: &Value) -> Result<Value, ServiceError> {
    let request: BatchGet = shape(input)?;
    let names = request.repository_names.unwrap_or_default();
    if names.is_empty() {
        return refuse(
            "RepositoryNamesRequiredException",
            "repositoryNames is required",
        );
    }
    if names.len() > MOST_NAMES {
        let message = format!("at most {MOST_NAMES} names can be asked for at once");
        return refuse("MaximumRepositoryNamesExceededException", message);
    }
    let (mut found, mut not_found, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    for name in names {
        let name = valid_name(Some(name))?;
        if let Some(repository) = find(account, &name) {
            found.push(metadata(account, &repository)?);
            continue;
        }
        errors.push(BTreeMap::from([
            ("repositoryName", name.clone()),
            ("errorCode", "RepositoryDoesNotExistException".to_owned()),
            ("errorMessage", format!("there is no repository `{name}`")),
        ]));
        not_found.push(name);
    }
    Ok(json!({ "repositories": found, "repositoriesNotFound": not_found, "errors": errors }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UpdateDefaultBranch {
    repository_name: Option<String>,
    default_branch_name: Option<String>,
}

/// UpdateDefaultBranch.
pub(super) async fn update_default_branch(
    account: &Arc<Account>,
    input: &Value,
) -> Result<Value, ServiceError> {
    let request: UpdateDefaultBranch = shape(input)?;
    let name = existing(account, request.repository_name)?.repository_name;
    let branch = branches::valid_name(request.default_branch_name, "defaultBranchName")?;
    let _moving = account.references.lock().await;
    branches::tip(account, &name, &branch).await?;
    account.git.set_head(&name, &branch).await?;
    account.store.write(|transaction| {
        if let Some(mut repository) = transaction.get(&REPOSITORIES, &name) {
            repository.default_branch = Some(branch);
            repository.last_modified_date = Time::now();
            transaction.put(&REPOSITORIES, &name, &repository)?;
        }
        Ok::<_, StoreError>(())
    })?;
    Ok(json!({}))
}

/// The repository of this name, if there is one.
pub(crate) fn find(account: &Account, name: &str) -> Option<Repository> {
    account.store.read(|tables| tables.get(&REPOSITORIES, name))
}

/// The repository that a request names.
pub(crate) fn existing(
    account: &Account,
    name: Option<String>,
) -> Result<Repository, ServiceError> {
    let name = valid_name(name)?;
    find(account, &name).ok_or_else(|| {
        let message = format!("there is no repository `{name}`");
        ServiceError::client("RepositoryDoesNotExistException", message)
    })
}

/// Whether CodeCommit allows the name.
#[allow(
    clippy::case_sensitive_file_extension_comparisons,
    reason = "it is no file, and only `.git` in small letters is taken off a clone's address"
)]
pub(crate) fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    (1..=100).contains(&name.len())
        && name.bytes().all(fits)
        && !name.ends_with(".git")
        && !matches!(name, "." | "..")
}

fn valid_name(name: Option<String>) -> Result<String, ServiceError> {
    let name = required(name, "repositoryName", "RepositoryNameRequiredException")?;
    if is_name(&name) {
        return Ok(name);
    }
    let message = format!(
        "`{name}` is not a name of 1 to 100 letters, digits, periods, underscores and dashes that does not end in `.git`"
    );
    refuse("InvalidRepositoryNameException", message)
}

fn metadata(account: &Account, repository: &Repository) -> Result<Value, ServiceError> {
    let name = &repository.repository_name;
    let mut metadata = output(repository)?;
    metadata["accountId"] = json!(account.settings.account_id);
    metadata["Arn"] = json!(account.arn("codecommit", name));
    let base = account.base_url();
    let place = base.split_once("://").map_or(base, |(_, place)| place);
    // As on AWS every repository has one; nothing answers SSH here.
    metadata["cloneUrlSsh"] = json!(format!("ssh://{place}/v1/repos/{name}"));
    metadata["cloneUrlHttp"] = json!(format!("{base}/v1/repos/{name}"));
    Ok(metadata)
}

/// The form of a UUID, as CodeCommit's ids have it.
fn new_id() -> String {
    let digits = format!("{:032x}", fastrand::u128(..));
    [
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..],
    ]
    .join("-")
}

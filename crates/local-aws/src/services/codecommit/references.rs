//! Moves of references: what everything else in CodeCommit has to know of them, from whatever side they came.
//!
//! git holds the references; the journal holds them as they were last reported. Whoever moves one holds
//! `account.references` from before the move until it is reported. What a crash left unreported, and what a push has
//! moved, is the difference between the two.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};

use super::{
    pull_requests,
    repositories::{REPOSITORIES, Repository},
    time::Time,
};
use crate::{
    Account, Caller, OpenError, ServiceError,
    services::events::{self, Emitted},
    store::{StoreError, Table, Transaction},
};

/// Repository and full name → object id, as last reported.
const REFERENCES: Table<String> = Table::new("references");

/// A reference that was created, moved or deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReferenceChange {
    /// For example `refs/heads/main`.
    pub(crate) full_name: String,
    /// Where it was; none if it did not exist.
    pub(crate) old: Option<String>,
    /// Where it is; none if it does not exist any more.
    pub(crate) new: Option<String>,
}

/// Reports moves that git has made: to pull requests, to the journal, as events. Called with `account.references` held.
///
/// Pull requests come first and the journal last: after a crash in between the moves are reported once more, so what
/// hears of them must take a second report of the same state as none.
pub(crate) async fn references_moved(
    account: &Arc<Account>,
    caller: &Caller,
    repository: &str,
    changes: &[ReferenceChange],
) -> Result<(), ServiceError> {
    if changes.is_empty() {
        return Ok(());
    }
    choose_default_branch(account, repository, changes).await?;
    pull_requests::references_moved(account, caller, repository, changes).await?;
    account.store.write(|transaction| {
        let Some(mut row) = transaction.get(&REPOSITORIES, repository) else {
            return Ok(());
        };
        row.last_modified_date = Time::now();
        transaction.put(&REPOSITORIES, repository, &row)?;
        for change in changes {
            let key = key(repository, &change.full_name);
            match &change.new {
                Some(new) => transaction.put(&REFERENCES, &key, new)?,
                None => transaction.delete(&REFERENCES, &key),
            }
            emit(account, caller, transaction, &row, change)?;
        }
        Ok::<_, StoreError>(())
    })?;
    account.events_bell.notify_one();
    Ok(())
}

/// Reports what moved since the last report. Called with `account.references` held.
pub(crate) async fn compare_references(
    account: &Arc<Account>,
    caller: &Caller,
    repository: &str,
) -> Result<(), ServiceError> {
    let mut actual = account.git.references(repository, "refs/").await?;
    let mut changes = Vec::new();
    for (full_name, old) in reported(account, repository, "refs/") {
        let new = actual.remove(&full_name);
        if new.as_ref() != Some(&old) {
            let old = Some(old);
            changes.push(ReferenceChange {
                full_name,
                old,
                new,
            });
        }
    }
    changes.extend(actual.into_iter().map(|(full_name, new)| ReferenceChange {
        full_name,
        old: None,
        new: Some(new),
    }));
    references_moved(account, caller, repository, &changes).await
}

/// Full name and object of each reference that starts with `prefix`, as last reported.
pub(super) fn reported(
    account: &Account,
    repository: &str,
    prefix: &str,
) -> BTreeMap<String, String> {
    let start = key(repository, "").len();
    account.store.read(|tables| {
        let rows = tables.scan(&REFERENCES, &key(repository, prefix));
        rows.map(|(key, id)| (key[start..].to_owned(), id))
            .collect()
    })
}

/// Reports what moved between the last report and the end of the last process.
pub(crate) async fn recover(account: &Arc<Account>) -> Result<(), OpenError> {
    let names: Vec<String> = account.store.read(|tables| {
        let rows = tables.scan(&REPOSITORIES, "");
        rows.map(|(name, _)| name.to_owned()).collect()
    });
    let caller = pusher(account, None);
    let _moving = account.references.lock().await;
    for name in names {
        account.git.mend(&name).await?;
        let compared = compare_references(account, &caller, &name).await;
        compared.map_err(|source| OpenError::Repository { name, source })?;
    }
    Ok(())
}

/// Who pushes: the user name given to git, mapped like an access key; without one nobody in particular.
pub(crate) fn pusher(account: &Account, user_name: Option<&str>) -> Caller {
    let settings = &account.settings;
    let key = user_name.filter(|name| !name.is_empty()).unwrap_or("git");
    Caller::from_access_key(key, &settings.account_id, &settings.callers)
}

/// Forgets the references of a repository that is being deleted.
pub(super) fn forget(transaction: &mut Transaction<'_>, repository: &str) {
    let prefix = key(repository, "");
    let rows = transaction.scan(&REFERENCES, &prefix);
    let keys: Vec<String> = rows.map(|(key, _)| key.to_owned()).collect();
    for key in keys {
        transaction.delete(&REFERENCES, &key);
    }
}

/// The first branch of a repository becomes its default branch.
async fn choose_default_branch(
    account: &Account,
    repository: &str,
    changes: &[ReferenceChange],
) -> Result<(), ServiceError> {
    let row = account
        .store
        .read(|tables| tables.get(&REPOSITORIES, repository));
    if row.is_none_or(|row: Repository| row.default_branch.is_some()) {
        return Ok(());
    }
    let created: Vec<&str> = changes
        .iter()
        .filter(|change| change.new.is_some())
        .filter_map(|change| change.full_name.strip_prefix("refs/heads/"))
        .collect();
    // Of several pushed at once, the one that an empty clone has checked out.
    let chosen = created.iter().find(|name| **name == "main");
    let Some(branch) = chosen.or(created.first()) else {
        return Ok(());
    };
    account.git.set_head(repository, branch).await?;
    account.store.write(|transaction| {
        if let Some(mut row) = transaction.get(&REPOSITORIES, repository) {
            row.default_branch = Some((*branch).to_owned());
            transaction.put(&REPOSITORIES, repository, &row)?;
        }
        Ok(())
    })
}

/// No `/` is in a repository's name.
fn key(repository: &str, full_name: &str) -> String {
    format!("{repository}/{full_name}")
}

/// `CodeCommit Repository State Change` for a branch or a tag; other references have no event.
fn emit(
    account: &Account,
    caller: &Caller,
    transaction: &mut Transaction<'_>,
    repository: &Repository,
    change: &ReferenceChange,
) -> Result<(), StoreError> {
    let full_name = change.full_name.as_str();
    let (kind, name) = match (
        full_name.strip_prefix("refs/heads/"),
        full_name.strip_prefix("refs/tags/"),
    ) {
        (Some(branch), _) => ("branch", branch),
        (_, Some(tag)) => ("tag", tag),
        _ => return Ok(()),
    };
    let event = match (&change.old, &change.new) {
        (None, _) => "referenceCreated",
        (_, None) => "referenceDeleted",
        _ => "referenceUpdated",
    };
    let mut detail = json!({
        "event": event,
        "referenceType": kind,
        "referenceName": name,
        "referenceFullName": full_name,
    });
    if let Some(new) = &change.new {
        detail["commitId"] = json!(new);
    }
    if let Some(old) = &change.old {
        detail["oldCommitId"] = json!(old);
    }
    emit_state_change(account, caller, transaction, repository, detail)
}

/// Puts a `CodeCommit Repository State Change` into the outbox; `detail` lacks the repository and the caller.
pub(super) fn emit_state_change(
    account: &Account,
    caller: &Caller,
    transaction: &mut Transaction<'_>,
    repository: &Repository,
    mut detail: Value,
) -> Result<(), StoreError> {
    detail["repositoryName"] = json!(repository.repository_name);
    detail["repositoryId"] = json!(repository.repository_id);
    detail["callerUserArn"] = json!(caller.arn);
    let event = Emitted {
        source: "aws.codecommit",
        detail_type: "CodeCommit Repository State Change",
        resources: vec![account.arn("codecommit", &repository.repository_name)],
        detail,
    };
    events::emit(account, transaction, event)
}

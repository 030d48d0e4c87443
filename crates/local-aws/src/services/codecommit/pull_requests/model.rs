//! What is remembered of a pull request, and how it looks on the wire.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Account, ServiceError,
    services::codecommit::{
        input::{refuse, required},
        merges::MergeOption,
        rules::ApprovalRule,
        time::Time,
    },
    store::{StoreError, Table, Tables, Transaction},
};

const PULL_REQUESTS: Table<PullRequest> = Table::new("pull-requests");
/// `<repository>/<id>`.
const BY_REPOSITORY: Table<Listed> = Table::new("pull-requests-by-repository");
const STALE: Table<Stale> = Table::new("pull-requests-stale");

/// The number of a pull request, unique in its account and Region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PullRequestId(u64);

impl PullRequestId {
    /// Out of a request's member.
    pub(crate) fn parse(value: Option<String>) -> Result<Self, ServiceError> {
        let text = required(value, "pullRequestId", "PullRequestIdRequiredException")?;
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(number) if digits => Ok(Self(number)),
            _ => {
                let message = format!("pullRequestId `{text}` is not a number");
                refuse("InvalidPullRequestIdException", message)
            }
        }
    }

    /// A fresh one.
    pub(super) fn next(transaction: &mut Transaction<'_>) -> Result<Self, StoreError> {
        transaction.next_number("pull-requests").map(Self)
    }

    /// As a key whose order is the order of creation.
    pub(crate) fn key(self) -> String {
        format!("{:012}", self.0)
    }
}

impl fmt::Display for PullRequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl Serialize for PullRequestId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PullRequestId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(serde::de::Error::custom)
    }
}

/// Open until closed, and never again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Status {
    Open,
    Closed,
}

/// A merge that took place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Merged {
    pub(crate) by: String,
    pub(crate) commit: String,
    pub(crate) option: MergeOption,
}

/// A pull request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PullRequest {
    pub(crate) id: PullRequestId,
    pub(crate) title: String,
    pub(crate) description: Option<String>,
    pub(crate) status: Status,
    pub(crate) author_arn: String,
    pub(crate) created: Time,
    pub(crate) last_activity: Time,
    pub(crate) client_request_token: Option<String>,
    /// 64 hexadecimal digits, renewed with the source commit.
    pub(crate) revision_id: String,
    pub(crate) repository: String,
    /// Full name of the source branch.
    pub(crate) source_reference: String,
    /// Full name of the destination branch.
    pub(crate) destination_reference: String,
    pub(crate) source_commit: String,
    /// What the wire shows; whether it follows the branch is an assumption.
    pub(crate) destination_commit: String,
    /// Where the destination branch was when it was last looked at.
    pub(crate) destination_tip: String,
    pub(crate) merge_base: Option<String>,
    pub(crate) merged: Option<Merged>,
    pub(crate) rules: Vec<ApprovalRule>,
}

impl PullRequest {
    /// Refuses a closed one.
    pub(crate) fn require_open(&self) -> Result<(), ServiceError> {
        match self.status {
            Status::Open => Ok(()),
            Status::Closed => refuse(
                "PullRequestAlreadyClosedException",
                format!("the pull request {} is closed", self.id),
            ),
        }
    }

    /// Refuses a revision that is not the live one.
    pub(crate) fn require_revision(&self, revision_id: &str) -> Result<(), ServiceError> {
        if self.revision_id == revision_id {
            return Ok(());
        }
        let message = format!(
            "the revision {revision_id} is not the current revision of the pull request {}",
            self.id
        );
        refuse("RevisionNotCurrentException", message)
    }

    /// Refuses a repository that is not this pull request's.
    pub(crate) fn require_repository(&self, repository: &str) -> Result<(), ServiceError> {
        if self.repository == repository {
            return Ok(());
        }
        let message = format!(
            "the repository {repository} is not that of the pull request {}",
            self.id
        );
        refuse("RepositoryNotAssociatedWithPullRequestException", message)
    }

    /// Whether the two differ in nothing that a reader would notice.
    fn looks_like(&self, other: &Self) -> bool {
        let same = Self {
            last_activity: other.last_activity,
            destination_tip: other.destination_tip.clone(),
            ..self.clone()
        };
        same == *other
    }

    /// Whether and how it was merged, as the API shows it.
    pub(crate) fn merge_metadata(&self) -> Value {
        let mut metadata = json!({ "isMerged": self.merged.is_some() });
        if let Some(merged) = &self.merged {
            metadata["mergedBy"] = json!(merged.by);
            metadata["mergeCommitId"] = json!(merged.commit);
            metadata["mergeOption"] = json!(merged.option);
        }
        metadata
    }

    /// As the API shows it.
    pub(crate) fn wire(&self) -> Value {
        let mut target = json!({
            "repositoryName": self.repository,
            "sourceReference": self.source_reference,
            "destinationReference": self.destination_reference,
            "sourceCommit": self.source_commit,
            "destinationCommit": self.destination_commit,
            "mergeMetadata": self.merge_metadata(),
        });
        if let Some(base) = &self.merge_base {
            target["mergeBase"] = json!(base);
        }
        let mut wire = json!({
            "pullRequestId": self.id,
            "title": self.title,
            "lastActivityDate": self.last_activity,
            "creationDate": self.created,
            "pullRequestStatus": self.status,
            "authorArn": self.author_arn,
            "pullRequestTargets": [target],
            "revisionId": self.revision_id,
            "approvalRules": self.rules,
        });
        if let Some(description) = &self.description {
            wire["description"] = json!(description);
        }
        if let Some(token) = &self.client_request_token {
            wire["clientRequestToken"] = json!(token);
        }
        wire
    }
}

/// A fresh revision id.
pub(super) fn new_revision() -> String {
    format!("{:032x}{:032x}", fastrand::u128(..), fastrand::u128(..))
}

/// What listing a repository's pull requests needs of each.
#[derive(Serialize, Deserialize)]
pub(super) struct Listed {
    pub(super) id: PullRequestId,
    pub(super) status: Status,
    pub(super) author_arn: String,
}

/// The pull requests of a repository, the newest first.
pub(super) fn listed(tables: &Tables, repository: &str) -> impl Iterator<Item = Listed> {
    tables
        .scan(&BY_REPOSITORY, &format!("{repository}/"))
        .map(|(_, listed)| listed)
        .rev()
}

/// The open pull requests of a repository, the oldest first.
pub(super) fn open_ones(tables: &Tables, repository: &str) -> Vec<PullRequest> {
    let mut open: Vec<_> = listed(tables, repository)
        .filter(|listed| listed.status == Status::Open)
        .filter_map(|listed| tables.get(&PULL_REQUESTS, &listed.id.key()))
        .collect();
    open.reverse();
    open
}

/// The pull request as it is now.
pub(crate) fn load(tables: &Tables, id: PullRequestId) -> Result<PullRequest, ServiceError> {
    tables.get(&PULL_REQUESTS, &id.key()).ok_or_else(|| {
        let message = format!("the pull request {id} does not exist");
        ServiceError::client("PullRequestDoesNotExistException", message)
    })
}

/// The state before the last change, while reads of it are left.
#[derive(Serialize, Deserialize)]
struct Stale {
    before: PullRequest,
    reads_left: u32,
}

/// Writes the pull request and, under the assumption of stale reads, keeps what it replaces.
pub(super) fn save(
    account: &Account,
    transaction: &mut Transaction<'_>,
    pull_request: &PullRequest,
) -> Result<(), StoreError> {
    let key = pull_request.id.key();
    let reads_left = account.settings.assumptions.stale_reads;
    if reads_left > 0
        && let Some(before) = transaction.get(&PULL_REQUESTS, &key)
        && !pull_request.looks_like(&before)
    {
        let stale = Stale { before, reads_left };
        transaction.put(&STALE, &key, &stale)?;
    }
    let listed = Listed {
        id: pull_request.id,
        status: pull_request.status,
        author_arn: pull_request.author_arn.clone(),
    };
    let place = format!("{}/{key}", pull_request.repository);
    transaction.put(&BY_REPOSITORY, &place, &listed)?;
    transaction.put(&PULL_REQUESTS, &key, pull_request)
}

/// The pull request as a read sees it, which may be behind.
pub(super) fn read(account: &Account, id: PullRequestId) -> Result<PullRequest, ServiceError> {
    if account.settings.assumptions.stale_reads == 0 {
        return account.store.read(|tables| load(tables, id));
    }
    account.store.write(|transaction| {
        let key = id.key();
        let Some(stale) = transaction.get(&STALE, &key) else {
            return load(transaction, id);
        };
        match stale.reads_left - 1 {
            0 => transaction.delete(&STALE, &key),
            reads_left => {
                let before = stale.before.clone();
                transaction.put(&STALE, &key, &Stale { before, reads_left })?;
            }
        }
        Ok(stale.before)
    })
}

/// Changes a pull request in one transaction; the caller rings the bell if it emitted events.
pub(crate) fn change<R>(
    account: &Account,
    id: PullRequestId,
    change: impl FnOnce(&mut PullRequest, &mut Transaction<'_>) -> Result<R, ServiceError>,
) -> Result<(PullRequest, R), ServiceError> {
    let changed = account.store.write(|transaction| {
        let before = load(transaction, id)?;
        let mut pull_request = before.clone();
        let result = change(&mut pull_request, transaction)?;
        if !pull_request.looks_like(&before) {
            pull_request.last_activity = Time::now();
        }
        if pull_request != before {
            save(account, transaction, &pull_request)?;
        }
        Ok::<_, ServiceError>((pull_request, result))
    })?;
    account.events_bell.notify_one();
    Ok(changed)
}

/// Forgets the pull requests of a deleted repository, their approvals and comments staying unreachable behind them.
pub(super) fn forget_repository(transaction: &mut Transaction<'_>, repository: &str) {
    let ids: Vec<_> = listed(transaction, repository)
        .map(|listed| listed.id)
        .collect();
    for id in ids {
        transaction.delete(&PULL_REQUESTS, &id.key());
        transaction.delete(&STALE, &id.key());
        transaction.delete(&BY_REPOSITORY, &format!("{repository}/{}", id.key()));
    }
}

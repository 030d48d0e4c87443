//! Pull requests as they stand, and what their own events tell.

use aws_sdk_codecommit::{
    Client,
    error::ProvideErrorMetadata,
    operation::{
        describe_pull_request_events::DescribePullRequestEventsError,
        get_pull_request::GetPullRequestError,
    },
    types::{self, OverrideStatus, PullRequestEvent, PullRequestStatusEnum},
};
use gate_core::{
    error::GateError,
    host::{HostResult, Override},
    id::{BranchName, CommitId, PullRequestId, RepositoryName, RevisionId},
    pull_request::{Merge, PullRequest, PullRequestStatus},
};

use super::{NO_REPOSITORY, failed, lacks};

pub(super) async fn read(client: &Client, id: &PullRequestId) -> HostResult<Option<PullRequest>> {
    const OPERATION: &str = "GetPullRequest";
    let answer = client
        .get_pull_request()
        .pull_request_id(id.as_str())
        .send()
        .await;
    match answer {
        Ok(output) => {
            let live = output
                .pull_request
                .ok_or_else(|| lacks(OPERATION, "pullRequest"))?;
            parse(live).map(Some)
        }
        Err(error) => match error.as_service_error() {
            Some(GetPullRequestError::PullRequestDoesNotExistException(_)) => Ok(None),
            _ => Err(failed(OPERATION, &error)),
        },
    }
}

fn parse(live: types::PullRequest) -> HostResult<PullRequest> {
    let missing = |member: &'static str| move || lacks("GetPullRequest", member);
    let target = live
        .pull_request_targets
        .and_then(|targets| targets.into_iter().next())
        .ok_or_else(missing("pullRequestTargets"))?;
    Ok(PullRequest {
        id: PullRequestId::new(live.pull_request_id.ok_or_else(missing("pullRequestId"))?),
        title: live.title.unwrap_or_default(),
        status: status(live.pull_request_status.as_ref())?,
        author: live.author_arn.ok_or_else(missing("authorArn"))?,
        revision: RevisionId::new(live.revision_id.ok_or_else(missing("revisionId"))?),
        repository: RepositoryName::new(
            target
                .repository_name
                .ok_or_else(missing("repositoryName"))?,
        ),
        source: BranchName::from_reference(
            &target
                .source_reference
                .ok_or_else(missing("sourceReference"))?,
        ),
        destination: BranchName::from_reference(
            &target
                .destination_reference
                .ok_or_else(missing("destinationReference"))?,
        ),
        source_commit: CommitId::new(target.source_commit.ok_or_else(missing("sourceCommit"))?),
        destination_commit: CommitId::new(
            target
                .destination_commit
                .ok_or_else(missing("destinationCommit"))?,
        ),
        merge: target
            .merge_metadata
            .filter(|merge| merge.is_merged)
            .map(|merge| Merge {
                commit: merge.merge_commit_id.map(CommitId::new),
            }),
        has_approval_rules: live.approval_rules.is_some_and(|rules| !rules.is_empty()),
    })
}

fn status(status: Option<&PullRequestStatusEnum>) -> Result<PullRequestStatus, GateError> {
    match status {
        Some(PullRequestStatusEnum::Open) => Ok(PullRequestStatus::Open),
        Some(PullRequestStatusEnum::Closed) => Ok(PullRequestStatus::Closed),
        _ => Err(lacks("GetPullRequest", "pullRequestStatus")),
    }
}

/// Ids of a repository's pull requests of one status.
pub(super) async fn listed(
    client: &Client,
    repository: &RepositoryName,
    status: PullRequestStatusEnum,
) -> HostResult<Vec<PullRequestId>> {
    let pages = client
        .list_pull_requests()
        .repository_name(repository.as_str())
        .pull_request_status(status)
        .into_paginator()
        .send()
        .try_collect()
        .await;
    match pages {
        Ok(pages) => Ok(pages
            .into_iter()
            .flat_map(|page| page.pull_request_ids)
            .map(PullRequestId::new)
            .collect()),
        Err(error) if error.code() == Some(NO_REPOSITORY) => Ok(Vec::new()),
        Err(error) => Err(failed("ListPullRequests", &error)),
    }
}

pub(super) async fn known_source_commits(
    client: &Client,
    id: &PullRequestId,
) -> HostResult<Vec<CommitId>> {
    let events = super::pull_requests::events(client, id).await?;
    Ok(events.into_iter().filter_map(source_commit).collect())
}

pub(super) async fn overrides(client: &Client, id: &PullRequestId) -> HostResult<Vec<Override>> {
    let events = super::pull_requests::events(client, id).await?;
    Ok(events.into_iter().filter_map(overridden).collect())
}

/// What happened to a pull request, oldest first; nothing if it is gone.
async fn events(client: &Client, id: &PullRequestId) -> HostResult<Vec<PullRequestEvent>> {
    let pages = client
        .describe_pull_request_events()
        .pull_request_id(id.as_str())
        .into_paginator()
        .send()
        .try_collect()
        .await;
    match pages {
        Ok(pages) => {
            let mut events: Vec<_> = pages
                .into_iter()
                .flat_map(|page| page.pull_request_events)
                .collect();
            // No source says in which order CodeCommit lists them.
            events.sort_by_key(|event| {
                event
                    .event_date
                    .map(|date| (date.secs(), date.subsec_nanos()))
            });
            Ok(events)
        }
        Err(error) => match error.as_service_error() {
            Some(DescribePullRequestEventsError::PullRequestDoesNotExistException(_)) => {
                Ok(Vec::new())
            }
            _ => Err(failed("DescribePullRequestEvents", &error)),
        },
    }
}

/// The source's new tip, of the two kinds of events that have one.
fn source_commit(event: PullRequestEvent) -> Option<CommitId> {
    let created = event
        .pull_request_created_event_metadata
        .and_then(|created| created.source_commit_id);
    let updated = || {
        event
            .pull_request_source_reference_updated_event_metadata
            .and_then(|updated| updated.after_commit_id)
    };
    created.or_else(updated).map(CommitId::new)
}

fn overridden(event: PullRequestEvent) -> Option<Override> {
    let metadata = event.approval_rule_overridden_event_metadata?;
    let is_override = metadata.override_status == Some(OverrideStatus::Override);
    is_override.then_some(Override {
        revision: RevisionId::new(metadata.revision_id?),
        by: event.actor_arn?,
    })
}

//! The members that requests to merge share.

use serde::{Deserialize, Serialize};

use super::by_hand::ByHand;
use crate::{
    Account, ServiceError,
    git::{Detail, Merging, Resolution},
    services::codecommit::{
        commits::specified,
        input::{optional_word, word},
        repositories::{self, Repository},
    },
};

/// How a merge makes its commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(clippy::enum_variant_names, reason = "AWS's words")]
pub(crate) enum MergeOption {
    FastForwardMerge,
    SquashMerge,
    ThreeWayMerge,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum DetailLevel {
    FileLevel,
    LineLevel,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Strategy {
    None,
    AcceptSource,
    AcceptDestination,
    Automerge,
}

/// How conflicts are found and settled: two members that every merge has.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Settling {
    pub(crate) conflict_detail_level: Option<String>,
    pub(crate) conflict_resolution_strategy: Option<String>,
}

impl Settling {
    /// As git is to be told.
    pub(crate) fn merging(&self) -> Result<Merging, ServiceError> {
        let level = optional_word(
            self.conflict_detail_level.clone(),
            "conflictDetailLevel",
            "InvalidConflictDetailLevelException",
        )?;
        let strategy = optional_word(
            self.conflict_resolution_strategy.clone(),
            "conflictResolutionStrategy",
            "InvalidConflictResolutionStrategyException",
        )?;
        let detail = match (level, strategy) {
            // To merge two versions of one file is to look at its lines.
            (_, Some(Strategy::Automerge)) | (Some(DetailLevel::LineLevel), _) => Detail::Line,
            _ => Detail::File,
        };
        let resolution = match strategy {
            Some(Strategy::AcceptSource) => Resolution::Source,
            Some(Strategy::AcceptDestination) => Resolution::Destination,
            _ => Resolution::None,
        };
        Ok(Merging { detail, resolution })
    }
}

/// A request about merging one commit into another.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MergeRequest {
    repository_name: Option<String>,
    source_commit_specifier: Option<String>,
    destination_commit_specifier: Option<String>,
    merge_option: Option<String>,
    #[serde(flatten)]
    pub(super) settling: Settling,
    pub(super) conflict_resolution: Option<ByHand>,
    pub(super) target_branch: Option<String>,
    pub(super) author_name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) commit_message: Option<String>,
    #[serde(default)]
    pub(super) keep_empty_folders: bool,
    pub(super) max_conflict_files: Option<i64>,
    pub(super) next_token: Option<String>,
}

/// The two commits of a merge.
pub(super) struct Sides {
    pub(super) repository: Repository,
    pub(super) destination: String,
    pub(super) source: String,
}

impl Sides {
    /// The repository's name.
    pub(super) fn name(&self) -> &str {
        &self.repository.repository_name
    }
}

impl MergeRequest {
    /// The commits the request names.
    pub(super) async fn sides(&self, account: &Account) -> Result<Sides, ServiceError> {
        let repository = repositories::existing(account, self.repository_name.clone())?;
        let name = &repository.repository_name;
        let source = self.source_commit_specifier.clone();
        let source = specified(account, name, source, "sourceCommitSpecifier").await?;
        let destination = self.destination_commit_specifier.clone();
        let destination = specified(account, name, destination, "destinationCommitSpecifier");
        Ok(Sides {
            destination: destination.await?,
            source,
            repository,
        })
    }

    /// The branch to move: `targetBranch`, else the destination as a branch.
    pub(super) fn target(&self) -> Option<String> {
        let target = self.target_branch.as_ref();
        target
            .or(self.destination_commit_specifier.as_ref())
            .cloned()
    }

    pub(super) fn option(&self) -> Result<MergeOption, ServiceError> {
        word(
            self.merge_option.clone(),
            "mergeOption",
            "MergeOptionRequiredException",
            "InvalidMergeOptionException",
        )
    }
}

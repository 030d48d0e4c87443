//! What merging would make: nothing to merge, a conflict, or a merge commit that no branch reaches.
//!
//! Conflicts are those of lines, as git sees them; CodeCommit's own default is that of whole files.

use std::collections::BTreeSet;

use aws_sdk_codecommit::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    types::{ConflictDetailLevelTypeEnum, MergeOptionTypeEnum},
};
use gate_core::{
    host::{HostResult, MergeOutcome},
    id::{CommitId, RepositoryName, TreeId},
};

use super::{failed, lacks};

const AUTHOR: &str = "Mergegate";
const MESSAGE: &str = "Merge preview, made by Mergegate to be tested";

/// The two commits of a merge.
pub(super) struct Sides<'a> {
    pub(super) client: &'a Client,
    pub(super) repository: &'a RepositoryName,
    pub(super) source: &'a CommitId,
    pub(super) destination: &'a CommitId,
}

/// What GetMergeConflicts says of one way to merge.
enum Mergeable {
    Yes { base: Option<String> },
    No { files: Vec<String> },
    NotComputable { reason: String },
}

impl Sides<'_> {
    pub(super) async fn preview(&self) -> HostResult<MergeOutcome> {
        match self
            .mergeable(MergeOptionTypeEnum::FastForwardMerge)
            .await?
        {
            // No service is believed that alone: what is taken for a fast-forward is tested without what the destination has.
            Mergeable::Yes { base } if base.as_deref() == Some(self.destination.as_str()) => {
                return Ok(MergeOutcome::FastForward);
            }
            Mergeable::NotComputable { reason } => {
                return Ok(MergeOutcome::NotComputable { reason });
            }
            Mergeable::Yes { .. } | Mergeable::No { .. } => {}
        }
        match self.mergeable(MergeOptionTypeEnum::ThreeWayMerge).await? {
            Mergeable::Yes { .. } => self.create().await,
            Mergeable::No { files } => Ok(MergeOutcome::Conflict { files }),
            Mergeable::NotComputable { reason } => Ok(MergeOutcome::NotComputable { reason }),
        }
    }

    async fn mergeable(&self, option: MergeOptionTypeEnum) -> HostResult<Mergeable> {
        let mut pages = self
            .client
            .get_merge_conflicts()
            .repository_name(self.repository.as_str())
            .source_commit_specifier(self.source.as_str())
            .destination_commit_specifier(self.destination.as_str())
            .merge_option(option)
            .conflict_detail_level(ConflictDetailLevelTypeEnum::LineLevel)
            .into_paginator()
            .send();
        let (mut mergeable, mut base) = (true, None);
        let mut files = BTreeSet::new();
        while let Some(page) = pages.next().await {
            let page = match page {
                Ok(page) => page,
                Err(error) => {
                    return match not_computable(&error) {
                        Some(reason) => Ok(Mergeable::NotComputable { reason }),
                        None => Err(failed("GetMergeConflicts", &error)),
                    };
                }
            };
            mergeable &= page.mergeable;
            base = base.or(page.base_commit_id);
            let conflicts = page.conflict_metadata_list.into_iter();
            files.extend(conflicts.filter_map(|conflict| conflict.file_path));
        }
        Ok(if mergeable {
            Mergeable::Yes { base }
        } else {
            Mergeable::No {
                files: files.into_iter().collect(),
            }
        })
    }

    async fn create(&self) -> HostResult<MergeOutcome> {
        const OPERATION: &str = "CreateUnreferencedMergeCommit";
        let answer = self
            .client
            .create_unreferenced_merge_commit()
            .repository_name(self.repository.as_str())
            .source_commit_specifier(self.source.as_str())
            .destination_commit_specifier(self.destination.as_str())
            .merge_option(MergeOptionTypeEnum::ThreeWayMerge)
            .conflict_detail_level(ConflictDetailLevelTypeEnum::LineLevel)
            .author_name(AUTHOR)
            .commit_message(MESSAGE)
            .send()
            .await;
        let output = match answer {
            Ok(output) => output,
            Err(error) => {
                return match not_computable(&error) {
                    Some(reason) => Ok(MergeOutcome::NotComputable { reason }),
                    None if error.code() == Some("ManualMergeRequiredException") => {
                        Ok(MergeOutcome::Conflict { files: Vec::new() })
                    }
                    None => Err(failed(OPERATION, &error)),
                };
            }
        };
        let commit = output
            .commit_id
            .ok_or_else(|| lacks(OPERATION, "commitId"))?;
        let tree = output.tree_id.ok_or_else(|| lacks(OPERATION, "treeId"))?;
        Ok(MergeOutcome::Merged {
            commit: CommitId::new(commit),
            tree: TreeId::new(tree),
        })
    }
}

/// The words for a merge that is too much for CodeCommit. Both operations know these errors by the same codes.
fn not_computable<E: ProvideErrorMetadata>(error: &SdkError<E>) -> Option<String> {
    let reason = match error.code()? {
        "TipsDivergenceExceededException" => {
            "the branches are too far apart for CodeCommit to merge"
        }
        "MaximumFileContentToLoadExceededException" => {
            "the changed files are too large for CodeCommit to merge"
        }
        "MaximumItemsToCompareExceededException" => "too many files differ for CodeCommit to merge",
        _ => return None,
    };
    Some(match error.message().filter(|words| !words.is_empty()) {
        Some(words) => format!("{reason}: {words}"),
        None => reason.to_owned(),
    })
}

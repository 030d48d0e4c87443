//! `--assume NAME=VALUE`: the switches for what AWS's documentation leaves open.

use std::str::FromStr;

use local_aws::{Assumptions, CloseEvents, DeleteProject, Initiator, MergeCommits, RawReportKeys};

/// One switch, set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Assumption {
    DestinationMoveRenewsRevision(bool),
    DestinationCommitFollowsBranch(bool),
    AllTakesLargeResults(bool),
    CloseEvents(CloseEvents),
    DeleteProject(DeleteProject),
    StaleReads(u32),
    RawReportKeys(RawReportKeys),
    Initiator(Initiator),
    MergeCommits(MergeCommits),
}

impl Assumption {
    pub(super) fn apply(self, assumptions: &mut Assumptions) {
        match self {
            Self::DestinationMoveRenewsRevision(yes) => {
                assumptions.destination_move_renews_revision = yes;
            }
            Self::DestinationCommitFollowsBranch(yes) => {
                assumptions.destination_commit_follows_branch = yes;
            }
            Self::AllTakesLargeResults(yes) => assumptions.all_takes_large_results = yes,
            Self::CloseEvents(events) => assumptions.close_events = events,
            Self::DeleteProject(effect) => assumptions.delete_project = effect,
            Self::StaleReads(reads) => assumptions.stale_reads = reads,
            Self::RawReportKeys(keys) => assumptions.raw_report_keys = keys,
            Self::Initiator(form) => assumptions.initiator = form,
            Self::MergeCommits(commits) => assumptions.merge_commits = commits,
        }
    }
}

impl FromStr for Assumption {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
        match name {
            "destination-move-renews-revision" => {
                truth(value).map(Self::DestinationMoveRenewsRevision)
            }
            "destination-commit-follows-branch" => {
                truth(value).map(Self::DestinationCommitFollowsBranch)
            }
            "all-takes-large-results" => truth(value).map(Self::AllTakesLargeResults),
            "close-events" => match value {
                "one" => Ok(Self::CloseEvents(CloseEvents::One)),
                "two" => Ok(Self::CloseEvents(CloseEvents::Two)),
                _ => Err(format!("`{value}` is neither `one` nor `two`")),
            },
            "delete-project" => match value {
                "leaves-builds" => Ok(Self::DeleteProject(DeleteProject::LeavesBuilds)),
                "stops-builds" => Ok(Self::DeleteProject(DeleteProject::StopsBuilds)),
                "refused" => Ok(Self::DeleteProject(DeleteProject::Refused)),
                _ => Err(format!(
                    "`{value}` is none of `leaves-builds`, `stops-builds`, `refused`"
                )),
            },
            "stale-reads" => {
                let reads = value
                    .parse()
                    .map_err(|_| format!("`{value}` is no number of reads"))?;
                Ok(Self::StaleReads(reads))
            }
            "raw-report-keys" => match value {
                "by-report" => Ok(Self::RawReportKeys(RawReportKeys::ByReport)),
                "otherwise" => Ok(Self::RawReportKeys(RawReportKeys::Otherwise)),
                _ => Err(format!("`{value}` is neither `by-report` nor `otherwise`")),
            },
            "initiator" => match value {
                "role-and-session" => Ok(Self::Initiator(Initiator::RoleAndSession)),
                "assumed-role" => Ok(Self::Initiator(Initiator::AssumedRole)),
                "arn" => Ok(Self::Initiator(Initiator::Arn)),
                "otherwise" => Ok(Self::Initiator(Initiator::Otherwise)),
                _ => Err(format!(
                    "`{value}` is none of `role-and-session`, `assumed-role`, `arn`, `otherwise`"
                )),
            },
            "merge-commits" => match value {
                "readable" => Ok(Self::MergeCommits(MergeCommits::Readable)),
                "hidden" => Ok(Self::MergeCommits(MergeCommits::Hidden)),
                _ => Err(format!("`{value}` is neither `readable` nor `hidden`")),
            },
            _ => Err(format!("there is no assumption `{name}`")),
        }
    }
}

fn truth(value: &str) -> Result<bool, String> {
    value
        .parse()
        .map_err(|_| format!("`{value}` is neither `true` nor `false`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_switch_can_be_set() {
        let mut assumptions = Assumptions::default();
        for text in [
            "destination-move-renews-revision=true",
            "destination-commit-follows-branch=false",
            "all-takes-large-results=false",
            "close-events=two",
            "delete-project=refused",
            "stale-reads=3",
            "raw-report-keys=otherwise",
            "initiator=arn",
            "merge-commits=hidden",
        ] {
            text.parse::<Assumption>().unwrap().apply(&mut assumptions);
        }
        let all = Assumptions {
            destination_move_renews_revision: true,
            destination_commit_follows_branch: false,
            all_takes_large_results: false,
            close_events: CloseEvents::Two,
            delete_project: DeleteProject::Refused,
            stale_reads: 3,
            raw_report_keys: RawReportKeys::Otherwise,
            initiator: Initiator::Arn,
            merge_commits: MergeCommits::Hidden,
        };
        assert_eq!(assumptions, all);
    }

    #[test]
    fn refuses_what_is_no_switch() {
        for (text, error) in [
            ("stale-reads", "write NAME=VALUE"),
            ("stale-reads=many", "`many` is no number of reads"),
            ("close-events=3", "`3` is neither `one` nor `two`"),
            ("moon-phase=full", "there is no assumption `moon-phase`"),
        ] {
            assert_eq!(text.parse::<Assumption>(), Err(error.to_owned()), "{text}");
        }
    }
}

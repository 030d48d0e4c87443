//! How a gated branch came to a new tip: by the merge of a pull request, or past the gate.
//!
//! Whoever goes past the gate is named, so nothing is said that could be a late event or an old read.

use serde::{Deserialize, Serialize};

use super::{ApprovalRecord, ResultRecord};
use crate::{
    event::BranchMoved, host::CommitDetails, id::PullRequestId, pull_request::PullRequest,
};

/// How a branch came to the tip that an event tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passage {
    /// This pull request was merged, which the gate had approved.
    Approved(PullRequestId),
    /// This pull request was merged after somebody overrode its rules: that is told of by itself.
    Overridden(PullRequestId),
    /// It went past the gate.
    PastTheGate,
    /// It cannot be told, for this reason.
    Unknown(String),
}

/// So many of a branch's moves are remembered: EventBridge repeats an event soon or never.
const MOST_TOLD: usize = 20;

/// The events of a branch's moves past the gate that were told of, newest first. EventBridge may bring one twice, and each is
/// counted once.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub struct ToldMoves {
    events: Vec<String>,
}

impl ToldMoves {
    /// What is to be remembered once this move was told of; `None` if it was told of already.
    pub fn with(self, event: &BranchMoved) -> Option<Self> {
        if !event.event.is_empty() && self.events.contains(&event.event) {
            return None;
        }
        let mut events = self.events;
        events.insert(0, event.event.clone());
        events.truncate(MOST_TOLD);
        Some(Self { events })
    }
}

/// What is known of a pull request whose merge the new tip is.
#[derive(Clone, Copy, Debug)]
pub struct MergedAtTip<'a> {
    /// The pull request.
    pub live: &'a PullRequest,
    /// What the reporter recorded; `None` once its environment is gone.
    pub result: Option<&'a ResultRecord>,
    /// Whether the gate's approval stands on it.
    pub approved: bool,
    /// Whether somebody overrode its rules.
    pub overridden: bool,
}

/// Whether the new tip is the merge of this pull request.
pub fn is_merge_of(event: &BranchMoved, live: &PullRequest) -> bool {
    let commit = live.merge.as_ref().and_then(|merge| merge.commit.as_ref());
    goes_there(event, live) && commit == Some(&event.to)
}

/// Decides about a pull request that the new tip is the merge of. CodeCommit calls a pull request merged as well when somebody
/// pushes what it brings.
pub fn passage_by_merge(found: MergedAtTip<'_>) -> Passage {
    let id = found.live.id.clone();
    let recorded = found.result.map(|result| result.approval);
    if found.approved || recorded == Some(ApprovalRecord::Given) {
        return Passage::Approved(id);
    }
    if found.overridden {
        return Passage::Overridden(id);
    }
    match recorded {
        Some(_) => Passage::PastTheGate,
        None => Passage::Unknown(format!(
            "nothing is remembered of pull request {id}, whose merge it is"
        )),
    }
}

/// Why the new tip may be the merge of a pull request that is still shown as open: a read may be older than the event.
/// `tip` is the commit itself.
pub fn may_be_merge_of(
    event: &BranchMoved,
    tip: &CommitDetails,
    live: &PullRequest,
    result: Option<&ResultRecord>,
) -> Option<Passage> {
    if !goes_there(event, live) {
        return None;
    }
    let source = &live.source_commit;
    let holds_source = event.to == *source || tip.parents.contains(source);
    let is_tested = result.is_some_and(|result| result.tested_tree.as_ref() == Some(&tip.tree));
    (holds_source || is_tested).then(|| {
        let id = &live.id;
        Passage::Unknown(format!(
            "it looks like the merge of pull request {id}, which is shown as open"
        ))
    })
}

fn goes_there(event: &BranchMoved, live: &PullRequest) -> bool {
    live.repository == event.repository && live.destination == event.branch
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::{BranchName, TreeId},
        pull_request::Merge,
        samples::{closed, commit, execution, live},
    };

    fn event() -> BranchMoved {
        BranchMoved {
            event: "1a".to_owned(),
            repository: live().repository,
            branch: live().destination,
            from: Some(commit('b')),
            to: commit('d'),
            by: "arn:aws:iam::000000000000:user/bob".to_owned(),
        }
    }

    fn merged() -> PullRequest {
        PullRequest {
            merge: Some(Merge {
                commit: Some(commit('d')),
            }),
            ..closed()
        }
    }

    fn result(approval: ApprovalRecord) -> ResultRecord {
        ResultRecord {
            approval,
            tested_tree: Some(TreeId::new("t")),
            ..ResultRecord::spoken(execution().name, live().revision, None)
        }
    }

    #[test]
    fn a_move_is_told_of_once_however_often_its_event_comes() {
        let again = |told: &ToldMoves| told.clone().with(&event());
        let told = again(&ToldMoves::default()).expect("it is new");
        assert_eq!(again(&told), None);
        // Back and forth again is another move.
        let numbered = |number: usize| BranchMoved {
            event: number.to_string(),
            ..event()
        };
        let later = (0..MOST_TOLD).fold(told, |told, number| {
            told.with(&numbered(number)).expect("it is new")
        });
        assert_eq!(later.events.len(), MOST_TOLD);
        assert!(again(&later).is_some(), "nobody remembers for ever");
    }

    #[test]
    fn a_merge_is_known_by_its_commit_its_branch_and_its_repository() {
        assert!(is_merge_of(&event(), &merged()));
        assert!(!is_merge_of(&event(), &closed()));
        let elsewhere = PullRequest {
            destination: BranchName::new("release"),
            ..merged()
        };
        assert!(!is_merge_of(&event(), &elsewhere));
        let foreign = PullRequest {
            repository: crate::id::RepositoryName::new("other"),
            ..merged()
        };
        assert!(!is_merge_of(&event(), &foreign));
        let earlier = PullRequest {
            merge: Some(Merge {
                commit: Some(commit('e')),
            }),
            ..merged()
        };
        assert!(!is_merge_of(&event(), &earlier));
    }

    #[test]
    fn only_a_merge_that_the_gate_knows_and_did_not_approve_went_past_it() {
        let (given, not_given) = (ApprovalRecord::Given, ApprovalRecord::NotGiven);
        let id = || live().id;
        let table = [
            ((true, false, None), Passage::Approved(id())),
            ((true, false, Some(not_given)), Passage::Approved(id())),
            // A merge moves the destination, and with it perhaps the revision that approvals belong to.
            ((false, false, Some(given)), Passage::Approved(id())),
            ((false, true, Some(not_given)), Passage::Overridden(id())),
            ((false, true, None), Passage::Overridden(id())),
            ((false, false, Some(not_given)), Passage::PastTheGate),
            (
                (false, false, None),
                Passage::Unknown(
                    "nothing is remembered of pull request 7, whose merge it is".to_owned(),
                ),
            ),
        ];
        for ((approved, overridden, recorded), expected) in table {
            let recorded = recorded.map(result);
            let found = MergedAtTip {
                live: &merged(),
                result: recorded.as_ref(),
                approved,
                overridden,
            };
            assert_eq!(passage_by_merge(found), expected, "{found:?}");
        }
    }

    #[test]
    fn an_old_read_of_a_merged_pull_request_makes_no_push_past_the_gate() {
        let tip = |parents: &[char], tree: &str| CommitDetails {
            tree: TreeId::new(tree),
            parents: parents.iter().copied().map(commit).collect(),
        };
        let given = result(ApprovalRecord::Given);
        let may = |event: &BranchMoved, tip: &CommitDetails| {
            may_be_merge_of(event, tip, &live(), Some(&given)).is_some()
        };
        assert!(!may(&event(), &tip(&['b'], "other")));
        assert!(may(&event(), &tip(&['b', 'a'], "other")), "three-way");
        assert!(may(&event(), &tip(&['b'], "t")), "squash");
        let fast_forward = BranchMoved {
            to: commit('a'),
            ..event()
        };
        assert!(may(&fast_forward, &tip(&['b'], "other")));
        let elsewhere = BranchMoved {
            branch: BranchName::new("release"),
            ..event()
        };
        assert!(!may(&elsewhere, &tip(&['b', 'a'], "t")));
    }
}

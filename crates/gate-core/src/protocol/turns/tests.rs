use super::*;
use crate::{
    conversation::Conversation,
    id::{RepositoryName, RevisionId, RunName},
    protocol::{Claim, Limit, ResultRecord, Wanted, Wish, Words},
    pull_request::PullRequest,
    rules::WhenDestinationMoves,
    samples::{candidacy, commit, live},
};

fn retest(at_most: usize) -> MergeRules {
    MergeRules {
        when_destination_moves: WhenDestinationMoves::Retest,
        at_most,
        ..MergeRules::default()
    }
}

/// An open pull request whose latest run is this one.
struct Open {
    live: PullRequest,
    claim: Claim,
    status: ExecutionStatus,
    request: Request,
    result: Option<ResultRecord>,
    approved: bool,
}

/// Pull request `id` as a run left it that tested it with commit `tip`.
fn tested(id: &str, tip: char, verdict: VerdictKind) -> Open {
    let live = PullRequest {
        id: PullRequestId::new(id),
        ..live()
    };
    let request = router::gate(&live, &commit(tip));
    let run = Wanted::new(request.clone(), Wish::Once, Limit::None).name();
    let approved = verdict == VerdictKind::Approve;
    Open {
        result: Some(ResultRecord {
            verdict: Some(verdict),
            approval: if approved {
                ApprovalRecord::Given
            } else {
                ApprovalRecord::NotGiven
            },
            ..ResultRecord::spoken(run.clone(), live.revision.clone(), None)
        }),
        claim: Claim {
            start_time: "2026-11-20T10:00:00.000Z".to_owned(),
            run,
        },
        status: ExecutionStatus::Succeeded,
        request,
        approved,
        live,
    }
}

/// Its test goes on.
fn in_test(id: &str, tip: char) -> Open {
    Open {
        status: ExecutionStatus::Running,
        result: None,
        ..tested(id, tip, VerdictKind::Hold)
    }
}

/// It was told that it waits.
fn waiting(id: &str, tip: char, was: VerdictKind) -> Open {
    let before = tested(id, tip, was);
    let Request::Gate(candidacy) = before.request else {
        panic!("a gate run")
    };
    let request = Request::Defer(candidacy);
    let run = Wanted::new(request.clone(), Wish::Once, Limit::None).name();
    Open {
        result: Some(ResultRecord {
            deferred: Some(was),
            ..ResultRecord::spoken(run.clone(), before.live.revision.clone(), None)
        }),
        claim: Claim {
            run,
            ..before.claim
        },
        request,
        approved: false,
        ..before
    }
}

/// What is wanted when the tip is `e`: ids of those to be tested, and of those to be told.
fn wanted(open: &[Open], rules: MergeRules) -> (Vec<String>, Vec<String>) {
    let tip = commit('e');
    let nothing = Conversation::default();
    let found: Vec<_> = open
        .iter()
        .map(|open| OpenPullRequest {
            live: &open.live,
            destination_tip: &tip,
            claim: Some(&open.claim),
            latest: Some((open.status, &open.request)),
            result: open.result.as_ref(),
            conversation: &nothing,
            approved: open.approved,
            said: Words::NotRead,
        })
        .collect();
    let (mut tests, mut told) = (Vec::new(), Vec::new());
    for request in turns(&found, rules) {
        let asked = request.candidacy().expect("a candidacy");
        assert_eq!(asked.destination_commit, tip);
        match request {
            Request::Gate(_) => tests.push(request.pull_request().to_string()),
            Request::Defer(_) => told.push(request.pull_request().to_string()),
            other => panic!("{other:?}"),
        }
    }
    (tests, told)
}

fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

use VerdictKind::{Approve, Hold, Reject};

#[test]
fn approved_ones_come_first_then_the_newest_and_the_others_are_told_that_they_wait() {
    let open = [
        tested("7", 'b', Approve),
        tested("99", 'b', Reject),
        tested("100", 'b', Approve),
        tested("8", 'b', Hold),
    ];
    assert_eq!(
        wanted(&open, retest(2)),
        (ids(&["100", "7"]), ids(&["99", "8"]))
    );
    assert_eq!(
        wanted(&open, retest(9)),
        (ids(&["100", "7", "99", "8"]), ids(&[]))
    );
}

#[test]
fn what_is_tested_with_the_tip_takes_room_while_it_runs() {
    let open = [
        in_test("7", 'e'),
        tested("8", 'e', Approve),
        tested("9", 'b', Reject),
    ];
    assert_eq!(wanted(&open, retest(1)), (ids(&[]), ids(&["9"])));
    assert_eq!(wanted(&open, retest(2)), (ids(&["9"]), ids(&[])));
}

#[test]
fn nobody_is_told_twice_and_a_run_that_goes_on_speaks_for_itself() {
    let open = [
        in_test("7", 'e'),
        waiting("8", 'b', Approve),
        in_test("9", 'b'),
    ];
    assert_eq!(wanted(&open, retest(1)), (ids(&[]), ids(&[])));
    assert_eq!(wanted(&open, retest(2)), (ids(&["8"]), ids(&[])));
    assert_eq!(wanted(&open, retest(3)), (ids(&["8", "9"]), ids(&[])));
}

#[test]
fn a_waiting_pull_request_keeps_its_place_among_the_approved_ones() {
    let open = [waiting("7", 'b', Approve), tested("8", 'b', Reject)];
    assert_eq!(wanted(&open, retest(1)), (ids(&["7"]), ids(&["8"])));
}

#[test]
fn who_waits_is_tested_again_though_the_tip_is_what_it_was_and_the_rules_keep_it() {
    let back = [waiting("7", 'e', Approve)];
    assert_eq!(wanted(&back, retest(1)), (ids(&["7"]), ids(&[])));
    assert_eq!(wanted(&back, MergeRules::default()).0, ids(&["7"]));
    let mut moved_during_its_report = tested("8", 'e', Approve);
    let result = moved_during_its_report.result.as_mut().unwrap();
    (result.verdict, result.deferred) = (None, Some(Approve));
    result.approval = ApprovalRecord::NotGiven;
    assert_eq!(
        wanted(&[moved_during_its_report], MergeRules::default()).0,
        ids(&["8"])
    );
}

#[test]
fn an_approval_that_a_waiting_one_still_has_is_taken_back_again() {
    let mut late = waiting("8", 'b', Approve);
    late.approved = true;
    let open = [in_test("7", 'e'), late];
    assert_eq!(wanted(&open, retest(1)), (ids(&[]), ids(&["8"])));
}

#[test]
fn with_keep_nothing_is_wanted_unless_the_rules_were_broken() {
    let keep = MergeRules::default();
    let open = [tested("7", 'b', Approve), tested("8", 'b', Reject)];
    assert_eq!(wanted(&open, keep), (ids(&[]), ids(&[])));
    let mut broken = tested("9", 'b', Reject);
    broken.result.as_mut().unwrap().rules_broken = true;
    assert_eq!(wanted(&[broken], keep), (ids(&["9"]), ids(&[])));
}

#[test]
fn a_revision_that_no_run_is_about_is_for_its_own_event() {
    let mut pushed = tested("7", 'b', Approve);
    pushed.live.revision = RevisionId::new("another");
    assert_eq!(wanted(&[pushed], retest(4)), (ids(&[]), ids(&[])));
}

#[test]
fn every_approval_is_taken_back_at_once_and_the_rest_is_told_bit_by_bit() {
    let id = |number: usize| format!("{number}");
    let approved = (0..100).map(|number| tested(&id(number), 'b', Approve));
    let rejected = (100..200).map(|number| tested(&id(number), 'b', Reject));
    let open: Vec<Open> = approved.chain(rejected).collect();
    let (tests, told) = wanted(&open, retest(4));
    assert_eq!(tests.len(), 4);
    assert_eq!(told.len(), 96 + TOLD_AT_ONCE);
}

fn moved() -> BranchMoved {
    BranchMoved {
        event: "1a".to_owned(),
        repository: RepositoryName::new("demo"),
        branch: BranchName::new("main"),
        from: Some(commit('b')),
        to: commit('e'),
        by: "arn:aws:iam::000000000000:user/ann".to_owned(),
    }
}

#[test]
fn only_a_gated_branch_whose_rules_say_so_is_looked_at() {
    let gated = [BranchName::new("main")];
    let found = MovedBranch {
        gated: Some(&gated),
        rules: Some(retest(2)),
        left_broken_rules: false,
    };
    let look = MoveDecision::Look(retest(2));
    assert_eq!(on_branch_moved(&moved(), found), look);
    let keep = MergeRules::default();
    let mended = MovedBranch {
        rules: Some(keep),
        left_broken_rules: true,
        ..found
    };
    assert_eq!(on_branch_moved(&moved(), mended), MoveDecision::Look(keep));
    let other = [BranchName::new("release")];
    let reasons = [
        (
            MovedBranch {
                gated: None,
                ..found
            },
            "this gate does not serve `demo`",
        ),
        (
            MovedBranch {
                gated: Some(&other),
                ..found
            },
            "`main` is not gated",
        ),
        (
            MovedBranch {
                rules: None,
                ..found
            },
            "the branch `main` is gone",
        ),
        (
            MovedBranch {
                rules: Some(keep),
                ..found
            },
            "what was tested before `main` moved stands",
        ),
    ];
    for (found, reason) in reasons {
        let ignored = MoveDecision::Ignore(reason.to_owned());
        assert_eq!(on_branch_moved(&moved(), found), ignored);
    }
}

#[test]
fn the_end_of_a_test_makes_room_and_that_of_a_deferral_none() {
    assert!(makes_room(&Request::Gate(candidacy())));
    assert!(!makes_room(&Request::Defer(candidacy())));
}

#[test]
fn broken_rules_say_nothing_about_moves() {
    let text = b"[merge]\nwhen_destination_moves = \"retest\"\nat_most = 2\n";
    assert_eq!(merge_rules(Some(text)), retest(2));
    assert_eq!(merge_rules(Some(b"[merge")), MergeRules::default());
    assert_eq!(merge_rules(None), MergeRules::default());
}

#[test]
fn the_name_of_a_deferral_belongs_to_its_revision() {
    let request = Request::Defer(candidacy());
    let name = Wanted::new(request, Wish::Once, Limit::None).name();
    let expected = RunName::new("pr-7-3f2a91c0d1e2-bbbbbbbb-defer-1");
    assert_eq!(name, expected);
    assert_eq!(names::attempt(&name), Some(1));
}

#[test]
fn what_was_tested_with_the_tip_stands_whatever_its_run_was_asked_to_test_with() {
    let with = |asked: char, tested_with: char| {
        let mut open = tested("7", asked, VerdictKind::Approve);
        let result = open.result.as_mut().expect("a verdict");
        result.destination_commit = Some(commit(tested_with));
        wanted(&[open], retest(1)).0
    };
    assert_eq!(with('b', 'e'), Vec::<String>::new());
    // Somebody who knew the tip to come had an older one tested under its name.
    assert_eq!(with('e', 'b'), ["7"]);
}

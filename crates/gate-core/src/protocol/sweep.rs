//! What the sweep repairs: environments without an open pull request, open pull requests without the right verdict, comments
//! without an answer.

use super::{
    ApprovalRecord, Claim, ExecutionStatus, Request, ResultRecord, Wish,
    answer::is_answered,
    is_asked, is_named_for,
    router::{command, gate},
};
use crate::{
    comment,
    conversation::Conversation,
    host::Comment,
    id::{CommitId, PullRequestId, RepositoryName},
    names,
    pull_request::PullRequest,
};

/// Decides about something that belongs to a pull request. Only a read that succeeded counts: a throttle or a missing
/// permission says nothing. `repository` is where the leftover was found, for a pull request that does not exist.
pub fn sweep_environment(
    id: &PullRequestId,
    live: Option<&PullRequest>,
    repository: &RepositoryName,
) -> Option<Request> {
    let repository = match live {
        Some(live) if live.is_open() => return None,
        Some(live) => live.repository.clone(),
        None => repository.clone(),
    };
    Some(Request::Close {
        repository,
        pull_request: id.clone(),
    })
}

/// An open pull request as the sweep finds it.
#[derive(Clone, Debug)]
pub struct OpenPullRequest<'a> {
    /// Live.
    pub live: &'a PullRequest,
    /// The destination's tip.
    pub destination_tip: &'a CommitId,
    /// The latest run.
    pub claim: Option<&'a Claim>,
    /// That run's status and what it was asked; `None` if there is no such execution.
    pub latest: Option<(ExecutionStatus, &'a Request)>,
    /// What the reporter recorded.
    pub result: Option<&'a ResultRecord>,
    /// What people asked of the gate about the live revision.
    pub conversation: &'a Conversation,
    /// Whether the gate approves the live revision.
    pub approved: bool,
    /// What the recorded comment says.
    pub said: Words<'a>,
}

/// What the recorded comment says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words<'a> {
    /// Nobody looked, or no comment is recorded.
    NotRead,
    /// Nothing: somebody deleted it.
    Gone,
    /// This.
    Stand(&'a str),
}

impl<'a> Words<'a> {
    /// Of a recorded comment that was looked for.
    pub fn of(found: Option<&'a str>) -> Self {
        found.map_or(Self::Gone, Self::Stand)
    }
}

/// Decides about an open pull request; `None` when all is as it should be.
pub fn sweep_open(found: &OpenPullRequest<'_>) -> Option<(Request, Wish)> {
    let live = found.live;
    let fresh = || gate(live, found.destination_tip);
    let prefix = names::revision_prefix(&live.id, &live.revision);
    let claimed = found
        .claim
        .filter(|claim| claim.run.as_str().starts_with(&prefix));
    let Some((claim, (status, request))) = claimed.zip(found.latest) else {
        // No run of this revision holds the claim: its event was lost, or its run ended before it came that far.
        return Some((fresh(), Wish::Again));
    };
    if status == ExecutionStatus::Running {
        return None;
    }
    let spoke = found
        .result
        .filter(|result| result.revision == live.revision && result.verdict.is_some());
    if found.said == Words::Gone
        && let Some(last_word) = request.giving_up()
        && spoke.is_some_and(|result| is_named_for(&last_word, &result.run))
    {
        return Some((last_word, Wish::Again));
    }
    let right = spoke.is_some_and(|result| {
        // Without an approval rule CodeCommit reports no approvals: nothing can be compared.
        let expected = result.approval == ApprovalRecord::Given;
        // Of two runs that spoke at the same time, one may have had the last word and the other the last record; and of two edits
        // of one run the earlier may have come last.
        let is_said = match found.said {
            Words::NotRead => true,
            Words::Gone => false,
            Words::Stand(said) => comment::is_by(said, &result.run) && !comment::is_to_come(said),
        };
        result.run == claim.run
            && is_said
            && result.heard == found.conversation.fingerprint()
            && (found.approved == expected || !live.has_approval_rules && !found.approved)
    });
    let died_unheard = status == ExecutionStatus::Died || !right;
    died_unheard.then(|| (request.clone(), Wish::Again))
}

/// The runs that answer what `comments`, oldest first, ask for in vain: their events were lost, or the runs that these led to
/// died unheard. `destination_tip` is `None` when the branch is gone, `reporter` is who speaks for the gate.
pub fn sweep_comments(
    live: &PullRequest,
    destination_tip: Option<&CommitId>,
    comments: &[Comment],
    reporter: &str,
) -> Vec<(Request, Wish)> {
    let said_again = |(place, asked): (usize, &Comment)| {
        let later = comments.get(place + 1..).unwrap_or_default();
        let is_same = |said: &Comment| {
            said.author == asked.author && said.content == asked.content && !said.edited
        };
        later.iter().any(is_same)
    };
    let unanswered = comments.iter().enumerate().filter(|(place, comment)| {
        // Nobody knows what stood there before an edit, and an edit asks for nothing.
        is_asked(Some(comment), reporter).is_ok()
            && !comment.edited
            && !is_answered(comments, comment, reporter)
            && !said_again((*place, comment))
    });
    unanswered
        .map(|(_, comment)| {
            let request = command(live, destination_tip, &comment.id);
            (request, Wish::UntilDone)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        conversation::Hold,
        id::{CommentId, RevisionId, RunName},
        protocol::{Limit, Taken, Wanted},
        samples::{candidacy, closed, comment, commit, execution, live},
        verdict::VerdictKind,
    };

    fn claim() -> Claim {
        Claim::from(&execution())
    }

    fn result() -> ResultRecord {
        ResultRecord {
            verdict: Some(VerdictKind::Approve),
            approval: ApprovalRecord::Given,
            ..ResultRecord::spoken(execution().name, live().revision, None)
        }
    }

    fn sweep(
        claim: Option<&Claim>,
        status: Option<ExecutionStatus>,
        result: Option<&ResultRecord>,
        approved: bool,
    ) -> Option<Wish> {
        let request = Request::Gate(candidacy());
        let found = OpenPullRequest {
            live: &live(),
            destination_tip: &commit('b'),
            claim,
            latest: status.map(|status| (status, &request)),
            result,
            conversation: &Conversation::default(),
            approved,
            said: Words::NotRead,
        };
        let (wanted, wish) = sweep_open(&found)?;
        assert_eq!(wanted, request);
        Some(wish)
    }

    #[test]
    fn a_lost_event_and_a_run_that_ended_before_its_claim_are_repaired() {
        assert_eq!(sweep(None, None, None, false), Some(Wish::Again));
        let older = Claim {
            run: RunName::new("pr-7-000000000000-bbbbbbbb-1"),
            ..claim()
        };
        assert_eq!(
            sweep(Some(&older), Some(ExecutionStatus::Succeeded), None, false),
            Some(Wish::Again)
        );
    }

    #[test]
    fn a_running_run_is_left_alone_and_a_dead_one_is_followed_by_another() {
        assert_eq!(
            sweep(Some(&claim()), Some(ExecutionStatus::Running), None, false),
            None
        );
        assert_eq!(
            sweep(Some(&claim()), Some(ExecutionStatus::Died), None, false),
            Some(Wish::Again)
        );
    }

    #[test]
    fn an_approval_that_differs_from_the_recorded_verdict_is_corrected() {
        let ended = Some(ExecutionStatus::Succeeded);
        assert_eq!(sweep(Some(&claim()), ended, Some(&result()), true), None);
        assert_eq!(
            sweep(Some(&claim()), ended, Some(&result()), false),
            Some(Wish::Again)
        );
        let rejected = ResultRecord {
            approval: ApprovalRecord::NotGiven,
            verdict: Some(VerdictKind::Reject),
            ..result()
        };
        assert_eq!(sweep(Some(&claim()), ended, Some(&rejected), false), None);
        assert_eq!(
            sweep(Some(&claim()), ended, Some(&rejected), true),
            Some(Wish::Again)
        );
    }

    #[test]
    fn a_run_that_ended_without_its_own_verdict_is_followed_by_another() {
        let ended = Some(ExecutionStatus::Succeeded);
        assert_eq!(sweep(Some(&claim()), ended, None, false), Some(Wish::Again));
        let unheard = ResultRecord {
            verdict: None,
            ..result()
        };
        assert_eq!(
            sweep(Some(&claim()), ended, Some(&unheard), false),
            Some(Wish::Again)
        );
        let of_older_run = ResultRecord {
            run: RunName::new("pr-7-3f2a91c0d1e2-aaaaaaaa-1"),
            ..result()
        };
        assert_eq!(
            sweep(Some(&claim()), ended, Some(&of_older_run), true),
            Some(Wish::Again)
        );
        let of_older_revision = ResultRecord {
            revision: RevisionId::new("0"),
            ..result()
        };
        assert_eq!(
            sweep(Some(&claim()), ended, Some(&of_older_revision), true),
            Some(Wish::Again)
        );
    }

    #[test]
    fn a_verdict_that_did_not_know_of_a_command_is_given_again() {
        let held = Conversation {
            hold: Some(Hold {
                by: "arn:aws:iam::000000000000:user/ann".to_owned(),
                reason: None,
            }),
            ..Conversation::default()
        };
        let swept = |conversation: &Conversation, heard: Option<String>| {
            let request = Request::Gate(candidacy());
            let result = ResultRecord { heard, ..result() };
            let found = OpenPullRequest {
                live: &live(),
                destination_tip: &commit('b'),
                claim: Some(&claim()),
                latest: Some((ExecutionStatus::Succeeded, &request)),
                result: Some(&result),
                conversation,
                approved: true,
                said: Words::NotRead,
            };
            sweep_open(&found).is_some()
        };
        let nothing = Conversation::default();
        assert!(!swept(&nothing, None));
        assert!(swept(&held, None));
        assert!(swept(&nothing, held.fingerprint()));
        assert!(!swept(&held, held.fingerprint()));
    }

    #[test]
    fn a_verdict_that_the_comment_of_another_run_covers_is_given_again() {
        let swept = |said: Words<'_>| {
            let request = Request::Gate(candidacy());
            let found = OpenPullRequest {
                live: &live(),
                destination_tip: &commit('b'),
                claim: Some(&claim()),
                latest: Some((ExecutionStatus::Succeeded, &request)),
                result: Some(&result()),
                conversation: &Conversation::default(),
                approved: true,
                said,
            };
            sweep_open(&found).is_some()
        };
        let own = format!(
            "### ✅ Mergegate: approved\n\nMergegate · run {}",
            execution().name
        );
        assert!(!swept(Words::Stand(&own)));
        assert!(!swept(Words::NotRead));
        assert!(swept(Words::Gone));
        let of_another =
            "### ❌ Mergegate: rejected\n\nMergegate · run pr-7-3f2a91c0d1e2-aaaaaaaa-1";
        assert!(swept(Words::Stand(of_another)));
        let overtaken = own.replace("✅ Mergegate: approved", "⏳ Mergegate: testing");
        assert!(
            swept(Words::Stand(&overtaken)),
            "an earlier edit of the same run"
        );
        let longer = format!("{own}0");
        assert!(swept(Words::Stand(&longer)));
    }

    #[test]
    fn the_last_word_that_somebody_deleted_is_said_again() {
        let request = Request::Gate(candidacy());
        let last_word = request.giving_up().expect("it can be said");
        let said = Wanted::new(last_word.clone(), Wish::UntilDone, Limit::ThenFail).name();
        let result = ResultRecord {
            verdict: Some(VerdictKind::Hold),
            ..ResultRecord::spoken(said, live().revision, None)
        };
        let found = OpenPullRequest {
            live: &live(),
            destination_tip: &commit('b'),
            claim: Some(&claim()),
            latest: Some((ExecutionStatus::Died, &request)),
            result: Some(&result),
            conversation: &Conversation::default(),
            approved: false,
            said: Words::Gone,
        };
        assert_eq!(sweep_open(&found), Some((last_word, Wish::Again)));
        let found = OpenPullRequest {
            said: Words::NotRead,
            ..found
        };
        assert_eq!(sweep_open(&found), Some((request.clone(), Wish::Again)));
    }

    #[test]
    fn only_closed_and_missing_pull_requests_lose_their_environment() {
        let repository = live().repository;
        assert_eq!(
            sweep_environment(&live().id, Some(&live()), &repository),
            None
        );
        assert!(sweep_environment(&live().id, Some(&closed()), &repository).is_some());
        assert!(sweep_environment(&live().id, None, &repository).is_some());
    }

    const REPORTER: &str = "arn:aws:sts::000000000000:assumed-role/reporter/reporter";

    fn said(id: &str, content: &str) -> Comment {
        Comment {
            id: CommentId::new(id),
            ..comment(content)
        }
    }

    fn reply(to: &str, author: &str) -> Comment {
        Comment {
            id: CommentId::new("reply"),
            author: author.to_owned(),
            in_reply_to: Some(CommentId::new(to)),
            ..comment("Everything is tested again.")
        }
    }

    /// The comments that the sweep has answered.
    fn taken_up(comments: &[Comment]) -> Vec<String> {
        let swept = sweep_comments(&live(), Some(&commit('b')), comments, REPORTER);
        let asked = |(request, wish): (Request, Wish)| {
            assert_eq!(wish, Wish::UntilDone);
            let Request::Command {
                candidacy: of,
                comment,
            } = request
            else {
                panic!("{request:?} answers no comment")
            };
            assert_eq!(of, candidacy());
            comment.to_string()
        };
        swept.into_iter().map(asked).collect()
    }

    #[test]
    fn a_command_whose_event_was_lost_is_answered_and_nothing_else_is() {
        let retry = || said("1", "/gate retry");
        let table = [
            (vec![retry()], vec!["1"]),
            (vec![said("1", "/gate no-such-command")], vec!["1"]),
            (
                vec![retry(), said("2", "/gate hold\n/gate status")],
                vec!["1", "2"],
            ),
            // The gate has replied; nobody else's reply counts.
            (vec![retry(), reply("1", REPORTER)], vec![]),
            (vec![retry(), reply("0", REPORTER)], vec!["1"]),
            (vec![retry(), reply("1", &comment("").author)], vec!["1"]),
            (vec![said("1", "looks good\n> /gate retry")], vec![]),
            (
                vec![Comment {
                    author: REPORTER.to_owned(),
                    ..retry()
                }],
                vec![],
            ),
            (
                vec![Comment {
                    deleted: true,
                    ..retry()
                }],
                vec![],
            ),
            // What was plain words when it was posted may be a command now.
            (
                vec![Comment {
                    edited: true,
                    ..retry()
                }],
                vec![],
            ),
        ];
        for (comments, expected) in table {
            assert_eq!(taken_up(&comments), expected, "{comments:#?}");
        }
    }

    #[test]
    fn a_command_that_its_author_has_given_again_is_carried_out_once() {
        let (lost, again) = (said("1", "/gate retry"), said("2", "/gate retry"));
        let answered = [lost.clone(), again.clone(), reply("2", REPORTER)];
        assert_eq!(taken_up(&answered), Vec::<String>::new());
        assert_eq!(taken_up(&[lost.clone(), again.clone()]), ["2"]);
        let made_of_an_edit = Comment {
            edited: true,
            ..again.clone()
        };
        assert_eq!(taken_up(&[lost.clone(), made_of_an_edit]), ["1"]);
        let of_bob = Comment {
            author: "arn:aws:iam::000000000000:user/bob".to_owned(),
            ..again
        };
        assert_eq!(taken_up(&[lost, of_bob]), ["1", "2"]);
    }

    #[test]
    fn a_command_is_answered_where_the_destination_is_gone_and_tried_three_times_at_most() {
        let comments = [said("1", "/gate hold")];
        let swept = sweep_comments(&live(), None, &comments, REPORTER);
        let [(request, wish)] = &swept[..] else {
            panic!("one run: {swept:?}")
        };
        let limit = Limit::of(request);
        let mut wanted = Wanted::new(request.clone(), *wish, limit);
        for _ in 0..2 {
            let input = wanted.input();
            let Taken::Try(next) = wanted.taken(&input, ExecutionStatus::Died) else {
                panic!("a further attempt")
            };
            wanted = next;
        }
        let input = wanted.input();
        for status in [ExecutionStatus::Running, ExecutionStatus::Succeeded] {
            assert_eq!(wanted.clone().taken(&input, status), Taken::AlreadyThere);
        }
        let end = wanted.taken(&input, ExecutionStatus::Died);
        assert!(matches!(end, Taken::GiveUp { .. }), "{end:?}");
    }
}

//! From an event and the live pull request to the run that is wanted.

use super::{Claim, Request, Wish, candidacy, foreign, is_named_for};
use crate::{
    command,
    event::{CommentPosted, PullRequestEvent, RulesOverridden, RunDied},
    host::Comment,
    id::{CommentId, CommitId},
    names,
    pull_request::PullRequest,
};

/// What the router does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouterDecision {
    /// Start a run.
    Start(Request, Wish),
    /// Nothing, for this reason.
    Ignore(String),
    /// Reads are older than the event: fail, so that it comes again.
    ReadsBehind(String),
    /// Not even the words could be said: fail, so that it ends among the dead letters.
    GiveUp(String),
}

/// Whether the event names a source commit that the live pull request does not show: then its own events are to be read.
pub fn needs_known_commits(event: &PullRequestEvent, live: &PullRequest) -> bool {
    live.is_open() && !event.closed && event.source_commit != live.source_commit
}

/// Decides about a pull request event. `known_commits` are read if [`needs_known_commits`] says so. `destination_tip` is
/// `None` when the branch is gone.
pub fn on_pull_request(
    event: &PullRequestEvent,
    live: Option<&PullRequest>,
    known_commits: &[CommitId],
    destination_tip: Option<&CommitId>,
    claim: Option<&Claim>,
) -> RouterDecision {
    let Some(live) = live else {
        return RouterDecision::Ignore(format!(
            "pull request {} does not exist any more",
            event.pull_request
        ));
    };
    if !live.is_open() {
        return RouterDecision::Start(close(live), Wish::Once);
    }
    if event.closed {
        // A closed pull request never reopens, so the read is the older of the two.
        return RouterDecision::ReadsBehind(format!(
            "pull request {} is still shown as open",
            live.id
        ));
    }
    if needs_known_commits(event, live) && !is_older(&event.source_commit, live, known_commits) {
        let commit = &event.source_commit;
        return RouterDecision::ReadsBehind(format!(
            "pull request {} is not shown with its commit {commit} yet",
            live.id
        ));
    }
    let prefix = names::revision_prefix(&live.id, &live.revision);
    if let Some(claim) = claim.filter(|claim| claim.run.as_str().starts_with(&prefix)) {
        return RouterDecision::Ignore(format!("run {} has this revision", claim.run));
    }
    match destination_tip {
        Some(tip) => RouterDecision::Start(gate(live, tip), Wish::Once),
        None => RouterDecision::Ignore(format!(
            "the destination branch `{}` is gone",
            live.destination
        )),
    }
}

/// Whether the pull request's own events, oldest first, know `commit` as one it had before the live one.
fn is_older(commit: &CommitId, live: &PullRequest, known_commits: &[CommitId]) -> bool {
    let last = |wanted: &CommitId| known_commits.iter().rposition(|known| known == wanted);
    match (last(commit), last(&live.source_commit)) {
        (Some(event), Some(live)) => event < live,
        (None, _) | (_, None) => false,
    }
}

/// Whether a comment asks the gate for anything; why not, if not. `reporter` is who speaks for the gate.
pub fn is_asked(comment: Option<&Comment>, reporter: &str) -> Result<(), &'static str> {
    match comment {
        None => Err("the comment is gone"),
        Some(comment) if comment.deleted => Err("the comment was deleted"),
        Some(comment) if comment.author == reporter => Err("the comment is the gate's own"),
        Some(comment) if !command::is_in(&comment.content) => Err("the comment has no command"),
        Some(_) => Ok(()),
    }
}

/// Decides about a comment with commands. Whether they may be carried out is the reporter's to say, on a closed pull request
/// too. `destination_tip` is `None` when the branch is gone.
pub fn on_comment(
    event: &CommentPosted,
    live: Option<&PullRequest>,
    destination_tip: Option<&CommitId>,
) -> RouterDecision {
    let Some(live) = live else {
        let id = &event.pull_request;
        return RouterDecision::Ignore(format!("pull request {id} does not exist any more"));
    };
    RouterDecision::Start(command(live, destination_tip, &event.comment), Wish::Once)
}

/// What is said on the pull request, whatever has become of it since.
pub fn on_rules_overridden(event: RulesOverridden) -> RouterDecision {
    let RulesOverridden {
        pull_request,
        repository,
        revision,
        by,
    } = event;
    let request = Request::Overridden {
        repository,
        pull_request,
        revision,
        by,
    };
    // Who had a run of this name die beforehand keeps nobody from hearing of it.
    RouterDecision::Start(request, Wish::UntilDone)
}

/// Decides about a run that died. `request` is what it was asked.
pub fn on_run_died(
    died: &RunDied,
    request: &Request,
    live: Option<&PullRequest>,
    destination_tip: Option<&CommitId>,
    claim: Option<&Claim>,
) -> RouterDecision {
    if !is_named_for(request, &died.run) {
        return RouterDecision::Ignore(format!("{} is no name for what it was asked", died.run));
    }
    let of_another = live
        .zip(request.candidacy())
        .and_then(|(live, asked)| foreign(asked, live));
    if let Some(why) = of_another {
        return RouterDecision::Ignore(format!("{} was no run of this gate: {why}", died.run));
    }
    // Answering is the same however often it is tried, and whatever has become of the pull request.
    if matches!(
        request,
        Request::Overridden { .. } | Request::Command { .. }
    ) {
        return RouterDecision::Start(request.clone(), Wish::Again);
    }
    if let Some(live) = live.filter(|live| live.is_open()) {
        if matches!(request, Request::Close { .. }) {
            return RouterDecision::ReadsBehind(format!(
                "pull request {} is still shown as open",
                live.id
            ));
        }
        if claim.is_some_and(|claim| {
            claim.run != died.run
                && names::revision_prefix(&live.id, &live.revision).is_prefix_of(claim)
        }) {
            return RouterDecision::Ignore(format!("a newer run follows {}", died.run));
        }
        return match (request, destination_tip) {
            (Request::Say { .. }, _) => {
                RouterDecision::GiveUp(format!("{} could not say that it gave up", died.run))
            }
            (Request::Gate(candidacy) | Request::Defer(candidacy), _)
                if candidacy.revision == live.revision =>
            {
                RouterDecision::Start(request.clone(), Wish::Again)
            }
            (_, Some(tip)) => RouterDecision::Start(gate(live, tip), Wish::Once),
            (_, None) => RouterDecision::Ignore(format!(
                "the destination branch `{}` is gone",
                live.destination
            )),
        };
    }
    let close = Request::Close {
        repository: request.repository().clone(),
        pull_request: request.pull_request().clone(),
    };
    let wish = if *request == close {
        Wish::Again
    } else {
        Wish::Once
    };
    RouterDecision::Start(close, wish)
}

pub(super) fn gate(live: &PullRequest, destination_tip: &CommitId) -> Request {
    Request::Gate(candidacy(live, destination_tip))
}

/// What answers a comment. `destination_tip` is `None` when the branch is gone.
pub(super) fn command(
    live: &PullRequest,
    destination_tip: Option<&CommitId>,
    comment: &CommentId,
) -> Request {
    Request::Command {
        candidacy: candidacy(live, destination_tip.unwrap_or(&live.destination_commit)),
        comment: comment.clone(),
    }
}

fn close(live: &PullRequest) -> Request {
    Request::Close {
        repository: live.repository.clone(),
        pull_request: live.id.clone(),
    }
}

trait PrefixOf {
    fn is_prefix_of(&self, claim: &Claim) -> bool;
}

impl PrefixOf for String {
    fn is_prefix_of(&self, claim: &Claim) -> bool {
        claim.run.as_str().starts_with(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::RunName,
        protocol::{Limit, State, Wanted},
        samples::{candidacy, closed, commit, execution, live},
    };

    fn event() -> PullRequestEvent {
        PullRequestEvent {
            pull_request: live().id,
            repository: live().repository,
            source_commit: live().source_commit,
            closed: false,
        }
    }

    fn claim_of(run: &str) -> Claim {
        Claim {
            start_time: execution().start_time,
            run: RunName::new(run),
        }
    }

    #[test]
    fn a_run_belongs_to_the_live_revision() {
        let decision = on_pull_request(&event(), Some(&live()), &[], Some(&commit('b')), None);
        assert_eq!(
            decision,
            RouterDecision::Start(Request::Gate(candidacy()), Wish::Once)
        );
        let late = PullRequestEvent {
            source_commit: commit('9'),
            ..event()
        };
        let decision = on_pull_request(
            &late,
            Some(&live()),
            &[commit('9'), commit('a')],
            Some(&commit('b')),
            None,
        );
        assert_eq!(
            decision,
            RouterDecision::Start(Request::Gate(candidacy()), Wish::Once)
        );
    }

    #[test]
    fn an_event_that_reads_do_not_know_yet_comes_again() {
        let early = PullRequestEvent {
            source_commit: commit('f'),
            ..event()
        };
        assert!(needs_known_commits(&early, &live()));
        let decision = on_pull_request(
            &early,
            Some(&live()),
            &[commit('a')],
            Some(&commit('b')),
            None,
        );
        assert!(
            matches!(decision, RouterDecision::ReadsBehind(_)),
            "{decision:?}"
        );
        let newest_is_not_shown = [commit('a'), commit('f')];
        let decision = on_pull_request(
            &early,
            Some(&live()),
            &newest_is_not_shown,
            Some(&commit('b')),
            None,
        );
        assert!(
            matches!(decision, RouterDecision::ReadsBehind(_)),
            "{decision:?}"
        );
        let closing = PullRequestEvent {
            closed: true,
            ..event()
        };
        let decision = on_pull_request(&closing, Some(&live()), &[], Some(&commit('b')), None);
        assert!(
            matches!(decision, RouterDecision::ReadsBehind(_)),
            "{decision:?}"
        );
    }

    #[test]
    fn every_event_of_a_closed_pull_request_tears_down_and_none_of_a_deleted_one_does() {
        for event in [
            event(),
            PullRequestEvent {
                closed: true,
                ..event()
            },
        ] {
            let decision = on_pull_request(&event, Some(&closed()), &[], None, None);
            assert!(
                matches!(
                    decision,
                    RouterDecision::Start(Request::Close { .. }, Wish::Once)
                ),
                "{decision:?}"
            );
            assert!(matches!(
                on_pull_request(&event, None, &[], None, None),
                RouterDecision::Ignore(_)
            ));
        }
    }

    #[test]
    fn the_same_event_again_starts_nothing_even_if_the_destination_moved() {
        let claim = claim_of("pr-7-3f2a91c0d1e2-bbbbbbbb-1");
        let decision = on_pull_request(
            &event(),
            Some(&live()),
            &[],
            Some(&commit('e')),
            Some(&claim),
        );
        assert!(
            matches!(decision, RouterDecision::Ignore(_)),
            "{decision:?}"
        );
        let older = claim_of("pr-7-000000000000-bbbbbbbb-1");
        let decision = on_pull_request(
            &event(),
            Some(&live()),
            &[],
            Some(&commit('e')),
            Some(&older),
        );
        assert!(
            matches!(
                decision,
                RouterDecision::Start(Request::Gate(_), Wish::Once)
            ),
            "{decision:?}"
        );
    }

    fn died(run: &str, request: &Request) -> RunDied {
        RunDied {
            run: RunName::new(run),
            input: State::input_text(request),
            status: "FAILED".to_owned(),
        }
    }

    #[test]
    fn an_override_is_said_and_tried_again_also_when_the_pull_request_is_closed() {
        let event = RulesOverridden {
            pull_request: live().id,
            repository: live().repository,
            revision: live().revision,
            by: "arn:aws:iam::123456789012:user/bob".to_owned(),
        };
        let RouterDecision::Start(request, Wish::UntilDone) = on_rules_overridden(event) else {
            panic!("a run that says it")
        };
        let name = Wanted::new(request.clone(), Wish::Once, Limit::of(&request)).name();
        assert_eq!(name.as_str(), "pr-7-override-3f2a91c0d1e2-1");
        let died = died(name.as_str(), &request);
        let newer = claim_of("pr-7-3f2a91c0d1e2-bbbbbbbb-2");
        for live in [live(), closed()] {
            assert_eq!(
                on_run_died(&died, &request, Some(&live), None, Some(&newer)),
                RouterDecision::Start(request.clone(), Wish::Again)
            );
        }
    }

    #[test]
    fn a_dead_run_is_followed_by_another_unless_a_newer_one_is_there() {
        let request = Request::Gate(candidacy());
        let died = died("pr-7-3f2a91c0d1e2-bbbbbbbb-1", &request);
        let own = claim_of(died.run.as_str());
        let decision = on_run_died(
            &died,
            &request,
            Some(&live()),
            Some(&commit('b')),
            Some(&own),
        );
        assert_eq!(
            decision,
            RouterDecision::Start(request.clone(), Wish::Again)
        );
        let newer = claim_of("pr-7-3f2a91c0d1e2-bbbbbbbb-2");
        let decision = on_run_died(
            &died,
            &request,
            Some(&live()),
            Some(&commit('b')),
            Some(&newer),
        );
        assert!(
            matches!(decision, RouterDecision::Ignore(_)),
            "{decision:?}"
        );
    }

    #[test]
    fn a_run_that_died_over_a_closed_pull_request_leads_to_tear_down() {
        let gate = Request::Gate(candidacy());
        let decision = on_run_died(
            &died("pr-7-3f2a91c0d1e2-bbbbbbbb-1", &gate),
            &gate,
            Some(&closed()),
            None,
            None,
        );
        assert!(
            matches!(
                decision,
                RouterDecision::Start(Request::Close { .. }, Wish::Once)
            ),
            "{decision:?}"
        );
        let close = close(&closed());
        let decision = on_run_died(
            &died("pr-7-close-1", &close),
            &close,
            Some(&closed()),
            None,
            None,
        );
        assert_eq!(decision, RouterDecision::Start(close, Wish::Again));
    }

    #[test]
    fn giving_up_that_could_not_be_said_ends_among_the_dead_letters() {
        let say = Request::Say {
            candidacy: candidacy(),
            comment: None,
            error: None,
        };
        let decision = on_run_died(
            &died("pr-7-say-3f2a91c0d1e2-1", &say),
            &say,
            Some(&live()),
            Some(&commit('b')),
            None,
        );
        assert!(
            matches!(decision, RouterDecision::GiveUp(_)),
            "{decision:?}"
        );
    }
}

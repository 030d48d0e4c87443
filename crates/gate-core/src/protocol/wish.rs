//! What a run may take from its request. Anybody who may start executions writes one: it is a wish, and counts as far as the
//! host shows the same.

use super::{Candidacy, Request, Wanted};
use crate::{
    candidate::Candidate, error::GateError, host::Override, id::CommitId, id::RunName, names,
    pull_request::PullRequest,
};

/// What is to be tested of a pull request: what the host shows, and the destination's tip as the branch itself shows it.
pub fn candidacy(live: &PullRequest, destination_tip: &CommitId) -> Candidacy {
    Candidacy {
        repository: live.repository.clone(),
        pull_request: live.id.clone(),
        revision: live.revision.clone(),
        source_commit: live.source_commit.clone(),
        destination_commit: destination_tip.clone(),
    }
}

/// Whether a run bears the name that the router gives to a run of this request. By its name a run is found again, and told for
/// one of a revision: nobody gets a say under another's.
pub fn is_named_for(request: &Request, run: &RunName) -> bool {
    names::attempt(run).is_some_and(|attempt| Wanted::name_of(request, attempt) == *run)
}

/// What of a candidacy is not as the host shows it, in words. Of a revision that is not live nothing can be said: a read may be
/// behind. The destination's tip moves, so that it is read where it matters.
pub fn foreign(asked: &Candidacy, live: &PullRequest) -> Option<String> {
    let differs = |what: &str, asked: &str, shown: &str| {
        (asked != shown).then(|| {
            let id = &live.id;
            format!("the {what} of pull request {id} is `{shown}`, and not `{asked}`")
        })
    };
    let source_commit = |asked: &Candidacy| {
        let is_live = asked.revision == live.revision;
        let (asked, shown) = (&asked.source_commit, &live.source_commit);
        is_live
            .then(|| differs("source commit", asked.as_str(), shown.as_str()))
            .flatten()
    };
    differs(
        "repository",
        asked.repository.as_str(),
        live.repository.as_str(),
    )
    .or_else(|| differs("number", asked.pull_request.as_str(), live.id.as_str()))
    .or_else(|| source_commit(asked))
}

/// Refuses a candidacy that the host does not show.
pub fn shown(asked: &Candidacy, live: &PullRequest, run: &RunName) -> Result<(), GateError> {
    match foreign(asked, live) {
        None => Ok(()),
        Some(message) => Err(GateError::InvalidInput {
            step: format!("run {run}"),
            message,
        }),
    }
}

/// Whether what was tested is what the run speaks about, between the branches of the pull request.
pub fn is_of(candidate: &Candidate, candidacy: &Candidacy, live: &PullRequest) -> bool {
    candidate.repository == candidacy.repository
        && candidate.pull_request == candidacy.pull_request
        && candidate.revision == candidacy.revision
        && candidate.source_commit == candidacy.source_commit
        && candidate.destination_commit == candidacy.destination_commit
        && candidate.source == live.source
        && candidate.destination == live.destination
}

/// Whether somebody overrode the rules of the revision that a request says it of, as the pull request's own events tell.
pub fn did_override(request: &Request, overrides: &[Override]) -> bool {
    let Request::Overridden { revision, by, .. } = request else {
        return false;
    };
    overrides
        .iter()
        .any(|known| known.revision == *revision && known.by == *by)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::{CommentId, PullRequestId, RepositoryName, RevisionId},
        samples::{candidacy as sample, candidate, commit, execution, live},
    };

    #[test]
    fn refuses_a_run_under_a_name_that_is_not_its_own() {
        let gate = Request::Gate(sample());
        let of_another = Request::Gate(Candidacy {
            pull_request: PullRequestId::new("9"),
            ..sample()
        });
        let with_another_tip = Request::Gate(Candidacy {
            destination_commit: commit('e'),
            ..sample()
        });
        let table = [
            (&gate, "pr-7-3f2a91c0d1e2-bbbbbbbb-1", true),
            (&gate, "pr-7-3f2a91c0d1e2-bbbbbbbb-17", true),
            (&gate, "pr-7-3f2a91c0d1e2-bbbbbbbb-01", false),
            (&gate, "pr-7-3f2a91c0d1e2-bbbbbbbb-defer-1", false),
            (&gate, "pr-7-3f2a91c0d1e2-eeeeeeee-1", false),
            (&gate, "mine", false),
            (&of_another, "pr-7-3f2a91c0d1e2-bbbbbbbb-1", false),
            (&with_another_tip, "pr-7-3f2a91c0d1e2-bbbbbbbb-1", false),
        ];
        for (request, run, own) in table {
            let named = is_named_for(request, &RunName::new(run));
            assert_eq!(named, own, "{run} {request:?}");
        }
        let say = Request::Say {
            candidacy: sample(),
            comment: Some(CommentId::new("c0ffee")),
            error: None,
        };
        assert!(is_named_for(&say, &RunName::new("pr-7-say-3f2a91c0d1e2-2")));
    }

    #[test]
    fn refuses_what_the_host_does_not_show() {
        let run = execution().name;
        assert_eq!(shown(&sample(), &live(), &run), Ok(()));
        let moved = Candidacy {
            destination_commit: commit('e'),
            ..sample()
        };
        assert_eq!(shown(&moved, &live(), &run), Ok(()), "it may have moved");
        let stale = Candidacy {
            revision: RevisionId::new("0"),
            source_commit: commit('0'),
            ..sample()
        };
        assert_eq!(foreign(&stale, &live()), None, "a read may be behind");
        let older_source = Candidacy {
            source_commit: commit('0'),
            ..sample()
        };
        let error = shown(&older_source, &live(), &run).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "the input of `run {run}` is not usable: the source commit of pull request 7 is `{}`, and not `{}`",
                commit('a'),
                commit('0')
            )
        );
        let elsewhere = Candidacy {
            repository: RepositoryName::new("other"),
            ..sample()
        };
        assert!(shown(&elsewhere, &live(), &run).is_err());
    }

    #[test]
    fn what_was_tested_is_what_the_run_speaks_about() {
        assert!(is_of(&candidate(), &sample(), &live()));
        let older = Candidate {
            destination_commit: commit('e'),
            ..candidate()
        };
        assert!(!is_of(&older, &sample(), &live()));
    }

    #[test]
    fn an_override_is_whose_the_host_says_it_is() {
        let by = "arn:aws:iam::000000000000:user/bob".to_owned();
        let said_of = |by: &str| Request::Overridden {
            repository: live().repository,
            pull_request: live().id,
            revision: live().revision,
            by: by.to_owned(),
        };
        let known = [Override {
            revision: live().revision,
            by: by.clone(),
        }];
        assert!(did_override(&said_of(&by), &known));
        assert!(!did_override(
            &said_of("arn:aws:iam::000000000000:user/ann"),
            &known
        ));
        assert!(!did_override(&said_of(&by), &[]));
    }
}

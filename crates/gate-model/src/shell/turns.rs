//! `lambdas/router`: the pull requests of one branch.

use gate_core::{
    conversation::Conversation,
    id::CommitId,
    protocol::{
        Claim, ExecutionStatus, Limit, OpenPullRequest, Request, ResultRecord, Wanted, Wish, Words,
        turns,
    },
    pull_request::PullRequest,
};

use super::{router::start, unasked};
use crate::{
    calls::{Answer, Call},
    numbers,
    replay::{Handled, Replay},
    world::{Comment, Record},
};

/// `branch.rs`: an open pull request and what the gate remembers of it.
pub(crate) struct Found {
    pub(crate) live: PullRequest,
    claim: Option<Claim>,
    latest: Option<(ExecutionStatus, Request)>,
    result: Option<ResultRecord>,
    conversation: Conversation,
    approved: bool,
    said: Said,
}

/// The recorded comment.
enum Said {
    NotRead,
    Read(Option<String>),
}

impl Found {
    pub(crate) fn at<'a>(&'a self, tip: &'a CommitId) -> OpenPullRequest<'a> {
        OpenPullRequest {
            live: &self.live,
            destination_tip: tip,
            claim: self.claim.as_ref(),
            latest: self
                .latest
                .as_ref()
                .map(|(status, request)| (*status, request)),
            result: self.result.as_ref(),
            conversation: &self.conversation,
            approved: self.approved,
            said: match &self.said {
                Said::NotRead => Words::NotRead,
                Said::Read(found) => Words::of(found.as_deref()),
            },
        }
    }
}

/// `branch.rs`: reads a pull request, `for_the_sweep` more of it.
pub(crate) fn find(calls: &mut Replay<'_>, for_the_sweep: bool) -> Handled<Option<Found>> {
    let view = calls.pull_request()?;
    if !view.open {
        return Ok(None);
    }
    let claim = calls.claim()?;
    let latest = match claim {
        Some(run) => match calls.ask(Call::ReadOwnExecution { run })? {
            Answer::Execution(latest) => latest,
            other => return unasked(&other),
        },
        None => None,
    };
    let record = calls.record()?;
    let revision = view.revision;
    let (mut approved, mut conversation, mut said) =
        (false, Conversation::default(), Said::NotRead);
    if for_the_sweep {
        approved = calls.found(Call::ReadApproval { revision })?;
        conversation = calls.conversation(revision)?;
        if let Some(record) = record {
            said = Said::Read(self::said(calls, record)?);
        }
    }
    Ok(Some(Found {
        live: numbers::pull_request(view),
        claim: claim.map(|run| numbers::claim(calls.runs, run)),
        latest: latest
            .map(|(request, status)| (numbers::status(status), numbers::request(request))),
        result: record.map(|record| numbers::record(calls.runs, record)),
        conversation,
        approved,
        said,
    }))
}

/// What the recorded comment says; `None` if somebody deleted it. The same verdict in other words than the recorded run's is none of the model.
fn said(calls: &mut Replay<'_>, record: Record) -> Handled<Option<String>> {
    let revision = record.revision;
    let comment = match calls.ask(Call::ReadComment { revision })? {
        Answer::Said(comment) => comment,
        other => return unasked(&other),
    };
    if comment == Comment::Deleted {
        return Ok(None);
    }
    let own = record
        .verdict
        .is_some_and(|verdict| comment == Comment::Finished(verdict));
    let run = numbers::record(calls.runs, record).run;
    let run = if own { run.as_str() } else { "another" };
    Ok(Some(format!("Mergegate · run {run}")))
}

/// `moved.rs`: looks at the pull requests of the branch.
pub(crate) fn look(calls: &mut Replay<'_>) -> Handled<()> {
    let tip = calls.tip()?;
    if !calls.found(Call::ListOpenPullRequests)? {
        return Ok(());
    }
    match find(calls, false)? {
        Some(found) => take_turns(calls, &found, tip),
        None => Ok(()),
    }
}

/// `branch.rs`: starts what the turns want, beside another pull request that may be in test.
pub(crate) fn take_turns(calls: &mut Replay<'_>, found: &Found, tip: u8) -> Handled<()> {
    let (live, claim, request) = numbers::another(tip);
    let tip = numbers::tip(tip);
    let other = OpenPullRequest {
        live: &live,
        destination_tip: &tip,
        claim: Some(&claim),
        latest: Some((ExecutionStatus::Running, &request)),
        result: None,
        conversation: &Conversation::default(),
        approved: false,
        said: Words::NotRead,
    };
    let mut open = vec![found.at(&tip)];
    if calls.found(Call::ReadOthers)? {
        open.push(other);
    }
    for request in turns(&open, calls.rules.merge()) {
        start(calls, Wanted::new(request, Wish::Again, Limit::None))?;
    }
    Ok(())
}

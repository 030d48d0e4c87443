//! Answer: the commands of a comment, one reply, and whether the run goes on.
//!
//! What is accepted is written down before anything follows from it, so that a second try, an edit or a deletion of the comment
//! changes nothing. The claim is not touched here: a stranger's comment disturbs no run.

use gate_aws::{Clients, conversation};
use gate_core::{
    build::Build,
    command::{self, Line, names_checks},
    conversation::{CommandRecord, Conversation},
    error::GateError,
    host::{CodeHost, Comment},
    id::{CheckName, CommitId, PullRequestId, RunName},
    names,
    protocol::{
        Afterwards, Answered, Asked, Candidacy, Claim, Decision, Follow, Invocation, Next, Request,
        ResultRecord, Said, State, Step, answer as decide, awaits_hold, is_asked, shown,
    },
    pull_request::PullRequest,
    reply,
    rules::{self, Rules},
};

use crate::{voice, withdraw_approval};

pub(crate) async fn answer(clients: &Clients, invocation: Invocation) -> Result<State, GateError> {
    invocation.named()?;
    let own = Claim::from(&invocation.execution);
    let state = invocation.state;
    let Request::Command { candidacy, comment } = state.request.clone() else {
        return Err(Step::Answer.not_here("reporter"));
    };
    let id = &candidacy.pull_request.clone();
    let reporter = &clients.deployment.reporter_arn;
    let comments = clients.host.comments(id).await?;
    let is_reply =
        |said: &Comment| said.author == *reporter && said.in_reply_to.as_ref() == Some(&comment);
    let answered = comments.iter().any(is_reply);
    let found = comments.iter().find(|found| found.id == comment).cloned();
    let Some(comment) = found else {
        return Err(GateError::ReadsBehind {
            message: format!("comment {comment} of pull request {id} is not shown yet"),
        });
    };
    let earlier = conversation::records(clients, id).await?;
    let recorded = earlier.iter().find(|record| record.comment == comment.id);
    let lines = match recorded {
        Some(record) => Ok(record.commands.iter().map(Line::of).collect()),
        // What was refused stays refused, though it be told of once more when it would be possible.
        None if answered => return Ok(state.then(Next::End)),
        None => match is_asked(Some(&comment), reporter) {
            Ok(()) => command::parse(&comment.content),
            // Its author thought better of it.
            Err(reason) => {
                tracing::info!(pull_request.id = %id, comment.id = %comment.id, reason, "answered nothing");
                return Ok(state.then(Next::End));
            }
        },
    };
    let lines = match lines {
        Ok(lines) => lines,
        Err(too_many) => {
            say(clients, &comment, &reply::too_many(too_many)).await?;
            return Ok(state.then(Next::End));
        }
    };
    let is_recorded = recorded.is_some();
    let others = earlier
        .into_iter()
        .filter(|record| record.comment != comment.id);
    let mut known = Known::read(clients, (candidacy, &own.run), others.collect()).await?;
    if known.rules.is_none() && names_checks(&lines) {
        known.look_at_builds(clients).await?;
    }
    let candidacy = known.candidacy.clone();
    let asked = Asked {
        recorded: is_recorded,
        awaits_hold: awaits_hold(&comments, &comment, reporter),
        ..known.asked(&comment, &candidacy)
    };
    let decision = decide(asked, lines);
    if !remember(clients, &comment, known.live.as_ref(), &decision).await? {
        tracing::info!(pull_request.id = %id, comment.id = %comment.id, "refused commands that cannot be remembered");
        say(clients, &comment, &reply::too_long()).await?;
        return Ok(state.then(Next::End));
    }
    for answered in &decision.answers {
        audit(&candidacy, &comment, answered);
    }
    let follow = follow(clients, &candidacy, &own, &decision).await?;
    let status = known.status(clients, &candidacy, &decision).await?;
    let words = reply::reply(&decision.answers, status.as_deref());
    say(clients, &comment, &words).await?;
    follow.map(|next| state.then(next))
}

/// What the answer depends on, besides the comment.
struct Known {
    /// What was asked, as the host shows it.
    candidacy: Candidacy,
    live: Option<PullRequest>,
    rules: Option<Rules>,
    conversation: Conversation,
    result: Option<ResultRecord>,
    /// Looked at only where the checks are not known by rules.
    built: Vec<CheckName>,
}

impl Known {
    async fn read(
        clients: &Clients,
        (mut candidacy, run): (Candidacy, &RunName),
        records: Vec<CommandRecord>,
    ) -> Result<Self, GateError> {
        let live = clients.host.pull_request(&candidacy.pull_request).await?;
        if let Some(live) = &live {
            shown(&candidacy, live, run)?;
            // By whose rules it is answered is not for the request to say.
            candidacy.destination_commit = tip(clients, live).await?;
        }
        let Candidacy {
            repository,
            pull_request,
            destination_commit,
            ..
        } = &candidacy;
        let rules = clients
            .host
            .file(repository, destination_commit, rules::PATH)
            .await?;
        let revision = live
            .as_ref()
            .map_or(&candidacy.revision, |live| &live.revision);
        Ok(Self {
            conversation: Conversation::of(records, revision),
            rules: rules.and_then(|bytes| Rules::parse(&bytes).ok()),
            result: voice::record(clients, pull_request).await?,
            candidacy,
            live,
            built: Vec::new(),
        })
    }

    /// Looks which checks there are, where no rules tell.
    async fn look_at_builds(&mut self, clients: &Clients) -> Result<(), GateError> {
        if let Some(result) = &self.result {
            let builds = builds(clients, &self.candidacy.pull_request).await?;
            self.built = result.built(&builds);
        }
        Ok(())
    }

    fn asked<'a>(&'a self, comment: &'a Comment, candidacy: &'a Candidacy) -> Asked<'a> {
        Asked {
            comment,
            live: self.live.as_ref(),
            candidacy,
            rules: self.rules.as_ref(),
            conversation: &self.conversation,
            result: self.result.as_ref(),
            built: &self.built,
            recorded: false,
            awaits_hold: false,
        }
    }

    /// How the pull request stands, if a line asks for it.
    async fn status(
        &self,
        clients: &Clients,
        candidacy: &Candidacy,
        decision: &Decision,
    ) -> Result<Option<String>, GateError> {
        let is_wanted = decision
            .answers
            .iter()
            .any(|answered| answered.said == Said::Status);
        let Some(live) = self.live.as_ref().filter(|_| is_wanted) else {
            return Ok(None);
        };
        let builds = builds(clients, &live.id).await?;
        Ok(Some(reply::status(reply::Standing {
            live,
            candidacy,
            result: self.result.as_ref(),
            builds: &builds,
            conversation: &self.conversation,
            rules: self.rules.as_ref(),
        })))
    }
}

/// The builds of a pull request, newest first.
async fn builds(clients: &Clients, id: &PullRequestId) -> Result<Vec<Build>, GateError> {
    let project = names::project(&clients.deployment.service, id);
    clients.builds.builds_of_project(&project).await
}

/// The destination's tip; of a branch that is gone what the pull request last knew of it.
async fn tip(clients: &Clients, live: &PullRequest) -> Result<CommitId, GateError> {
    let tip = clients
        .host
        .branch_tip(&live.repository, &live.destination)
        .await?;
    Ok(tip.unwrap_or_else(|| live.destination_commit.clone()))
}

/// Writes down what was accepted; false if there is more of it than can be.
async fn remember(
    clients: &Clients,
    comment: &Comment,
    live: Option<&PullRequest>,
    decision: &Decision,
) -> Result<bool, GateError> {
    let Some(live) = live.filter(|_| !decision.accepted.is_empty()) else {
        return Ok(true);
    };
    let record = CommandRecord {
        version: 1,
        comment: comment.id.clone(),
        revision: live.revision.clone(),
        source_commit: live.source_commit.clone(),
        by: comment.author.clone(),
        at: comment.created.clone(),
        commands: decision.accepted.clone(),
    };
    let Some(record) = record.fitted() else {
        return Ok(false);
    };
    let parameter = clients.names().command(&live.id, &comment.id);
    clients.parameters.put(&parameter, &record).await?;
    Ok(true)
}

/// Takes an approval back that must not stand any longer, and looks what is to follow. All of it is read after the commands
/// were written down: a push or a verdict may have come since the first look.
async fn follow(
    clients: &Clients,
    candidacy: &Candidacy,
    own: &Claim,
    decision: &Decision,
) -> Result<Result<Next, GateError>, GateError> {
    if decision.accepted.is_empty() {
        return Ok(Ok(Next::End));
    }
    let id = &candidacy.pull_request;
    let live = clients.host.pull_request(id).await?;
    if let Some(live) = live.as_ref().filter(|_| decision.withdraws) {
        withdraw_approval(clients, &live.id, &live.revision).await?;
    }
    let result = voice::record(clients, id).await?;
    let claim: Option<Claim> = clients.parameters.get(&clients.names().claim(id)).await?;
    let follow = decision.follow(Afterwards {
        live: live.as_ref(),
        candidacy,
        result: result.as_ref(),
        claim: claim.as_ref(),
        own,
    });
    Ok(match follow {
        Follow::Nothing => Ok(Next::End),
        Follow::Run => Ok(Next::Prepare),
        Follow::Overtaken => Err(GateError::Overtaken {
            run: own.run.to_string(),
            by: claim.map_or_else(String::new, |claim| claim.run.to_string()),
        }),
    })
}

async fn say(clients: &Clients, comment: &Comment, words: &str) -> Result<(), GateError> {
    voice::reply(clients, &comment.id, words, &reply::token(&comment.id)).await?;
    Ok(())
}

/// One line in the log for each command, whatever became of it.
fn audit(candidacy: &Candidacy, comment: &Comment, answered: &Answered) {
    let name = answered
        .command
        .as_ref()
        .map(|command| command.name().as_str());
    let refused = match &answered.said {
        Said::Refused(refusal) => Some(refusal.word()),
        Said::Help | Said::Status | Said::Done(_) => None,
    };
    tracing::info!(
        pull_request.id = %candidacy.pull_request,
        pull_request.repository = %candidacy.repository,
        comment.id = %comment.id,
        command.name = name.unwrap_or("unclear"),
        command.by = comment.author,
        command.refused = refused,
        "answered a command"
    );
}

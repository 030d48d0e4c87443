//! Whether a run that a command asked for, or a further attempt, continues the run before it: on the very same merge commit, under
//! the same plan.

use gate_aws::Clients;
use gate_core::{
    conversation::CommandRecord,
    error::GateError,
    host::{CodeHost, MergeOutcome},
    id::{CheckName, CommitId, RunName, TreeId},
    names,
    plan::{Note, WhyAgain},
    protocol::{
        Before, Candidacy, Earlier, Execution, Request, ResultRecord, Run, again, earlier,
        is_repair, is_that_merge, taken_over,
    },
};

/// What is continued.
pub(crate) enum Continued {
    /// Nothing: everything is asked for, or nothing before can count.
    Nothing(Option<WhyAgain>),
    /// This.
    Of(Box<Tested>),
}

/// What was tested before.
pub(crate) struct Tested {
    again: Vec<CheckName>,
    failed: Vec<CheckName>,
    commit: CommitId,
    tree: TreeId,
    plan: String,
    runs: Vec<RunName>,
}

/// Reads what is to be built again and what was tested before.
pub(crate) async fn look(
    clients: &Clients,
    execution: &Execution,
    request: &Request,
    candidacy: &Candidacy,
) -> Result<Continued, GateError> {
    let is_first = names::attempt(&execution.name) == Some(1);
    if is_first && !matches!(request, Request::Command { .. }) {
        return Ok(Continued::Nothing(None));
    }
    let name = clients.names().result(&candidacy.pull_request);
    let result: Option<ResultRecord> = clients.parameters.get(&name).await?;
    let Some(asked) = asked(clients, request, result.as_ref()).await? else {
        return Ok(Continued::Nothing(None));
    };
    let before = match earlier(candidacy, result.as_ref()) {
        Ok(before) => before,
        Err(why) => return Ok(Continued::Nothing(Some(why))),
    };
    if !is_there(clients, candidacy, before).await? {
        return Ok(Continued::Nothing(Some(WhyAgain::CommitGone)));
    }
    Ok(Continued::Of(Box::new(Tested {
        again: asked,
        failed: result
            .iter()
            .flat_map(|result| result.failed.clone())
            .collect(),
        commit: before.commit.clone(),
        tree: before.tree.clone(),
        plan: before.plan.to_owned(),
        runs: before.runs.to_vec(),
    })))
}

/// The checks that are to be built again; `None` is everything.
async fn asked(
    clients: &Clients,
    request: &Request,
    result: Option<&ResultRecord>,
) -> Result<Option<Vec<CheckName>>, GateError> {
    if is_repair(request, result) {
        return Ok(Some(Vec::new()));
    }
    let Request::Command { candidacy, comment } = request else {
        return Ok(None);
    };
    let name = clients.names().command(&candidacy.pull_request, comment);
    let asked: Option<CommandRecord> = clients.parameters.get(&name).await?;
    Ok(asked.and_then(|asked| again(&asked.commands, result)))
}

/// Whether the merge that was tested is still there. No branch holds it since its run ended.
async fn is_there(
    clients: &Clients,
    candidacy: &Candidacy,
    before: Earlier<'_>,
) -> Result<bool, GateError> {
    if *before.commit == candidacy.source_commit {
        return Ok(true);
    }
    let found = clients.host.commit(&candidacy.repository, before.commit);
    match found.await {
        Ok(found) => Ok(is_that_merge(candidacy, before, &found)),
        Err(GateError::Refused { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

impl Continued {
    /// The merge that was tested, to be tested again; `None` if it is to be made, or is no commit of its own.
    pub(crate) fn merge(&self, candidacy: &Candidacy) -> Option<MergeOutcome> {
        match self {
            Self::Of(before) if before.commit != candidacy.source_commit => {
                Some(MergeOutcome::Merged {
                    commit: before.commit.clone(),
                    tree: before.tree.clone(),
                })
            }
            Self::Of(_) | Self::Nothing(_) => None,
        }
    }

    /// Gives the run the builds that count for it, and says so.
    pub(crate) async fn give(self, clients: &Clients, run: &mut Run) -> Result<(), GateError> {
        let taken = match (self, &run.candidate) {
            (Self::Nothing(None | Some(WhyAgain::NothingBefore)), _) | (_, None) => return Ok(()),
            (Self::Nothing(Some(why)), _) => Err(why),
            (Self::Of(tested), Some(candidate)) => {
                let builds = clients.builds.builds_of_project(&run.project).await?;
                let before = Before {
                    plan: &tested.plan,
                    runs: &tested.runs,
                    again: &tested.again,
                    retried: &run.plan.conversation.retried,
                    failed: &tested.failed,
                };
                let taken = taken_over(&run.plan, &run.fingerprint, candidate, before, &builds);
                taken.map(|builds| (builds, tested.runs))
            }
        };
        match taken {
            Ok((builds, _)) if builds.is_empty() => {}
            Ok((builds, runs)) => {
                let checks = builds.iter().map(|build| build.check.clone()).collect();
                run.plan.notes.push(Note::TakenOver { checks });
                run.builds = builds;
                run.continues = runs;
            }
            Err(why) => run.plan.notes.push(Note::BuiltAgain { why }),
        }
        Ok(())
    }
}

//! The Lambdas' handlers, effect by effect: what `lambdas/*/src` and `gate-aws::run` do, in their order, around the same
//! functions of `gate-core`.
//!
//! Left out is what no decision and no other actor sees: the plan's making, durations, log links, the text of comments. A
//! comment is always found again (by its token), so speaking is one call.

mod answer;
mod builder;
mod environment;
mod reporter;
mod router;
mod standing;
mod sweep;
mod take_over;
mod turns;

use std::rc::Rc;

use gate_core::{
    conversation::Conversation,
    protocol::{Execution, Follow, Next},
};

use crate::{
    calls::{Answer, Call},
    conversation::{self, Accepted},
    numbers,
    plans::{self, Basis, Planned},
    replay::{Handled, Replay, Stop},
    world::{Actor, At, Build, Commit, Memory, Record, Request, RunId, Title, View, World},
};

/// A run's handler at work.
pub(crate) struct Step<'a, 'b> {
    pub(crate) calls: &'a mut Replay<'b>,
    pub(crate) run: RunId,
    pub(crate) request: Request,
    pub(crate) memory: Memory,
}

impl Step<'_, '_> {
    /// What a gate run was asked to test.
    pub(crate) fn candidate(&self) -> Handled<Commit> {
        let asked = self.request.commit().ok_or(Stop::Fail)?;
        let tip = self.memory.tip.unwrap_or(asked.tip);
        Ok(Commit { tip, ..asked })
    }

    /// What Prepare made of what it read.
    pub(crate) fn planned(&self) -> Handled<Rc<Planned>> {
        Ok(plans::planned(&Basis {
            rules: self.calls.rules,
            title: self.memory.title.unwrap_or(Title::Plain),
            revision: self.candidate()?.revision,
            asked: self.calls.asked,
            accepted: self.memory.heard,
        }))
    }

    /// The run as its handlers are told about it.
    pub(crate) fn execution(&self) -> Execution {
        numbers::execution(self.calls.runs, self.run)
    }
}

/// How a handler ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The run goes on there, knowing this.
    Run(At, Memory),
    /// The router is done.
    Router,
}

/// Continues an actor's handler over its answers until it asks, fails or ends. The log may come back shorter.
pub fn resume(world: &World, actor: Actor, log: &mut Vec<Answer>) -> Handled<Ended> {
    let mut calls = Replay::new(log, world);
    match actor {
        Actor::Run(id) => {
            let run = &world.runs[usize::from(id)];
            let mut step = Step {
                calls: &mut calls,
                run: id,
                request: run.request,
                memory: run.memory.clone(),
            };
            let at = handle(&mut step, run.at)?;
            Ok(Ended::Run(at, step.memory))
        }
        Actor::Router(event) => router::handle(&mut calls, event).map(|()| Ended::Router),
        Actor::Sweep(_) => sweep::sweep(&mut calls).map(|()| Ended::Router),
    }
}

/// One step and the choice after it, as in `gate.asl.json`.
fn handle(step: &mut Step<'_, '_>, at: At) -> Handled<At> {
    Ok(match at {
        At::Answer => match answer::answer(step)? {
            Follow::Run => At::Prepare,
            Follow::Nothing => At::Ended,
            Follow::Overtaken => At::RunFailed,
        },
        At::Prepare => match environment::prepare(step)? {
            Next::Build => At::Revoke,
            Next::Report => At::Report,
            Next::TearDown => At::StopBuilds,
            _ => At::Release,
        },
        At::Revoke => match reporter::revoke(step)? {
            Next::Build => At::StartBuilds,
            _ => At::Release,
        },
        At::StartBuilds => match builder::start_builds(step)? {
            Next::Wait => At::Announce,
            Next::Report => At::Report,
            _ => At::Release,
        },
        At::Announce => match reporter::announce(step)? {
            Next::Wait => At::CheckBuilds,
            _ => At::Release,
        },
        At::CheckBuilds => match builder::check_builds(step)? {
            Next::Wait => At::CheckBuilds,
            Next::Report => At::Report,
            _ => At::Release,
        },
        At::Report => match reporter::report(step)? {
            Next::Wait => At::CheckBuilds,
            _ => At::Release,
        },
        At::Release => environment::release(step).map(|()| At::Ended)?,
        At::StopBuilds => match builder::stop_builds(step)? {
            Next::Wait => At::StopBuilds,
            _ => At::Conclude,
        },
        At::Conclude => reporter::conclude(step).map(|()| At::TearDown)?,
        At::TearDown => match environment::tear_down(step)? {
            Next::Wait => At::StopBuilds,
            _ => At::Ended,
        },
        At::Say => reporter::say(step).map(|()| At::Ended)?,
        At::Explain => reporter::explain(step).map(|()| At::Ended)?,
        At::Ended | At::RunFailed => at,
    })
}

/// Where a step's Catch leads once its retries are used up; `None` is a failed execution.
pub fn caught(at: At) -> Option<At> {
    match at {
        At::Prepare
        | At::Revoke
        | At::StartBuilds
        | At::Announce
        | At::CheckBuilds
        | At::Report => Some(At::Explain),
        At::Conclude => Some(At::TearDown),
        At::Release => Some(At::Ended),
        At::Answer
        | At::StopBuilds
        | At::TearDown
        | At::Say
        | At::Explain
        | At::RunFailed
        | At::Ended => None,
    }
}

impl Replay<'_> {
    pub(crate) fn pull_request(&mut self) -> Handled<View> {
        match self.ask(Call::ReadPullRequest)? {
            Answer::PullRequest(view) => Ok(view),
            other => unasked(&other),
        }
    }

    pub(crate) fn tip(&mut self) -> Handled<u8> {
        match self.ask(Call::ReadTip)? {
            Answer::Tip(tip) => Ok(tip),
            other => unasked(&other),
        }
    }

    pub(crate) fn claim(&mut self) -> Handled<Option<RunId>> {
        match self.ask(Call::ReadClaim)? {
            Answer::Claim(run) => Ok(run),
            other => unasked(&other),
        }
    }

    pub(crate) fn record(&mut self) -> Handled<Option<Record>> {
        match self.ask(Call::ReadRecord)? {
            Answer::Record(record) => Ok(record),
            other => unasked(&other),
        }
    }

    /// The commands that were accepted; none where nobody writes any.
    pub(crate) fn accepted(&mut self) -> Handled<Accepted> {
        if !self.talk {
            return Ok(Accepted::default());
        }
        match self.ask(Call::ReadCommands)? {
            Answer::Commands(accepted) => Ok(accepted),
            other => unasked(&other),
        }
    }

    /// `gate_aws::conversation`: what holds for a revision now.
    pub(crate) fn conversation(&mut self, revision: u8) -> Handled<Conversation> {
        let accepted = self.accepted()?;
        Ok(conversation::of(self.asked, accepted, revision))
    }

    pub(crate) fn found(&mut self, call: Call) -> Handled<bool> {
        match self.ask(call)? {
            Answer::Found(found) => Ok(found),
            other => unasked(&other),
        }
    }

    pub(crate) fn builds(&mut self, call: Call) -> Handled<Vec<Build>> {
        match self.ask(call)? {
            Answer::Builds(builds) => Ok(builds),
            other => unasked(&other),
        }
    }
}

/// An answer to another call: the model itself is wrong.
pub(crate) fn unasked<T>(answer: &Answer) -> T {
    unreachable!("{answer:?} answers another call")
}

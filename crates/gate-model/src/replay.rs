//! Handlers as plain functions, stopped at each call and continued in another state of the world.
//!
//! What a handler was answered so far is its whole memory. To continue it, it runs again from its beginning over those
//! answers until it asks for something new, so that it reads like the production handler that it mirrors.

use crate::{
    calls::{Answer, Call},
    conversation::Asked,
    plans::Rules,
    world::{Run, World},
};

/// Why a handler stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It asks for this.
    Ask(Call),
    /// It failed; whoever called it tries again.
    Fail,
    /// It refuses its input: no retry of the step mends that.
    Refuse,
}

/// What handlers return.
pub type Handled<T> = Result<T, Stop>;

/// A handler's answers, and the runs whose names it can derive from what it was told.
pub struct Replay<'a> {
    log: &'a mut Vec<Answer>,
    position: usize,
    /// Only for their names and places in the order, which never change.
    pub runs: &'a [Run],
    /// The comments so far. What stands in one never changes.
    pub asked: &'a [Asked],
    /// The destination's.
    pub rules: Rules,
    /// Whether anybody may write comments at all.
    pub talk: bool,
}

impl<'a> Replay<'a> {
    /// Over the answers so far.
    pub fn new(log: &'a mut Vec<Answer>, world: &'a World) -> Self {
        Self {
            log,
            position: 0,
            runs: &world.runs,
            asked: &world.asked,
            rules: world.budget.rules,
            talk: world.budget.talks(),
        }
    }

    /// The answer to a call, if it was made already.
    pub fn ask(&mut self, call: Call) -> Handled<Answer> {
        let answer = self.log.get(self.position).cloned();
        self.position += 1;
        answer.ok_or(Stop::Ask(call))
    }

    /// Makes a call for its effect.
    pub fn act(&mut self, call: Call) -> Handled<()> {
        self.ask(call).map(drop)
    }

    /// Several calls that come to one answer; once they are made, only that is remembered.
    pub fn summed_up(
        &mut self,
        calls: impl FnOnce(&mut Self) -> Handled<Answer>,
    ) -> Handled<Answer> {
        let start = self.position;
        if let Some(sum @ Answer::Standing(..)) = self.log.get(start).cloned() {
            self.position += 1;
            return Ok(sum);
        }
        let sum = calls(self)?;
        self.log.truncate(start);
        self.log.push(sum.clone());
        self.position = start + 1;
        Ok(sum)
    }
}

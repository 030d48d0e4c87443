//! Misbehaviour on demand: an observer sees every API call before and after its effect and may spoil it.
//!
//! So it does with a build's commands: a call of `codebuild` named [`RUN_COMMANDS`], which no client can make.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use futures::future::BoxFuture;

use crate::{Account, ServiceError};

/// One API call on its way through the endpoint, or one invocation of a function by a rule or a state machine.
#[derive(Clone, Debug)]
pub struct Call {
    /// The service's name as its ARNs spell it: `codecommit`, `codebuild`, `ssm`, `states`, `events`, `lambda`, `logs`,
    /// `s3`, `secretsmanager`.
    pub service: &'static str,
    /// The operation, such as `StartBuild`.
    pub operation: String,
    /// The caller's ARN, or `events.amazonaws.com` for a rule.
    pub caller: String,
    /// The function's name, for `Invoke`.
    pub function: Option<String>,
    /// The state that invokes the function, when a state machine does.
    pub state: Option<String>,
}

/// When an observer looks at a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Nothing has happened yet.
    Before,
    /// The effect has taken place, the answer has not left.
    After,
}

/// The commands of one build, as an observer sees them: an error ends the build as FAULT, a drop kills its processes.
pub const RUN_COMMANDS: &str = "RunCommands";

/// What an observer does to a call. What a call cannot suffer passes.
#[derive(Clone, Debug)]
pub enum Interference {
    /// Nothing.
    Pass,
    /// Answers with this error; after the effect that is a lost answer.
    Fail(ServiceError),
    /// Waits first.
    Delay(Duration),
    /// Closes the connection without an answer.
    Drop,
    /// After the effect: breaks the answer off in its middle.
    Truncate,
    /// Before the effect: closes the connection, and the effect takes place this much later.
    Late(Duration),
    /// Before a read: answers what the same read saw before the last change, if that was a moment ago.
    Stale,
    /// Delivers an asynchronous invocation twice, as Lambda may.
    Repeat,
    /// Before an asynchronous invocation: forgets it, as if the event had never been sent.
    Forget,
    /// Before an invocation: the function's process ends when its handler wakes up for this time.
    Die(u32),
}

/// Sees every call twice.
pub type Observer = Arc<dyn Fn(Call, Moment) -> BoxFuture<'static, Interference> + Send + Sync>;

/// How an observer let a call go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passed {
    Once,
    Twice,
    Stale,
    Dying(u32),
}

/// How an observer ended a call.
pub(crate) enum Spoilt {
    Failed(ServiceError),
    Dropped,
    Truncated,
    Late(Duration),
    Forgotten,
}

/// Asks the observer, if there is one.
pub(crate) async fn consult(
    account: &Account,
    call: &Call,
    moment: Moment,
) -> Result<Passed, Spoilt> {
    let observer = account
        .observer
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let Some(observer) = observer else {
        return Ok(Passed::Once);
    };
    match observer(call.clone(), moment).await {
        Interference::Pass => Ok(Passed::Once),
        Interference::Repeat => Ok(Passed::Twice),
        Interference::Stale => Ok(Passed::Stale),
        Interference::Die(wakings) => Ok(Passed::Dying(wakings)),
        Interference::Delay(time) => {
            tokio::time::sleep(time).await;
            Ok(Passed::Once)
        }
        Interference::Fail(error) => Err(Spoilt::Failed(error)),
        Interference::Drop => Err(Spoilt::Dropped),
        Interference::Truncate => Err(Spoilt::Truncated),
        Interference::Late(time) => Err(Spoilt::Late(time)),
        Interference::Forget => Err(Spoilt::Forgotten),
    }
}

/// What a client hears of its call.
pub(crate) enum Heard<T> {
    Answer(Result<T, ServiceError>),
    /// The first half of the answer.
    Half(Result<T, ServiceError>),
    Nothing,
}

/// Runs `effect` with the observer looking on; `older` is what a stale read would see.
pub(crate) async fn observed<T: Send + 'static>(
    account: &Arc<Account>,
    call: Call,
    effect: impl Future<Output = Result<T, ServiceError>> + Send + 'static,
    older: impl FnOnce() -> Option<T>,
) -> Heard<T> {
    match consult(account, &call, Moment::Before).await {
        Ok(Passed::Stale) => {
            if let Some(older) = older() {
                return Heard::Answer(Ok(older));
            }
        }
        Ok(_) => {}
        Err(Spoilt::Failed(error)) => return Heard::Answer(Err(error)),
        Err(Spoilt::Late(time)) => {
            tokio::spawn(async move {
                tokio::time::sleep(time).await;
                // Nobody is left to hear of it.
                drop(effect.await);
            });
            return Heard::Nothing;
        }
        Err(_) => return Heard::Nothing,
    }
    let result = effect.await;
    match consult(account, &call, Moment::After).await {
        Ok(_) => Heard::Answer(result),
        Err(Spoilt::Failed(error)) => Heard::Answer(Err(error)),
        Err(Spoilt::Truncated) => Heard::Half(result),
        Err(_) => Heard::Nothing,
    }
}

//! Misbehaviour on demand: an observer sees every API call before and after its effect and may spoil it.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use futures::future::BoxFuture;

use crate::{Account, ServiceError};

/// One API call on its way through the endpoint, or one invocation of a function by a rule or a state machine.
#[derive(Clone, Debug)]
pub struct Call {
    /// The service's name as its ARNs spell it: `codecommit`, `codebuild`, `ssm`, `states`, `events`, `lambda`, `logs`.
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

/// What an observer does to a call.
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
    /// Delivers an asynchronous invocation twice, as Lambda may; any other call passes.
    Repeat,
}

/// Sees every call twice.
pub type Observer = Arc<dyn Fn(Call, Moment) -> BoxFuture<'static, Interference> + Send + Sync>;

/// How an observer let a call go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passed {
    Once,
    Twice,
}

/// How an observer ended a call.
pub(crate) enum Spoilt {
    Failed(ServiceError),
    Dropped,
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
        Interference::Delay(time) => {
            tokio::time::sleep(time).await;
            Ok(Passed::Once)
        }
        Interference::Fail(error) => Err(Spoilt::Failed(error)),
        Interference::Drop => Err(Spoilt::Dropped),
    }
}

/// Runs `effect` with the observer looking on; `None` when the connection is to be dropped.
pub(crate) async fn observed<T>(
    account: &Account,
    call: Call,
    effect: impl Future<Output = Result<T, ServiceError>>,
) -> Option<Result<T, ServiceError>> {
    let watched = async {
        consult(account, &call, Moment::Before).await?;
        let result = effect.await;
        consult(account, &call, Moment::After).await?;
        Ok(result)
    };
    match watched.await {
        Ok(result) => Some(result),
        Err(Spoilt::Failed(error)) => Some(Err(error)),
        Err(Spoilt::Dropped) => None,
    }
}

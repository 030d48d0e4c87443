//! Misbehaviour on demand: an observer sees every API call before and after its effect and may spoil it.

use std::{sync::Arc, time::Duration};

use futures::future::BoxFuture;

use crate::ServiceError;

/// One API call on its way through the endpoint.
#[derive(Clone, Debug)]
pub struct Call {
    /// The service's name as its ARNs spell it: `codecommit`, `codebuild`, `ssm`, `states`, `events`, `lambda`, `logs`.
    pub service: &'static str,
    /// The operation, such as `StartBuild`.
    pub operation: String,
    /// The caller's ARN.
    pub caller: String,
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
}

/// Sees every call twice.
pub type Observer = Arc<dyn Fn(Call, Moment) -> BoxFuture<'static, Interference> + Send + Sync>;

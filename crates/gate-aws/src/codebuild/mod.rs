//! CodeBuild: a project per pull request, its builds, its report groups.

mod builds;
mod parse;
mod projects;
mod report_groups;

use std::sync::Arc;

use aws_sdk_codebuild::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
};
use gate_core::error::GateError;

use crate::{error, lazy::Lazy};

pub use builds::{BuildOrder, StartOutcome};
pub use projects::{DeleteOutcome, Project, ProjectSpec};
pub use report_groups::{GroupOutcome, RawFolder, ReportGroup, ReportGroupSpec};

pub(crate) const SERVICE: &str = "CodeBuild";

/// CodeBuild.
#[derive(Clone, Debug)]
pub struct CodeBuild {
    client: Lazy<Client>,
    builder: Arc<str>,
}

impl CodeBuild {
    /// Over a client. `builder` is the session that starts builds for the gate.
    pub(crate) fn new(client: Lazy<Client>, builder: &str) -> Self {
        let builder = Arc::from(builder);
        Self { client, builder }
    }
}

fn failed<E>(operation: &'static str, error: &SdkError<E>) -> GateError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    error::failed(SERVICE, operation, error)
}

/// An SDK type that could not be built: a required member is missing in this crate's own code.
fn incomplete(operation: &'static str, error: &aws_sdk_codebuild::error::BuildError) -> GateError {
    error::unreadable(SERVICE, operation, error.to_string())
}

#[cfg(test)]
mod tests;

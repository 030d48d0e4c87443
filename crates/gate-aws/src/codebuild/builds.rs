//! Builds of a project: start, look, stop.

use std::collections::BTreeSet;

use aws_sdk_codebuild::{
    error::BuildError,
    operation::{
        list_builds_for_project::ListBuildsForProjectError, start_build::StartBuildError,
        stop_build::StopBuildError,
    },
    types::{
        self, CacheType, ComputeType, EnvironmentVariable, EnvironmentVariableType, ProjectCache,
        error::InvalidInputException,
    },
};
use gate_core::{
    build::{Build, MadeOf},
    error::GateError,
    id::BuildId,
    protocol::Made,
    rules::CacheMode,
};

use super::{CodeBuild, SERVICE, failed, incomplete, parse};
use crate::error;

/// BatchGetBuilds takes no more ids at once.
const BUILDS_PER_READ: usize = 100;

/// A build to start.
#[derive(Clone, Debug)]
pub struct BuildOrder<'a> {
    /// The project.
    pub project: &'a str,
    /// What to build: branch and commit.
    pub source_version: &'a str,
    /// The buildspec's text.
    pub buildspec: &'a str,
    /// Image, where it is not the project's.
    pub image: Option<&'a str>,
    /// CodeBuild's compute type, where it is not the project's.
    pub compute_type: Option<&'a str>,
    /// How long it may run, in minutes, where that is not the project's.
    pub timeout_minutes: Option<u32>,
    /// Name and value of each variable, none of them secret: builds show them to whoever may see builds.
    pub variables: Vec<(String, String)>,
    /// Whether it may run Docker.
    pub privileged: bool,
    /// ARN of the role it runs under, if that is not the project's.
    pub role: Option<&'a str>,
    /// What CodeBuild keeps on a host for later builds of the project, nothing if empty; `None` leaves that to the project.
    pub cache: Option<&'a BTreeSet<CacheMode>>,
    /// Within five minutes the same token finds the same build.
    pub token: String,
}

impl BuildOrder<'_> {
    /// What the build is to be made of, of a project that was made of `made`.
    pub fn made_of(&self, made: Option<&Made>) -> MadeOf {
        let image = self.image.or(made.map(|made| made.image.as_str()));
        let role = self.role.or(made.map(|made| made.role.as_str()));
        MadeOf {
            repository: made.map(|made| made.repository.clone()),
            image: image.map(str::to_owned),
            role: role.map(str::to_owned),
            variables: Some(self.variables.iter().cloned().collect()),
            more: Some(false),
        }
    }
}

/// How starting a build ended.
#[allow(
    clippy::large_enum_variant,
    reason = "there is one at a time, and it is taken apart at once"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartOutcome {
    /// It is queued or runs.
    Started(Build),
    /// The account's limit of builds is reached: later there is room.
    NoCapacity,
    /// There is no such project.
    NoProject,
    /// It will not have this build, and says why.
    Refused(String),
}

/// Whether a refusal is about what the rules ask for: an image, a machine, variables. Of a role that CodeBuild cannot assume yet, or of a
/// token that was used for something else, no rules are to blame, and a later try may do.
fn asks_too_much(refusal: &InvalidInputException) -> bool {
    let words = refusal.message().unwrap_or_default().to_ascii_lowercase();
    let others = ["authorized", "assumerole", "token"];
    !words.is_empty() && !others.iter().any(|word| words.contains(word))
}

impl CodeBuild {
    /// Starts a build.
    pub async fn start_build(&self, order: BuildOrder<'_>) -> Result<StartOutcome, GateError> {
        const OPERATION: &str = "StartBuild";
        let invalid = |error: BuildError| incomplete(OPERATION, &error);
        let cache = order.cache.map(cache).transpose().map_err(invalid)?;
        let timeout = order
            .timeout_minutes
            .and_then(|minutes| i32::try_from(minutes).ok());
        let variables: Result<Vec<_>, _> = order.variables.into_iter().map(variable).collect();
        let answer = self
            .client
            .start_build()
            .project_name(order.project)
            .source_version(order.source_version)
            .buildspec_override(order.buildspec)
            .set_image_override(order.image.map(str::to_owned))
            .set_compute_type_override(order.compute_type.map(ComputeType::from))
            .set_timeout_in_minutes_override(timeout)
            .set_environment_variables_override(Some(variables.map_err(invalid)?))
            .privileged_mode_override(order.privileged)
            .set_service_role_override(order.role.map(str::to_owned))
            .set_cache_override(cache)
            .idempotency_token(order.token)
            .send()
            .await;
        match answer {
            Ok(output) => {
                let build = output.build_value;
                let build = build.and_then(|build| parse::build(build, &self.builder));
                let lacks =
                    || error::unreadable(SERVICE, OPERATION, "the answer has no `build.id`");
                Ok(StartOutcome::Started(build.ok_or_else(lacks)?))
            }
            Err(error) => match error.as_service_error() {
                Some(StartBuildError::AccountLimitExceededException(_)) => {
                    Ok(StartOutcome::NoCapacity)
                }
                Some(StartBuildError::ResourceNotFoundException(_)) => Ok(StartOutcome::NoProject),
                Some(StartBuildError::InvalidInputException(refusal)) if asks_too_much(refusal) => {
                    let words = refusal.message().unwrap_or_default();
                    Ok(StartOutcome::Refused(words.to_owned()))
                }
                _ => Err(failed(OPERATION, &error)),
            },
        }
    }

    /// The builds of these ids, in their order; one that CodeBuild does not know is lost.
    pub async fn builds(&self, ids: &[BuildId]) -> Result<Vec<Build>, GateError> {
        let mut builds = Vec::with_capacity(ids.len());
        for ids in ids.chunks(BUILDS_PER_READ) {
            let output = self
                .client
                .batch_get_builds()
                .set_ids(Some(ids.iter().map(ToString::to_string).collect()))
                .send()
                .await
                .map_err(|error| failed("BatchGetBuilds", &error))?;
            let found = output.builds.unwrap_or_default();
            let read = |build| parse::build(build, &self.builder);
            let mut found: Vec<Build> = found.into_iter().filter_map(read).collect();
            builds.extend(ids.iter().map(|id| {
                let place = found.iter().position(|build| build.id == *id);
                place.map_or_else(|| parse::lost(id), |place| found.swap_remove(place))
            }));
        }
        Ok(builds)
    }

    /// All builds of a project, newest first; none if there is no such project.
    pub async fn builds_of_project(&self, project: &str) -> Result<Vec<Build>, GateError> {
        let ids = self
            .client
            .list_builds_for_project()
            .project_name(project)
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await;
        match ids {
            Ok(ids) => {
                let ids: Vec<BuildId> = ids.into_iter().map(BuildId::new).collect();
                self.builds(&ids).await
            }
            Err(error) => match error.as_service_error() {
                Some(ListBuildsForProjectError::ResourceNotFoundException(_)) => Ok(Vec::new()),
                _ => Err(failed("ListBuildsForProject", &error)),
            },
        }
    }

    /// Asks a build to stop, which takes a moment; one that is gone or has ended is no error.
    pub async fn stop_build(&self, id: &BuildId) -> Result<(), GateError> {
        let Err(error) = self.client.stop_build().id(id.as_str()).send().await else {
            return Ok(());
        };
        match error.as_service_error() {
            Some(StopBuildError::ResourceNotFoundException(_)) => Ok(()),
            // AWS does not say what stopping an ended build answers: what counts is that it has ended.
            Some(StopBuildError::InvalidInputException(_))
                if self
                    .builds(std::slice::from_ref(id))
                    .await?
                    .iter()
                    .all(|build| build.complete) =>
            {
                Ok(())
            }
            _ => Err(failed("StopBuild", &error)),
        }
    }
}

fn cache(modes: &BTreeSet<CacheMode>) -> Result<ProjectCache, BuildError> {
    if modes.is_empty() {
        return ProjectCache::builder().r#type(CacheType::NoCache).build();
    }
    let modes = modes.iter().map(|mode| types::CacheMode::from(mode.mode()));
    ProjectCache::builder()
        .r#type(CacheType::Local)
        .set_modes(Some(modes.collect()))
        .build()
}

fn variable((name, value): (String, String)) -> Result<EnvironmentVariable, BuildError> {
    EnvironmentVariable::builder()
        .name(name)
        .value(value)
        .r#type(EnvironmentVariableType::Plaintext)
        .build()
}

//! The CodeBuild project of a pull request.

use aws_sdk_codebuild::{
    error::{BuildError, ProvideErrorMetadata, SdkError},
    operation::{
        create_project::CreateProjectError, delete_project::DeleteProjectError,
        update_project::UpdateProjectError,
    },
    types::{
        self, ArtifactsType, CloudWatchLogsConfig, ComputeType, EnvironmentType, LogsConfig,
        LogsConfigStatusType, ProjectArtifacts, ProjectEnvironment, ProjectSource, SourceType, Tag,
        VpcConfig,
    },
};
use gate_core::{
    error::GateError,
    settings::{RepositorySettings, Vpc},
};

use super::{CodeBuild, SERVICE, failed, incomplete};
use crate::error;

/// What a project is to be.
#[derive(Clone, Debug)]
pub struct ProjectSpec<'a> {
    /// Its name; also the prefix of its log streams.
    pub name: &'a str,
    /// For people who come across it.
    pub description: &'a str,
    /// `cloneUrlHttp` of the repository.
    pub repository_url: &'a str,
    /// The buildspec's text.
    pub buildspec: &'a str,
    /// Role, image, compute, time limits, log group.
    pub settings: &'a RepositorySettings,
    /// Whether builds may run Docker.
    pub privileged: bool,
    /// Key and value of each tag.
    pub tags: Vec<(String, String)>,
}

/// A project that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its ARN.
    pub arn: String,
    /// Anonymous image of its last build's state; `None` where CodeBuild has no badges.
    pub badge_url: Option<String>,
}

/// How deleting a project ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeleteOutcome {
    /// It is gone, or was.
    Deleted,
    /// CodeBuild keeps it while builds of it run.
    BuildsRunning,
}

impl CodeBuild {
    /// Creates the project, or makes the one of this name what is wanted.
    pub async fn put_project(&self, spec: ProjectSpec<'_>) -> Result<Project, GateError> {
        let parts = Parts::new(&spec).map_err(|error| incomplete("CreateProject", &error))?;
        let answer = self
            .client
            .create_project()
            .name(spec.name)
            .description(spec.description)
            .source(parts.source.clone())
            .artifacts(parts.artifacts.clone())
            .environment(parts.environment.clone())
            .service_role(&spec.settings.build_role)
            .set_timeout_in_minutes(parts.timeout)
            .set_queued_timeout_in_minutes(parts.queued_timeout)
            .logs_config(parts.logs.clone())
            .set_vpc_config(parts.vpc.clone())
            .badge_enabled(parts.badge)
            .set_tags(Some(parts.tags.clone()))
            .send()
            .await;
        match answer {
            Ok(output) => project("CreateProject", output.project),
            Err(error) => match error.as_service_error() {
                Some(CreateProjectError::ResourceAlreadyExistsException(_)) => {
                    // The future of either call is large; only one of them is ever needed.
                    Box::pin(self.update_project(&spec, parts)).await
                }
                _ => Err(refused("CreateProject", &error)),
            },
        }
    }

    async fn update_project(
        &self,
        spec: &ProjectSpec<'_>,
        parts: Parts,
    ) -> Result<Project, GateError> {
        const OPERATION: &str = "UpdateProject";
        let answer = self
            .client
            .update_project()
            .name(spec.name)
            .description(spec.description)
            .source(parts.source)
            .artifacts(parts.artifacts)
            .environment(parts.environment)
            .service_role(&spec.settings.build_role)
            .set_timeout_in_minutes(parts.timeout)
            .set_queued_timeout_in_minutes(parts.queued_timeout)
            .logs_config(parts.logs)
            .set_vpc_config(parts.vpc)
            .badge_enabled(parts.badge)
            .set_tags(Some(parts.tags))
            .send()
            .await;
        match answer {
            Ok(output) => project(OPERATION, output.project),
            Err(error) => match error.as_service_error() {
                Some(UpdateProjectError::ResourceNotFoundException(_)) => Err(error::unavailable(
                    SERVICE,
                    OPERATION,
                    format!("project `{}` was deleted meanwhile", spec.name),
                )),
                _ => Err(refused(OPERATION, &error)),
            },
        }
    }

    /// Deletes a project; one that is gone is no error. Its builds and report groups stay.
    pub async fn delete_project(&self, name: &str) -> Result<DeleteOutcome, GateError> {
        let Err(error) = self.client.delete_project().name(name).send().await else {
            return Ok(DeleteOutcome::Deleted);
        };
        // AWS documents no words for a project that is kept because of its builds, so the builds themselves tell.
        if let Some(DeleteProjectError::InvalidInputException(_)) = error.as_service_error() {
            let builds = self.builds_of_project(name).await?;
            if builds.iter().any(|build| !build.complete) {
                return Ok(DeleteOutcome::BuildsRunning);
            }
        }
        Err(failed("DeleteProject", &error))
    }

    /// Whether there is a project of this name.
    pub async fn project_exists(&self, name: &str) -> Result<bool, GateError> {
        let output = self
            .client
            .batch_get_projects()
            .names(name)
            .send()
            .await
            .map_err(|error| failed("BatchGetProjects", &error))?;
        Ok(!output.projects().is_empty())
    }

    /// Names of projects that start with `prefix`. ListProjects has no filter: all are read.
    pub async fn projects(&self, prefix: &str) -> Result<Vec<String>, GateError> {
        let mut names = self
            .client
            .list_projects()
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .map_err(|error| failed("ListProjects", &error))?;
        names.retain(|name| name.starts_with(prefix));
        Ok(names)
    }
}

/// What CreateProject and UpdateProject have in common.
struct Parts {
    source: ProjectSource,
    artifacts: ProjectArtifacts,
    environment: ProjectEnvironment,
    logs: LogsConfig,
    /// Without one a project that is there keeps what it has.
    vpc: Option<VpcConfig>,
    timeout: Option<i32>,
    queued_timeout: Option<i32>,
    badge: bool,
    tags: Vec<Tag>,
}

impl Parts {
    fn new(spec: &ProjectSpec<'_>) -> Result<Self, BuildError> {
        let settings = spec.settings;
        // Lambda compute has neither badges nor time limits of its own (CodeBuild user guide, lambda).
        let lambda = settings.environment_type.ends_with("_LAMBDA_CONTAINER");
        let minutes = |minutes: u32| i32::try_from(minutes).ok().filter(|_| !lambda);
        let source = ProjectSource::builder()
            .r#type(SourceType::Codecommit)
            .location(spec.repository_url)
            .buildspec(spec.buildspec)
            .build()?;
        let environment = ProjectEnvironment::builder()
            .r#type(EnvironmentType::from(settings.environment_type.as_str()))
            .image(&settings.image)
            .compute_type(ComputeType::from(settings.compute_type.as_str()))
            .privileged_mode(spec.privileged)
            .build()?;
        let logs = CloudWatchLogsConfig::builder()
            .status(LogsConfigStatusType::Enabled)
            .group_name(&settings.log_group)
            .stream_name(spec.name)
            .build()?;
        let tag = |(key, value): &(String, String)| Tag::builder().key(key).value(value).build();
        Ok(Self {
            source,
            artifacts: ProjectArtifacts::builder()
                .r#type(ArtifactsType::NoArtifacts)
                .build()?,
            environment,
            logs: LogsConfig::builder().cloud_watch_logs(logs).build(),
            vpc: settings.vpc.as_ref().map(vpc),
            timeout: minutes(settings.timeout_minutes),
            queued_timeout: minutes(settings.queued_timeout_minutes),
            badge: !lambda,
            tags: spec.tags.iter().map(tag).collect(),
        })
    }
}

fn vpc(vpc: &Vpc) -> VpcConfig {
    VpcConfig::builder()
        .vpc_id(&vpc.vpc_id)
        .set_subnets(Some(vpc.subnet_ids.clone()))
        .set_security_group_ids(Some(vpc.security_group_ids.clone()))
        .build()
}

fn project(operation: &'static str, project: Option<types::Project>) -> Result<Project, GateError> {
    let project = project.and_then(|project| Some((project.arn?, project.badge)));
    let (arn, badge) = project
        .ok_or_else(|| error::unreadable(SERVICE, operation, "the answer has no `project.arn`"))?;
    Ok(Project {
        arn,
        badge_url: badge
            .and_then(|badge| badge.badge_request_url)
            .filter(|url| !url.is_empty()),
    })
}

/// A role that was just created is not yet known to CodeBuild: that passes, all other refusals stay.
fn refused<E>(operation: &'static str, error: &SdkError<E>) -> GateError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match error.message() {
        Some(message)
            if error.code() == Some("InvalidInputException")
                && message.contains("not authorized to perform: sts:AssumeRole") =>
        {
            error::unavailable(SERVICE, operation, message)
        }
        _ => failed(operation, error),
    }
}

//! What a build is made of: the project, changed by the request.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{
    model::{
        Build, BuildArtifacts, Cache, Environment, LogsConfig, LogsLocation, Phase, PhaseKind,
        Project, Source, Status, Variable, VpcConfig, seconds_now,
    },
    rules,
};
use crate::{Account, Caller, Initiator, ServiceError, services::logs};

/// What StartBuild takes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StartInput {
    pub(super) project_name: Option<String>,
    source_version: Option<String>,
    source_type_override: Option<String>,
    source_location_override: Option<String>,
    git_clone_depth_override: Option<u32>,
    buildspec_override: Option<String>,
    #[serde(default)]
    environment_variables_override: Vec<Variable>,
    environment_type_override: Option<String>,
    image_override: Option<String>,
    compute_type_override: Option<String>,
    privileged_mode_override: Option<bool>,
    image_pull_credentials_type_override: Option<String>,
    cache_override: Option<Cache>,
    service_role_override: Option<String>,
    timeout_in_minutes_override: Option<u32>,
    queued_timeout_in_minutes_override: Option<u32>,
    encryption_key_override: Option<String>,
    logs_config_override: Option<LogsConfig>,
    pub(super) idempotency_token: Option<String>,
    #[serde(flatten)]
    /// Members that nothing here looks at.
    pub(super) rest: BTreeMap<String, Value>,
}

/// Everything a build is made of.
pub(super) struct Plan {
    pub(super) project_name: String,
    source: Source,
    source_version: Option<String>,
    environment: Environment,
    cache: Cache,
    service_role: String,
    timeout_in_minutes: u32,
    queued_timeout_in_minutes: u32,
    encryption_key: String,
    vpc_config: Option<VpcConfig>,
    log_group: Option<String>,
    /// In front of the stream's name.
    log_prefix: Option<String>,
}

/// A build made of the same things as one that is over.
pub(super) fn of_build(build: Build) -> Plan {
    Plan {
        log_prefix: prefix_of(&build),
        project_name: build.project_name,
        source: build.source,
        source_version: build.source_version,
        environment: build.environment,
        cache: build.cache,
        service_role: build.service_role,
        timeout_in_minutes: build.timeout_in_minutes,
        queued_timeout_in_minutes: build.queued_timeout_in_minutes,
        encryption_key: build.encryption_key,
        vpc_config: build.vpc_config,
        log_group: build.logs.group_name,
    }
}

fn prefix_of(build: &Build) -> Option<String> {
    let stream = build.logs.stream_name.as_deref()?;
    stream
        .strip_suffix(build.unique())?
        .strip_suffix('/')
        .map(str::to_owned)
}

/// A build of `project`, with what the request wants otherwise.
pub(super) fn of_project(project: Project, input: StartInput) -> Result<Plan, ServiceError> {
    let mut source = project.source;
    if let Some(kind) = input.source_type_override {
        source.kind = kind;
    }
    source.location = input.source_location_override.or(source.location);
    source.git_clone_depth = input.git_clone_depth_override.or(source.git_clone_depth);
    source.buildspec = input.buildspec_override.or(source.buildspec);
    rules::source(&source)?;
    let mut environment = project.environment;
    environment.kind = input.environment_type_override.unwrap_or(environment.kind);
    environment.image = input.image_override.unwrap_or(environment.image);
    environment.compute_type = input
        .compute_type_override
        .unwrap_or(environment.compute_type);
    environment.privileged_mode = input
        .privileged_mode_override
        .unwrap_or(environment.privileged_mode);
    environment.image_pull_credentials_type = input
        .image_pull_credentials_type_override
        .or(environment.image_pull_credentials_type);
    override_variables(
        &mut environment.environment_variables,
        input.environment_variables_override,
    );
    rules::environment(&environment)?;
    rules::timeouts(
        input.timeout_in_minutes_override,
        input.queued_timeout_in_minutes_override,
    )?;
    let logs = input
        .logs_config_override
        .or(project.logs_config)
        .unwrap_or_default();
    rules::logs(&logs)?;
    let cache = input.cache_override.unwrap_or(project.cache);
    rules::cache(&cache, &environment, project.vpc_config.as_ref())?;
    let enabled = logs
        .cloud_watch_logs
        .as_ref()
        .is_none_or(|logs| logs.status == "ENABLED");
    let group = logs
        .cloud_watch_logs
        .as_ref()
        .and_then(|logs| logs.group_name.clone());
    Ok(Plan {
        log_group: enabled
            .then(|| group.unwrap_or_else(|| format!("/aws/codebuild/{}", project.name))),
        log_prefix: logs.cloud_watch_logs.and_then(|logs| logs.stream_name),
        project_name: project.name,
        source,
        source_version: input.source_version.or(project.source_version),
        environment,
        cache,
        service_role: input.service_role_override.unwrap_or(project.service_role),
        timeout_in_minutes: input
            .timeout_in_minutes_override
            .unwrap_or(project.timeout_in_minutes),
        queued_timeout_in_minutes: input
            .queued_timeout_in_minutes_override
            .unwrap_or(project.queued_timeout_in_minutes),
        encryption_key: input
            .encryption_key_override
            .unwrap_or(project.encryption_key),
        vpc_config: project.vpc_config,
    })
}

/// A variable of the request takes the place of the project's.
fn override_variables(variables: &mut Vec<Variable>, overrides: Vec<Variable>) {
    for variable in overrides {
        match variables
            .iter_mut()
            .find(|known| known.name == variable.name)
        {
            Some(known) => *known = variable,
            None => variables.push(variable),
        }
    }
}

/// A new build made of `plan`.
pub(super) fn build(account: &Account, caller: &Caller, plan: Plan, build_number: u64) -> Build {
    let unique = super::uuid();
    let id = format!("{}:{unique}", plan.project_name);
    let now = seconds_now();
    Build {
        arn: account.arn("codebuild", &format!("build/{id}")),
        logs: logs_location(account, &unique, plan.log_group, plan.log_prefix),
        id,
        build_number,
        start_time: now,
        end_time: None,
        current_phase: PhaseKind::Queued,
        build_status: Status::InProgress,
        source_version: plan.source_version,
        resolved_source_version: None,
        project_name: plan.project_name,
        phases: first_phases(now),
        source: plan.source,
        artifacts: BuildArtifacts {
            location: String::new(),
        },
        cache: plan.cache,
        environment: plan.environment,
        service_role: plan.service_role,
        vpc_config: plan.vpc_config,
        timeout_in_minutes: plan.timeout_in_minutes,
        queued_timeout_in_minutes: plan.queued_timeout_in_minutes,
        build_complete: false,
        initiator: initiator(caller, account.settings.assumptions.initiator),
        encryption_key: plan.encryption_key,
        exported_environment_variables: Vec::new(),
        report_arns: Vec::new(),
    }
}

/// A build that was submitted and waits.
pub(super) fn first_phases(now: f64) -> Vec<Phase> {
    let phase = |phase_type, phase_status, end_time: Option<f64>| Phase {
        phase_type,
        phase_status,
        start_time: now,
        end_time,
        duration_in_seconds: end_time.map(|_| 0),
        contexts: Vec::new(),
    };
    vec![
        phase(PhaseKind::Submitted, Some(Status::Succeeded), Some(now)),
        phase(PhaseKind::Queued, None, None),
    ]
}

fn logs_location(
    account: &Account,
    unique: &str,
    group: Option<String>,
    prefix: Option<String>,
) -> LogsLocation {
    let Some(group) = group else {
        return LogsLocation {
            group_name: None,
            stream_name: None,
            deep_link: None,
            cloud_watch_logs_arn: None,
        };
    };
    let stream = prefix.map_or_else(|| unique.to_owned(), |prefix| format!("{prefix}/{unique}"));
    LogsLocation {
        deep_link: Some(format!("{}{}", account.base_url(), logs::web::path(unique))),
        cloud_watch_logs_arn: Some(
            account.arn("logs", &format!("log-group:{group}:log-stream:{stream}")),
        ),
        group_name: Some(group),
        stream_name: Some(stream),
    }
}

/// The caller as a build names its initiator: a user's name, or what is assumed of roles.
fn initiator(caller: &Caller, assumed: Initiator) -> String {
    let resource = caller.arn.splitn(6, ':').nth(5).unwrap_or(&caller.arn);
    let last = resource.rsplit('/').next().unwrap_or(resource);
    let Some(session) = resource.strip_prefix("assumed-role/") else {
        return last.to_owned();
    };
    let initiator = match assumed {
        Initiator::RoleAndSession => session,
        Initiator::AssumedRole => resource,
        Initiator::Arn => &caller.arn,
        Initiator::Otherwise => last,
    };
    initiator.to_owned()
}

//! StartBuild and RetryBuild: what a new build is made of, and whether there is room for it.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    builds::{self, Record},
    events, invalid,
    model::{
        Build, BuildArtifacts, Cache, Environment, LogsConfig, LogsLocation, Phase, PhaseKind,
        Project, Source, Status, Variable, seconds_now,
    },
    projects, rules,
};
use crate::{
    Account, Caller, ServiceError,
    services::parse,
    store::{Table, Transaction},
};

/// How many builds wait for each one that may run.
const QUEUE_FACTOR: usize = 5;
const TOKEN_LIFE_SECONDS: f64 = 300.0;
const TOKENS: Table<Token> = Table::new("codebuild-idempotency-tokens");

/// A request that was answered with a build.
#[derive(Serialize, Deserialize)]
struct Token {
    request: String,
    build: String,
    time: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StartInput {
    project_name: Option<String>,
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
    idempotency_token: Option<String>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

/// Everything a build is made of.
struct Plan {
    project_name: String,
    source: Source,
    source_version: Option<String>,
    environment: Environment,
    cache: Cache,
    service_role: String,
    timeout_in_minutes: u32,
    queued_timeout_in_minutes: u32,
    encryption_key: String,
    log_group: Option<String>,
    /// In front of the stream's name.
    log_prefix: Option<String>,
}

/// Starts a build of a project.
pub(super) fn start(
    account: &Arc<Account>,
    caller: &Caller,
    input: Value,
) -> Result<Value, ServiceError> {
    let request = fingerprint("StartBuild", &input);
    let mut input: StartInput = parse(input)?;
    rules::nothing_unsimulated(&input.rest)?;
    let token = input.idempotency_token.take();
    let name = input
        .project_name
        .clone()
        .ok_or_else(|| rules::required("projectName", "StartBuild"))?;
    launch(account, caller, token.as_deref(), request, |tables| {
        let project =
            projects::get(tables, &name).ok_or_else(|| projects::not_found(account, &name))?;
        if let Some(limit) = project.concurrent_build_limit
            && builds::open_of(tables, &name).len() >= limit as usize
        {
            return Err(limit_exceeded(format!(
                "Project {name} cannot have more than {limit} builds at once: its concurrentBuildLimit"
            )));
        }
        plan(project, input)
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RetryInput {
    id: Option<String>,
    idempotency_token: Option<String>,
}

/// Starts a build once more, made of the same things.
pub(super) fn retry(
    account: &Arc<Account>,
    caller: &Caller,
    input: Value,
) -> Result<Value, ServiceError> {
    let request = fingerprint("RetryBuild", &input);
    let input: RetryInput = parse(input)?;
    let id = input
        .id
        .ok_or_else(|| rules::required("id", "RetryBuild"))?;
    launch(
        account,
        caller,
        input.idempotency_token.as_deref(),
        request,
        |tables| {
            let record = builds::get(tables, &id).ok_or_else(|| builds::not_found(&id))?;
            let build = record.build;
            if !build.build_complete {
                return Err(invalid(format!(
                    "Build {id} is still in progress and cannot be retried"
                )));
            }
            if projects::get(tables, &build.project_name).is_none() {
                return Err(projects::not_found(account, &build.project_name));
            }
            Ok(Plan {
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
                log_group: build.logs.group_name,
            })
        },
    )
}

fn prefix_of(build: &Build) -> Option<String> {
    let stream = build.logs.stream_name.as_deref()?;
    stream
        .strip_suffix(build.unique())?
        .strip_suffix('/')
        .map(str::to_owned)
}

/// Journals a new build and sets it going, or answers with the one that the same request has started.
fn launch(
    account: &Arc<Account>,
    caller: &Caller,
    token: Option<&str>,
    request: String,
    plan: impl FnOnce(&Transaction<'_>) -> Result<Plan, ServiceError>,
) -> Result<Value, ServiceError> {
    let (build, is_new) = account.store.write(|tables| {
        if let Some(token) = token
            && let Some(build) = known(tables, token, &request)?
        {
            return Ok((build, false));
        }
        let plan = plan(tables)?;
        let most = account.builds.most_at_once(account) * (1 + QUEUE_FACTOR);
        if builds::open(tables).len() >= most {
            return Err(limit_exceeded(format!(
                "Cannot have more than {most} builds in queue for the account"
            )));
        }
        let number =
            tables.next_number(&format!("codebuild-build-number/{}", plan.project_name))?;
        let record = Record {
            build: build(account, caller, plan, number),
            order: tables.next_number("codebuild-builds")?,
            stop_requested: false,
            groups: Vec::new(),
        };
        builds::insert(tables, &record)?;
        if let Some(token) = token {
            let answered = Token {
                request,
                build: record.build.id.clone(),
                time: seconds_now(),
            };
            tables.put(&TOKENS, token, &answered)?;
        }
        events::emit_state_change(account, tables, &record.build)?;
        Ok::<_, ServiceError>((record.build, true))
    })?;
    if is_new {
        account.events_bell.notify_one();
        account.builds.launch(account, &build.id);
    }
    Ok(json!({ "build": build }))
}

/// The build that this token has started.
fn known(
    tables: &mut Transaction<'_>,
    token: &str,
    request: &str,
) -> Result<Option<Build>, ServiceError> {
    let oldest = seconds_now() - TOKEN_LIFE_SECONDS;
    let expired: Vec<String> = tables
        .scan(&TOKENS, "")
        .filter(|(_, answered)| answered.time < oldest)
        .map(|(token, _)| token.to_owned())
        .collect();
    for token in expired {
        tables.delete(&TOKENS, &token);
    }
    let Some(answered) = tables.get(&TOKENS, token) else {
        return Ok(None);
    };
    if answered.request != request {
        return Err(invalid(format!(
            "idempotencyToken {token} was used with other parameters less than 5 minutes ago"
        )));
    }
    Ok(builds::get(tables, &answered.build).map(|record| record.build))
}

/// A request without its token, in a form that compares.
fn fingerprint(operation: &str, input: &Value) -> String {
    let mut input = input.clone();
    if let Some(members) = input.as_object_mut() {
        members.remove("idempotencyToken");
    }
    let digest = Sha256::digest(format!("{operation} {input}"));
    digest
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn limit_exceeded(message: String) -> ServiceError {
    ServiceError::client("AccountLimitExceededException", message)
}

fn plan(project: Project, input: StartInput) -> Result<Plan, ServiceError> {
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
        cache: input.cache_override.unwrap_or(project.cache),
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

fn build(account: &Account, caller: &Caller, plan: Plan, build_number: u64) -> Build {
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
        timeout_in_minutes: plan.timeout_in_minutes,
        queued_timeout_in_minutes: plan.queued_timeout_in_minutes,
        build_complete: false,
        initiator: initiator(caller),
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
    let region = &account.settings.region;
    LogsLocation {
        deep_link: Some(format!(
            "https://console.aws.amazon.com/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{}/log-events/{}",
            console_escape(&group),
            console_escape(&stream),
        )),
        cloud_watch_logs_arn: Some(
            account.arn("logs", &format!("log-group:{group}:log-stream:{stream}")),
        ),
        group_name: Some(group),
        stream_name: Some(stream),
    }
}

/// The console wants slashes escaped twice, with `$` for `%`.
fn console_escape(name: &str) -> String {
    name.replace('/', "$252F")
}

/// The caller as a build names its initiator: a user's name, or role and session.
fn initiator(caller: &Caller) -> String {
    let resource = caller.arn.splitn(6, ':').nth(5).unwrap_or(&caller.arn);
    resource
        .strip_prefix("assumed-role/")
        .or_else(|| resource.rsplit('/').next())
        .unwrap_or(resource)
        .to_owned()
}

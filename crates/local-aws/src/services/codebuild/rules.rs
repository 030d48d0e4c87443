//! What CodeBuild accepts of a project, a build and a report group, and what this endpoint cannot simulate.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    invalid,
    model::{
        Artifacts, Cache, Environment, LogsConfig, Source, Tag, Variable, VariableKind, VpcConfig,
    },
};
use crate::ServiceError;

const BATCH: usize = 100;

/// A required member is missing.
pub(super) fn required(member: &str, operation: &str) -> ServiceError {
    invalid(format!("{member} is required by {operation}"))
}

/// Members that this endpoint has nothing for; an empty one says nothing.
pub(super) fn nothing_unsimulated(rest: &BTreeMap<String, Value>) -> Result<(), ServiceError> {
    let says_something = |value: &Value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Number(number) => number.as_i64() != Some(0),
        Value::String(_) | Value::Bool(true) => true,
    };
    match rest.iter().find(|(_, value)| says_something(value)) {
        None => Ok(()),
        Some((member, _)) => Err(unsimulated(member)),
    }
}

fn unsimulated(what: &str) -> ServiceError {
    invalid(format!("{what} is not simulated by the local endpoint"))
}

pub(super) fn project_name(name: Option<&str>) -> Result<&str, ServiceError> {
    let name = name.ok_or_else(|| required("name", "the operation"))?;
    let mut bytes = name.bytes();
    let valid = (2..=150).contains(&name.len())
        && bytes
            .next()
            .is_some_and(|first| first.is_ascii_alphanumeric())
        && bytes.all(is_name_byte);
    if valid {
        return Ok(name);
    }
    Err(invalid(format!(
        "Invalid project name: {name}: a name has 2 to 150 letters, digits, - and _ and starts with a letter or digit"
    )))
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

pub(super) fn report_group_name(name: &str) -> Result<(), ServiceError> {
    if (2..=128).contains(&name.len()) && name.bytes().all(is_name_byte) {
        return Ok(());
    }
    Err(invalid(format!(
        "Invalid report group name: {name}: a name has 2 to 128 letters, digits, - and _"
    )))
}

pub(super) fn source(source: &Source) -> Result<(), ServiceError> {
    let inline = source.buildspec.as_deref().is_some_and(is_inline);
    match source.kind.as_str() {
        "CODECOMMIT" => {
            repository_of(source)?;
        }
        "NO_SOURCE" if !inline => {
            return Err(invalid(
                "source type NO_SOURCE needs the buildspec's text in source.buildspec",
            ));
        }
        "NO_SOURCE" => {}
        other => return Err(unsimulated(&format!("source type {other}"))),
    }
    if source
        .buildspec
        .as_deref()
        .is_some_and(|spec| spec.starts_with("arn:"))
    {
        return Err(unsimulated("a buildspec in S3"));
    }
    if source.report_build_status == Some(true) {
        return Err(invalid(format!(
            "reportBuildStatus is not supported for source type {}",
            source.kind
        )));
    }
    if source
        .git_submodules_config
        .as_ref()
        .is_some_and(|config| config.fetch_submodules)
    {
        return Err(unsimulated("gitSubmodulesConfig.fetchSubmodules"));
    }
    Ok(())
}

/// Whether a project's `buildspec` is the text itself, not a path.
pub(super) fn is_inline(buildspec: &str) -> bool {
    buildspec.contains('\n')
        || buildspec.trim_start().starts_with(['{', '#'])
        || buildspec.contains("version:")
}

/// The repository's name: the last segment of its address, wherever that points.
pub(super) fn repository_of(source: &Source) -> Result<&str, ServiceError> {
    let location = source.location.as_deref().unwrap_or_default();
    location
        .split_once("/v1/repos/")
        .map(|(_, name)| name.trim_end_matches('/'))
        .filter(|name| !name.is_empty() && !name.contains('/') && *name != "." && *name != "..")
        .ok_or_else(|| {
            invalid(format!(
                "Invalid project source: location `{location}` is not …/v1/repos/<repository>"
            ))
        })
}

pub(super) fn artifacts(artifacts: &Artifacts) -> Result<(), ServiceError> {
    match artifacts.kind.as_str() {
        "NO_ARTIFACTS" => Ok(()),
        other => Err(unsimulated(&format!("artifacts type {other}"))),
    }
}

pub(super) fn environment(environment: &Environment) -> Result<(), ServiceError> {
    match environment.kind.as_str() {
        "LINUX_CONTAINER" | "ARM_CONTAINER" | "LINUX_EC2" | "ARM_EC2" => {}
        other => return Err(unsimulated(&format!("environment type {other}"))),
    }
    if environment.image.is_empty() {
        return Err(invalid("environment.image is empty"));
    }
    compute_type(&environment.compute_type)?;
    variables(&environment.environment_variables)
}

pub(super) fn compute_type(compute_type: &str) -> Result<(), ServiceError> {
    match compute_type {
        "BUILD_GENERAL1_SMALL"
        | "BUILD_GENERAL1_MEDIUM"
        | "BUILD_GENERAL1_LARGE"
        | "BUILD_GENERAL1_XLARGE"
        | "BUILD_GENERAL1_2XLARGE" => Ok(()),
        other => Err(unsimulated(&format!("compute type {other}"))),
    }
}

pub(super) fn variables(variables: &[Variable]) -> Result<(), ServiceError> {
    for variable in variables {
        let name = &variable.name;
        if name.is_empty() || name.contains(['=', '\0']) || variable.value.contains('\0') {
            return Err(invalid(format!("Invalid environment variable: `{name}`")));
        }
        if variable.kind == VariableKind::SecretsManager {
            return Err(unsimulated(&format!(
                "type SECRETS_MANAGER of variable {name}"
            )));
        }
    }
    Ok(())
}

pub(super) fn logs(logs: &LogsConfig) -> Result<(), ServiceError> {
    match &logs.s3_logs {
        Some(s3) if s3.status == "ENABLED" => Err(unsimulated("logsConfig.s3Logs")),
        _ => Ok(()),
    }
}

/// A cache and where it would be. What CodeBuild does not support it may ignore or refuse; here it is refused.
pub(super) fn cache(
    cache: &Cache,
    environment: &Environment,
    vpc: Option<&VpcConfig>,
) -> Result<(), ServiceError> {
    match cache.kind.as_str() {
        "NO_CACHE" => return Ok(()),
        "LOCAL" => {}
        "S3" => return Err(unsimulated("a cache in S3")),
        other => return Err(invalid(format!("Invalid cache: unknown type {other}"))),
    }
    let modes = cache.modes.as_deref().unwrap_or_default();
    if modes.is_empty() {
        return Err(invalid("Invalid cache: type LOCAL needs at least one mode"));
    }
    for mode in modes {
        match mode.as_str() {
            "LOCAL_SOURCE_CACHE" | "LOCAL_CUSTOM_CACHE" => {}
            "LOCAL_DOCKER_LAYER_CACHE" if environment.privileged_mode => {}
            "LOCAL_DOCKER_LAYER_CACHE" => {
                return Err(invalid(
                    "Invalid cache: LOCAL_DOCKER_LAYER_CACHE needs privilegedMode",
                ));
            }
            other => return Err(invalid(format!("Invalid cache: unknown mode {other}"))),
        }
    }
    if vpc.is_some() || environment.compute_type == "BUILD_GENERAL1_2XLARGE" {
        return Err(invalid(
            "Invalid cache: type LOCAL is supported neither in a VPC nor on BUILD_GENERAL1_2XLARGE",
        ));
    }
    Ok(())
}

/// All three members or none of them, which takes a project out of its VPC.
pub(super) fn vpc(vpc: &VpcConfig) -> Result<(), ServiceError> {
    if *vpc == VpcConfig::default() {
        return Ok(());
    }
    if vpc.vpc_id.is_empty() || vpc.subnets.is_empty() || vpc.security_group_ids.is_empty() {
        return Err(invalid(
            "Invalid vpcConfig: vpcId, subnets and securityGroupIds are needed together",
        ));
    }
    let most = |member: &str, ids: &[String], most: usize| match ids.len() {
        count if count > most => Err(invalid(format!(
            "Invalid vpcConfig: at most {most} {member} are allowed, not {count}"
        ))),
        _ => Ok(()),
    };
    most("subnets", &vpc.subnets, 16)?;
    most("securityGroupIds", &vpc.security_group_ids, 5)
}

pub(super) fn timeouts(build: Option<u32>, queued: Option<u32>) -> Result<(), ServiceError> {
    let check = |member: &str, minutes: Option<u32>, most: u32| match minutes {
        Some(minutes) if !(5..=most).contains(&minutes) => Err(invalid(format!(
            "{member} must be from 5 to {most}, not {minutes}"
        ))),
        _ => Ok(()),
    };
    check("timeoutInMinutes", build, 2160)?;
    check("queuedTimeoutInMinutes", queued, 480)
}

pub(super) fn tags(tags: &[Tag]) -> Result<(), ServiceError> {
    if tags.len() > 50 {
        return Err(invalid(format!(
            "at most 50 tags are allowed, not {}",
            tags.len()
        )));
    }
    match tags
        .iter()
        .find(|tag| tag.key.is_empty() || tag.key.len() > 127 || tag.value.len() > 255)
    {
        None => Ok(()),
        Some(tag) => Err(invalid(format!("Invalid tag: {}", tag.key))),
    }
}

/// The names or ids of a BatchGet operation: 1 to 100.
pub(super) fn batch(
    ids: Option<Vec<String>>,
    member: &str,
    operation: &str,
) -> Result<Vec<String>, ServiceError> {
    let ids = ids.ok_or_else(|| required(member, operation))?;
    if (1..=BATCH).contains(&ids.len()) {
        return Ok(ids);
    }
    Err(invalid(format!(
        "{member} must hold 1 to {BATCH} entries, not {}",
        ids.len()
    )))
}

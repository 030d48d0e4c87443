//! Projects: created, changed, listed and deleted.

use std::{collections::BTreeMap, sync::Arc};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    badge, builds, invalid,
    lists::{self, SortOrder},
    model::{
        Artifacts, Badge, Cache, Environment, LogsConfig, Project, Source, Tag, VpcConfig,
        seconds_now,
    },
    rules,
};
use crate::{
    Account, DeleteProject, ServiceError,
    services::parse,
    store::{Table, Tables},
};

const PROJECTS: Table<Project> = Table::new("codebuild-projects");
const DEFAULT_TIMEOUT_IN_MINUTES: u32 = 60;
const DEFAULT_QUEUED_TIMEOUT_IN_MINUTES: u32 = 480;

/// The project `name`.
pub(super) fn get(tables: &Tables, name: &str) -> Option<Project> {
    tables.get(&PROJECTS, name)
}

/// What CreateProject and UpdateProject take.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProjectInput {
    name: Option<String>,
    description: Option<String>,
    source: Option<Source>,
    source_version: Option<String>,
    artifacts: Option<Artifacts>,
    cache: Option<Cache>,
    environment: Option<Environment>,
    service_role: Option<String>,
    timeout_in_minutes: Option<u32>,
    queued_timeout_in_minutes: Option<u32>,
    encryption_key: Option<String>,
    tags: Option<Vec<Tag>>,
    badge_enabled: Option<bool>,
    logs_config: Option<LogsConfig>,
    vpc_config: Option<VpcConfig>,
    concurrent_build_limit: Option<i64>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

impl ProjectInput {
    fn check(&self) -> Result<(), ServiceError> {
        rules::nothing_unsimulated(&self.rest)?;
        if let Some(source) = &self.source {
            rules::source(source)?;
        }
        if let Some(artifacts) = &self.artifacts {
            rules::artifacts(artifacts)?;
        }
        if let Some(environment) = &self.environment {
            rules::environment(environment)?;
        }
        if let Some(logs) = &self.logs_config {
            rules::logs(logs)?;
        }
        if let Some(vpc) = &self.vpc_config {
            rules::vpc(vpc)?;
        }
        rules::timeouts(self.timeout_in_minutes, self.queued_timeout_in_minutes)?;
        rules::tags(self.tags.as_deref().unwrap_or_default())
    }
}

pub(super) fn create(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: ProjectInput = parse(input)?;
    let name = rules::project_name(input.name.as_deref())?.to_owned();
    input.check()?;
    let required = |member| rules::required(member, "CreateProject");
    let now = seconds_now();
    let mut project = Project {
        arn: account.arn("codebuild", &format!("project/{name}")),
        source: input.source.clone().ok_or_else(|| required("source"))?,
        artifacts: input
            .artifacts
            .clone()
            .ok_or_else(|| required("artifacts"))?,
        environment: input
            .environment
            .clone()
            .ok_or_else(|| required("environment"))?,
        service_role: input
            .service_role
            .clone()
            .ok_or_else(|| required("serviceRole"))?,
        encryption_key: account.arn("kms", "alias/aws/s3"),
        timeout_in_minutes: DEFAULT_TIMEOUT_IN_MINUTES,
        queued_timeout_in_minutes: DEFAULT_QUEUED_TIMEOUT_IN_MINUTES,
        name,
        description: None,
        source_version: None,
        cache: Cache::none(),
        tags: Vec::new(),
        created: now,
        last_modified: now,
        badge: Badge {
            badge_enabled: false,
            badge_request_url: None,
        },
        logs_config: None,
        vpc_config: None,
        concurrent_build_limit: None,
        project_visibility: "PRIVATE".to_owned(),
    };
    apply(account, &mut project, input)?;
    account.store.write(|tables| {
        if get(tables, &project.name).is_some() {
            return Err(ServiceError::client(
                "ResourceAlreadyExistsException",
                format!("Project already exists: {}", project.arn),
            ));
        }
        tables.put(&PROJECTS, &project.name, &project)?;
        Ok(json!({ "project": project }))
    })
}

pub(super) fn update(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: ProjectInput = parse(input)?;
    let name = rules::project_name(input.name.as_deref())?.to_owned();
    input.check()?;
    account.store.write(|tables| {
        let mut project = get(tables, &name).ok_or_else(|| not_found(account, &name))?;
        apply(account, &mut project, input)?;
        project.last_modified = seconds_now();
        tables.put(&PROJECTS, &project.name, &project)?;
        Ok(json!({ "project": project }))
    })
}

fn apply(
    account: &Account,
    project: &mut Project,
    input: ProjectInput,
) -> Result<(), ServiceError> {
    fn set<T>(target: &mut T, value: Option<T>) {
        if let Some(value) = value {
            *target = value;
        }
    }
    set(&mut project.source, input.source);
    set(&mut project.artifacts, input.artifacts);
    set(&mut project.cache, input.cache);
    set(&mut project.environment, input.environment);
    set(&mut project.service_role, input.service_role);
    set(&mut project.timeout_in_minutes, input.timeout_in_minutes);
    set(
        &mut project.queued_timeout_in_minutes,
        input.queued_timeout_in_minutes,
    );
    set(&mut project.encryption_key, input.encryption_key);
    set(&mut project.tags, input.tags);
    project.description = input.description.or(project.description.take());
    project.source_version = input.source_version.or(project.source_version.take());
    project.logs_config = input.logs_config.or(project.logs_config.take());
    if let Some(vpc) = input.vpc_config {
        project.vpc_config = Some(vpc).filter(|vpc| *vpc != VpcConfig::default());
    }
    match input.concurrent_build_limit {
        None => {}
        // The API's way to take the limit away.
        Some(-1) => project.concurrent_build_limit = None,
        Some(limit) => {
            let limit = u32::try_from(limit).ok().filter(|limit| *limit > 0);
            let limit = limit.ok_or_else(|| invalid("concurrentBuildLimit must be above 0"))?;
            project.concurrent_build_limit = Some(limit);
        }
    }
    if let Some(enabled) = input.badge_enabled {
        project.badge = badge(account, enabled, project.badge.badge_request_url.as_deref());
    }
    rules::cache(
        &project.cache,
        &project.environment,
        project.vpc_config.as_ref(),
    )
}

/// A badge is kept while the project lives.
fn badge(account: &Account, enabled: bool, address: Option<&str>) -> Badge {
    let known = address.and_then(badge::uuid_of);
    let address = enabled.then(|| {
        let uuid = known.map_or_else(super::uuid, str::to_owned);
        badge::address(account, &uuid)
    });
    Badge {
        badge_enabled: enabled,
        badge_request_url: address,
    }
}

/// The project that has the badge with this part of its address.
pub(super) fn with_badge(tables: &Tables, uuid: &str) -> Option<String> {
    let has_it = |project: &Project| {
        let address = project.badge.badge_request_url.as_deref();
        address.and_then(badge::uuid_of) == Some(uuid)
    };
    let mut projects = tables.scan(&PROJECTS, "").map(|(_, project)| project);
    projects
        .find(|project| has_it(project))
        .map(|project| project.name)
}

pub(super) fn not_found(account: &Account, name: &str) -> ServiceError {
    let arn = account.arn("codebuild", &format!("project/{name}"));
    ServiceError::client(
        "ResourceNotFoundException",
        format!("Project cannot be found: {arn}"),
    )
}

#[derive(Deserialize)]
struct DeleteInput {
    name: Option<String>,
}

/// Deleting a project that does not exist succeeds: the operation has no error for it.
pub(super) fn delete(account: &Arc<Account>, input: Value) -> Result<Value, ServiceError> {
    let input: DeleteInput = parse(input)?;
    let name = input
        .name
        .ok_or_else(|| rules::required("name", "DeleteProject"))?;
    let open = account.store.write(|tables| {
        let open = builds::open_of(tables, &name);
        if !open.is_empty() && account.settings.assumptions.delete_project == DeleteProject::Refused
        {
            let builds = open.join(", ");
            return Err(invalid(format!(
                "Project {name} has running builds: {builds}"
            )));
        }
        tables.delete(&PROJECTS, &name);
        Ok(open)
    })?;
    if account.settings.assumptions.delete_project == DeleteProject::StopsBuilds {
        for id in open {
            builds::request_stop(account, &id)?;
        }
    }
    Ok(json!({}))
}

#[derive(Deserialize)]
struct GetInput {
    names: Option<Vec<String>>,
}

pub(super) fn batch_get(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: GetInput = parse(input)?;
    let names = rules::batch(input.names, "names", "BatchGetProjects")?;
    let name_of = |name: &str| {
        name.rsplit_once(":project/")
            .map_or(name, |(_, name)| name)
            .to_owned()
    };
    account.store.read(|tables| {
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for name in names {
            match get(tables, &name_of(&name)) {
                Some(project) => found.push(project),
                None => missing.push(name),
            }
        }
        Ok(json!({ "projects": found, "projectsNotFound": missing }))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListInput {
    sort_by: Option<String>,
    sort_order: Option<SortOrder>,
    next_token: Option<String>,
}

pub(super) fn list(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: ListInput = parse(input)?;
    let mut projects: Vec<Project> = account.store.read(|tables| {
        tables
            .scan(&PROJECTS, "")
            .map(|(_, project)| project)
            .collect()
    });
    match input.sort_by.as_deref().unwrap_or("NAME") {
        "NAME" => {}
        "CREATED_TIME" => projects.sort_by(|a, b| a.created.total_cmp(&b.created)),
        "LAST_MODIFIED_TIME" => {
            projects.sort_by(|a, b| a.last_modified.total_cmp(&b.last_modified));
        }
        other => return Err(invalid(format!("Invalid project sortBy: {other}"))),
    }
    let mut names: Vec<String> = projects.into_iter().map(|project| project.name).collect();
    if input.sort_order == Some(SortOrder::Descending) {
        names.reverse();
    }
    lists::answer("projects", names, None, input.next_token.as_deref())
}

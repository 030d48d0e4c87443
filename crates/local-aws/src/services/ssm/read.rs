//! Parameters read: by name, by path, and described.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    PARAMETERS, Parameter,
    name::{self, Wanted},
    not_found, required, validation,
};
use crate::{Account, ServiceError, page, services::parse, store::Tables};

const MOST_NAMES: usize = 10;
const MOST_BY_PATH: usize = 10;
const MOST_DESCRIBED: usize = 50;

/// The parameter behind a name, and the selector that was behind the name.
pub(super) fn find<'a>(
    tables: &Tables,
    wanted: &'a str,
) -> Result<(Parameter, Option<&'a str>), ServiceError> {
    let Wanted { name, selector } = Wanted::of(wanted);
    let parameter = tables
        .get(&PARAMETERS, name)
        .ok_or_else(|| not_found(name))?;
    match selector {
        Some(selector) if selector != parameter.version.to_string() => Err(ServiceError::client(
            "ParameterVersionNotFound",
            format!(
                "Systems Manager could not find version {selector} of {name}. The local endpoint keeps version {} alone and no labels.",
                parameter.version
            ),
        )),
        _ => Ok((parameter, selector)),
    }
}

pub(super) fn arn(account: &Account, name: &str) -> String {
    account.arn(
        "ssm",
        &format!("parameter/{}", name.trim_start_matches('/')),
    )
}

fn on_the_wire(account: &Account, parameter: &Parameter, selector: Option<&str>) -> Value {
    let mut wire = json!({
        "Name": parameter.name,
        "Type": parameter.kind,
        "Value": parameter.value,
        "Version": parameter.version,
        "LastModifiedDate": parameter.last_modified,
        "ARN": arn(account, &parameter.name),
        "DataType": "text",
    });
    if let Some(selector) = selector {
        wire["Selector"] = format!(":{selector}").into();
    }
    wire
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetInput {
    name: Option<String>,
}

pub(super) fn get(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: GetInput = parse(input)?;
    let name = required(input.name, "name")?;
    let name = name::named(&name, "name")?;
    let (parameter, selector) = account.store.read(|tables| find(tables, name))?;
    Ok(json!({ "Parameter": on_the_wire(account, &parameter, selector) }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetManyInput {
    names: Option<Vec<String>>,
}

pub(super) fn get_many(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: GetManyInput = parse(input)?;
    let names = names(input.names)?;
    account.store.read(|tables| {
        let (mut found, mut invalid) = (Vec::new(), Vec::new());
        for name in &names {
            match find(tables, name) {
                Ok((parameter, selector)) => found.push(on_the_wire(account, &parameter, selector)),
                Err(_) => invalid.push(name),
            }
        }
        Ok(json!({ "Parameters": found, "InvalidParameters": invalid }))
    })
}

/// One to ten names.
pub(super) fn names(names: Option<Vec<String>>) -> Result<Vec<String>, ServiceError> {
    let names = required(names, "names")?;
    if (1..=MOST_NAMES).contains(&names.len()) {
        let names = names.iter().map(|name| name::named(name, "names"));
        return names.map(|name| name.map(str::to_owned)).collect();
    }
    Err(validation(format!(
        "names must hold 1 to {MOST_NAMES} entries, not {}",
        names.len()
    )))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListInput {
    path: Option<String>,
    #[serde(default)]
    recursive: bool,
    #[serde(default)]
    parameter_filters: Vec<Value>,
    #[serde(default)]
    filters: Vec<Value>,
    #[serde(default)]
    shared: bool,
    max_results: Option<i64>,
    next_token: Option<String>,
}

impl ListInput {
    fn refuse_filters(&self) -> Result<(), ServiceError> {
        if self.parameter_filters.is_empty() && self.filters.is_empty() && !self.shared {
            return Ok(());
        }
        Err(ServiceError::client(
            "InvalidFilterKey",
            "filters are not simulated by the local endpoint",
        ))
    }

    fn page(
        &self,
        parameters: Vec<Parameter>,
        most: usize,
    ) -> Result<page::Page<Parameter>, ServiceError> {
        let size = page::size(self.max_results, most, most)
            .ok_or_else(|| validation(format!("MaxResults must be from 1 to {most}")))?;
        let key = |parameter: &Parameter| parameter.name.clone();
        page::page(parameters, key, size, self.next_token.as_deref()).ok_or_else(|| {
            ServiceError::client("InvalidNextToken", "The specified token is not valid.")
        })
    }
}

pub(super) fn by_path(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: ListInput = parse(input)?;
    let path = name::named(required(input.path.as_deref(), "path")?, "path")?;
    if !path.starts_with('/') {
        return Err(validation(
            "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash \"/\".",
        ));
    }
    input.refuse_filters()?;
    let prefix = format!("{}/", path.trim_end_matches('/'));
    let parameters = account.store.read(|tables| {
        tables
            .scan(&PARAMETERS, &prefix)
            .filter(|(name, _)| {
                input.recursive
                    || name
                        .get(prefix.len()..)
                        .is_some_and(|rest| !rest.contains('/'))
            })
            .map(|(_, parameter)| parameter)
            .collect()
    });
    let page = input.page(parameters, MOST_BY_PATH)?;
    let parameters: Vec<Value> = page
        .items
        .iter()
        .map(|parameter| on_the_wire(account, parameter, None))
        .collect();
    Ok(with_token(
        json!({ "Parameters": parameters }),
        page.next_token,
    ))
}

pub(super) fn describe(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: ListInput = parse(input)?;
    input.refuse_filters()?;
    let all = account.store.read(|tables| {
        tables
            .scan(&PARAMETERS, "")
            .map(|(_, parameter)| parameter)
            .collect()
    });
    let page = input.page(all, MOST_DESCRIBED)?;
    let parameters: Vec<Value> = page
        .items
        .iter()
        .map(|parameter| description(account, parameter))
        .collect();
    Ok(with_token(
        json!({ "Parameters": parameters }),
        page.next_token,
    ))
}

fn description(account: &Account, parameter: &Parameter) -> Value {
    let mut wire = json!({
        "Name": parameter.name,
        "ARN": arn(account, &parameter.name),
        "Type": parameter.kind,
        "LastModifiedDate": parameter.last_modified,
        "LastModifiedUser": parameter.last_modified_user,
        "Version": parameter.version,
        "Tier": "Standard",
        "Policies": [],
        "DataType": "text",
    });
    if let Some(description) = &parameter.description {
        wire["Description"] = description.as_str().into();
    }
    wire
}

fn with_token(mut answer: Value, token: Option<String>) -> Value {
    if let Some(token) = token {
        answer["NextToken"] = token.into();
    }
    answer
}

//! Parameters written and deleted.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{PARAMETERS, Parameter, name, not_found, read, required, validation};
use crate::{
    Account, Caller, ServiceError,
    account::{epoch_seconds, now},
    services::parse,
};

/// Of a standard parameter, in bytes.
const LARGEST_VALUE: usize = 4096;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutInput {
    name: Option<String>,
    description: Option<String>,
    value: Option<String>,
    #[serde(rename = "Type")]
    kind: Option<String>,
    #[serde(default)]
    overwrite: bool,
    tier: Option<String>,
    data_type: Option<String>,
    #[serde(default)]
    tags: Vec<Value>,
    key_id: Option<String>,
    allowed_pattern: Option<String>,
    policies: Option<String>,
}

impl PutInput {
    /// What would change the meaning of the parameter and is not built.
    fn refuse_unsimulated(&self) -> Result<(), ServiceError> {
        let tier = self.tier.as_deref();
        if let Some(tier) = tier
            && !["Standard", "Advanced", "Intelligent-Tiering"].contains(&tier)
        {
            return Err(validation(format!(
                "1 validation error detected: Value '{tier}' at 'tier' failed to satisfy constraint: Member must satisfy enum value set: [Standard, Advanced, Intelligent-Tiering]"
            )));
        }
        let tier = tier.filter(|tier| *tier == "Advanced");
        let data_type = self.data_type.as_deref().filter(|kind| *kind != "text");
        let secure = self.kind.as_deref().filter(|kind| *kind == "SecureString");
        let named = [
            ("Tier", tier),
            ("DataType", data_type),
            ("KeyId", self.key_id.as_deref()),
            ("AllowedPattern", self.allowed_pattern.as_deref()),
            ("Policies", self.policies.as_deref()),
        ];
        if secure.is_some() {
            let message = "type SecureString is not simulated by the local endpoint: it would keep the value in clear";
            return Err(ServiceError::client("UnsupportedParameterType", message));
        }
        match named
            .into_iter()
            .find_map(|(member, value)| Some((member, value?)))
        {
            None => Ok(()),
            Some((member, value)) => Err(validation(format!(
                "{member} {value} is not simulated by the local endpoint"
            ))),
        }
    }
}

pub(super) fn put(account: &Account, caller: &Caller, input: Value) -> Result<Value, ServiceError> {
    let input: PutInput = parse(input)?;
    let name = name::named(required(input.name.as_deref(), "name")?, "name")?;
    let value = required(input.value.as_deref(), "value")?;
    name::check(name, &read::arn(account, name))?;
    input.refuse_unsimulated()?;
    check_value(value)?;
    if input.overwrite && !input.tags.is_empty() {
        return Err(validation(
            "Tags and Overwrite cannot be used together: tags belong to the creation of a parameter",
        ));
    }
    account.store.write(|tables| {
        let known = tables.get(&PARAMETERS, name);
        if known.is_some() && !input.overwrite {
            let message = "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.";
            return Err(ServiceError::client("ParameterAlreadyExists", message));
        }
        let kind = input.kind.clone().or_else(|| known.as_ref().map(|known| known.kind.clone()));
        let kind = kind.ok_or_else(|| validation("A parameter type is required when you create a parameter."))?;
        if !["String", "StringList"].contains(&kind.as_str()) {
            return Err(ServiceError::client("UnsupportedParameterType", format!("The parameter type {kind} is not supported.")));
        }
        let version = known.as_ref().map_or(1, |known| known.version + 1);
        let parameter = Parameter {
            name: name.to_owned(),
            kind,
            value: value.to_owned(),
            version,
            last_modified: epoch_seconds(now()),
            last_modified_user: caller.arn.clone(),
            description: input.description.clone().or_else(|| known.and_then(|known| known.description)),
        };
        tables.put(&PARAMETERS, name, &parameter)?;
        Ok(json!({ "Version": version, "Tier": "Standard" }))
    })
}

fn check_value(value: &str) -> Result<(), ServiceError> {
    if value.is_empty() {
        return Err(validation("Parameter value must not be empty"));
    }
    if value.len() > LARGEST_VALUE {
        return Err(validation(format!(
            "Standard tier parameters support a maximum parameter value of {LARGEST_VALUE} characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier."
        )));
    }
    if value.contains("{{") {
        return Err(validation(
            "Parameter value can't nest another parameter: it contains {{",
        ));
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeleteInput {
    name: Option<String>,
}

pub(super) fn delete(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: DeleteInput = parse(input)?;
    let name = required(input.name, "name")?;
    let name = name::named(&name, "name")?.to_owned();
    account.store.write(|tables| {
        if tables.get(&PARAMETERS, &name).is_none() {
            return Err(not_found(&name));
        }
        tables.delete(&PARAMETERS, &name);
        Ok(json!({}))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeleteManyInput {
    names: Option<Vec<String>>,
}

pub(super) fn delete_many(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: DeleteManyInput = parse(input)?;
    let names = read::names(input.names)?;
    account.store.write(|tables| {
        let (mut deleted, mut invalid) = (Vec::new(), Vec::new());
        for name in names {
            if tables.get(&PARAMETERS, &name).is_some() {
                tables.delete(&PARAMETERS, &name);
                deleted.push(name);
            } else {
                invalid.push(name);
            }
        }
        Ok(json!({ "DeletedParameters": deleted, "InvalidParameters": invalid }))
    })
}

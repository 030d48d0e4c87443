//! What the gate remembers, in Parameter Store: JSON under a name.

use aws_sdk_ssm::{
    Client,
    operation::get_parameter::GetParameterError,
    types::{ParameterTier, ParameterType},
};
use gate_core::error::GateError;
use serde::{Serialize, de::DeserializeOwned};

use crate::{error, lazy::Lazy};

const SERVICE: &str = "Parameter Store";

/// Parameter Store takes no value with two opening braces. JSON has them within texts only, where an escape is as good.
const REFUSED: &str = "\u{7b}\u{7b}";
const ESCAPED: &str = "\u{7b}\\u007b";

/// DeleteParameters takes no more names at once.
const NAMES_PER_DELETE: usize = 10;

/// Parameter Store.
#[derive(Clone, Debug)]
pub struct Parameters {
    client: Lazy<Client>,
}

impl Parameters {
    /// Over a client.
    pub(crate) fn new(client: Lazy<Client>) -> Self {
        Self { client }
    }

    /// A parameter's JSON value; `None` if there is no such parameter.
    pub async fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, GateError> {
        let Some(text) = self.get_text(name).await? else {
            return Ok(None);
        };
        let value = serde_json::from_str(&text).map_err(|error| GateError::SettingsUnusable {
            parameter: name.to_owned(),
            message: error.to_string(),
        })?;
        Ok(Some(value))
    }

    /// A parameter's value as it stands; `None` if there is no such parameter.
    pub async fn get_text(&self, name: &str) -> Result<Option<String>, GateError> {
        match self.client.get_parameter().name(name).send().await {
            Ok(output) => Ok(output.parameter.and_then(|parameter| parameter.value)),
            Err(error) => match error.as_service_error() {
                Some(GetParameterError::ParameterNotFound(_)) => Ok(None),
                _ => Err(error::failed(SERVICE, "GetParameter", &error)),
            },
        }
    }

    /// Writes a parameter, over whatever stands there.
    pub async fn put<T: Serialize>(&self, name: &str, value: &T) -> Result<(), GateError> {
        let text = serde_json::to_string(value).map_err(|error| GateError::SettingsUnusable {
            parameter: name.to_owned(),
            message: error.to_string(),
        })?;
        let text = text.replace(REFUSED, ESCAPED);
        // A value beyond 4 KiB needs the advanced tier; Parameter Store then takes it by itself.
        self.client
            .put_parameter()
            .name(name)
            .value(text)
            .r#type(ParameterType::String)
            .tier(ParameterTier::IntelligentTiering)
            .overwrite(true)
            .send()
            .await
            .map_err(|error| error::failed(SERVICE, "PutParameter", &error))?;
        Ok(())
    }

    /// Names of all parameters in a folder, at any depth, sorted.
    pub async fn names_below(&self, path: &str) -> Result<Vec<String>, GateError> {
        let found = self.values_below(path).await?;
        Ok(found.into_iter().map(|(name, _)| name).collect())
    }

    /// Name and value of all parameters in a folder, at any depth, sorted by name.
    pub async fn values_below(&self, path: &str) -> Result<Vec<(String, String)>, GateError> {
        // A page may be empty and still have a next one.
        let pages = self
            .client
            .get_parameters_by_path()
            .path(path)
            .recursive(true)
            .into_paginator()
            .send()
            .try_collect()
            .await
            .map_err(|error| error::failed(SERVICE, "GetParametersByPath", &error))?;
        let mut found: Vec<(String, String)> = pages
            .into_iter()
            .flat_map(|page| page.parameters.unwrap_or_default())
            .filter_map(|parameter| Some((parameter.name?, parameter.value.unwrap_or_default())))
            .collect();
        found.sort();
        Ok(found)
    }

    /// Deletes parameters; one that is gone is no error.
    pub async fn delete(&self, names: &[String]) -> Result<(), GateError> {
        for names in names.chunks(NAMES_PER_DELETE) {
            self.client
                .delete_parameters()
                .set_names(Some(names.to_vec()))
                .send()
                .await
                .map_err(|error| error::failed(SERVICE, "DeleteParameters", &error))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

//! On a laptop every repository is gated: one that has no settings gets the defaults before the router looks at anything.
//!
//! In an account CDK writes the settings of the repositories it is told of. Here a repository may appear at any time, by
//! the plain `aws` CLI; whatever then happens to it reaches the gate through the router, so that is where it is adopted.

use std::collections::BTreeSet;

use gate_core::settings::RepositorySettings;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::{
    api::{Api, ApiError},
    deployment::Names,
};

/// The repositories of the account and what the gate is told about them.
pub(super) struct Repositories {
    api: Api,
    names: Names,
    /// Those known to have settings.
    adopted: Mutex<BTreeSet<String>>,
}

impl Repositories {
    pub(super) fn new(api: Api, names: Names) -> Self {
        Self {
            api,
            names,
            adopted: Mutex::default(),
        }
    }

    /// Gives every repository that has appeared its settings.
    pub(super) async fn adopt(&self) -> Result<(), ApiError> {
        let mut adopted = self.adopted.lock().await;
        for name in self.list().await? {
            if !adopted.contains(&name) {
                self.put(&name).await?;
                adopted.insert(name);
            }
        }
        Ok(())
    }

    async fn list(&self) -> Result<Vec<String>, ApiError> {
        let mut names = Vec::new();
        let mut input = json!({});
        loop {
            let output = self
                .api
                .call("CodeCommit_20150413.ListRepositories", &input)
                .await?;
            let page = output["repositories"].as_array().into_iter().flatten();
            names.extend(
                page.filter_map(|one| one["repositoryName"].as_str())
                    .map(str::to_owned),
            );
            match output.get("nextToken") {
                None | Some(Value::Null) => return Ok(names),
                Some(token) => input["nextToken"] = token.clone(),
            }
        }
    }

    /// Writes the settings unless they are there; of what somebody wrote by hand only the address is kept up to date.
    async fn put(&self, name: &str) -> Result<(), ApiError> {
        let input = json!({ "repositoryName": name });
        let output = match self
            .api
            .call("CodeCommit_20150413.GetRepository", &input)
            .await
        {
            Ok(output) => output,
            // Deleted since it was listed.
            Err(error) if error.is("RepositoryDoesNotExistException") => return Ok(()),
            Err(error) => return Err(error),
        };
        let clone_url = output["repositoryMetadata"]["cloneUrlHttp"]
            .as_str()
            .unwrap_or_default();
        let settings = match self.get(name).await? {
            None => self.defaults(clone_url),
            Some(text) => match RepositorySettings::parse(&text) {
                // The port may be another one than before.
                Ok(before) if before.clone_url != clone_url => RepositorySettings {
                    clone_url: clone_url.to_owned(),
                    ..before
                },
                // What cannot be read the gate itself complains about, where its author sees it.
                Ok(_) | Err(_) => return Ok(()),
            },
        };
        let value = serde_json::to_string(&settings).map_err(|error| ApiError::NoAnswer {
            operation: "PutParameter".to_owned(),
            message: error.to_string(),
        })?;
        let input = json!({
            "Name": self.names.settings(name),
            "Value": value,
            "Type": "String",
            "Overwrite": true,
        });
        self.api
            .call("AmazonSSM.PutParameter", &input)
            .await
            .map(drop)
    }

    /// The settings' text, if there is one.
    async fn get(&self, name: &str) -> Result<Option<String>, ApiError> {
        let input = json!({ "Name": self.names.settings(name) });
        match self.api.call("AmazonSSM.GetParameter", &input).await {
            Ok(output) => Ok(output["Parameter"]["Value"].as_str().map(str::to_owned)),
            Err(error) if error.is("ParameterNotFound") => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn defaults(&self, clone_url: &str) -> RepositorySettings {
        RepositorySettings {
            version: 1,
            build_role: self.names.build_role(),
            destinations: Vec::new(),
            clone_url: clone_url.to_owned(),
            log_group: self.names.log_group(),
            image: "aws/codebuild/amazonlinux-x86_64-standard:5.0".to_owned(),
            environment_type: "LINUX_CONTAINER".to_owned(),
            compute_type: "BUILD_GENERAL1_SMALL".to_owned(),
            timeout_minutes: 60,
            queued_timeout_minutes: 480,
            vpc: None,
            containers: None,
        }
    }
}

//! On a laptop every repository is gated: one that has no settings gets the defaults before the router looks at anything.
//!
//! In an account CDK writes the settings of the repositories it is told of. Here a repository may appear at any time, by
//! the plain `aws` CLI; whatever then happens to it reaches the gate through the router, so that is where it is adopted.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
};

use gate_core::settings::RepositorySettings;
use local_aws::{Interference, Moment, Observer, ServiceError};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::{
    api::{Api, ApiError},
    deployment::Names,
};

/// The repositories of the account and what the gate is told about them.
pub(super) struct Repositories {
    code: Api,
    parameters: Api,
    names: Names,
    /// Who satisfies the rule of pull requests; nobody where there is to be none.
    approver: Option<String>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// Those known to have settings.
    adopted: BTreeSet<String>,
    /// The rule that each repository's template was given, by the repository's id.
    rules: BTreeMap<String, String>,
}

/// An observer beside which no pull request is created before its repository has the rule for it.
pub(super) fn ruling(
    observer: Option<Observer>,
    repositories: Arc<OnceLock<Arc<Repositories>>>,
) -> Observer {
    Arc::new(move |call, moment| {
        let creates = call.service == "codecommit" && call.operation == "CreatePullRequest";
        let repositories = repositories.get().cloned();
        let repositories = repositories.filter(|_| creates && moment == Moment::Before);
        let interference = observer.as_ref().map(|observer| observer(call, moment));
        Box::pin(async move {
            if let Some(repositories) = repositories
                && let Err(error) = repositories.adopt().await
            {
                return Interference::Fail(ServiceError {
                    status: 500,
                    code: "InternalFailure".to_owned(),
                    message: format!("the approval rule could not be put in place: {error}"),
                });
            }
            match interference {
                Some(interference) => interference.await,
                None => Interference::Pass,
            }
        })
    })
}

impl Repositories {
    pub(super) fn new(code: Api, parameters: Api, names: Names, approver: Option<String>) -> Self {
        Self {
            code,
            parameters,
            names,
            approver,
            known: Mutex::default(),
        }
    }

    /// Gives every repository that has appeared its settings, and its rule once it has a default branch.
    pub(super) async fn adopt(&self) -> Result<(), ApiError> {
        let mut known = self.known.lock().await;
        for name in self.list().await? {
            if !known.adopted.contains(&name) {
                self.put(&name).await?;
                known.adopted.insert(name.clone());
            }
            if let Some(approver) = &self.approver {
                self.rule(&name, approver, &mut known.rules).await?;
            }
        }
        Ok(())
    }

    /// Puts the template in place that gives pull requests to gated branches their rule, as the deployment does in an account.
    async fn rule(
        &self,
        name: &str,
        approver: &str,
        rules: &mut BTreeMap<String, String>,
    ) -> Result<(), ApiError> {
        let Some(repository) = self.metadata(name).await? else {
            return Ok(());
        };
        let settings = self.get(name).await?;
        let settings = settings.and_then(|text| RepositorySettings::parse(&text).ok());
        let mut destinations = settings.map_or_else(Vec::new, |settings| settings.destinations);
        if destinations.is_empty() {
            // Before the first push there is no branch that a pull request could go to.
            let Some(branch) = repository["defaultBranch"].as_str() else {
                return Ok(());
            };
            destinations.push(branch.to_owned());
        }
        let references = destinations
            .iter()
            .map(|branch| format!("refs/heads/{branch}"));
        let content = json!({
            "Version": "2018-11-08",
            "DestinationReferences": references.collect::<Vec<_>>(),
            "Statements": [{
                "Type": "Approvers",
                "NumberOfApprovalsNeeded": 1,
                "ApprovalPoolMembers": [approver],
            }],
        })
        .to_string();
        let id = repository["repositoryId"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        if rules.get(&id) == Some(&content) {
            return Ok(());
        }
        let template = self.names.approval_rule(name);
        self.put_template(&template, name, &content).await?;
        let association = json!({ "approvalRuleTemplateName": template, "repositoryName": name });
        let operation = "CodeCommit_20150413.AssociateApprovalRuleTemplateWithRepository";
        match self.code.call(operation, &association).await {
            Err(error) if error.is("RepositoryDoesNotExistException") => return Ok(()),
            other => other.map(drop)?,
        }
        rules.insert(id, content);
        Ok(())
    }

    async fn put_template(
        &self,
        template: &str,
        name: &str,
        content: &str,
    ) -> Result<(), ApiError> {
        let create = json!({
            "approvalRuleTemplateName": template,
            "approvalRuleTemplateContent": content,
            "approvalRuleTemplateDescription": format!(
                "Only Mergegate can satisfy it: pull requests of {name} are approved once their builds passed."
            ),
        });
        let operation = "CodeCommit_20150413.CreateApprovalRuleTemplate";
        match self.code.call(operation, &create).await {
            Err(error) if error.is("ApprovalRuleTemplateNameAlreadyExistsException") => {}
            other => return other.map(drop),
        }
        let update = json!({ "approvalRuleTemplateName": template, "newRuleContent": content });
        let operation = "CodeCommit_20150413.UpdateApprovalRuleTemplateContent";
        self.code.call(operation, &update).await.map(drop)
    }

    /// What CodeCommit says of a repository; nothing if it was deleted since it was listed.
    async fn metadata(&self, name: &str) -> Result<Option<Value>, ApiError> {
        let input = json!({ "repositoryName": name });
        match self
            .code
            .call("CodeCommit_20150413.GetRepository", &input)
            .await
        {
            Ok(mut output) => Ok(Some(output["repositoryMetadata"].take())),
            Err(error) if error.is("RepositoryDoesNotExistException") => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn list(&self) -> Result<Vec<String>, ApiError> {
        let mut names = Vec::new();
        let mut input = json!({});
        loop {
            let output = self
                .code
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
        let Some(repository) = self.metadata(name).await? else {
            return Ok(());
        };
        let clone_url = repository["cloneUrlHttp"].as_str().unwrap_or_default();
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
        self.parameters
            .call("AmazonSSM.PutParameter", &input)
            .await
            .map(drop)
    }

    /// The settings' text, if there is one.
    async fn get(&self, name: &str) -> Result<Option<String>, ApiError> {
        let input = json!({ "Name": self.names.settings(name) });
        match self.parameters.call("AmazonSSM.GetParameter", &input).await {
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

//! What `cdk deploy` creates, created in the local account: the state machine and its rules, from the same files.
//!
//! Every call is made so that a second deployment over the same data directory changes nothing that has not changed.

use gate_core::{id::RepositoryName, names};
use local_aws::Settings;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    SystemError,
    api::{Api, ApiError},
    function::Function,
};

const DEFINITION: &str = include_str!("../../../../statemachine/gate.asl.json");
const TRIGGERS: &str = include_str!("../../../../statemachine/triggers.json");

/// The only one that the local account knows.
const PARTITION: &str = "aws";

/// The account's ARNs, as far as the deployment names them.
#[derive(Clone, Debug)]
pub(super) struct Names {
    service: String,
    region: String,
    account: String,
}

impl Names {
    pub(super) fn new(settings: &Settings, service: &str) -> Self {
        Self {
            service: service.to_owned(),
            region: settings.region.clone(),
            account: settings.account_id.clone(),
        }
    }

    pub(super) fn state_machine(&self) -> String {
        self.arn("states", &format!("stateMachine:{}", self.service))
    }

    fn function(&self, function: Function) -> String {
        self.arn(
            "lambda",
            &format!("function:{}", function.name(&self.service)),
        )
    }

    fn state_machine_role(&self) -> String {
        format!(
            "arn:{PARTITION}:iam::{}:role/{}-state-machine",
            self.account, self.service
        )
    }

    /// The role builds run under; nothing on a laptop enforces it.
    pub(super) fn build_role(&self) -> String {
        format!(
            "arn:{PARTITION}:iam::{}:role/{}-build",
            self.account, self.service
        )
    }

    /// The bucket for what outlives a pull request.
    pub(super) fn artifact_bucket(&self) -> String {
        format!("{}-artifacts", self.service)
    }

    /// The secret that seals what passes between steps.
    pub(super) fn seal_secret(&self) -> String {
        format!("{}-seal", self.service)
    }

    /// The approval rule and template of a repository; CodeCommit takes at most 100 characters.
    pub(super) fn approval_rule(&self, repository: &str) -> String {
        const MOST: usize = 100;
        let name = format!("{}-{repository}", self.service);
        if name.len() <= MOST {
            return name;
        }
        let hash = gate_core::names::hash(&[&name], 8);
        let start: String = name.chars().take(MOST - 9).collect();
        format!("{start}-{hash}")
    }

    /// The log group of all builds.
    pub(super) fn log_group(&self) -> String {
        format!("/aws/codebuild/{}", self.service)
    }

    /// The parameter that holds a repository's settings.
    pub(super) fn settings(&self, repository: &str) -> String {
        let service = &self.service;
        names::Parameters { service }.settings(&RepositoryName::new(repository))
    }

    fn rule(&self, trigger: &str) -> String {
        format!("{}-{trigger}", self.service)
    }

    fn arn(&self, service: &str, resource: &str) -> String {
        format!(
            "arn:{PARTITION}:{service}:{}:{}:{resource}",
            self.region, self.account
        )
    }

    fn fill_in(&self, template: &str) -> String {
        let template = template
            .replace("${StateMachineArn}", &self.state_machine())
            .replace("${Partition}", PARTITION);
        Function::ALL.into_iter().fold(template, |text, function| {
            text.replace(function.placeholder(), &self.function(function))
        })
    }
}

/// One entry of `triggers.json`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Trigger {
    description: String,
    event_pattern: Option<Value>,
    schedule_expression: Option<String>,
}

/// Creates or updates the bucket, the secret, the state machine and the rules that call the router.
pub(super) async fn deploy(api: &Api, names: &Names) -> Result<(), SystemError> {
    api.create_bucket(&names.artifact_bucket()).await?;
    create_seal_secret(api, names).await?;
    put_state_machine(api, names).await?;
    let triggers: std::collections::BTreeMap<String, Trigger> =
        serde_json::from_str(&names.fill_in(TRIGGERS)).map_err(|error| SystemError::BuiltIn {
            file: "triggers.json",
            message: error.to_string(),
        })?;
    for (name, trigger) in &triggers {
        put_rule(api, names, name, trigger).await?;
    }
    Ok(())
}

/// The key of an earlier deployment stays: runs in flight bear its seal.
async fn create_seal_secret(api: &Api, names: &Names) -> Result<(), ApiError> {
    let random = || format!("{:032x}", fastrand::u128(..));
    let input = json!({
        "Name": names.seal_secret(),
        "Description": "Seals what passes between the steps of a run",
        "SecretString": format!("{}{}", random(), random()),
    });
    match api.call("secretsmanager.CreateSecret", &input).await {
        Err(error) if error.is("ResourceExistsException") => Ok(()),
        other => other.map(drop),
    }
}

async fn put_state_machine(api: &Api, names: &Names) -> Result<(), ApiError> {
    let definition = names.fill_in(DEFINITION);
    let role = names.state_machine_role();
    let create = json!({ "name": names.service, "definition": definition, "roleArn": role });
    match api
        .call("AWSStepFunctions.CreateStateMachine", &create)
        .await
    {
        Err(error) if error.is("StateMachineAlreadyExists") => {}
        other => return other.map(drop),
    }
    let update = json!({
        "stateMachineArn": names.state_machine(),
        "definition": definition,
        "roleArn": role,
    });
    api.call("AWSStepFunctions.UpdateStateMachine", &update)
        .await
        .map(drop)
}

async fn put_rule(
    api: &Api,
    names: &Names,
    trigger_name: &str,
    trigger: &Trigger,
) -> Result<(), ApiError> {
    let name = names.rule(trigger_name);
    let mut rule = json!({ "Name": name, "Description": trigger.description });
    if let Some(pattern) = &trigger.event_pattern {
        rule["EventPattern"] = json!(pattern.to_string());
    }
    if let Some(schedule) = &trigger.schedule_expression {
        rule["ScheduleExpression"] = json!(schedule);
    }
    if !is_in_place(api, &rule).await? {
        api.call("AWSEvents.PutRule", &rule).await?;
    }
    let target = json!({ "Id": "router", "Arn": names.function(Function::Router) });
    let targets = json!({ "Rule": name, "Targets": [target] });
    api.call("AWSEvents.PutTargets", &targets).await.map(drop)
}

/// Whether the rule exists as it is wanted. Putting it again would start its schedule anew, and a gate that is often
/// restarted would never sweep.
async fn is_in_place(api: &Api, rule: &Value) -> Result<bool, ApiError> {
    let found = match api
        .call("AWSEvents.DescribeRule", &json!({ "Name": rule["Name"] }))
        .await
    {
        Ok(found) => found,
        Err(error) if error.is("ResourceNotFoundException") => return Ok(false),
        Err(error) => return Err(error),
    };
    let members = ["Description", "EventPattern", "ScheduleExpression"];
    Ok(members
        .iter()
        .all(|member| found.get(member) == rule.get(member)))
}

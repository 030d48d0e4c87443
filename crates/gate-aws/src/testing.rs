//! Clients that answer as told, over the bytes AWS would send.

use aws_sdk_codecommit::config::{http::HttpResponse, retry::RetryConfig};
use aws_smithy_mocks::{Rule, RuleMode, mock_client};
use gate_core::protocol::Key;
use serde_json::{Value, json};

use crate::{
    Clients, CodeBuild, CodeCommit, Deployment, Executions, Logs, Objects, Parameters, Reports,
    Seals, lazy::Lazy,
};

pub(crate) const STATE_MACHINE: &str =
    "arn:aws:states:eu-central-1:123456789012:stateMachine:gate-runs";

pub(crate) const BUILDER: &str = "arn:aws:sts::123456789012:assumed-role/gate-builder/gate-builder";

/// AWS says no.
pub(crate) fn refusal(status: u16, code: &str, message: &str) -> HttpResponse {
    let body = json!({ "__type": code, "message": message });
    HttpResponse::new(status.try_into().unwrap(), body.to_string().into())
}

/// AWS says this.
pub(crate) fn answer(body: &Value) -> HttpResponse {
    HttpResponse::new(200.try_into().unwrap(), body.to_string().into())
}

macro_rules! client {
    ($sdk:ident, $rules:expr) => {{
        let client = mock_client!($sdk, RuleMode::MatchAny, $rules, |config| config
            .retry_config(RetryConfig::disabled()));
        Lazy::new(move || client)
    }};
}

pub(crate) fn codecommit(rules: &[&Rule]) -> CodeCommit {
    CodeCommit::new(client!(aws_sdk_codecommit, rules))
}

pub(crate) fn codebuild(rules: &[&Rule]) -> CodeBuild {
    CodeBuild::new(client!(aws_sdk_codebuild, rules), BUILDER)
}

pub(crate) fn reports(rules: &[&Rule]) -> Reports {
    Reports::new(client!(aws_sdk_codebuild, rules))
}

pub(crate) fn parameters(rules: &[&Rule]) -> Parameters {
    Parameters::new(client!(aws_sdk_ssm, rules))
}

pub(crate) fn executions(rules: &[&Rule]) -> Executions {
    Executions::new(client!(aws_sdk_sfn, rules), STATE_MACHINE.to_owned())
}

/// All clients of a handler that only reads pull requests and parameters.
pub(crate) fn clients(host: CodeCommit, parameters: Parameters) -> Clients {
    Clients {
        deployment: Deployment {
            service: "gate".to_owned(),
            region: "eu-central-1".to_owned(),
            state_machine_arn: STATE_MACHINE.to_owned(),
            builder_arn: BUILDER.to_owned(),
            seal_secret: String::new(),
            reporter_arn: "arn:aws:sts::123456789012:assumed-role/gate-reporter/*".to_owned(),
            artifact_bucket: String::new(),
        },
        seals: Seals::known(Key::new(&"k".repeat(32)).unwrap()),
        logs: Logs::new(&aws_config::SdkConfig::builder().build(), "eu-central-1"),
        objects: Objects::none(),
        host,
        builds: codebuild(&[]),
        reports: reports(&[]),
        parameters,
        executions: executions(&[]),
    }
}

/// A pull request as GetPullRequest shows it.
pub(crate) fn pull_request(status: &str, revision: &str) -> Value {
    json!({ "pullRequest": {
        "pullRequestId": "7",
        "title": "Add login [skip-tests]",
        "pullRequestStatus": status,
        "authorArn": "arn:aws:iam::123456789012:user/ann",
        "revisionId": revision,
        "approvalRules": [{ "approvalRuleName": "gate" }],
        "pullRequestTargets": [{
            "repositoryName": "shop",
            "sourceReference": "refs/heads/login",
            "destinationReference": "refs/heads/main",
            "sourceCommit": "3f2a91c",
            "destinationCommit": "81c0d2e",
            "mergeMetadata": { "isMerged": false },
        }],
    }})
}

//! All clients of one handler, made once per process.

use aws_config::SdkConfig;
use gate_core::names;

use crate::{
    CodeBuild, CodeCommit, Deployment, Executions, Logs, Objects, Parameters, Reports, Seals,
    lazy::Lazy,
};

/// What a handler works with.
#[derive(Clone, Debug)]
pub struct Clients {
    /// Which deployment this is.
    pub deployment: Deployment,
    /// Pull requests, comments, approvals.
    pub host: CodeCommit,
    /// Projects and builds.
    pub builds: CodeBuild,
    /// What builds reported.
    pub reports: Reports,
    /// What builds wrote while they ran.
    pub logs: Logs,
    /// What outlives a pull request.
    pub objects: Objects,
    /// What the gate remembers.
    pub parameters: Parameters,
    /// Runs of the state machine.
    pub executions: Executions,
    /// What passes between the steps of a run.
    pub seals: Seals,
}

impl Clients {
    /// Clients of every service over one configuration.
    pub fn new(config: &SdkConfig, deployment: Deployment) -> Self {
        let codebuild = lazy(config, aws_sdk_codebuild::Client::new);
        Self {
            objects: Objects::new(config, &deployment),
            logs: Logs::new(config, &deployment.region),
            seals: Seals::new(config, &deployment),
            host: CodeCommit::new(lazy(config, aws_sdk_codecommit::Client::new)),
            builds: CodeBuild::new(codebuild.clone(), &deployment.builder_arn),
            reports: Reports::new(codebuild),
            parameters: Parameters::new(lazy(config, aws_sdk_ssm::Client::new)),
            executions: Executions::new(
                lazy(config, aws_sdk_sfn::Client::new),
                deployment.state_machine_arn.clone(),
            ),
            deployment,
        }
    }

    /// Names of this service's parameters.
    pub fn names(&self) -> names::Parameters<'_> {
        names::Parameters {
            service: &self.deployment.service,
        }
    }
}

fn lazy<C: 'static>(config: &SdkConfig, make: fn(&SdkConfig) -> C) -> Lazy<C> {
    let config = config.clone();
    Lazy::new(move || make(&config))
}

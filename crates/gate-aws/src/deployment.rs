//! Which deployment a handler belongs to, told by its environment variables.

use gate_core::error::GateError;

/// One deployment of the gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// The service's name, `MERGEGATE_SERVICE`: the start of all names the gate gives.
    pub service: String,
    /// The Region, `AWS_REGION`.
    pub region: String,
    /// The gate's state machine, `MERGEGATE_STATE_MACHINE_ARN`; empty for a handler that starts no runs.
    pub state_machine_arn: String,
    /// The bucket for what outlives a pull request, `MERGEGATE_ARTIFACT_BUCKET`; empty for a handler that keeps nothing.
    pub artifact_bucket: String,
    /// Who comments and approves, `MERGEGATE_REPORTER_ARN`.
    pub reporter_arn: String,
    /// Who starts builds, `MERGEGATE_BUILDER_ARN`: no others count.
    pub builder_arn: String,
    /// The secret that seals what passes between steps, `MERGEGATE_SEAL_SECRET`; empty for a handler of no step.
    pub seal_secret: String,
}

impl Deployment {
    /// The ARN of a CodeBuild project, in the account and partition that the reporter is in.
    pub fn project_arn(&self, project: &str) -> String {
        let mut parts = self.reporter_arn.split(':').skip(1);
        let partition = parts.next().unwrap_or("aws");
        let account = parts.nth(2).unwrap_or_default();
        format!(
            "arn:{partition}:codebuild:{}:{account}:project/{project}",
            self.region
        )
    }

    /// Reads the process's environment.
    pub fn from_environment() -> Result<Self, GateError> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    fn from_variables(read: impl Fn(&str) -> Option<String>) -> Result<Self, GateError> {
        let required = |name: &str| {
            read(name).filter(|value| !value.is_empty()).ok_or_else(|| {
                GateError::SettingsUnusable {
                    parameter: name.to_owned(),
                    message: "the environment variable is not set".to_owned(),
                }
            })
        };
        Ok(Self {
            service: required("MERGEGATE_SERVICE")?,
            region: required("AWS_REGION")?,
            state_machine_arn: read("MERGEGATE_STATE_MACHINE_ARN").unwrap_or_default(),
            artifact_bucket: read("MERGEGATE_ARTIFACT_BUCKET").unwrap_or_default(),
            reporter_arn: required("MERGEGATE_REPORTER_ARN")?,
            builder_arn: required("MERGEGATE_BUILDER_ARN")?,
            seal_secret: read("MERGEGATE_SEAL_SECRET").unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Deployment, GateError> {
        Deployment::from_variables(|name| {
            let mut pairs = variables.iter();
            pairs
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_handler_that_starts_no_runs_needs_no_state_machine() {
        let deployment = read(&[
            ("MERGEGATE_SERVICE", "gate"),
            ("AWS_REGION", "eu-central-1"),
            ("MERGEGATE_REPORTER_ARN", "arn:reporter"),
            ("MERGEGATE_BUILDER_ARN", "arn:builder"),
        ]);
        assert_eq!(
            deployment,
            Ok(Deployment {
                service: "gate".to_owned(),
                region: "eu-central-1".to_owned(),
                state_machine_arn: String::new(),
                artifact_bucket: String::new(),
                reporter_arn: "arn:reporter".to_owned(),
                builder_arn: "arn:builder".to_owned(),
                seal_secret: String::new(),
            })
        );
    }

    #[test]
    fn refuses_an_empty_service_name_and_names_the_variable() {
        let error = read(&[("MERGEGATE_SERVICE", ""), ("AWS_REGION", "eu-central-1")]);
        assert_eq!(
            error.unwrap_err().to_string(),
            "the parameter `MERGEGATE_SERVICE` is not usable: the environment variable is not set; redeploy the gate"
        );
    }
}

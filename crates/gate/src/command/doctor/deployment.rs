//! Which deployment is examined, and the names of what it consists of. They are those that the CDK app gives
//! (`cdk/lib/names.ts`); a test reads them from its template.

use std::collections::BTreeMap;

use serde_json::Value;

use super::aws::{Answer, Aws};
use crate::command::Failure;

const TRIGGERS: &str = include_str!("../../../../../statemachine/triggers.json");

/// The functions, by the name of their binary.
const FUNCTIONS: [&str; 4] = ["router", "environment", "builder", "reporter"];

/// One deployment.
#[derive(Clone, Debug)]
pub(super) struct Deployment {
    /// Its service's name.
    pub(super) service: String,
    /// The account.
    pub(super) account: String,
    /// The Region.
    pub(super) region: String,
    /// `aws`, or another partition.
    pub(super) partition: String,
}

/// The deployment of `service` in the account of the credentials.
pub(super) fn find(aws: &Aws, service: &str) -> Result<Deployment, Failure> {
    let identity = match aws.ask(&["sts", "get-caller-identity"])? {
        Answer::Found(identity) => identity,
        Answer::Missing | Answer::Forbidden(_) => {
            return Err(Failure::new("AWS does not say who these credentials are")
                .help("`aws sts get-caller-identity` must work"));
        }
    };
    let text = |name: &str| identity[name].as_str().unwrap_or_default().to_owned();
    Ok(Deployment {
        service: service.to_owned(),
        account: text("Account"),
        region: aws.region.clone(),
        partition: text("Arn").split(':').nth(1).unwrap_or("aws").to_owned(),
    })
}

impl Deployment {
    /// The folder of what it says about repositories.
    pub(super) fn repositories(&self) -> String {
        let service = &self.service;
        gate_core::names::Parameters { service }.repositories()
    }

    /// The functions.
    pub(super) fn functions(&self) -> Vec<String> {
        FUNCTIONS
            .map(|name| format!("{}-{name}", self.service))
            .to_vec()
    }

    /// The role of a function, or another one by its own part of the name.
    pub(super) fn role(&self, name: &str) -> String {
        format!("{}-{name}-{}", self.service, self.region)
    }

    /// The policy for people; or the `place`th of them, from 1, where there are more repositories than one has room for.
    pub(super) fn people_policy(&self, place: usize) -> String {
        let Self {
            account, partition, ..
        } = self;
        let name = match place {
            1 => "protect-branches".to_owned(),
            _ => format!("protect-branches-{place}"),
        };
        format!("arn:{partition}:iam::{account}:policy/{}", self.role(&name))
    }

    /// The rules that call the router.
    pub(super) fn rules(&self) -> Vec<String> {
        let triggers: BTreeMap<String, Value> = serde_json::from_str(TRIGGERS).unwrap_or_default();
        triggers
            .keys()
            .map(|name| format!("{}-{name}", self.service))
            .collect()
    }

    /// The queue of what could not be handled.
    pub(super) fn dead_letters(&self) -> String {
        format!("{}-dead-letters", self.service)
    }

    /// The state machine's ARN.
    pub(super) fn state_machine(&self) -> String {
        let Self {
            service,
            account,
            region,
            partition,
        } = self;
        format!("arn:{partition}:states:{region}:{account}:stateMachine:{service}")
    }

    /// Who alone may satisfy the approval rule.
    pub(super) fn approver(&self) -> String {
        let Self {
            account, partition, ..
        } = self;
        format!(
            "arn:{partition}:sts::{account}:assumed-role/{}/*",
            self.role("reporter")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_one_that_the_cdk_app_gives() {
        const TEMPLATE: &str =
            include_str!("../../../../../cdk/test/snapshot/mergegate.template.json");
        let deployment = Deployment {
            service: "mergegate".to_owned(),
            account: "123456789012".to_owned(),
            region: "eu-central-1".to_owned(),
            partition: "aws".to_owned(),
        };
        let names = [
            deployment.functions(),
            FUNCTIONS.map(|name| deployment.role(name)).to_vec(),
            vec![
                deployment.role("state-machine"),
                deployment.role("protect-branches"),
            ],
            deployment.rules(),
            vec![deployment.dead_letters()],
        ];
        let names = names.concat();
        assert!(names.len() > 14, "{names:?}");
        for name in names {
            assert!(TEMPLATE.contains(&format!("\"{name}\"")), "no {name}");
        }
        assert!(TEMPLATE.contains("assumed-role/mergegate-reporter-eu-central-1/*"));
        assert!(
            deployment
                .approver()
                .ends_with("assumed-role/mergegate-reporter-eu-central-1/*")
        );
        assert!(TEMPLATE.contains("/mergegate/mergegate/repositories/my-repository/settings"));
        assert_eq!(
            deployment.repositories(),
            "/mergegate/mergegate/repositories"
        );
    }
}

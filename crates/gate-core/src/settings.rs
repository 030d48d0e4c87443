//! What the deployment says about one repository: one JSON parameter, written by CDK or by `gate local`.

use serde::{Deserialize, Serialize};

use crate::id::BranchName;

/// Settings of one repository. Unknown members are refused: they would be settings of another release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RepositorySettings {
    /// 1.
    pub version: u32,
    /// ARN of the role builds run under.
    pub build_role: String,
    /// Gated destination branches; empty means the repository's default branch.
    #[serde(default)]
    pub destinations: Vec<String>,
    /// `cloneUrlHttp` that builds fetch from.
    pub clone_url: String,
    /// CloudWatch log group of all builds; it outlives the pull request.
    pub log_group: String,
    /// Image, for example `aws/codebuild/amazonlinux-x86_64-standard:5.0`.
    pub image: String,
    /// CodeBuild's environment type, for example `LINUX_CONTAINER`.
    pub environment_type: String,
    /// CodeBuild's compute type, for example `BUILD_GENERAL1_SMALL`.
    pub compute_type: String,
    /// How long a build may run, in minutes, 5 to 2160.
    pub timeout_minutes: u32,
    /// How long a build may wait in the queue, in minutes, 5 to 480.
    pub queued_timeout_minutes: u32,
    /// Where in a VPC builds run; outside of one if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc: Option<Vpc>,
    /// What `[container]` builds have besides, if the deployment gives them anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub containers: Option<Containers>,
}

/// A place in a VPC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Vpc {
    /// The VPC.
    pub vpc_id: String,
    /// Its subnets, 1 to 16.
    pub subnet_ids: Vec<String>,
    /// Its security groups, 1 to 5.
    pub security_group_ids: Vec<String>,
}

/// Where `[container]` builds may put their images, and the role that lets them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Containers {
    /// ARN of the role they run under, in place of [`RepositorySettings::build_role`].
    pub build_role: String,
    /// URI of the image repository they may push to.
    pub image_repository: String,
}

impl RepositorySettings {
    /// Reads the parameter's value; the error is a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let settings: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if settings.version != 1 {
            return Err(format!(
                "version {} is not 1, the one this release reads",
                settings.version
            ));
        }
        Ok(settings)
    }

    /// Whether CodeBuild keeps no local cache where builds run (user guide, caching-local and lambda).
    pub fn keeps_no_cache(&self) -> bool {
        let environment = &self.environment_type;
        self.vpc.is_some()
            || environment.contains("_GPU_")
            || environment.ends_with("_LAMBDA_CONTAINER")
    }

    /// The gated branches of a repository with this default branch.
    pub fn gated(&self, default_branch: Option<BranchName>) -> Vec<BranchName> {
        if self.destinations.is_empty() {
            return default_branch.into_iter().collect();
        }
        self.destinations.iter().map(BranchName::new).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(destinations: &str) -> RepositorySettings {
        let text = format!(
            r#"{{"version":1,"buildRole":"arn:aws:iam::123456789012:role/build","destinations":{destinations},
            "cloneUrl":"https://example.com/demo","logGroup":"/aws/codebuild/gate","image":"i",
            "environmentType":"LINUX_CONTAINER","computeType":"BUILD_GENERAL1_SMALL",
            "timeoutMinutes":60,"queuedTimeoutMinutes":480}}"#
        );
        RepositorySettings::parse(&text).unwrap()
    }

    #[test]
    fn the_default_branch_is_gated_where_no_other_is_named() {
        let main = BranchName::new("main");
        assert_eq!(
            settings("[]").gated(Some(main.clone())),
            std::slice::from_ref(&main)
        );
        assert_eq!(settings("[]").gated(None), []);
        let named = settings(r#"["release", "next"]"#).gated(Some(main));
        assert_eq!(named, [BranchName::new("release"), BranchName::new("next")]);
    }

    #[test]
    fn a_vpc_and_an_image_repository_are_there_if_the_deployment_has_them() {
        let bare = settings("[]");
        assert_eq!((&bare.vpc, &bare.containers), (&None, &None));
        let text = serde_json::to_string(&bare).unwrap();
        let more = r#""version":1,"vpc":{"vpcId":"vpc-1","subnetIds":["subnet-1"],"securityGroupIds":["sg-1"]},
            "containers":{"buildRole":"arn:container","imageRepository":"123.ecr/gate"}"#;
        let parsed = RepositorySettings::parse(&text.replace(r#""version":1"#, more)).unwrap();
        let vpc = Vpc {
            vpc_id: "vpc-1".to_owned(),
            subnet_ids: vec!["subnet-1".to_owned()],
            security_group_ids: vec!["sg-1".to_owned()],
        };
        let containers = Containers {
            build_role: "arn:container".to_owned(),
            image_repository: "123.ecr/gate".to_owned(),
        };
        assert_eq!(
            (parsed.vpc, parsed.containers),
            (Some(vpc), Some(containers))
        );
    }

    #[test]
    fn refuses_settings_of_another_release() {
        let text = serde_json::to_string(&settings("[]")).unwrap();
        let newer = text.replace(r#""version":1"#, r#""version":2"#);
        assert_eq!(
            RepositorySettings::parse(&newer),
            Err("version 2 is not 1, the one this release reads".to_owned())
        );
        let unknown = text.replace(r#""version":1"#, r#""version":1,"colour":"red""#);
        let error = RepositorySettings::parse(&unknown).unwrap_err();
        assert!(error.contains("unknown field `colour`"), "{error}");
    }
}

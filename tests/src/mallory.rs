//! A person who may start builds, and copies what the gate's builds are found by.

use std::time::Duration;

use aws_sdk_codebuild::{
    Client,
    types::{Build, EnvironmentVariable, StatusType},
};

use crate::People;

/// Mallory, and a build of the gate that is copied.
#[derive(Clone)]
pub struct Mallory {
    client: Client,
    original: Build,
}

/// What a forged build runs in place of the tests.
#[derive(Clone, Copy)]
pub enum Instead {
    /// Nothing, and it reports that all is well.
    Nothing,
    /// Something that never ends.
    Sleep,
}

/// The access key, and the name among those who start builds.
const NAME: &str = "mallory";

impl Mallory {
    /// Copies this build.
    pub fn copies(people: &People, original: Build) -> Self {
        let config = gate_aws::config::local(people.url(), "us-east-1", NAME);
        Self {
            client: Client::new(&config),
            original,
        }
    }

    /// Whether Mallory started a build.
    pub fn started(build: &Build) -> bool {
        build.initiator() == Some(NAME)
    }

    /// The client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The copied build.
    pub fn original(&self) -> &Build {
        &self.original
    }

    /// A variable of the copied build.
    pub fn variable(&self, name: &str) -> String {
        let environment = self.original.environment().expect("an environment");
        let mut variables = environment.environment_variables().iter();
        let found = variables.find(|variable| variable.name == name);
        found.expect("a variable of the gate").value.clone()
    }

    /// Starts a build of this attempt of a run; answers its id, unless CodeBuild takes no further one.
    pub async fn starts(&self, run: &str, attempt: &str, instead: Instead) -> Option<String> {
        let environment = self.original.environment().expect("an environment");
        let copied = environment.environment_variables().iter().map(|variable| {
            let value = match variable.name.as_str() {
                "MERGEGATE_RUN" => run,
                "MERGEGATE_ATTEMPT" => attempt,
                _ => variable.value.as_str(),
            };
            let copy = EnvironmentVariable::builder();
            let copy = copy.name(&variable.name).value(value).build();
            copy.expect("a variable")
        });
        let command = match instead {
            Instead::Nothing => {
                r#"'echo "<testsuite><testcase name=\"well\" time=\"0.01\"/></testsuite>" > report.xml'"#
            }
            Instead::Sleep => "sleep 600",
        };
        let buildspec = self.original.source().and_then(|source| source.buildspec());
        let buildspec = buildspec.expect("a buildspec");
        assert!(buildspec.contains("sh test.sh"), "{buildspec}");
        let start = self
            .client
            .start_build()
            .project_name(self.original.project_name().expect("a project"))
            .set_source_version(self.original.source_version.clone())
            .buildspec_override(buildspec.replace("sh test.sh", command))
            .set_environment_variables_override(Some(copied.collect()));
        start.send().await.ok()?.build_value?.id
    }

    /// Starts a build and waits until it has passed; answers its id.
    pub async fn forges(&self, run: &str, attempt: &str) -> String {
        let id = self.starts(run, attempt, Instead::Nothing).await;
        let id = id.expect("a build");
        loop {
            let builds = self.client.batch_get_builds().ids(&id).send().await;
            let build = builds.expect("builds").builds.unwrap_or_default().remove(0);
            if build.build_complete {
                assert_eq!(build.build_status, Some(StatusType::Succeeded), "{build:?}");
                return id;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

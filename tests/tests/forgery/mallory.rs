//! A person who may start builds, and copies what the gate's builds are found by.

use std::time::Duration;

use aws_sdk_codebuild::{
    Client,
    types::{Build, EnvironmentVariable, StatusType},
};
use mergegate_tests::Stage;

/// Mallory, and a build of the gate that is copied.
#[derive(Clone)]
pub(crate) struct Mallory {
    client: Client,
    original: Build,
}

/// What a forged build runs in place of the tests.
#[derive(Clone, Copy)]
pub(crate) enum Instead {
    /// Nothing, and it reports that all is well.
    Nothing,
    /// Something that never ends.
    Sleep,
}

impl Mallory {
    /// Looks at the newest build of the account.
    pub(crate) async fn looks_at(stage: &Stage) -> Self {
        let config = gate_aws::config::local(stage.url(), "us-east-1", "mallory");
        let mut builds = stage.builds().await;
        Self {
            client: Client::new(&config),
            original: builds.remove(0),
        }
    }

    /// The run that the copied build is of.
    pub(crate) fn run(&self) -> String {
        let environment = self.original.environment().expect("an environment");
        let mut variables = environment.environment_variables().iter();
        let run = variables.find(|variable| variable.name == "MERGEGATE_RUN");
        run.expect("the run").value.clone()
    }

    /// Starts a build for a run and waits for its end, unless it has none; answers its id.
    pub(crate) async fn forges(&self, run: &str, attempt: &str, instead: Instead) -> String {
        let environment = self.original.environment().expect("an environment");
        let copied = environment.environment_variables().iter().map(|variable| {
            let value = match variable.name.as_str() {
                "MERGEGATE_RUN" => run,
                "MERGEGATE_ATTEMPT" => attempt,
                _ => variable.value.as_str(),
            };
            let copy = EnvironmentVariable::builder();
            copy.name(&variable.name).value(value).build().unwrap()
        });
        let buildspec = self.original.source().and_then(|source| source.buildspec());
        let command = match instead {
            Instead::Nothing => {
                r#"'echo "<testsuite><testcase name=\"well\" time=\"0.01\"/></testsuite>" > report.xml'"#
            }
            Instead::Sleep => "sleep 600",
        };
        let buildspec = buildspec.expect("a buildspec");
        assert!(buildspec.contains("sh test.sh"), "{buildspec}");
        let start = self
            .client
            .start_build()
            .project_name(self.original.project_name().expect("a project"))
            .set_source_version(self.original.source_version.clone())
            .buildspec_override(buildspec.replace("sh test.sh", command))
            .set_environment_variables_override(Some(copied.collect()));
        let started = start.send().await.expect("a build").build_value;
        let id = started.and_then(|build| build.id).expect("an id");
        match instead {
            Instead::Nothing => self.ends(&id).await,
            Instead::Sleep => {}
        }
        id
    }

    async fn ends(&self, id: &str) {
        loop {
            let builds = self.client.batch_get_builds().ids(id).send().await;
            let build = builds.expect("builds").builds.unwrap_or_default().remove(0);
            if build.build_complete {
                assert_eq!(build.build_status, Some(StatusType::Succeeded), "{build:?}");
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

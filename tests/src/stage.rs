//! The system under the stories, and what a person can ask of it.

use std::time::{Duration, Instant};

use aws_sdk_codecommit::types::{PullRequest, PullRequestStatusEnum, Target};
use gate::system::{Options, System};
use local_aws::Settings;
use tempfile::TempDir;

use crate::WorkingCopy;

/// Nothing on the stage takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a stage differs from the usual one.
#[derive(Clone, Copy, Debug)]
pub struct StageOptions {
    /// Builds at once.
    pub concurrent_builds: usize,
    /// Facts about AWS that nobody could confirm.
    pub assumptions: local_aws::Assumptions,
    /// Whether pull requests get the rule that only the gate can satisfy.
    pub rule: bool,
}

impl Default for StageOptions {
    fn default() -> Self {
        Self {
            concurrent_builds: 4,
            assumptions: local_aws::Assumptions::default(),
            rule: true,
        }
    }
}

/// A running system with one repository `demo`, whose `main` is what the story began with.
pub struct Stage {
    /// The system.
    pub system: System,
    /// A person's clone of `demo`.
    pub copy: WorkingCopy,
    _directory: TempDir,
}

impl Stage {
    /// Sets the stage: `files` on `main`.
    pub async fn set(files: &[(&str, &str)]) -> Self {
        Self::set_with(StageOptions::default(), files).await
    }

    /// Sets the stage with options.
    pub async fn set_with(options: StageOptions, files: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut settings = Settings::new(directory.path().join("data"));
        settings.wait_scale = 0.02;
        settings.concurrent_builds = options.concurrent_builds;
        settings.assumptions = options.assumptions;
        let system = System::start(Options::new(settings))
            .await
            .expect("the system starts");
        let client = aws_sdk_codecommit::Client::new(&system.config_as("ann"));
        client
            .create_repository()
            .repository_name("demo")
            .send()
            .await
            .expect("a repository");
        let copy = WorkingCopy::clone(&format!("{}/v1/repos/demo", system.url()));
        copy.push("main", "", files);
        let stage = Self {
            system,
            copy,
            _directory: directory,
        };
        if options.rule {
            stage.require_the_gate().await;
        }
        stage
    }

    /// CodeCommit as `user`.
    pub fn code_commit(&self, user: &str) -> aws_sdk_codecommit::Client {
        aws_sdk_codecommit::Client::new(&self.system.config_as(user))
    }

    /// CodeBuild as `ann`.
    pub fn code_build(&self) -> aws_sdk_codebuild::Client {
        aws_sdk_codebuild::Client::new(&self.system.config_as("ann"))
    }

    /// Step Functions as `ann`.
    pub fn step_functions(&self) -> aws_sdk_sfn::Client {
        aws_sdk_sfn::Client::new(&self.system.config_as("ann"))
    }

    /// Parameter Store as `ann`.
    pub fn parameter_store(&self) -> aws_sdk_ssm::Client {
        aws_sdk_ssm::Client::new(&self.system.config_as("ann"))
    }

    async fn require_the_gate(&self) {
        let member = self.system.approval_pool_member();
        let content = format!(
            r#"{{"Version":"2018-11-08","Statements":[{{"Type":"Approvers","NumberOfApprovalsNeeded":1,"ApprovalPoolMembers":["{member}"]}}]}}"#
        );
        let client = self.code_commit("ann");
        client
            .create_approval_rule_template()
            .approval_rule_template_name("gate")
            .approval_rule_template_content(content)
            .send()
            .await
            .expect("a template");
        client
            .associate_approval_rule_template_with_repository()
            .approval_rule_template_name("gate")
            .repository_name("demo")
            .send()
            .await
            .expect("an association");
    }

    /// Opens a pull request from `source` to `main` as ann; answers its id.
    pub async fn open(&self, source: &str, title: &str) -> String {
        self.open_as("ann", source, "main", title).await
    }

    /// Opens a pull request.
    pub async fn open_as(
        &self,
        user: &str,
        source: &str,
        destination: &str,
        title: &str,
    ) -> String {
        let target = Target::builder()
            .repository_name("demo")
            .source_reference(source)
            .destination_reference(destination)
            .build()
            .expect("a target");
        let client = self.code_commit(user);
        let output = client
            .create_pull_request()
            .title(title)
            .targets(target)
            .send()
            .await
            .expect("a pull request");
        output
            .pull_request()
            .and_then(PullRequest::pull_request_id)
            .expect("an id")
            .to_owned()
    }

    /// The live pull request.
    pub async fn pull_request(&self, id: &str) -> PullRequest {
        let output = self
            .code_commit("ann")
            .get_pull_request()
            .pull_request_id(id)
            .send()
            .await;
        output
            .expect("the pull request")
            .pull_request
            .expect("the pull request")
    }

    /// Its live revision.
    pub async fn revision(&self, id: &str) -> String {
        self.pull_request(id).await.revision_id.expect("a revision")
    }

    /// The gate's comments, oldest first.
    pub async fn comments(&self, id: &str) -> Vec<String> {
        use gate_core::host::CodeHost;
        let host = self.system.clients_as("ann").host;
        let comments = host
            .comments(&gate_core::id::PullRequestId::new(id))
            .await
            .expect("the comments");
        let own = comments
            .into_iter()
            .filter(|comment| comment.author == self.system.reporter_arn());
        own.map(|comment| comment.content).collect()
    }

    /// The gate's comment about the live revision, once it holds a verdict.
    pub async fn verdict(&self, id: &str) -> String {
        let revision = self.revision(id).await;
        let id = id.to_owned();
        self.eventually(&format!("a verdict about pull request {id}"), async || {
            let comments = self.comments(&id).await;
            let (id, revision) = (
                gate_core::id::PullRequestId::new(&id),
                gate_core::id::RevisionId::new(&revision),
            );
            let about = comments
                .into_iter()
                .rfind(|comment| gate_core::comment::is_about(comment, &id, &revision));
            about.filter(|comment| {
                !comment.starts_with("### ⏳") && !comment.contains("It will be tried again")
            })
        })
        .await
    }

    /// Whether the approval rules of the live revision are satisfied.
    pub async fn approved(&self, id: &str) -> bool {
        let revision = self.revision(id).await;
        let client = self.code_commit("ann");
        let output = client
            .evaluate_pull_request_approval_rules()
            .pull_request_id(id)
            .revision_id(revision)
            .send()
            .await;
        output
            .expect("an evaluation")
            .evaluation
            .expect("an evaluation")
            .approved
    }

    /// Merges by three-way.
    pub async fn merge(&self, id: &str) {
        let client = self.code_commit("ann");
        let merge = client
            .merge_pull_request_by_three_way()
            .pull_request_id(id)
            .repository_name("demo");
        merge.send().await.expect("a merge");
    }

    /// Closes without a merge.
    pub async fn close(&self, id: &str) {
        let client = self.code_commit("ann");
        let close = client.update_pull_request_status().pull_request_id(id);
        close
            .pull_request_status(PullRequestStatusEnum::Closed)
            .send()
            .await
            .expect("a close");
    }

    /// What is left of any pull request's environment: projects, report groups, preview branches, parameters, running builds.
    pub async fn leftovers(&self) -> Vec<String> {
        let clients = self.system.clients_as("ann");
        let mut left = clients
            .builds
            .projects("mergegate-pr-")
            .await
            .expect("projects");
        let groups = clients
            .builds
            .report_groups("mergegate-pr-")
            .await
            .expect("report groups");
        left.extend(groups.into_iter().map(|group| group.arn));
        let folder = clients.names().pull_requests();
        left.extend(
            clients
                .parameters
                .names_below(&folder)
                .await
                .expect("parameters"),
        );
        let branches = self
            .copy
            .git(&["ls-remote", "--heads", "origin", "mergegate/*"]);
        left.extend(branches.lines().map(str::to_owned));
        left.extend(self.running_builds().await);
        left
    }

    /// Ids of builds that have not ended.
    pub async fn running_builds(&self) -> Vec<String> {
        let client = self.code_build();
        let ids = client
            .list_builds()
            .send()
            .await
            .expect("builds")
            .ids
            .unwrap_or_default();
        if ids.is_empty() {
            return ids;
        }
        let builds = client
            .batch_get_builds()
            .set_ids(Some(ids))
            .send()
            .await
            .expect("builds")
            .builds
            .unwrap_or_default();
        builds
            .into_iter()
            .filter(|build| !build.build_complete)
            .filter_map(|build| build.id)
            .collect()
    }

    /// Waits until nothing of any environment is left.
    pub async fn cleaned(&self) {
        self.eventually("nothing to be left", async || {
            self.leftovers().await.is_empty().then_some(())
        })
        .await;
    }

    /// Waits until no execution runs and no event is on its way.
    pub async fn quiet(&self) {
        let mut calm = 0;
        self.eventually("quiet", async || {
            calm = if self.account_is_busy().await {
                0
            } else {
                calm + 1
            };
            (calm == 3).then_some(())
        })
        .await;
    }

    async fn account_is_busy(&self) -> bool {
        let machine = &self.system.deployment().state_machine_arn;
        let client = self.step_functions();
        let running = client
            .list_executions()
            .state_machine_arn(machine)
            .status_filter("RUNNING".into());
        !running
            .send()
            .await
            .expect("executions")
            .executions
            .is_empty()
            || self.system.account().has_undelivered()
    }

    /// Polls `look` until it answers; panics with `what` when that takes too long.
    pub async fn eventually<T>(&self, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
        let start = Instant::now();
        loop {
            if let Some(found) = look().await {
                return found;
            }
            assert!(
                start.elapsed() < PATIENCE,
                "waited in vain for {what}; left: {:?}",
                self.leftovers().await
            );
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// Ends the system.
    pub async fn strike(self) {
        self.system.shut_down().await;
    }
}

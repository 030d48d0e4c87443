//! What people do on an endpoint and what they see there, whoever runs it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use aws_config::SdkConfig;
use aws_sdk_codebuild::types::Build;
use aws_sdk_codecommit::types::{PullRequest, PullRequestStatusEnum, Target};
use gate_aws::{Clients, Deployment};
use gate_core::{
    comment,
    host::CodeHost,
    id::{PullRequestId, RevisionId},
};

use crate::{Mallory, WorkingCopy, git};

/// Nothing on a stage takes longer.
const PATIENCE: Duration = Duration::from_mins(1);

/// What is known of a pull request's revisions: revision → source commit.
pub(crate) type Revisions = BTreeMap<String, String>;

/// The people around one repository `demo`.
pub struct People {
    /// Ann's clone of it.
    pub copy: Arc<WorkingCopy>,
    url: String,
    deployment: Deployment,
    /// Ann's configuration: every new one would open new connections.
    ann: SdkConfig,
    /// Where the endpoint keeps its state.
    data: PathBuf,
    revisions: Mutex<Revisions>,
}

impl People {
    /// People at an endpoint whose state is in `data`.
    pub(crate) fn at(url: &str, deployment: &Deployment, data: &Path, copy: WorkingCopy) -> Self {
        Self {
            copy: Arc::new(copy),
            url: url.to_owned(),
            ann: gate_aws::config::local(url, &deployment.region, "ann"),
            deployment: deployment.clone(),
            data: data.to_owned(),
            revisions: Mutex::default(),
        }
    }

    /// `http://127.0.0.1:<port>`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// CodeCommit as `user`.
    pub fn code_commit(&self, user: &str) -> aws_sdk_codecommit::Client {
        if user == "ann" {
            return aws_sdk_codecommit::Client::new(&self.ann);
        }
        let region = &self.deployment.region;
        aws_sdk_codecommit::Client::new(&gate_aws::config::local(&self.url, region, user))
    }

    /// CodeBuild as `ann`.
    pub fn code_build(&self) -> aws_sdk_codebuild::Client {
        aws_sdk_codebuild::Client::new(&self.ann)
    }

    /// Step Functions as `ann`.
    pub fn step_functions(&self) -> aws_sdk_sfn::Client {
        aws_sdk_sfn::Client::new(&self.ann)
    }

    /// Parameter Store as `ann`.
    pub fn parameter_store(&self) -> aws_sdk_ssm::Client {
        aws_sdk_ssm::Client::new(&self.ann)
    }

    /// The gate's own clients, as `ann`.
    pub fn clients(&self) -> Clients {
        Clients::new(&self.ann, self.deployment.clone())
    }

    /// Who comments and approves.
    pub fn reporter_arn(&self) -> &str {
        &self.deployment.reporter_arn
    }

    /// Associates a rule with `demo` that only the gate's role can satisfy.
    pub async fn require_the_gate(&self) {
        let (role, _) = self.reporter_arn().rsplit_once('/').expect("a session");
        let content = format!(
            r#"{{"Version":"2018-11-08","Statements":[{{"Type":"Approvers","NumberOfApprovalsNeeded":1,"ApprovalPoolMembers":["{role}/*"]}}]}}"#
        );
        let client = self.code_commit("ann");
        let template = client
            .create_approval_rule_template()
            .approval_rule_template_name("gate")
            .approval_rule_template_content(content);
        template.send().await.expect("a template");
        let association = client
            .associate_approval_rule_template_with_repository()
            .approval_rule_template_name("gate")
            .repository_name("demo");
        association.send().await.expect("an association");
    }

    /// Opens a pull request from `source` to `main` as ann; answers its id.
    pub async fn open(&self, source: &str, title: &str) -> String {
        self.open_as("ann", source, "main", title).await
    }

    /// Opens a pull request to `main` of another repository than `demo`.
    pub async fn open_in(&self, repository: &str, source: &str, title: &str) -> String {
        let opened = self.try_open_in(repository, "ann", source, "main", title);
        opened
            .await
            .unwrap_or_else(|error| panic!("no pull request: {error}"))
    }

    /// Opens a pull request.
    pub async fn open_as(
        &self,
        user: &str,
        source: &str,
        destination: &str,
        title: &str,
    ) -> String {
        let opened = self.try_open_in("demo", user, source, destination, title);
        opened
            .await
            .unwrap_or_else(|error| panic!("no pull request: {error}"))
    }

    /// Opens a pull request at an endpoint that may die meanwhile; whether it answered.
    pub async fn try_open(&self, source: &str, title: &str) -> bool {
        let opened = self.try_open_in("demo", "ann", source, "main", title);
        opened.await.is_ok()
    }

    async fn try_open_in(
        &self,
        repository: &str,
        user: &str,
        source: &str,
        destination: &str,
        title: &str,
    ) -> Result<String, String> {
        let target = Target::builder()
            .repository_name(repository)
            .source_reference(source)
            .destination_reference(destination)
            .build()
            .expect("a target");
        let client = self.code_commit(user);
        let open = client.create_pull_request().title(title).targets(target);
        let opened = open.send().await.map_err(|error| format!("{error:?}"))?;
        let opened = opened.pull_request.expect("a pull request");
        self.note_revision(&opened);
        Ok(opened.pull_request_id.expect("an id"))
    }

    /// Ids of the open pull requests.
    pub async fn open_ones(&self) -> Vec<String> {
        let client = self.code_commit("ann");
        let list = client
            .list_pull_requests()
            .repository_name("demo")
            .pull_request_status(PullRequestStatusEnum::Open);
        list.send().await.expect("pull requests").pull_request_ids
    }

    /// The live pull request.
    pub async fn pull_request(&self, id: &str) -> PullRequest {
        let client = self.code_commit("ann");
        let shown = client.get_pull_request().pull_request_id(id).send().await;
        let shown = shown.expect("an answer").pull_request;
        let shown = shown.expect("the pull request");
        self.note_revision(&shown);
        shown
    }

    /// Whether it is open.
    pub async fn is_open(&self, id: &str) -> bool {
        self.pull_request(id).await.pull_request_status() == Some(&PullRequestStatusEnum::Open)
    }

    /// Its live revision.
    pub async fn revision(&self, id: &str) -> String {
        self.pull_request(id).await.revision_id.expect("a revision")
    }

    fn note_revision(&self, shown: &PullRequest) {
        let revision = shown.revision_id().expect("a revision").to_owned();
        let source = shown.pull_request_targets()[0].source_commit();
        let source = source.expect("a source commit").to_owned();
        let mut revisions = self
            .revisions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        revisions.insert(revision, source);
    }

    /// Every revision that anybody saw, with its source commit.
    pub(crate) fn revisions(&self) -> Revisions {
        let revisions = self
            .revisions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        revisions.clone()
    }

    /// Runs git in the repository itself, past the endpoint.
    pub fn in_repository(&self, arguments: &[&str]) -> String {
        git::run(&self.data.join("repositories/demo.git"), arguments)
            .unwrap_or_else(|error| panic!("git {arguments:?}: {error}"))
    }

    /// The gate's comments, oldest first.
    pub async fn comments(&self, id: &str) -> Vec<String> {
        self.try_comments(id).await.expect("the comments")
    }

    async fn try_comments(&self, id: &str) -> Option<Vec<String>> {
        let comments = self.clients().host.comments(&PullRequestId::new(id)).await;
        let own = comments
            .ok()?
            .into_iter()
            .filter(|comment| comment.author == self.reporter_arn());
        Some(own.map(|comment| comment.content).collect())
    }

    /// Comments on the live revision as `user`; answers the comment's id.
    pub async fn say_as(&self, user: &str, id: &str, text: &str) -> String {
        let live = self.pull_request(id).await;
        let target = &live.pull_request_targets()[0];
        let commit = |commit: Option<&str>| commit.expect("a commit").to_owned();
        let (before, after) = (target.destination_commit(), target.source_commit());
        self.say_at(user, id, &commit(before), &commit(after), text)
            .await
    }

    /// Comments as ann.
    pub async fn say(&self, id: &str, text: &str) -> String {
        self.say_as("ann", id, text).await
    }

    /// Comments beside a difference.
    pub async fn say_at(
        &self,
        user: &str,
        id: &str,
        before: &str,
        after: &str,
        text: &str,
    ) -> String {
        let client = self.code_commit(user);
        let post = client
            .post_comment_for_pull_request()
            .pull_request_id(id)
            .repository_name("demo")
            .before_commit_id(before)
            .after_commit_id(after)
            .content(text);
        let posted = post.send().await.expect("a comment").comment;
        posted
            .and_then(|comment| comment.comment_id)
            .expect("an id")
    }

    /// The gate's replies to a comment, oldest first.
    pub async fn replies(&self, id: &str, comment: &str) -> Vec<String> {
        let comments = self.clients().host.comments(&PullRequestId::new(id)).await;
        let replies = comments.expect("comments").into_iter().filter(|reply| {
            let to = reply.in_reply_to.as_ref();
            reply.author == self.reporter_arn() && to.is_some_and(|to| to.as_str() == comment)
        });
        replies.map(|reply| reply.content).collect()
    }

    /// The gate's reply to a comment.
    pub async fn reply(&self, id: &str, comment: &str) -> String {
        self.eventually("a reply", async || self.replies(id, comment).await.pop())
            .await
    }

    /// Comments as `user` and waits for the reply.
    pub async fn ask_as(&self, user: &str, id: &str, text: &str) -> String {
        let comment = self.say_as(user, id, text).await;
        self.reply(id, &comment).await
    }

    /// Comments as ann and waits for the reply.
    pub async fn ask(&self, id: &str, text: &str) -> String {
        self.ask_as("ann", id, text).await
    }

    /// Somebody deletes all that the gate says about runs.
    pub async fn delete_what_the_gate_says(&self, id: &str) {
        let comments = self.clients().host.comments(&PullRequestId::new(id)).await;
        let said = comments.expect("comments").into_iter().filter(|said| {
            said.author == self.reporter_arn() && !said.deleted && said.in_reply_to.is_none()
        });
        for said in said {
            let delete = self.code_commit("ann").delete_comment_content();
            let deleted = delete.comment_id(said.id.as_str()).send().await;
            deleted.expect("a deleted comment");
        }
    }

    /// The gate's comment about the live revision, once it is a verdict that begins so.
    pub async fn verdict_like(&self, id: &str, beginning: &str) -> String {
        let what = format!("a verdict about {id} that begins with {beginning}");
        self.eventually(&what, async || {
            let verdict = self.verdict(id).await;
            verdict.starts_with(beginning).then_some(verdict)
        })
        .await
    }

    /// The gate's comment about the live revision, once it holds a verdict.
    pub async fn verdict(&self, id: &str) -> String {
        let what = format!("a verdict about pull request {id}");
        self.eventually(&what, async || {
            let revision = RevisionId::new(self.revision(id).await);
            let pull_request = PullRequestId::new(id);
            let about = self
                .comments(id)
                .await
                .into_iter()
                .rfind(|comment| comment::is_about(comment, &pull_request, &revision));
            about.filter(|comment| !promises_more(comment))
        })
        .await
    }

    /// Any verdict at all, at an endpoint that may die meanwhile.
    pub async fn try_verdict(&self, id: &str) -> Option<String> {
        let mut comments = self.try_comments(id).await?;
        comments.retain(|comment| !promises_more(comment));
        comments.pop()
    }

    /// Whether the approval rules of the live revision are satisfied.
    pub async fn approved(&self, id: &str) -> bool {
        let revision = self.revision(id).await;
        let client = self.code_commit("ann");
        let evaluation = client
            .evaluate_pull_request_approval_rules()
            .pull_request_id(id)
            .revision_id(revision);
        let evaluation = evaluation.send().await.expect("an answer").evaluation;
        evaluation.expect("an evaluation").approved
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

    /// Closes without a merge. On a machine with too much to do an answer may be long in coming: then once more.
    pub async fn close(&self, id: &str) {
        for _ in 0..3 {
            let Err(error) = self.send_close(id).await else {
                return;
            };
            eprintln!("no close of {id}: {error}");
            if !self.is_open(id).await {
                return;
            }
        }
        panic!("{id} cannot be closed");
    }

    /// Closes without a merge, at an endpoint that may die meanwhile; whether it answered.
    pub async fn try_close(&self, id: &str) -> bool {
        self.send_close(id).await.is_ok()
    }

    async fn send_close(&self, id: &str) -> Result<(), String> {
        let client = self.code_commit("ann");
        let close = client
            .update_pull_request_status()
            .pull_request_id(id)
            .pull_request_status(PullRequestStatusEnum::Closed);
        let closed = close.send().await;
        closed.map(drop).map_err(|error| format!("{error:?}"))
    }

    /// What is left of any pull request's environment: projects, report groups, preview branches, parameters, running builds.
    pub async fn leftovers(&self) -> Vec<String> {
        let clients = self.clients();
        let prefix = "mergegate-pr-";
        let mut left = clients.builds.projects(prefix).await.expect("projects");
        let groups = clients.builds.report_groups(prefix).await;
        left.extend(
            groups
                .expect("report groups")
                .into_iter()
                .map(|group| group.arn),
        );
        let folder = clients.names().pull_requests();
        let parameters = clients.parameters.names_below(&folder).await;
        left.extend(parameters.expect("parameters"));
        let branches = self.in_repository(&["branch", "--list", "mergegate/*"]);
        left.extend(branches.lines().map(str::to_owned));
        left.extend(self.running_builds().await);
        left
    }

    /// Every build of the account, the newest hundred.
    pub async fn builds(&self) -> Vec<Build> {
        let client = self.code_build();
        let listed = client.list_builds().send().await.expect("builds");
        let ids = listed.ids.unwrap_or_default();
        if ids.is_empty() {
            return Vec::new();
        }
        let builds = client.batch_get_builds().set_ids(Some(ids)).send().await;
        builds.expect("builds").builds.unwrap_or_default()
    }

    /// Ids of all builds that Mallory started.
    pub async fn builds_of_mallory(&self) -> BTreeSet<String> {
        let client = self.code_build();
        let pages = client.list_builds().into_paginator().items().send();
        let ids = pages.try_collect().await.expect("builds");
        let mut forged = BTreeSet::new();
        for ids in ids.chunks(100) {
            let builds = client.batch_get_builds();
            let builds = builds.set_ids(Some(ids.to_vec())).send().await;
            let builds = builds.expect("builds").builds.unwrap_or_default();
            let started = builds.into_iter().filter(Mallory::started);
            forged.extend(started.filter_map(|build| build.id));
        }
        forged
    }

    /// Ids of builds that have not ended.
    pub async fn running_builds(&self) -> Vec<String> {
        let builds = self.builds().await.into_iter();
        builds
            .filter(|build| !build.build_complete)
            .filter_map(|build| build.id)
            .collect()
    }

    /// Waits until a build runs; answers its id.
    pub async fn running_build(&self) -> String {
        self.eventually("a running build", async || {
            self.running_builds().await.pop()
        })
        .await
    }

    /// Waits until nothing of any environment is left.
    pub async fn cleaned(&self) {
        self.eventually("nothing to be left", async || {
            self.leftovers().await.is_empty().then_some(())
        })
        .await;
    }

    /// Names of the executions that have the status, or of all, newest first.
    pub async fn executions(&self, status: Option<&str>) -> Vec<String> {
        let client = self.step_functions();
        let list = client
            .list_executions()
            .state_machine_arn(&self.deployment.state_machine_arn)
            .set_status_filter(status.map(Into::into));
        let executions = list.send().await.expect("executions").executions;
        executions
            .into_iter()
            .map(|execution| execution.name)
            .collect()
    }

    /// Starts a further run of what the run `name` was asked, as somebody at the console may; answers its name.
    pub async fn run_again(&self, name: &str) -> String {
        let (rest, attempt) = name.rsplit_once('-').expect("an attempt");
        let attempt: u32 = attempt.parse().expect("a number");
        let again = format!("{rest}-{}", attempt + 1);
        let client = self.step_functions();
        let machine = &self.deployment.state_machine_arn;
        let arn = format!(
            "{}:{name}",
            machine.replace(":stateMachine:", ":execution:")
        );
        let run = client.describe_execution().execution_arn(arn).send().await;
        let input = run.expect("the run").input.expect("its input");
        let start = client
            .start_execution()
            .state_machine_arn(machine)
            .name(&again)
            .input(input);
        start.send().await.expect("a run");
        again
    }

    /// What the steps of the run `name` put out, as somebody at the console may read it in its history.
    pub async fn states(&self, name: &str) -> Vec<serde_json::Value> {
        let client = self.step_functions();
        let machine = &self.deployment.state_machine_arn;
        let arn = format!(
            "{}:{name}",
            machine.replace(":stateMachine:", ":execution:")
        );
        let history = client.get_execution_history().execution_arn(arn);
        let history = history.max_results(1000).send().await.expect("a history");
        let outputs = history.events.into_iter();
        outputs
            .filter_map(|event| event.state_exited_event_details?.output)
            .map(|output| serde_json::from_str(&output).expect("JSON"))
            .collect()
    }

    /// The plan of the run `name`; null if it came to none.
    pub async fn plan(&self, name: &str) -> serde_json::Value {
        let states = self.states(name).await.into_iter();
        let mut plans = states.map(|state| state["run"]["plan"].clone());
        plans.find(|plan| !plan.is_null()).unwrap_or_default()
    }

    /// The error that the run `name` died of.
    pub async fn error_of(&self, name: &str) -> Option<String> {
        let machine = &self.deployment.state_machine_arn;
        let arn = format!(
            "{}:{name}",
            machine.replace(":stateMachine:", ":execution:")
        );
        let client = self.step_functions();
        let run = client.describe_execution().execution_arn(arn).send().await;
        run.expect("the run").error
    }

    /// Stops the run `name`, as somebody at the console may.
    pub async fn stop_run(&self, name: &str) {
        let machine = &self.deployment.state_machine_arn;
        let arn = format!(
            "{}:{name}",
            machine.replace(":stateMachine:", ":execution:")
        );
        let client = self.step_functions();
        client
            .stop_execution()
            .execution_arn(arn)
            .send()
            .await
            .expect("a stop");
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
}

/// Whether a comment is not the last word about its revision.
pub(crate) fn promises_more(comment: &str) -> bool {
    comment.starts_with("### ⏳") || comment.contains("It will be tried again")
}

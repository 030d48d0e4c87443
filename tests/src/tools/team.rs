//! A team at the real `gate local`, through the AWS SDK and `git`: what stories about many pull requests need.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use crate::WorkingCopy;
use aws_sdk_codecommit::types::{PullRequestStatusEnum, Target};
use aws_sdk_sfn::types::ExecutionStatus;
use gate_aws::{Clients, Deployment};
use gate_core::{host::CodeHost, id::PullRequestId};
use serde_json::json;
use tempfile::TempDir;

use super::gate_local::GateLocal;

/// Nothing takes longer.
const PATIENCE: Duration = Duration::from_mins(5);

const SERVICE: &str = "mergegate";
const REPOSITORY: &str = "demo";

/// A build of `true` with a report that lies in the repository.
const BUILDSPEC: &str = "\
version: 0.2
phases:
  build:
    commands:
      - \"true\"
reports:
  unit:
    files: [report.xml]
    file-format: JUNITXML
";

/// A report whose one test passes.
pub const PASSES: &str = "<testsuite name='s'><testcase name='holds' time='0.01'/></testsuite>\n";
/// A report whose one test fails.
pub(super) const FAILS: &str = "<testsuite name='s'><testcase name='holds' time='0.01'><failure message='no'/></testcase></testsuite>\n";

/// A team with one repository, whose pull requests need the gate's approval.
pub struct Team {
    /// The process.
    pub gate: GateLocal,
    /// Its clone of the repository.
    pub copy: WorkingCopy,
    /// CodeCommit as ann.
    pub code_commit: aws_sdk_codecommit::Client,
    /// Step Functions as ann.
    pub step_functions: aws_sdk_sfn::Client,
    clients: Clients,
    _directory: TempDir,
}

impl Team {
    /// Starts `gate local`, creates the repository, its `main` and the rule.
    pub async fn start(options: &[&str]) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let gate = GateLocal::start(&directory.path().join("data"), options);
        let config = gate_aws::config::local(gate.url(), "us-east-1", "ann");
        let role = gate.pool_member().trim_end_matches("/*");
        let deployment = Deployment {
            service: SERVICE.to_owned(),
            state_machine_arn: format!(
                "arn:aws:states:us-east-1:000000000000:stateMachine:{SERVICE}"
            ),
            artifact_bucket: String::new(),
            reporter_arn: format!("{role}/{SERVICE}-reporter"),
            builder_arn: format!(
                "{}/{SERVICE}-builder",
                role.replace("-reporter-", "-builder-")
            ),
            region: "us-east-1".to_owned(),
            seal_secret: format!("{SERVICE}-seal"),
        };
        let code_commit = aws_sdk_codecommit::Client::new(&config);
        let create = code_commit.create_repository().repository_name(REPOSITORY);
        create.send().await.expect("a repository");
        let copy = WorkingCopy::clone(
            &format!("{}/v1/repos/{REPOSITORY}", gate.url()),
            directory.path().join("copy"),
        );
        copy.push(
            "main",
            "",
            &[("buildspec.yml", BUILDSPEC), ("report.xml", PASSES)],
        );
        let team = Self {
            step_functions: aws_sdk_sfn::Client::new(&config),
            clients: Clients::new(&config, deployment),
            gate,
            copy,
            code_commit,
            _directory: directory,
        };
        team.require_the_gate().await;
        team
    }

    async fn require_the_gate(&self) {
        let content = json!({
            "Version": "2018-11-08",
            "Statements": [{
                "Type": "Approvers",
                "NumberOfApprovalsNeeded": 1,
                "ApprovalPoolMembers": [self.gate.pool_member()],
            }],
        });
        let template = self.code_commit.create_approval_rule_template();
        let template = template.approval_rule_template_name("gate");
        let template = template.approval_rule_template_content(content.to_string());
        template.send().await.expect("a template");
        let association = self
            .code_commit
            .associate_approval_rule_template_with_repository();
        let association = association.approval_rule_template_name("gate");
        association
            .repository_name(REPOSITORY)
            .send()
            .await
            .expect("an association");
    }

    /// Opens a pull request from `source` to `main`; answers its id.
    pub async fn open(&self, source: &str) -> String {
        let target = Target::builder()
            .repository_name(REPOSITORY)
            .source_reference(source)
            .destination_reference("main")
            .build()
            .expect("a target");
        let open = self
            .code_commit
            .create_pull_request()
            .title(source)
            .targets(target);
        let opened = open.send().await.expect("a pull request").pull_request;
        opened
            .and_then(|opened| opened.pull_request_id)
            .expect("an id")
    }

    /// Closes a pull request without a merge.
    pub async fn close(&self, id: &str) {
        let close = self
            .code_commit
            .update_pull_request_status()
            .pull_request_id(id);
        let close = close.pull_request_status(PullRequestStatusEnum::Closed);
        close.send().await.expect("a close");
    }

    /// Whether the approval rules of the live revision are satisfied.
    pub async fn is_satisfied(&self, id: &str) -> bool {
        let live = self
            .code_commit
            .get_pull_request()
            .pull_request_id(id)
            .send()
            .await;
        let revision = live
            .expect("an answer")
            .pull_request
            .and_then(|live| live.revision_id);
        let evaluate = self.code_commit.evaluate_pull_request_approval_rules();
        let evaluate = evaluate.pull_request_id(id).set_revision_id(revision);
        let evaluation = evaluate.send().await.expect("an answer").evaluation;
        evaluation.expect("an evaluation").approved
    }

    /// What is said on a pull request, oldest first.
    pub async fn comments(&self, id: &str) -> Vec<String> {
        let comments = self.clients.host.comments(&PullRequestId::new(id)).await;
        comments
            .expect("comments")
            .into_iter()
            .map(|comment| comment.content)
            .collect()
    }

    /// The ARNs of all runs that ended well, or of all in another state.
    pub async fn runs(&self, status: ExecutionStatus) -> Vec<String> {
        let list = self.step_functions.list_executions();
        let list = list.state_machine_arn(&self.clients.deployment.state_machine_arn);
        let pages = list.status_filter(status).into_paginator().items().send();
        let runs = pages.try_collect().await.expect("runs");
        runs.into_iter().map(|run| run.execution_arn).collect()
    }

    /// Lets the gate look at everything, as its schedule would.
    pub fn sweep(&self) {
        let event = json!({
            "version": "0",
            "id": "00000000-0000-4000-8000-000000000000",
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "detail": {},
        });
        let body = event.to_string();
        let address = self.gate.url().trim_start_matches("http://");
        let request = format!(
            "POST /2015-03-31/functions/{SERVICE}-router/invocations HTTP/1.1\r\nHost: {address}\r\n\
             Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(address).expect("a connection");
        stream.write_all(request.as_bytes()).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let head = answer.to_lowercase();
        assert!(
            head.starts_with("http/1.1 200") && !head.contains("x-amz-function-error"),
            "{answer}"
        );
    }

    /// What is left of any environment: projects, report groups, preview branches, parameters.
    pub async fn leftovers(&self) -> Vec<String> {
        let Clients {
            builds, parameters, ..
        } = &self.clients;
        let mut left = builds.projects("").await.expect("projects");
        let groups = builds.report_groups("").await.expect("report groups");
        left.extend(groups.into_iter().map(|group| group.arn));
        let folder = self.clients.names().pull_requests();
        left.extend(parameters.names_below(&folder).await.expect("parameters"));
        let branches = self
            .copy
            .git(&["ls-remote", "--heads", "origin", "mergegate/*"]);
        left.extend(branches.lines().map(str::to_owned));
        left
    }

    /// Asks until there is an answer.
    pub async fn eventually<T>(&self, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
        let start = Instant::now();
        loop {
            if let Some(found) = look().await {
                return found;
            }
            assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

//! What people do in the tour: the calls of a developer and of an administrator, by the AWS SDK over the port.

use aws_sdk_codebuild::Client as CodeBuild;
use aws_sdk_codecommit::{Client as CodeCommit, error::DisplayErrorContext, types::Target};
use gate::system::System;
use gate_core::id::{PullRequestId, RevisionId};

use crate::command::Failure;

pub(super) const REPOSITORY: &str = "shop";
const TEMPLATE: &str = "gate";

/// The account as two people use it.
pub(super) struct Account<'a> {
    system: &'a System,
    /// A developer.
    ann: CodeCommit,
    /// Who sets things up.
    admin: CodeCommit,
    builds: CodeBuild,
}

/// How a pull request stands.
pub(super) struct Evaluation {
    pub(super) approved: bool,
    pub(super) satisfied: Vec<String>,
    pub(super) not_satisfied: Vec<String>,
}

impl<'a> Account<'a> {
    pub(super) fn new(system: &'a System) -> Self {
        Self {
            system,
            ann: CodeCommit::new(&system.config_as("ann")),
            admin: CodeCommit::new(&system.config_as("admin")),
            builds: CodeBuild::new(&system.config_as("admin")),
        }
    }

    /// Creates the repository; its clone URL.
    pub(super) async fn create_repository(&self) -> Result<String, Failure> {
        let created = self
            .admin
            .create_repository()
            .repository_name(REPOSITORY)
            .send()
            .await;
        let metadata = created
            .map_err(|error| refused(&error))?
            .repository_metadata;
        metadata
            .and_then(|metadata| metadata.clone_url_http)
            .ok_or_else(|| Failure::new("the repository has no clone URL"))
    }

    /// Every pull request of the repository needs one approval, and only the gate's counts.
    pub(super) async fn require_the_gate(&self) -> Result<(), Failure> {
        let content = serde_json::json!({
            "Version": "2018-11-08",
            "Statements": [{
                "Type": "Approvers",
                "NumberOfApprovalsNeeded": 1,
                "ApprovalPoolMembers": [self.system.approval_pool_member()],
            }],
        });
        self.admin
            .create_approval_rule_template()
            .approval_rule_template_name(TEMPLATE)
            .approval_rule_template_content(content.to_string())
            .send()
            .await
            .map_err(|error| refused(&error))?;
        self.admin
            .associate_approval_rule_template_with_repository()
            .approval_rule_template_name(TEMPLATE)
            .repository_name(REPOSITORY)
            .send()
            .await
            .map_err(|error| refused(&error))?;
        Ok(())
    }

    pub(super) async fn open_pull_request(
        &self,
        title: &str,
        branch: &str,
    ) -> Result<PullRequestId, Failure> {
        let target = Target::builder()
            .repository_name(REPOSITORY)
            .source_reference(branch)
            .build()
            .map_err(|error| Failure::new(error.to_string()))?;
        let created = self
            .ann
            .create_pull_request()
            .title(title)
            .targets(target)
            .send()
            .await;
        let created = created.map_err(|error| refused(&error))?.pull_request;
        let id = created.and_then(|created| created.pull_request_id);
        id.map(PullRequestId::new)
            .ok_or_else(|| Failure::new("the pull request has no id"))
    }

    pub(super) async fn revision(&self, id: &PullRequestId) -> Result<RevisionId, Failure> {
        let read = self
            .ann
            .get_pull_request()
            .pull_request_id(id.as_str())
            .send()
            .await;
        let revision = read
            .map_err(|error| refused(&error))?
            .pull_request
            .and_then(|read| read.revision_id);
        revision
            .map(RevisionId::new)
            .ok_or_else(|| Failure::new("the pull request has no revision"))
    }

    pub(super) async fn evaluate(
        &self,
        id: &PullRequestId,
        revision: &RevisionId,
    ) -> Result<Evaluation, Failure> {
        let read = self
            .ann
            .evaluate_pull_request_approval_rules()
            .pull_request_id(id.as_str())
            .revision_id(revision.as_str())
            .send()
            .await
            .map_err(|error| refused(&error))?;
        let evaluation = read
            .evaluation
            .ok_or_else(|| Failure::new("the approval rules were not evaluated"))?;
        Ok(Evaluation {
            approved: evaluation.approved,
            satisfied: evaluation.approval_rules_satisfied.unwrap_or_default(),
            not_satisfied: evaluation.approval_rules_not_satisfied.unwrap_or_default(),
        })
    }

    pub(super) async fn merge(&self, id: &PullRequestId) -> Result<(), Failure> {
        let merged = self
            .ann
            .merge_pull_request_by_fast_forward()
            .pull_request_id(id.as_str())
            .repository_name(REPOSITORY);
        merged.send().await.map_err(|error| refused(&error))?;
        Ok(())
    }

    /// What is left of the gate's environments: projects, report groups, preview branches, parameters.
    pub(super) async fn left_over(&self) -> Result<Vec<String>, Failure> {
        let mut left = Vec::new();
        let projects = self
            .builds
            .list_projects()
            .send()
            .await
            .map_err(|error| refused(&error))?;
        left.extend(
            projects
                .projects
                .unwrap_or_default()
                .into_iter()
                .map(|name| format!("project {name}")),
        );
        let groups = self
            .builds
            .list_report_groups()
            .send()
            .await
            .map_err(|error| refused(&error))?;
        left.extend(
            groups
                .report_groups
                .unwrap_or_default()
                .into_iter()
                .map(|arn| format!("report group {arn}")),
        );
        let branches = self
            .ann
            .list_branches()
            .repository_name(REPOSITORY)
            .send()
            .await
            .map_err(|error| refused(&error))?;
        let branches = branches.branches.unwrap_or_default().into_iter();
        left.extend(
            branches
                .filter(|name| name.starts_with("mergegate/"))
                .map(|name| format!("branch {name}")),
        );
        let clients = self.system.clients_as("admin");
        let parameters = clients
            .parameters
            .names_below(&clients.names().pull_requests())
            .await?;
        left.extend(
            parameters
                .into_iter()
                .map(|name| format!("parameter {name}")),
        );
        Ok(left)
    }
}

fn refused(error: &(impl std::error::Error + 'static)) -> Failure {
    Failure::new(DisplayErrorContext(error).to_string())
}

//! The approval rules of one pull request.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    idempotency::sha256,
    input::{output, refuse, required, rule_name, shape},
    pull_requests::{Happening, PullRequest, PullRequestId, change, record},
    time::Time,
};
use crate::{Account, Caller, ServiceError, services::events::unique_id};

mod content;

pub(crate) use content::RuleContent;

const MOST_RULES: usize = 30;

/// A rule on a pull request, on the wire as in the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApprovalRule {
    #[serde(rename = "approvalRuleId")]
    pub(crate) id: String,
    #[serde(rename = "approvalRuleName")]
    pub(crate) name: String,
    #[serde(rename = "approvalRuleContent")]
    pub(crate) content: String,
    #[serde(rename = "ruleContentSha256")]
    pub(crate) sha256: String,
    pub(crate) last_modified_date: Time,
    pub(crate) creation_date: Time,
    pub(crate) last_modified_user: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) origin_approval_rule_template: Option<Origin>,
}

/// The template a rule was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Origin {
    pub(crate) approval_rule_template_id: String,
    pub(crate) approval_rule_template_name: String,
}

impl ApprovalRule {
    /// A fresh rule; the content was validated.
    pub(crate) fn new(name: String, content: String, user: &str, origin: Option<Origin>) -> Self {
        let now = Time::now();
        Self {
            id: unique_id(),
            name,
            sha256: sha256(content.as_bytes()),
            content,
            last_modified_date: now,
            creation_date: now,
            last_modified_user: user.to_owned(),
            origin_approval_rule_template: origin,
        }
    }

    /// Whether the approvals of these identities satisfy it. A content that no longer parses is never satisfied.
    pub(crate) fn is_satisfied_by(&self, approvers: &[String]) -> bool {
        RuleContent::parse(&self.content).is_ok_and(|content| content.is_satisfied_by(approvers))
    }
}

/// Answers the operations on rules; `None` for any other.
pub(crate) fn call(
    account: &Arc<Account>,
    caller: &Caller,
    operation: &str,
    input: &Value,
) -> Option<Result<Value, ServiceError>> {
    Some(match operation {
        "CreatePullRequestApprovalRule" => {
            shape(input).and_then(|input| create(account, caller, input))
        }
        "UpdatePullRequestApprovalRuleContent" => {
            shape(input).and_then(|input| update(account, caller, input))
        }
        "DeletePullRequestApprovalRule" => {
            shape(input).and_then(|input| delete(account, caller, input))
        }
        _ => return None,
    })
}

fn name(value: Option<String>) -> Result<String, ServiceError> {
    rule_name(
        value,
        "ApprovalRuleNameRequiredException",
        "InvalidApprovalRuleNameException",
    )
}

fn content(value: Option<String>) -> Result<String, ServiceError> {
    let member = "the approval rule's content";
    let text = required(value, member, "ApprovalRuleContentRequiredException")?;
    let code = "InvalidApprovalRuleContentException";
    match RuleContent::parse(&text) {
        Ok(content) if content.names_destinations() => refuse(
            code,
            "DestinationReferences belong to templates: a rule of a pull request has one destination",
        ),
        Ok(_) => Ok(text),
        Err(message) => refuse(code, message),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateInput {
    pull_request_id: Option<String>,
    approval_rule_name: Option<String>,
    approval_rule_content: Option<String>,
}

fn create(account: &Account, caller: &Caller, input: CreateInput) -> Result<Value, ServiceError> {
    let id = PullRequestId::parse(input.pull_request_id)?;
    let name = name(input.approval_rule_name)?;
    let content = content(input.approval_rule_content)?;
    let (_, rule) = change(account, id, |pull_request, transaction| {
        pull_request.require_open()?;
        if find(pull_request, &name).is_some() {
            let message = format!("the pull request {id} has an approval rule `{name}` already");
            return refuse("ApprovalRuleNameAlreadyExistsException", message);
        }
        if pull_request.rules.len() >= MOST_RULES {
            let message = format!("a pull request has at most {MOST_RULES} approval rules");
            return refuse("NumberOfRulesExceededException", message);
        }
        let rule = ApprovalRule::new(name, content, &caller.arn, None);
        pull_request.rules.push(rule.clone());
        let happening = Happening::RuleCreated(&rule);
        record(account, transaction, &caller.arn, pull_request, &happening)?;
        Ok(rule)
    })?;
    Ok(json!({ "approvalRule": output(rule)? }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UpdateInput {
    pull_request_id: Option<String>,
    approval_rule_name: Option<String>,
    existing_rule_content_sha256: Option<String>,
    new_rule_content: Option<String>,
}

fn update(account: &Account, caller: &Caller, input: UpdateInput) -> Result<Value, ServiceError> {
    let id = PullRequestId::parse(input.pull_request_id)?;
    let name = name(input.approval_rule_name)?;
    let content = content(input.new_rule_content)?;
    let (_, rule) = change(account, id, |pull_request, transaction| {
        pull_request.require_open()?;
        let Some(place) = find(pull_request, &name) else {
            let message = format!("the pull request {id} has no approval rule `{name}`");
            return refuse("ApprovalRuleDoesNotExistException", message);
        };
        let rule = &mut pull_request.rules[place];
        require_own(rule, "CannotModifyApprovalRuleFromTemplateException")?;
        require_content(input.existing_rule_content_sha256.as_deref(), &rule.sha256)?;
        rule.sha256 = sha256(content.as_bytes());
        rule.content = content;
        rule.last_modified_date = Time::now();
        caller.arn.clone_into(&mut rule.last_modified_user);
        let rule = rule.clone();
        let happening = Happening::RuleUpdated(&rule);
        record(account, transaction, &caller.arn, pull_request, &happening)?;
        Ok(rule)
    })?;
    Ok(json!({ "approvalRule": output(rule)? }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeleteInput {
    pull_request_id: Option<String>,
    approval_rule_name: Option<String>,
}

fn delete(account: &Account, caller: &Caller, input: DeleteInput) -> Result<Value, ServiceError> {
    let id = PullRequestId::parse(input.pull_request_id)?;
    let name = name(input.approval_rule_name)?;
    let (_, deleted) = change(account, id, |pull_request, transaction| {
        pull_request.require_open()?;
        let Some(place) = find(pull_request, &name) else {
            return Ok(None);
        };
        require_own(
            &pull_request.rules[place],
            "CannotDeleteApprovalRuleFromTemplateException",
        )?;
        let rule = pull_request.rules.remove(place);
        let happening = Happening::RuleDeleted(&rule);
        record(account, transaction, &caller.arn, pull_request, &happening)?;
        Ok(Some(rule.id))
    })?;
    // A rule deleted earlier is answered without content (API reference).
    Ok(deleted.map_or_else(|| json!({}), |id| json!({ "approvalRuleId": id })))
}

fn find(pull_request: &PullRequest, name: &str) -> Option<usize> {
    let mut rules = pull_request.rules.iter();
    rules.position(|rule| rule.name == name)
}

fn require_own(rule: &ApprovalRule, error: &str) -> Result<(), ServiceError> {
    match &rule.origin_approval_rule_template {
        None => Ok(()),
        Some(origin) => refuse(
            error,
            format!(
                "the approval rule `{}` comes from the template `{}`",
                rule.name, origin.approval_rule_template_name
            ),
        ),
    }
}

/// Refuses an update of a content that the caller has not seen.
pub(crate) fn require_content(expected: Option<&str>, found: &str) -> Result<(), ServiceError> {
    match expected {
        Some(expected) if expected != found => refuse(
            "InvalidRuleContentSha256Exception",
            format!("the content's SHA-256 is {found}, not {expected}"),
        ),
        _ => Ok(()),
    }
}

//! Approval rule templates: rules that pull requests are born with once the template is associated with their repository.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    idempotency::sha256,
    input::{Paging, output, refuse, required, rule_name, shape},
    repositories::existing,
    rules::{ApprovalRule, Origin, RuleContent, require_content},
    time::Time,
};
use crate::{
    Account, Caller, ServiceError,
    page::Page,
    services::events::unique_id,
    store::{Table, Tables, Transaction},
};

const TEMPLATES: Table<Template> = Table::new("approval-rule-templates");
/// `<repository>/<template>`.
const ASSOCIATIONS: Table<Association> = Table::new("approval-rule-template-associations");
const MOST_TEMPLATES: usize = 1000;
const MOST_ASSOCIATIONS: usize = 25;
const LONGEST_DESCRIPTION: usize = 1000;
const PAGE: usize = 100;

/// A template, on the wire as in the journal.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Template {
    approval_rule_template_id: String,
    approval_rule_template_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    approval_rule_template_description: Option<String>,
    approval_rule_template_content: String,
    rule_content_sha256: String,
    last_modified_date: Time,
    creation_date: Time,
    last_modified_user: String,
}

#[derive(Serialize, Deserialize)]
struct Association {
    repository: String,
    template: String,
}

/// The rules that a new pull request of `repository` to the branch `destination` is born with.
pub(crate) fn rules_for(tables: &Tables, repository: &str, destination: &str) -> Vec<ApprovalRule> {
    let associations = tables.scan(&ASSOCIATIONS, &format!("{repository}/"));
    let templates = associations.filter_map(|(_, one)| tables.get(&TEMPLATES, &one.template));
    templates
        .filter(|template| {
            RuleContent::parse(&template.approval_rule_template_content)
                .is_ok_and(|content| content.applies_to(destination))
        })
        .map(|template| {
            let origin = Origin {
                approval_rule_template_id: template.approval_rule_template_id,
                approval_rule_template_name: template.approval_rule_template_name.clone(),
            };
            ApprovalRule::new(
                template.approval_rule_template_name,
                template.approval_rule_template_content,
                &template.last_modified_user,
                Some(origin),
            )
        })
        .collect()
}

/// Forgets which templates were associated with a deleted repository.
pub(crate) fn forget_repository(transaction: &mut Transaction<'_>, repository: &str) {
    let keys: Vec<_> = transaction
        .scan(&ASSOCIATIONS, &format!("{repository}/"))
        .map(|(key, _)| key.to_owned())
        .collect();
    for key in keys {
        transaction.delete(&ASSOCIATIONS, &key);
    }
}

/// Answers the operations on templates; `None` for any other.
pub(crate) fn call(
    account: &Arc<Account>,
    caller: &Caller,
    operation: &str,
    input: &Value,
) -> Option<Result<Value, ServiceError>> {
    Some(match operation {
        "CreateApprovalRuleTemplate" => {
            shape(input).and_then(|input| create(account, caller, input))
        }
        "GetApprovalRuleTemplate" => shape(input).and_then(|input| get(account, input)),
        "UpdateApprovalRuleTemplateContent" => {
            shape(input).and_then(|input| update_content(account, caller, input))
        }
        "DeleteApprovalRuleTemplate" => shape(input).and_then(|input| delete(account, input)),
        "ListApprovalRuleTemplates" => shape(input).and_then(|input| list(account, &input)),
        "AssociateApprovalRuleTemplateWithRepository" => {
            shape(input).and_then(|input| associate(account, input))
        }
        "DisassociateApprovalRuleTemplateFromRepository" => {
            shape(input).and_then(|input| disassociate(account, input))
        }
        "ListAssociatedApprovalRuleTemplatesForRepository" => {
            shape(input).and_then(|input| list_associated(account, input))
        }
        "ListRepositoriesForApprovalRuleTemplate" => {
            shape(input).and_then(|input| list_repositories(account, input))
        }
        _ => return None,
    })
}

fn name(value: Option<String>) -> Result<String, ServiceError> {
    rule_name(
        value,
        "ApprovalRuleTemplateNameRequiredException",
        "InvalidApprovalRuleTemplateNameException",
    )
}

fn content(value: Option<String>) -> Result<String, ServiceError> {
    let member = "the approval rule template's content";
    let text = required(
        value,
        member,
        "ApprovalRuleTemplateContentRequiredException",
    )?;
    match RuleContent::parse(&text) {
        Ok(_) => Ok(text),
        Err(message) => refuse("InvalidApprovalRuleTemplateContentException", message),
    }
}

fn load(tables: &Tables, name: &str) -> Result<Template, ServiceError> {
    tables.get(&TEMPLATES, name).ok_or_else(|| {
        let message = format!("the approval rule template `{name}` does not exist");
        ServiceError::client("ApprovalRuleTemplateDoesNotExistException", message)
    })
}

fn wire(template: &Template) -> Result<Value, ServiceError> {
    Ok(json!({ "approvalRuleTemplate": output(template)? }))
}

#[derive(Deserialize)]
struct CreateInput {
    #[serde(rename = "approvalRuleTemplateName")]
    name: Option<String>,
    #[serde(rename = "approvalRuleTemplateContent")]
    content: Option<String>,
    #[serde(rename = "approvalRuleTemplateDescription")]
    description: Option<String>,
}

fn create(account: &Account, caller: &Caller, input: CreateInput) -> Result<Value, ServiceError> {
    let name = name(input.name)?;
    let content = content(input.content)?;
    let description = input.description;
    let length = description.as_ref().map_or(0, |text| text.chars().count());
    if length > LONGEST_DESCRIPTION {
        let message = format!("the description is longer than {LONGEST_DESCRIPTION} characters");
        return refuse("InvalidApprovalRuleTemplateDescriptionException", message);
    }
    let now = Time::now();
    let template = Template {
        approval_rule_template_id: unique_id(),
        approval_rule_template_name: name.clone(),
        approval_rule_template_description: description,
        rule_content_sha256: sha256(content.as_bytes()),
        approval_rule_template_content: content,
        last_modified_date: now,
        creation_date: now,
        last_modified_user: caller.arn.clone(),
    };
    account.store.write(|transaction| {
        if transaction.get(&TEMPLATES, &name).is_some() {
            let message = format!("an approval rule template `{name}` exists already");
            return refuse("ApprovalRuleTemplateNameAlreadyExistsException", message);
        }
        if transaction.scan(&TEMPLATES, "").count() >= MOST_TEMPLATES {
            let message = format!("an account has at most {MOST_TEMPLATES} templates");
            return refuse("NumberOfRuleTemplatesExceededException", message);
        }
        transaction.put(&TEMPLATES, &name, &template)?;
        Ok(())
    })?;
    wire(&template)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NameInput {
    approval_rule_template_name: Option<String>,
}

fn get(account: &Account, input: NameInput) -> Result<Value, ServiceError> {
    let name = name(input.approval_rule_template_name)?;
    wire(&account.store.read(|tables| load(tables, &name))?)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UpdateContentInput {
    approval_rule_template_name: Option<String>,
    new_rule_content: Option<String>,
    existing_rule_content_sha256: Option<String>,
}

fn update_content(
    account: &Account,
    caller: &Caller,
    input: UpdateContentInput,
) -> Result<Value, ServiceError> {
    let name = name(input.approval_rule_template_name)?;
    let content = content(input.new_rule_content)?;
    let expected = input.existing_rule_content_sha256;
    let template = account.store.write(|transaction| {
        let mut template = load(transaction, &name)?;
        require_content(expected.as_deref(), &template.rule_content_sha256)?;
        template.rule_content_sha256 = sha256(content.as_bytes());
        template.approval_rule_template_content = content;
        template.last_modified_date = Time::now();
        caller.arn.clone_into(&mut template.last_modified_user);
        transaction.put(&TEMPLATES, &name, &template)?;
        Ok::<_, ServiceError>(template)
    })?;
    wire(&template)
}

fn delete(account: &Account, input: NameInput) -> Result<Value, ServiceError> {
    let name = name(input.approval_rule_template_name)?;
    account.store.write(|transaction| {
        let Ok(template) = load(transaction, &name) else {
            // A template deleted earlier is answered without content (API reference).
            return Ok(json!({}));
        };
        let mut associations = transaction.scan(&ASSOCIATIONS, "");
        if let Some((_, one)) = associations.find(|(_, one)| one.template == name) {
            let message = format!(
                "the approval rule template `{name}` is associated with the repository `{}`",
                one.repository
            );
            return refuse("ApprovalRuleTemplateInUseException", message);
        }
        drop(associations);
        transaction.delete(&TEMPLATES, &name);
        let id = template.approval_rule_template_id;
        Ok(json!({ "approvalRuleTemplateId": id }))
    })
}

fn names(page: Page<String>, member: &str) -> Value {
    let mut answer = json!({ member: page.items });
    if let Some(token) = page.next_token {
        answer["nextToken"] = json!(token);
    }
    answer
}

fn list(account: &Account, paging: &Paging) -> Result<Value, ServiceError> {
    let all: Vec<_> = account.store.read(|tables| {
        let templates = tables.scan(&TEMPLATES, "");
        templates.map(|(name, _)| name.to_owned()).collect()
    });
    let page = paging.cut(all, String::clone, PAGE)?;
    Ok(names(page, "approvalRuleTemplateNames"))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssociationInput {
    approval_rule_template_name: Option<String>,
    repository_name: Option<String>,
}

fn associate(account: &Account, input: AssociationInput) -> Result<Value, ServiceError> {
    let template = name(input.approval_rule_template_name)?;
    let repository = existing(account, input.repository_name)?.repository_name;
    account.store.write(|transaction| {
        load(transaction, &template)?;
        let key = format!("{repository}/{template}");
        let prefix = format!("{repository}/");
        let new = transaction.get(&ASSOCIATIONS, &key).is_none();
        if new && transaction.scan(&ASSOCIATIONS, &prefix).count() >= MOST_ASSOCIATIONS {
            let message = format!("a repository has at most {MOST_ASSOCIATIONS} templates");
            return refuse(
                "MaximumRuleTemplatesAssociatedWithRepositoryException",
                message,
            );
        }
        let association = Association {
            repository,
            template,
        };
        transaction.put(&ASSOCIATIONS, &key, &association)?;
        Ok(json!({}))
    })
}

fn disassociate(account: &Account, input: AssociationInput) -> Result<Value, ServiceError> {
    let template = name(input.approval_rule_template_name)?;
    let repository = existing(account, input.repository_name)?.repository_name;
    account.store.write(|transaction| {
        load(transaction, &template)?;
        transaction.delete(&ASSOCIATIONS, &format!("{repository}/{template}"));
        Ok(json!({}))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListAssociatedInput {
    repository_name: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

fn list_associated(account: &Account, input: ListAssociatedInput) -> Result<Value, ServiceError> {
    let repository = existing(account, input.repository_name)?.repository_name;
    let all: Vec<_> = account.store.read(|tables| {
        let associations = tables.scan(&ASSOCIATIONS, &format!("{repository}/"));
        associations.map(|(_, one)| one.template).collect()
    });
    let page = input.paging.cut(all, String::clone, PAGE)?;
    Ok(names(page, "approvalRuleTemplateNames"))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListRepositoriesInput {
    approval_rule_template_name: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

fn list_repositories(
    account: &Account,
    input: ListRepositoriesInput,
) -> Result<Value, ServiceError> {
    let name = name(input.approval_rule_template_name)?;
    let all = account.store.read(|tables| {
        load(tables, &name)?;
        let associations = tables.scan(&ASSOCIATIONS, "");
        let of_template = associations.filter(|(_, one)| one.template == name);
        let repositories = of_template.map(|(_, one)| one.repository);
        Ok::<_, ServiceError>(repositories.collect::<Vec<_>>())
    })?;
    let page = input.paging.cut(all, String::clone, PAGE)?;
    Ok(names(page, "repositoryNames"))
}

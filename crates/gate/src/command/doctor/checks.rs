//! What must hold of a deployment, one sentence each. It decides from answers alone; where they come from is not its matter.

use gate_core::settings::RepositorySettings;
use serde::Serialize;
use serde_json::Value;

use super::{aws::Answer, deployment::Deployment};
use crate::command::Failure;

/// Asks AWS: the arguments of the `aws` program.
pub(super) type Ask<'a> = &'a dyn Fn(&[&str]) -> Result<Answer, Failure>;

/// Something that must hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Check {
    /// What it is about.
    pub(super) what: String,
    /// Why it does not hold; absent if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fault: Option<Fault>,
}

/// Something that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Fault {
    /// What was found.
    pub(super) found: String,
    /// What to do about it.
    pub(super) next: String,
}

const DEPLOY: &str = "run `npx --prefix cdk cdk deploy`";
/// CloudFormation looks at nothing that has not changed in its template: a deployment alone repairs nothing.
const REPAIR: &str = "run `npm run --prefix cdk repair`";

/// Nobody can have more policies attached (IAM quotas: managed policies of a user, group or role).
const MOST_POLICIES: usize = 10;

fn fault(found: impl Into<String>, next: impl Into<String>) -> Fault {
    Fault {
        found: found.into(),
        next: next.into(),
    }
}

/// Looks at everything.
pub(super) fn examine(deployment: &Deployment, ask: Ask<'_>) -> Result<Vec<Check>, Failure> {
    let mut checks = Vec::new();
    let mut roles = Vec::new();
    for (repository, settings) in settings(deployment, ask, &mut checks)? {
        checks.push(rule_of(deployment, &repository, ask)?);
        roles.extend(settings.iter().flat_map(roles_of));
    }
    for function in deployment.functions() {
        checks.push(function_of(deployment, &function, ask)?);
    }
    roles.push(deployment.role("state-machine"));
    for role in roles {
        let answer = ask(&["iam", "get-role", "--role-name", &role])?;
        checks.push(check(format!("role {role}"), answer, |_| None));
    }
    let arn = deployment.state_machine();
    let answer = ask(&[
        "stepfunctions",
        "describe-state-machine",
        "--state-machine-arn",
        &arn,
    ])?;
    checks.push(check(
        format!("state machine {}", deployment.service),
        answer,
        |machine| {
            let status = machine["status"].as_str().unwrap_or("without a status");
            (status != "ACTIVE").then(|| fault(format!("it is {status}"), REPAIR))
        },
    ));
    checks.extend(rules(deployment, ask)?);
    checks.extend(people(deployment, ask)?);
    checks.push(dead_letters(deployment, ask)?);
    Ok(checks)
}

/// What is there and right, if there is anything.
fn check(what: String, answer: Answer, wrong: impl FnOnce(&Value) -> Option<Fault>) -> Check {
    let fault = match answer {
        Answer::Found(found) => wrong(&found),
        Answer::Missing => Some(fault("it does not exist", REPAIR)),
        Answer::Forbidden(words) => {
            Some(fault(words, "ask again with credentials that may read it"))
        }
    };
    Check { what, fault }
}

/// The roles that a repository's builds run under.
fn roles_of(settings: &RepositorySettings) -> Vec<String> {
    let containers = settings.containers.as_ref();
    let arns = [
        Some(&settings.build_role),
        containers.map(|containers| &containers.build_role),
    ];
    let name = |arn: &String| arn.rsplit('/').next().map(str::to_owned);
    arns.into_iter().flatten().filter_map(name).collect()
}

/// Whether anybody is under the policy for people: without it whoever may push or start builds goes past the gate.
/// There are several where one has no room for all repositories, and whoever is kept to the gate has all of them.
fn people(deployment: &Deployment, ask: Ask<'_>) -> Result<Vec<Check>, Failure> {
    let mut checks = Vec::new();
    for place in 1..=MOST_POLICIES {
        let policy = deployment.people_policy(place);
        let answer = ask(&["iam", "list-entities-for-policy", "--policy-arn", &policy])?;
        if place > 1 && !matches!(answer, Answer::Found(_)) {
            break;
        }
        checks.push(people_under(&policy, place, answer));
    }
    Ok(checks)
}

fn people_under(policy: &str, place: usize, answer: Answer) -> Check {
    let what = match place {
        1 => "policy for people".to_owned(),
        _ => format!("policy for people, part {place}"),
    };
    if let Answer::Forbidden(words) = answer {
        let next = "ask again with credentials that have `iam:ListEntitiesForPolicy`";
        let fault = fault(
            format!("whether anybody has it is not to be seen: {words}"),
            next,
        );
        return Check {
            what,
            fault: Some(fault),
        };
    }
    check(what, answer, |found| {
        let holders = ["PolicyGroups", "PolicyRoles", "PolicyUsers"];
        let nobody = holders
            .iter()
            .all(|kind| found[*kind].as_array().is_none_or(Vec::is_empty));
        let next = format!(
            "attach it as docs/operations.md says under \"Protect the branches\", for example `aws iam attach-group-policy \
             --group-name <group> --policy-arn {policy}`"
        );
        let found = "it is attached to nobody: people can push past the gate, and do what only the gate should";
        nobody.then(|| fault(found, next))
    })
}

/// The repositories that have settings, with these if they can be read, and a check of each.
fn settings(
    deployment: &Deployment,
    ask: Ask<'_>,
    checks: &mut Vec<Check>,
) -> Result<Vec<(String, Option<RepositorySettings>)>, Failure> {
    let folder = deployment.repositories();
    let answer = ask(&[
        "ssm",
        "get-parameters-by-path",
        "--recursive",
        "--path",
        &folder,
    ])?;
    let mut repositories = Vec::new();
    let mut found = Vec::new();
    if let Answer::Found(page) = &answer {
        for parameter in page["Parameters"].as_array().into_iter().flatten() {
            let name = parameter["Name"].as_str().unwrap_or_default();
            let repository = name
                .strip_prefix(&folder)
                .and_then(|rest| rest.strip_suffix("/settings"));
            let Some(repository) = repository.map(|rest| rest.trim_start_matches('/')) else {
                continue;
            };
            let parsed = RepositorySettings::parse(parameter["Value"].as_str().unwrap_or_default());
            let broken = parsed.as_ref().err();
            found.push(Check {
                what: format!("settings of {repository}"),
                fault: broken
                    .map(|error| fault(format!("`{name}` cannot be read: {error}"), REPAIR)),
            });
            repositories.push((repository.to_owned(), parsed.ok()));
        }
    }
    if found.is_empty() {
        found.push(check("settings".to_owned(), answer, |_| {
            let next =
                format!("{DEPLOY}, or name the right deployment with `--service` and `--region`");
            Some(fault(
                format!("there are none below `{folder}`: no gate of this name is deployed here"),
                next,
            ))
        }));
    }
    checks.extend(found);
    Ok(repositories)
}

/// The approval rule that pull requests of a repository get, and who satisfies it.
fn rule_of(deployment: &Deployment, repository: &str, ask: Ask<'_>) -> Result<Check, Failure> {
    let what = format!("approval rule of {repository}");
    let list = "list-associated-approval-rule-templates-for-repository";
    let names = match ask(&["codecommit", list, "--repository-name", repository])? {
        Answer::Found(found) => found["approvalRuleTemplateNames"].clone(),
        other => return Ok(check(what, other, |_| None)),
    };
    let names = names
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let prefix = format!("{}-", deployment.service);
    let Some(name) = names.into_iter().find(|name| name.starts_with(&prefix)) else {
        let found = "no template of the gate is associated: pull requests can be merged without it";
        return Ok(Check {
            what,
            fault: Some(fault(found, REPAIR)),
        });
    };
    let get = [
        "codecommit",
        "get-approval-rule-template",
        "--approval-rule-template-name",
        name,
    ];
    Ok(check(what, ask(&get)?, |found| {
        pool_fault(deployment, found)
    }))
}

fn pool_fault(deployment: &Deployment, found: &Value) -> Option<Fault> {
    let content = found["approvalRuleTemplate"]["approvalRuleTemplateContent"].as_str();
    let content: Value = content
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let statements = content["Statements"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let approver = Value::from([deployment.approver()].to_vec());
    let right = !statements.is_empty()
        && statements.iter().all(|statement| {
            statement["ApprovalPoolMembers"] == approver
                && statement["NumberOfApprovalsNeeded"] != 0
        });
    let others = || {
        let pools = statements
            .iter()
            .map(|statement| statement["ApprovalPoolMembers"].to_string());
        let pools = pools.collect::<Vec<_>>().join(", ");
        fault(
            format!("who satisfies it is not the reporter alone: {pools}"),
            REPAIR,
        )
    };
    (!right).then(others)
}

fn function_of(deployment: &Deployment, function: &str, ask: Ask<'_>) -> Result<Check, Failure> {
    let answer = ask(&[
        "lambda",
        "get-function-configuration",
        "--function-name",
        function,
    ])?;
    let role = format!(":role/{function}-{}", deployment.region);
    Ok(check(format!("function {function}"), answer, |found| {
        let state = found["State"].as_str().unwrap_or("Active");
        let runs_as = found["Role"].as_str().unwrap_or_default();
        if state != "Active" && state != "Inactive" {
            return Some(fault(format!("it is {state}"), REPAIR));
        }
        (!runs_as.ends_with(&role)).then(|| fault(format!("it runs under `{runs_as}`"), REPAIR))
    }))
}

/// Whether a rule is the second or a later one of those that `first` is the first of: `<first>-<number>`.
fn is_further(name: &str, first: &str) -> bool {
    let number = name
        .strip_prefix(first)
        .and_then(|rest| rest.strip_prefix('-'));
    number.is_some_and(|number| number.parse::<usize>().is_ok())
}

/// The rules that call the router: all of them are asked for at once.
fn rules(deployment: &Deployment, ask: Ask<'_>) -> Result<Vec<Check>, Failure> {
    let prefix = format!("{}-", deployment.service);
    let answer = ask(&["events", "list-rules", "--name-prefix", &prefix])?;
    let one = |rule: String| {
        let own = match &answer {
            Answer::Found(list) => {
                let listed = list["Rules"].as_array().into_iter().flatten();
                let own = listed
                    .into_iter()
                    .find(|listed| listed["Name"] == rule.as_str());
                own.map_or(Answer::Missing, |own| Answer::Found(own.clone()))
            }
            other => other.clone(),
        };
        check(format!("event rule {rule}"), own, |found| {
            let state = found["State"].as_str().unwrap_or("without a state");
            let next = format!("run `aws events enable-rule --name {rule}`");
            (state != "ENABLED").then(|| fault(format!("it is {state}"), next))
        })
    };
    let mut rules = deployment.rules();
    // The events of more repositories than one pattern has room for have further rules.
    if let Answer::Found(list) = &answer {
        let listed = list["Rules"].as_array().into_iter().flatten();
        let names = listed.filter_map(|rule| rule["Name"].as_str());
        let further = names.filter(|name| rules.iter().any(|rule| is_further(name, rule)));
        let further: Vec<_> = further.map(str::to_owned).collect();
        rules.extend(further);
    }
    Ok(rules.into_iter().map(one).collect())
}

fn dead_letters(deployment: &Deployment, ask: Ask<'_>) -> Result<Check, Failure> {
    let what = "dead letters".to_owned();
    let queue = deployment.dead_letters();
    let url = match ask(&["sqs", "get-queue-url", "--queue-name", &queue])? {
        Answer::Found(found) => found["QueueUrl"].as_str().unwrap_or_default().to_owned(),
        other => return Ok(check(what, other, |_| None)),
    };
    let count = "ApproximateNumberOfMessages";
    let answer = ask(&[
        "sqs",
        "get-queue-attributes",
        "--queue-url",
        &url,
        "--attribute-names",
        count,
    ])?;
    Ok(check(what, answer, |found| {
        let waiting = found["Attributes"][count]
            .as_str()
            .unwrap_or("an unknown number of");
        let next = "read them as docs/operations.md says under \"DeadLetters\"";
        (waiting != "0").then(|| fault(format!("{waiting} in `{queue}`"), next))
    }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    const POOL: &str = "arn:aws:sts::123456789012:assumed-role/mergegate-reporter-eu-central-1/*";

    fn deployment() -> Deployment {
        Deployment {
            service: "mergegate".to_owned(),
            account: "123456789012".to_owned(),
            region: "eu-central-1".to_owned(),
            partition: "aws".to_owned(),
        }
    }

    fn template(pool: &str) -> Value {
        let content = json!({ "Version": "2018-11-08", "DestinationReferences": ["refs/heads/main"], "Statements": [
            { "Type": "Approvers", "NumberOfApprovalsNeeded": 1, "ApprovalPoolMembers": [pool] },
        ]});
        json!({ "approvalRuleTemplate": { "approvalRuleTemplateContent": content.to_string() } })
    }

    fn rules_in(state: &str) -> Value {
        let names = deployment().rules();
        let rules = names
            .iter()
            .map(|name| json!({ "Name": name, "State": state }));
        json!({ "Rules": rules.collect::<Vec<_>>() })
    }

    /// Answers of an account where all is well, by the operation.
    fn healthy(arguments: &[&str]) -> Value {
        let last = arguments.last().copied().unwrap_or_default();
        match arguments[1] {
            "get-parameters-by-path" => json!({ "Parameters": [
                { "Name": "/mergegate/mergegate/repositories/shop/durations", "Value": "{}" },
                { "Name": "/mergegate/mergegate/repositories/shop/settings", "Value": r#"{"version":1,
                    "buildRole":"arn:aws:iam::123456789012:role/mergegate-build-shop-0f94d0-eu-central-1","cloneUrl":"https://x","logGroup":"g","image":"i","environmentType":"LINUX_CONTAINER",
                    "computeType":"BUILD_GENERAL1_SMALL","timeoutMinutes":60,"queuedTimeoutMinutes":480}"# },
            ]}),
            "list-associated-approval-rule-templates-for-repository" => {
                json!({ "approvalRuleTemplateNames": ["two-people", "mergegate-shop"] })
            }
            "get-approval-rule-template" => template(POOL),
            "get-function-configuration" => {
                json!({ "State": "Active", "Role": format!("arn:aws:iam::123456789012:role/{last}-eu-central-1") })
            }
            "describe-state-machine" => json!({ "status": "ACTIVE" }),
            "list-rules" => rules_in("ENABLED"),
            "list-entities-for-policy" => {
                json!({ "PolicyGroups": [{ "GroupName": "developers" }], "PolicyRoles": [], "PolicyUsers": [] })
            }
            "get-queue-url" => json!({ "QueueUrl": "https://queue" }),
            "get-queue-attributes" => {
                json!({ "Attributes": { "ApproximateNumberOfMessages": "0" } })
            }
            _ => json!({}),
        }
    }

    /// The faults when one operation answers otherwise, by what they are about.
    fn faults(operation: &str, answer: &Answer) -> BTreeMap<String, Fault> {
        let ask = |arguments: &[&str]| {
            Ok(
                if arguments
                    .last()
                    .is_some_and(|policy| policy.contains("protect-branches-2-"))
                {
                    Answer::Missing
                } else if arguments[1] == operation {
                    answer.clone()
                } else {
                    Answer::Found(healthy(arguments))
                },
            )
        };
        let Ok(checks) = examine(&deployment(), &ask) else {
            panic!("it can be examined")
        };
        let with_fault = |check: Check| check.fault.map(|fault| (check.what, fault));
        checks.into_iter().filter_map(with_fault).collect()
    }

    fn only(operation: &str, answer: &Answer, what: &str, found: &str) -> String {
        let mut faults = faults(operation, answer);
        let fault = faults
            .remove(what)
            .unwrap_or_else(|| panic!("{what}: {faults:?}"));
        assert!(fault.found.contains(found), "{what}: {fault:?}");
        assert!(faults.is_empty(), "{faults:?}");
        fault.next
    }

    #[test]
    fn a_deployment_that_is_all_there_has_no_fault() {
        assert_eq!(faults("nothing", &Answer::Missing), BTreeMap::new());
    }

    #[test]
    fn nothing_deployed_is_said_with_where_it_was_looked_for() {
        let none = Answer::Found(json!({ "Parameters": [] }));
        let found = "none below `/mergegate/mergegate/repositories`";
        let next = only("get-parameters-by-path", &none, "settings", found);
        assert!(next.contains("`--service`"), "{next}");
    }

    #[test]
    fn a_rule_that_is_missing_or_that_others_satisfy_is_found() {
        let list = "list-associated-approval-rule-templates-for-repository";
        let others = Answer::Found(json!({ "approvalRuleTemplateNames": ["two-people"] }));
        only(
            list,
            &others,
            "approval rule of shop",
            "no template of the gate is associated",
        );
        let anybody = Answer::Found(template("arn:aws:sts::123456789012:assumed-role/*"));
        let found = r#"not the reporter alone: ["arn:aws:sts::123456789012:assumed-role/*"]"#;
        only(
            "get-approval-rule-template",
            &anybody,
            "approval rule of shop",
            found,
        );
        let empty = Answer::Found(json!({}));
        only(
            "get-approval-rule-template",
            &empty,
            "approval rule of shop",
            "not the reporter alone",
        );
    }

    #[test]
    fn a_policy_for_people_that_nobody_has_or_that_may_not_be_looked_at_is_said() {
        let nobody =
            Answer::Found(json!({ "PolicyGroups": [], "PolicyRoles": [], "PolicyUsers": [] }));
        let what = "policy for people";
        let ask = "list-entities-for-policy";
        let next = only(ask, &nobody, what, "it is attached to nobody");
        let arn = "arn:aws:iam::123456789012:policy/mergegate-protect-branches-eu-central-1";
        assert!(next.contains(&format!("--policy-arn {arn}")), "{next}");
        let forbidden = Answer::Forbidden("User ann is not authorized".to_owned());
        let found = "whether anybody has it is not to be seen: User ann is not authorized";
        let next = only(ask, &forbidden, what, found);
        assert!(next.contains("`iam:ListEntitiesForPolicy`"), "{next}");
        let next = only(ask, &Answer::Missing, what, "it does not exist");
        assert_eq!(next, REPAIR);
    }

    #[test]
    fn each_of_several_policies_and_rules_is_looked_at() {
        let ask = |arguments: &[&str]| {
            let policy = arguments.last().copied().unwrap_or_default();
            Ok(match arguments[1] {
                "list-entities-for-policy" if policy.contains("protect-branches-2-") => {
                    Answer::Found(json!({ "PolicyGroups": [] }))
                }
                "list-entities-for-policy" if policy.contains("protect-branches-3-") => {
                    Answer::Missing
                }
                "list-rules" => {
                    let mut rules = rules_in("ENABLED");
                    let further = [
                        json!({ "Name": "mergegate-pullRequest-2", "State": "DISABLED" }),
                        json!({ "Name": "mergegate-somebodys-own", "State": "DISABLED" }),
                    ];
                    if let Some(listed) = rules["Rules"].as_array_mut() {
                        listed.extend(further);
                    }
                    Answer::Found(rules)
                }
                _ => Answer::Found(healthy(arguments)),
            })
        };
        let Ok(checks) = examine(&deployment(), &ask) else {
            panic!("it can be examined")
        };
        let with_fault = |check: Check| check.fault.map(|fault| (check.what, fault));
        let faults: BTreeMap<_, _> = checks.into_iter().filter_map(with_fault).collect();
        let what: Vec<_> = faults.keys().map(String::as_str).collect();
        assert_eq!(
            what,
            [
                "event rule mergegate-pullRequest-2",
                "policy for people, part 2"
            ]
        );
        let next = &faults["policy for people, part 2"].next;
        assert!(
            next.contains(":policy/mergegate-protect-branches-2-"),
            "{next}"
        );
    }

    #[test]
    fn what_is_disabled_missing_or_forbidden_is_said_with_what_to_do() {
        let disabled = Answer::Found(rules_in("DISABLED"));
        let faulty = faults("list-rules", &disabled);
        let sweep = &faulty["event rule mergegate-sweep"];
        assert_eq!(sweep.found, "it is DISABLED");
        assert_eq!(
            sweep.next,
            "run `aws events enable-rule --name mergegate-sweep`"
        );
        only(
            "describe-state-machine",
            &Answer::Missing,
            "state machine mergegate",
            "it does not exist",
        );
        let forbidden = Answer::Forbidden("you may not".to_owned());
        let unreadable = faults("get-role", &forbidden);
        assert_eq!(
            unreadable["role mergegate-build-shop-0f94d0-eu-central-1"].found,
            "you may not"
        );
        let foreign =
            Answer::Found(json!({ "State": "Active", "Role": "arn:aws:iam::1:role/admin" }));
        let functions = faults("get-function-configuration", &foreign);
        assert_eq!(
            functions["function mergegate-router"].found,
            "it runs under `arn:aws:iam::1:role/admin`"
        );
        let waiting =
            Answer::Found(json!({ "Attributes": { "ApproximateNumberOfMessages": "3" } }));
        only(
            "get-queue-attributes",
            &waiting,
            "dead letters",
            "3 in `mergegate-dead-letters`",
        );
    }
}

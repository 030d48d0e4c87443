//! Approvals, rules, templates, overrides.

use serde_json::{Value, json};

use super::{APPROVE_ONE, Desk, opening};

const GATE_ONLY: &str = r#"{"Version":"2018-11-08","DestinationReferences":["refs/heads/main"],"Statements":[{"Type":"Approvers",
"NumberOfApprovalsNeeded":1,"ApprovalPoolMembers":["arn:aws:sts::000000000000:assumed-role/Gate/*"]}]}"#;

async fn add_rule(desk: &Desk, id: &str, name: &str) -> Value {
    let input = json!({ "pullRequestId": id, "approvalRuleName": name, "approvalRuleContent": APPROVE_ONE });
    let mut answer = desk.ok("ann", "CreatePullRequestApprovalRule", input).await;
    answer["approvalRule"].take()
}

fn vote(id: &str, revision: &str, state: &str) -> Value {
    json!({ "pullRequestId": id, "revisionId": revision, "approvalState": state })
}

async fn evaluation(desk: &Desk, id: &str) -> Value {
    let input = json!({ "pullRequestId": id, "revisionId": desk.revision(id).await });
    let mut answer = desk
        .ok("ann", "EvaluatePullRequestApprovalRules", input)
        .await;
    answer["evaluation"].take()
}

async fn template(desk: &Desk, name: &str, content: &str) {
    let input = json!({ "approvalRuleTemplateName": name, "approvalRuleTemplateContent": content });
    desk.ok("ann", "CreateApprovalRuleTemplate", input).await;
    let input = json!({ "approvalRuleTemplateName": name, "repositoryName": "demo" });
    desk.ok("ann", "AssociateApprovalRuleTemplateWithRepository", input)
        .await;
}

#[tokio::test]
async fn an_approval_satisfies_the_rule_until_the_next_push() {
    let desk = Desk::new().await;
    let id = desk.open("feature").await;
    add_rule(&desk, &id, "one reviewer").await;
    let first = desk.revision(&id).await;
    assert_eq!(
        evaluation(&desk, &id).await,
        json!({ "approved": false, "overridden": false,
            "approvalRulesSatisfied": [], "approvalRulesNotSatisfied": ["one reviewer"] })
    );
    desk.ok(
        "ben",
        "UpdatePullRequestApprovalState",
        vote(&id, &first, "APPROVE"),
    )
    .await;
    assert_eq!(
        evaluation(&desk, &id).await["approvalRulesSatisfied"],
        json!(["one reviewer"])
    );
    let states = json!({ "pullRequestId": id, "revisionId": first });
    let states = desk.ok("ann", "GetPullRequestApprovalStates", states).await;
    assert_eq!(
        states["approvals"],
        json!([{ "userArn": "arn:aws:iam::000000000000:user/ben", "approvalState": "APPROVE" }])
    );

    let pushed = desk.push("feature", "feature", "newer\n").await;

    let second = desk.revision(&id).await;
    assert_ne!(first, second);
    assert_eq!(second.len(), 64);
    assert_eq!(desk.target(&id).await["sourceCommit"], pushed);
    assert_eq!(evaluation(&desk, &id).await["approved"], false);
    assert_eq!(
        desk.events(),
        [
            "pullRequestCreated",
            "pullRequestApprovalRuleCreated",
            "pullRequestApprovalStateChanged",
            "pullRequestSourceBranchUpdated"
        ]
    );
}

#[tokio::test]
async fn refuses_an_approval_of_a_revision_that_is_not_live() {
    let desk = Desk::new().await;
    let id = desk.open("feature").await;
    let first = desk.revision(&id).await;
    desk.push("feature", "feature", "newer\n").await;
    let operation = "UpdatePullRequestApprovalState";
    for (who, input, code) in [
        (
            "ben",
            vote(&id, &first, "APPROVE"),
            "RevisionNotCurrentException",
        ),
        (
            "ben",
            vote(&id, "abc", "APPROVE"),
            "InvalidRevisionIdException",
        ),
        (
            "ben",
            vote(&id, "", "APPROVE"),
            "RevisionIdRequiredException",
        ),
        (
            "ben",
            vote(&id, &first, "MAYBE"),
            "InvalidApprovalStateException",
        ),
        (
            "ben",
            vote("77", &first, "APPROVE"),
            "PullRequestDoesNotExistException",
        ),
        (
            "ben",
            vote("x", &first, "APPROVE"),
            "InvalidPullRequestIdException",
        ),
    ] {
        assert_eq!(desk.refused(who, operation, input).await, code);
    }
    let live = desk.revision(&id).await;
    let own = desk
        .refused("ann", operation, vote(&id, &live, "APPROVE"))
        .await;
    assert_eq!(own, "PullRequestCannotBeApprovedByAuthorException");
    let close = json!({ "pullRequestId": id, "pullRequestStatus": "CLOSED" });
    desk.ok("ann", "UpdatePullRequestStatus", close).await;
    let late = desk
        .refused("ben", operation, vote(&id, &live, "APPROVE"))
        .await;
    assert_eq!(late, "PullRequestAlreadyClosedException");
}

#[tokio::test]
async fn a_revoked_approval_is_not_stored() {
    let desk = Desk::new().await;
    let id = desk.open("feature").await;
    let revision = desk.revision(&id).await;
    desk.events();
    for state in ["APPROVE", "APPROVE", "REVOKE", "REVOKE"] {
        desk.ok(
            "ben",
            "UpdatePullRequestApprovalState",
            vote(&id, &revision, state),
        )
        .await;
    }
    let input = json!({ "pullRequestId": id, "revisionId": revision });
    let states = desk.ok("ann", "GetPullRequestApprovalStates", input).await;
    assert_eq!(states["approvals"], json!([]));
    let states: Vec<_> = desk
        .details()
        .into_iter()
        .map(|mut detail| detail["approvalStatus"].take())
        .collect();
    assert_eq!(states, ["APPROVE", "REVOKE"]);
}

#[tokio::test]
async fn only_the_pool_of_the_template_satisfies_its_rule() {
    let desk = Desk::new().await;
    desk.branch("early").await;
    desk.push("early", "early", "x\n").await;
    let early = desk.open("early").await;
    template(&desk, "gate", GATE_ONLY).await;
    let elsewhere = GATE_ONLY.replace("refs/heads/main", "refs/heads/release");
    template(&desk, "release only", &elsewhere).await;

    let id = desk.open("feature").await;

    assert_eq!(desk.get(&early).await["approvalRules"], json!([]));
    let rules = desk.get(&id).await["approvalRules"].take();
    assert_eq!(rules.as_array().unwrap().len(), 1);
    assert_eq!(rules[0]["approvalRuleContent"], GATE_ONLY);
    assert_eq!(
        rules[0]["originApprovalRuleTemplate"]["approvalRuleTemplateName"],
        "gate"
    );
    let revision = desk.revision(&id).await;
    let approve = vote(&id, &revision, "APPROVE");
    for other in ["ben", "Developer/Gate"] {
        desk.ok(other, "UpdatePullRequestApprovalState", approve.clone())
            .await;
    }
    assert_eq!(evaluation(&desk, &id).await["approved"], false);
    desk.ok("Gate/reporter", "UpdatePullRequestApprovalState", approve)
        .await;
    assert_eq!(evaluation(&desk, &id).await["approved"], true);
}

#[tokio::test]
async fn refuses_to_change_a_rule_that_comes_from_a_template() {
    let desk = Desk::new().await;
    template(&desk, "gate", GATE_ONLY).await;
    let id = desk.open("feature").await;
    let rule = json!({ "pullRequestId": id, "approvalRuleName": "gate" });
    let code = desk
        .refused("ann", "DeletePullRequestApprovalRule", rule.clone())
        .await;
    assert_eq!(code, "CannotDeleteApprovalRuleFromTemplateException");
    let mut update = rule;
    update["newRuleContent"] = json!(APPROVE_ONE);
    let code = desk
        .refused("ann", "UpdatePullRequestApprovalRuleContent", update)
        .await;
    assert_eq!(code, "CannotModifyApprovalRuleFromTemplateException");
    let name = json!({ "approvalRuleTemplateName": "gate" });
    let code = desk
        .refused("ann", "DeleteApprovalRuleTemplate", name.clone())
        .await;
    assert_eq!(code, "ApprovalRuleTemplateInUseException");
    let both = json!({ "approvalRuleTemplateName": "gate", "repositoryName": "demo" });
    desk.ok(
        "ann",
        "DisassociateApprovalRuleTemplateFromRepository",
        both,
    )
    .await;
    desk.ok("ann", "DeleteApprovalRuleTemplate", name).await;
    assert_eq!(
        desk.get(&id).await["approvalRules"][0]["approvalRuleName"],
        "gate"
    );
}

#[tokio::test]
async fn a_rule_of_the_pull_request_can_be_changed_and_deleted() {
    let desk = Desk::new().await;
    let id = desk.open("feature").await;
    let rule = add_rule(&desk, &id, "reviewers").await;
    let two = APPROVE_ONE.replace(":1}", ":2}");
    let mut update = json!({ "pullRequestId": id, "approvalRuleName": "reviewers",
        "newRuleContent": two, "existingRuleContentSha256": "0".repeat(64) });
    let operation = "UpdatePullRequestApprovalRuleContent";
    let code = desk.refused("ann", operation, update.clone()).await;
    assert_eq!(code, "InvalidRuleContentSha256Exception");
    update["existingRuleContentSha256"] = rule["ruleContentSha256"].clone();
    let updated = desk.ok("ben", operation, update).await;
    assert_eq!(updated["approvalRule"]["approvalRuleContent"], two);
    assert_eq!(
        updated["approvalRule"]["approvalRuleId"],
        rule["approvalRuleId"]
    );

    let create = json!({ "pullRequestId": id, "approvalRuleName": "reviewers",
        "approvalRuleContent": APPROVE_ONE });
    let operation = "CreatePullRequestApprovalRule";
    let code = desk.refused("ann", operation, create).await;
    assert_eq!(code, "ApprovalRuleNameAlreadyExistsException");
    let create = json!({ "pullRequestId": id, "approvalRuleName": "reviewers.git",
        "approvalRuleContent": APPROVE_ONE });
    let code = desk
        .refused("ann", "CreatePullRequestApprovalRule", create)
        .await;
    assert_eq!(code, "InvalidApprovalRuleNameException");
    let create = json!({ "pullRequestId": id, "approvalRuleName": "with branches",
        "approvalRuleContent": GATE_ONLY });
    let code = desk.refused("ann", operation, create).await;
    assert_eq!(code, "InvalidApprovalRuleContentException");

    let delete = json!({ "pullRequestId": id, "approvalRuleName": "reviewers" });
    let operation = "DeletePullRequestApprovalRule";
    let deleted = desk.ok("ann", operation, delete.clone()).await;
    assert_eq!(deleted["approvalRuleId"], rule["approvalRuleId"]);
    assert_eq!(desk.ok("ann", operation, delete).await, json!({}));
    assert_eq!(
        desk.events(),
        [
            "pullRequestCreated",
            "pullRequestApprovalRuleCreated",
            "pullRequestApprovalRuleUpdated",
            "pullRequestApprovalRuleDeleted"
        ]
    );
}

#[tokio::test]
async fn an_override_lets_a_merge_through_for_its_revision_only() {
    let desk = Desk::new().await;
    let id = desk.open("feature").await;
    add_rule(&desk, &id, "one reviewer").await;
    let merge = json!({ "pullRequestId": id, "repositoryName": "demo" });
    let code = desk
        .refused("ann", "MergePullRequestByFastForward", merge.clone())
        .await;
    assert_eq!(code, "PullRequestApprovalRulesNotSatisfiedException");
    let set = |revision: &str| json!({ "pullRequestId": id, "revisionId": revision, "overrideStatus": "OVERRIDE" });
    let first = desk.revision(&id).await;
    let operation = "OverridePullRequestApprovalRules";
    desk.ok("carl", operation, set(&first)).await;
    let code = desk.refused("carl", operation, set(&first)).await;
    assert_eq!(code, "OverrideAlreadySetException");
    assert_eq!(evaluation(&desk, &id).await["overridden"], true);

    desk.push("feature", "feature", "newer\n").await;

    assert_eq!(evaluation(&desk, &id).await["overridden"], false);
    let code = desk.refused("carl", operation, set(&first)).await;
    assert_eq!(code, "RevisionNotCurrentException");
    let second = desk.revision(&id).await;
    desk.ok("carl", operation, set(&second)).await;
    let state = json!({ "pullRequestId": id, "revisionId": second });
    let state = desk.ok("ann", "GetPullRequestOverrideState", state).await;
    assert_eq!(
        state,
        json!({ "overridden": true, "overrider": "arn:aws:iam::000000000000:user/carl" })
    );
    desk.ok("ann", "MergePullRequestByFastForward", merge).await;
}

#[tokio::test]
async fn the_same_token_opens_one_pull_request() {
    let desk = Desk::new().await;
    let mut input = opening("feature");
    input["clientRequestToken"] = json!("t-1");
    let first = desk.ok("ann", "CreatePullRequest", input.clone()).await;
    let second = desk.ok("ann", "CreatePullRequest", input.clone()).await;
    assert_eq!(first, second);
    input["title"] = json!("Something else");
    let code = desk.refused("ann", "CreatePullRequest", input).await;
    assert_eq!(code, "IdempotencyParameterMismatchException");
    assert_eq!(desk.events(), ["pullRequestCreated"]);
}

#[tokio::test]
async fn refuses_pull_requests_that_cannot_be() {
    let desk = Desk::new().await;
    let target = |source: &str, destination: &str| json!([{ "repositoryName": "demo", "sourceReference": source, "destinationReference": destination }]);
    let long = "x".repeat(151);
    for (title, targets, code) in [
        ("", target("feature", "main"), "TitleRequiredException"),
        (&long, target("feature", "main"), "InvalidTitleException"),
        ("t", json!([]), "TargetsRequiredException"),
        (
            "t",
            target("main", "refs/heads/main"),
            "SourceAndDestinationAreSameException",
        ),
        (
            "t",
            target("gone", "main"),
            "ReferenceDoesNotExistException",
        ),
        ("t", target("a..b", "main"), "InvalidReferenceNameException"),
        (
            "t",
            target("refs/tags/v1", "main"),
            "ReferenceTypeNotSupportedException",
        ),
        (
            "t",
            json!([{ "repositoryName": "none", "sourceReference": "feature" }]),
            "RepositoryDoesNotExistException",
        ),
    ] {
        let input = json!({ "title": title, "targets": targets });
        assert_eq!(desk.refused("ann", "CreatePullRequest", input).await, code);
    }
    let title = "[](`*_<>\u{1F980})".repeat(12);
    let input = json!({ "title": title, "targets": target("feature", "main") });
    let answer = desk.ok("ann", "CreatePullRequest", input).await;
    assert_eq!(answer["pullRequest"]["title"], title);
}

#[tokio::test]
async fn templates_are_listed_page_by_page_and_validated() {
    let desk = Desk::new().await;
    for name in ["a", "b", "c"] {
        template(&desk, name, APPROVE_ONE).await;
    }
    let mut input = json!({ "repositoryName": "demo", "maxResults": 1 });
    let mut seen = Vec::new();
    for _ in 0..3 {
        let operation = "ListAssociatedApprovalRuleTemplatesForRepository";
        let page = desk.ok("ann", operation, input.clone()).await;
        seen.extend(
            page["approvalRuleTemplateNames"]
                .as_array()
                .unwrap()
                .clone(),
        );
        input["nextToken"] = page["nextToken"].clone();
    }
    assert_eq!(seen, ["a", "b", "c"]);
    assert_eq!(input["nextToken"], Value::Null);
    let of_a = json!({ "approvalRuleTemplateName": "a" });
    let repositories = desk
        .ok("ann", "ListRepositoriesForApprovalRuleTemplate", of_a)
        .await;
    assert_eq!(repositories, json!({ "repositoryNames": ["demo"] }));
    for (name, content, code) in [
        (
            "a",
            APPROVE_ONE,
            "ApprovalRuleTemplateNameAlreadyExistsException",
        ),
        (
            "a/b",
            APPROVE_ONE,
            "InvalidApprovalRuleTemplateNameException",
        ),
        (
            "d.git",
            APPROVE_ONE,
            "InvalidApprovalRuleTemplateNameException",
        ),
        ("d", "{}", "InvalidApprovalRuleTemplateContentException"),
        ("d", "", "ApprovalRuleTemplateContentRequiredException"),
    ] {
        let input =
            json!({ "approvalRuleTemplateName": name, "approvalRuleTemplateContent": content });
        let operation = "CreateApprovalRuleTemplate";
        assert_eq!(desk.refused("ann", operation, input).await, code);
    }
    let input = json!({ "maxResults": 0 });
    let code = desk
        .refused("ann", "ListApprovalRuleTemplates", input)
        .await;
    assert_eq!(code, "InvalidMaxResultsException");
    let input = json!({ "nextToken": "?" });
    let code = desk
        .refused("ann", "ListApprovalRuleTemplates", input)
        .await;
    assert_eq!(code, "InvalidContinuationTokenException");
}

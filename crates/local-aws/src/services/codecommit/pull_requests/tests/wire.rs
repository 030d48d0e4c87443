//! The exact shapes: a pull request, its events, its history.

use serde_json::{Value, json};

use super::{APPROVE_ONE, Desk, opening};

const ANN: &str = "arn:aws:iam::000000000000:user/ann";

#[tokio::test]
async fn a_new_pull_request_reads_as_the_model_says() {
    let desk = Desk::new().await;
    let mut input = opening("feature");
    input["description"] = json!("Why");
    let mut answer = desk.ok("ann", "CreatePullRequest", input).await;
    let pull_request = &mut answer["pullRequest"];
    for date in ["creationDate", "lastActivityDate"] {
        assert!(pull_request[date].take().is_f64());
    }
    assert_eq!(
        pull_request["revisionId"].take().as_str().unwrap().len(),
        64
    );
    let (main, feature) = (desk.tip("main").await, desk.tip("feature").await);
    assert_eq!(
        *pull_request,
        json!({
            "pullRequestId": "1",
            "title": "Add feature",
            "description": "Why",
            "creationDate": null,
            "lastActivityDate": null,
            "pullRequestStatus": "OPEN",
            "authorArn": ANN,
            "revisionId": null,
            "approvalRules": [],
            "pullRequestTargets": [{
                "repositoryName": "demo",
                "sourceReference": "refs/heads/feature",
                "destinationReference": "refs/heads/main",
                "sourceCommit": feature,
                "destinationCommit": main,
                "mergeBase": main,
                "mergeMetadata": { "isMerged": false },
            }],
        })
    );
}

#[tokio::test]
async fn the_event_of_a_new_pull_request_has_the_fields_of_the_user_guide() {
    let desk = Desk::new().await;
    let id = desk.open("feature").await;
    let mut detail = desk.details().remove(0);
    for prose in ["creationDate", "lastModifiedDate", "notificationBody"] {
        assert!(detail[prose].take().is_string());
    }
    assert_eq!(
        detail,
        json!({
            "event": "pullRequestCreated",
            "pullRequestId": id,
            "repositoryNames": ["demo"],
            "sourceReference": "refs/heads/feature",
            "destinationReference": "refs/heads/main",
            "sourceCommit": desk.tip("feature").await,
            "destinationCommit": desk.tip("main").await,
            "revisionId": desk.revision(&id).await,
            "title": "Add feature",
            "pullRequestStatus": "Open",
            "isMerged": "False",
            "author": ANN,
            "callerUserArn": ANN,
            "creationDate": null,
            "lastModifiedDate": null,
            "notificationBody": null,
        })
    );
}

#[tokio::test]
async fn the_history_has_every_kind_of_event_with_its_metadata() {
    let desk = Desk::new().await;
    let id = desk.open("feature").await;
    let rule =
        json!({ "pullRequestId": id, "approvalRuleName": "r", "approvalRuleContent": APPROVE_ONE });
    desk.ok("ann", "CreatePullRequestApprovalRule", rule).await;
    let rule =
        json!({ "pullRequestId": id, "approvalRuleName": "r", "newRuleContent": APPROVE_ONE });
    desk.ok("ann", "UpdatePullRequestApprovalRuleContent", rule)
        .await;
    let revision = desk.revision(&id).await;
    let vote = json!({ "pullRequestId": id, "revisionId": revision, "approvalState": "APPROVE" });
    desk.ok("ben", "UpdatePullRequestApprovalState", vote).await;
    let set = json!({ "pullRequestId": id, "revisionId": revision, "overrideStatus": "OVERRIDE" });
    desk.ok("ben", "OverridePullRequestApprovalRules", set)
        .await;
    let rule = json!({ "pullRequestId": id, "approvalRuleName": "r" });
    desk.ok("ann", "DeletePullRequestApprovalRule", rule).await;
    desk.push("feature", "feature", "newer\n").await;
    let merge = json!({ "pullRequestId": id, "repositoryName": "demo" });
    desk.ok("ben", "MergePullRequestBySquash", merge).await;
    desk.branch("second").await;
    desk.push("second", "second", "x\n").await;
    let other = desk.open("second").await;
    let title = json!({ "pullRequestId": other, "title": "[skip-tests] second" });
    desk.ok("ann", "UpdatePullRequestTitle", title).await;
    let close = json!({ "pullRequestId": other, "pullRequestStatus": "CLOSED" });
    desk.ok("ann", "UpdatePullRequestStatus", close).await;

    let kinds = |history: &[Value]| -> Vec<(String, String)> {
        let kind = |entry: &Value| {
            let members = entry.as_object().unwrap().keys();
            let metadata = members.filter(|name| name.ends_with("Metadata")).cloned();
            let kind = entry["pullRequestEventType"].as_str().unwrap();
            let kind = kind.strip_prefix("PULL_REQUEST_").unwrap().to_owned();
            (kind, metadata.collect::<Vec<_>>().join("+"))
        };
        history.iter().map(kind).collect()
    };
    let own = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        let pairs = pairs.iter();
        pairs
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect()
    };
    let history = desk.history(&id).await;
    assert_eq!(
        kinds(&history),
        own(&[
            ("CREATED", "pullRequestCreatedEventMetadata"),
            ("APPROVAL_RULE_CREATED", "approvalRuleEventMetadata"),
            ("APPROVAL_RULE_UPDATED", "approvalRuleEventMetadata"),
            (
                "APPROVAL_STATE_CHANGED",
                "approvalStateChangedEventMetadata"
            ),
            (
                "APPROVAL_RULE_OVERRIDDEN",
                "approvalRuleOverriddenEventMetadata"
            ),
            ("APPROVAL_RULE_DELETED", "approvalRuleEventMetadata"),
            (
                "SOURCE_REFERENCE_UPDATED",
                "pullRequestSourceReferenceUpdatedEventMetadata"
            ),
            (
                "MERGE_STATE_CHANGED",
                "pullRequestMergedStateChangedEventMetadata"
            ),
        ])
    );
    assert_eq!(
        history[3]["approvalStateChangedEventMetadata"]["revisionId"],
        revision
    );
    assert_eq!(
        kinds(&desk.history(&other).await),
        own(&[
            ("CREATED", "pullRequestCreatedEventMetadata"),
            ("STATUS_CHANGED", "pullRequestStatusChangedEventMetadata"),
        ])
    );
    let mine = json!({ "pullRequestId": id, "actorArn": ANN, "maxResults": 2,
        "pullRequestEventType": "PULL_REQUEST_CREATED" });
    let answer = desk.ok("ann", "DescribePullRequestEvents", mine).await;
    assert_eq!(answer["pullRequestEvents"].as_array().unwrap().len(), 1);
    let wrong = json!({ "pullRequestId": id, "pullRequestEventType": "NONE" });
    let code = desk
        .refused("ann", "DescribePullRequestEvents", wrong)
        .await;
    assert_eq!(code, "InvalidPullRequestEventTypeException");
}

#[tokio::test]
async fn pull_requests_are_listed_newest_first_over_three_pages() {
    let desk = Desk::new().await;
    for branch in ["a", "b", "c"] {
        desk.branch(branch).await;
        desk.push(branch, branch, "x\n").await;
        desk.open(branch).await;
    }
    let close = json!({ "pullRequestId": "2", "pullRequestStatus": "CLOSED" });
    desk.ok("ann", "UpdatePullRequestStatus", close).await;
    let mut input = json!({ "repositoryName": "demo", "maxResults": 1 });
    let mut seen = Vec::new();
    for _ in 0..3 {
        let page = desk.ok("ann", "ListPullRequests", input.clone()).await;
        seen.extend(page["pullRequestIds"].as_array().unwrap().clone());
        input["nextToken"] = page["nextToken"].clone();
    }
    assert_eq!(seen, ["3", "2", "1"]);
    assert_eq!(input["nextToken"], Value::Null);
    let open = json!({ "repositoryName": "demo", "pullRequestStatus": "OPEN" });
    let page = desk.ok("ann", "ListPullRequests", open).await;
    assert_eq!(page, json!({ "pullRequestIds": ["3", "1"] }));
    let reopen = json!({ "pullRequestId": "2", "pullRequestStatus": "OPEN" });
    let code = desk.refused("ann", "UpdatePullRequestStatus", reopen).await;
    assert_eq!(code, "InvalidPullRequestStatusUpdateException");
    let title = json!({ "pullRequestId": "2", "title": "later" });
    let code = desk.refused("ann", "UpdatePullRequestTitle", title).await;
    assert_eq!(code, "PullRequestAlreadyClosedException");
}

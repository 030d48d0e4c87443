use std::{collections::BTreeSet, time::Duration};

use aws_sdk_codebuild::types::{CacheMode as AwsMode, ComputeType};
use gate_core::{
    build::{Build, BuildStatus, LogStream, MadeOf, PhaseFailure, Purpose},
    id::{BuildId, CheckName, CommitId, RunName},
    rules::CacheMode,
};

use super::*;

fn build(status: &str, complete: bool) -> Value {
    json!({
        "id": "gate-pr-7:1", "buildStatus": status, "buildComplete": complete,
        "startTime": 1000.0, "endTime": 1242.0, "initiator": "gate-builder/gate-builder", "resolvedSourceVersion": "a77e1b0",
        "logs": {
            "deepLink": "https://console.example/log",
            "groupName": "/aws/codebuild/gate", "streamName": "gate-pr-7/1111",
        },
        "reportArns": ["arn:report"],
        "phases": [
            { "phaseType": "INSTALL", "phaseStatus": "SUCCEEDED" },
            { "phaseType": "BUILD", "phaseStatus": "FAILED", "contexts": [
                { "statusCode": "COMMAND_EXECUTION_ERROR", "message": "Error while executing command: make" },
                { "statusCode": "X", "message": "" },
                { "message": "exit status 2" },
            ]},
            { "phaseType": "POST_BUILD", "phaseStatus": "FAILED" },
            { "phaseType": "COMPLETED" },
        ],
        "environment": {
            "type": "LINUX_CONTAINER", "image": "i", "computeType": "BUILD_GENERAL1_SMALL",
            "environmentVariables": [
                { "name": "MERGEGATE_RUN", "value": "pr-7-a-b-1" },
                { "name": "MERGEGATE_RUN_STARTED", "value": "2026-11-20T10:00:00.000Z" },
                { "name": "MERGEGATE_CHECK", "value": "build" },
                { "name": "MERGEGATE_ATTEMPT", "value": "2" },
            ],
        },
    })
}

fn reads(listed: Value) -> Rule {
    mock!(Client::batch_get_builds).then_http_response(move || answer(&json!({ "builds": listed })))
}

async fn read(rule: &Rule) -> Build {
    let builds = codebuild(&[rule])
        .builds(&[BuildId::new("gate-pr-7:1")])
        .await;
    let mut builds = builds.unwrap();
    assert_eq!(builds.len(), 1);
    builds.remove(0)
}

#[tokio::test]
async fn a_build_tells_what_it_was_for_how_long_it_took_and_where_it_broke() {
    let variables = [
        ("MERGEGATE_RUN", "pr-7-a-b-1"),
        ("MERGEGATE_RUN_STARTED", "2026-11-20T10:00:00.000Z"),
        ("MERGEGATE_CHECK", "build"),
        ("MERGEGATE_ATTEMPT", "2"),
    ];
    assert_eq!(
        read(&reads(json!([build("FAILED", true)]))).await,
        Build {
            id: BuildId::new("gate-pr-7:1"),
            status: BuildStatus::Failed,
            complete: true,
            resolved_commit: Some(CommitId::new("a77e1b0")),
            purpose: Some(Purpose {
                run: RunName::new("pr-7-a-b-1"),
                run_started: "2026-11-20T10:00:00.000Z".to_owned(),
                check: CheckName::new("build"),
                attempt: 2,
            }),
            own: true,
            made_of: MadeOf {
                image: Some("i".to_owned()),
                variables: Some(
                    variables
                        .map(|(name, value)| (name.to_owned(), value.to_owned()))
                        .into()
                ),
                more: Some(false),
                ..MadeOf::default()
            },
            queued: Duration::ZERO,
            duration: Duration::from_secs(242),
            log_url: Some("https://console.example/log".to_owned()),
            log: Some(LogStream {
                group: "/aws/codebuild/gate".to_owned(),
                stream: "gate-pr-7/1111".to_owned(),
            }),
            failure: Some(PhaseFailure {
                phase: "BUILD".to_owned(),
                message: "Error while executing command: make; exit status 2".to_owned(),
            }),
            reports: vec!["arn:report".to_owned()],
        }
    );
}

#[tokio::test]
async fn refuses_to_call_a_build_its_own_that_the_builder_did_not_start() {
    for initiator in [json!("mallory"), json!("gate-builder/mallory"), json!(null)] {
        let mut forged = build("SUCCEEDED", true);
        forged["initiator"] = initiator;
        let read = read(&reads(json!([forged]))).await;
        assert!(read.purpose.is_some() && !read.own, "{read:?}");
    }
}

#[tokio::test]
async fn only_succeeded_is_a_pass() {
    let table = [
        ("IN_PROGRESS", BuildStatus::InProgress),
        ("SUCCEEDED", BuildStatus::Succeeded),
        ("FAILED", BuildStatus::Failed),
        ("FAULT", BuildStatus::Fault),
        ("TIMED_OUT", BuildStatus::TimedOut),
        ("STOPPED", BuildStatus::Stopped),
        ("SOMETHING_NEW", BuildStatus::Fault),
    ];
    for (word, status) in table {
        let listed = reads(json!([build(word, true)]));
        assert_eq!(read(&listed).await.status, status, "{word}");
    }
}

#[tokio::test]
async fn a_build_in_the_queue_has_no_log_no_duration_and_no_failure() {
    let queued = reads(json!([{
        "id": "gate-pr-7:1", "buildStatus": "IN_PROGRESS", "buildComplete": false,
        "logs": { "deepLink": "" },
        "phases": [{ "phaseType": "QUEUED", "phaseStatus": "IN_PROGRESS" }],
    }]));
    let read = read(&queued).await;
    assert!(!read.complete);
    assert_eq!(
        (read.log_url, read.duration, read.failure, read.purpose),
        (None, Duration::ZERO, None, None)
    );
}

#[tokio::test]
async fn time_in_the_queue_is_no_time_of_the_build() {
    let mut waited = build("FAILED", true);
    let start = waited["startTime"].as_f64().unwrap();
    waited["phases"] = json!([
        { "phaseType": "SUBMITTED", "phaseStatus": "SUCCEEDED", "startTime": start, "endTime": start },
        { "phaseType": "QUEUED", "phaseStatus": "SUCCEEDED", "startTime": start, "endTime": start + 240.0 },
        { "phaseType": "BUILD", "phaseStatus": "FAILED", "startTime": start + 240.0, "endTime": start + 242.0 },
    ]);
    let read = read(&reads(json!([waited]))).await;
    assert_eq!(
        (read.queued, read.duration),
        (Duration::from_mins(4), Duration::from_secs(2))
    );
}

#[tokio::test]
async fn a_link_that_is_no_web_address_is_no_link() {
    let mut odd = build("SUCCEEDED", true);
    odd["logs"]["deepLink"] = json!("javascript:alert(1)");
    assert_eq!(read(&reads(json!([odd]))).await.log_url, None);
}

#[tokio::test]
async fn a_build_that_codebuild_does_not_know_is_lost_and_keeps_its_place() {
    let rule = mock!(Client::batch_get_builds).then_http_response(|| {
        answer(&json!({
            "builds": [build("SUCCEEDED", true)], "buildsNotFound": ["gate-pr-7:0"],
        }))
    });
    let ids = [BuildId::new("gate-pr-7:0"), BuildId::new("gate-pr-7:1")];
    let builds = codebuild(&[&rule]).builds(&ids).await.unwrap();
    assert_eq!(builds[0].id, ids[0]);
    assert_eq!(
        (builds[0].status, builds[0].complete),
        (BuildStatus::Lost, true)
    );
    assert_eq!(builds[1].status, BuildStatus::Succeeded);
}

#[tokio::test]
async fn many_builds_are_read_a_hundred_at_a_time() {
    let rule = mock!(Client::batch_get_builds)
        .match_requests(|request| request.ids().len() <= 100)
        .then_http_response(|| answer(&json!({ "builds": [] })));
    let ids: Vec<BuildId> = (0..150)
        .map(|number| BuildId::new(number.to_string()))
        .collect();
    assert_eq!(codebuild(&[&rule]).builds(&ids).await.unwrap().len(), 150);
    assert_eq!(codebuild(&[]).builds(&[]).await, Ok(Vec::new()));
}

#[tokio::test]
async fn builds_of_a_project_come_from_all_pages_and_a_gone_project_has_none() {
    let list = mock!(Client::list_builds_for_project)
        .sequence()
        .http_status(
            200,
            Some(json!({ "ids": ["gate-pr-7:1"], "nextToken": "2" }).to_string()),
        )
        .http_status(200, Some(json!({ "ids": ["gate-pr-7:0"] }).to_string()))
        .build();
    let client = codebuild(&[&list, &reads(json!([build("SUCCEEDED", true)]))]);
    let builds = client.builds_of_project("gate-pr-7").await.unwrap();
    let statuses: Vec<BuildStatus> = builds.iter().map(|build| build.status).collect();
    assert_eq!(statuses, [BuildStatus::Succeeded, BuildStatus::Lost]);

    let gone = mock!(Client::list_builds_for_project).then_http_response(missing("gone"));
    let builds = codebuild(&[&gone]).builds_of_project("gate-pr-7").await;
    assert_eq!(builds, Ok(Vec::new()));
}

async fn start(rule: &Rule, container: bool) -> Result<StartOutcome, GateError> {
    let none = BTreeSet::new();
    start_with(rule, container, container.then_some(&none)).await
}

async fn start_with(
    rule: &Rule,
    container: bool,
    cache: Option<&BTreeSet<CacheMode>>,
) -> Result<StartOutcome, GateError> {
    codebuild(&[rule])
        .start_build(BuildOrder {
            project: "gate-pr-7",
            source_version: "refs/heads/login^{3f2a91c}",
            buildspec: "version: 0.2",
            image: Some("aws/codebuild/standard:7.0"),
            compute_type: Some("BUILD_GENERAL1_LARGE"),
            timeout_minutes: Some(30),
            variables: vec![("MERGEGATE_RUN".to_owned(), "pr-7-a-b-1".to_owned())],
            privileged: container,
            role: container.then_some("arn:aws:iam::123456789012:role/gate-container-build"),
            cache,
            token: "t1".to_owned(),
        })
        .await
}

#[tokio::test]
async fn a_build_is_started_for_one_commit_with_its_variables_and_token() {
    let rule = mock!(Client::start_build)
        .match_requests(|request| {
            let variable = &request.environment_variables_override()[0];
            request.project_name() == Some("gate-pr-7")
                && request.source_version() == Some("refs/heads/login^{3f2a91c}")
                && (variable.name(), variable.value()) == ("MERGEGATE_RUN", "pr-7-a-b-1")
                && request.privileged_mode_override() == Some(true)
                && request.service_role_override()
                    == Some("arn:aws:iam::123456789012:role/gate-container-build")
                && request.idempotency_token() == Some("t1")
                && request.buildspec_override() == Some("version: 0.2")
                && request.image_override() == Some("aws/codebuild/standard:7.0")
                && request.compute_type_override() == Some(&ComputeType::BuildGeneral1Large)
                && request.timeout_in_minutes_override() == Some(30)
                && request.cache_override().map(|cache| cache.r#type.as_str()) == Some("NO_CACHE")
        })
        .then_http_response(|| answer(&json!({ "build": build("IN_PROGRESS", false) })));
    let outcome = start(&rule, true).await.unwrap();
    let StartOutcome::Started(started) = outcome else {
        panic!("started, not {outcome:?}");
    };
    assert_eq!(started.id.as_str(), "gate-pr-7:1");
    assert_eq!(started.status, BuildStatus::InProgress);
}

#[tokio::test]
async fn a_build_keeps_what_it_is_told_to() {
    let rule = mock!(Client::start_build)
        .match_requests(|request| {
            request.cache_override().is_some_and(|cache| {
                let modes: Vec<_> = cache.modes().iter().map(AwsMode::as_str).collect();
                cache.r#type.as_str() == "LOCAL"
                    && modes == ["LOCAL_CUSTOM_CACHE", "LOCAL_DOCKER_LAYER_CACHE"]
            })
        })
        .then_http_response(|| answer(&json!({ "build": build("IN_PROGRESS", false) })));
    let modes = BTreeSet::from([CacheMode::Docker, CacheMode::Custom]);
    let outcome = start_with(&rule, true, Some(&modes)).await;
    assert!(matches!(outcome, Ok(StartOutcome::Started(_))));
}

#[tokio::test]
async fn no_room_and_no_project_are_outcomes() {
    let full = mock!(Client::start_build)
        .match_requests(|request| {
            request.cache_override().is_none()
                && request.service_role_override().is_none()
                && request.privileged_mode_override() == Some(false)
        })
        .then_http_response(|| refusal(400, "AccountLimitExceededException", "full"));
    assert_eq!(start(&full, false).await, Ok(StartOutcome::NoCapacity));
    let gone = mock!(Client::start_build).then_http_response(missing("gone"));
    assert_eq!(start(&gone, false).await, Ok(StartOutcome::NoProject));
}

#[tokio::test]
async fn what_the_rules_ask_for_and_there_is_not_is_refused_in_codebuilds_words() {
    let refused = |words: &'static str| {
        mock!(Client::start_build)
            .then_http_response(|| refusal(400, "InvalidInputException", words))
    };
    let words = "Invalid environment type LINUX_CONTAINER for compute type BUILD_GENERAL1_XLARGE";
    let outcome = start(&refused(words), false).await;
    assert_eq!(outcome, Ok(StartOutcome::Refused(words.to_owned())));
    // Nobody's rules are to blame for these.
    for words in [
        "CodeBuild is not authorized to perform: sts:AssumeRole on role",
        "The idempotency token was used with other parameters",
    ] {
        let error = start(&refused(words), false).await.unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[tokio::test]
async fn a_build_that_is_gone_or_has_ended_counts_as_stopped() {
    let id = BuildId::new("gate-pr-7:1");
    let gone = mock!(Client::stop_build).then_http_response(missing("gone"));
    assert_eq!(codebuild(&[&gone]).stop_build(&id).await, Ok(()));

    let refused = mock!(Client::stop_build)
        .then_http_response(|| refusal(400, "InvalidInputException", "cannot be stopped"));
    let ended = reads(json!([build("SUCCEEDED", true)]));
    assert_eq!(codebuild(&[&refused, &ended]).stop_build(&id).await, Ok(()));

    let running = reads(json!([build("IN_PROGRESS", false)]));
    let error = codebuild(&[&refused, &running]).stop_build(&id).await;
    assert_eq!(
        error.unwrap_err().to_string(),
        "CodeBuild refused StopBuild: InvalidInputException: cannot be stopped"
    );
}

use aws_sdk_codebuild::types::{ProjectSource, VpcConfig};
use gate_core::settings::{RepositorySettings, Vpc};

use super::*;

fn settings(environment_type: &str) -> RepositorySettings {
    RepositorySettings {
        version: 1,
        build_role: "arn:aws:iam::123456789012:role/gate-build".to_owned(),
        destinations: Vec::new(),
        clone_url: "https://git.example/shop".to_owned(),
        log_group: "/mergegate/gate/builds".to_owned(),
        image: "aws/codebuild/amazonlinux-x86_64-standard:5.0".to_owned(),
        environment_type: environment_type.to_owned(),
        compute_type: "BUILD_GENERAL1_SMALL".to_owned(),
        timeout_minutes: 60,
        queued_timeout_minutes: 30,
        vpc: Some(Vpc {
            vpc_id: "vpc-1".to_owned(),
            subnet_ids: vec!["subnet-1".to_owned(), "subnet-2".to_owned()],
            security_group_ids: vec!["sg-1".to_owned()],
        }),
        containers: None,
    }
}

const ARN: &str = "arn:aws:codebuild:eu-central-1:123456789012:project/gate-pr-7";

async fn put(rules: &[&Rule], environment_type: &str) -> Result<Project, GateError> {
    codebuild(rules)
        .put_project(ProjectSpec {
            name: "gate-pr-7",
            description: "Pull request 7 of shop",
            repository_url: "https://git.example/shop",
            buildspec: "version: 0.2",
            settings: &settings(environment_type),
            privileged: true,
            tags: vec![("gate:pull-request".to_owned(), "7".to_owned())],
        })
        .await
}

fn with_badge() -> Value {
    json!({ "project": { "name": "gate-pr-7", "arn": ARN, "badge": {
        "badgeEnabled": true, "badgeRequestUrl": "https://codebuild.example/badges?uuid=1",
    }}})
}

fn badge() -> Project {
    Project {
        arn: ARN.to_owned(),
        badge_url: Some("https://codebuild.example/badges?uuid=1".to_owned()),
    }
}

fn is_inline(source: Option<&ProjectSource>) -> bool {
    source.is_some_and(|source| {
        source.r#type.as_str() == "CODECOMMIT"
            && source.location() == Some("https://git.example/shop")
            && source.buildspec() == Some("version: 0.2")
    })
}

fn is_in_vpc(vpc: Option<&VpcConfig>) -> bool {
    vpc.is_some_and(|vpc| {
        vpc.vpc_id() == Some("vpc-1")
            && vpc.subnets() == ["subnet-1", "subnet-2"]
            && vpc.security_group_ids() == ["sg-1"]
    })
}

#[tokio::test]
async fn a_project_builds_the_trusted_buildspec_and_logs_where_the_deployment_says() {
    let rule = mock!(Client::create_project)
        .match_requests(|request| {
            let logs = request
                .logs_config()
                .and_then(|logs| logs.cloud_watch_logs());
            let tag = &request.tags()[0];
            let environment = request.environment().unwrap();
            is_inline(request.source())
                && request.name() == Some("gate-pr-7")
                && request.service_role() == Some("arn:aws:iam::123456789012:role/gate-build")
                && request
                    .artifacts()
                    .map(|artifacts| artifacts.r#type.as_str())
                    == Some("NO_ARTIFACTS")
                && environment.privileged_mode() == Some(true)
                && environment.image() == "aws/codebuild/amazonlinux-x86_64-standard:5.0"
                && logs.and_then(|logs| logs.group_name()) == Some("/mergegate/gate/builds")
                && logs.and_then(|logs| logs.stream_name()) == Some("gate-pr-7")
                && request.badge_enabled() == Some(true)
                && request.timeout_in_minutes() == Some(60)
                && request.queued_timeout_in_minutes() == Some(30)
                && is_in_vpc(request.vpc_config())
                && (tag.key(), tag.value()) == (Some("gate:pull-request"), Some("7"))
        })
        .then_http_response(|| answer(&with_badge()));
    assert_eq!(put(&[&rule], "LINUX_CONTAINER").await, Ok(badge()));
}

#[tokio::test]
async fn a_project_that_is_there_is_made_what_is_wanted() {
    let taken = mock!(Client::create_project)
        .then_http_response(|| refusal(400, "ResourceAlreadyExistsException", "there"));
    let update = mock!(Client::update_project)
        .match_requests(|request| {
            is_inline(request.source())
                && request.name() == Some("gate-pr-7")
                && request.badge_enabled() == Some(true)
                && is_in_vpc(request.vpc_config())
        })
        .then_http_response(|| answer(&with_badge()));
    assert_eq!(
        put(&[&taken, &update], "LINUX_CONTAINER").await,
        Ok(badge())
    );
}

#[tokio::test]
async fn fails_for_a_while_when_the_project_is_deleted_beside() {
    let taken = mock!(Client::create_project)
        .then_http_response(|| refusal(400, "ResourceAlreadyExistsException", "there"));
    let update = mock!(Client::update_project).then_http_response(missing("gone"));
    let error = put(&[&taken, &update], "LINUX_CONTAINER")
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "CodeBuild did not complete UpdateProject: project `gate-pr-7` was deleted meanwhile"
    );
}

#[tokio::test]
async fn a_role_that_is_not_known_yet_passes_and_a_wrong_image_does_not() {
    let message = "CodeBuild is not authorized to perform: sts:AssumeRole on arn:role";
    let rule = mock!(Client::create_project)
        .then_http_response(move || refusal(400, "InvalidInputException", message));
    let error = put(&[&rule], "LINUX_CONTAINER").await.unwrap_err();
    assert_eq!(error.word(), "ServiceUnavailable");

    let rule = mock!(Client::create_project)
        .then_http_response(|| refusal(400, "InvalidInputException", "Invalid image"));
    let error = put(&[&rule], "LINUX_CONTAINER").await.unwrap_err();
    assert_eq!(error.word(), "Refused");
}

#[tokio::test]
async fn lambda_compute_gets_no_badge_and_no_time_limits() {
    let rule = mock!(Client::create_project)
        .match_requests(|request| {
            request.badge_enabled() == Some(false)
                && request.timeout_in_minutes().is_none()
                && request.queued_timeout_in_minutes().is_none()
        })
        .then_http_response(|| answer(&json!({ "project": { "name": "gate-pr-7", "arn": ARN } })));
    let project = put(&[&rule], "ARM_LAMBDA_CONTAINER").await;
    assert_eq!(project.unwrap().badge_url, None);
}

#[tokio::test]
async fn a_project_is_kept_while_its_builds_run() {
    let refused = mock!(Client::delete_project)
        .then_http_response(|| refusal(400, "InvalidInputException", "it has builds"));
    let list = mock!(Client::list_builds_for_project)
        .then_http_response(|| answer(&json!({ "ids": ["gate-pr-7:1"] })));
    let builds = |complete: bool| {
        mock!(Client::batch_get_builds).then_http_response(move || {
            answer(&json!({ "builds": [{ "id": "gate-pr-7:1", "buildComplete": complete }] }))
        })
    };
    let running = codebuild(&[&refused, &list, &builds(false)]);
    let outcome = running.delete_project("gate-pr-7").await;
    assert_eq!(outcome, Ok(DeleteOutcome::BuildsRunning));

    let ended = codebuild(&[&refused, &list, &builds(true)]);
    let error = ended.delete_project("gate-pr-7").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "CodeBuild refused DeleteProject: InvalidInputException: it has builds"
    );
}

#[tokio::test]
async fn projects_and_report_groups_are_found_by_what_their_names_start_with() {
    let exists = mock!(Client::batch_get_projects)
        .then_http_response(|| answer(&json!({ "projects": [], "projectsNotFound": ["x"] })));
    let projects = mock!(Client::list_projects)
        .sequence()
        .http_status(
            200,
            Some(json!({ "projects": ["nightly", "gate-pr-7"], "nextToken": "2" }).to_string()),
        )
        .http_status(200, Some(json!({ "projects": ["gate-pr-9"] }).to_string()))
        .build();
    let group = "arn:aws:codebuild:eu-central-1:123456789012:report-group/gate-pr-7-unit";
    let groups = mock!(Client::list_report_groups).then_http_response(move || {
        answer(&json!({ "reportGroups": [group, "arn:aws:codebuild:r:a:report-group/nightly-x"] }))
    });
    let client = codebuild(&[&exists, &projects, &groups]);
    assert_eq!(client.project_exists("x").await, Ok(false));
    let names = client.projects("gate-pr-").await;
    assert_eq!(
        names,
        Ok(vec!["gate-pr-7".to_owned(), "gate-pr-9".to_owned()])
    );
    assert_eq!(
        client.report_groups("gate-pr-7-").await,
        Ok(vec![ReportGroup {
            name: "gate-pr-7-unit".to_owned(),
            arn: group.to_owned(),
        }])
    );
}

//! What a reviewer sees, from the first push to the merge.

#![allow(
    clippy::unwrap_used,
    reason = "a story ends where something is not as it must be"
)]

use aws_sdk_codebuild::types::{Build, VpcConfig};
use aws_sdk_codecommit::types::OverrideStatus;
use gate_core::{
    id::RepositoryName,
    settings::{Containers, RepositorySettings, Vpc},
};
use mergegate_tests::{BUILDSPEC, Stage, StageOptions, green_files};

#[tokio::test(flavor = "multi_thread")]
async fn red_then_fixed_then_green_then_merged_then_cleaned() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("raise", "main", &[("value", "11\n")]);
    let id = stage.open("raise", "Raise the value").await;

    let red = stage.verdict(&id).await;
    assert!(
        red.starts_with("### ❌ Mergegate: not approved, 1 test failure\n"),
        "{red}"
    );
    assert!(
        red.contains("- `limits > stays_below_the_limit`, 10 ms\n\n```\n11 is not below 10\n```"),
        "{red}"
    );
    assert!(!stage.approved(&id).await);

    stage.copy.push("raise", "main", &[("value", "9\n")]);
    let green = stage.verdict(&id).await;
    assert!(green.starts_with("### ✅ Mergegate: approved\n"), "{green}");
    assert!(green.contains("**Tests** 1: 1 passed"), "{green}");
    assert!(stage.approved(&id).await);
    assert_eq!(
        stage.comments(&id).await.len(),
        2,
        "one comment for each revision"
    );

    stage.merge(&id).await;
    stage.cleaned().await;
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_green_sides_whose_merge_is_red_are_rejected() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("raise", "main", &[("value", "7\n")]);
    stage.copy.push("main", "", &[("limit", "5\n")]);
    let id = stage.open("raise", "Green alone").await;
    let verdict = stage.verdict(&id).await;
    assert!(
        verdict.starts_with("### ❌ Mergegate: not approved, 1 test failure\n"),
        "{verdict}"
    );
    assert!(verdict.contains("7 is not below 5"), "{verdict}");
    assert!(verdict.contains("tested as merged ("), "{verdict}");
    assert!(!stage.approved(&id).await);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_is_said_with_its_files_and_not_built() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("raise", "main", &[("value", "2\n")]);
    stage.copy.push("main", "", &[("value", "3\n")]);
    let id = stage.open("raise", "Both changed it").await;
    let verdict = stage.verdict(&id).await;
    assert!(
        verdict.starts_with("### ❌ Mergegate: not approved, it conflicts with the destination\n"),
        "{verdict}"
    );
    assert!(verdict.contains("- `value`\n"), "{verdict}");
    // Nothing was built: no page of an earlier revision is to be taken for its results.
    assert!(!verdict.contains("[All results]"), "{verdict}");
    assert!(!stage.approved(&id).await);
    let builds = stage
        .code_build()
        .list_builds()
        .send()
        .await
        .unwrap()
        .ids
        .unwrap_or_default();
    assert!(builds.is_empty(), "{builds:?}");
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_during_a_build_stops_it_and_the_new_revision_gets_its_own_verdict() {
    let mut files = green_files();
    let slow = BUILDSPEC.replace(
        "- sh test.sh",
        "- '[ \"$(cat value)\" = 1 ] && sleep 600; sh test.sh'",
    );
    files[0].1 = &slow;
    let stage = Stage::set(&files).await;
    stage.copy.push("slow", "main", &[("note", "slow\n")]);
    let id = stage.open("slow", "Slow").await;
    stage
        .eventually("a running build", async || {
            (!stage.running_builds().await.is_empty()).then_some(())
        })
        .await;
    stage.copy.push("slow", "main", &[("value", "2\n")]);
    let verdict = stage.verdict(&id).await;
    assert!(
        verdict.starts_with("### ✅ Mergegate: approved\n"),
        "{verdict}"
    );
    let comments = stage.comments(&id).await;
    assert!(
        comments[0].starts_with("### ⚪ Mergegate: superseded by a newer revision\n"),
        "{comments:?}"
    );
    stage.quiet().await;
    assert_eq!(stage.running_builds().await, Vec::<String>::new());
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_runs_one_build_at_once_gates_ten_pull_requests() {
    let options = StageOptions {
        concurrent_builds: 1,
        ..StageOptions::default()
    };
    let stage = Stage::set_with(options, &green_files()).await;
    let mut ids = Vec::new();
    for number in 0..10 {
        let branch = format!("change-{number}");
        stage
            .copy
            .push(&branch, "main", &[(&format!("file-{number}"), "x\n")]);
        ids.push(stage.open(&branch, "One of many").await);
    }
    for id in &ids {
        let verdict = stage.verdict(id).await;
        assert!(
            verdict.starts_with("### ✅ Mergegate: approved\n"),
            "{verdict}"
        );
    }
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_override_is_said_on_the_pull_request_with_who_did_it() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("raise", "main", &[("value", "11\n")]);
    let id = stage.open("raise", "Raise the value").await;
    stage.verdict(&id).await;
    stage.quiet().await;
    let override_as = async |status: OverrideStatus| {
        let client = stage.code_commit("bob");
        let request = client
            .override_pull_request_approval_rules()
            .pull_request_id(&id)
            .revision_id(stage.revision(&id).await)
            .override_status(status);
        request.send().await.unwrap();
        stage.quiet().await;
    };
    override_as(OverrideStatus::Override).await;
    let said = stage.comments(&id).await;
    assert_eq!(
        said[1..],
        ["### ⚠️ Mergegate: the approval rules were overridden\n\n\
             `arn:aws:iam::000000000000:user/bob` did it. This revision can be merged whatever the gate says of it, \
             and whether it ought to be is for people to judge."]
    );
    override_as(OverrideStatus::Revoke).await;
    override_as(OverrideStatus::Override).await;
    assert_eq!(stage.comments(&id).await, said, "once is enough");

    stage.merge(&id).await;
    stage.cleaned().await;
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_says_in_the_end_what_became_of_the_pull_request() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("raise", "main", &[("value", "11\n")]);
    let id = stage.open("raise", "Raise the value").await;
    stage.verdict(&id).await;
    stage.copy.push("raise", "main", &[("value", "9\n")]);
    stage.verdict(&id).await;
    stage.quiet().await;
    let place = format!(
        "https://us-east-1.console.aws.amazon.com/codesuite/codecommit/repositories/demo/pull-requests/{id}"
    );
    let mut said = Vec::new();
    for run in stage.executions(None).await {
        let client = stage.step_functions();
        let arn = stage
            .system
            .deployment()
            .state_machine_arn
            .replace(":stateMachine:", ":execution:");
        let execution = client
            .describe_execution()
            .execution_arn(format!("{arn}:{run}"));
        said.extend(execution.send().await.unwrap().output);
    }
    said.sort();
    assert_eq!(
        said,
        [
            format!("\"passed: pull request {id} of demo, approved, {place}\""),
            format!(
                "\"rejected: pull request {id} of demo, not approved, 1 test failure, {place}\""
            ),
        ]
    );
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn builds_run_where_the_deployment_says_and_only_container_builds_may_keep_images() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("before", "main", &[("note", "a\n")]);
    let before = stage.open("before", "As it comes").await;
    stage.verdict(&before).await;
    assert_eq!(vpc(&stage, &before).await, None);

    deploy_a_vpc_and_an_image_repository(&stage).await;
    stage.copy.push("plain", "main", &[("note", "b\n")]);
    let plain = stage.open("plain", "No images").await;
    stage.verdict(&plain).await;
    let inside = vpc(&stage, &plain).await.unwrap();
    assert_eq!(inside.vpc_id(), Some("vpc-1"));
    assert_eq!(inside.subnets(), ["subnet-1", "subnet-2"]);
    assert_eq!(inside.security_group_ids(), ["sg-1"]);
    let build = build_of(&stage, &plain).await;
    assert_eq!(
        build.service_role(),
        Some("arn:aws:iam::000000000000:role/mergegate-build")
    );
    assert_eq!(image_repository(&build), None);

    stage.copy.push("image", "main", &[("note", "c\n")]);
    let image = stage.open("image", "[container] An image").await;
    stage.verdict(&image).await;
    let build = build_of(&stage, &image).await;
    assert_eq!(
        build.service_role(),
        Some("arn:aws:iam::000000000000:role/container-build")
    );
    assert_eq!(image_repository(&build), Some("registry.example/images"));
    stage.strike().await;
}

async fn deploy_a_vpc_and_an_image_repository(stage: &Stage) {
    let clients = stage.clients();
    let name = clients.names().settings(&RepositoryName::new("demo"));
    let text = clients.parameters.get_text(&name).await.unwrap().unwrap();
    let settings = RepositorySettings {
        vpc: Some(Vpc {
            vpc_id: "vpc-1".to_owned(),
            subnet_ids: vec!["subnet-1".to_owned(), "subnet-2".to_owned()],
            security_group_ids: vec!["sg-1".to_owned()],
        }),
        containers: Some(Containers {
            build_role: "arn:aws:iam::000000000000:role/container-build".to_owned(),
            image_repository: "registry.example/images".to_owned(),
        }),
        ..RepositorySettings::parse(&text).unwrap()
    };
    clients.parameters.put(&name, &settings).await.unwrap();
}

async fn vpc(stage: &Stage, pull_request: &str) -> Option<VpcConfig> {
    let read = stage
        .code_build()
        .batch_get_projects()
        .names(project(pull_request))
        .send();
    let project = read.await.unwrap().projects.unwrap().remove(0);
    project.vpc_config
}

async fn build_of(stage: &Stage, pull_request: &str) -> Build {
    let builds = stage.builds().await;
    let own = |build: &Build| build.project_name() == Some(&project(pull_request));
    builds.into_iter().find(own).unwrap()
}

fn image_repository(build: &Build) -> Option<&str> {
    let variables = build.environment().unwrap().environment_variables();
    let named = |name: &str| name == "MERGEGATE_IMAGE_REPOSITORY";
    let found = variables.iter().find(|variable| named(variable.name()));
    found.map(aws_sdk_codebuild::types::EnvironmentVariable::value)
}

fn project(pull_request: &str) -> String {
    format!("mergegate-pr-{pull_request}")
}

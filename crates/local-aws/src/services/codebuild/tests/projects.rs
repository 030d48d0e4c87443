//! Projects: rules, changes, lists, deletion.

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::bench::{Bench, project_input, spec};
use crate::{DeleteProject, serve};

async fn pages(
    bench: &Bench,
    operation: &str,
    member: &str,
    mut input: Value,
) -> (usize, Vec<String>) {
    let mut all = Vec::new();
    for count in 1.. {
        let page = bench.did(operation, input.clone()).await;
        all.extend(
            page[member]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item.as_str().unwrap().to_owned()),
        );
        match page.get("nextToken") {
            Some(token) => input["nextToken"] = token.clone(),
            None => return (count, all),
        }
    }
    unreachable!("a list has an end")
}

/// What a program reads at an address of the endpoint.
async fn read(address: &str) -> String {
    let (host, path) = address
        .strip_prefix("http://")
        .and_then(|rest| rest.split_once('/'))
        .unwrap();
    let mut stream = TcpStream::connect(host).await.unwrap();
    let request = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_badge_is_an_image_of_the_endpoints_own_and_shows_how_the_last_build_stands() {
    let bench = Bench::open().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = serve(bench.account.clone(), listener).unwrap();
    bench.repository(&[("buildspec.yml", &spec(&["test -e good"]))]);
    bench
        .project(|input| input["badgeEnabled"] = true.into())
        .await;
    let project = bench
        .did("BatchGetProjects", json!({ "names": ["demo"] }))
        .await;
    let address = project["projects"][0]["badge"]["badgeRequestUrl"].clone();
    let address = address.as_str().unwrap();
    assert!(address.starts_with(&format!("{}/badges?uuid=", server.url())));
    assert!(read(address).await.contains("aria-label=\"build unknown\""));
    bench.run(json!({ "projectName": "demo" })).await;
    let failing = read(address).await;
    assert!(failing.starts_with("HTTP/1.1 200"), "{failing}");
    assert!(
        failing.contains("content-type: image/svg+xml\r\n"),
        "{failing}"
    );
    assert!(
        failing.contains("aria-label=\"build failing\""),
        "{failing}"
    );
    bench.push("main", &[("good", "")]);
    bench.run(json!({ "projectName": "demo" })).await;
    assert!(read(address).await.contains("aria-label=\"build passing\""));
    bench.did("DeleteProject", json!({ "name": "demo" })).await;
    assert!(read(address).await.starts_with("HTTP/1.1 404"));
}

#[tokio::test]
async fn a_project_is_created_changed_read_and_deleted() {
    let bench = Bench::open().await;
    bench
        .project(|input| input["badgeEnabled"] = true.into())
        .await;
    let (code, _) = bench.refusal("CreateProject", project_input("demo")).await;
    assert_eq!(code, "ResourceAlreadyExistsException");
    bench
        .did(
            "UpdateProject",
            json!({ "name": "demo", "timeoutInMinutes": 5, "sourceVersion": "main" }),
        )
        .await;
    let read = bench
        .did("BatchGetProjects", json!({ "names": ["demo", "other"] }))
        .await;
    let project = &read["projects"][0];
    assert_eq!(project["timeoutInMinutes"], 5);
    assert_eq!(project["queuedTimeoutInMinutes"], 480);
    assert_eq!(
        project["arn"],
        "arn:aws:codebuild:us-east-1:000000000000:project/demo"
    );
    assert!(
        project["badge"]["badgeRequestUrl"]
            .as_str()
            .unwrap()
            .starts_with("http://127.0.0.1/badges?uuid=")
    );
    assert_eq!(read["projectsNotFound"], json!(["other"]));
    bench.did("DeleteProject", json!({ "name": "demo" })).await;
    bench.did("DeleteProject", json!({ "name": "demo" })).await;
    assert_eq!(
        bench
            .refusal("UpdateProject", json!({ "name": "demo" }))
            .await
            .0,
        "ResourceNotFoundException"
    );
    assert_eq!(
        bench
            .refusal("StartBuild", json!({ "projectName": "demo" }))
            .await
            .0,
        "ResourceNotFoundException"
    );
}

#[tokio::test]
async fn a_project_is_put_into_a_vpc_and_taken_out_of_it() {
    let bench = Bench::open().await;
    let vpc = json!({ "vpcId": "vpc-1", "subnets": ["subnet-1"], "securityGroupIds": ["sg-1"] });
    bench
        .project(|input| input["vpcConfig"] = vpc.clone())
        .await;
    let project = async || {
        let read = bench
            .did("BatchGetProjects", json!({ "names": ["demo"] }))
            .await;
        read["projects"][0].clone()
    };
    assert_eq!(project().await["vpcConfig"], vpc);
    let update = async |change: Value| {
        bench.did("UpdateProject", change).await;
    };
    update(json!({ "name": "demo", "timeoutInMinutes": 5 })).await;
    assert_eq!(project().await["vpcConfig"], vpc, "it stays where it is");
    update(json!({ "name": "demo", "vpcConfig": {} })).await;
    assert_eq!(project().await.get("vpcConfig"), None);
}

#[tokio::test]
async fn a_project_and_a_build_have_the_cache_that_they_are_told_to() {
    let bench = Bench::open().await;
    let custom = json!({ "type": "LOCAL", "modes": ["LOCAL_CUSTOM_CACHE"] });
    bench.project(|input| input["cache"] = custom.clone()).await;
    let read = bench
        .did("BatchGetProjects", json!({ "names": ["demo"] }))
        .await;
    assert_eq!(read["projects"][0]["cache"], custom);
    assert_eq!(bench.run(json!({})).await["cache"], custom);
    let none = json!({ "type": "NO_CACHE" });
    let build = bench.run(json!({ "cacheOverride": none })).await;
    assert_eq!(build["cache"], none);
    let layers = json!({ "type": "LOCAL", "modes": ["LOCAL_DOCKER_LAYER_CACHE"] });
    let privileged = json!({ "cacheOverride": layers, "privilegedModeOverride": true });
    assert_eq!(bench.run(privileged).await["cache"], layers);
    let start = json!({ "projectName": "demo", "cacheOverride": layers });
    assert_eq!(
        bench.refusal("StartBuild", start).await,
        (
            "InvalidInputException".to_owned(),
            "Invalid cache: LOCAL_DOCKER_LAYER_CACHE needs privilegedMode".to_owned()
        )
    );
}

#[tokio::test]
async fn refuses_names_values_and_kinds_that_codebuild_refuses_or_nobody_simulates() {
    let bench = Bench::open().await;
    let refusal = async |change: fn(&mut Value)| {
        let mut input = project_input("demo");
        change(&mut input);
        let (code, message) = bench.refusal("CreateProject", input).await;
        assert_eq!(code, "InvalidInputException");
        message
    };
    for name in ["a", "-ab", "a.b", &"a".repeat(151), "a/b"] {
        assert_eq!(
            bench.refusal("CreateProject", project_input(name)).await.0,
            "InvalidInputException",
            "{name}"
        );
    }
    assert_eq!(
        refusal(|input| input["serviceRole"] = Value::Null).await,
        "serviceRole is required by CreateProject"
    );
    assert_eq!(
        refusal(|input| input["source"]["type"] = "S3".into()).await,
        "source type S3 is not simulated by the local endpoint"
    );
    assert_eq!(
        refusal(|input| input["vpcConfig"] = json!({ "vpcId": "v" })).await,
        "Invalid vpcConfig: vpcId, subnets and securityGroupIds are needed together"
    );
    assert_eq!(
        refusal(|input| {
            let groups = ["sg-1", "sg-2", "sg-3", "sg-4", "sg-5", "sg-6"];
            input["vpcConfig"] =
                json!({ "vpcId": "v", "subnets": ["s"], "securityGroupIds": groups });
        })
        .await,
        "Invalid vpcConfig: at most 5 securityGroupIds are allowed, not 6"
    );
    assert_eq!(
        refusal(|input| {
            input["vpcConfig"] =
                json!({ "vpcId": "v", "subnets": ["s"], "securityGroupIds": ["g"] });
            input["cache"] = json!({ "type": "LOCAL", "modes": ["LOCAL_SOURCE_CACHE"] });
        })
        .await,
        "Invalid cache: type LOCAL is supported neither in a VPC nor on BUILD_GENERAL1_2XLARGE"
    );
    assert_eq!(
        refusal(|input| input["cache"] = json!({ "type": "LOCAL" })).await,
        "Invalid cache: type LOCAL needs at least one mode"
    );
    assert_eq!(
        refusal(|input| input["cache"] = json!({ "type": "LOCAL", "modes": ["LOCAL_CACHE"] }))
            .await,
        "Invalid cache: unknown mode LOCAL_CACHE"
    );
    assert_eq!(
        refusal(|input| input["cache"] = json!({ "type": "S3", "location": "bucket" })).await,
        "a cache in S3 is not simulated by the local endpoint"
    );
    assert_eq!(
        refusal(|input| input["fileSystemLocations"] = json!([{ "type": "EFS" }])).await,
        "fileSystemLocations is not simulated by the local endpoint"
    );
    assert_eq!(
        refusal(|input| input["timeoutInMinutes"] = 4.into()).await,
        "timeoutInMinutes must be from 5 to 2160, not 4"
    );
    assert_eq!(
        refusal(|input| input["source"]["reportBuildStatus"] = true.into()).await,
        "reportBuildStatus is not supported for source type CODECOMMIT"
    );
    assert_eq!(
        refusal(|input| input["environment"]["type"] = "WINDOWS_CONTAINER".into()).await,
        "environment type WINDOWS_CONTAINER is not simulated by the local endpoint"
    );
    assert!(
        refusal(|input| input["source"]["location"] = "demo".into())
            .await
            .contains("location `demo` is not …/v1/repos/<repository>")
    );
    assert!(
        refusal(|input| input["source"] = json!({ "type": "NO_SOURCE" }))
            .await
            .contains("needs the buildspec's text")
    );
    let (code, message) = bench.refusal("StartBuildBatch", json!({})).await;
    assert_eq!(
        (code.as_str(), message.as_str()),
        (
            "UnknownOperationException",
            "the local endpoint does not implement codebuild StartBuildBatch"
        )
    );
}

#[tokio::test]
async fn lists_of_projects_and_builds_go_over_three_pages() {
    let bench = Bench::open_with(|settings| settings.concurrent_builds = 60).await;
    for number in 0..205 {
        bench
            .did("CreateProject", project_input(&format!("demo-{number:03}")))
            .await;
    }
    let (count, names) = pages(&bench, "ListProjects", "projects", json!({})).await;
    assert_eq!((count, names.len()), (3, 205));
    assert!(names.is_sorted());
    let (_, reversed) = pages(
        &bench,
        "ListProjects",
        "projects",
        json!({ "sortOrder": "DESCENDING" }),
    )
    .await;
    assert_eq!(reversed[0], "demo-204");
    assert_eq!(
        bench
            .refusal("ListProjects", json!({ "nextToken": "***" }))
            .await
            .0,
        "InvalidInputException"
    );
    let mut started = Vec::new();
    for _ in 0..205 {
        // Without a repository a build fails at once, but it is a build.
        let build = bench
            .did("StartBuild", json!({ "projectName": "demo-000" }))
            .await;
        started.insert(0, build["build"]["id"].as_str().unwrap().to_owned());
    }
    let (count, ids) = pages(
        &bench,
        "ListBuildsForProject",
        "ids",
        json!({ "projectName": "demo-000" }),
    )
    .await;
    assert_eq!((count, &ids), (3, &started));
    let (count, ids) = pages(
        &bench,
        "ListBuilds",
        "ids",
        json!({ "sortOrder": "ASCENDING" }),
    )
    .await;
    started.reverse();
    assert_eq!((count, ids), (3, started));
    bench.account.shut_down().await;
}

#[tokio::test]
async fn builds_outlive_their_project_under_each_assumption_about_running_ones() {
    let delete_under = async |assumption: DeleteProject| {
        let bench =
            Bench::open_with(|settings| settings.assumptions.delete_project = assumption).await;
        bench.project_of(&spec(&["sleep 600"])).await;
        let id = bench.start(json!({})).await;
        bench
            .until(&id, |build| build["currentPhase"] == "BUILD")
            .await;
        let deleted = bench.ask("DeleteProject", json!({ "name": "demo" })).await;
        (bench, id, deleted)
    };
    let (bench, id, deleted) = delete_under(DeleteProject::LeavesBuilds).await;
    deleted.unwrap();
    assert_eq!(
        bench
            .refusal("ListBuildsForProject", json!({ "projectName": "demo" }))
            .await
            .0,
        "ResourceNotFoundException"
    );
    assert_eq!(bench.build(&id).await["buildComplete"], false);
    bench.did("StopBuild", json!({ "id": id })).await;
    assert_eq!(bench.ended(&id).await["buildStatus"], "STOPPED");

    let (bench, id, deleted) = delete_under(DeleteProject::StopsBuilds).await;
    deleted.unwrap();
    assert_eq!(bench.ended(&id).await["buildStatus"], "STOPPED");

    let (bench, id, deleted) = delete_under(DeleteProject::Refused).await;
    assert!(deleted.unwrap_err().message.contains(&id));
    bench.account.shut_down().await;
}

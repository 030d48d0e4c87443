//! What commands see, and what a build says of them.

use serde_json::json;

use super::bench::{Bench, phase, phases, spec};
use crate::services::{events, ssm};

#[tokio::test]
async fn a_green_build_goes_through_all_phases_and_says_so_in_its_log() {
    let bench = Bench::open().await;
    let commit = bench.repository(&[(
        "buildspec.yml",
        &spec(&["echo hello from $(basename \"$PWD\")", "git rev-parse HEAD"]),
    )]);
    bench.project(|_| {}).await;
    let build = bench.run(json!({ "sourceVersion": "main" })).await;
    assert_eq!(build["buildStatus"], "SUCCEEDED", "{}", bench.log(&build));
    assert_eq!(build["resolvedSourceVersion"], commit.as_str());
    assert_eq!(build["initiator"], "Gate/builder");
    assert_eq!(build["buildNumber"], 1);
    assert_eq!(build["currentPhase"], "COMPLETED");
    assert_eq!(
        phases(&build),
        "SUBMITTED SUCCEEDED, QUEUED SUCCEEDED, PROVISIONING SUCCEEDED, DOWNLOAD_SOURCE SUCCEEDED, INSTALL SUCCEEDED, \
         PRE_BUILD SUCCEEDED, BUILD SUCCEEDED, POST_BUILD SUCCEEDED, UPLOAD_ARTIFACTS SUCCEEDED, FINALIZING SUCCEEDED, COMPLETED -"
    );
    let log = bench.log(&build);
    assert!(
        log.contains(" Running command git rev-parse HEAD\n"),
        "{log}"
    );
    assert!(log.contains("\nhello from src\n"), "{log}");
    assert!(log.contains(&format!("\n{commit}\n")), "{log}");
    assert!(
        log.contains(" Phase complete: BUILD State: SUCCEEDED\n"),
        "{log}"
    );
    let folders = std::fs::read_dir(bench.account.directory("builds")).unwrap();
    assert_eq!(folders.count(), 0);
}

#[tokio::test]
async fn a_failing_build_is_followed_by_post_build_and_finally() {
    let bench = Bench::open().await;
    bench
        .project_of(
            "version: 0.2\nphases:\n  build:\n    commands:\n      - echo one\n      - exit 3\n      - echo never\n    finally:\n      - echo cleaned up\n  post_build:\n    commands:\n      - echo succeeding=$CODEBUILD_BUILD_SUCCEEDING\n",
        )
        .await;
    let build = bench.run(json!({})).await;
    assert_eq!(build["buildStatus"], "FAILED");
    assert_eq!(
        phase(&build, "BUILD")["contexts"],
        json!([{ "statusCode": "COMMAND_EXECUTION_ERROR", "message": "Error while executing command: exit 3. Reason: exit status 3" }])
    );
    assert_eq!(phase(&build, "POST_BUILD")["phaseStatus"], "SUCCEEDED");
    let log = bench.log(&build);
    assert!(log.contains("\ncleaned up\n"), "{log}");
    assert!(log.contains("\nsucceeding=0\n"), "{log}");
    assert!(!log.contains("\nnever\n"), "{log}");
}

#[tokio::test]
async fn a_failing_pre_build_skips_what_comes_after_unless_told_to_continue() {
    let bench = Bench::open().await;
    let buildspec = |on_failure: &str| {
        format!(
            "version: 0.2\nphases:\n  pre_build:\n    {on_failure}\n    commands: ['false']\n  build:\n    commands: [echo built]\n  post_build:\n    commands: [echo after]\n"
        )
    };
    bench.project_of(&buildspec("on-failure: ABORT")).await;
    let build = bench.run(json!({})).await;
    assert_eq!(build["buildStatus"], "FAILED");
    assert_eq!(
        (phase(&build, "BUILD"), phase(&build, "POST_BUILD")),
        (&json!(null), &json!(null))
    );
    let build = bench
        .run(json!({ "buildspecOverride": buildspec("on-failure: CONTINUE") }))
        .await;
    assert_eq!(build["buildStatus"], "FAILED");
    assert_eq!(phase(&build, "BUILD")["phaseStatus"], "SUCCEEDED");
    assert!(bench.log(&build).contains("\nafter\n"));
}

#[tokio::test]
async fn folder_variables_and_functions_carry_over_from_command_to_command() {
    let bench = Bench::open().await;
    bench
        .project_of(&spec(&[
            "mkdir deep && cd deep",
            "PLAIN=kept",
            "shout() { echo \"shouted $1\"; }",
            "shout $(basename \"$PWD\")-$PLAIN",
            "export SENT=abroad; exit 0",
            "echo after the exit: $(basename \"$PWD\")-$SENT-${PLAIN:-gone}",
        ]))
        .await;
    let build = bench.run(json!({})).await;
    let log = bench.log(&build);
    assert_eq!(build["buildStatus"], "SUCCEEDED", "{log}");
    assert!(log.contains("\nshouted deep-kept\n"), "{log}");
    assert!(
        log.contains("\nafter the exit: deep-abroad-gone\n"),
        "{log}"
    );
}

#[tokio::test]
async fn a_variable_of_start_build_wins_over_the_projects_and_that_over_the_buildspecs() {
    let bench = Bench::open().await;
    let caller = crate::Caller {
        arn: "arn:aws:iam::000000000000:user/ann".to_owned(),
    };
    let parameter = json!({ "Name": "/demo/token", "Value": "from the store", "Type": "String" });
    ssm::call(&bench.account, &caller, "PutParameter", parameter).unwrap();
    let buildspec = "version: 0.2\nenv:\n  variables:\n    A: buildspec\n    B: buildspec\n    C: buildspec\n  parameter-store:\n    D: /demo/token\n  exported-variables: [A, B, C, D, E, F]\nphases:\n  build:\n    commands: ['export F=\"two\n  lines\"']\n";
    bench
        .project(|input| {
            input["source"] = json!({ "type": "NO_SOURCE", "buildspec": buildspec });
            input["environment"]["environmentVariables"] = json!([
                { "name": "B", "value": "project" },
                { "name": "C", "value": "project", "type": "PLAINTEXT" },
            ]);
        })
        .await;
    let build = bench
        .run(json!({ "environmentVariablesOverride": [{ "name": "C", "value": "start" }] }))
        .await;
    assert_eq!(
        build["exportedEnvironmentVariables"],
        json!([
            { "name": "A", "value": "buildspec" },
            { "name": "B", "value": "project" },
            { "name": "C", "value": "start" },
            { "name": "D", "value": "from the store" },
            { "name": "F", "value": "two lines" },
        ])
    );
}

#[tokio::test]
async fn nothing_of_the_hosts_environment_reaches_a_build() {
    let bench = Bench::open().await;
    bench
        .project_of(&spec(&[
            "echo \"BEGIN $(env | cut -d= -f1 | sort | tr '\\n' ' ') END\"",
            "echo home $HOME",
        ]))
        .await;
    let build = bench.run(json!({})).await;
    let log = bench.log(&build);
    let names = log
        .split("BEGIN ")
        .nth(2)
        .unwrap_or_else(|| log.split("BEGIN ").nth(1).unwrap())
        .split(" END")
        .next()
        .unwrap();
    let allowed = [
        "PATH",
        "LANG",
        "LC_ALL",
        "LC_CTYPE",
        "TZ",
        "JAVA_HOME",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "NODE_EXTRA_CA_CERTS",
        "PIP_CERT",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "GIT_SSL_CAINFO",
        "NO_PROXY",
        "no_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "RUSTUP_HOME",
        "CARGO_HOME",
        "HOME",
        "TMPDIR",
        "PWD",
        "OLDPWD",
        "SHLVL",
        "_",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
    ];
    for name in names.split_whitespace() {
        assert!(
            allowed.contains(&name) || name.starts_with("CODEBUILD_"),
            "{name} leaked: {names}"
        );
    }
    // cargo sets this for tests, so the host has something to leak.
    assert!(std::env::var("CARGO_MANIFEST_DIR").is_ok());
    assert!(
        !log.contains(&format!("home {}\n", std::env::var("HOME").unwrap())),
        "{log}"
    );
}

#[tokio::test]
async fn fails_on_a_parameter_that_does_not_exist() {
    let bench = Bench::open().await;
    bench.project_of("version: 0.2\nenv:\n  parameter-store:\n    A: /no/such\nphases:\n  build:\n    commands: [make]\n").await;
    let build = bench.run(json!({})).await;
    assert_eq!(build["buildStatus"], "FAILED");
    assert_eq!(
        phase(&build, "DOWNLOAD_SOURCE")["contexts"],
        json!([{ "statusCode": "Decrypted Variables Error", "message": "parameter does not exist: /no/such" }])
    );
}

#[tokio::test]
async fn fails_when_the_shell_meets_a_syntax_error_or_an_unset_variable() {
    let bench = Bench::open().await;
    bench.project_of(&spec(&["if then"])).await;
    let build = bench.run(json!({})).await;
    assert_eq!(build["buildStatus"], "FAILED", "{}", bench.log(&build));
    let build = bench.run(json!({ "buildspecOverride": spec(&["set -eu", "echo $NOBODY_SET_THIS", "echo never"]) })).await;
    assert_eq!(build["buildStatus"], "FAILED");
    assert!(!bench.log(&build).contains("\nnever\n"));
}

#[tokio::test]
async fn commands_cannot_read_the_next_command_or_answer_for_the_shell() {
    let bench = Bench::open().await;
    bench
        .project_of(&spec(&[
            "cat",
            "ls -l /proc/self/fd | wc -l",
            "(echo 0 >&4) 2>/dev/null; false",
        ]))
        .await;
    let build = bench.run(json!({})).await;
    assert_eq!(build["buildStatus"], "FAILED", "{}", bench.log(&build));
    assert_eq!(
        phase(&build, "BUILD")["contexts"][0]["message"],
        "Error while executing command: (echo 0 >&4) 2>/dev/null; false. Reason: exit status 1"
    );
}

#[tokio::test]
async fn the_start_and_the_end_of_a_build_are_told_to_a_rule() {
    let bench = Bench::open_with(|settings| settings.engine = true).await;
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    bench.account.register_function(
        "listener",
        std::sync::Arc::new(move |event| {
            tell.send(event).unwrap();
            Box::pin(async { Ok(json!(null)) })
        }),
    );
    let caller = crate::Caller {
        arn: "arn:aws:iam::000000000000:user/ann".to_owned(),
    };
    let rule = json!({ "Name": "builds", "EventPattern": r#"{"source":["aws.codebuild"],"detail-type":["CodeBuild Build State Change"]}"# });
    events::call(&bench.account, &caller, "PutRule", rule).unwrap();
    let targets = json!({ "Rule": "builds", "Targets": [{ "Id": "listener", "Arn": "arn:aws:lambda:us-east-1:000000000000:function:listener" }] });
    events::call(&bench.account, &caller, "PutTargets", targets).unwrap();
    bench.project_of(&spec(&["true"])).await;
    let build = bench.run(json!({})).await;
    let mut statuses = Vec::new();
    for _ in 0..2 {
        let event = told.recv().await.unwrap();
        assert_eq!(event["resources"], json!([build["arn"]]));
        let detail = &event["detail"];
        assert_eq!(detail["build-id"], build["arn"]);
        assert_eq!(detail["project-name"], "demo");
        statuses.push(detail["build-status"].as_str().unwrap().to_owned());
    }
    statuses.sort();
    assert_eq!(statuses, ["IN_PROGRESS", "SUCCEEDED"]);
    bench.account.shut_down().await;
}

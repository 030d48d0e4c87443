//! Which commit a build gets, and what is wrong with its buildspec.

use std::{
    io::{self, BufWriter, Write},
    process::{Child, Command, Stdio},
    thread,
};

use serde_json::{Value, json};

use super::bench::{Bench, git, phase, spec};

async fn resolved(bench: &Bench, version: &str) -> Value {
    bench.run(json!({ "sourceVersion": version })).await["resolvedSourceVersion"].clone()
}

async fn download_failure(bench: &Bench, input: Value) -> String {
    let build = bench.run(input).await;
    assert_eq!(build["buildStatus"], "FAILED", "{}", bench.log(&build));
    let phase = phase(&build, "DOWNLOAD_SOURCE");
    assert_eq!(phase["phaseStatus"], "FAILED");
    let context = &phase["contexts"][0];
    format!(
        "{}: {}",
        context["statusCode"].as_str().unwrap(),
        context["message"].as_str().unwrap()
    )
}

#[tokio::test]
async fn branches_tags_commits_and_pinned_branches_are_found() {
    let bench = Bench::open().await;
    let main = bench.repository(&[("buildspec.yml", &spec(&["test -d .git"]))]);
    git(&bench.work(), &["tag", "-a", "v1", "-m", "first"]);
    git(&bench.work(), &["push", "--quiet", "origin", "v1"]);
    let topic = bench.push("topic/a", &[("a", "a")]);
    bench.project(|_| {}).await;
    assert_eq!(resolved(&bench, "topic/a").await, topic.as_str());
    assert_eq!(resolved(&bench, "refs/heads/topic/a").await, topic.as_str());
    assert_eq!(resolved(&bench, "v1").await, main.as_str());
    assert_eq!(resolved(&bench, &topic).await, topic.as_str());
    assert_eq!(
        resolved(&bench, &format!("refs/heads/topic/a^{{{main}}}")).await,
        main.as_str()
    );
    assert_eq!(
        bench.run(json!({})).await["resolvedSourceVersion"],
        main.as_str()
    );
}

#[tokio::test]
async fn fails_on_a_commit_that_no_branch_or_not_the_named_branch_leads_to() {
    let bench = Bench::open().await;
    bench.repository(&[("buildspec.yml", &spec(&["true"]))]);
    let lost = bench.push("topic", &[("a", "a")]);
    bench.project(|_| {}).await;
    let pinned = format!("refs/heads/main^{{{lost}}}");
    let message = download_failure(&bench, json!({ "sourceVersion": pinned })).await;
    assert_eq!(
        message,
        format!("CLIENT_ERROR: reference not found for primary source and source version {pinned}")
    );
    git(&bench.work(), &["push", "--quiet", "origin", ":topic"]);
    for version in [
        lost.as_str(),
        "topic",
        "refs/heads/main^{}",
        "--upload-pack=x",
        "main~1",
    ] {
        let message = download_failure(&bench, json!({ "sourceVersion": version })).await;
        assert_eq!(
            message,
            format!(
                "CLIENT_ERROR: reference not found for primary source and source version {version}"
            )
        );
    }
}

/// Makes and removes branches as fast as git can, until the process is killed.
fn flicker(bench: &Bench, commit: &str) -> Child {
    let mut child = Command::new("git")
        .arg("-C")
        .arg(bench.bare())
        .args(["update-ref", "--stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut transactions = BufWriter::new(child.stdin.take().unwrap());
    let commit = commit.to_owned();
    thread::spawn(move || -> io::Result<()> {
        loop {
            writeln!(transactions, "start")?;
            for branch in 0..8 {
                writeln!(transactions, "create refs/heads/topics/{branch} {commit}")?;
            }
            writeln!(transactions, "commit\nstart")?;
            for branch in 0..8 {
                writeln!(transactions, "delete refs/heads/topics/{branch}")?;
            }
            writeln!(transactions, "commit")?;
        }
    });
    child
}

#[tokio::test]
async fn branches_that_come_and_go_meanwhile_do_no_harm() {
    let bench = Bench::open().await;
    let main = bench.repository(&[("buildspec.yml", &spec(&["true"]))]);
    bench.project(|_| {}).await;
    let mut flicker = flicker(&bench, &main);
    for _ in 0..30 {
        let build = bench.run(json!({ "sourceVersion": "main" })).await;
        assert_eq!(build["buildStatus"], "SUCCEEDED", "{}", bench.log(&build));
    }
    assert!(flicker.try_wait().unwrap().is_none());
    flicker.kill().unwrap();
    flicker.wait().unwrap();
}

#[tokio::test]
async fn fails_on_a_missing_an_empty_and_a_broken_buildspec_with_the_place() {
    let bench = Bench::open().await;
    bench.repository(&[
        ("README.md", "no buildspec"),
        ("empty.yml", ""),
        (
            "ci/broken.yml",
            "version: 0.2\nphases:\n  build:\n    commands: [make\n",
        ),
    ]);
    std::os::unix::fs::symlink("/etc/passwd", bench.work().join("link.yml")).unwrap();
    bench.push("main", &[]);
    bench.project(|_| {}).await;
    let of = async |path: &str| {
        download_failure(
            &bench,
            json!({ "sourceVersion": "main", "buildspecOverride": path }),
        )
        .await
    };
    assert_eq!(
        download_failure(&bench, json!({ "sourceVersion": "main" })).await,
        "YAML_FILE_ERROR: YAML file does not exist: buildspec.yml"
    );
    assert_eq!(
        of("empty.yml").await,
        "YAML_FILE_ERROR: empty.yml: the buildspec is empty"
    );
    let broken = of("ci/broken.yml").await;
    assert!(
        broken.starts_with("YAML_FILE_ERROR: ci/broken.yml: line "),
        "{broken}"
    );
    assert_eq!(
        of("../outside.yml").await,
        "YAML_FILE_ERROR: ../outside.yml: a buildspec lies below the folder of the source"
    );
    assert_eq!(
        of("link.yml").await,
        "YAML_FILE_ERROR: YAML file does not exist: link.yml"
    );
}

#[tokio::test]
async fn fails_on_a_repository_that_does_not_exist() {
    let bench = Bench::open().await;
    bench.project(|_| {}).await;
    let message = download_failure(&bench, json!({})).await;
    assert_eq!(
        message,
        "CLIENT_ERROR: repository not found for primary source: demo"
    );
}

#[tokio::test]
async fn hooks_and_a_push_from_a_build_reach_nobodys_repository() {
    let bench = Bench::open().await;
    let before = bench.repository(&[(
        "buildspec.yml",
        &spec(&[
            "git -c user.name=x -c user.email=x@example.com commit --quiet --allow-empty -m x",
            "GIT_SSL_NO_VERIFY=1 timeout 5 git push origin HEAD:main; git remote -v",
        ]),
    )]);
    bench
        .project(|input| input["source"]["location"] = "http://127.0.0.1:1/v1/repos/demo".into())
        .await;
    let build = bench.run(json!({})).await;
    assert!(
        bench
            .log(&build)
            .contains("http://127.0.0.1:1/v1/repos/demo"),
        "{}",
        bench.log(&build)
    );
    assert_eq!(git(&bench.bare(), &["rev-parse", "main"]), before);
}

//! git's own client against the endpoint: clones, pushes, deletions, and requests that no git would send.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::Arc,
};

use local_aws::{Account, Server, Settings, serve};
use serde_json::{Value, json};

/// A running endpoint with the repository `demo`, and a folder to work in.
struct Endpoint {
    account: Arc<Account>,
    server: Server,
    folder: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
}

impl Endpoint {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (account, server) = runtime.block_on(async {
            let settings = Settings::new(folder.path().join("data"));
            let account = Account::open(settings).await.unwrap();
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let server = serve(Arc::clone(&account), listener).unwrap();
            (account, server)
        });
        let endpoint = Self {
            account,
            server,
            folder,
            runtime,
        };
        let created = endpoint.call("CreateRepository", &json!({ "repositoryName": "demo" }));
        assert_eq!(created.0, 200, "{}", created.1);
        endpoint
    }

    /// Calls a CodeCommit operation as `ann`; gives status and answer.
    fn call(&self, operation: &str, input: &Value) -> (u16, Value) {
        let body = input.to_string();
        let request = format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Amz-Target: CodeCommit_20150413.{operation}\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=ann/x\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let (status, body) = self.send(request.as_bytes());
        (status, serde_json::from_str(&body).unwrap_or(Value::Null))
    }

    fn send(&self, request: &[u8]) -> (u16, String) {
        let mut stream = TcpStream::connect(self.server.address).unwrap();
        stream.write_all(request).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, body.to_owned())
    }

    fn tip(&self, branch: &str) -> Option<String> {
        let input = json!({ "repositoryName": "demo", "branchName": branch });
        let (_, answer) = self.call("GetBranch", &input);
        Some(answer["branch"]["commitId"].as_str()?.to_owned())
    }

    fn url(&self, repository: &str) -> String {
        format!("{}/v1/repos/{repository}", self.server.url())
    }

    /// A new repository on this side with one commit on `main`, its remote being `demo`.
    fn work(&self, name: &str) -> Work {
        let work = Work(self.folder.path().join(name));
        std::fs::create_dir(&work.0).unwrap();
        work.git(&["init", "--quiet", "--initial-branch=main"]);
        work.git(&["remote", "add", "origin", &self.url("demo")]);
        work.commit("readme", "hello\n");
        work
    }

    /// Ends the endpoint's process as far as a test can: whatever it had not written is lost.
    fn stop(self) -> tempfile::TempDir {
        self.server.stop();
        drop(self.runtime);
        drop(self.account);
        self.folder
    }
}

/// A working copy.
struct Work(PathBuf);

impl Work {
    fn run(&self, arguments: &[&str]) -> Output {
        git(&self.0, arguments)
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let talk = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {talk}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn commit(&self, path: &str, content: &str) -> String {
        std::fs::write(self.0.join(path), content).unwrap();
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", path]);
        self.git(&["rev-parse", "HEAD"])
    }
}

fn git(folder: &Path, arguments: &[&str]) -> Output {
    Command::new("git")
        .current_dir(folder)
        .args(arguments)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C")
        .envs([
            ("GIT_AUTHOR_NAME", "Ann"),
            ("GIT_AUTHOR_EMAIL", "ann@example.com"),
            ("GIT_COMMITTER_NAME", "Ann"),
            ("GIT_COMMITTER_EMAIL", "ann@example.com"),
        ])
        .env_remove("GIT_DIR")
        .output()
        .unwrap()
}

#[test]
fn what_is_pushed_is_found_by_the_api_and_by_a_clone() {
    let endpoint = Endpoint::start();
    let work = endpoint.work("work");
    work.git(&["push", "--quiet", "origin", "main"]);
    let pushed = work.git(&["rev-parse", "HEAD"]);
    assert_eq!(endpoint.tip("main"), Some(pushed.clone()));
    let (_, repository) = endpoint.call("GetRepository", &json!({ "repositoryName": "demo" }));
    let metadata = &repository["repositoryMetadata"];
    assert_eq!(metadata["defaultBranch"], "main");
    assert_eq!(metadata["cloneUrlHttp"], json!(endpoint.url("demo")));

    for (url, folder) in [("demo", "one"), ("demo.git", "two")] {
        let clone = Work(endpoint.folder.path().join(folder));
        let path = clone.0.to_str().unwrap();
        let output = git(endpoint.folder.path(), &["clone", &endpoint.url(url), path]);
        assert!(output.status.success(), "{output:?}");
        assert_eq!(clone.git(&["rev-parse", "HEAD"]), pushed);
        assert_eq!(clone.git(&["branch", "--show-current"]), "main");
    }
}

#[test]
fn a_large_push_and_a_fetch_of_an_unreferenced_commit() {
    let endpoint = Endpoint::start();
    let work = endpoint.work("work");
    // Incompressible, and more than git sends without chunks (http.postBuffer is 1 MiB).
    let mut state = 1_u32;
    let noise: Vec<u8> = (0..3 << 20)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        })
        .collect();
    std::fs::write(work.0.join("noise"), &noise).unwrap();
    work.commit("more", "1");
    work.git(&["push", "--quiet", "origin", "main", "main:topic"]);
    work.commit("on-main", "1");
    work.git(&["push", "--quiet", "origin", "main"]);
    work.git(&["checkout", "--quiet", "-b", "topic", "HEAD~1"]);
    work.commit("on-topic", "1");
    work.git(&["push", "--quiet", "origin", "topic"]);
    let (status, merged) = endpoint.call(
        "CreateUnreferencedMergeCommit",
        &json!({
            "repositoryName": "demo",
            "sourceCommitSpecifier": "topic",
            "destinationCommitSpecifier": "main",
            "mergeOption": "THREE_WAY_MERGE",
        }),
    );
    assert_eq!(status, 200, "{merged}");
    let commit = merged["commitId"].as_str().unwrap();
    work.git(&["fetch", "--quiet", "origin", commit]);
    let files = work.git(&["ls-tree", "--name-only", "FETCH_HEAD"]);
    assert_eq!(files, "more\nnoise\non-main\non-topic\nreadme");
}

#[test]
fn a_fetch_of_one_who_has_much_that_is_not_here_comes_compressed() {
    let endpoint = Endpoint::start();
    let work = endpoint.work("work");
    work.git(&["push", "--quiet", "origin", "main"]);
    let other = endpoint.work("other");
    // git compresses a request of more than a kibibyte: what it has is 50 bytes a commit.
    for number in 0..40 {
        let message = number.to_string();
        other.git(&["commit", "--quiet", "--allow-empty", "--message", &message]);
    }
    other.git(&["fetch", "--quiet", "origin"]);
    assert_eq!(
        Some(other.git(&["rev-parse", "origin/main"])),
        endpoint.tip("main")
    );
}

#[test]
fn a_push_is_by_the_user_git_names() {
    let endpoint = Endpoint::start();
    let work = endpoint.work("work");
    work.git(&["push", "--quiet", "origin", "main"]);
    work.git(&["checkout", "--quiet", "-b", "topic"]);
    work.commit("one", "1");
    work.git(&["push", "--quiet", "origin", "topic"]);
    let target = json!({
        "repositoryName": "demo",
        "sourceReference": "topic",
        "destinationReference": "main",
    });
    let input = json!({ "title": "one", "targets": [target] });
    let (status, created) = endpoint.call("CreatePullRequest", &input);
    assert_eq!(status, 200, "{created}");
    let id = &created["pullRequest"]["pullRequestId"];
    let revision = &created["pullRequest"]["revisionId"];

    let pushed = work.commit("two", "2");
    // `bob:` in base64; git sends credentials of a URL only when it is refused without them.
    let header = "http.extraHeader=Authorization: Basic Ym9iOg==";
    work.git(&["-c", header, "push", "--quiet", "origin", "topic"]);
    let (_, read) = endpoint.call("GetPullRequest", &json!({ "pullRequestId": id }));
    assert_ne!(&read["pullRequest"]["revisionId"], revision);
    let (_, events) = endpoint.call("DescribePullRequestEvents", &json!({ "pullRequestId": id }));
    let events = events["pullRequestEvents"].as_array().unwrap();
    let update = events
        .iter()
        .find(|event| event["pullRequestEventType"] == "PULL_REQUEST_SOURCE_REFERENCE_UPDATED")
        .unwrap();
    assert_eq!(update["actorArn"], "arn:aws:iam::000000000000:user/bob");
    let metadata = &update["pullRequestSourceReferenceUpdatedEventMetadata"];
    assert_eq!(metadata["afterCommitId"], json!(pushed));
}

#[test]
fn a_push_moves_deletes_and_refuses_like_any_server() {
    let endpoint = Endpoint::start();
    let work = endpoint.work("work");
    let first = work.git(&["rev-parse", "HEAD"]);
    work.git(&["push", "--quiet", "origin", "main", "main:topic/it's;$(id)"]);
    assert_eq!(endpoint.tip("topic/it's;$(id)"), Some(first.clone()));
    work.git(&["push", "--quiet", "origin", "--delete", "topic/it's;$(id)"]);
    assert_eq!(endpoint.tip("topic/it's;$(id)"), None);

    let second = work.commit("readme", "more\n");
    work.git(&["push", "--quiet", "origin", "main"]);
    work.git(&["reset", "--quiet", "--hard", &first]);
    assert!(!work.run(&["push", "origin", "main"]).status.success());
    assert_eq!(endpoint.tip("main"), Some(second));
    work.git(&["push", "--quiet", "--force", "origin", "main"]);
    assert_eq!(endpoint.tip("main"), Some(first.clone()));

    let deletion = work.run(&["push", "origin", "--delete", "main"]);
    assert!(!deletion.status.success(), "the default branch went");
    assert_eq!(endpoint.tip("main"), Some(first));
}

#[test]
fn git_shows_why_a_repository_cannot_be_cloned() {
    let endpoint = Endpoint::start();
    let output = git(endpoint.folder.path(), &["clone", &endpoint.url("nothing")]);
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(
        talk.contains("remote: there is no repository `nothing`"),
        "{talk}"
    );
}

#[test]
fn refuses_paths_that_lead_out_of_a_repository() {
    let endpoint = Endpoint::start();
    endpoint
        .work("work")
        .git(&["push", "--quiet", "origin", "main"]);
    std::fs::write(endpoint.folder.path().join("data/secret"), "hidden").unwrap();
    for path in [
        "/v1/repos/../../secret",
        "/v1/repos/demo/../../../secret",
        "/v1/repos/demo/%2e%2e/%2e%2e/%2e%2e/secret",
        "/v1/repos/demo/config",
        "/v1/repos/demo.git/objects/info/packs",
        "/v1/repos/..%2fdemo/info/refs?service=git-upload-pack",
        "/v1/repos/demo%00/info/refs?service=git-upload-pack",
    ] {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let (status, body) = endpoint.send(request.as_bytes());
        assert!(matches!(status, 400 | 404), "{path}: {status}");
        assert!(
            !body.contains("hidden") && !body.contains("[core]"),
            "{path}: {body}"
        );
    }
}

#[test]
fn branches_pushed_survive_a_restart() {
    let endpoint = Endpoint::start();
    let work = endpoint.work("work");
    work.git(&["push", "--quiet", "origin", "main"]);
    let pushed = endpoint.tip("main");
    assert!(pushed.is_some());
    let folder = endpoint.stop();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let settings = Settings::new(folder.path().join("data"));
        let account = Account::open(settings).await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = serve(account, listener).unwrap();
        let url = format!("{}/v1/repos/demo", server.url());
        let listed =
            tokio::task::spawn_blocking(move || git(&work.0, &["ls-remote", &url, "main"]));
        let listed = listed.await.unwrap();
        let listed = String::from_utf8(listed.stdout).unwrap();
        assert_eq!(listed.split('\t').next().map(str::to_owned), pushed);
    });
}

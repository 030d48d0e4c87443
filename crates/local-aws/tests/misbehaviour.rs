//! What a client hears when an observer spoils its calls.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{net::SocketAddr, sync::Arc, time::Duration};

use local_aws::{Account, Interference, Moment, Server, Settings, serve};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// The answer as far as it comes, with what its head promises.
async fn call(address: SocketAddr, target: &str, input: &Value) -> (usize, String) {
    let body = input.to_string();
    let length = body.len();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nX-Amz-Target: {target}\r\n\
         Content-Type: application/x-amz-json-1.1\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A connection that breaks is what is looked for.
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let head = head.to_lowercase();
    let promised = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let promised = promised.map_or(0, |length| length.parse().unwrap());
    (promised, body.to_owned())
}

async fn endpoint(
    spoilt: &'static str,
    struck: Moment,
    how: Interference,
) -> (tempfile::TempDir, Server) {
    let directory = tempfile::tempdir().unwrap();
    let account = Account::open(Settings::new(directory.path()))
        .await
        .unwrap();
    account.observe(Arc::new(move |call, moment| {
        let hit = call.operation == spoilt && moment == struck;
        let answer = if hit { how.clone() } else { Interference::Pass };
        Box::pin(async { answer })
    }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    (directory, serve(account, listener).unwrap())
}

const CREATE: &str = "CodeCommit_20150413.CreateRepository";
const LIST: &str = "CodeCommit_20150413.ListRepositories";

async fn repositories(server: &Server) -> usize {
    let (_, body) = call(server.address, LIST, &json!({})).await;
    let listed: Value = serde_json::from_str(&body).unwrap();
    listed["repositories"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_truncated_answer_breaks_off_in_its_middle_after_the_effect() {
    let (_directory, server) =
        endpoint("CreateRepository", Moment::After, Interference::Truncate).await;
    let (promised, body) = call(server.address, CREATE, &json!({ "repositoryName": "demo" })).await;
    assert!(body.len() < promised && body.starts_with("{\""), "{body}");
    assert!(serde_json::from_str::<Value>(&body).is_err(), "{body}");
    assert_eq!(repositories(&server).await, 1);
}

#[tokio::test]
async fn a_late_effect_takes_place_after_the_client_was_cut_off() {
    let late = Interference::Late(Duration::from_millis(300));
    let (_directory, server) = endpoint("CreateRepository", Moment::Before, late).await;
    let (_, body) = call(server.address, CREATE, &json!({ "repositoryName": "demo" })).await;
    assert_eq!(body, "");
    assert_eq!(repositories(&server).await, 0);
    for _ in 0..200 {
        if repositories(&server).await == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the effect never took place");
}

#[tokio::test]
async fn a_stale_read_sees_what_was_read_before_the_change() {
    let directory = tempfile::tempdir().unwrap();
    let account = Account::open(Settings::new(directory.path()))
        .await
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = serve(account.clone(), listener).unwrap();
    let put = async |name: &str, parent: Option<String>| {
        let input = json!({
            "repositoryName": "demo", "branchName": "main", "fileContent": "eA==", "filePath": name,
            "parentCommitId": parent, "name": "ann", "email": "ann@example.com",
        });
        let (_, body) = call(server.address, "CodeCommit_20150413.PutFile", &input).await;
        let put: Value = serde_json::from_str(&body).unwrap();
        put["commitId"].as_str().unwrap().to_owned()
    };
    let tip = async || {
        let input = json!({ "repositoryName": "demo", "branchName": "main" });
        let (_, body) = call(server.address, "CodeCommit_20150413.GetBranch", &input).await;
        let branch: Value = serde_json::from_str(&body).unwrap();
        branch["branch"]["commitId"].as_str().unwrap().to_owned()
    };
    call(server.address, CREATE, &json!({ "repositoryName": "demo" })).await;
    let first = put("one", None).await;
    let mut behind = false;
    let mut parent = first;
    // A slow machine may take longer for a commit than a read may be behind.
    for number in 0..20 {
        let before = tip().await;
        assert_eq!(before, parent);
        parent = put(&format!("file-{number}"), Some(parent)).await;
        account.observe(Arc::new(|_, _| Box::pin(async { Interference::Stale })));
        let seen = tip().await;
        assert!([&before, &parent].contains(&&seen));
        behind |= seen == before;
        account.observe(Arc::new(|_, _| Box::pin(async { Interference::Pass })));
        if behind {
            break;
        }
    }
    assert!(behind, "no read was ever behind");
    assert_eq!(tip().await, parent);
}

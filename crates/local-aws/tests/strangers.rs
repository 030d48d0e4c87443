//! Who is not answered: other machines, other names of this one, web pages.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{net::SocketAddr, time::Duration};

use local_aws::{Account, Server, Settings, serve};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// The largest body that is read.
const MOST_BYTES: usize = 32 << 20;

async fn endpoint(folder: &tempfile::TempDir) -> Server {
    let account = Account::open(Settings::new(folder.path())).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    serve(account, listener).unwrap()
}

/// Sends these bytes; head in lower case, and body.
async fn send(address: SocketAddr, request: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer);
    let read = tokio::time::timeout(Duration::from_secs(30), read).await;
    let start: String = request.chars().take(200).collect();
    read.unwrap_or_else(|_| panic!("no end of the answer to {start}: {answer}"))
        .unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_lowercase(), body.to_owned())
}

fn list(headers: &str) -> String {
    format!(
        "POST / HTTP/1.1\r\n{headers}Connection: close\r\nX-Amz-Target: CodeCommit_20150413.ListRepositories\r\n\
         Content-Length: 2\r\n\r\n{{}}"
    )
}

#[tokio::test]
async fn refuses_to_listen_where_other_machines_reach_it() {
    let folder = tempfile::tempdir().unwrap();
    let account = Account::open(Settings::new(folder.path())).await.unwrap();
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let error = serve(account, listener).err().unwrap().to_string();
    assert_eq!(
        error,
        format!("the local endpoint is for this machine only, 0.0.0.0:{port} is not loopback")
    );
}

#[tokio::test]
async fn refuses_a_page_whose_name_was_made_to_mean_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    let server = endpoint(&folder).await;
    let (head, body) = send(server.address, &list("Host: rebound.example:4577\r\n")).await;
    assert!(head.starts_with("http/1.1 403"), "{head}");
    assert!(
        head.contains("x-amzn-errortype: accessdeniedexception"),
        "{head}"
    );
    assert_eq!(
        serde_json::from_str::<Value>(&body).unwrap(),
        json!({
            "__type": "AccessDeniedException",
            "message": "the local endpoint answers to 127.0.0.1, localhost and [::1] only, the request is for host `rebound.example:4577`",
        })
    );
    let (_, body) = send(server.address, &list("Host: localhost\r\n")).await;
    assert_eq!(body, r#"{"repositories":[]}"#);
}

#[tokio::test]
async fn refuses_a_page_of_another_site_and_its_preflight() {
    let folder = tempfile::tempdir().unwrap();
    let server = endpoint(&folder).await;
    let page = "Host: localhost\r\nOrigin: https://evil.example\r\nSec-Fetch-Site: cross-site\r\n";
    let (head, body) = send(server.address, &list(page)).await;
    assert!(head.starts_with("http/1.1 403"), "{head}");
    assert!(!head.contains("access-control-"), "{head}");
    let error: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        error["message"],
        "the local endpoint takes no requests from web pages, this one is from `https://evil.example`"
    );
    let preflight = format!(
        "OPTIONS / HTTP/1.1\r\n{page}Access-Control-Request-Method: POST\r\nConnection: close\r\n\r\n"
    );
    let (head, _) = send(server.address, &preflight).await;
    assert!(head.starts_with("http/1.1 403"), "{head}");
    assert!(!head.contains("access-control-"), "{head}");
    let push = format!(
        "POST /v1/repos/demo/git-receive-pack HTTP/1.1\r\n{page}Connection: close\r\nContent-Length: 4\r\n\r\n0000"
    );
    let (head, body) = send(server.address, &push).await;
    assert!(head.starts_with("http/1.1 403"), "{head}");
    assert!(body.ends_with("from `https://evil.example`\n"), "{body}");
}

#[tokio::test]
async fn a_log_is_shown_to_a_person_as_text_and_to_no_page() {
    let folder = tempfile::tempdir().unwrap();
    let server = endpoint(&folder).await;
    std::fs::create_dir_all(folder.path().join("logs")).unwrap();
    std::fs::write(
        folder.path().join("logs/0a-1.log"),
        "<script>alert(1)</script>\n",
    )
    .unwrap();
    let get = |headers: &str| {
        format!("GET /logs/0a-1 HTTP/1.1\r\nHost: localhost\r\n{headers}Connection: close\r\n\r\n")
    };
    let typed =
        get("Sec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n");
    let (head, body) = send(server.address, &typed).await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert_eq!(body, "<script>alert(1)</script>\n");
    for header in [
        "content-type: text/plain; charset=utf-8",
        "x-content-type-options: nosniff",
        "content-security-policy: default-src 'none'; frame-ancestors 'none'; sandbox",
        "cross-origin-resource-policy: same-origin",
    ] {
        assert!(head.contains(header), "{head}");
    }
    let fetched =
        get("Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: script\r\n");
    let (head, body) = send(server.address, &fetched).await;
    assert!(head.starts_with("http/1.1 403"), "{head}");
    assert_eq!(
        body,
        "the local endpoint takes no requests from web pages, this one is cross-site\n"
    );
}

#[tokio::test]
async fn a_browser_is_shown_what_there_is_and_a_page_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let server = endpoint(&folder).await;
    let host = "Host: localhost\r\nConnection: close\r\n";
    let typed = format!("GET / HTTP/1.1\r\n{host}Sec-Fetch-Site: none\r\n\r\n");
    let (head, body) = send(server.address, &typed).await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(head.contains("content-type: text/html"), "{head}");
    assert!(head.contains("frame-ancestors 'none'"), "{head}");
    assert!(body.contains("<h2>Repositories</h2>"), "{body}");
    let fetched = format!(
        "GET / HTTP/1.1\r\n{host}Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n\r\n"
    );
    let (head, body) = send(server.address, &fetched).await;
    assert!(head.starts_with("http/1.1 403"), "{head}");
    assert!(body.ends_with("this one is cross-site\n"), "{body}");
}

#[tokio::test]
async fn refuses_a_method_a_path_and_a_body_that_nobody_serves_in_aws_words() {
    let folder = tempfile::tempdir().unwrap();
    let server = endpoint(&folder).await;
    let host = "Host: localhost\r\nConnection: close\r\n";
    let functions = "/2015-03-31/functions";
    for (request, status, code) in [
        (
            format!("DELETE / HTTP/1.1\r\n{host}\r\n"),
            404,
            "UnknownOperationException",
        ),
        (
            format!("POST /No/Where HTTP/1.1\r\n{host}\r\n"),
            404,
            "UnknownOperationException",
        ),
        (
            format!("GET {functions}/a/invocations HTTP/1.1\r\n{host}\r\n"),
            404,
            "UnknownOperationException",
        ),
        (
            format!("POST {functions}/%ff/invocations HTTP/1.1\r\n{host}\r\n"),
            400,
            "SerializationException",
        ),
        (
            format!(
                "POST / HTTP/1.1\r\n{host}X-Amz-Target: AmazonSSM.GetParameter\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
            ),
            400,
            "SerializationException",
        ),
        (
            format!(
                "POST / HTTP/1.1\r\n{host}X-Amz-Target: AmazonSSM.GetParameter\r\nContent-Length: {}\r\n\r\n{}",
                MOST_BYTES + 1,
                " ".repeat(MOST_BYTES + 1)
            ),
            413,
            "RequestEntityTooLargeException",
        ),
    ] {
        let (head, body) = send(server.address, &request).await;
        let request: String = request.chars().take(200).collect();
        assert!(
            head.starts_with(&format!("http/1.1 {status}")),
            "{request}: {head}"
        );
        let error: Value = serde_json::from_str(&body).unwrap_or_else(|_| panic!("{body}"));
        assert_eq!(error["__type"], code, "{request}: {body}");
        assert!(!error["message"].as_str().unwrap().is_empty(), "{request}");
    }
}

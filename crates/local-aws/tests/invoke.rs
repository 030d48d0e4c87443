//! Lambda's Invoke over the wire, as any SDK sends it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;

use local_aws::{Account, FunctionError, Settings, serve};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Status line and headers in lower case, and the body.
async fn post(address: std::net::SocketAddr, path: &str, body: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_lowercase(), body.to_owned())
}

#[tokio::test]
async fn a_function_is_invoked_by_its_percent_encoded_arn() {
    let directory = tempfile::tempdir().unwrap();
    let account = Account::open(Settings::new(directory.path()))
        .await
        .unwrap();
    account.register_function("echo", Arc::new(|payload| Box::pin(async { Ok(payload) })));
    account.register_function(
        "failing",
        Arc::new(|_| {
            Box::pin(async {
                Err(FunctionError {
                    error_type: "RevisionStale".to_owned(),
                    error_message: "revision 3 is gone".to_owned(),
                })
            })
        }),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = serve(account, listener).unwrap();
    let path =
        |function: &str| format!("/2015-03-31/functions/{function}/invocations?Qualifier=live");
    let arn = "arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Aecho";
    let (head, body) = post(server.address, &path(arn), r#"{"a":1}"#).await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert_eq!(body, r#"{"a":1}"#);
    let (head, body) = post(server.address, &path("failing"), "{}").await;
    assert!(head.contains("x-amz-function-error: unhandled"), "{head}");
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&body).unwrap(),
        json!({ "errorType": "RevisionStale", "errorMessage": "revision 3 is gone" })
    );
    let (head, body) = post(server.address, &path("none"), "{}").await;
    assert!(head.starts_with("http/1.1 404"), "{head}");
    assert!(
        head.contains("x-amzn-errortype: resourcenotfoundexception"),
        "{head}"
    );
    assert!(
        body.contains("Function not found: arn:aws:lambda:us-east-1:000000000000:function:none"),
        "{body}"
    );
    let (head, _) = post(
        server.address,
        &path("echo"),
        &format!("\"{}\"", "x".repeat(6 << 20)),
    )
    .await;
    assert!(head.starts_with("http/1.1 413"), "{head}");
}

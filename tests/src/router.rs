//! Functions called by hand, the router as EventBridge calls it, and the events that CodeCommit would send.

use aws_sdk_codecommit::types::PullRequest;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::People;

impl People {
    /// Hands an event to the router; its answer, or its error as `word: sentence`.
    pub async fn tell_router(&self, event: &Value) -> Result<Value, String> {
        self.tell("router", event).await
    }

    /// Hands a payload to a function, as whoever may invoke it can; its answer, or its error as `word: sentence`.
    pub async fn tell(&self, function: &str, payload: &Value) -> Result<Value, String> {
        let body = payload.to_string();
        let address = self.url().trim_start_matches("http://");
        let request = format!(
            "POST /2015-03-31/functions/mergegate-{function}/invocations HTTP/1.1\r\nHost: {address}\r\n\
             Connection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream
            .write_all(request.as_bytes())
            .await
            .expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let body: Value = serde_json::from_str(body).expect("JSON");
        if head.to_lowercase().contains("x-amz-function-error") {
            let text = |name: &str| body[name].as_str().unwrap_or("?").to_owned();
            return Err(format!("{}: {}", text("errorType"), text("errorMessage")));
        }
        assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
        Ok(body)
    }

    /// The scheduled event that makes the gate look at everything.
    pub async fn tell_router_to_sweep(&self) -> Result<Value, String> {
        let event = json!({
            "version": "0",
            "id": "00000000-0000-4000-8000-000000000000",
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "resources": [],
            "detail": {},
        });
        self.tell_router(&event).await
    }
}

/// CodeCommit's event about a pull request as `shown`.
pub fn pull_request_event(event: &str, shown: &PullRequest) -> Value {
    let target = &shown.pull_request_targets()[0];
    json!({
        "version": "0",
        "id": "01234567-0123-0123-0123-012345678901",
        "detail-type": "CodeCommit Pull Request State Change",
        "source": "aws.codecommit",
        "account": "000000000000",
        "time": "2026-11-20T10:23:43Z",
        "region": "us-east-1",
        "resources": ["arn:aws:codecommit:us-east-1:000000000000:demo"],
        "detail": {
            "event": event,
            "author": shown.author_arn(),
            "callerUserArn": shown.author_arn(),
            "creationDate": "Fri Nov 20 10:23:42 UTC 2026",
            "lastModifiedDate": "Fri Nov 20 10:23:42 UTC 2026",
            "title": shown.title(),
            "isMerged": "False",
            "pullRequestId": shown.pull_request_id(),
            "pullRequestStatus": if shown.pull_request_status().is_some_and(|status| status.as_str() == "OPEN") {
                "Open"
            } else {
                "Closed"
            },
            "revisionId": shown.revision_id(),
            "repositoryNames": ["demo"],
            "sourceCommit": target.source_commit(),
            "sourceReference": target.source_reference(),
            "destinationCommit": target.destination_commit(),
            "destinationReference": target.destination_reference(),
            "notificationBody": "A pull request event occurred in the following AWS CodeCommit repository: demo.",
        },
    })
}

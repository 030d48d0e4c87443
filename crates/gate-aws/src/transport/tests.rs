use std::{
    io::{BufRead, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use aws_sdk_codecommit::{
    Client,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
};
use gate_core::{host::CodeHost, id::RepositoryName};

use super::*;
use crate::{CodeCommit, lazy::Lazy};

/// A service that answers with these codes, one after the other, and counts connections.
struct Service {
    url: String,
    connections: Arc<AtomicUsize>,
}

impl Service {
    fn start(codes: &'static [u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let (seen, asked) = (connections.clone(), Arc::new(AtomicUsize::new(0)));
        thread::spawn(move || {
            for connection in listener.incoming() {
                seen.fetch_add(1, Ordering::SeqCst);
                let asked = asked.clone();
                thread::spawn(move || serve(&connection.unwrap(), codes, &asked));
            }
        });
        Self { url, connections }
    }
}

fn serve(mut connection: &TcpStream, codes: &[u16], asked: &AtomicUsize) {
    let mut reader = BufReader::new(connection);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            let line = line.trim().to_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        reader.read_exact(&mut vec![0; length]).unwrap();
        let code = codes[asked.fetch_add(1, Ordering::SeqCst)];
        let answer = format!("HTTP/1.1 {code} Said\r\ncontent-length: 2\r\n\r\n{{}}");
        connection.write_all(answer.as_bytes()).unwrap();
    }
}

fn codecommit(url: &str, transport: SharedHttpClient) -> CodeCommit {
    let config = aws_sdk_codecommit::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("ann", "secret", None, None, "test"))
        .endpoint_url(url)
        .http_client(transport)
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
        .build();
    let client = Client::from_conf(config);
    CodeCommit::new(Lazy::new(move || client))
}

async fn ask(host: &CodeCommit) -> Result<(), GateError> {
    let branches = host.branches(&RepositoryName::new("shop"), "").await?;
    assert!(branches.is_empty(), "{branches:?}");
    Ok(())
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_request() {
    for transport in [http(), https(None).unwrap()] {
        let service = Service::start(&[200, 200]);
        let host = codecommit(&service.url, transport);
        ask(&host).await.unwrap();
        ask(&host).await.unwrap();
        assert_eq!(service.connections.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn a_connection_over_which_a_service_failed_is_not_used_again() {
    let service = Service::start(&[500, 200]);
    ask(&codecommit(&service.url, http())).await.unwrap();
    assert_eq!(service.connections.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn fails_for_a_while_when_nobody_shakes_hands() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", silent.local_addr().unwrap());
    let host = codecommit(&url, https(None).unwrap());
    let began = tokio::time::Instant::now();
    let error = ask(&host).await.unwrap_err();
    assert_eq!(error.word(), "ServiceUnavailable");
    assert_eq!(
        error.to_string(),
        "CodeCommit did not complete ListBranches: dispatch failure: timeout: client error (Connect): request timed out"
    );
    let three_attempts = CONNECT_TIMEOUT * 3;
    assert!(
        (three_attempts..three_attempts + Duration::from_secs(1)).contains(&began.elapsed()),
        "{:?}",
        began.elapsed()
    );
}

//! The local endpoint, held against AWS's own models of its services by boto3.
//!
//! This file makes the account and sees to boto3; what is asked and checked is in `conformance/`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use local_aws::{
    Account, Call, FunctionError, FunctionHandler, Interference, Moment, Observer, ServiceError,
    Settings, serve,
};
use tokio::{net::TcpListener, process::Command, sync::OnceCell};

/// Whoever calls under this access key meets each service on a day it fails.
const UNLUCKY: &str = "unlucky";

/// Lists of builds are read over three pages, whose size nobody can choose: 240 builds may be open at once.
const CONCURRENT_BUILDS: usize = 40;

/// Made once, whichever test comes first.
static PYTHON: OnceCell<PathBuf> = OnceCell::const_new();

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_answers_and_refuses_as_the_models_of_aws_say() {
    passes("conformance").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_sent_is_answered_in_the_words_of_aws() {
    let said = passes("conformance.fuzz").await;
    println!("{said}");
}

/// Runs a Python module against an endpoint of its own; answers what it printed.
async fn passes(module: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    let python = PYTHON.get_or_init(python_with_boto3).await;
    let account = account(directory.path()).await;
    account.start();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = serve(account.clone(), listener).unwrap();
    let output = Command::new(python)
        .args(["-m", module])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .envs([
            ("AWS_ENDPOINT_URL", server.url().as_str()),
            ("AWS_DEFAULT_REGION", "us-east-1"),
            ("AWS_CONFIG_FILE", "/dev/null"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("NO_PROXY", "127.0.0.1"),
            ("PYTHONDONTWRITEBYTECODE", "1"),
        ])
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    server.stop();
    account.shut_down().await;
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

async fn account(directory: &Path) -> Arc<Account> {
    let mut settings = Settings::new(directory.join("account"));
    settings.concurrent_builds = CONCURRENT_BUILDS;
    settings.wait_scale = 0.01;
    settings.callers.insert(
        "gate".to_owned(),
        "arn:aws:sts::000000000000:assumed-role/Gate/reporter".to_owned(),
    );
    let account = Account::open(settings).await.unwrap();
    account.register_function("echo", echo());
    account.register_function("failing", failing());
    account.observe(misfortune());
    account
}

fn echo() -> FunctionHandler {
    Arc::new(|payload| Box::pin(async { Ok(payload) }))
}

fn failing() -> FunctionHandler {
    Arc::new(|_| {
        Box::pin(async {
            Err(FunctionError {
                error_type: "RevisionStale".to_owned(),
                error_message: "revision 3 is gone".to_owned(),
            })
        })
    })
}

/// Some operations have no modelled error but the service's own failure.
fn misfortune() -> Observer {
    Arc::new(|call: Call, moment| {
        Box::pin(async move {
            let code = match call.service {
                "ssm" => "InternalServerError",
                "events" => "InternalException",
                _ => return Interference::Pass,
            };
            if moment == Moment::After || !call.caller.ends_with(&format!("user/{UNLUCKY}")) {
                return Interference::Pass;
            }
            Interference::Fail(ServiceError {
                status: 500,
                code: code.to_owned(),
                message: "the service failed".to_owned(),
            })
        })
    })
}

/// The machine's own Python if it has boto3, else one with the versions of `requirements.txt` under the target folder.
async fn python_with_boto3() -> PathBuf {
    let own = PathBuf::from("python3");
    if succeeds(Command::new(&own).args(["-c", "import boto3"])).await {
        return own;
    }
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join("conformance-python");
    let python = environment.join("bin/python3");
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/requirements.txt");
    let made = succeeds(Command::new(&own).args(["-m", "venv"]).arg(&environment)).await;
    assert!(
        made,
        "failed to make a Python environment at {}",
        environment.display()
    );
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--requirement"]);
    let installed = succeeds(install.arg(&requirements)).await;
    assert!(installed, "failed to install {}", requirements.display());
    python
}

async fn succeeds(command: &mut Command) -> bool {
    let output = command.output().await.expect("python3 is needed");
    output.status.success()
}

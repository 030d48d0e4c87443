//! Rules, and what comes of events.

mod delivery;
mod rules;

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Emitted, call, emit};
use crate::{
    Account, Caller, ServiceError,
    services::{
        lambda::testing::{Seen, eventually, failure, live},
        states,
    },
    store::StoreError,
};

const FUNCTION: &str = "arn:aws:lambda:us-east-1:000000000000:function:router";

fn ask(account: &Arc<Account>, operation: &str, input: Value) -> Result<Value, ServiceError> {
    let caller = Caller::from_access_key("ann", "000000000000", &account.settings.callers);
    call(account, &caller, operation, input)
}

fn told(account: &Arc<Account>, operation: &str, input: Value) -> Value {
    ask(account, operation, input).unwrap()
}

fn refusal(account: &Arc<Account>, operation: &str, input: Value) -> String {
    ask(account, operation, input).unwrap_err().to_string()
}

/// A rule on pull request events whose target is the function `router`.
fn route_pull_requests(account: &Arc<Account>, target: &Value) {
    let pattern =
        json!({ "source": ["aws.codecommit"], "detail": { "event": ["pullRequestCreated"] } });
    told(
        account,
        "PutRule",
        json!({ "Name": "pull-requests", "EventPattern": pattern.to_string() }),
    );
    let mut target = target.clone();
    target["Id"] = json!("router");
    told(
        account,
        "PutTargets",
        json!({ "Rule": "pull-requests", "Targets": [target] }),
    );
}

fn pull_request(account: &Arc<Account>, event: &str) {
    let emitted = Emitted {
        source: "aws.codecommit",
        detail_type: "CodeCommit Pull Request State Change",
        resources: vec!["arn:aws:codecommit:us-east-1:000000000000:demo".to_owned()],
        detail: json!({ "event": event, "pullRequestId": "7" }),
    };
    account
        .store
        .write(|transaction| emit(account, transaction, emitted))
        .unwrap_or_else(|error: StoreError| panic!("{error}"));
    account.events_bell.notify_one();
}

/// Everything sent so far has arrived once this is true.
async fn quiet() {
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
}

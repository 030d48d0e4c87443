//! `Step Functions Execution Status Change`, the event at the start and at the end of an execution.

use serde_json::{Value, json};

use super::{executions, journal::Record};
use crate::{
    Account,
    services::events::{self, Emitted},
    store::{StoreError, Transaction},
};

/// Input and output together are left out of the event above this size, in bytes.
const LIMIT_BYTES: usize = 248 << 10;

pub(super) fn emit(
    account: &Account,
    transaction: &mut Transaction<'_>,
    record: &Record,
) -> Result<(), StoreError> {
    let size = record.input.len() + record.output.as_ref().map_or(0, String::len);
    let included = size <= LIMIT_BYTES;
    let details = |present: bool| present.then(|| json!({ "included": included }));
    let data = |text: Option<&String>| -> Value { json!(text.filter(|_| included)) };
    let (redrive_status, redrive_reason) = executions::redrive(&record.status);
    let detail = json!({
        "executionArn": record.arn,
        "stateMachineArn": record.machine_arn,
        "name": record.name,
        "status": record.status,
        "startDate": record.start.as_millisecond(),
        "stopDate": record.stop.map(jiff::Timestamp::as_millisecond),
        "input": data(Some(&record.input)),
        "output": data(record.output.as_ref()),
        "stateMachineVersionArn": null,
        "stateMachineAliasArn": null,
        "redriveCount": 0,
        "redriveDate": null,
        "redriveStatus": redrive_status,
        "redriveStatusReason": redrive_reason,
        "inputDetails": details(true),
        "outputDetails": details(record.output.is_some()),
        "error": record.error,
        "cause": record.cause,
    });
    let event = Emitted {
        source: "aws.states",
        detail_type: "Step Functions Execution Status Change",
        resources: vec![record.arn.clone()],
        detail,
    };
    events::emit(account, transaction, event)
}

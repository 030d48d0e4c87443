//! Histories: one row per event, read in pages.

use asl::HistoryEvent;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{journal, names, parse, validation};
use crate::{
    Account, ServiceError,
    page::page,
    store::{StoreError, Table, Transaction},
};

/// By `<execution ARN>/<event id, eight digits>`.
const HISTORY: Table<HistoryEvent> = Table::new("execution_history");

pub(super) fn append(
    transaction: &mut Transaction<'_>,
    arn: &str,
    events: Vec<HistoryEvent>,
) -> Result<(), StoreError> {
    for event in events {
        transaction.put(&HISTORY, &format!("{arn}/{:08}", event.id), &event)?;
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GetHistory {
    execution_arn: String,
    max_results: Option<i64>,
    #[serde(default)]
    reverse_order: bool,
    next_token: Option<String>,
    include_execution_data: Option<bool>,
}

pub(super) fn get(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: GetHistory = parse(input)?;
    names::check_execution_arn(account, &input.execution_arn)?;
    if input.include_execution_data == Some(false) {
        return Err(validation(
            "the local endpoint does not implement histories without execution data",
        ));
    }
    let limit = super::page_size(input.max_results)?;
    let token = input.next_token.as_deref();
    super::check_token(token, 1024)?;
    let page = account.store.read(|tables| {
        journal::get(tables, &input.execution_arn)?;
        let prefix = format!("{}/", input.execution_arn);
        let events = tables.scan(&HISTORY, &prefix).map(|(_, event)| event);
        let key = |event: &HistoryEvent| event.id.to_string();
        let page = if input.reverse_order {
            page(events.rev(), key, limit, token)
        } else {
            page(events, key, limit, token)
        };
        page.ok_or_else(super::invalid_token)
    })?;
    let mut output = json!({ "events": page.items });
    if let Some(token) = page.next_token {
        output["nextToken"] = json!(token);
    }
    Ok(output)
}

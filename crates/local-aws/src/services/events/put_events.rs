//! PutEvents and TestEventPattern.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Pattern,
    delivery::post,
    envelope::{Contents, Event},
    parse, rules, validation,
};
use crate::{Account, ServiceError, account::now, wire};

/// The sum of all entries must stay below this, in bytes.
const LIMIT_BYTES: usize = 1 << 20;
/// What a time counts for.
const TIME_BYTES: usize = 14;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutEvents {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    time: Option<f64>,
    source: Option<String>,
    #[serde(default)]
    resources: Vec<String>,
    detail_type: Option<String>,
    detail: Option<String>,
    event_bus_name: Option<String>,
}

impl Entry {
    /// Its size as EventBridge counts it (user guide, PutEvents entry size).
    fn bytes(&self) -> usize {
        let texts = [&self.source, &self.detail_type, &self.detail].into_iter();
        let texts = texts.flatten().chain(&self.resources).map(String::len);
        texts.sum::<usize>() + self.time.map_or(0, |_| TIME_BYTES)
    }
}

/// Why one entry was not taken.
struct Refusal(&'static str, String);

pub(super) fn put(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: PutEvents = parse(input)?;
    if !(1..=10).contains(&input.entries.len()) {
        return Err(validation(format!(
            "1 validation error detected: Value at 'entries' failed to satisfy constraint: it has {} members, use 1 to 10",
            input.entries.len()
        )));
    }
    if input.entries.iter().map(Entry::bytes).sum::<usize>() >= LIMIT_BYTES {
        return Err(validation(
            "Total size of the entries in the request is over the limit.",
        ));
    }
    let results = account.store.write(|transaction| {
        let mut results = Vec::new();
        for entry in input.entries {
            results.push(match contents(account, entry) {
                Ok(contents) => {
                    let event = Event::new(account, contents);
                    post(transaction, &event)?;
                    json!({ "EventId": event.id })
                }
                Err(Refusal(code, message)) => {
                    json!({ "ErrorCode": code, "ErrorMessage": message })
                }
            });
        }
        Ok::<_, ServiceError>(results)
    })?;
    account.events_bell.notify_one();
    let failed = results
        .iter()
        .filter(|result| result.get("ErrorCode").is_some());
    Ok(json!({ "FailedEntryCount": failed.count(), "Entries": results }))
}

fn contents(account: &Account, entry: Entry) -> Result<Contents, Refusal> {
    let present = |value: Option<String>, name: &str| {
        value.filter(|text| !text.is_empty()).ok_or_else(|| {
            Refusal(
                "InvalidArgument",
                format!("Parameter {name} is not valid. Reason: {name} is a required argument."),
            )
        })
    };
    let source = present(entry.source, "Source")?;
    let detail_type = present(entry.detail_type, "DetailType")?;
    let detail = present(entry.detail, "Detail")?;
    if source == "aws" || source.starts_with("aws.") {
        let message = "Not authorized for the source.".to_owned();
        return Err(Refusal("NotAuthorizedForSourceException", message));
    }
    rules::check_bus(account, entry.event_bus_name.as_deref())
        .map_err(|error| Refusal("InvalidArgument", error.message))?;
    let malformed = |why: &str| Refusal("MalformedDetail", format!("Detail is malformed: {why}"));
    let detail = wire::json(detail.as_bytes()).map_err(|error| malformed(&error))?;
    if !detail.is_object() {
        return Err(malformed("it is no JSON object"));
    }
    let time = entry.time.map_or_else(now, time);
    Ok(Contents {
        source,
        detail_type,
        time,
        resources: entry.resources,
        detail,
    })
}

#[allow(clippy::cast_possible_truncation, reason = "`as` saturates")]
fn time(seconds: f64) -> Timestamp {
    Timestamp::from_second(seconds as i64).unwrap_or_else(|_| now())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TestEventPattern {
    event_pattern: String,
    event: String,
}

pub(super) fn test_pattern(input: Value) -> Result<Value, ServiceError> {
    const MEMBERS: [&str; 7] = [
        "id",
        "detail-type",
        "source",
        "account",
        "time",
        "region",
        "resources",
    ];
    let input: TestEventPattern = parse(input)?;
    let pattern = Pattern::parse(&input.event_pattern)?;
    let event: Value = serde_json::from_str(&input.event)
        .map_err(|error| validation(format!("Parameter Event is not valid. Reason: {error}")))?;
    if let Some(missing) = MEMBERS.iter().find(|name| event.get(name).is_none()) {
        return Err(validation(format!(
            "Parameter Event is not valid. Reason: `{missing}` is missing"
        )));
    }
    Ok(json!({ "Result": pattern.matches(&event) }))
}

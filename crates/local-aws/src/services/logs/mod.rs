//! CloudWatch Logs: the logs of builds, readable while they grow.
//!
//! An event is a line. The lines of a build itself bear their time; a line of a command has the time of the build's
//! line before it. A token is a place in the file, so that reading on after a restart misses and repeats nothing.

mod file;
pub(crate) mod web;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::codebuild::{self, LogStream};
use crate::{Account, ServiceError, page, services::parse};
use file::{Place, Span};

const MOST_EVENTS: usize = 10_000;
const MOST_STREAMS: usize = 50;

/// Answers one operation.
pub(crate) fn call(
    account: &Arc<Account>,
    operation: &str,
    input: Value,
) -> Result<Value, ServiceError> {
    match operation {
        "GetLogEvents" => get_log_events(account, input),
        "DescribeLogStreams" => describe_log_streams(account, input),
        _ => Err(ServiceError::unknown_operation("logs", operation)),
    }
}

fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::client("InvalidParameterException", message)
}

fn page_size(limit: Option<i64>, most: usize) -> Result<usize, ServiceError> {
    page::size(limit, most, most).ok_or_else(|| invalid(format!("limit must be from 1 to {most}")))
}

fn not_found(what: &str) -> ServiceError {
    ServiceError::client(
        "ResourceNotFoundException",
        format!("The specified {what} does not exist."),
    )
}

/// A group's name, given as such or at the end of an ARN.
fn group(name: Option<String>, identifier: Option<String>) -> Result<String, ServiceError> {
    let given = name
        .or(identifier)
        .ok_or_else(|| invalid("logGroupName is required"))?;
    let name = given
        .split_once(":log-group:")
        .map_or(given.as_str(), |(_, name)| name);
    Ok(name.trim_end_matches(":*").to_owned())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventsInput {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_name: Option<String>,
    start_time: Option<i64>,
    end_time: Option<i64>,
    next_token: Option<String>,
    limit: Option<i64>,
    #[serde(default)]
    start_from_head: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    timestamp: i64,
    message: String,
    ingestion_time: i64,
}

fn get_log_events(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: EventsInput = parse(input)?;
    let group = group(input.log_group_name, input.log_group_identifier)?;
    let name = input
        .log_stream_name
        .ok_or_else(|| invalid("logStreamName is required"))?;
    let limit = page_size(input.limit, MOST_EVENTS)?;
    let stream = account
        .store
        .read(|tables| codebuild::log_stream(tables, &group, &name))
        .ok_or_else(|| not_found("log stream"))?;
    let from = match &input.next_token {
        Some(token) => {
            Place::parse(token).ok_or_else(|| invalid("The specified nextToken is invalid."))?
        }
        None if input.start_from_head => Place::Forward(0),
        None => Place::End,
    };
    let path = codebuild::log::path(account, &stream.unique);
    let span = file::read(&path, from, limit, stream.complete).map_err(ServiceError::internal)?;
    Ok(answer(&stream, span, input.start_time, input.end_time))
}

fn answer(stream: &LogStream, span: Span, start: Option<i64>, end: Option<i64>) -> Value {
    #[allow(
        clippy::cast_possible_truncation,
        reason = "milliseconds since 1970 fit an i64"
    )]
    let mut time = (stream.start_time * 1000.0) as i64;
    time = span.time_before.unwrap_or(time);
    let mut events = Vec::new();
    for line in span.lines {
        time = file::time_of(&line).unwrap_or(time);
        let wanted = start.is_none_or(|start| time >= start) && end.is_none_or(|end| time < end);
        if wanted {
            events.push(Event {
                timestamp: time,
                message: line,
                ingestion_time: time,
            });
        }
    }
    json!({
        "events": events,
        "nextForwardToken": Place::Forward(span.end).token(),
        "nextBackwardToken": Place::Backward(span.start).token(),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StreamsInput {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_name_prefix: Option<String>,
    order_by: Option<String>,
    #[serde(default)]
    descending: bool,
    next_token: Option<String>,
    limit: Option<i64>,
}

fn describe_log_streams(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: StreamsInput = parse(input)?;
    let group = group(input.log_group_name, input.log_group_identifier)?;
    let limit = page_size(input.limit, MOST_STREAMS)?;
    let mut streams = account
        .store
        .read(|tables| codebuild::log_streams(tables, &group));
    if streams.is_empty() {
        return Err(not_found("log group"));
    }
    match input.order_by.as_deref().unwrap_or("LogStreamName") {
        "LogStreamName" => {}
        "LastEventTime" => streams.sort_by(|a, b| a.start_time.total_cmp(&b.start_time)),
        other => {
            return Err(invalid(format!(
                "orderBy {other} is not LogStreamName or LastEventTime"
            )));
        }
    }
    let prefix = input.log_stream_name_prefix.unwrap_or_default();
    streams.retain(|stream| stream.name.starts_with(&prefix));
    if input.descending {
        streams.reverse();
    }
    let key = |stream: &LogStream| stream.name.clone();
    let page = page::page(streams, key, limit, input.next_token.as_deref())
        .ok_or_else(|| invalid("The specified nextToken is invalid."))?;
    let streams: Vec<Value> = page
        .items
        .iter()
        .map(|stream| description(account, &group, stream))
        .collect();
    let mut answer = json!({ "logStreams": streams });
    if let Some(token) = page.next_token {
        answer["nextToken"] = token.into();
    }
    Ok(answer)
}

fn description(account: &Account, group: &str, stream: &LogStream) -> Value {
    #[allow(
        clippy::cast_possible_truncation,
        reason = "milliseconds since 1970 fit an i64"
    )]
    let created = (stream.start_time * 1000.0) as i64;
    let LogStream { name, .. } = stream;
    json!({
        "logStreamName": name,
        "creationTime": created,
        "firstEventTimestamp": created,
        "arn": account.arn("logs", &format!("log-group:{group}:log-stream:{name}")),
        "storedBytes": 0,
    })
}
